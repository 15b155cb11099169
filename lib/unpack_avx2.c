#include "unpack.h"

#if defined(__x86_64__)

#include "unpack_window.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* From here on aligning the stores is worth its while. */
enum { LONG = 512 };

/* In one piece whatever the compiler: it may take bytes of overlapping loads apart otherwise. */
LODE_INLINE AVX2 long long word_at(const uint8_t *p)
{
    long long word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Byte i of a half (16 bases) comes from byte i / 4 of a word shifted by the phase for its first
 * two bases, and of one shifted by four bits more for the others. Then a mask leaves base i in bits
 * 0-1 where i is even and in bits 2-3 where it is odd, and one table serves both. */
struct constants {
    __m256i shift;  /* of the four words */
    __m256i spread; /* shuffle: byte -> its four bases */
    __m256i pick;
    __m256i table;
};

LODE_INLINE AVX2 struct constants constants_of(size_t begin, const uint8_t letters[4], bool reverse)
{
    const long long shift = 2 * (long long)(begin & 3);
    const __m256i spread = _mm256_broadcastsi128_si256(
        reverse ? _mm_setr_epi8(11, 11, 3, 3, 10, 10, 2, 2, 9, 9, 1, 1, 8, 8, 0, 0)
                : _mm_setr_epi8(0, 0, 8, 8, 1, 1, 9, 9, 2, 2, 10, 10, 3, 3, 11, 11));
    const __m256i where = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1));
    return (struct constants){
        _mm256_add_epi64(_mm256_set1_epi64x(shift), _mm256_setr_epi64x(0, 4, 0, 4)),
        spread,
        _mm256_set1_epi16(reverse ? 0x030C : 0x0C03),
        _mm256_shuffle_epi8(_mm256_set1_epi32((int)lode_get32(letters)), where),
    };
}

/* 16 bases from src[0, 8) on; reads 8 bytes. */
LODE_INLINE AVX2 __m128i bases16(const uint8_t *src, const struct constants *c)
{
    __m128i v = _mm_set1_epi64x(word_at(src));
    v = _mm_srlv_epi64(v, _mm256_castsi256_si128(c->shift));
    v = _mm_shuffle_epi8(v, _mm256_castsi256_si128(c->spread));
    v = _mm_and_si128(v, _mm256_castsi256_si128(c->pick));
    return _mm_shuffle_epi8(_mm256_castsi256_si128(c->table), v);
}

/* 32 bases; reads 12 bytes. */
LODE_INLINE AVX2 __m256i bases32(const uint8_t *src, const struct constants *c, bool reverse)
{
    const __m256i first = _mm256_set1_epi64x(word_at(src));
    const __m256i second = _mm256_set1_epi64x(word_at(src + 4));
    __m256i v =
        reverse ? _mm256_blend_epi32(second, first, 0xF0) : _mm256_blend_epi32(first, second, 0xF0);
    v = _mm256_srlv_epi64(v, c->shift);
    v = _mm256_shuffle_epi8(v, c->spread);
    v = _mm256_and_si256(v, c->pick);
    return _mm256_shuffle_epi8(c->table, v);
}

LODE_INLINE AVX2 void put32(uint8_t *dst, const uint8_t *src, const struct constants *c,
                            bool reverse)
{
    _mm256_storeu_si256((__m256i *)(void *)dst, bases32(src, c, reverse));
}

/* dst[at, at + 32) of a read. */
LODE_INLINE AVX2 void put_at(uint8_t *dst, const uint8_t *src, size_t begin, size_t n, size_t at,
                             const uint8_t letters[4], bool reverse)
{
    const size_t first = reverse ? begin + n - 32 - at : begin + at;
    const struct constants c = constants_of(first, letters, reverse);
    put32(dst + at, src + (first >> 2), &c, reverse);
}

/* 8 <= n < 32: two vectors that overlap. */
LODE_INLINE AVX2 void unpack_short(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                                   const uint8_t letters[4], bool reverse)
{
    const size_t width = n < 16 ? 8 : 16, tail = begin + n - width;
    const struct constants c = constants_of(begin, letters, reverse);
    const struct constants d = constants_of(tail, letters, reverse);
    __m128i v = bases16(src + (begin >> 2), &c), w = bases16(src + (tail >> 2), &d);
    __m128i *const first = (void *)(reverse ? dst + (n - width) : dst);
    __m128i *const second = (void *)(reverse ? dst : dst + (n - width));
    if (width == 16) {
        _mm_storeu_si128(first, v);
        _mm_storeu_si128(second, w);
        return;
    }
    if (reverse) {
        v = _mm_unpackhi_epi64(v, v);
        w = _mm_unpackhi_epi64(w, w);
    }
    _mm_storel_epi64(first, v);
    _mm_storel_epi64(second, w);
}

LODE_INLINE AVX2 void unpack(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                             const uint8_t letters[4], bool reverse)
{
    if (n < 8) {
        lode_unpack_few(dst, src, begin, n, letters, reverse);
        return;
    }
    if (n < 32) {
        unpack_short(dst, src, begin, n, letters, reverse);
        return;
    }
    size_t done = 0;
    if (n >= LONG) { /* no store of the loop crosses a cache line */
        put_at(dst, src, begin, n, 0, letters, reverse);
        done = 32 - ((uintptr_t)dst & 31);
    }
    const size_t first = reverse ? begin + n - 32 - done : begin + done;
    const struct constants c = constants_of(first, letters, reverse);
    const uint8_t *from = src + (first >> 2);
    const ptrdiff_t step = reverse ? -8 : 8;
    for (; done + 128 <= n; done += 128, from += 4 * step) {
        put32(dst + done, from, &c, reverse);
        put32(dst + done + 32, from + step, &c, reverse);
        put32(dst + done + 64, from + 2 * step, &c, reverse);
        put32(dst + done + 96, from + 3 * step, &c, reverse);
    }
    for (; done + 32 <= n; done += 32, from += step)
        put32(dst + done, from, &c, reverse);
    if (done < n)
        put_at(dst, src, begin, n, n - 32, letters, reverse);
}

static AVX2 void forward(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                         const uint8_t letters[4])
{
    unpack(dst, src, begin, n, letters, false);
}

static AVX2 void reverse(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                         const uint8_t letters[4])
{
    unpack(dst, src, begin, n, letters, true);
}

const struct lode_unpack lode_unpack_avx2 = {"avx2", forward, reverse};

#else
typedef int lode_unpack_avx2_needs_x86_64;
#endif
