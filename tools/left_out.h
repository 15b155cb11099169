/* Owns the warning that an index which is built anew lacks what was added to the set before it. */
#ifndef LODE_TOOLS_LEFT_OUT_H
#define LODE_TOOLS_LEFT_OUT_H

#include <stdbool.h>

#include "lode.h"
#include "options.h"

/* What stands where an index will be: a set, open; or nothing to speak of. */
struct tool_left_out {
    lode_index *old;
    char path[4096];
};

/* Before a build of these inputs to out, NULL: where one input puts it. Says nothing. */
void tool_left_out_look(struct tool_left_out *left, const struct tool_options *options, int inputs,
                        const char *out);

/* After it: which sources of that set the new index has not. Closes what was open. */
void tool_left_out_tell(struct tool_left_out *left, bool built);

#endif
