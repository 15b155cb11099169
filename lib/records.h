/* Owns the grammar of FASTA: lines -> records, in text order (SPEC 11). One state per source walks
 * its stretches one after another; each step is O(runs of equal lines), so it is the short serial
 * part of a parallel scan. It assigns every base its source coordinate and leaves looking at the
 * bases to compose.h. */
#ifndef LODE_LIB_RECORDS_H
#define LODE_LIB_RECORDS_H

#include "lines.h"
#include "lode.h"
#include "rows.h"

/* Sequence lines whose bases compose.h looks at, or the end of a contig between them. */
struct lode_seq_item {
    size_t begin;        /* first base in the stretch's text */
    uint64_t coordinate; /* of that base */
    uint64_t lines;      /* lines of content bases, width bytes apart; 0 = the contig ends here */
    size_t content, width;
    uint64_t line_no; /* of the first line, 1-based */
    bool starts_contig;
};

/* A contig that was read to its end. */
struct lode_contig_entry {
    struct lode_contig_row row;
    uint64_t line; /* number of its header line */
    uint64_t hash; /* of its name, with seed 0 */
};

/* What one stretch of text adds. Offsets in rows are final; encoding ACGU is left to compose.h. */
struct lode_stretch {
    struct lode_seq_item *items;
    size_t item_count, item_cap;
    struct lode_contig_entry *contigs; /* those that end in this stretch */
    size_t contig_count, contig_cap;
    struct lode_gap_row *gaps;
    size_t gap_count, gap_cap;
    uint8_t *names; /* with NULs */
    size_t names_len, names_cap;
    uint8_t *descs;
    size_t descs_len, descs_cap;
};

void lode_stretch_reset(struct lode_stretch *stretch);
void lode_stretch_free(struct lode_stretch *stretch);

enum lode_partial { LODE_AT_LINE_START, LODE_IN_HEADER, LODE_IN_SEQUENCE };

/* The walk through one source. */
struct lode_records {
    const char *path;
    int status; /* first failure; later stretches do nothing */
    uint64_t text_off, line_no;
    /* a line that continues past the end of the last stretch */
    enum lode_partial partial;
    uint64_t partial_off, partial_bases;
    bool partial_cr; /* its last byte so far is CR */
    uint8_t *header; /* of a header line so far */
    size_t header_len, header_cap;
    /* the record being read */
    bool in_record, closed, after_blank;
    struct lode_contig_row row;
    uint64_t record_line, record_hash, lines, last_content, other;
    uint8_t lines_eol, last_eol;
    /* text no record covers */
    bool in_gap;
    struct lode_gap_row gap;
    uint64_t names_off, descs_off, base_off;
};

void lode_records_start(struct lode_records *records, const char *path);
void lode_records_free(struct lode_records *records);

/* Walks the next stretch text[0, n) with its line structure; last = the source ends here. Fills
 * out. FORMAT with path and line number, FOREIGN, NOMEM. */
int lode_records_walk(struct lode_records *records, const uint8_t *text, size_t n,
                      const struct lode_lines *lines, bool last, struct lode_stretch *out,
                      struct lode_diag *diag);

#endif
