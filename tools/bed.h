/* Owns reading BED: three to six columns of interest, the rest is ignored. */
#ifndef LODE_TOOL_BED_H
#define LODE_TOOL_BED_H

#include <stddef.h>
#include <stdint.h>

#include "line_in.h"

/* One interval, 0-based half-open. */
struct tool_bed {
    const char *chrom; /* not NUL-terminated; valid until the next line */
    size_t chrom_len;
    int64_t begin, end;
    char strand; /* '+', '-' or '.' */
};

/* 1: an interval; 0: the end; -1: the file cannot be read on; -2: this line is no BED. Both errors
 * are reported with file and line. Blank lines, '#', track and browser lines are passed over. */
int tool_bed_next(struct tool_lines *lines, struct tool_bed *bed);

#endif
