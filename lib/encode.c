#include "encode.h"

#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

/* Fewer bases are looked up one by one. */
enum { CLASSES_PAY = 64 };

static size_t element_of(int dtype)
{
    switch (dtype) {
    case LODE_U8:
    case LODE_I8:
        return 1;
    case LODE_F16:
    case LODE_BF16:
        return 2;
    case LODE_I32:
    case LODE_F32:
        return 4;
    case LODE_I64:
        return 8;
    default:
        return 0;
    }
}

/* Strides that were left to us, and whether no two elements overlap. */
static bool lay_out(struct lode_encoder *e, int64_t position_stride, int64_t channel_stride)
{
    const int64_t element = (int64_t)e->element, channels = (int64_t)e->channels;
    int64_t row = 0; /* from a position's first channel to behind its last */
    e->channel_stride = channel_stride == 0 || channels == 1 ? element : channel_stride;
    const bool fits = !__builtin_mul_overflow(channels - 1, e->channel_stride, &row) &&
                      !__builtin_add_overflow(row, element, &row);
    e->position_stride = position_stride;
    if (position_stride == 0 &&
        __builtin_mul_overflow(channels, e->channel_stride, &e->position_stride))
        return false;
    if (e->channel_stride < element || e->position_stride < element)
        return false;
    e->together = e->channel_stride == element ? e->channels : 1;
    /* Positions inside channels need a distance of channels that was meant. */
    return (fits && e->position_stride >= row) ||
           (channel_stride != 0 && e->channel_stride >= e->position_stride);
}

const struct lode_encoder lode_encoder_plain = {.kind = LODE_ENCODE_BYTES,
                                                .element = 1,
                                                .channels = 1,
                                                .together = 1,
                                                .position_stride = 1,
                                                .channel_stride = 1};

int lode_encoder_init(struct lode_encoder *e, const struct lode_encoding *encoding)
{
    static const struct lode_encoding bytes = {.struct_size = sizeof bytes};
    const struct lode_encoding *from = encoding == NULL ? &bytes : encoding;
    if (from->struct_size != sizeof *from || from->kind < LODE_ENCODE_BYTES ||
        from->kind > LODE_ENCODE_ONEHOT)
        return LODE_E_ARG;
    const bool is_bytes = from->kind == LODE_ENCODE_BYTES;
    const int channels = from->kind == LODE_ENCODE_ONEHOT ? from->channels : 1;
    *e = (struct lode_encoder){
        .kind = from->kind, .table = from->table, .element = element_of(from->dtype)};
    if (e->element == 0 || (is_bytes && e->element != 1) || (from->table == NULL) != is_bytes ||
        channels < 1 || channels > 256)
        return LODE_E_ARG;
    e->channels = (size_t)channels;
    const int64_t channel_stride = from->kind == LODE_ENCODE_ONEHOT ? from->channel_stride : 0;
    if (channel_stride < 0 || !lay_out(e, from->position_stride, channel_stride))
        return LODE_E_ARG;
    const size_t size = e->together * e->element;
    if (!is_bytes && e->channels <= 8 && (size == 1 || size == 2 || size == 4) &&
        e->position_stride == (int64_t)size)
        lode_classes_find(&e->classes, e->table, e->channels * e->element);
    return LODE_OK;
}

int64_t lode_encoder_bytes(const struct lode_encoder *e, int64_t n)
{
    const int64_t element = (int64_t)e->element, channels = (int64_t)e->channels;
    int64_t positions = 0, planes = 0, bytes = 0;
    if (n <= 0)
        return 0;
    if (__builtin_mul_overflow(n - 1, e->position_stride, &positions) ||
        __builtin_mul_overflow(channels - 1, e->channel_stride, &planes) ||
        __builtin_add_overflow(positions, planes, &bytes) ||
        __builtin_add_overflow(bytes, element, &bytes))
        return INT64_MAX;
    const bool rows = e->position_stride >= planes + element;
    return rows || positions <= e->channel_stride - element ? bytes : INT64_MAX;
}

#define LODE_INLINE static inline __attribute__((always_inline))

/* To every stride-th byte of dst, entry base of a table whose entries are step bytes apart. Of each
 * size bytes, which are copied width by width, a power of two, at last with an overlap. */
LODE_INLINE void look_up(uint8_t *dst, int64_t stride, const uint8_t *table, size_t step,
                         size_t size, size_t width, const uint8_t *bases, size_t n)
{
    const bool overlap = (size & (width - 1)) != 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = dst + (int64_t)i * stride;
        const uint8_t *from = table + bases[i] * step;
        for (size_t k = 0; k + width <= size; k += width)
            memcpy(to + k, from + k, width);
        if (overlap)
            memcpy(to + size - width, from + size - width, width);
    }
}

/* The same for the largest width that fits, a constant where one copy does. */
LODE_INLINE void look_up_by(size_t width, uint8_t *dst, int64_t stride, const uint8_t *table,
                            size_t step, size_t size, const uint8_t *bases, size_t n)
{
    if (size != width)
        look_up(dst, stride, table, step, size, width, bases, n);
    else if (stride != (int64_t)width)
        look_up(dst, stride, table, step, width, width, bases, n);
    else if (step != width)
        look_up(dst, (int64_t)width, table, step, width, width, bases, n);
    else
        look_up(dst, (int64_t)width, table, width, width, width, bases, n);
}

static void look_up_any(uint8_t *dst, int64_t stride, const uint8_t *table, size_t step,
                        size_t size, const uint8_t *bases, size_t n)
{
    if (size >= 16)
        look_up_by(16, dst, stride, table, step, size, bases, n);
    else if (size >= 8)
        look_up_by(8, dst, stride, table, step, size, bases, n);
    else if (size >= 4)
        look_up_by(4, dst, stride, table, step, size, bases, n);
    else if (size >= 2)
        look_up_by(2, dst, stride, table, step, size, bases, n);
    else
        look_up_by(1, dst, stride, table, step, size, bases, n);
}

/* Rows of 16 bytes side by side, past the caches: a store to them would first load what it is about
 * to overwrite. False, and nothing is done, where they are not such rows, not aligned, or wanted.
 */
static bool look_up_streaming(const struct lode_encoder *e, uint8_t *dst, const uint8_t *bases,
                              size_t n)
{
#if defined(__x86_64__)
    if (!e->streaming || e->channels * e->element != 16 || e->together != e->channels ||
        e->position_stride != 16 || (uintptr_t)dst % 16 != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        _mm_stream_si128(
            (__m128i *)(void *)(dst + 16 * i),
            _mm_loadu_si128((const __m128i *)(const void *)(e->table + 16 * (size_t)bases[i])));
    _mm_sfence(); /* whoever is told of these bytes next must see them */
    return true;
#else
    (void)e, (void)dst, (void)bases, (void)n;
    return false;
#endif
}

static void copy(uint8_t *dst, int64_t stride, const uint8_t *bases, size_t n)
{
    if (stride == 1) {
        memmove(dst, bases, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        dst[(int64_t)i * stride] = bases[i];
}

void lode_encode(const struct lode_encoder *e, const uint8_t *bases, size_t n, void *dst,
                 int64_t first)
{
    if (n == 0)
        return;
    uint8_t *at = (uint8_t *)dst + first * e->position_stride;
    if (e->kind == LODE_ENCODE_BYTES) {
        copy(at, e->position_stride, bases, n);
        return;
    }
    const size_t row = e->channels * e->element, size = e->together * e->element;
    if (e->classes.count > 0 && n >= CLASSES_PAY) {
        const struct lode_class_planes planes = {e->table, row, size, e->channels / e->together,
                                                 e->channel_stride};
        const size_t done = lode_classes_encode(&e->classes, &planes, at, bases, n);
        bases += done;
        n -= done;
        at += done * size;
    }
    if (look_up_streaming(e, at, bases, n))
        return;
    for (size_t c = 0; c < e->channels; c += e->together)
        look_up_any(at + (int64_t)c * e->channel_stride, e->position_stride,
                    e->table + c * e->element, row, size, bases, n);
}

bool lode_encoder_is_bytes(const struct lode_encoder *e)
{
    return e->kind == LODE_ENCODE_BYTES && e->position_stride == 1;
}

bool lode_encoder_table8(const struct lode_encoder *e, const uint8_t **table)
{
    if (e->kind == LODE_ENCODE_BYTES || e->channels != 1 || e->element != 1 ||
        e->position_stride != 1)
        return false;
    *table = e->table;
    return true;
}

void lode_bases_lower(const uint8_t *bases, size_t n, uint8_t *mask)
{
    const uint64_t ones = 0x0101010101010101;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t v;
        memcpy(&v, bases + i, 8);
        /* the highest bit of each byte: at least 'a', more than 'z', no ASCII */
        const uint64_t low = v & 0x7F * ones;
        const uint64_t from = low + (0x80 - 'a') * ones, behind = low + (0x7F - 'z') * ones;
        v = (from & ~behind & ~v) >> 7 & ones;
        memcpy(mask + i, &v, 8);
    }
    for (; i < n; i++)
        mask[i] = (uint8_t)(bases[i] - 'a') < 26;
}
