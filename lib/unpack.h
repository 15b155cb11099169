/* Owns the choice of a kernel that turns packed bases (SPEC 5.14: two bits each, base k in bits
 * 2 * (k & 3) and up of byte k >> 2) into one byte each. */
#ifndef LODE_LIB_UNPACK_H
#define LODE_LIB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* How far behind the last byte it needs a kernel may read. */
#define LODE_UNPACK_SLACK 64

/* letters are any four bytes: what A, C, G and T become. */
typedef void lode_unpack_fn(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                            const uint8_t letters[4]);

/* Both write exactly dst[0, n), which must not overlap what they read: the bytes of src that hold
 * bases [begin, begin + n) and LODE_UNPACK_SLACK more. With n = 0 they touch nothing. Any thread.
 */
struct lode_unpack {
    const char *name;        /* "portable", "avx2", "avx512" or "neon" */
    lode_unpack_fn *forward; /* dst[i] = letters[base begin + i] */
    lode_unpack_fn *reverse; /* dst[n - 1 - i] = letters[base begin + i] */
};

/* The fastest that this processor runs; static storage. A few nanoseconds; any thread. */
const struct lode_unpack *lode_unpack_best(void);

/* Those that this processor runs, the portable one first; NULL past the last. */
const struct lode_unpack *lode_unpack_at(size_t i);

/* Each is defined where the compiler's target can have it. */
extern const struct lode_unpack lode_unpack_portable;
extern const struct lode_unpack lode_unpack_avx2;
extern const struct lode_unpack lode_unpack_avx512;
extern const struct lode_unpack lode_unpack_neon;

#endif
