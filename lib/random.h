/* Owns random numbers that are a function of their arguments alone: no state, so the same whoever
 * draws them and in whatever order. */
#ifndef LODE_LIB_RANDOM_H
#define LODE_LIB_RANDOM_H

#include "wide.h"

#define LODE_RANDOM_STEP 0x9E3779B97F4A7C15u

/* SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection that scatters counters. */
static inline uint64_t lode_random_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* The key of a stream: one for each part of each key. */
static inline uint64_t lode_random_key(uint64_t key, uint64_t part)
{
    return lode_random_mix(lode_random_mix(key + LODE_RANDOM_STEP) + part * LODE_RANDOM_STEP);
}

/* Number i of a stream. */
static inline uint64_t lode_random_at(uint64_t key, uint64_t i)
{
    return lode_random_mix(key + (i + 1) * LODE_RANDOM_STEP);
}

/* Evenly in [0, n), n > 0, from one even number; off by less than n / 2^64. */
static inline uint64_t lode_random_below(uint64_t random, uint64_t n)
{
    return lode_mulhi(random, n);
}

#endif
