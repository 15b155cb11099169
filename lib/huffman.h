/* Owns Huffman codes as deflate has them (RFC 1951 3.2.2): lengths from weights, codes from
 * lengths. What the symbols mean is the caller's business. */
#ifndef LODE_LIB_HUFFMAN_H
#define LODE_LIB_HUFFMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LODE_HUFFMAN_SYMBOLS_MAX = 288,
    LODE_HUFFMAN_LENGTH_MAX = 15,
};

/* Lengths of the shortest code for symbols of these weights in which none is longer than limit; 0
 * for weight 0. The code is complete. Two weights at least, and at most LODE_HUFFMAN_SYMBOLS_MAX
 * and 2^limit, are not 0; limit <= LODE_HUFFMAN_LENGTH_MAX; weights add up to less than 2^59. */
void lode_huffman_lengths(const uint64_t *weights, size_t n, unsigned limit, uint8_t *lengths);

/* Do lengths 1..LODE_HUFFMAN_LENGTH_MAX (0 = none) make a complete code: no two codes alike, no
 * bits that are none? */
bool lode_huffman_complete(const uint8_t *lengths, size_t n);

/* The codes of a complete code, first bit lowest, as they lie in a deflate stream. */
void lode_huffman_codes(const uint8_t *lengths, size_t n, uint16_t *codes);

#endif
