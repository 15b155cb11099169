/* Owns lode_store_get_many: what each request wants of the heap or of a block, in the plan's order.
 */
#include "setstore.h"
#include "storeread.h"

#include "diag.h"
#include "planrun.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum {
    PAGE = 4096,
    HEAP = 0,   /* the plan's stores: bytes of the heap, */
    BLOCKS = 1, /* and bytes of blocks, a block every 2^32 */
    BLOCK_LOG2 = 32,
    PLAN_KEEP = 4 << 20,
    LINE = 64,      /* bytes of a line of the processor's caches */
    LINES_SOON = 4, /* of a record that are asked for before it is read */
};

struct batch {
    lode_store_reader *reader;
    struct lode_store_request *requests;
    lode_store_reader **readers; /* of each worker */
    bool packed;
    struct lode_diag *diags; /* of each worker, its first failure in array order */
    int64_t *first;          /* and which that is; -1: none */
    int64_t failed;
};

/* ---- what the plan asks ---------------------------------------------------------------------- */

static uint64_t heap_off(const lode_store *store)
{
    return (uint64_t)(store->view.heap.rows - store->view.box.data);
}

struct block_call {
    const lode_store *store;
    uint64_t number;
    struct lode_record_block block;
};

static int run_block(void *arg)
{
    struct block_call *call = arg;
    return lode_recstore_block_at(&call->store->view, call->number, &call->block, NULL);
}

static bool unit(void *ctx, int64_t which, uint64_t offset, struct lode_unit *out)
{
    const struct batch *b = ctx;
    const lode_store *store = b->reader->store;
    const uint64_t heap = heap_off(store), size = store->view.heap.count;
    if (which == HEAP) {
        const uint64_t begin = offset / PAGE * PAGE;
        const uint64_t end = size - begin < PAGE ? size : begin + PAGE;
        *out = (struct lode_unit){begin, end, heap + begin, heap + end};
        return offset < size;
    }
    struct block_call call = {.store = store, .number = offset >> BLOCK_LOG2};
    if (call.number >= store->view.blocks.count ||
        lode_store_guarded(store, run_block, &call, NULL) != LODE_OK)
        return false;
    const uint64_t begin = call.number << BLOCK_LOG2, file = heap + call.block.begin;
    *out = (struct lode_unit){begin, begin + call.block.length, file, file + call.block.stored};
    return true;
}

/* A copy; or zstd, which makes about a byte a nanosecond. */
static uint64_t cost(void *ctx, int64_t which, uint64_t decoded, uint64_t handed)
{
    const struct batch *b = ctx;
    if (which == BLOCKS)
        return decoded + 500;
    return b->packed ? 2 * handed + 800 : handed / 8 + 150;
}

static bool enter(void *ctx, int w)
{
    struct batch *b = ctx;
    if (w > 0 && b->reader->helpers[w - 1] == NULL &&
        lode_store_reader_new(b->reader->store, &b->reader->helpers[w - 1]) != LODE_OK)
        return false;
    b->readers[w] = w > 0 ? b->reader->helpers[w - 1] : b->reader;
    lode_store_reader_use(b->readers[w], b->reader->store);
    return true;
}

static bool resident(void *ctx, int w, int64_t which, uint64_t begin, uint64_t end)
{
    const struct batch *b = ctx;
    uint8_t byte;
    const struct iovec one = {&byte, 1};
    const int fd = b->reader->store->fd;
    (void)w, (void)which;
    return fd < 0 || preadv2(fd, &one, 1, (off_t)(begin + (end - begin) / 2), RWF_NOWAIT) == 1;
}

static void prefetch(void *ctx, int w, int64_t which, uint64_t begin, uint64_t end)
{
    const struct batch *b = ctx;
    (void)w, (void)which;
    if (b->reader->store->fd >= 0)
        (void)posix_fadvise(b->reader->store->fd, (off_t)begin, (off_t)(end - begin),
                            POSIX_FADV_WILLNEED);
}

static void soon(void *ctx, const struct lode_want *want)
{
    const struct batch *b = ctx;
    const uint8_t *heap = b->reader->store->view.heap.rows;
    for (uint64_t at = want->begin, k = 0; want->store == HEAP && at < want->end && k < LINES_SOON;
         at += LINE, k++)
        __builtin_prefetch(heap + at);
}

static void settle(struct batch *b, int w, int64_t i, int64_t got, const struct lode_diag *diag)
{
    struct lode_store_request *q = &b->requests[i];
    q->status = got < 0 ? (int)got : LODE_OK;
    q->written = got < 0 ? 0 : got;
    if (got >= 0)
        return;
    __atomic_fetch_add(&b->failed, 1, __ATOMIC_RELAXED);
    if (b->first[w] < 0 || i < b->first[w]) {
        b->first[w] = i;
        b->diags[w] = *diag;
    }
}

static bool is_sound(const struct lode_store_request *q)
{
    return q->dst_size >= 0 && (q->dst != NULL || q->dst_size == 0);
}

static bool has_room(const struct lode_store_request *q, uint64_t n)
{
    return is_sound(q) && n <= (uint64_t)q->dst_size;
}

static void serve(void *ctx, int w, const struct lode_want *want, uint64_t reach)
{
    struct batch *b = ctx;
    struct lode_diag diag;
    const struct lode_store_request *q = &b->requests[want->tag];
    (void)reach;
    const int64_t got = is_sound(q)
                            ? lode_store_read(b->readers[w], q->number, q->dst, q->dst_size, &diag)
                            : lode_diag_set(&diag, LODE_E_ARG,
                                            "lode_store_get_many: request %lld has no "
                                            "destination of %lld bytes",
                                            (long long)want->tag, (long long)q->dst_size);
    settle(b, w, want->tag, got, &diag);
}

static const struct lode_plan_ops ops = {unit, cost, enter, resident, prefetch, soon, serve};

/* ---- the batch ------------------------------------------------------------------------------- */

struct want_call {
    const lode_store *store;
    uint64_t number;
    struct lode_want want;
};

/* What a request wants; nothing where its row is not sound, which lode_store_get tells. */
static int run_want(void *arg)
{
    struct want_call *call = arg;
    struct lode_record_row row;
    const int status = lode_store_row(call->store, call->number, &row, NULL);
    if (status != LODE_FMT_OK)
        return status;
    if ((row.flags & LODE_RECORD_IN_BLOCK) != 0) {
        call->want.store = BLOCKS;
        call->want.begin = (row.begin << BLOCK_LOG2) + row.stored;
        call->want.end = call->want.begin + row.length;
    } else {
        call->want.store = HEAP;
        call->want.begin = row.begin;
        call->want.end = row.begin + row.stored;
    }
    return LODE_OK;
}

static void plan_requests(struct batch *b, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        struct want_call call = {.store = b->reader->store,
                                 .number = (uint64_t)b->requests[i].number,
                                 .want = {.tag = i}};
        if (lode_store_guarded(call.store, run_want, &call, NULL) == LODE_OK &&
            call.want.begin < call.want.end && call.want.begin >> 62 == 0)
            lode_plan_add(&b->reader->plan, &call.want);
        else
            serve(b, 0, &call.want, 0);
    }
}

/* ---- without a plan -------------------------------------------------------------------------- */

enum { STEP = 8 };

/* Some requests, one behind the other, and their rows. */
struct step {
    const lode_store *store;
    struct lode_store_request *requests;
    int64_t n;
    struct lode_record_row rows[STEP];
    bool raw[STEP];    /* is the row sound, and that of a raw record? */
    bool copied[STEP]; /* the others are left to serve() */
};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void ask_rows(const struct batch *b, int64_t begin, int64_t end)
{
    const struct lode_recstore *view = &b->reader->store->view;
    for (int64_t i = begin; i < end; i++)
        if ((uint64_t)b->requests[i].number < view->head.records)
            __builtin_prefetch(view->records.rows +
                               (uint64_t)b->requests[i].number * LODE_STRIDE_ROFF);
}

static int run_ask(void *arg)
{
    struct step *step = arg;
    const uint8_t *heap = step->store->view.heap.rows;
    for (int64_t i = 0; i < step->n; i++) {
        struct lode_record_row *row = &step->rows[i];
        if (lode_store_row(step->store, (uint64_t)step->requests[i].number, row, NULL) !=
                LODE_FMT_OK ||
            (row->flags & LODE_RECORD_IN_BLOCK) != 0)
            continue;
        step->raw[i] = (row->flags & LODE_RECORD_PACKED) == 0;
        for (uint64_t at = 0; at < row->stored && at < (uint64_t)LINES_SOON * LINE; at += LINE)
            __builtin_prefetch(heap + row->begin + at);
    }
    return LODE_OK;
}

/* Loads the rows of requests [begin, end), and asks for the memory of their records. */
static void prepare(const struct batch *b, int64_t begin, int64_t end, struct step *step)
{
    step->store = b->reader->store;
    step->requests = b->requests + begin;
    step->n = end - begin;
    memset(step->raw, 0, sizeof step->raw);
    memset(step->copied, 0, sizeof step->copied);
    (void)lode_store_guarded(step->store, run_ask, step, NULL);
}

static int run_copies(void *arg)
{
    struct step *step = arg;
    for (int64_t i = 0; i < step->n; i++) {
        struct lode_store_request *q = &step->requests[i];
        const struct lode_record_row *row = &step->rows[i];
        if (!step->raw[i] || !has_room(q, row->stored))
            continue;
        const uint8_t *from = step->store->view.heap.rows + row->begin;
        if (lode_store_prove(step->store, from, row->stored, row->sum, NULL) != LODE_FMT_OK)
            continue;
        if (row->stored > 0)
            memcpy(q->dst, from, row->stored);
        q->status = LODE_OK;
        q->written = (int64_t)row->stored;
        step->copied[i] = true;
    }
    return LODE_OK;
}

/* In the order of the array, rows two steps ahead and bytes one: what sorting costs pays only where
 * there is something to wait for, to decode once, or to share. */
static void serve_in_order(struct batch *b, int64_t n)
{
    struct step steps[2];
    ask_rows(b, 0, least(2 * STEP, n));
    prepare(b, 0, least(STEP, n), &steps[0]);
    for (int64_t begin = 0, k = 0; begin < n; begin += STEP, k ^= 1) {
        const int64_t next = least(begin + STEP, n), after = least(next + STEP, n);
        struct step *step = &steps[k];
        ask_rows(b, after, least(after + STEP, n));
        prepare(b, next, after, &steps[k ^ 1]);
        (void)lode_store_guarded(step->store, run_copies, step, NULL);
        for (int64_t i = 0; i < step->n; i++)
            if (!step->copied[i])
                serve(b, 0, &(struct lode_want){.tag = begin + i}, 0);
    }
}

/* Are the records of some requests in the page cache? One that is not answers for all. */
static bool seem_resident(const struct batch *b, int64_t n)
{
    enum { PROBES = 8 };
    for (int64_t p = 0; p < PROBES && p < n; p++) {
        struct want_call call = {.store = b->reader->store,
                                 .number = (uint64_t)b->requests[n * p / PROBES].number};
        if (lode_store_guarded(call.store, run_want, &call, NULL) != LODE_OK ||
            call.want.begin == call.want.end)
            continue;
        const uint64_t begin = heap_off(call.store) + call.want.begin;
        if (!resident((void *)(uintptr_t)b, 0, HEAP, begin,
                      begin + (call.want.end - call.want.begin)))
            return false;
    }
    return true;
}

static bool hire(struct batch *b, int threads)
{
    lode_store_reader *r = b->reader;
    if (threads > 1 && threads - 1 > r->helper_count) {
        lode_store_reader **more = realloc(r->helpers, (size_t)(threads - 1) * sizeof *r->helpers);
        if (more == NULL)
            return false;
        for (int i = r->helper_count; i < threads - 1; i++)
            more[i] = NULL;
        r->helpers = more;
        r->helper_count = threads - 1;
    }
    b->readers = calloc((size_t)threads, sizeof *b->readers);
    b->diags = calloc((size_t)threads, sizeof *b->diags);
    b->first = malloc((size_t)threads * sizeof *b->first);
    if (b->readers == NULL || b->diags == NULL || b->first == NULL)
        return false;
    for (int w = 0; w < threads; w++)
        b->first[w] = -1;
    b->readers[0] = r;
    return true;
}

static void tell_first(const struct batch *b, int threads, struct lode_diag *diag)
{
    int first = -1;
    for (int w = 0; w < threads; w++)
        if (b->first[w] >= 0 && (first < 0 || b->first[w] < b->first[first]))
            first = w;
    if (first >= 0 && diag != NULL)
        *diag = b->diags[first];
}

int64_t lode_store_get_many(lode_store_reader *reader, struct lode_store_request *requests,
                            int64_t n, int threads, struct lode_diag *diag)
{
    if (reader == NULL || n < 0 || (n > 0 && requests == NULL) || threads < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_get_many: an argument is not allowed");
    return reader->whole->set == NULL ? lode_store_read_many(reader, requests, n, threads, diag)
                                      : lode_storeset_get_many(reader, requests, n, threads, diag);
}

int64_t lode_store_read_many(lode_store_reader *reader, struct lode_store_request *requests,
                             int64_t n, int threads, struct lode_diag *diag)
{
    enum { THREADS_MAX = 256 };
    struct batch b = {.reader = reader, .requests = requests};
    const int most = threads == 0 ? 1 : threads < THREADS_MAX ? threads : THREADS_MAX;
    b.packed = reader->store->view.head.codec != LODE_CODEC_RAW;
    int64_t result = LODE_E_NOMEM;
    const bool plain = most == 1 && reader->store->view.head.codec != LODE_CODEC_BLOCKS;
    const bool hired = hire(&b, most);
    if (hired && plain && seem_resident(&b, n)) {
        serve_in_order(&b, n);
        tell_first(&b, most, diag);
        result = b.failed;
    } else if (hired && lode_plan_start(&reader->plan, n)) {
        plan_requests(&b, n);
        if (lode_plan_make(&reader->plan, &ops, &b, most)) {
            const struct lode_plan_run run = {
                .plan = &reader->plan, .ops = &ops, .ctx = &b, .stores_ahead = 2};
            lode_plan_run(&run);
            tell_first(&b, most, diag);
            result = b.failed;
        }
    }
    lode_plan_release(&reader->plan, PLAN_KEEP);
    free(b.readers);
    free(b.diags);
    free(b.first);
    return result == LODE_E_NOMEM
               ? lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", reader->store->path)
               : result;
}
