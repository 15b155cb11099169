/* Owns what `lode bench` measures: which reads, in which order, for how long. */
#ifndef LODE_TOOL_BENCH_H
#define LODE_TOOL_BENCH_H

#include <stdint.h>

#include "lode.h"

/* Random stretches of one length, each inside a contig, in random order. */
struct tool_bench_plan {
    int64_t span;
    struct tool_bench_read {
        struct lode_contig contig;
        int64_t begin;
    } * reads;
    int64_t count; /* 0: no contig is that long */
};

/* Every position where span bases begin is equally likely. LODE_OK or why not. */
int tool_bench_plan(const lode_index *index, int64_t span, struct tool_bench_plan *plan,
                    struct lode_diag *diag);
void tool_bench_plan_free(struct tool_bench_plan *plan);

/* What one row of the table says. rate: per second, of all threads; count 0 = not measured. */
struct tool_bench_row {
    int threads;
    int64_t count;
    double median_us, p90_us, rate;
};

/* Seconds of a clock that only goes forward. */
double tool_bench_now(void);

/* Sets median and p90 from latencies, which it sorts. */
void tool_bench_summarise(double *seconds, int64_t count, struct tool_bench_row *row);

/* Opens and closes the index for about `seconds`. */
int tool_bench_open(const char *path, const struct lode_open_options *options, double seconds,
                    struct tool_bench_row *row, struct lode_diag *diag);

/* Lookups by source and name, one by one and in batches. */
int tool_bench_find(const lode_index *index, double seconds, struct tool_bench_row *one,
                    struct tool_bench_row *many, struct lode_diag *diag);

/* The reads of a plan, over and over for about `seconds`, on row->threads threads. */
int tool_bench_random(const lode_index *index, const struct tool_bench_plan *plan, double seconds,
                      struct tool_bench_row *row, struct lode_diag *diag);

/* Bases in their order, on row->threads threads, each from a place of its own; rate: bases. */
int tool_bench_sequential(const lode_index *index, double seconds, struct tool_bench_row *row,
                          struct lode_diag *diag);

/* Memory that every further process needs of its own while it reads, in bytes; -1 = unknown. */
int64_t tool_bench_private(const lode_index *index);

#endif
