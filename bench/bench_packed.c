/* Rows get*_packed_2bit, get*_packed_memcpy, get60_packed*_load: packed sequence beside .2bit, and
 * beside memory. */
#include "genome.h"
#include "reads.h"
#include "report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if LODE_HAVE_LIB2BIT
#include <2bit.h>
#endif

enum { RESIDENT_MAX = 256 << 20 };

#if LODE_HAVE_LIB2BIT

struct twobit_ctx {
    struct reads reads;
    TwoBit *twobit;
};

static char *twobit_get(struct twobit_ctx *ctx, const struct place *place)
{
    /* the name is not const, nor changed */
    char *bases =
        twobitSequence(ctx->twobit, (char *)(uintptr_t)place->name, (uint32_t)place->begin,
                       (uint32_t)(place->begin + ctx->reads.length));
    if (bases == NULL)
        bench_die("%s: twobitSequence failed", place->name);
    return bases;
}

static double time_twobit(void *arg)
{
    struct twobit_ctx *ctx = arg;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->reads.peer_n; i++)
        free(twobit_get(ctx, &ctx->reads.places[i]));
    return (measure_now() - start) / (double)ctx->reads.peer_n;
}

/* .2bit has no letters but A, C, G, T and N, and lib2bit gives no lower-case n. */
static bool same_base(char ours, char theirs)
{
    return ours == theirs || (theirs == 'N' && strchr("ACGTacgt", ours) == NULL);
}

static void check_twobit(struct twobit_ctx *ctx)
{
    reads_time_ours(&ctx->reads);
    for (size_t i = 0; i < ctx->reads.peer_n; i++) {
        const struct place *place = &ctx->reads.places[i];
        char *theirs = twobit_get(ctx, place);
        reads_ours(&ctx->reads, place);
        for (int64_t k = 0; k < ctx->reads.length; k++)
            if (!same_base(ctx->reads.dst[k], theirs[k]))
                bench_die("%s: %s from %lld: lode and lib2bit differ", ctx->reads.fasta,
                          place->name, (long long)place->begin);
        free(theirs);
    }
}

static void row_twobit(const struct bench *bench, const char *row, const char *name, bool masks,
                       int64_t length)
{
    struct twobit_ctx ctx;
    struct measure_pair pair;
    char fasta[64], file[64], path[4096];
    snprintf(fasta, sizeof fasta, "%s.fa.gz", name);
    snprintf(file, sizeof file, "%s.2bit", name);
    const struct reads_files files = {fasta, LODE_HAVE_PACK, NULL, LODE_HAVE_PACK, !masks};
    if (!LODE_HAVE_PACK)
        report_skip(row, "this lode has no pack; only the bytes are compared");
    reads_open(&ctx.reads, bench, &files, length, LODE_HAVE_PACK ? 0 : 20);
    bench_path(bench, file, path);
    ctx.twobit = twobitOpen(path, masks);
    if (ctx.twobit == NULL)
        bench_die("%s: twobitOpen failed", path);
    check_twobit(&ctx);
    if (LODE_HAVE_PACK) {
        measure_single(&pair, bench->scale.rounds, reads_time_ours, time_twobit, &ctx);
        report_pair(row, &pair, 1e6, "us", masks ? "lib2bit, with masks" : "lib2bit, no masks",
                    LODE_LIB2BIT_VERSION);
    }
    twobitClose(ctx.twobit);
    reads_close(&ctx.reads);
}

#else

static void row_twobit(const struct bench *bench, const char *row, const char *name, bool masks,
                       int64_t length)
{
    (void)bench, (void)name, (void)masks, (void)length;
    report_skip(row, "built without lib2bit (scripts/bench.sh gets it)");
}

#endif

/* ------------------------------------------------------------------------------- memcpy -- */

struct memory_ctx {
    struct reads reads;
    char *text; /* resident, so that the peer reads no file */
    uint64_t bytes;
    struct genome_rng rng;
};

static double time_memcpy(void *arg)
{
    struct memory_ctx *ctx = arg;
    const uint64_t room = ctx->bytes - (uint64_t)ctx->reads.length;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->reads.n; i++) {
        memcpy(ctx->reads.dst, ctx->text + genome_below(&ctx->rng, room),
               (size_t)ctx->reads.length);
        __asm__ volatile("" : : "r"(ctx->reads.dst) : "memory"); /* it is not left out */
    }
    return (measure_now() - start) / (double)ctx->reads.n;
}

static void row_memcpy(const struct bench *bench, const char *row, int64_t length)
{
    struct memory_ctx ctx = {.rng = {3}};
    struct measure_pair pair;
    const struct reads_files files = {"big.fa.gz", true, NULL, true, true};
    if (!LODE_HAVE_PACK) {
        report_skip(row, "this lode has no pack");
        return;
    }
    reads_open(&ctx.reads, bench, &files, length, 0);
    ctx.bytes = RESIDENT_MAX;
    ctx.text = malloc(ctx.bytes);
    if (ctx.text == NULL)
        bench_die("out of memory");
    memset(ctx.text, 'A', ctx.bytes);
    measure_single(&pair, bench->scale.rounds, reads_time_ours, time_memcpy, &ctx);
    report_pair(row, &pair, 1e6, "us", "memcpy of so many bytes", "-");
    free(ctx.text);
    reads_close(&ctx.reads);
}

/* -------------------------------------------------------------------------------- load -- */

/* What the machine asks for one word from a random place of the mapped index, when the next place
 * is known only once it has come: no read can be had for less. */
static double time_load(void *arg)
{
    struct memory_ctx *ctx = arg;
    const uint64_t room = ctx->bytes - sizeof(uint64_t) - 1;
    uint64_t word = 0;
    const double start = measure_now();
    for (size_t i = 0; i < ctx->reads.n; i++)
        memcpy(&word, ctx->text + genome_below(&ctx->rng, room) + (word & 1), sizeof word);
    const double time = measure_now() - start;
    __asm__ volatile("" : : "r"(word));
    return time / (double)ctx->reads.n;
}

static void row_load(const struct bench *bench, const char *row, const char *fasta)
{
    struct memory_ctx ctx = {.rng = {3}};
    struct measure_pair pair;
    struct stat st;
    char path[4200];
    const struct reads_files files = {fasta, true, NULL, true, true};
    if (!LODE_HAVE_PACK) {
        report_skip(row, "this lode has no pack");
        return;
    }
    reads_open(&ctx.reads, bench, &files, 60, 0);
    snprintf(path, sizeof path, "%s.packed.lode", ctx.reads.fasta);
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        bench_die("%s: cannot open", path);
    ctx.bytes = (uint64_t)st.st_size;
    ctx.text = mmap(NULL, ctx.bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (ctx.text == MAP_FAILED)
        bench_die("%s: cannot map", path);
    reads_time_ours(&ctx.reads);
    time_load(&ctx);
    measure_single(&pair, bench->scale.rounds, reads_time_ours, time_load, &ctx);
    report_pair(row, &pair, 1e6, "us", "one load from the map", "-");
    munmap(ctx.text, ctx.bytes);
    close(fd);
    reads_close(&ctx.reads);
}

void bench_packed(const struct bench *bench)
{
    row_twobit(bench, "get196k_packed_2bit", "big", true, 196608);
    row_twobit(bench, "get60_packed_2bit", "big", true, 60);
    row_twobit(bench, "get60_packed_up_2bit", "up", false, 60);
    row_twobit(bench, "get196k_packed_up_2bit", "up", false, 196608);
    row_memcpy(bench, "get196k_packed_memcpy", 196608);
    row_memcpy(bench, "get10k_packed_memcpy", 10000);
    row_load(bench, "get60_packed_load", "big.fa.gz");
    row_load(bench, "get60_packed_up_load", "up.fa.gz");
    report_note("packed: names looked up and sums checked by lode, not by lib2bit (.2bit has no "
                "sums) and not by memcpy, which copies from random places of %d MiB. load: 8 bytes "
                "from a random place "
                "of the mapped index, each place known only when the load before has come.",
                RESIDENT_MAX >> 20);
}
