/* Owns restart blocks (SPEC 7.1): one final deflate block with dynamic Huffman codes, literals
 * only. The code of such blocks: made from letters counted, written in front of a block, read back,
 * and the literals written with it. Decoding them is restart.h. */
#ifndef LODE_LIB_LITCODE_H
#define LODE_LIB_LITCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LODE_LITERALS = 256,             /* and one symbol more, the end of the block */
    LODE_LITCODE_HEADER_MAX = 264,   /* bytes: 289 lengths of 7 bits and what goes before */
    LODE_LITCODE_COUNTED = 32 << 20, /* the text that is counted for a code */
};

/* Of the same header, the same code. */
struct lode_litcode {
    uint8_t header[LODE_LITCODE_HEADER_MAX]; /* all before the first symbol; zeros behind it */
    uint16_t header_bits;
    uint8_t lengths[LODE_LITERALS + 1];
    uint16_t codes[LODE_LITERALS + 1]; /* first bit lowest */
};

/* A code for text in which byte b was counted counts[b] times. Every byte has a code; those of
 * letters that a genome has, and of the line feed, are short enough for stretches of one of them.
 */
void lode_litcode_make(const uint64_t counts[LODE_LITERALS], struct lode_litcode *code);

/* The code at the beginning of deflate data p[0, n). False when they are no restart block, as far
 * as the header tells. Whatever the bytes are, nothing outside them is touched. */
bool lode_litcode_parse(const uint8_t *p, size_t n, struct lode_litcode *code);

/* Do deflate data p[0, n) begin with this code's header? */
bool lode_litcode_same(const struct lode_litcode *code, const uint8_t *p, size_t n);

/* Adds up letters of text to counts. */
void lode_litcode_count(const uint8_t *text, size_t n, uint64_t counts[LODE_LITERALS]);

/* Is a block with these counts so much of one letter that matches shrink it far better? */
bool lode_litcode_monotone(const uint64_t counts[LODE_LITERALS], size_t n);

/* Bytes of the restart block of text with these counts. */
uint64_t lode_litcode_size(const struct lode_litcode *code, const uint64_t counts[LODE_LITERALS]);

/* Writes that block to out; returns its bytes, which are lode_litcode_size. */
size_t lode_litcode_write(const struct lode_litcode *code, const uint8_t *text, size_t n,
                          uint8_t *out);

/* Bits that the literals of text take. */
uint64_t lode_litcode_bits(const struct lode_litcode *code, const uint8_t *text, size_t n);

#endif
