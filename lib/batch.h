/* Owns one request of a batch: what is checked, read and reported of it. What a request wants of
 * which store, and who serves it, is batch.c's. */
#ifndef LODE_LIB_BATCH_H
#define LODE_LIB_BATCH_H

#include "fetch.h"
#include "planrun.h"
#include "reader.h"
#include "textunits.h"

/* Status, never shown: to be tried once more by one thread alone. */
enum { LODE_BATCH_AGAIN = INT32_MIN };

/* What one thread needs and found out. */
struct worker {
    lode_reader *reader;
    struct lode_contig contig; /* of the request served last, id -1: none */
    int64_t failed, first;     /* failures, and the first in array order, -1: none */
    struct lode_diag diag;     /* of that one */
    bool again;                /* some are to be tried again */
};

struct batch {
    lode_reader *reader;
    struct lode_request *requests;
    const struct lode_batch *options;
    struct lode_encoder encoder;
    const struct lode_plan_ops *ops;
    struct lode_textunits units;
    struct worker *workers;
    bool shared; /* several threads are at work */
};

static inline bool lode_batch_cancelled(const struct batch *b)
{
    const int *cancel = b->options->cancel;
    return cancel != NULL && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}

/* Checks a request; worker->contig and *span are what it asks for. ARG, RANGE, SPACE, those of
 * lode_contig_at. */
int lode_batch_resolve(const struct batch *b, struct worker *worker, const struct lode_request *q,
                       struct lode_span *span, struct lode_diag *diag);

/* Reads what was resolved. reach as in struct lode_reader; want_end is where the request's own text
 * ends. What lies between belongs to others: where reading that far fails, this request is read
 * alone, so that its outcome is its own. */
int lode_batch_read(const struct batch *b, struct worker *worker, const struct lode_request *q,
                    const struct lode_span *span, uint64_t want_end, uint64_t reach,
                    struct lode_diag *diag);

/* Notes the outcome of request i. */
void lode_batch_settle(struct batch *b, struct worker *worker, int64_t i, int status,
                       const struct lode_span *span, const struct lode_diag *diag);

/* All of it for request i, by worker w. */
void lode_batch_serve(struct batch *b, int w, int64_t i, uint64_t want_end, uint64_t reach);

/* A batch of an index by itself, or of the member that the reader is turned to; arguments are
 * checked. As lode_fetch_many; *first is the first request that failed, -1: none. */
int64_t lode_batch_run(lode_reader *reader, struct lode_request *requests, int64_t n,
                       const struct lode_batch *options, const struct lode_encoder *encoder,
                       int64_t *first, struct lode_diag *diag);

/* The same of a reader made for a set: each member's requests are a batch. Negative, and nothing
 * ran, when there is no memory. */
int64_t lode_batch_of_set(lode_reader *reader, struct lode_request *requests, int64_t n,
                          const struct lode_batch *options, const struct lode_encoder *encoder,
                          struct lode_diag *diag);

#endif
