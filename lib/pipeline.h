/* Owns the parallel scan of a build. Stretches of text, numbered in the order of sources and text,
 * are taken by whichever thread is free; each thread inflates and scans alone, waits for its
 * number's turn for the short serial steps, and goes on. So the tables are filled in order,
 * whatever the number of threads, and memory is bounded by one stretch a thread. */
#ifndef LODE_LIB_PIPELINE_H
#define LODE_LIB_PIPELINE_H

#include "collect.h"
#include "reuse.h"
#include "tables.h"

#include <time.h>

struct lode_pipeline_result {
    int64_t reused, skipped;
    struct timespec begun; /* when sources were first looked at (lode_reuse_settle) */
};

/* Scans, or copies from reuse, every input into tables. Statuses of the parts; the first failure in
 * input order is the one reported, whatever thread met it. */
int lode_pipeline_run(const struct lode_collection *collection, const struct lode_reuse *reuse,
                      const struct lode_build_options *options, int threads,
                      struct lode_tables *tables, struct lode_pipeline_result *result,
                      struct lode_diag *diag);

#endif
