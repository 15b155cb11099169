/* Rows open_1m and lookup_1m: a million contigs, opened and looked up by name. */
#include "bench.h"
#include "genome.h"
#include "peer.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

enum { OPENS = 50 };

struct open_ctx {
    char fasta[4096];
    /* the names to look up, in the order they are asked for */
    size_t n;
    char *text;
    const char **names;
    size_t *lens;
    struct lode_contig *contigs;
    int *status;
    lode_index *index;
    faidx_t *fai;
    int64_t bases;
};

static lode_index *open_and_find(const struct open_ctx *ctx)
{
    struct lode_contig contig;
    lode_index *index = bench_open_index(ctx->fasta, BENCH_PLAIN);
    bench_must(lode_find(index, -1, ctx->names[0], ctx->lens[0], &contig, NULL), NULL, "lode_find");
    return index;
}

static faidx_t *load_and_find(const struct open_ctx *ctx)
{
    faidx_t *fai = fai_load(ctx->fasta);
    if (fai == NULL || peer_length(fai, ctx->names[0]) < 0)
        bench_die("fai_load: %s", ctx->fasta);
    return fai;
}

/* Median of several: one is too short to time. */
static double time_open(void *arg)
{
    double times[OPENS];
    for (size_t i = 0; i < OPENS; i++) {
        const double start = measure_now();
        lode_index *index = open_and_find(arg);
        times[i] = measure_now() - start;
        lode_close(index);
    }
    return measure_median(times, OPENS);
}

static double time_load(void *arg)
{
    const double start = measure_now();
    faidx_t *fai = load_and_find(arg);
    const double time = measure_now() - start;
    fai_destroy(fai);
    return time;
}

static void hold_index(void *arg)
{
    open_and_find(arg);
}

static void hold_fai(void *arg)
{
    load_and_find(arg);
}

static double time_find(void *arg)
{
    struct open_ctx *ctx = arg;
    int64_t bases = 0;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->n; i++) {
        struct lode_contig contig;
        if (lode_find(ctx->index, -1, ctx->names[i], ctx->lens[i], &contig, NULL) == LODE_OK)
            bases += contig.length;
    }
    const double time = measure_now() - start;
    if (bases != ctx->bases)
        bench_die("lode_find: wrong lengths");
    return time / (double)ctx->n;
}

static double time_find_many(void *arg)
{
    struct open_ctx *ctx = arg;
    int64_t bases = 0;
    const double start = measure_now();
    const int64_t failed = lode_find_many(ctx->index, NULL, ctx->names, ctx->lens, (int64_t)ctx->n,
                                          ctx->contigs, ctx->status);
    for (size_t i = 0; i < ctx->n; i++)
        bases += ctx->contigs[i].length;
    const double time = measure_now() - start;
    if (failed != 0 || bases != ctx->bases)
        bench_die("lode_find_many: wrong lengths");
    return time / (double)ctx->n;
}

static double time_has(void *arg)
{
    struct open_ctx *ctx = arg;
    int64_t bases = 0;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->n; i++)
        bases += peer_length(ctx->fai, ctx->names[i]);
    const double time = measure_now() - start;
    if (bases != ctx->bases)
        bench_die("faidx_seq_len: wrong lengths");
    return time / (double)ctx->n;
}

/* n names at random places of the index, laid out one behind the other. */
static void pick_names(struct open_ctx *ctx, const lode_index *index, int64_t contigs)
{
    struct genome_rng rng = {11};
    size_t used = 0;
    ctx->text = malloc(ctx->n * 32);
    ctx->names = malloc(ctx->n * sizeof *ctx->names);
    ctx->lens = malloc(ctx->n * sizeof *ctx->lens);
    ctx->contigs = calloc(ctx->n, sizeof *ctx->contigs);
    ctx->status = calloc(ctx->n, sizeof *ctx->status);
    if (!ctx->text || !ctx->names || !ctx->lens || !ctx->contigs || !ctx->status)
        bench_die("out of memory");
    for (size_t i = 0; i < ctx->n; i++) {
        struct lode_contig contig;
        const int64_t id = (int64_t)genome_below(&rng, (uint64_t)contigs);
        bench_must(lode_contig_name(index, id, ctx->text + used, 32, &ctx->lens[i]), NULL, "name");
        bench_must(lode_contig_at(index, id, &contig, NULL), NULL, "contig");
        ctx->names[i] = ctx->text + used;
        ctx->bases += contig.length;
        used += ctx->lens[i] + 1;
    }
}

static void free_ctx(struct open_ctx *ctx)
{
    free(ctx->text);
    free(ctx->names);
    free(ctx->lens);
    free(ctx->contigs);
    free(ctx->status);
}

static void rows_of_open(const struct bench *bench, struct open_ctx *ctx)
{
    struct measure_pair pair;
    const double ours = measure_growth_kib(hold_index, ctx);
    const double peer = measure_growth_kib(hold_fai, ctx);
    measure_single(&pair, bench->scale.rounds, time_open, time_load, ctx);
    report_pair("open_1m", &pair, 1e6, "us", "htslib fai_load", report_htslib());
    report_values("open_1m_memory", ours, peer, "KiB", "htslib fai_load", report_htslib());
}

static void rows_of_lookup(const struct bench *bench, struct open_ctx *ctx)
{
    struct measure_pair pair;
    ctx->index = bench_open_index(ctx->fasta, BENCH_PLAIN);
    ctx->fai = load_and_find(ctx);
    measure_single(&pair, bench->scale.rounds, time_find, time_has, ctx);
    report_pair("lookup_1m", &pair, 1e6, "us", "htslib faidx_seq_len", report_htslib());
    measure_single(&pair, bench->scale.rounds, time_find_many, time_has, ctx);
    report_pair("lookup_1m_batch", &pair, 1e6, "us", "htslib faidx_seq_len", report_htslib());
    fai_destroy(ctx->fai);
    lode_close(ctx->index);
}

void bench_open(const struct bench *bench)
{
    struct open_ctx ctx = {0};
    struct lode_info info = {.struct_size = sizeof info};
    bench_path(bench, "many.fa.gz", ctx.fasta);
    bench_prepare(ctx.fasta, BENCH_PLAIN);
    bench_prepare(ctx.fasta, BENCH_FAI);
    lode_index *index = bench_open_index(ctx.fasta, BENCH_PLAIN);
    bench_must(lode_index_info(index, &info), NULL, "lode_index_info");
    ctx.n = bench->scale.lookups;
    pick_names(&ctx, index, info.contigs);
    lode_close(index);
    report_note("open_1m, lookup_1m: %lld contigs; lookups in random order, both sides give the "
                "length; memory: PSS + page tables after the first lookup.",
                (long long)info.contigs);
    rows_of_open(bench, &ctx);
    rows_of_lookup(bench, &ctx);
    free_ctx(&ctx);
}
