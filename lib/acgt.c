#include "acgt.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

enum { LANES = 32 };

/* Bit i of each: base i is one of the four; G or C; lower case; T. */
struct masks {
    uint32_t known, gc, lower, t;
};

__attribute__((target("avx2"))) static struct masks masks_of(const uint8_t *p)
{
    __m256i v;
    memcpy(&v, p, sizeof v);
    const __m256i upper = _mm256_and_si256(v, _mm256_set1_epi8((char)0xDF));
    const __m256i a = _mm256_cmpeq_epi8(upper, _mm256_set1_epi8('A'));
    const __m256i c = _mm256_cmpeq_epi8(upper, _mm256_set1_epi8('C'));
    const __m256i g = _mm256_cmpeq_epi8(upper, _mm256_set1_epi8('G'));
    const __m256i t = _mm256_cmpeq_epi8(upper, _mm256_set1_epi8('T'));
    const __m256i gc = _mm256_or_si256(c, g), at = _mm256_or_si256(a, t);
    const struct masks m = {
        .known = (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(gc, at)),
        .gc = (uint32_t)_mm256_movemask_epi8(gc),
        .lower = (uint32_t)_mm256_movemask_epi8(_mm256_slli_epi16(v, 2)), /* bit 5 to bit 7 */
        .t = (uint32_t)_mm256_movemask_epi8(t),
    };
    return m;
}

__attribute__((target("avx2,popcnt"))) static bool look(const uint8_t *p, size_t n,
                                                        struct lode_acgt *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i += LANES) {
        /* the last bases once more, without those that were counted before */
        const size_t rest = n - i, again = rest < LANES ? LANES - rest : 0;
        struct masks m = masks_of(p + i - again);
        if (m.known != UINT32_MAX)
            return false;
        m.gc >>= again;
        m.lower >>= again;
        out->gc += (uint32_t)__builtin_popcount(m.gc);
        out->lower += (uint32_t)__builtin_popcount(m.lower);
        out->t |= m.t != 0;
        out->cases[i / 64] |= (uint64_t)m.lower << (i % 64);
    }
    return true;
}

bool lode_acgt_look(const uint8_t *p, size_t n, struct lode_acgt *out)
{
    return n >= LANES && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
           look(p, n, out);
}

#else

bool lode_acgt_look(const uint8_t *p, size_t n, struct lode_acgt *out)
{
    (void)p, (void)n, (void)out;
    return false;
}

#endif
