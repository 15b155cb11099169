#include "unpack.h"

/* The tests compile this file against SIMDe, which has the intrinsics in plain C. */
#if defined(__x86_64__) || defined(LODE_UNPACK_SIMDE)

#include "unpack_window.h"

#if defined(LODE_UNPACK_SIMDE)
#define AVX512
#else
#include <immintrin.h>
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi")))
#endif

/* From here on aligning the stores is worth its while. */
enum { LONG = 512 };

/* Eight bases of a vector come from one word: bytes 2w .. 2w + 7 of the source, of which two or
 * three count. Multishift takes the bits from each base on; a permute by the lowest two of them
 * looks the letter up. */
struct constants {
    __m512i spread; /* permute: source bytes -> words */
    __m512i shift;  /* of each base in its word */
    __m512i table;
};

LODE_INLINE AVX512 __m512i count_up(void)
{
    return _mm512_set_epi64(0x3F3E3D3C3B3A3938, 0x3736353433323130, 0x2F2E2D2C2B2A2928,
                            0x2726252423222120, 0x1F1E1D1C1B1A1918, 0x1716151413121110,
                            0x0F0E0D0C0B0A0908, 0x0706050403020100);
}

LODE_INLINE AVX512 struct constants constants_of(size_t begin, const uint8_t letters[4],
                                                 bool reverse)
{
    /* byte b of word w is source byte 2w + b; reversed, word 7 - w */
    const long long first = 0x0706050403020100, two = 0x0202020202020202;
    const __m512i spread =
        reverse
            ? _mm512_set_epi64(first, first + two, first + 2 * two, first + 3 * two,
                               first + 4 * two, first + 5 * two, first + 6 * two, first + 7 * two)
            : _mm512_set_epi64(first + 7 * two, first + 6 * two, first + 5 * two, first + 4 * two,
                               first + 3 * two, first + 2 * two, first + two, first);
    const long long shift = reverse ? 0x00020406080A0C0E : 0x0E0C0A0806040200;
    return (struct constants){
        spread,
        _mm512_add_epi8(_mm512_set1_epi64(shift), _mm512_set1_epi8((char)(2 * (begin & 3)))),
        _mm512_set1_epi32((int)lode_get32(letters)),
    };
}

/* 64 bases from src on; reads 32 bytes. */
LODE_INLINE AVX512 __m512i bases64(const uint8_t *src, const struct constants *c)
{
    __m512i v = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)src));
    v = _mm512_permutexvar_epi8(c->spread, v);
    v = _mm512_multishift_epi64_epi8(c->shift, v);
    return _mm512_permutexvar_epi8(v, c->table);
}

/* Bytes [from, from + 64) of v, as far as it goes. */
LODE_INLINE AVX512 __m512i moved(__m512i v, size_t from)
{
    return _mm512_permutexvar_epi8(_mm512_add_epi8(count_up(), _mm512_set1_epi8((char)from)), v);
}

/* The first n bytes of v, 8 <= n < 64: twice a power of two, overlapping. */
LODE_INLINE AVX512 void put_part(uint8_t *dst, __m512i v, size_t n)
{
    const size_t width = n < 16 ? 8 : n < 32 ? 16 : 32;
    uint8_t *const end = dst + (n - width);
    const __m512i w = moved(v, n - width);
    if (width == 32) {
        _mm256_storeu_si256((__m256i *)(void *)dst, _mm512_castsi512_si256(v));
        _mm256_storeu_si256((__m256i *)(void *)end, _mm512_castsi512_si256(w));
    } else if (width == 16) {
        _mm_storeu_si128((__m128i *)(void *)dst, _mm512_castsi512_si128(v));
        _mm_storeu_si128((__m128i *)(void *)end, _mm512_castsi512_si128(w));
    } else {
        _mm_storel_epi64((__m128i *)(void *)dst, _mm512_castsi512_si128(v));
        _mm_storel_epi64((__m128i *)(void *)end, _mm512_castsi512_si128(w));
    }
}

LODE_INLINE AVX512 void put64(uint8_t *dst, const uint8_t *src, const struct constants *c)
{
    _mm512_storeu_si512((void *)dst, bases64(src, c));
}

/* dst[at, at + 64) of a read. */
LODE_INLINE AVX512 void put_at(uint8_t *dst, const uint8_t *src, size_t begin, size_t n, size_t at,
                               const uint8_t letters[4], bool reverse)
{
    const size_t first = reverse ? begin + n - 64 - at : begin + at;
    const struct constants c = constants_of(first, letters, reverse);
    put64(dst + at, src + (first >> 2), &c);
}

LODE_INLINE AVX512 void unpack(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                               const uint8_t letters[4], bool reverse)
{
    if (n < 8) {
        lode_unpack_few(dst, src, begin, n, letters, reverse);
        return;
    }
    if (n < 64) {
        const struct constants c = constants_of(begin, letters, reverse);
        const __m512i v = bases64(src + (begin >> 2), &c);
        put_part(dst, reverse ? moved(v, 64 - n) : v, n);
        return;
    }
    size_t done = 0;
    if (n >= LONG) { /* no store of the loop crosses a cache line */
        put_at(dst, src, begin, n, 0, letters, reverse);
        done = 64 - ((uintptr_t)dst & 63);
    }
    const size_t first = reverse ? begin + n - 64 - done : begin + done;
    const struct constants c = constants_of(first, letters, reverse);
    const uint8_t *from = src + (first >> 2);
    const ptrdiff_t step = reverse ? -16 : 16;
    for (; done + 128 <= n; done += 128, from += 2 * step) {
        put64(dst + done, from, &c);
        put64(dst + done + 64, from + step, &c);
    }
    if (done + 64 <= n) {
        put64(dst + done, from, &c);
        done += 64;
    }
    if (done < n)
        put_at(dst, src, begin, n, n - 64, letters, reverse);
}

static AVX512 void forward(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                           const uint8_t letters[4])
{
    unpack(dst, src, begin, n, letters, false);
}

static AVX512 void reverse(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                           const uint8_t letters[4])
{
    unpack(dst, src, begin, n, letters, true);
}

const struct lode_unpack lode_unpack_avx512 = {"avx512", forward, reverse};

#else
typedef int lode_unpack_avx512_needs_x86_64;
#endif
