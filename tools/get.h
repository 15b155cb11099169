/* Owns what the parts of `lode get` share: where records come from, and how they leave. */
#ifndef LODE_TOOL_GET_H
#define LODE_TOOL_GET_H

#include <stdbool.h>

#include "bed.h"
#include "options.h"
#include "queue.h"

/* Names longer than this are cut in messages. */
enum { TOOL_SHOWN_MAX = 200 };

/* How records of intervals are named, and what lies outside treated: --bedtools. */
enum tool_naming {
    TOOL_NAMING_REGION, /* CHROM:BEG-END, counted from 1: a region that get understands */
    TOOL_NAMING_COORDS, /* bedtools: chrom:start-end, counted from 0 */
    TOOL_NAMING_NAME,   /* bedtools -name and -name+: name::chrom:start-end */
    TOOL_NAMING_NAME_ONLY,
};

struct tool_get {
    const struct tool_options *options;
    enum tool_naming naming;
    lode_index *index;
    struct tool_queue queue;
    struct tool_fasta out;
    int exit_status;
    char *name; /* of a BED record */
    size_t name_len, name_cap;
    struct tool_blocks blocks; /* of a BED record */
};

/* Remembers the worst exit status. */
void tool_get_fail(struct tool_get *get, int exit_status);

/* The length to show in messages, for %.*s. */
int tool_get_shown(size_t len);

/* Cuts, pads or refuses the record as the options say, and queues it. False: the output cannot be
 * written. */
bool tool_get_add(struct tool_get *get, struct tool_record *record);

/* What --bedtools said, NULL = not given. -1: no such form. */
int tool_naming_of(const char *text);

/* Adds the records of -b. False: the output cannot be written. */
bool tool_get_bed(struct tool_get *get);

#endif
