#include "deal.h"

#include "diag.h"

#include <stdlib.h>

bool lode_pipeline_cancelled(const struct pipeline *p)
{
    return p->options->cancel != NULL && __atomic_load_n(p->options->cancel, __ATOMIC_RELAXED) != 0;
}

/* What makes an open input a track of a type: its other file, and blocks to read it by. */
static int open_track(struct source_job *source, int track, struct lode_diag *diag)
{
    struct lode_scan_source *scan = &source->scan;
    if (scan->kind != LODE_KIND_BGZF)
        return lode_diag_set(diag, LODE_E_NOT_BGZF,
                             "%s: a track is BGZF: compress it with bgzip, or 'lode compress'",
                             scan->path);
    scan->track = (uint8_t)track;
    return lode_trackidx_read(&source->track, scan->path, track, diag);
}

static void open_input(struct stretch_job *job, struct source_job *source, int track)
{
    source->scan.fd = -1;
    if (source->input->made != NULL) {
        source->scan.path = source->input->path;
        source->scan.kind = LODE_KIND_BGZF;
        source->scan.restart = source->input->made->starts;
        source->scan.fine = source->input->made->fine;
    } else {
        job->status = lode_scan_open(&source->scan, source->input->path, &job->diag);
        if (job->status == LODE_OK && track != LODE_TRACK_NONE)
            job->status = open_track(source, track, &job->diag);
    }
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
    open_input(job, source, p->options->track);
    p->next_off = 0;
}

/* Past the inputs that the older index answers for. */
static void pass_carried(struct pipeline *p)
{
    while (p->next_input < p->collection->count && p->origins[p->next_input].old >= 0)
        report_progress(p, p->collection->inputs[p->next_input++].size);
}

/* The stretch's bytes; *bytes: how far this got in the input. */
static int read_stretch(struct pipeline *p, struct stretch_job *job, uint64_t *bytes)
{
    struct lode_bgzfout *made = job->source->input->made;
    int status;
    if (made != NULL) {
        const uint64_t before = p->next_off;
        status = lode_bgzfout_read(made, &job->chunk, &job->diag);
        p->next_off = made->in.taken;
        *bytes = p->next_off - before;
    } else {
        status = lode_textchunk_read(&job->chunk, &job->source->scan, p->next_off, &job->diag);
        p->next_off += job->chunk.file_len;
        *bytes = job->chunk.file_len;
    }
    return status;
}

/* The next stretch of the source in hand, or the first of the next one. File bytes are read here,
 * under the lock: one reader at a time is what disks like, and from the page cache it is a short
 * copy. */
static void deal_stretch(struct pipeline *p, struct stretch_job *job, bool stop)
{
    if (p->current == NULL)
        deal_first(p, job);
    struct source_job *source = job->source;
    job->last = true;
    if (job->status == LODE_OK &&
        (stop || source_failed(p, source) || lode_pipeline_cancelled(p))) {
        job->status = lode_diag_set(&job->diag, LODE_E_CANCELLED, "cancelled");
    } else if (job->status == LODE_OK) {
        uint64_t bytes = 0;
        job->status = read_stretch(p, job, &bytes);
        job->last = job->status != LODE_OK || job->chunk.last;
        report_progress(p, job->status == LODE_OK ? bytes : 0);
    }
    p->current = job->last ? NULL : source;
}

/* Takes the next piece of work. False when nothing is left. */
bool lode_pipeline_deal(struct pipeline *p, struct stretch_job *job)
{
    pthread_mutex_lock(&p->deal_lock);
    job->status = LODE_OK;
    job->first = job->last = false;
    job->source = p->current;
    pthread_mutex_lock(&p->turn_lock);
    const bool stop = p->stop;
    pthread_mutex_unlock(&p->turn_lock);
    if (stop || lode_pipeline_cancelled(p))
        p->next_input = p->collection->count;
    if (p->current == NULL)
        pass_carried(p);
    const bool more = p->current != NULL || p->next_input < p->collection->count;
    if (more) {
        job->number = p->next_number++;
        deal_stretch(p, job, stop);
    }
    pthread_mutex_unlock(&p->deal_lock);
    return more;
}
