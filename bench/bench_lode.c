/* bench_lode: lode and its peers in one process, on the same data, in turn. */
#include "bench.h"
#include "report.h"

#include <getopt.h>
#include <htslib/faidx.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct bench_scale scales[] = {
    {"tiny", 1, 2, 1, 500, 50, 5, 2, 10, 20},
    {"quick", 2, 3, 2, 100000, 300, 60, 10, 250, 1000},
    {"full", 2, 5, 2, 500000, 1000, 200, 20, 1000, 10000},
};

static const struct {
    const char *name;
    void (*run)(const struct bench *bench);
} groups[] = {{"open", bench_open},       {"get", bench_get},         {"packed", bench_packed},
              {"batch", bench_batch},     {"index", bench_index},     {"worker", bench_worker},
              {"genomes", bench_genomes}, {"records", bench_records}, {"recmany", bench_recmany},
              {"sets", bench_sets}};

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "bench_lode: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

void bench_must(int64_t status, const struct lode_diag *diag, const char *what)
{
    if (status < 0)
        bench_die("%s: %s: %s", what, lode_status_name((int)status),
                  diag != NULL ? diag->message : "");
}

void bench_path(const struct bench *bench, const char *name, char *out)
{
    snprintf(out, 4096, "%s/%s", bench->dir, name);
}

bool bench_has(const struct bench *bench, const char *name)
{
    char path[4096];
    bench_path(bench, name, path);
    return access(path, R_OK) == 0;
}

static void index_path(const char *fasta, enum bench_side side, char *out, size_t cap)
{
    snprintf(out, cap, "%s%s", fasta, side == BENCH_PACKED ? ".packed.lode" : ".lode");
}

void bench_build(const char *fasta, enum bench_side side, int threads)
{
    struct lode_diag diag = {0};
    char out[4096 + 16];
    index_path(fasta, side, out, sizeof out);
    const struct lode_build_options options = {
        .struct_size = sizeof options,
        .out = out,
        .threads = threads,
        .rescan = 1,
#if LODE_HAVE_PACK
        .pack = side == BENCH_PACKED,
#endif
    };
    bench_must(lode_build(&fasta, 1, &options, NULL, &diag), &diag, fasta);
}

/* Is FASTA.suffix there, and not older than FASTA? */
static bool fresh(const char *fasta, const char *suffix)
{
    char side[4096 + 8];
    struct stat of_fasta, of_side;
    snprintf(side, sizeof side, "%s%s", fasta, suffix);
    if (stat(fasta, &of_fasta) != 0)
        bench_die("%s is missing: make_data.sh writes it", fasta);
    return stat(side, &of_side) == 0 && of_side.st_mtime >= of_fasta.st_mtime;
}

/* Was this one seen before in this run? */
static bool seen(const char *fasta, enum bench_side side)
{
    enum { SEEN_MAX = 64 };
    static struct {
        char fasta[4096];
        enum bench_side side;
    } all[SEEN_MAX];
    static size_t n;
    for (size_t i = 0; i < n; i++)
        if (all[i].side == side && strcmp(all[i].fasta, fasta) == 0)
            return true;
    if (n == SEEN_MAX)
        bench_die("too many side files");
    snprintf(all[n].fasta, sizeof all[n].fasta, "%s", fasta);
    all[n++].side = side;
    return false;
}

void bench_prepare(const char *fasta, enum bench_side side)
{
    if (seen(fasta, side))
        return;
    if (side != BENCH_FAI)
        bench_build(fasta, side, 0);
    else if (!fresh(fasta, ".fai") && fai_build3(fasta, NULL, NULL) != 0)
        bench_die("%s: htslib cannot index it", fasta);
}

lode_index *bench_open_index(const char *fasta, enum bench_side side)
{
    struct lode_diag diag = {0};
    lode_index *index = NULL;
    char path[4096 + 16];
    index_path(fasta, side, path, sizeof path);
    bench_must(lode_open(path, NULL, &index, &diag), &diag, path);
    return index;
}

static void parse_scale(struct bench *bench, const char *name)
{
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        if (strcmp(name, scales[i].name) == 0) {
            bench->scale = scales[i];
            return;
        }
    bench_die("--scale tiny, quick or full, not %s", name);
}

static void run(const struct bench *bench, const char *only)
{
    bool any = false;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (only == NULL || strcmp(only, groups[i].name) == 0) {
            fprintf(stderr, "%s...\n", groups[i].name);
            groups[i].run(bench);
            any = true;
        }
    if (!any)
        bench_die("--only open, get, packed, batch, index, worker, genomes, records, recmany or "
                  "sets, not %s",
                  only);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"scale", required_argument, NULL, 's'}, {"data", required_argument, NULL, 'd'},
        {"only", required_argument, NULL, 'o'},  {"json", required_argument, NULL, 'j'},
        {"cpu-clock", no_argument, NULL, 'c'},   {NULL, 0, NULL, 0},
    };
    static struct bench bench;
    const char *only = NULL, *json = NULL;
    bool cpu_clock = false;
    bench.scale = scales[2];
    for (int key; (key = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (key == 's')
            parse_scale(&bench, optarg);
        else if (key == 'd')
            snprintf(bench.dir, sizeof bench.dir, "%s", optarg);
        else if (key == 'o')
            only = optarg;
        else if (key == 'j')
            json = optarg;
        else if (key == 'c')
            cpu_clock = true;
        else
            return 2;
    }
    if (bench.dir[0] == '\0' || optind != argc)
        bench_die("usage: bench_lode --data DIR [--scale tiny|quick|full] [--only GROUP] "
                  "[--json FILE] [--cpu-clock]");
    setvbuf(stdout, NULL, _IOLBF, 0);
    report_machine();
    if (cpu_clock) {
        measure_by_cpu_clock();
        printf("rows of one thread: time that the thread ran, not what it waited for others\n");
    }
    for (size_t pass = 0; pass < bench.scale.passes; pass++) {
        report_pass(pass, pass + 1 == bench.scale.passes);
        run(&bench, only);
    }
    report_table();
    if (json != NULL)
        report_json(json);
    return 0;
}
