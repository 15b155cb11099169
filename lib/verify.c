/* Owns lode_verify: the levels, the threads, and the order in which findings leave. */
#include "verify.h"

#include "diag.h"
#include "range.h"
#include "setindex.h"
#include "threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- all sources ---------------------------------------------------------------------------- */

/* Reports what is ready, in the order of sources. */
static void report_sources(struct verify *v, uint64_t number)
{
    pthread_mutex_lock(&v->lock);
    v->sources[number].done = true;
    for (; v->reported < v->index->seq.source_count && v->sources[v->reported].done;
         v->reported++) {
        struct findings *f = &v->sources[v->reported];
        for (size_t i = 0; i < f->count; i++)
            lode_verify_report(v, &f->diags[i]);
        struct lode_diag diag;
        if (f->lost && lode_diag_set(&diag, LODE_E_NOMEM, "out of memory"))
            lode_verify_report(v, &diag);
        free(f->diags);
        f->diags = NULL;
    }
    pthread_mutex_unlock(&v->lock);
}

static bool take_source(struct verify *v, uint64_t *number)
{
    pthread_mutex_lock(&v->lock);
    const bool more = v->next_source < v->index->seq.source_count && !v->stop;
    *number = v->next_source;
    v->next_source += more;
    pthread_mutex_unlock(&v->lock);
    return more;
}

static void *check_sources(void *arg)
{
    struct verify *v = arg;
    uint64_t number;
    while (take_source(v, &number)) {
        struct scan *s = calloc(1, sizeof *s);
        v->sources[number].lost = s == NULL;
        if (s != NULL) {
            s->v = v;
            s->number = number;
            s->out = &v->sources[number];
            lode_verify_source(s);
            if (v->options.level == LODE_VERIFY_FULL)
                lode_verify_progress(v, s->counted - s->seen);
        }
        free(s);
        report_sources(v, number);
    }
    return NULL;
}

static int verify_sources(struct verify *v)
{
    const uint64_t n = v->index->seq.source_count;
    v->sources = calloc((size_t)n, sizeof *v->sources);
    if (v->sources == NULL)
        return lode_diag_set(v->diag, LODE_E_NOMEM, "out of memory");
    lode_verify_run_threads(v, check_sources, n);
    for (uint64_t i = v->reported; i < n; i++)
        free(v->sources[i].diags);
    free(v->sources);
    return LODE_OK;
}

/* Where rebuilt tables that outgrow memory go: files without a name. The index's own directory
 * comes last, it may be one that only its owner writes to. */
static int open_scratch(const struct lode_index *index)
{
    int fd = open(P_tmpdir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 2 && (fd < 0 || faccessat(fd, ".", W_OK, 0) != 0); i++) {
        if (fd >= 0)
            close(fd);
        fd = index->root[i] >= 0 ? fcntl(index->root[i], F_DUPFD_CLOEXEC, 0) : -1;
    }
    return fd;
}

static void report_more(const struct verify *v)
{
    for (int i = 0; i < LODE_STATUSES && v->options.more != NULL && !v->stop; i++)
        if (v->more[i] > 0)
            v->options.more(v->options.ctx, -i, (int64_t)v->more[i]);
}

/* Bytes to look at, for progress, and the place of PSUM. */
static int survey(void *arg)
{
    struct verify *v = arg;
    const struct lode_seqindex *seq = &v->index->seq;
    struct lode_section psum;
    lode_container_entry(&seq->box, seq->box.entry_count - 1, &psum);
    v->psum_off = lode_range_ok(psum.off, psum.len, seq->box.size) ? psum.off : seq->box.size;
    v->total = v->options.level >= LODE_VERIFY_INDEX ? seq->box.size : 0;
    if (v->options.level < LODE_VERIFY_FULL)
        return LODE_OK;
    for (uint64_t i = 0; i < seq->source_count && v->total < INT64_MAX / 2; i++) {
        struct lode_source source;
        if (lode_source_get(seq, i, &source, NULL) == LODE_FMT_OK)
            v->total += source.row.file_size;
    }
    return LODE_OK;
}

int lode_verify(const lode_index *index, const struct lode_verify_options *options,
                struct lode_diag *diag)
{
    struct verify v = {.index = index, .diag = diag, .scratch_dir = -1};
    if (index == NULL || !lode_struct_in(&v.options, sizeof v.options, options) ||
        v.options.level < LODE_VERIFY_QUICK || v.options.level > LODE_VERIFY_FULL ||
        v.options.threads < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_verify: an argument is not allowed");
    if (index->set != NULL)
        return lode_indexset_verify(index, &v.options, diag);
    if (pthread_mutex_init(&v.lock, NULL) != 0)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    struct lode_fault cut = {0};
    int status = lode_index_guarded(index, survey, &v, &cut);
    if (status != LODE_OK)
        lode_verify_report_fault(&v, &cut);
    if (status == LODE_OK && v.options.level >= LODE_VERIFY_INDEX)
        status = lode_verify_index_bytes(&v);
    if (v.options.level == LODE_VERIFY_FULL)
        v.scratch_dir = open_scratch(index);
    if (status == LODE_OK && !v.stop)
        status = verify_sources(&v);
    report_more(&v);
    if (v.scratch_dir >= 0)
        close(v.scratch_dir);
    pthread_mutex_destroy(&v.lock);
    return v.status != LODE_OK ? v.status : status;
}
