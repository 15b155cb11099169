/* Owns the decoded form of each table row of the sequence index and its encoding (SPEC 5).
 * Decoding copies fields out of bytes and judges nothing: seqindex.h checks rows against the file.
 */
#ifndef LODE_FORMAT_ROWS_H
#define LODE_FORMAT_ROWS_H

#include "bytes.h"
#include "layout.h"

#include <stdbool.h>

/* The begins of one source in each table; those of the next row are its ends. */
struct lode_begins {
    uint64_t contig, block, sum, slot, name, desc, base, bin, toggle, run;
};

struct lode_source_row {
    uint64_t path_off, file_size, fingerprint, text_len;
    uint32_t path_len, name_len, text_crc;
    uint16_t kind, flags;
    struct lode_begins begin;
};

struct lode_contig_row {
    uint64_t text_off, length, line_bases, base_off, name_off, desc_off;
    uint32_t name_len, defline_len, source;
    uint16_t flags;
    uint8_t encoding, lead;
};

struct lode_block_row {
    uint64_t text_off, file_off;
    uint32_t crc;
};

struct lode_bin_row {
    uint64_t toggle, run;
    bool lower;
    uint32_t n, gc, lower_count, other;
};

struct lode_run_row {
    uint64_t start, length;
    uint8_t byte;
};

struct lode_gap_row {
    uint64_t text_off, desc_off;
    uint32_t source, length;
};

void lode_source_decode(const uint8_t *p, struct lode_source_row *row);
void lode_source_encode(uint8_t *p, const struct lode_source_row *row);
void lode_contig_decode(const uint8_t *p, struct lode_contig_row *row);
void lode_contig_encode(uint8_t *p, const struct lode_contig_row *row);
void lode_bin_decode(const uint8_t *p, struct lode_bin_row *row);
void lode_bin_encode(uint8_t *p, const struct lode_bin_row *row);
void lode_run_decode(const uint8_t *p, struct lode_run_row *row);
void lode_run_encode(uint8_t *p, const struct lode_run_row *row);
void lode_gap_decode(const uint8_t *p, struct lode_gap_row *row);
void lode_gap_encode(uint8_t *p, const struct lode_gap_row *row);

/* On the path of every read, so inline. */
static inline void lode_block_decode(const uint8_t *p, struct lode_block_row *row)
{
    const uint64_t text = lode_get64(p), file = lode_get64(p + 8);
    row->text_off = text & LODE_U48_MASK;
    row->file_off = file & LODE_U48_MASK;
    row->crc = (uint32_t)(text >> 48) | (uint32_t)(file >> 48) << 16;
}

static inline void lode_block_encode(uint8_t *p, const struct lode_block_row *row)
{
    lode_put64(p, row->text_off | (uint64_t)(row->crc & 0xFFFF) << 48);
    lode_put64(p + 8, row->file_off | (uint64_t)(row->crc >> 16) << 48);
}

/* Line ends of a contig, LODE_EOL_*. */
static inline unsigned lode_contig_eol(uint16_t flags, unsigned shift)
{
    return (unsigned)flags >> shift & 3u;
}

#endif
