/* Owns what the kernels that unpack bases have in common: bases as the bits of a word, and reads
 * too short for a vector. */
#ifndef LODE_LIB_UNPACK_WINDOW_H
#define LODE_LIB_UNPACK_WINDOW_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>

/* Kernels are written once for both directions; which one is a constant where they are inlined. */
#define LODE_INLINE static inline __attribute__((always_inline))

/* At least 29 bases from base k on, the first in the lowest bits. Reads 8 bytes. */
static inline uint64_t lode_window(const uint8_t *src, size_t k)
{
    return lode_get64(src + (k >> 2)) >> 2 * (k & 3);
}

/* 32 bases. Reads 9 bytes. */
static inline uint64_t lode_window32(const uint8_t *src, size_t k)
{
    const unsigned shift = 2 * (unsigned)(k & 3);
    const uint64_t high = src[(k >> 2) + 8];
    return lode_get64(src + (k >> 2)) >> shift | high << 1 << (63 - shift);
}

/* n < 8. */
LODE_INLINE void lode_unpack_few(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                                 const uint8_t letters[4], bool reverse)
{
    if (n == 0)
        return;
    uint64_t bases = lode_window(src, begin);
    for (size_t i = 0; i < n; i++, bases >>= 2)
        dst[reverse ? n - 1 - i : i] = letters[bases & 3];
}

#endif
