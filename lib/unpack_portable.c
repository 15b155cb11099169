#include "unpack.h"
#include "unpack_window.h"

/* From here on a table of what each byte unpacks to is worth its making. */
enum { LONG = 2048 };

#define ONES 0x0101010101010101u

/* A letter is bits of its code times differences: l0 ^ b0 * d1 ^ b1 * d2 ^ b0 * b1 * d3. */
struct mix {
    uint64_t zero, d1, d2, d3;
};

static struct mix mix_of(const uint8_t letters[4])
{
    const uint64_t d1 = letters[0] ^ letters[1], d2 = letters[0] ^ letters[2];
    return (struct mix){letters[0] * ONES, d1, d2, d1 ^ letters[2] ^ letters[3]};
}

/* The letters of the eight lowest bases, the first in the lowest byte. */
LODE_INLINE uint64_t letters8(uint64_t bases, const struct mix *mix)
{
    uint64_t x = bases & 0xFFFF;
    x = (x | x << 24) & 0x000000FF000000FF;
    x = (x | x << 12) & 0x000F000F000F000F;
    x |= x << 6;
    const uint64_t b0 = x & ONES, b1 = x >> 1 & ONES;
    return mix->zero ^ b0 * mix->d1 ^ b1 * mix->d2 ^ (b0 & b1) * mix->d3;
}

LODE_INLINE void put8(uint8_t *dst, size_t n, size_t i, uint64_t word, bool reverse)
{
    if (reverse)
        lode_put64(dst + (n - 8 - i), __builtin_bswap64(word));
    else
        lode_put64(dst + i, word);
}

/* table[byte]: its four letters. */
static void make_table(uint8_t table[256][4], const uint8_t letters[4], bool reverse)
{
    const struct mix mix = mix_of(letters);
    for (uint64_t byte = 0; byte < 256; byte++) {
        const uint32_t word = (uint32_t)letters8(byte, &mix);
        lode_put32(table[byte], reverse ? __builtin_bswap32(word) : word);
    }
}

/* As many bases as make whole words of 32; returns their number. */
LODE_INLINE size_t unpack_long(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                               const uint8_t letters[4], bool reverse)
{
    uint8_t table[256][4];
    make_table(table, letters, reverse);
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        const uint64_t bases = lode_window32(src, begin + i);
        for (unsigned k = 0; k < 4; k++) {
            const uint8_t *first = table[bases >> 16 * k & 0xFF];
            const uint8_t *second = table[bases >> (16 * k + 8) & 0xFF];
            uint8_t *to = reverse ? dst + (n - 8 - i - 8 * k) : dst + (i + 8 * k);
            memcpy(to, reverse ? second : first, 4);
            memcpy(to + 4, reverse ? first : second, 4);
        }
    }
    return i;
}

LODE_INLINE void unpack(uint8_t *dst, const uint8_t *src, size_t begin, size_t n,
                        const uint8_t letters[4], bool reverse)
{
    if (n < 8) {
        lode_unpack_few(dst, src, begin, n, letters, reverse);
        return;
    }
    const struct mix mix = mix_of(letters);
    size_t i = n < LONG ? 0 : unpack_long(dst, src, begin, n, letters, reverse);
    for (; i + 8 <= n; i += 8)
        put8(dst, n, i, letters8(lode_window(src, begin + i), &mix), reverse);
    if (i < n)
        put8(dst, n, n - 8, letters8(lode_window(src, begin + n - 8), &mix), reverse);
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

const struct lode_unpack lode_unpack_portable = {"portable", forward, reverse};
