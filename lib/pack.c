#include "pack.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static const uint8_t code_of[256] = {
    ['C'] = 1, ['c'] = 1, ['G'] = 2, ['g'] = 2, ['T'] = 3, ['t'] = 3, ['U'] = 3, ['u'] = 3,
};

/* Up to the next whole byte, or all; 0 < n. Returns how many bases that were. */
static inline size_t pack_head(uint8_t *dst, size_t begin, const uint8_t *bases, size_t n)
{
    unsigned byte = begin == 0 ? 0 : *dst & ((1u << 2 * begin) - 1);
    size_t i = 0;
    for (; i < n && begin + i < 4; i++)
        byte |= (unsigned)code_of[bases[i]] << 2 * (begin + i);
    *dst = (uint8_t)byte;
    return i;
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

/* 32 codes as the lowest bytes of eight words, four codes each. The low four bits of a letter tell
 * the five apart; whether it is one of them, a comparison with the letter that has these bits. */
static inline __attribute__((always_inline)) AVX2 __m256i pack32(const uint8_t *bases)
{
    const __m256i letters = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 'A', 0, 'C', 'T', 'U', 0, 'G', 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i codes =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 1, 3, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)bases);
    const __m256i is = _mm256_cmpeq_epi8(_mm256_and_si256(v, _mm256_set1_epi8((char)0xDF)),
                                         _mm256_shuffle_epi8(letters, v));
    const __m256i code = _mm256_and_si256(_mm256_shuffle_epi8(codes, v), is);
    const __m256i pairs = _mm256_maddubs_epi16(code, _mm256_set1_epi16(0x0401));
    return _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00100001));
}

/* Whole groups of 128, then of 32 for short lines; returns how many bases that were. */
static AVX2 size_t pack_avx2(uint8_t *dst, const uint8_t *bases, size_t n)
{
    size_t i = 0;
    for (; i + 128 <= n; i += 128) {
        const __m256i ab = _mm256_packus_epi32(pack32(bases + i), pack32(bases + i + 32));
        const __m256i cd = _mm256_packus_epi32(pack32(bases + i + 64), pack32(bases + i + 96));
        /* packs work in halves: the groups of four bytes come out of order */
        const __m256i v = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(ab, cd),
                                                      _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm256_storeu_si256((__m256i *)(void *)(dst + i / 4), v);
    }
    for (; i + 32 <= n; i += 32) {
        const __m256i v = pack32(bases + i);
        const __m256i bytes = _mm256_packus_epi16(_mm256_packus_epi32(v, v), v);
        const __m128i low = _mm256_castsi256_si128(bytes);
        const __m128i both = _mm_unpacklo_epi32(low, _mm256_extracti128_si256(bytes, 1));
        _mm_storel_epi64((__m128i *)(void *)(dst + i / 4), both);
    }
    return i;
}
#endif

void lode_pack(uint8_t *dst, size_t begin, const uint8_t *bases, size_t n)
{
    if (begin != 0 && n != 0) {
        const size_t head = pack_head(dst++, begin, bases, n);
        bases += head;
        n -= head;
    }
    size_t i = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        i = pack_avx2(dst, bases, n);
#endif
    for (; i + 4 <= n; i += 4)
        dst[i / 4] = (uint8_t)(code_of[bases[i]] | code_of[bases[i + 1]] << 2 |
                               code_of[bases[i + 2]] << 4 | code_of[bases[i + 3]] << 6);
    if (i < n)
        pack_head(dst + i / 4, 0, bases + i, n - i);
}
