/* Owns the parallel scan of a build. Stretches of text, numbered in the order of sources and text,
 * are taken by whichever thread is free; each thread inflates and scans alone, waits for its
 * number's turn for the short serial steps, and goes on. So the tables are filled in order,
 * whatever the number of threads, and memory is bounded by one stretch a thread. */
#ifndef LODE_LIB_PIPELINE_H
#define LODE_LIB_PIPELINE_H

#include "carry.h"
#include "tables.h"

struct lode_pipeline_result {
    int64_t reused, skipped;
};

/* Scans every input that is not carried over into tables; origins[i].fresh is set for those that
 * came through. of the others old, the
 * older index, tells what the user should know. Statuses of the parts; the
 * first failure in input order is the one reported, whatever thread met it. */
int lode_pipeline_run(const struct lode_collection *collection, const struct lode_seqindex *old,
                      struct lode_origin *origins, const struct lode_build_options *options,
                      int threads, struct lode_tables *tables, struct lode_pipeline_result *result,
                      struct lode_diag *diag);

#endif
