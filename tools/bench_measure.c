/* Owns the clock of `lode bench`, opening, lookups and memory. */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "names.h"

enum {
    TIMES_MAX = 1 << 16,
    NAMES = 1024,
    BASES = 10000, /* read before memory is looked at */
};

double tool_bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void tool_bench_summarise(double *seconds, int64_t count, struct tool_bench_row *row)
{
    if (count == 0)
        return;
    qsort(seconds, (size_t)count, sizeof *seconds, by_size);
    row->median_us = 1e6 * seconds[count / 2];
    row->p90_us = 1e6 * seconds[count * 9 / 10];
}

/* ------------------------------------------------------------------------------------ open -- */

int tool_bench_open(const char *path, const struct lode_open_options *options, double seconds,
                    struct tool_bench_row *row, struct lode_diag *diag)
{
    double *times = malloc(TIMES_MAX * sizeof *times);
    int status = times != NULL ? LODE_OK : LODE_E_NOMEM;
    const double begin = tool_bench_now();
    double at = begin;
    *row = (struct tool_bench_row){.threads = 1};
    while (status == LODE_OK && row->count < TIMES_MAX &&
           (row->count == 0 || at < begin + seconds)) {
        lode_index *index = NULL;
        at = tool_bench_now();
        status = lode_open(path, options, &index, diag);
        times[row->count++] = tool_bench_now() - at;
        lode_close(index);
    }
    if (status == LODE_OK) {
        row->rate = (double)row->count / (tool_bench_now() - begin);
        tool_bench_summarise(times, row->count, row);
    }
    free(times);
    return status;
}

/* ----------------------------------------------------------------------------------- names -- */

/* Names spread evenly over the index, with their sources. */
struct names {
    int64_t count, sources[NAMES];
    char *text[NAMES];
    size_t lens[NAMES];
    struct lode_contig found[NAMES];
    int status[NAMES];
};

static int gather_names(const lode_index *index, struct names *names, struct lode_diag *diag)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct tool_name name = {0};
    int status = lode_index_info(index, &info);
    const int64_t count = info.contigs < NAMES ? info.contigs : NAMES;
    for (int64_t i = 0; i < count && status == LODE_OK; i++) {
        struct lode_contig contig;
        /* An odd stride visits them out of order. */
        const int64_t id = (i * 397 % count) * (info.contigs / count);
        status = lode_contig_at(index, id, &contig, diag);
        if (status == LODE_OK)
            status = tool_name_get(&name, lode_contig_name, index, id);
        if (status == LODE_OK && (names->text[i] = malloc(name.len + 1)) == NULL)
            status = LODE_E_NOMEM;
        if (status != LODE_OK)
            break;
        memcpy(names->text[i], name.bytes, name.len);
        names->lens[i] = name.len;
        names->sources[i] = contig.source;
        names->count = i + 1;
    }
    tool_name_free(&name);
    return status;
}

static int find_one_by_one(const lode_index *index, struct names *names, struct lode_diag *diag)
{
    for (int64_t i = 0; i < names->count; i++) {
        const int status = lode_find(index, names->sources[i], names->text[i], names->lens[i],
                                     &names->found[i], diag);
        if (status != LODE_OK)
            return status;
    }
    return LODE_OK;
}

static int find_batch(const lode_index *index, struct names *names, struct lode_diag *diag)
{
    const int64_t failed = lode_find_many(index, names->sources, (const char *const *)names->text,
                                          names->lens, names->count, names->found, names->status);
    return failed == 0 ? LODE_OK : find_one_by_one(index, names, diag);
}

typedef int (*find_fn)(const lode_index *index, struct names *names, struct lode_diag *diag);

/* A round is too short to be timed alone. */
static int time_rounds(const lode_index *index, struct names *names, find_fn find, double seconds,
                       struct tool_bench_row *row, struct lode_diag *diag)
{
    const double begin = tool_bench_now();
    int status = LODE_OK;
    *row = (struct tool_bench_row){.threads = 1};
    while (names->count > 0 && status == LODE_OK &&
           (row->count == 0 || tool_bench_now() < begin + seconds)) {
        status = find(index, names, diag);
        row->count += names->count;
    }
    row->rate = (double)row->count / (tool_bench_now() - begin);
    return status;
}

int tool_bench_find(const lode_index *index, double seconds, struct tool_bench_row *one,
                    struct tool_bench_row *many, struct lode_diag *diag)
{
    struct names *names = calloc(1, sizeof *names);
    int status = names != NULL ? gather_names(index, names, diag) : LODE_E_NOMEM;
    if (status == LODE_OK)
        status = time_rounds(index, names, find_one_by_one, seconds / 2, one, diag);
    if (status == LODE_OK)
        status = time_rounds(index, names, find_batch, seconds / 2, many, diag);
    for (int64_t i = 0; names != NULL && i < NAMES; i++)
        free(names->text[i]);
    free(names);
    return status;
}

/* ---------------------------------------------------------------------------------- memory -- */

/* Clean pages are those of files: the page cache holds them once for all processes, even where this
 * one happens to be the first. */
static int64_t private_bytes(void)
{
    char line[256];
    long long kib, sum = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Private_Dirty: %lld", &kib) == 1)
            sum += kib;
    }
    fclose(file);
    return sum * 1024;
}

int64_t tool_bench_private(const lode_index *index)
{
    struct lode_contig contig;
    lode_reader *reader = NULL;
    int64_t bytes = -1;
    char *bases = malloc(BASES);
    if (bases != NULL && lode_contig_at(index, 0, &contig, NULL) == LODE_OK &&
        lode_reader_new(index, NULL, &reader) == LODE_OK &&
        lode_fetch_at(reader, &contig, 0, BASES, bases, BASES, LODE_BOUNDS_CLIP, 0, NULL) >= 0)
        bytes = private_bytes();
    lode_reader_free(reader);
    free(bases);
    return bytes;
}
