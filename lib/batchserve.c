#include "batch.h"

#include "diag.h"

static int check_request(struct worker *worker, const struct lode_request *q,
                         struct lode_diag *diag)
{
    if ((q->flags & ~(LODE_REVERSE_COMPLEMENT | LODE_UPPER)) != 0 || q->dst_size < 0 ||
        (q->dst == NULL && q->dst_size > 0) || q->reserved[0] != 0 || q->reserved[1] != 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_fetch_many: a request field is not allowed");
    if (worker->contig.id >= 0 && worker->contig.id == q->contig)
        return LODE_OK;
    worker->contig.id = -1;
    return lode_contig_at(worker->reader->index, q->contig, &worker->contig, diag);
}

/* A track is read as bytes alone. */
static bool track_refuses(const struct batch *b, const struct worker *worker,
                          const struct lode_request *q)
{
    return worker->contig.encoding == LODE_ENCODING_VALUES &&
           (q->flags != 0 || q->mask != NULL || b->options->n_seed != NULL ||
            b->options->bounds == LODE_BOUNDS_PAD || b->encoder.kind != LODE_ENCODE_BYTES);
}

int lode_batch_resolve(const struct batch *b, struct worker *worker, const struct lode_request *q,
                       struct lode_span *span, struct lode_diag *diag)
{
    const int bounds = b->options->bounds;
    const int status = check_request(worker, q, diag);
    if (status < 0)
        return status;
    if (track_refuses(b, worker, q))
        return lode_diag_set(diag, LODE_E_ARG, LODE_TRACK_REFUSES);
    *span = lode_span_of(worker->contig.length, q->begin, q->end, bounds);
    if (span->status < 0)
        return lode_range_refused(worker->reader->index, &worker->contig, q->begin, q->end, diag);
    const int64_t bytes = lode_encoder_bytes(&b->encoder, lode_span_width(span, bounds));
    if (bytes > q->dst_size)
        return lode_diag_set(diag, LODE_E_SPACE, "%lld bytes do not fit into %lld",
                             (long long)bytes, (long long)q->dst_size);
    return LODE_OK;
}

int lode_batch_read(const struct batch *b, struct worker *worker, const struct lode_request *q,
                    const struct lode_span *span, uint64_t want_end, uint64_t reach,
                    struct lode_diag *diag)
{
    lode_reader *r = worker->reader;
    const struct lode_batch *o = b->options;
    const struct lode_sink sink = {&b->encoder,           q->dst,   q->mask, q->flags,
                                   o->pad ? o->pad : 'N', o->n_seed};
    r->reach = reach;
    int status = lode_fetch_span(r, &worker->contig, span, o->bounds, &sink, diag);
    if (status < 0 && reach > want_end) {
        lode_reader_forget(r);
        r->reach = want_end;
        status = lode_fetch_span(r, &worker->contig, span, o->bounds, &sink, diag);
    }
    r->reach = 0;
    return status;
}

void lode_batch_settle(struct batch *b, struct worker *worker, int64_t i, int status,
                       const struct lode_span *span, const struct lode_diag *diag)
{
    struct lode_request *q = &b->requests[i];
    q->status = status;
    q->written = q->left_pad = q->right_pad = 0;
    if (status < 0) {
        worker->failed++;
        if (worker->first < 0 || i < worker->first) {
            worker->first = i;
            worker->diag = *diag;
        }
        return;
    }
    q->status = span->status;
    q->written = lode_span_width(span, b->options->bounds);
    q->left_pad = span->left;
    q->right_pad = span->right;
}

/* Another thread may have had fewer descriptors or less memory than the caller's reader can free.
 */
static bool may_be_scarce(int status)
{
    return status == LODE_E_IO || status == LODE_E_NOMEM;
}

void lode_batch_serve(struct batch *b, int w, int64_t i, uint64_t want_end, uint64_t reach)
{
    struct worker *worker = &b->workers[w];
    struct lode_diag diag;
    struct lode_span span;
    int status;
    if (lode_batch_cancelled(b)) {
        status = lode_diag_set(&diag, LODE_E_CANCELLED, "cancelled");
    } else {
        const struct lode_request *q = &b->requests[i];
        status = lode_batch_resolve(b, worker, q, &span, &diag);
        if (status == LODE_OK)
            status = lode_batch_read(b, worker, q, &span, want_end, reach, &diag);
    }
    if (b->shared && may_be_scarce(status)) {
        b->requests[i].status = LODE_BATCH_AGAIN;
        worker->again = true;
        return;
    }
    lode_batch_settle(b, worker, i, status, &span, &diag);
}
