/* Owns little-endian loads and stores on bytes of any alignment. No struct is ever laid over a
 * file. */
#ifndef LODE_FORMAT_BYTES_H
#define LODE_FORMAT_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t lode_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t lode_get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t lode_get64(const uint8_t *p)
{
    return (uint64_t)lode_get32(p) | (uint64_t)lode_get32(p + 4) << 32;
}

static inline void lode_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void lode_put32(uint8_t *p, uint32_t v)
{
    lode_put16(p, (uint16_t)v);
    lode_put16(p + 2, (uint16_t)(v >> 16));
}

static inline void lode_put64(uint8_t *p, uint64_t v)
{
    lode_put32(p, (uint32_t)v);
    lode_put32(p + 4, (uint32_t)(v >> 32));
}

static inline bool lode_is_zero(const uint8_t *p, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

#endif
