/* Row index_bgzf_t2: the whole text scanned into an index. */
#include "bench.h"
#include "peer.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct index_ctx {
    char fasta[4096], fai[4096 + 16], gzi[4096 + 16];
    enum bench_side side;
    int threads;
};

static double time_ours(void *arg)
{
    const struct index_ctx *ctx = arg;
    const double start = measure_now();
    bench_build(ctx->fasta, ctx->side, ctx->threads);
    return measure_now() - start;
}

static double time_peer(void *arg)
{
    const struct index_ctx *ctx = arg;
    const double start = measure_now();
    if (fai_build3(ctx->fasta, ctx->fai, ctx->gzi) != 0)
        bench_die("%s: fai_build3 failed", ctx->fasta);
    return measure_now() - start;
}

/* The same contigs in the same order, of the same length. */
static void check_equal(const struct index_ctx *ctx)
{
    char name[256];
    struct lode_info info = {.struct_size = sizeof info};
    lode_index *index = bench_open_index(ctx->fasta, ctx->side);
    faidx_t *fai = fai_load3(ctx->fasta, ctx->fai, ctx->gzi, 0);
    bench_must(lode_index_info(index, &info), NULL, "lode_index_info");
    if (fai == NULL || faidx_nseq(fai) != info.contigs)
        bench_die("%s: lode and htslib count contigs differently", ctx->fasta);
    for (int64_t i = 0; i < info.contigs; i++) {
        struct lode_contig contig;
        size_t len;
        bench_must(lode_contig_at(index, i, &contig, NULL), NULL, "lode_contig_at");
        bench_must(lode_contig_name(index, i, name, sizeof name, &len), NULL, "lode_contig_name");
        const char *theirs = faidx_iseq(fai, (int)i);
        if (strcmp(name, theirs) != 0 || peer_length(fai, theirs) != contig.length)
            bench_die("%s: contig %lld: lode and htslib differ", ctx->fasta, (long long)i);
    }
    fai_destroy(fai);
    lode_close(index);
}

static void one_row(const struct bench *bench, const char *file, enum bench_side side, int threads,
                    const char *row)
{
    static struct index_ctx ctx;
    struct measure_pair pair;
    ctx.side = side;
    ctx.threads = threads;
    bench_path(bench, file, ctx.fasta);
    snprintf(ctx.fai, sizeof ctx.fai, "%s.bench.fai", ctx.fasta);
    snprintf(ctx.gzi, sizeof ctx.gzi, "%s.bench.gzi", ctx.fasta);
    time_ours(&ctx);
    time_peer(&ctx);
    check_equal(&ctx);
    measure_pair(&pair, bench->scale.slow_rounds, time_ours, time_peer, &ctx);
    report_pair(row, &pair, 1, "s", "htslib fai_build3", report_htslib());
    unlink(ctx.fai);
    unlink(ctx.gzi);
}

void bench_index(const struct bench *bench)
{
    one_row(bench, "sm.fa.gz", BENCH_PLAIN, 2, "index_bgzf_t2");
    one_row(bench, "up.fa.gz", BENCH_PLAIN, 2, "index_bgzf_t2_up");
    one_row(bench, "sm.fa.gz", BENCH_PLAIN, 1, "index_bgzf_t1");
    if (LODE_HAVE_PACK)
        one_row(bench, "sm.fa.gz", BENCH_PACKED, 2, "index_bgzf_pack_t2");
    else
        report_skip("index_bgzf_pack_t2", "this lode has no pack");
    report_note("index: written to disk and synced by lode; htslib has one thread and does not "
                "sync; contig names and lengths compared first.");
}
