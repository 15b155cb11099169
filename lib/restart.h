/* Owns the decoding of restart blocks (SPEC 7.1) from any symbol on: bits and a table of the code
 * -> literals. What they must be is for the caller's sums to say. */
#ifndef LODE_LIB_RESTART_H
#define LODE_LIB_RESTART_H

#include "litcode.h"

enum {
    LODE_RESTART_TABLE_BITS = 11,
    LODE_RESTART_LANES = 2, /* pieces decoded at a time */
};

/* A code, ready to decode. */
struct lode_restart {
    /* By the next bits: how many of them bits 0-7, literals bits 8-15, and up to six literals. No
     * literals: the code is longer than the table's bits, see restart.c. */
    uint64_t table[1 << LODE_RESTART_TABLE_BITS];
    uint8_t lengths[LODE_LITERALS + 1];
    uint16_t sorted[LODE_LITERALS + 1]; /* symbols by length and number */
    uint16_t first[17], before[17];     /* by length: its first code, the shorter ones' number */
    uint16_t header_bits;
};

void lode_restart_init(struct lode_restart *restart, const struct lode_litcode *code);

/* A piece: its first symbol begins at bit `bit` of the source bytes and it has n literals, which go
 * to dst. */
struct lode_restart_piece {
    uint64_t bit;
    uint8_t *dst;
    size_t n;
};

/* Decodes the pieces, all from src[0, size). False when one leaves src or the block ends inside it;
 * dst then holds anything. Whatever the bits are, nothing before src or past src + size is read,
 * and nothing but [dst, dst + n) of each piece is written. */
bool lode_restart_decode(const struct lode_restart *restart, const uint8_t *src, size_t size,
                         const struct lode_restart_piece *pieces, size_t count);

#endif
