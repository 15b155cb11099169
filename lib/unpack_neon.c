#include "unpack.h"

/* The tests compile this file against SIMDe, which has the intrinsics in plain C. */
#if (defined(__aarch64__) && !defined(__AARCH64EB__)) || defined(LODE_UNPACK_SIMDE)

#include "unpack_window.h"

#if !defined(LODE_UNPACK_SIMDE)
#include <arm_neon.h>
#endif

struct constants {
    uint8x16_t low, high;     /* four bits -> the letter of their first, second base */
    uint8x16_t spread;        /* a word of 16 bases -> each byte four times */
    int8x16_t shift;          /* each base in its byte, to the right */
    int8x16_t phase, counter; /* shifts that join two neighbouring bytes */
};

LODE_INLINE struct constants constants_of(size_t begin, const uint8_t letters[4], bool reverse)
{
    static const uint8_t spread[2][16] = {{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3},
                                          {3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0}};
    static const int8_t shift[2][16] = {
        {0, -2, -4, -6, 0, -2, -4, -6, 0, -2, -4, -6, 0, -2, -4, -6},
        {-6, -4, -2, 0, -6, -4, -2, 0, -6, -4, -2, 0, -6, -4, -2, 0}};
    const int8_t phase = (int8_t)(2 * (begin & 3));
    const uint8x16_t low = vreinterpretq_u8_u32(vdupq_n_u32(lode_get32(letters)));
    return (struct constants){
        low,
        vqtbl1q_u8(low, vld1q_u8(spread[0])),
        vld1q_u8(spread[reverse]),
        vld1q_s8(shift[reverse]),
        vdupq_n_s8((int8_t)-phase),
        vdupq_n_s8((int8_t)(8 - phase)),
    };
}

/* 16 bases from base k on; reads 8 bytes. */
LODE_INLINE uint8x16_t bases16(const uint8_t *src, size_t k, const struct constants *c)
{
    const uint8x16_t word = vreinterpretq_u8_u64(vdupq_n_u64(lode_window(src, k)));
    const uint8x16_t v = vshlq_u8(vqtbl1q_u8(word, c->spread), c->shift);
    return vqtbl1q_u8(c->low, vandq_u8(v, vdupq_n_u8(3)));
}

/* 64 bases from src on; reads 17 bytes. Each lane is a byte of the source; a store by fours puts
 * its four bases side by side. */
LODE_INLINE void put64(uint8_t *dst, const uint8_t *src, const struct constants *c, bool reverse)
{
    uint8x16_t v =
        vorrq_u8(vshlq_u8(vld1q_u8(src), c->phase), vshlq_u8(vld1q_u8(src + 1), c->counter));
    if (reverse) {
        v = vrev64q_u8(v);
        v = vextq_u8(v, v, 8);
    }
    const uint8x16_t a = vandq_u8(v, vdupq_n_u8(15)), b = vshrq_n_u8(v, 4);
    uint8x16x4_t out;
    out.val[reverse ? 3 : 0] = vqtbl1q_u8(c->low, a);
    out.val[reverse ? 2 : 1] = vqtbl1q_u8(c->high, a);
    out.val[reverse ? 1 : 2] = vqtbl1q_u8(c->low, b);
    out.val[reverse ? 0 : 3] = vqtbl1q_u8(c->high, b);
    vst4q_u8(dst, out);
}

LODE_INLINE void put8(uint8_t *dst, uint8x16_t v, bool reverse)
{
    vst1_u8(dst, reverse ? vget_high_u8(v) : vget_low_u8(v));
}

LODE_INLINE void unpack(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                        const uint8_t letters[4], bool reverse)
{
    if (n < 8) {
        lode_unpack_few(dst, src, begin, n, letters, reverse);
        return;
    }
    const struct constants c = constants_of(begin, letters, reverse);
    if (n < 16) {
        put8(reverse ? dst + (n - 8) : dst, bases16(src, begin, &c), reverse);
        put8(reverse ? dst : dst + (n - 8), bases16(src, begin + n - 8, &c), reverse);
        return;
    }
    size_t i = 0;
    for (; i + 64 <= n; i += 64)
        put64(reverse ? dst + (n - 64 - i) : dst + i, src + ((begin + i) >> 2), &c, reverse);
    for (; i + 16 <= n; i += 16)
        vst1q_u8(reverse ? dst + (n - 16 - i) : dst + i, bases16(src, begin + i, &c));
    if (i < n)
        vst1q_u8(reverse ? dst : dst + (n - 16), bases16(src, begin + n - 16, &c));
}

static void forward(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                    const uint8_t letters[4])
{
    unpack(dst, src, begin, n, letters, false);
}

static void reverse(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                    const uint8_t letters[4])
{
    unpack(dst, src, begin, n, letters, true);
}

const struct lode_unpack lode_unpack_neon = {"neon", forward, reverse};

#else
typedef int lode_unpack_neon_needs_aarch64;
#endif
