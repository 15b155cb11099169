/* Owns what `lode stat` gathers over all sources, for both forms of output. */
#ifndef LODE_TOOL_STAT_H
#define LODE_TOOL_STAT_H

#include "lode.h"

struct tool_stat {
    struct lode_info info;
    struct lode_composition total;
    int64_t bgzf, plain, packed, blocks, source_bytes, text_bytes;
    int64_t n50, l50, longest, shortest;
};

/* Prints the whole as one JSON object: docs/json.md. An exit status, reported. */
int tool_stat_json(const char *path, const lode_index *index, const struct tool_stat *data);

#endif
