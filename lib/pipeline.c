#include "pipeline.h"

#include "deal.h"
#include "diag.h"
#include "packlines.h"
#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
    const bool skip = p->options->lenient && lode_input_skippable(&job->diag);
    if (skip && (job->first || lode_tables_abandon(p->tables, &job->diag) == LODE_OK)) {
        p->result->skipped++;
        message(p, LODE_WARNING, job->diag.message);
    } else {
        p->status = job->status;
        *p->diag = job->diag;
    }
    set_failed(p, source, job->status, p->status != LODE_OK);
}

/* What the user should know about a source of the index. */
static void notes(struct pipeline *p, const char *path, const struct lode_source_row *row,
                  bool empty)
{
    char text[512];
    if ((row->flags & LODE_SOURCE_NO_EOF) != 0) {
        snprintf(text, sizeof text, "%.400s: no BGZF end-of-file marker: the file may be truncated",
                 path);
        message(p, LODE_WARNING, text);
    }
    if (empty) {
        snprintf(text, sizeof text, "%.400s: holds no records", path);
        message(p, LODE_WARNING, text);
    }
}

static int keep_scan(struct pipeline *p, struct stretch_job *job)
{
    struct source_job *source = job->source;
    struct lode_bgzfout *made = source->input->made;
    if (job->first)
        lode_tables_begin(p->tables, &source->scan);
    job->first = false; /* from here on there is something to abandon */
    int status = LODE_OK;
    if (made != NULL)
        status = lode_bgzfout_write(made, &job->chunk, &job->diag);
    if (status == LODE_OK)
        status = lode_tables_add(p->tables, &job->chunk, &job->stretch, &job->composed, &job->diag);
    if (status == LODE_OK && job->last)
        status = made != NULL ? lode_bgzfout_end(made, &source->scan, &job->diag)
                              : lode_scan_close(&source->scan, true, &job->diag);
    if (status == LODE_OK && job->last)
        status = lode_tables_end(p->tables, &source->scan, p->options->duplicates_first != 0,
                                 &job->diag);
    return status;
}

/* A source that was scanned to its end. */
static void finish(struct pipeline *p, const struct lode_input *input)
{
    const struct lode_tables *t = p->tables;
    const struct lode_source_row *row = &t->sources[t->source_count - 1];
    p->origins[input - p->collection->inputs].fresh = (int64_t)t->source_count - 1;
    notes(p, input->path, row, row->begin.contig == t->contig_count);
}

/* Into the tables, in turn. */
static void keep(struct pipeline *p, struct stretch_job *job)
{
    struct source_job *source = job->source;
    const bool dead = p->stop || (source != NULL && source->status != LODE_OK);
    if (job->status == LODE_OK && !dead)
        job->status = keep_scan(p, job);
    if (job->status != LODE_OK)
        fail(p, job);
    else if (job->last && !dead)
        finish(p, source->input);
    if (job->last && source != NULL) {
        (void)lode_scan_close(&source->scan, false, NULL);
        lode_records_free(&source->records);
        lode_trackidx_free(&source->track);
        free(source);
    }
}

/* ---- a thread ------------------------------------------------------------------------------- */

static void scan_alone(struct stretch_job *job)
{
    if (job->status != LODE_OK)
        return;
    if (job->source->input->made == NULL) /* else it is text already */
        job->status =
            lode_textchunk_decode(&job->chunk, &job->source->scan, job->inflate, &job->diag);
    if (job->status == LODE_OK && job->source->scan.track == LODE_TRACK_NONE &&
        !lode_lines_scan(&job->lines, job->chunk.text, job->chunk.text_len))
        job->status = lode_diag_set(&job->diag, LODE_E_NOMEM, "out of memory");
}

/* A track's contigs are known when its length is. */
static int walk_track(struct stretch_job *job)
{
    struct source_job *source = job->source;
    lode_stretch_reset(&job->stretch);
    source->track_len += job->chunk.text_len;
    return job->last
               ? lode_trackidx_take(&source->track, source->track_len, &job->stretch, &job->diag)
               : LODE_OK;
}

/* Lines into records, in turn. */
static void walk(struct stretch_job *job)
{
    struct source_job *source = job->source;
    if (source == NULL)
        return;
    if (job->status != LODE_OK) {
        lode_stretch_reset(&job->stretch);
        source->records.status = job->status;
        return;
    }
    if (source->scan.track != LODE_TRACK_NONE) {
        job->status = walk_track(job);
        return;
    }
    job->status = lode_records_walk(&source->records, job->chunk.text, job->chunk.text_len,
                                    &job->lines, job->last, &job->stretch, &job->diag);
}

/* The walk stops at the first failure, so bases before it are still looked at: what comes first in
 * the text is what is reported. */
static void look(struct stretch_job *job, bool packs)
{
    struct lode_diag diag = {0};
    const bool walked =
        job->source != NULL && (job->status == LODE_OK || job->stretch.item_count > 0);
    if (!walked)
        return;
    int status = lode_compose(&job->composed, &job->stretch, job->chunk.text,
                              job->source->input->path, &diag);
    if (status == LODE_OK && packs && job->status == LODE_OK &&
        !lode_pack_lines(&job->composed, &job->stretch, job->chunk.text))
        status = lode_diag_set(&diag, LODE_E_NOMEM, "out of memory");
    if (status != LODE_OK) {
        job->status = status;
        job->diag = diag;
    }
}

/* Text that passed -> blocks of the file that is made. */
static void pack(struct stretch_job *job)
{
    struct lode_bgzfout *made = job->source != NULL ? job->source->input->made : NULL;
    if (made == NULL || job->status != LODE_OK)
        return;
    if (job->deflate == NULL)
        job->deflate = lode_deflate_new(made->level);
    job->status = job->deflate != NULL
                      ? lode_bgzfout_pack(made, job->deflate, &job->chunk, &job->diag)
                      : lode_diag_set(&job->diag, LODE_E_NOMEM, "out of memory");
}

static void free_job(struct stretch_job *job)
{
    if (job == NULL)
        return;
    lode_textchunk_free(&job->chunk);
    lode_lines_free(&job->lines);
    lode_stretch_free(&job->stretch);
    lode_composed_free(&job->composed);
    lode_inflate_free(job->inflate);
    lode_deflate_free(job->deflate);
    free(job);
}

static void *work(void *arg)
{
    struct pipeline *p = arg;
    struct stretch_job *job = calloc(1, sizeof *job);
    if (job == NULL || (job->inflate = lode_inflate_new()) == NULL) {
        free_job(job);
        return p; /* not NULL: this thread could not work */
    }
    while (lode_pipeline_deal(p, job)) {
        scan_alone(job);
        wait_turn(p, &p->walk_turn, job->number);
        walk(job);
        pass_turn(p, &p->walk_turn);
        look(job, p->tables->packs);
        pack(job);
        wait_turn(p, &p->keep_turn, job->number);
        keep(p, job);
        pass_turn(p, &p->keep_turn);
    }
    free_job(job);
    return NULL;
}

/* Counts the inputs that are carried over and says what their rows tell. */
static void tell_carried(struct pipeline *p, const struct lode_seqindex *old)
{
    for (size_t i = 0; i < p->collection->count; i++) {
        struct lode_source source;
        if (p->origins[i].old < 0)
            continue;
        p->result->reused++;
        if (lode_source_get(old, (uint64_t)p->origins[i].old, &source, NULL) == LODE_FMT_OK)
            notes(p, p->collection->inputs[i].path, &source.row,
                  source.row.begin.contig == source.end.contig);
    }
}

static void run(struct pipeline *p, int threads)
{
    int started;
    if (lode_run_threads(work, p, threads, &started) != NULL && started == 0)
        p->status = lode_diag_set(p->diag, LODE_E_NOMEM, "out of memory");
}

int lode_pipeline_run(const struct lode_collection *collection, const struct lode_seqindex *old,
                      struct lode_origin *origins, const struct lode_build_options *options,
                      int threads, struct lode_tables *tables, struct lode_pipeline_result *result,
                      struct lode_diag *diag)
{
    struct lode_diag own;
    struct pipeline p = {
        .collection = collection,
        .origins = origins,
        .options = options,
        .tables = tables,
        .result = result,
        .diag = diag != NULL ? diag : &own,
        .deal_lock = PTHREAD_MUTEX_INITIALIZER,
        .turn_lock = PTHREAD_MUTEX_INITIALIZER,
        .turned = PTHREAD_COND_INITIALIZER,
        .total = collection->total_size,
    };
    tell_carried(&p, old);
    run(&p, threads);
    pthread_mutex_destroy(&p.deal_lock);
    pthread_mutex_destroy(&p.turn_lock);
    pthread_cond_destroy(&p.turned);
    if (p.status == LODE_OK && lode_pipeline_cancelled(&p))
        p.status = lode_diag_set(diag, LODE_E_CANCELLED, "cancelled");
    return p.status;
}
