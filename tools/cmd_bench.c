/* Owns `lode bench`: what is measured, for how long, and the table of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "commands.h"
#include "index_path.h"
#include "json.h"
#include "message.h"
#include "threads.h"

enum { SPANS = 3, SECONDS = 3, THREADS_MAX = 256 };

static const int64_t spans[SPANS] = {60, 10000, 196608};

/* [0] is one thread, [1] all of them; count 0 = not measured. */
struct bench {
    const struct tool_options *options;
    const char *path;
    lode_index *index;
    int threads;
    double share; /* seconds of one measurement */
    int64_t private_bytes;
    struct tool_bench_row open, find, find_many;
    struct tool_bench_row random[SPANS][2], sequential[2];
};

/* --------------------------------------------------------------------------------- measure -- */

/* One thread; and all, where that is more. */
static int rows(const struct bench *bench)
{
    return bench->threads > 1 ? 2 : 1;
}

static int measure_span(struct bench *bench, int i, struct lode_diag *diag)
{
    struct tool_bench_plan plan;
    int status = tool_bench_plan(bench->index, spans[i], &plan, diag);
    for (int many = 0; many < rows(bench) && status == LODE_OK; many++) {
        struct tool_bench_row *row = &bench->random[i][many];
        row->threads = many ? bench->threads : 1;
        status = tool_bench_random(bench->index, &plan, bench->share, row, diag);
    }
    tool_bench_plan_free(&plan);
    return status;
}

static int measure_sequential(struct bench *bench, struct lode_diag *diag)
{
    int status = LODE_OK;
    for (int many = 0; many < rows(bench) && status == LODE_OK; many++) {
        struct tool_bench_row *row = &bench->sequential[many];
        row->threads = many ? bench->threads : 1;
        status = tool_bench_sequential(bench->index, bench->share, row, diag);
    }
    return status;
}

static int measure_open(struct bench *bench, struct lode_diag *diag)
{
    struct lode_open_options open = LODE_OPEN_OPTIONS_INIT;
    open.map_mode = LODE_MAP_GUARDED;
    open.source_policy = bench->options->allow_outside ? LODE_SOURCES_ANYWHERE : LODE_SOURCES_OWNER;
    open.source_root = bench->options->root;
    return tool_bench_open(bench->path, &open, bench->share / 4, &bench->open, diag);
}

static int measure(struct bench *bench, struct lode_diag *diag)
{
    int status = measure_open(bench, diag);
    if (status == LODE_OK)
        status = tool_bench_find(bench->index, bench->share, &bench->find, &bench->find_many, diag);
    bench->private_bytes = tool_bench_private(bench->index);
    for (int i = 0; i < SPANS && status == LODE_OK; i++)
        status = measure_span(bench, i, diag);
    return status == LODE_OK ? measure_sequential(bench, diag) : status;
}

/* ------------------------------------------------------------------------------------ text -- */

static void print_read(int64_t span, const struct tool_bench_row *row)
{
    char what[48];
    snprintf(what, sizeof what, "random %" PRId64 " b", span);
    if (row->threads == 0)
        return;
    if (row->count == 0)
        printf("%-16s\t%d\tno contig is that long\n", what, row->threads);
    else
        printf("%-16s\t%d\t%.1f us\t%.1f us\t%.0f reads/s\n", what, row->threads, row->median_us,
               row->p90_us, row->rate);
}

static void print_sequential(const struct tool_bench_row *row)
{
    if (row->count > 0)
        printf("%-16s\t%d\t-\t-\t%.1f MB/s\n", "sequential", row->threads, row->rate / 1e6);
}

static void print_table(const struct bench *bench)
{
    printf("%-16s\tthreads\tmedian\tp90\trate\n", "#what");
    printf("%-16s\t1\t%.1f us\t%.1f us\t-\n", "open", bench->open.median_us, bench->open.p90_us);
    printf("%-16s\t1\t-\t-\t%.0f names/s\n", "find", bench->find.rate);
    printf("%-16s\t1\t-\t-\t%.0f names/s\n", "find in batches", bench->find_many.rate);
    for (int i = 0; i < SPANS; i++) {
        print_read(spans[i], &bench->random[i][0]);
        print_read(spans[i], &bench->random[i][1]);
    }
    print_sequential(&bench->sequential[0]);
    print_sequential(&bench->sequential[1]);
    if (bench->private_bytes >= 0)
        printf("%-16s\t-\t-\t-\t%" PRId64 " KiB\n", "private memory", bench->private_bytes / 1024);
}

/* ------------------------------------------------------------------------------------ JSON -- */

static json_t *read_json(int64_t span, const struct tool_bench_row *row)
{
    return json_pack("{s:I, s:i, s:I, s:f, s:f, s:f}", "bases", (json_int_t)span, "threads",
                     row->threads, "reads", (json_int_t)row->count, "median_us", row->median_us,
                     "p90_us", row->p90_us, "reads_per_s", row->rate);
}

/* Rows that were measured. */
static json_t *reads_json(const struct bench *bench)
{
    json_t *list = json_array();
    for (int i = 0; i < 2 * SPANS; i++) {
        const struct tool_bench_row *row = &bench->random[i / 2][i % 2];
        if (row->count > 0)
            (void)json_array_append_new(list, read_json(spans[i / 2], row));
    }
    return list;
}

static json_t *sequential_json(const struct bench *bench)
{
    json_t *list = json_array();
    for (int i = 0; i < 2; i++) {
        const struct tool_bench_row *row = &bench->sequential[i];
        if (row->count > 0)
            (void)json_array_append_new(list, json_pack("{s:i, s:f}", "threads", row->threads,
                                                        "mb_per_s", row->rate / 1e6));
    }
    return list;
}

static int print_json(const struct bench *bench)
{
    struct lode_info info = {.struct_size = sizeof info};
    char id[17];
    (void)lode_index_info(bench->index, &info);
    snprintf(id, sizeof id, "%016" PRIx64, info.content_id);
    return tool_json_line(json_pack("{s:o, s:s, s:i, s:f, s:f, s:f, s:f, s:I, s:o, s:o}", "index",
                                    tool_json_bytes(bench->path, strlen(bench->path)), "content_id",
                                    id, "threads", bench->threads, "open_us", bench->open.median_us,
                                    "open_p90_us", bench->open.p90_us, "find_per_s",
                                    bench->find.rate, "find_many_per_s", bench->find_many.rate,
                                    "private_bytes", (json_int_t)bench->private_bytes, "reads",
                                    reads_json(bench), "sequential", sequential_json(bench)));
}

/* ----------------------------------------------------------------------------------- whole -- */

int cmd_bench(const struct tool_options *options)
{
    char path[4096];
    struct bench bench = {.options = options, .path = path};
    struct lode_diag diag = {0};
    const int64_t seconds = options->seconds > 0 ? options->seconds : SECONDS;
    const int exit_status = tool_open_bases(options, path, &bench.index);
    if (exit_status != TOOL_OK)
        return exit_status;
    bench.threads = tool_threads(options->threads);
    if (bench.threads > THREADS_MAX)
        bench.threads = THREADS_MAX;
    /* Lookups, and reads of each length and in sequence, each with one thread and with all. */
    bench.share = (double)seconds / (bench.threads > 1 ? 2 * (SPANS + 1) + 1.25 : SPANS + 2.25);
    int status = measure(&bench, &diag);
    if (status != LODE_OK)
        status = tool_report(status, &diag);
    else if (options->json)
        status = print_json(&bench);
    else
        print_table(&bench);
    lode_close(bench.index);
    return status;
}
