/* Owns the pieces of work of a parallel scan: what a thread holds, and how work is handed out. */
#ifndef LODE_LIB_DEAL_H
#define LODE_LIB_DEAL_H

#include "bgzfout.h"
#include "pipeline.h"
#include "trackidx.h"

#include <pthread.h>

/* One input on its way. Shared by the threads that hold its stretches; freed by the last one. */
struct source_job {
    const struct lode_input *input;
    struct lode_scan_source scan;
    struct lode_records records;
    struct lode_trackidx track; /* of a track, whose text has had track_len bytes so far */
    uint64_t track_len;
    int status; /* set in the turn of a failed stretch: later ones do nothing */
};

/* One numbered stretch of a source, and the thread's memory for it. */
struct stretch_job {
    uint64_t number;
    struct source_job *source; /* NULL: there was no memory for it */
    bool first, last;
    int status;
    struct lode_diag diag;
    struct lode_textchunk chunk;
    struct lode_lines lines;
    struct lode_stretch stretch;
    struct lode_composed composed;
    struct lode_inflate *inflate;
    struct lode_deflate *deflate; /* made when it is needed */
};

struct pipeline {
    const struct lode_collection *collection;
    struct lode_origin *origins;
    const struct lode_build_options *options;
    struct lode_tables *tables;
    struct lode_pipeline_result *result;
    struct lode_diag *diag;
    int status;
    bool stop; /* under turn_lock */
    /* handing out, under deal_lock */
    pthread_mutex_t deal_lock;
    size_t next_input;
    struct source_job *current; /* has more stretches to hand out */
    uint64_t next_off, next_number;
    int64_t done, total;
    /* serial steps, under turn_lock */
    pthread_mutex_t turn_lock;
    pthread_cond_t turned;
    uint64_t walk_turn, keep_turn;
};

/* Did the caller ask to stop? Any thread. */
bool lode_pipeline_cancelled(const struct pipeline *pipeline);

/* Takes the next piece of work into the thread's job. False when nothing is left. Any thread. */
bool lode_pipeline_deal(struct pipeline *pipeline, struct stretch_job *job);

#endif
