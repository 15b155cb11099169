/* Owns the progress line: on a terminal only, and only for what takes longer than a second. */
#ifndef LODE_TOOL_PROGRESS_H
#define LODE_TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct tool_progress {
    const char *what; /* "indexing" */
    double started, shown;
    bool enabled, visible;
};

/* quiet: never show anything. */
void tool_progress_start(struct tool_progress *progress, const char *what, bool quiet);

/* A progress callback of lode.h; ctx is the struct tool_progress. Bytes; total -1 = unknown. */
void tool_progress_step(void *ctx, int64_t done, int64_t total);

/* Wipes the line. */
void tool_progress_end(struct tool_progress *progress);

#endif
