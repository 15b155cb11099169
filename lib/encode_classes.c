#include "encode_classes.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2        __attribute__((target("avx2")))
#define LODE_INLINE static inline __attribute__((always_inline))

/* All rows in [begin, end) are the same. */
static bool same_rows(const uint8_t *table, size_t row, size_t begin, size_t end)
{
    return memcmp(table + begin * row, table + (begin + 1) * row, (end - begin - 1) * row) == 0;
}

void lode_classes_find(struct lode_classes *classes, const uint8_t *table, size_t row)
{
    classes->count = 0;
    if (!__builtin_cpu_supports("avx2") || !same_rows(table, row, 0, 64) ||
        !same_rows(table, row, 128, 256) || memcmp(table, table + 128 * row, row) != 0)
        return;
    size_t count = 1;
    classes->base[0] = 0;
    for (size_t base = 64; base < 128; base++) {
        size_t c = 0;
        while (c < count && memcmp(table + base * row, table + classes->base[c] * row, row) != 0)
            c++;
        if (c == LODE_CLASSES)
            return;
        if (c == count)
            classes->base[count++] = (uint8_t)base;
        classes->of_letter[base - 64] = (uint8_t)c;
    }
    classes->count = count;
}

LODE_INLINE AVX2 __m256i twice(const uint8_t *p)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)p));
}

LODE_INLINE AVX2 void put(uint8_t *dst, __m256i v)
{
    _mm256_storeu_si256((__m256i *)(void *)dst, v);
}

/* Classes of the bases with one high half. A shuffle gives 0 for an index with its highest bit set:
 * which it is unless the byte is one of the sixteen from first on. */
LODE_INLINE AVX2 __m256i classes_of(__m256i bases, __m256i table, int first)
{
    const __m256i at = _mm256_xor_si256(bases, _mm256_set1_epi8((char)first));
    return _mm256_shuffle_epi8(table, _mm256_adds_epu8(at, _mm256_set1_epi8(0x70)));
}

/* n is a multiple of 32. */
static AVX2 void classify(uint8_t *out, const struct lode_classes *classes, const uint8_t *bases,
                          size_t n)
{
    const __m256i a = twice(classes->of_letter), b = twice(classes->of_letter + 16);
    const __m256i c = twice(classes->of_letter + 32), d = twice(classes->of_letter + 48);
    for (size_t i = 0; i < n; i += 32) {
        const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(bases + i));
        const __m256i ab = _mm256_or_si256(classes_of(v, a, 0x40), classes_of(v, b, 0x50));
        const __m256i cd = _mm256_or_si256(classes_of(v, c, 0x60), classes_of(v, d, 0x70));
        put(out + i, _mm256_or_si256(ab, cd));
    }
}

/* values: of each class, 16 x size bytes. */
static AVX2 void widen1(uint8_t *dst, const uint8_t *values, const uint8_t *class, size_t n)
{
    const __m256i table = twice(values);
    for (size_t i = 0; i < n; i += 32)
        put(dst + i, _mm256_shuffle_epi8(
                         table, _mm256_loadu_si256((const __m256i *)(const void *)(class + i))));
}

static AVX2 void widen2(uint8_t *dst, const uint8_t *values, const uint8_t *class, size_t n)
{
    uint8_t half[2][LODE_CLASSES];
    for (size_t c = 0; c < LODE_CLASSES; c++) {
        half[0][c] = values[2 * c];
        half[1][c] = values[2 * c + 1];
    }
    const __m256i low = twice(half[0]), high = twice(half[1]);
    for (size_t i = 0; i < n; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(class + i));
        v = _mm256_permute4x64_epi64(v, 0xD8); /* unpacking works in halves */
        const __m256i a = _mm256_shuffle_epi8(low, v), b = _mm256_shuffle_epi8(high, v);
        put(dst + 2 * i, _mm256_unpacklo_epi8(a, b));
        put(dst + 2 * i + 32, _mm256_unpackhi_epi8(a, b));
    }
}

struct values4 {
    __m256i low, high; /* of classes 0..7, 8..15 */
};

LODE_INLINE AVX2 __m256i widened4(const struct values4 *values, const uint8_t *class,
                                  bool more_than_8)
{
    const __m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)class));
    const __m256i low = _mm256_permutevar8x32_epi32(values->low, at);
    if (!more_than_8)
        return low;
    const __m256i high = _mm256_permutevar8x32_epi32(values->high, at);
    return _mm256_blendv_epi8(low, high, _mm256_cmpgt_epi32(at, _mm256_set1_epi32(7)));
}

LODE_INLINE AVX2 void widen4_by(uint8_t *dst, const uint8_t *values, const uint8_t *class, size_t n,
                                bool more_than_8)
{
    const struct values4 v = {
        _mm256_loadu_si256((const __m256i *)(const void *)values),
        _mm256_loadu_si256((const __m256i *)(const void *)(values + 32)),
    };
    for (size_t i = 0; i < n; i += 32) {
        put(dst + 4 * i, widened4(&v, class + i, more_than_8));
        put(dst + 4 * i + 32, widened4(&v, class + i + 8, more_than_8));
        put(dst + 4 * i + 64, widened4(&v, class + i + 16, more_than_8));
        put(dst + 4 * i + 96, widened4(&v, class + i + 24, more_than_8));
    }
}

static AVX2 void widen4(uint8_t *dst, const uint8_t *values, const uint8_t *class, size_t n,
                        bool more_than_8)
{
    if (more_than_8)
        widen4_by(dst, values, class, n, true);
    else
        widen4_by(dst, values, class, n, false);
}

enum { TILE = 1024 };

size_t lode_classes_encode(const struct lode_classes *classes,
                           const struct lode_class_planes *planes, uint8_t *dst,
                           const uint8_t *bases, size_t n)
{
    const size_t whole = n / 32 * 32, size = planes->size;
    uint8_t class[TILE], values[LODE_CLASSES * 4] = {0};
    for (size_t at = 0, part; at < whole; at += part) {
        part = whole - at < TILE ? whole - at : TILE;
        classify(class, classes, bases + at, part);
        for (size_t p = 0; p < planes->pieces; p++) {
            for (size_t c = 0; c < classes->count; c++)
                memcpy(values + c * size, planes->table + classes->base[c] * planes->row + p * size,
                       size);
            uint8_t *to = dst + (int64_t)p * planes->plane + at * size;
            if (size == 1)
                widen1(to, values, class, part);
            else if (size == 2)
                widen2(to, values, class, part);
            else
                widen4(to, values, class, part, classes->count > 8);
        }
    }
    return whole;
}

#else

void lode_classes_find(struct lode_classes *classes, const uint8_t *table, size_t row)
{
    (void)table;
    (void)row;
    classes->count = 0;
}

size_t lode_classes_encode(const struct lode_classes *classes,
                           const struct lode_class_planes *planes, uint8_t *dst,
                           const uint8_t *bases, size_t n)
{
    (void)classes;
    (void)planes;
    (void)dst;
    (void)bases;
    (void)n;
    return 0;
}

#endif
