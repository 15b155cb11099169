/* Rows get60, get10k, get196k: single reads at random places, one thread. */
#include "bench.h"
#include "genome.h"
#include "report.h"

#include <htslib/faidx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One place to read. */
struct place {
    char name[64];
    size_t len;
    int64_t begin;
};

struct get_ctx {
    char fasta[4096];
    lode_index *index;
    lode_reader *reader;
    faidx_t *fai;
    int64_t contigs, length; /* bases a read */
    size_t n;
    struct place *places;
    char *dst;
};

static void get_ours(struct get_ctx *ctx, const struct place *place)
{
    struct lode_diag diag;
    struct lode_contig contig;
    bench_must(lode_find(ctx->index, -1, place->name, place->len, &contig, &diag), &diag,
               place->name);
    const int64_t n = lode_fetch_at(ctx->reader, &contig, place->begin, place->begin + ctx->length,
                                    ctx->dst, ctx->length, LODE_BOUNDS_ERROR, 0, &diag);
    bench_must(n, &diag, place->name);
}

static char *get_peer(struct get_ctx *ctx, const struct place *place)
{
    hts_pos_t got = 0;
    char *bases = faidx_fetch_seq64(ctx->fai, place->name, place->begin,
                                    place->begin + ctx->length - 1, &got);
    if (bases == NULL || got != ctx->length)
        bench_die("%s: faidx_fetch_seq64 failed", ctx->fasta);
    return bases;
}

static double time_ours(void *arg)
{
    struct get_ctx *ctx = arg;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->n; i++)
        get_ours(ctx, &ctx->places[i]);
    return (measure_now() - start) / (double)ctx->n;
}

static double time_peer(void *arg)
{
    struct get_ctx *ctx = arg;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->n; i++)
        free(get_peer(ctx, &ctx->places[i]));
    return (measure_now() - start) / (double)ctx->n;
}

static void check_equal(struct get_ctx *ctx)
{
    for (size_t i = 0; i < ctx->n; i++) {
        char *theirs = get_peer(ctx, &ctx->places[i]);
        get_ours(ctx, &ctx->places[i]);
        if (memcmp(ctx->dst, theirs, (size_t)ctx->length) != 0)
            bench_die("%s: %s from %lld: lode and htslib differ", ctx->fasta, ctx->places[i].name,
                      (long long)ctx->places[i].begin);
        free(theirs);
    }
}

/* A contig by its share of the bases, and a place in it where the read fits. */
static void pick_place(struct get_ctx *ctx, struct genome_rng *rng, int64_t bases,
                       struct place *place)
{
    struct lode_contig contig = {0};
    do {
        int64_t at = (int64_t)genome_below(rng, (uint64_t)bases);
        for (int64_t id = 0; id < ctx->contigs; id++) {
            bench_must(lode_contig_at(ctx->index, id, &contig, NULL), NULL, "lode_contig_at");
            if (at < contig.length)
                break;
            at -= contig.length;
        }
    } while (contig.length < ctx->length);
    bench_must(
        lode_contig_name(ctx->index, contig.id, place->name, sizeof place->name, &place->len), NULL,
        "lode_contig_name");
    place->begin = (int64_t)genome_below(rng, (uint64_t)(contig.length - ctx->length + 1));
}

static void pick_places(struct get_ctx *ctx)
{
    struct genome_rng rng = {(uint64_t)ctx->length};
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_source_info source = {.struct_size = sizeof source};
    bench_must(lode_index_info(ctx->index, &info), NULL, "lode_index_info");
    bench_must(lode_source_info(ctx->index, 0, &source, NULL), NULL, "lode_source_info");
    ctx->contigs = info.contigs;
    ctx->places = calloc(ctx->n, sizeof *ctx->places);
    ctx->dst = malloc((size_t)ctx->length);
    if (ctx->places == NULL || ctx->dst == NULL)
        bench_die("out of memory");
    for (size_t i = 0; i < ctx->n; i++)
        pick_place(ctx, &rng, source.bases, &ctx->places[i]);
}

static void one_row(const struct bench *bench, const char *file, const char *row, int64_t length)
{
    static struct get_ctx ctx;
    struct measure_pair pair;
    ctx.length = length;
    ctx.n = length > 10000 ? bench->scale.long_reads : bench->scale.reads;
    bench_path(bench, file, ctx.fasta);
    bench_prepare(ctx.fasta);
    ctx.index = bench_open_index(ctx.fasta);
    ctx.fai = fai_load(ctx.fasta);
    if (ctx.fai == NULL)
        bench_die("%s: fai_load failed", ctx.fasta);
    bench_must(lode_reader_new(ctx.index, NULL, &ctx.reader), NULL, "lode_reader_new");
    pick_places(&ctx);
    check_equal(&ctx);
    measure_pair(&pair, bench->scale.rounds, time_ours, time_peer, &ctx);
    report_pair(row, &pair, 1e6, "us", "htslib faidx_fetch_seq64", report_htslib());
    lode_reader_free(ctx.reader);
    lode_close(ctx.index);
    fai_destroy(ctx.fai);
    free(ctx.places);
    free(ctx.dst);
}

void bench_get(const struct bench *bench)
{
    static const struct {
        const char *name;
        int64_t length;
    } sizes[] = {{"get60", 60}, {"get10k", 10000}, {"get196k", 196608}};
    for (size_t i = 0; i < 3; i++) {
        char row[64];
        snprintf(row, sizeof row, "%s_bgzf_up", sizes[i].name);
        one_row(bench, "up.fa.gz", row, sizes[i].length);
        snprintf(row, sizeof row, "%s_bgzf_sm", sizes[i].name);
        one_row(bench, "sm.fa.gz", row, sizes[i].length);
    }
    one_row(bench, "up.fa", "get60_plain", 60);
    report_note("get: %zu random places (196k: %zu), name lookup included on both sides, bytes "
                "compared first; lode proves what it returns, htslib checks each block's CRC.",
                bench->scale.reads, bench->scale.long_reads);
}
