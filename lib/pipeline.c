#include "pipeline.h"

#include "diag.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One input on its way. Shared by the threads that hold its stretches; freed by the last one. */
struct source_job {
    const struct lode_input *input;
    struct lode_scan_source scan;
    struct lode_records records;
    int status;  /* set in the turn of a failed stretch: later ones do nothing */
    int64_t old; /* source number in the older index, or -1 */
};

/* One numbered piece of work, and the thread's memory for it. */
struct stretch_job {
    uint64_t number;
    struct source_job *source;
    bool first, last;
    int status;
    struct lode_diag diag;
    struct lode_textchunk chunk;
    struct lode_lines lines;
    struct lode_stretch stretch;
    struct lode_composed composed;
};

struct pipeline {
    const struct lode_collection *collection;
    const struct lode_reuse *reuse;
    const struct lode_build_options *options;
    struct lode_tables *tables;
    struct lode_pipeline_result *result;
    struct lode_diag *diag;
    int status;
    bool stop; /* under turn_lock */
    /* handing out, under deal_lock */
    pthread_mutex_t deal_lock;
    size_t next_input;
    struct source_job *current; /* has more stretches to hand out */
    uint64_t next_off, next_number;
    int64_t done, total;
    /* serial steps, under turn_lock */
    pthread_mutex_t turn_lock;
    pthread_cond_t turned;
    uint64_t walk_turn, keep_turn;
};

static bool cancelled(const struct pipeline *p)
{
    return p->options->cancel != NULL && __atomic_load_n(p->options->cancel, __ATOMIC_RELAXED) != 0;
}

/* ---- handing out ---------------------------------------------------------------------------- */

static void open_input(struct pipeline *p, struct stretch_job *job, struct source_job *source)
{
    source->scan.fd = -1;
    source->old =
        lode_reuse_find(p->reuse, source->input->locator, source->input->name, source->input->path);
    if (source->old < 0)
        job->status = lode_scan_open(&source->scan, source->input->path, &job->diag);
    lode_records_start(&source->records, source->input->path);
}

static bool source_failed(struct pipeline *p, const struct source_job *source)
{
    pthread_mutex_lock(&p->turn_lock);
    const bool failed = source->status != LODE_OK || p->stop;
    pthread_mutex_unlock(&p->turn_lock);
    return failed;
}

static void report_progress(struct pipeline *p, uint64_t bytes)
{
    p->done += (int64_t)bytes;
    if (p->options->progress != NULL)
        p->options->progress(p->options->ctx, p->done, p->total);
}

/* The first stretch of the next input. */
static void deal_first(struct pipeline *p, struct stretch_job *job)
{
    struct source_job *source = calloc(1, sizeof *source);
    job->first = true;
    job->source = source;
    if (source == NULL) {
        job->status = lode_diag_set(&job->diag, LODE_E_NOMEM, "out of memory");
        p->next_input = p->collection->count;
        return;
    }
    source->input = &p->collection->inputs[p->next_input++];
    open_input(p, job, source);
    p->next_off = 0;
}

/* Takes the next stretch. False when nothing is left. File bytes are read here, under the lock: one
 * reader at a time is what disks like, and from the page cache it is a short copy. */
static bool deal(struct pipeline *p, struct stretch_job *job)
{
    pthread_mutex_lock(&p->deal_lock);
    job->status = LODE_OK;
    job->first = job->last = false;
    job->source = p->current;
    pthread_mutex_lock(&p->turn_lock);
    const bool stop = p->stop;
    pthread_mutex_unlock(&p->turn_lock);
    if (stop || cancelled(p))
        p->next_input = p->collection->count;
    const bool more = p->current != NULL || p->next_input < p->collection->count;
    if (more) {
        job->number = p->next_number++;
        if (p->current == NULL)
            deal_first(p, job);
        struct source_job *source = job->source;
        const bool scan = job->status == LODE_OK && source->old < 0;
        if (scan && !stop && !source_failed(p, source) && !cancelled(p)) {
            job->status = lode_textchunk_read(&job->chunk, &source->scan, p->next_off, &job->diag);
            p->next_off += job->chunk.file_len;
            job->last = job->status != LODE_OK || job->chunk.last;
            report_progress(p, job->status == LODE_OK ? job->chunk.file_len : 0);
        } else {
            if (scan)
                job->status = lode_diag_set(&job->diag, LODE_E_CANCELLED, "cancelled");
            else if (job->status == LODE_OK)
                report_progress(p, source->input->size);
            job->last = true;
        }
        p->current = job->last ? NULL : source;
    }
    pthread_mutex_unlock(&p->deal_lock);
    return more;
}

/* ---- serial steps --------------------------------------------------------------------------- */

static void wait_turn(struct pipeline *p, const uint64_t *turn, uint64_t number)
{
    pthread_mutex_lock(&p->turn_lock);
    while (*turn != number)
        pthread_cond_wait(&p->turned, &p->turn_lock);
    pthread_mutex_unlock(&p->turn_lock);
}

static void pass_turn(struct pipeline *p, uint64_t *turn)
{
    pthread_mutex_lock(&p->turn_lock);
    ++*turn;
    pthread_cond_broadcast(&p->turned);
    pthread_mutex_unlock(&p->turn_lock);
}

static void set_failed(struct pipeline *p, struct source_job *source, int status, bool stop)
{
    pthread_mutex_lock(&p->turn_lock);
    if (source != NULL)
        source->status = status;
    p->stop |= stop;
    pthread_mutex_unlock(&p->turn_lock);
}

/* Failures of the input itself, which a lenient build leaves out. */
static bool skippable(int status)
{
    switch (status) {
    case LODE_E_FORMAT:
    case LODE_E_NOT_BGZF:
    case LODE_E_DUPLICATE:
    case LODE_E_FOREIGN:
    case LODE_E_MISSING:
    case LODE_E_REFUSED:
    case LODE_E_STALE:
        return true;
    default:
        return false;
    }
}

static void message(struct pipeline *p, int severity, const char *text)
{
    if (p->options->message != NULL)
        p->options->message(p->options->ctx, severity, text);
}

/* A stretch failed, in its turn. */
static void fail(struct pipeline *p, struct stretch_job *job)
{
    struct source_job *source = job->source;
    const bool was_failed = source != NULL && source->status != LODE_OK;
    if (was_failed || p->stop)
        return;
    const bool skip =
        p->options->lenient && (skippable(job->status) || job->diag.sys_errno == EACCES);
    if (skip && (job->first || lode_tables_abandon(p->tables, &job->diag) == LODE_OK)) {
        p->result->skipped++;
        message(p, LODE_WARNING, job->diag.message);
    } else {
        p->status = job->status;
        *p->diag = job->diag;
    }
    set_failed(p, source, job->status, p->status != LODE_OK);
}

/* What the user should know about a source that was indexed. */
static void notes(struct pipeline *p, const struct source_job *source)
{
    const struct lode_source_row *row = &p->tables->sources[p->tables->source_count - 1];
    char text[512];
    if ((row->flags & LODE_SOURCE_NO_EOF) != 0) {
        snprintf(text, sizeof text, "%.400s: no BGZF end-of-file marker: the file may be truncated",
                 source->input->path);
        message(p, LODE_WARNING, text);
    }
    if (row->begin.contig == p->tables->contig_count) {
        snprintf(text, sizeof text, "%.400s: holds no records", source->input->path);
        message(p, LODE_WARNING, text);
    }
}

static int keep_copy(struct pipeline *p, struct stretch_job *job)
{
    const int status =
        lode_tables_copy(p->tables, &p->reuse->index->seq, (uint64_t)job->source->old, &job->diag);
    p->result->reused += status == LODE_OK;
    return status;
}

static int keep_scan(struct pipeline *p, struct stretch_job *job)
{
    struct source_job *source = job->source;
    if (job->first)
        lode_tables_begin(p->tables, &source->scan);
    job->first = false; /* from here on there is something to abandon */
    int status = lode_tables_add(p->tables, &job->chunk, &job->stretch, &job->composed, &job->diag);
    if (status == LODE_OK && job->last)
        status = lode_scan_close(&source->scan, true, &job->diag);
    if (status == LODE_OK && job->last)
        status =
            lode_tables_end(p->tables, source->input->locator, source->input->name,
                            source->input->path, p->options->duplicates_first != 0, &job->diag);
    return status;
}

/* Into the tables, in turn. */
static void keep(struct pipeline *p, struct stretch_job *job)
{
    struct source_job *source = job->source;
    const bool dead = p->stop || (source != NULL && source->status != LODE_OK);
    if (job->status == LODE_OK && !dead)
        job->status = source->old >= 0 ? keep_copy(p, job) : keep_scan(p, job);
    if (job->status != LODE_OK)
        fail(p, job);
    else if (job->last && !dead)
        notes(p, source);
    if (job->last && source != NULL) {
        (void)lode_scan_close(&source->scan, false, NULL);
        lode_records_free(&source->records);
        free(source);
    }
}

/* ---- a thread ------------------------------------------------------------------------------- */

static void scan_alone(struct stretch_job *job, struct lode_inflate *inflate)
{
    if (job->status != LODE_OK || job->source->old >= 0)
        return;
    job->status = lode_textchunk_decode(&job->chunk, &job->source->scan, inflate, &job->diag);
    if (job->status == LODE_OK &&
        !lode_lines_scan(&job->lines, job->chunk.text, job->chunk.text_len))
        job->status = lode_diag_set(&job->diag, LODE_E_NOMEM, "out of memory");
}

/* Lines into records, in turn. */
static void walk(struct stretch_job *job)
{
    struct source_job *source = job->source;
    if (source == NULL || source->old >= 0)
        return;
    if (job->status != LODE_OK) {
        lode_stretch_reset(&job->stretch);
        source->records.status = job->status;
        return;
    }
    job->status = lode_records_walk(&source->records, job->chunk.text, job->chunk.text_len,
                                    &job->lines, job->last, &job->stretch, &job->diag);
}

/* The walk stops at the first failure, so bases before it are still looked at: what comes first in
 * the text is what is reported. */
static void look(struct stretch_job *job)
{
    struct lode_diag diag = {0};
    const bool walked = job->source != NULL && job->source->old < 0 &&
                        (job->status == LODE_OK || job->stretch.item_count > 0);
    if (!walked)
        return;
    const int status = lode_compose(&job->composed, &job->stretch, job->chunk.text,
                                    job->source->input->path, &diag);
    if (status != LODE_OK) {
        job->status = status;
        job->diag = diag;
    }
}

static void free_job(struct stretch_job *job)
{
    lode_textchunk_free(&job->chunk);
    lode_lines_free(&job->lines);
    lode_stretch_free(&job->stretch);
    lode_composed_free(&job->composed);
    free(job);
}

static void *work(void *arg)
{
    struct pipeline *p = arg;
    struct stretch_job *job = calloc(1, sizeof *job);
    struct lode_inflate *inflate = lode_inflate_new();
    if (job == NULL || inflate == NULL) {
        free(job);
        lode_inflate_free(inflate);
        return p; /* not NULL: this thread could not work */
    }
    while (deal(p, job)) {
        scan_alone(job, inflate);
        wait_turn(p, &p->walk_turn, job->number);
        walk(job);
        pass_turn(p, &p->walk_turn);
        look(job);
        wait_turn(p, &p->keep_turn, job->number);
        keep(p, job);
        pass_turn(p, &p->keep_turn);
    }
    free_job(job);
    lode_inflate_free(inflate);
    return NULL;
}

static void run_threads(struct pipeline *p, int threads)
{
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    int started = 0;
    for (; ids != NULL && started < threads - 1; started++)
        if (pthread_create(&ids[started], NULL, work, p) != 0)
            break; /* fewer threads do the same work */
    if (work(p) != NULL && started == 0)
        p->status = lode_diag_set(p->diag, LODE_E_NOMEM, "out of memory");
    for (int i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    free(ids);
}

int lode_pipeline_run(const struct lode_collection *collection, const struct lode_reuse *reuse,
                      const struct lode_build_options *options, int threads,
                      struct lode_tables *tables, struct lode_pipeline_result *result,
                      struct lode_diag *diag)
{
    struct lode_diag own = {0};
    struct pipeline p = {
        .collection = collection,
        .reuse = reuse,
        .options = options,
        .tables = tables,
        .result = result,
        .diag = diag != NULL ? diag : &own,
        .deal_lock = PTHREAD_MUTEX_INITIALIZER,
        .turn_lock = PTHREAD_MUTEX_INITIALIZER,
        .turned = PTHREAD_COND_INITIALIZER,
        .total = collection->total_size,
    };
    run_threads(&p, threads);
    pthread_mutex_destroy(&p.deal_lock);
    pthread_mutex_destroy(&p.turn_lock);
    pthread_cond_destroy(&p.turned);
    if (p.status == LODE_OK && cancelled(&p))
        p.status = lode_diag_set(diag, LODE_E_CANCELLED, "cancelled");
    return p.status;
}
