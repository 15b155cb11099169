/* Owns the translation position -> text offset -> block -> sum slot (SPEC 6). Pure: no file access.
 */
#ifndef LODE_FORMAT_LOCATE_H
#define LODE_FORMAT_LOCATE_H

#include "rows.h"

#include <stdint.h>

/* Bytes from the start of one full line to the start of the next. */
uint64_t lode_line_width(uint64_t line_bases, uint16_t flags);

/* Text offset of base pos (0-based, < length) of a contig whose row passed lode_contig_check. */
static inline uint64_t lode_text_of_base(uint64_t text_off, uint64_t line_bases, uint64_t width,
                                         uint64_t pos)
{
    if (pos < line_bases)
        return text_off + pos;
    return text_off + pos / line_bases * width + pos % line_bases;
}

/* One past the last text byte of the record's sequence, its last line end not included; text_off
 * when the contig is empty. The row must have passed lode_contig_check's arithmetic. */
uint64_t lode_contig_text_end(const struct lode_contig_row *row);

/* The block i < n whose text holds offset t: the rightmost row with text_off <= t, so empty blocks
 * are passed over. rows points at n + 1 rows of 16 bytes, the last a sentinel. *block and *next get
 * rows i and i + 1. CORRUPT when no i satisfies text_off[i] <= t < text_off[i + 1] or the pair is
 * no possible BGZF block. O(log n), O(1) on evenly filled tables; never trusts an order it did not
 * see. */
int lode_block_find(const uint8_t *rows, uint64_t n, uint64_t t, uint64_t *i,
                    struct lode_block_row *block, struct lode_block_row *next);

/* Rows i and i + 1, checked as above: at most 65,536 bytes of text and of file. */
int lode_block_get(const uint8_t *rows, uint64_t i, struct lode_block_row *block,
                   struct lode_block_row *next);

/* Slot, relative to the source's begin in SUMS, of piece k of block i that starts at text_off;
 * pieces are of 1 << log2 bytes, as lode_piece_log2 says. No two pieces share one (SPEC 5.9). */
static inline uint64_t lode_piece_slot(unsigned log2, uint64_t text_off, uint64_t i, uint64_t k)
{
    return (text_off >> log2) + i + k;
}

#endif
