/* Owns products of 64-bit numbers that need more than 64 bits. */
#ifndef LODE_FORMAT_WIDE_H
#define LODE_FORMAT_WIDE_H

#include <stdint.h>

/* High 64 bits of a 64 x 64 product, from 32-bit halves where the compiler has no 128-bit type. */
static inline uint64_t lode_mulhi(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)(((u128)a * b) >> 64);
#else
    const uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    const uint64_t mid = ah * bl + (al * bl >> 32);
    return ah * bh + (mid >> 32) + ((al * bh + (uint32_t)mid) >> 32);
#endif
}

#endif
