#include "bases.h"

#include <string.h>

void lode_bases_strip(uint8_t *dst, const uint8_t *text, uint64_t n, uint64_t column,
                      uint64_t line_bases, uint64_t width)
{
    uint64_t room = line_bases - column;
    const uint64_t end = width - line_bases;
    while (n > room) {
        memcpy(dst, text, (size_t)room);
        dst += room;
        text += room + end;
        n -= room;
        room = line_bases;
    }
    memcpy(dst, text, (size_t)n);
}

/* What turns a base into its complement by exclusive or; 0 where there is none. */
#define PAIR(a, b)                                                                                 \
    [a] = (a) ^ (b), [b] = (a) ^ (b), [(a) | 0x20] = (a) ^ (b), [(b) | 0x20] = (a) ^ (b)
static const uint8_t complement[256] = {
    PAIR('A', 'T'), PAIR('C', 'G'), PAIR('B', 'V'),    PAIR('D', 'H'),
    PAIR('K', 'M'), PAIR('R', 'Y'), ['U'] = 'U' ^ 'A', ['u'] = 'U' ^ 'A',
};
#undef PAIR

uint8_t lode_base_complement(uint8_t base)
{
    return base ^ complement[base];
}

void lode_bases_reverse_complement(uint8_t *bases, size_t n)
{
    size_t lo = 0, hi = n;
    while (lo + 1 < hi) {
        const uint8_t a = bases[lo], b = bases[--hi];
        bases[lo++] = b ^ complement[b];
        bases[hi] = a ^ complement[a];
    }
    if (lo < hi)
        bases[lo] ^= complement[bases[lo]];
}

void lode_bases_upper(uint8_t *bases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bases[i] = (uint8_t)(bases[i] - ((uint8_t)(bases[i] - 'a') < 26 ? 32 : 0));
}

enum { WIDE = 32 };

struct wide {
    uint64_t w[WIDE / 8];
};

static struct wide folded(const uint8_t *p)
{
    struct wide v;
    memcpy(&v, p, sizeof v);
    for (int i = 0; i < WIDE / 8; i++)
        v.w[i] |= 0x2020202020202020;
    return v;
}

void lode_bases_fold_down(uint8_t *bases, size_t n)
{
    if (n < WIDE) {
        for (size_t i = 0; i < n; i++)
            bases[i] |= 0x20;
        return;
    }
    /* the last bytes are loaded first: behind the loop they would wait for its stores */
    const struct wide last = folded(bases + n - WIDE);
    for (size_t i = 0; i + WIDE < n; i += WIDE) {
        const struct wide v = folded(bases + i);
        memcpy(bases + i, &v, sizeof v);
    }
    memcpy(bases + n - WIDE, &last, sizeof last);
}
