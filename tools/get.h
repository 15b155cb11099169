/* Owns what the parts of `lode get` share: where records come from, and how they leave. */
#ifndef LODE_TOOL_GET_H
#define LODE_TOOL_GET_H

#include <stdbool.h>

#include "bed.h"
#include "options.h"
#include "queue.h"

/* Names longer than this are cut in messages. */
enum { TOOL_SHOWN_MAX = 200 };

struct tool_get {
    const struct tool_options *options;
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

/* Adds the records of -b. False: the output cannot be written. */
bool tool_get_bed(struct tool_get *get);

#endif
