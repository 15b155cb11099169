/* Owns how the parts of lode_verify report, count and run. */
#include "cpus.h"
#include "diag.h"
#include "grow.h"
#include "threads.h"
#include "verify.h"

#include <string.h>

void lode_verify_report(struct verify *v, const struct lode_diag *diag)
{
    if (v->stop)
        return;
    if (v->status == LODE_OK) {
        v->status = diag->status;
        if (v->diag != NULL)
            *v->diag = *diag;
    }
    v->stop = v->options.finding != NULL && v->options.finding(v->options.ctx, diag) != 0;
}

void lode_verify_report_fault(struct verify *v, const struct lode_fault *fault)
{
    struct lode_diag diag;
    lode_diag_fault(&diag, v->index->path, fault);
    lode_verify_report(v, &diag);
}

void lode_verify_keep_fault(void *ctx, const struct lode_fault *fault, bool named)
{
    struct faults *faults = ctx;
    if (named && faults->count < LODE_FAULTS_MAX)
        faults->list[faults->count++] = *fault;
    else
        faults->more[-fault->status % LODE_STATUSES]++;
}

void lode_verify_count(struct verify *v, int status, uint64_t count)
{
    pthread_mutex_lock(&v->lock);
    v->more[-status % LODE_STATUSES] += count;
    pthread_mutex_unlock(&v->lock);
}

void lode_verify_count_faults(struct verify *v, const struct faults *faults)
{
    for (int i = 0; i < LODE_STATUSES; i++)
        if (faults->more[i] > 0)
            lode_verify_count(v, -i, faults->more[i]);
}

bool lode_verify_stopped(struct verify *v)
{
    pthread_mutex_lock(&v->lock);
    const bool stop = v->stop;
    pthread_mutex_unlock(&v->lock);
    return stop;
}

void lode_verify_progress(struct verify *v, uint64_t bytes)
{
    pthread_mutex_lock(&v->lock);
    v->done = bytes < v->total - v->done ? v->done + bytes : v->total;
    if (v->options.progress != NULL && !v->stop)
        v->options.progress(v->options.ctx, (int64_t)v->done, (int64_t)v->total);
    pthread_mutex_unlock(&v->lock);
}

void lode_verify_run_threads(struct verify *v, void *(*work)(void *arg), uint64_t items)
{
    const uint64_t threads = (uint64_t)lode_thread_count(v->options.threads);
    (void)lode_run_threads(work, v, (int)(threads < items ? threads : items), NULL);
}

void lode_verify_found(struct scan *s, const struct lode_diag *diag)
{
    struct findings *out = s->out;
    out->total++;
    if (out->count == LODE_FINDINGS_NAMED)
        lode_verify_count(s->v, diag->status, 1);
    else if (LODE_GROW(out->diags, out->count, out->cap))
        out->diags[out->count++] = *diag;
    else
        out->lost = true;
}

static void found_fault(struct scan *s, const struct lode_fault *fault)
{
    struct lode_diag diag;
    lode_diag_fault(&diag, s->v->index->path, fault);
    lode_verify_found(s, &diag);
}

/* Runs a check of rows, which leaves what it finds in s->faults or s->misses. False when it was cut
 * short: the index was truncated under us. */
bool lode_verify_run(struct scan *s, int (*check)(void *arg))
{
    struct lode_fault cut = {0};
    memset(&s->faults.more, 0, sizeof s->faults.more);
    s->faults.count = 0;
    s->miss_count = 0;
    const int status = lode_index_guarded(s->v->index, check, s, &cut);
    for (size_t i = 0; i < s->faults.count; i++)
        found_fault(s, &s->faults.list[i]);
    lode_verify_count_faults(s->v, &s->faults);
    if (status != LODE_OK)
        found_fault(s, &cut);
    return status == LODE_OK;
}
