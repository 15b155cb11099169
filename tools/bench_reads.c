/* Owns the reads of `lode bench`, random and in sequence, each thread with a reader of its own. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "bench.h"

enum {
    TIMES_MAX = 1 << 16, /* latencies kept of a thread; later reads count towards the rate only */
    STEP = 1 << 20,      /* bases read at once in sequence */
};

/* A thread and its reader. */
struct worker {
    const lode_index *index;
    const struct tool_bench_plan *plan; /* NULL: in sequence */
    double seconds;
    int number, threads;
    lode_reader *reader;
    char *bases;
    double *times;
    int64_t timed, reads, got; /* got: bases */
    double began, ended;
    int status;
    struct lode_diag diag;
    pthread_t thread;
};

static bool read_one(struct worker *w, const struct lode_contig *contig, int64_t begin, int64_t end,
                     double *at)
{
    const int64_t n = lode_fetch_at(w->reader, contig, begin, end, w->bases, end - begin,
                                    LODE_BOUNDS_ERROR, 0, &w->diag);
    const double then = tool_bench_now();
    if (n < 0) {
        w->status = (int)n;
        return false;
    }
    if (w->timed < TIMES_MAX)
        w->times[w->timed++] = then - *at;
    w->reads++;
    w->got += n;
    *at = then;
    return true;
}

/* Each thread begins elsewhere in the plan. */
static void read_random(struct worker *w)
{
    w->began = tool_bench_now();
    int64_t next = w->plan->count / w->threads * w->number;
    double at = w->began;
    while (w->reads == 0 || at < w->began + w->seconds) {
        const struct tool_bench_read *read = &w->plan->reads[next];
        if (!read_one(w, &read->contig, read->begin, read->begin + w->plan->span, &at))
            return;
        next = next + 1 < w->plan->count ? next + 1 : 0;
    }
}

/* Where thread `number` begins: its share of all bases lies before. */
static int find_start(const struct worker *w, int64_t contigs, struct tool_bench_read *start,
                      struct lode_diag *diag)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    int64_t before = 0, bases = 0, source = 0;
    struct lode_info all = {.struct_size = sizeof all};
    int status = lode_index_info(w->index, &all);
    for (; status == LODE_OK && source < all.sources; source++) {
        status = lode_source_info(w->index, source, &info, diag);
        bases += info.bases;
    }
    const int64_t want = bases / w->threads * w->number;
    for (int64_t i = 0; status == LODE_OK && i < contigs; i++) {
        status = lode_contig_at(w->index, i, &start->contig, diag);
        start->begin = want - before;
        if (start->contig.length > start->begin)
            return status;
        before += start->contig.length;
    }
    start->begin = -1; /* there are no bases */
    return status;
}

/* On to the next bases, and from the last ones to the first. */
static int advance(const struct worker *w, int64_t contigs, struct tool_bench_read *at, int64_t end,
                   struct lode_diag *diag)
{
    at->begin = end;
    while (at->begin == at->contig.length) {
        const int64_t next = at->contig.id + 1 < contigs ? at->contig.id + 1 : 0;
        const int status = lode_contig_at(w->index, next, &at->contig, diag);
        if (status != LODE_OK)
            return status;
        at->begin = 0;
    }
    return LODE_OK;
}

static void read_sequence(struct worker *w)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct tool_bench_read next;
    w->status = lode_index_info(w->index, &info);
    if (w->status == LODE_OK)
        w->status = find_start(w, info.contigs, &next, &w->diag);
    w->began = tool_bench_now();
    double at = w->began;
    while (w->status == LODE_OK && next.begin >= 0 &&
           (w->reads == 0 || at < w->began + w->seconds)) {
        const int64_t left = next.contig.length - next.begin;
        const int64_t end = next.begin + (left < STEP ? left : STEP);
        if (!read_one(w, &next.contig, next.begin, end, &at))
            return;
        w->status = advance(w, info.contigs, &next, end, &w->diag);
    }
}

static bool prepare(struct worker *w)
{
    const size_t room = w->plan != NULL ? (size_t)w->plan->span : STEP;
    w->bases = malloc(room);
    w->times = malloc(TIMES_MAX * sizeof *w->times);
    w->status = w->bases != NULL && w->times != NULL ? lode_reader_new(w->index, NULL, &w->reader)
                                                     : LODE_E_NOMEM;
    return w->status == LODE_OK;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    const bool ready = prepare(w);
    if (ready && w->plan != NULL)
        read_random(w);
    else if (ready)
        read_sequence(w);
    w->ended = tool_bench_now();
    return NULL;
}

/* A thread that cannot be had is a failure: the row would say something else. */
static void run_all(struct worker *workers, int threads)
{
    int started = 1;
    while (started < threads &&
           pthread_create(&workers[started].thread, NULL, run, &workers[started]) == 0)
        started++;
    if (started < threads)
        workers[started].status = LODE_E_NOMEM;
    run(&workers[0]);
    for (int i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
}

/* Latencies of all threads together, rates added up. */
static int sum_up(const struct worker *workers, struct tool_bench_row *row, struct lode_diag *diag)
{
    int64_t timed = 0;
    double *times = malloc((size_t)row->threads * TIMES_MAX * sizeof *times);
    int status = times != NULL ? LODE_OK : LODE_E_NOMEM;
    for (int i = 0; i < row->threads && status == LODE_OK; i++) {
        const struct worker *w = &workers[i];
        const double seconds = w->ended - w->began;
        status = w->status;
        if (status != LODE_OK)
            *diag = w->diag;
        for (int64_t t = 0; t < w->timed && status == LODE_OK; t++)
            times[timed++] = w->times[t];
        row->count += w->reads;
        row->rate += seconds > 0 ? (double)(w->plan != NULL ? w->reads : w->got) / seconds : 0;
    }
    if (status == LODE_OK)
        tool_bench_summarise(times, timed, row);
    free(times);
    return status;
}

static int measure(const struct worker *like, struct tool_bench_row *row, struct lode_diag *diag)
{
    struct worker *workers = calloc((size_t)row->threads, sizeof *workers);
    if (workers == NULL)
        return LODE_E_NOMEM;
    for (int i = 0; i < row->threads; i++) {
        workers[i] = *like;
        workers[i].number = i;
        workers[i].threads = row->threads;
    }
    run_all(workers, row->threads);
    const int status = sum_up(workers, row, diag);
    for (int i = 0; i < row->threads; i++) {
        lode_reader_free(workers[i].reader);
        free(workers[i].bases);
        free(workers[i].times);
    }
    free(workers);
    return status;
}

int tool_bench_random(const lode_index *index, const struct tool_bench_plan *plan, double seconds,
                      struct tool_bench_row *row, struct lode_diag *diag)
{
    const struct worker like = {.index = index, .plan = plan, .seconds = seconds};
    return plan->count > 0 ? measure(&like, row, diag) : LODE_OK;
}

int tool_bench_sequential(const lode_index *index, double seconds, struct tool_bench_row *row,
                          struct lode_diag *diag)
{
    const struct worker like = {.index = index, .seconds = seconds};
    return measure(&like, row, diag);
}
