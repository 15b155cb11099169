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

/* Indexed by letter & 31: the complement of each IUPAC code, 0 where there is none. */
static const uint8_t complement[32] = {
    ['A' & 31] = 'T', ['B' & 31] = 'V', ['C' & 31] = 'G', ['D' & 31] = 'H', ['G' & 31] = 'C',
    ['H' & 31] = 'D', ['K' & 31] = 'M', ['M' & 31] = 'K', ['R' & 31] = 'Y', ['T' & 31] = 'A',
    ['U' & 31] = 'A', ['V' & 31] = 'B', ['Y' & 31] = 'R',
};

static uint8_t complement_of(uint8_t base)
{
    const uint8_t to = complement[base & 31];
    return to != 0 && (base & 0xC0) == 0x40 ? (uint8_t)(to | (base & 0x20)) : base;
}

void lode_bases_reverse_complement(uint8_t *bases, size_t n)
{
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = complement_of((uint8_t)i);
    size_t lo = 0, hi = n;
    while (lo + 1 < hi) {
        const uint8_t a = bases[lo];
        bases[lo++] = table[bases[--hi]];
        bases[hi] = table[a];
    }
    if (lo < hi)
        bases[lo] = table[bases[lo]];
}

void lode_bases_upper(uint8_t *bases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bases[i] = (uint8_t)(bases[i] - ((uint8_t)(bases[i] - 'a') < 26 ? 32 : 0));
}
