/* Owns what `lode stat` gathers over all sources, for both forms of output. */
#ifndef LODE_TOOL_STAT_H
#define LODE_TOOL_STAT_H

#include "lode.h"
#include "names.h"

struct tool_stat {
    struct lode_info info;
    struct lode_composition total;
    int64_t bgzf, plain, packed, blocks, source_bytes, text_bytes;
    int64_t n50, l50, longest, shortest;
    int track; /* enum lode_track */
};

/* One source. The name grows with the longest; free it at the end. */
struct tool_stat_source {
    struct lode_source_info info;
    struct lode_composition composition;
    struct tool_name name;
};

/* LODE_OK or what the library said. */
int tool_stat_source(const lode_index *index, int64_t source, struct tool_stat_source *out,
                     struct lode_diag *diag);

/* The type of a track's values, as --track takes it. */
const char *tool_track_name(int track);

/* Prints the whole as one JSON object: docs/json.md. An exit status, reported. */
int tool_stat_json(const char *path, const lode_index *index, const struct tool_stat *data);

#endif
