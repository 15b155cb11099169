/* Owns the arithmetic allowed on numbers that come from a file: predicates that cannot overflow. */
#ifndef LODE_FORMAT_RANGE_H
#define LODE_FORMAT_RANGE_H

#include <stdbool.h>
#include <stdint.h>

/* [off, off + len) lies inside [0, limit). */
static inline bool lode_range_ok(uint64_t off, uint64_t len, uint64_t limit)
{
    return off <= limit && len <= limit - off;
}

/* count rows of stride bytes are exactly len bytes. */
static inline bool lode_array_ok(uint64_t count, uint64_t stride, uint64_t len)
{
    uint64_t product;
    return stride != 0 && !__builtin_mul_overflow(count, stride, &product) && product == len;
}

/* v rounded up to a power of two; v + align must not overflow. */
static inline uint64_t lode_align_up(uint64_t v, uint64_t align)
{
    return (v + align - 1) & ~(align - 1);
}

/* Rows needed for n things, per to a row. */
static inline uint64_t lode_ceil_div(uint64_t n, uint64_t per)
{
    return n / per + (n % per != 0);
}

#endif
