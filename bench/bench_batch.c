/* Rows batch196k, scan and onehot: many reads in one call. */
#include "reads.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 1 << 20, WINDOWS = 32, CHANNELS = 4 };

struct batch_ctx {
    struct reads reads;
    int threads;
    struct lode_request *requests;
    const struct lode_encoding *encoding;
    int64_t stride; /* bytes of dst for a request */
    char *dst;
    char *one; /* the peer's encoded read */
};

static void run_batch(struct batch_ctx *ctx, struct lode_request *requests, size_t n)
{
    struct lode_diag diag;
    const struct lode_batch how = {
        .struct_size = sizeof how, .threads = ctx->threads, .encoding = ctx->encoding};
    const int64_t failed = lode_fetch_many(ctx->reads.reader, requests, (int64_t)n, &how, &diag);
    if (failed != 0)
        bench_die("lode_fetch_many: %lld failed: %s", (long long)failed, diag.message);
}

static double time_batch(void *arg)
{
    struct batch_ctx *ctx = arg;
    const double start = measure_now();
    run_batch(ctx, ctx->requests, ctx->reads.n);
    return measure_now() - start;
}

static double time_loop(void *arg)
{
    struct batch_ctx *ctx = arg;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->reads.n; i++)
        free(reads_peer(&ctx->reads, &ctx->reads.places[i]));
    return measure_now() - start;
}

static void prepare(struct batch_ctx *ctx, const struct bench *bench,
                    const struct reads_files *files, int64_t length, size_t n, int64_t width)
{
    reads_open(&ctx->reads, bench, files, length, 1);
    free(ctx->reads.places);
    ctx->reads.n = n;
    ctx->reads.places = places_apart(ctx->reads.index, &ctx->reads.n, length);
    ctx->stride = length * width;
    ctx->requests = calloc(ctx->reads.n, sizeof *ctx->requests);
    ctx->dst = malloc(ctx->reads.n * (size_t)ctx->stride);
    ctx->one = malloc((size_t)ctx->stride);
    if (ctx->requests == NULL || ctx->dst == NULL || ctx->one == NULL)
        bench_die("out of memory");
    memset(ctx->dst, 0, ctx->reads.n * (size_t)ctx->stride);
    for (size_t i = 0; i < ctx->reads.n; i++) {
        const struct place *place = &ctx->reads.places[i];
        ctx->requests[i] = (struct lode_request){.contig = place->contig,
                                                 .begin = place->begin,
                                                 .end = place->begin + length,
                                                 .dst = ctx->dst + (int64_t)i * ctx->stride,
                                                 .dst_size = ctx->stride};
    }
}

static void finish(struct batch_ctx *ctx)
{
    free(ctx->requests);
    free(ctx->dst);
    free(ctx->one);
    reads_close(&ctx->reads);
}

static void row_batch(const struct bench *bench, const char *row, const char *file, bool packed,
                      int threads)
{
    struct batch_ctx ctx = {.threads = threads};
    struct measure_pair pair;
    const struct reads_files files = {file, packed, file, false, false};
    if (packed && !LODE_HAVE_PACK) {
        report_skip(row, "this lode has no pack");
        return;
    }
    prepare(&ctx, bench, &files, 196608, bench->scale.batch, 1);
    run_batch(&ctx, ctx.requests, ctx.reads.n);
    for (size_t i = 0; i < ctx.reads.n; i++) {
        char *theirs = reads_peer(&ctx.reads, &ctx.reads.places[i]);
        reads_same(&ctx.reads, &ctx.reads.places[i], ctx.requests[i].dst, theirs);
        free(theirs);
    }
    measure_pair(&pair, bench->scale.rounds, time_batch, time_loop, &ctx);
    report_pair(row, &pair, 1e3, "ms", "faidx_fetch_seq64, a loop", report_htslib());
    report_note("%s: %zu reads of 196,608 b that share no block, in random order.", row,
                ctx.reads.n);
    finish(&ctx);
}

/* ---------------------------------------------------------------------------------- scan -- */

/* The next up to WINDOWS windows from `from` on, into ctx->requests; how many. */
static size_t next_windows(struct batch_ctx *ctx, size_t from)
{
    size_t n = 0;
    for (; n < WINDOWS && from + n < ctx->reads.n; n++) {
        struct lode_contig contig;
        const struct place *place = &ctx->reads.places[from + n];
        bench_must(lode_contig_at(ctx->reads.index, place->contig, &contig, NULL), NULL, "contig");
        const int64_t left = contig.length - place->begin;
        ctx->requests[n] =
            (struct lode_request){.contig = place->contig,
                                  .begin = place->begin,
                                  .end = place->begin + (left < WINDOW ? left : WINDOW),
                                  .dst = ctx->dst + n * WINDOW,
                                  .dst_size = WINDOW};
    }
    return n;
}

static double time_scan(void *arg)
{
    struct batch_ctx *ctx = arg;
    const double start = measure_now();
    for (size_t i = 0, n; (n = next_windows(ctx, i)) > 0; i += n)
        run_batch(ctx, ctx->requests, n);
    return measure_now() - start;
}

static char *fetch_window(struct batch_ctx *ctx, const struct place *place, hts_pos_t *got)
{
    char *bases = faidx_fetch_seq64(ctx->reads.fai, place->name, place->begin,
                                    place->begin + WINDOW - 1, got);
    if (bases == NULL)
        bench_die("%s: faidx_fetch_seq64 failed", place->name);
    return bases;
}

static double time_fetch_all(void *arg)
{
    struct batch_ctx *ctx = arg;
    hts_pos_t got;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->reads.n; i++)
        free(fetch_window(ctx, &ctx->reads.places[i], &got));
    return measure_now() - start;
}

static void check_scan(struct batch_ctx *ctx)
{
    for (size_t i = 0, n; (n = next_windows(ctx, i)) > 0; i += n) {
        run_batch(ctx, ctx->requests, n);
        for (size_t k = 0; k < n; k++) {
            hts_pos_t got;
            char *theirs = fetch_window(ctx, &ctx->reads.places[i + k], &got);
            if (got != ctx->requests[k].written ||
                memcmp(theirs, ctx->requests[k].dst, (size_t)got) != 0)
                bench_die("%s: lode and htslib differ", ctx->reads.places[i + k].name);
            free(theirs);
        }
    }
}

static void row_scan(const struct bench *bench, const char *row, const char *file, int threads)
{
    struct batch_ctx ctx = {.threads = threads};
    struct measure_pair pair;
    const struct reads_files files = {file, false, file, false, false};
    reads_open(&ctx.reads, bench, &files, 60, 1);
    free(ctx.reads.places);
    ctx.reads.places = places_all(ctx.reads.index, &ctx.reads.n, WINDOW);
    ctx.requests = calloc(WINDOWS, sizeof *ctx.requests);
    ctx.dst = malloc((size_t)WINDOWS * WINDOW);
    if (ctx.requests == NULL || ctx.dst == NULL)
        bench_die("out of memory");
    check_scan(&ctx);
    measure_pair(&pair, bench->scale.slow_rounds, time_scan, time_fetch_all, &ctx);
    report_pair(row, &pair, 1, "s", "faidx_fetch_seq64, a loop", report_htslib());
    finish(&ctx);
}

/* -------------------------------------------------------------------------------- onehot -- */

static const uint8_t *onehot_table(void)
{
    static uint8_t table[256][CHANNELS];
    for (unsigned i = 0; i < CHANNELS; i++)
        table[(unsigned)"ACGT"[i]][i] = table[(unsigned)"acgt"[i]][i] = 1;
    return &table[0][0];
}

/* What one writes who has the bases: a table of four bytes a letter. */
static void encode_peer(struct batch_ctx *ctx, const struct place *place)
{
    const uint8_t *table = ctx->encoding->table;
    char *bases = reads_peer(&ctx->reads, place);
    for (int64_t i = 0; i < ctx->reads.length; i++)
        memcpy(ctx->one + CHANNELS * i, table + CHANNELS * (uint8_t)bases[i], CHANNELS);
    free(bases);
}

static double time_encode(void *arg)
{
    struct batch_ctx *ctx = arg;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->reads.n; i++)
        encode_peer(ctx, &ctx->reads.places[i]);
    return (measure_now() - start) / (double)ctx->reads.n;
}

static double time_onehot(void *arg)
{
    const struct batch_ctx *ctx = arg;
    return time_batch(arg) / (double)ctx->reads.n;
}

static bool onehot_offered(struct batch_ctx *ctx)
{
    const struct lode_batch how = {.struct_size = sizeof how, .encoding = ctx->encoding};
    return lode_fetch_many(ctx->reads.reader, ctx->requests, 1, &how, NULL) != LODE_E_UNSUPPORTED;
}

static void row_onehot(const struct bench *bench, const char *row, const char *file, bool packed)
{
    struct measure_pair pair;
    const struct lode_encoding encoding = {.struct_size = sizeof encoding,
                                           .kind = LODE_ENCODE_ONEHOT,
                                           .dtype = LODE_U8,
                                           .table = onehot_table(),
                                           .channels = CHANNELS};
    struct batch_ctx ctx = {.threads = 1, .encoding = &encoding};
    const struct reads_files files = {file, packed, file, false, false};
    if (packed && !LODE_HAVE_PACK) {
        report_skip(row, "this lode has no pack");
        return;
    }
    prepare(&ctx, bench, &files, 196608, bench->scale.long_reads / 4, CHANNELS);
    if (!onehot_offered(&ctx)) {
        report_skip(row, "this lode encodes no one-hot");
        finish(&ctx);
        return;
    }
    run_batch(&ctx, ctx.requests, ctx.reads.n);
    for (size_t i = 0; i < ctx.reads.n; i++) {
        encode_peer(&ctx, &ctx.reads.places[i]);
        if (memcmp(ctx.one, ctx.requests[i].dst, (size_t)ctx.stride) != 0)
            bench_die("%s: %s: one-hot codes differ", row, ctx.reads.places[i].name);
    }
    measure_single(&pair, bench->scale.rounds, time_onehot, time_encode, &ctx);
    report_pair(row, &pair, 1e6, "us", "faidx_fetch_seq64 + table", report_htslib());
    finish(&ctx);
}

void bench_batch(const struct bench *bench)
{
    row_batch(bench, "batch196k_bgzf_t2_up", "up.fa.gz", false, 2);
    row_batch(bench, "batch196k_bgzf_t2_sm", "sm.fa.gz", false, 2);
    row_batch(bench, "batch196k_packed_t2_sm", "big.fa.gz", true, 2);
    row_scan(bench, "scan_bgzf_t2", "sm.fa.gz", 2);
    row_onehot(bench, "onehot196k_bgzf_sm", "sm.fa.gz", false);
    row_onehot(bench, "onehot196k_packed_sm", "big.fa.gz", true);
    report_note("scan: all sequence once, front to back, in windows of %d bases; lode: %d in one "
                "call into one buffer, 2 threads; htslib: the same windows one by one, which is "
                "all its API offers. onehot: 196,608 x 4 bytes, one thread.",
                WINDOW, WINDOWS);
}
