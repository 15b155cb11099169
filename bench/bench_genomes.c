/* Rows genomes_10k: a directory of ten thousand small genomes under one index. */
#include "bench.h"
#include "genome.h"
#include "report.h"
#include "seqindex.h"

#include <errno.h>
#include <fcntl.h>
#include <htslib/faidx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTIGS = 20, BASES = 50000, READ = 60, OPENS = 20, SCRATCH = 1 << 20 };

struct genomes_ctx {
    char dir[4096], index[4096 + 16], base[4096 + 16], extra[4096 + 32], spare[4096 + 16];
    int64_t genomes;
    int threads;
    struct genome_rng rng;
    double copy, prints, alone; /* parts of the sum, last round */
};

static void genome_path(const struct genomes_ctx *ctx, int64_t i, char *out, size_t cap)
{
    snprintf(out, cap, "%s/g%02lld/genome%05lld.fna.gz", ctx->dir, (long long)(i % 100),
             (long long)i);
}

static void write_genome(const char *path, uint64_t seed)
{
    const struct genome_options genome = {.bases = BASES,
                                          .contigs = CONTIGS,
                                          .line_width = 80,
                                          .seed = seed,
                                          .soft_mask = true,
                                          .prefix = "contig"};
    const struct lode_compress_options how = {.struct_size = sizeof how, .level = -1, .threads = 1};
    struct lode_diag diag = {0};
    FILE *text = fdopen(memfd_create("genome", 0), "w+");
    const int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (text == NULL || out < 0 || genome_write(text, &genome) != 0 ||
        fseek(text, 0, SEEK_SET) != 0)
        bench_die("%s: %s", path, strerror(errno));
    bench_must(lode_compress_fd(fileno(text), "genome", out, &how, &diag), &diag, path);
    fclose(text);
    close(out);
}

/* Writes what is not there yet. The last genome is the one that is added later. */
static void make_genomes(struct genomes_ctx *ctx)
{
    char path[4096 + 64];
    mkdir(ctx->dir, 0777);
    for (int64_t i = 0; i <= ctx->genomes; i++) {
        if (i < 100) {
            snprintf(path, sizeof path, "%s/g%02lld", ctx->dir, (long long)i);
            mkdir(path, 0777);
        }
        genome_path(ctx, i, path, sizeof path);
        if (i == ctx->genomes)
            snprintf(path, sizeof path, "%s", ctx->spare);
        if (access(path, R_OK) != 0)
            write_genome(path, 1000 + (uint64_t)i);
    }
}

static struct lode_build_result build(struct genomes_ctx *ctx, const char *input, const char *out)
{
    struct lode_diag diag = {0};
    struct lode_build_result result = {.struct_size = sizeof result};
    const struct lode_build_options options = {
        .struct_size = sizeof options, .out = out, .threads = ctx->threads};
    bench_must(lode_build(&input, 1, &options, &result, &diag), &diag, input);
    return result;
}

static double time_open(void *arg)
{
    struct genomes_ctx *ctx = arg;
    double times[OPENS];
    for (size_t i = 0; i < OPENS; i++) {
        char name[64], bases[READ];
        lode_index *index;
        lode_reader *reader;
        struct lode_contig contig;
        int64_t source;
        struct lode_diag diag = {0};
        const long long pick = (long long)genome_below(&ctx->rng, (uint64_t)ctx->genomes);
        const int len = snprintf(name, sizeof name, "g%02lld/genome%05lld", pick % 100, pick);
        const double start = measure_now();
        bench_must(lode_open(ctx->index, NULL, &index, &diag), &diag, "lode_open");
        bench_must(lode_find_source(index, name, (size_t)len, &source), NULL, name);
        bench_must(lode_find(index, source, "contig7", 7, &contig, &diag), &diag, "contig7");
        bench_must(lode_reader_new(index, NULL, &reader), NULL, "lode_reader_new");
        bench_must(lode_fetch_at(reader, &contig, 100, 100 + READ, bases, READ, LODE_BOUNDS_ERROR,
                                 0, &diag),
                   &diag, name);
        times[i] = measure_now() - start;
        lode_reader_free(reader);
        lode_close(index);
    }
    return measure_median(times, OPENS);
}

/* The peer gets the one genome's own index: it has none over a collection. */
static double time_load(void *arg)
{
    struct genomes_ctx *ctx = arg;
    double times[OPENS];
    for (size_t i = 0; i < OPENS; i++) {
        char path[4096 + 64], fai_path[4096 + 80];
        hts_pos_t got;
        genome_path(ctx, (int64_t)genome_below(&ctx->rng, (uint64_t)ctx->genomes), path,
                    sizeof path);
        snprintf(fai_path, sizeof fai_path, "%s.fai", path);
        if (access(fai_path, R_OK) != 0 && fai_build3(path, NULL, NULL) != 0)
            bench_die("%s: fai_build3 failed", path);
        const double start = measure_now();
        faidx_t *fai = fai_load(path);
        char *bases = fai == NULL ? NULL : faidx_fetch_seq64(fai, "contig7", 100, 159, &got);
        times[i] = measure_now() - start;
        if (bases == NULL)
            bench_die("%s: htslib cannot read it", path);
        free(bases);
        fai_destroy(fai);
    }
    return measure_median(times, OPENS);
}

static void copy_file(const char *from, const char *to)
{
    static char buf[SCRATCH];
    const int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ssize_t n = 0;
    while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof buf)) > 0)
        if (write(out, buf, (size_t)n) != n)
            n = -1;
    if (in < 0 || out < 0 || n < 0 || fsync(out) != 0)
        bench_die("%s: cannot copy to %s: %s", from, to, strerror(errno));
    close(in);
    close(out);
}

/* SPEC 5.1: the hash of the size and of both ends. */
static uint64_t read_fingerprint(const char *path)
{
    enum { END = 4096 };
    static char ends[2 * END];
    struct stat st;
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        bench_die("%s: %s", path, strerror(errno));
    const size_t n = st.st_size < END ? (size_t)st.st_size : END;
    if (pread(fd, ends, n, 0) != (ssize_t)n ||
        pread(fd, ends + n, n, st.st_size - (off_t)n) != (ssize_t)n)
        bench_die("%s: %s", path, strerror(errno));
    close(fd);
    return lode_fingerprint((uint64_t)st.st_size, ends, n, ends + n, n);
}

/* What adding a genome cannot do without: a copy of the old index, synced, in the place of the old
 * one; a stat and a fingerprint of each source; the new file indexed. One thing after the other. */
static double time_sum(void *arg)
{
    struct genomes_ctx *ctx = arg;
    char path[4096 + 64], copy[4096 + 32];
    uint64_t prints = 0;
    snprintf(copy, sizeof copy, "%s.copy", ctx->index);
    copy_file(ctx->base, ctx->index);
    double start = measure_now();
    copy_file(ctx->index, copy);
    if (rename(copy, ctx->index) != 0)
        bench_die("%s: %s", copy, strerror(errno));
    ctx->copy = measure_now() - start;
    start = measure_now();
    for (int64_t i = 0; i < ctx->genomes; i++) {
        genome_path(ctx, i, path, sizeof path);
        prints ^= read_fingerprint(path);
    }
    ctx->prints = measure_now() - start;
    if (prints == 0) /* keeps the compiler from leaving them out */
        bench_die("fingerprints cancel out");
    start = measure_now();
    build(ctx, ctx->spare, copy);
    ctx->alone = measure_now() - start;
    unlink(copy);
    return ctx->copy + ctx->prints + ctx->alone;
}

static double time_add(void *arg)
{
    struct genomes_ctx *ctx = arg;
    /* as it was before: rows of a copy would not be taken over */
    build(ctx, ctx->dir, ctx->index);
    copy_file(ctx->spare, ctx->extra);
    const double start = measure_now();
    const struct lode_build_result result = build(ctx, ctx->dir, ctx->index);
    const double time = measure_now() - start;
    unlink(ctx->extra);
    if (result.reused != ctx->genomes || result.sources != ctx->genomes + 1)
        bench_die("adding a genome re-used %lld of %lld sources", (long long)result.reused,
                  (long long)ctx->genomes);
    return time;
}

static void prepare(const struct bench *bench, struct genomes_ctx *ctx)
{
    char name[64];
    snprintf(name, sizeof name, "genomes%lld", (long long)bench->scale.genomes);
    bench_path(bench, name, ctx->dir);
    snprintf(ctx->index, sizeof ctx->index, "%s/index.lode", ctx->dir);
    snprintf(ctx->base, sizeof ctx->base, "%s.base.lode", ctx->dir);
    snprintf(ctx->spare, sizeof ctx->spare, "%s.new.fna.gz", ctx->dir);
    snprintf(ctx->extra, sizeof ctx->extra, "%s/g00/newgenome.fna.gz", ctx->dir);
    ctx->genomes = bench->scale.genomes;
    ctx->rng.state = 5;
    make_genomes(ctx);
    unlink(ctx->extra);
    build(ctx, ctx->dir, ctx->index);
    copy_file(ctx->index, ctx->base);
}

void bench_genomes(const struct bench *bench)
{
    static struct genomes_ctx ctx;
    struct measure_pair pair;
    prepare(bench, &ctx);
    measure_single(&pair, bench->scale.rounds, time_open, time_load, &ctx);
    report_pair("genomes_10k", &pair, 1e3, "ms", "htslib, that genome's .fai", report_htslib());
    /* as 'lode index' runs, on all processors; then on one */
    for (ctx.threads = 0; ctx.threads <= 1; ctx.threads++) {
        const char *row = ctx.threads == 0 ? "genomes_10k_add" : "genomes_10k_add_t1";
        measure_pair(&pair, bench->scale.rounds, time_add, time_sum, &ctx);
        report_pair(row, &pair, 1e3, "ms", "copy + fingerprints + new file", "-");
        report_note("%s: parts of the last sum, each on one thread: copy %.1f ms, fingerprints "
                    "%.1f ms, new file %.1f ms.",
                    row, ctx.copy * 1e3, ctx.prints * 1e3, ctx.alone * 1e3);
    }
    report_note("genomes_10k: %lld BGZF files of %d x %d bases; open the index, find source and "
                "contig, read %d bases.",
                (long long)ctx.genomes, CONTIGS, BASES / CONTIGS, READ);
}
