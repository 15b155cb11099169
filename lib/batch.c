/* Owns lode_fetch_many: many requests, each with its own outcome. Says what each request wants of
 * which store, and fills its destination when the plan comes to it; the array is not reordered.
 */
#include "batch.h"

#include "diag.h"
#include "locate.h"
#include "packedsoon.h"
#include "packedunits.h"
#include "pool.h"

#include <stdlib.h>

enum {
    PLAN_KEEP = 4 << 20,       /* a larger plan is given back after use */
    HELPER_OPEN = 8,           /* sources that a thread other than the first holds open */
    OUT_BYTES_A_NS = 10,       /* that encoding stores, about */
    STREAMING_BYTES = 64 << 20 /* of output that no cache keeps until the batch is done */
};

static bool options_ok(const struct lode_batch *o)
{
    return o->threads >= 0 && o->bounds >= LODE_BOUNDS_ERROR && o->bounds <= LODE_BOUNDS_PAD;
}

static const struct worker new_worker = {.contig = {.id = -1}, .first = -1};

/* ---- what the plan asks --------------------------------------------------------------------- */

/* Bytes of output a base; packed ones of one byte are part of what decoding costs. */
static uint64_t out_bytes(const struct batch *b)
{
    return b->encoder.element * b->encoder.channels;
}

static bool unit(void *ctx, int64_t store, uint64_t offset, struct lode_unit *out)
{
    struct batch *b = ctx;
    return lode_text_unit(&b->units, store, offset, out);
}

static uint64_t cost(void *ctx, int64_t store, uint64_t decoded, uint64_t handed)
{
    struct batch *b = ctx;
    return lode_text_cost(&b->units, store, decoded, handed) +
           handed * (out_bytes(b) - 1) / OUT_BYTES_A_NS;
}

/* Gives a thread its reader, the one of earlier batches where there is one. */
static bool enter(void *ctx, int w)
{
    struct batch *b = ctx;
    struct worker *worker = &b->workers[w];
    if (w > 0) {
        struct lode_reader **slot = &b->reader->helpers[w - 1];
        struct lode_reader_options o = LODE_READER_OPTIONS_INIT;
        o.max_open = b->reader->open_max < HELPER_OPEN ? b->reader->open_max : HELPER_OPEN;
        if (*slot == NULL && lode_reader_new(b->reader->index, &o, slot) != LODE_OK)
            return false;
        worker->reader = *slot;
        lode_reader_use(*slot, b->reader->index);
    }
    return true;
}

static bool resident(void *ctx, int w, int64_t store, uint64_t begin, uint64_t end)
{
    const struct batch *b = ctx;
    return lode_text_resident(b->workers[w].reader, store, begin, end);
}

static void prefetch(void *ctx, int w, int64_t store, uint64_t begin, uint64_t end)
{
    const struct batch *b = ctx;
    lode_text_prefetch(b->workers[w].reader, store, begin, end);
}

static void serve(void *ctx, int w, const struct lode_want *want, uint64_t reach)
{
    lode_batch_serve(ctx, w, want->tag, want->end, reach);
}

static const struct lode_plan_ops text_ops = {unit, cost, enter, resident, prefetch, NULL, serve};

/* Packed bases. */

static bool packed_unit(void *ctx, int64_t store, uint64_t offset, struct lode_unit *out)
{
    struct batch *b = ctx;
    return lode_packed_unit(&b->units, store, offset, out);
}

static uint64_t packed_cost(void *ctx, int64_t store, uint64_t decoded, uint64_t handed)
{
    const struct batch *b = ctx;
    (void)store, (void)decoded;
    return lode_packed_cost(handed) + handed * 4 * out_bytes(b) / OUT_BYTES_A_NS;
}

static bool packed_resident(void *ctx, int w, int64_t store, uint64_t begin, uint64_t end)
{
    const struct batch *b = ctx;
    (void)w, (void)store;
    return lode_packed_resident(b->reader->index, begin, end);
}

static void packed_prefetch(void *ctx, int w, int64_t store, uint64_t begin, uint64_t end)
{
    const struct batch *b = ctx;
    (void)w, (void)store;
    lode_packed_prefetch(b->reader->index, begin, end);
}

static void packed_soon(void *ctx, const struct lode_want *want)
{
    const struct batch *b = ctx;
    const bool by_case = (b->requests[want->tag].flags & LODE_UPPER) == 0;
    lode_packed_soon(b->reader->index, (uint64_t)want->store, want->begin, want->end, by_case);
}

static const struct lode_plan_ops packed_ops = {
    packed_unit, packed_cost, enter, packed_resident, packed_prefetch, packed_soon, serve};

/* ---- the batch ------------------------------------------------------------------------------ */

/* The text, or bytes of BASE, that a span lies in, for request i. */
static struct lode_want want_of(const struct batch *b, const struct lode_contig *contig,
                                const struct lode_span *span, int64_t i)
{
    if (b->ops == &packed_ops)
        return lode_packed_want(contig, span->begin, span->end, i);
    const uint64_t line = (uint64_t)contig->line_bases, off = (uint64_t)contig->text_off;
    const uint64_t width = lode_line_width(line, contig->flags);
    return (struct lode_want){
        .store = contig->source,
        .begin = lode_text_of_base(off, line, width, (uint64_t)span->begin),
        .end = lode_text_of_base(off, line, width, (uint64_t)span->end - 1) + 1,
        .tag = i,
    };
}

/* Puts requests that want text into the plan and settles the others. */
static void plan_requests(struct batch *b, int64_t n)
{
    struct worker *worker = b->workers;
    struct lode_diag diag;
    struct lode_span span;
    uint64_t bases = 0;
    for (int64_t i = 0; i < n; i++) {
        int status;
        if (lode_batch_cancelled(b))
            status = lode_diag_set(&diag, LODE_E_CANCELLED, "cancelled");
        else
            status = lode_batch_resolve(b, worker, &b->requests[i], &span, &diag);
        if (status == LODE_OK && span.begin < span.end) {
            bases += (uint64_t)(span.end - span.begin);
            const struct lode_want want = want_of(b, &worker->contig, &span, i);
            lode_plan_add(&b->reader->plan, &want);
            continue;
        }
        if (status == LODE_OK)
            status = lode_batch_read(b, worker, &b->requests[i], &span, 0, 0, &diag);
        lode_batch_settle(b, worker, i, status, &span, &diag);
    }
    b->encoder.streaming = bases > STREAMING_BYTES / out_bytes(b);
}

/* Room for the workers and their readers. Without it the caller works alone. */
static struct worker *hire(struct batch *b, int threads)
{
    lode_reader *r = b->reader;
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    if (workers == NULL)
        return NULL;
    if (r->helper_count < threads - 1) {
        void *more = realloc(r->helpers, (size_t)(threads - 1) * sizeof(struct lode_reader *));
        if (more == NULL) {
            free(workers);
            return NULL;
        }
        r->helpers = more;
        while (r->helper_count < threads - 1)
            r->helpers[r->helper_count++] = NULL;
    }
    workers[0] = b->workers[0];
    for (int w = 1; w < threads; w++)
        workers[w] = new_worker;
    return workers;
}

/* Adds up what the threads found; what they could not do for want of descriptors or memory is done
 * here, where none of the others holds any. */
static void gather(struct batch *b, int threads)
{
    struct worker *first = &b->workers[0];
    bool again = first->again;
    for (int w = 1; w < threads; w++) {
        const struct worker *worker = &b->workers[w];
        first->failed += worker->failed;
        again = again || worker->again;
        if (worker->first >= 0 && (first->first < 0 || worker->first < first->first)) {
            first->first = worker->first;
            first->diag = worker->diag;
        }
    }
    if (!again)
        return;
    lode_reader_drop_helpers(b->reader);
    const struct lode_plan *plan = &b->reader->plan;
    for (int64_t k = 0; k < plan->count; k++) {
        const struct lode_want *want = &plan->steps[k].want;
        if (b->requests[want->tag].status == LODE_BATCH_AGAIN)
            lode_batch_serve(b, 0, want->tag, want->end, want->end);
    }
}

static void run_plan(struct batch *b)
{
    struct lode_plan *plan = &b->reader->plan;
    struct worker *const own = b->workers;
    struct worker *workers = plan->threads > 1 ? hire(b, plan->threads) : NULL;
    if (workers != NULL)
        b->workers = workers;
    else
        plan->threads = 1;
    const struct lode_plan_run run = {
        .plan = plan,
        .ops = b->ops,
        .ctx = b,
        .stores_ahead = b->reader->open_max,
        .host = b->options->run,
        .host_ctx = b->options->run_ctx,
    };
    b->shared = workers != NULL;
    lode_plan_run(&run);
    b->shared = false;
    gather(b, plan->threads);
    *own = b->workers[0];
    b->workers = own;
    free(workers);
}

/* Without memory for a plan: one by one. */
static void run_unplanned(struct batch *b)
{
    const struct lode_plan *plan = &b->reader->plan;
    for (int64_t k = 0; k < plan->count; k++)
        lode_batch_serve(b, 0, plan->wants[k].tag, plan->wants[k].end, plan->wants[k].end);
}

/* Nothing runs: each request says so, too. */
static int64_t refuse(struct lode_request *requests, int64_t n, int status, struct lode_diag *diag,
                      const char *why)
{
    for (int64_t i = 0; i < n && requests != NULL; i++) {
        requests[i].status = status;
        requests[i].written = requests[i].left_pad = requests[i].right_pad = 0;
    }
    return lode_diag_set(diag, status, "lode_fetch_many: %s", why);
}

int64_t lode_batch_run(lode_reader *reader, struct lode_request *requests, int64_t n,
                       const struct lode_batch *options, const struct lode_encoder *encoder,
                       int64_t *first, struct lode_diag *diag)
{
    if (!lode_plan_start(&reader->plan, n))
        return refuse(requests, n, LODE_E_NOMEM, diag, "out of memory");
    struct worker worker = new_worker;
    worker.reader = reader;
    struct batch b = {.reader = reader,
                      .requests = requests,
                      .options = options,
                      .encoder = *encoder,
                      .ops = reader->index->seq.packed ? &packed_ops : &text_ops,
                      .units = {.index = reader->index},
                      .workers = &worker};
    plan_requests(&b, n);
    const int threads = options->threads < LODE_POOL_MAX ? options->threads : LODE_POOL_MAX;
    if (lode_plan_make(&reader->plan, b.ops, &b, threads))
        run_plan(&b);
    else
        run_unplanned(&b);
    lode_plan_release(&reader->plan, PLAN_KEEP);
    if (worker.failed > 0 && diag != NULL)
        *diag = worker.diag;
    *first = worker.first;
    return worker.failed;
}

int64_t lode_fetch_many(lode_reader *reader, struct lode_request *requests, int64_t n,
                        const struct lode_batch *options, struct lode_diag *diag)
{
    struct lode_batch own = LODE_BATCH_INIT;
    struct lode_encoder encoder;
    int64_t first;
    if (reader == NULL || n < 0 || (requests == NULL && n > 0) ||
        !lode_struct_in(&own, sizeof own, options) || !options_ok(&own))
        return refuse(requests, n, LODE_E_ARG, diag, "an argument is not allowed");
    if (lode_encoder_init(&encoder, own.encoding) != LODE_OK)
        return refuse(requests, n, LODE_E_ARG, diag,
                      "the encoding is not allowed: struct_size, kind, dtype, table, channels or "
                      "strides");
    if (reader->whole->set == NULL)
        return lode_batch_run(reader, requests, n, &own, &encoder, &first, diag);
    const int64_t failed = lode_batch_of_set(reader, requests, n, &own, &encoder, diag);
    return failed >= 0 ? failed : refuse(requests, n, LODE_E_NOMEM, diag, "out of memory");
}
