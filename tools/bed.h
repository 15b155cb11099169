/* Owns reading BED: chromosome, range, name, strand and blocks; other columns are ignored. */
#ifndef LODE_TOOL_BED_H
#define LODE_TOOL_BED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line_in.h"
#include "lode.h"

/* A column: not NUL-terminated, valid until the next line; empty where the line has no such one. */
struct tool_column {
    const char *at;
    size_t len;
};

/* One interval, 0-based half-open. */
struct tool_bed {
    struct tool_column chrom, name, strand;
    struct tool_column block_count, block_sizes, block_starts;
    int64_t begin, end;
    bool reverse;    /* the strand is '-' */
    bool has_blocks; /* the line has all twelve columns */
};

/* The blocks of a BED12 line, as ranges of the chromosome; reused from line to line. */
struct tool_blocks {
    struct lode_interval *at;
    size_t count, cap;
};

/* 1: an interval; 0: the end; -1: the file cannot be read on; -2: this line is no BED. Both errors
 * are reported with file and line. Blank lines, '#', track and browser lines are passed over. */
int tool_bed_next(struct tool_lines *lines, struct tool_bed *bed);

/* The blocks of the line; the whole interval where it has fewer than twelve columns. 0 or an exit
 * status, reported: a block must lie inside the interval. */
int tool_bed_blocks(const struct tool_lines *lines, const struct tool_bed *bed,
                    struct tool_blocks *blocks);

#endif
