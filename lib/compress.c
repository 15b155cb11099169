/* Owns lode_compress: cuts the text of an input into BGZF blocks of one size, on all threads. Every
 * thread takes whatever step is most urgent (write, pack, read) on a ring of jobs; the output
 * depends on text, level and block size only. */
#include "lode.h"

#include "bgzfout.h"
#include "cpus.h"
#include "diag.h"
#include "index.h"
#include "onepass.h"
#include "publish.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    JOBS_PER_THREAD = 2,
    THREADS_MAX = 256,
    LEVEL_DEFAULT = 6,
    BLOCK_MIN = 512,
    BLOCK_SMALL = 8192, /* of LODE_LAYOUT_SMALL */
};

struct job {
    struct lode_textchunk chunk;
    bool packed;
};

/* Job number k stands in jobs[k % count]. written <= taken <= read <= written + count. */
struct ring {
    struct lode_bgzfout out;
    struct lode_compress_options options; /* no zeros left */
    int64_t total;
    struct job *jobs;
    size_t count;

    pthread_mutex_t lock; /* guards the rest, and packed; a job's bytes belong to who works on it */
    pthread_cond_t changed;
    uint64_t read, taken, written;
    uint64_t input_done; /* bytes */
    bool reading, writing, at_end;
    int status; /* the first failure; everybody stops */
    struct lode_diag diag;
};

enum step { STEP_WAIT, STEP_READ, STEP_PACK, STEP_WRITE, STEP_STOP };

static bool cancelled(const struct ring *ring)
{
    const int *const cancel = ring->options.cancel;
    return cancel != NULL && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}

static enum step choose(const struct ring *ring)
{
    if (ring->status != LODE_OK)
        return STEP_STOP;
    if (!ring->writing && ring->written < ring->taken &&
        ring->jobs[ring->written % ring->count].packed)
        return STEP_WRITE;
    if (ring->taken < ring->read)
        return STEP_PACK;
    if (!ring->reading && !ring->at_end && ring->read - ring->written < ring->count)
        return STEP_READ;
    if (ring->at_end && ring->written == ring->read)
        return STEP_STOP;
    return STEP_WAIT;
}

/* The steps are entered and left with the lock held, and work without it. */

static int step_read(struct ring *ring, struct lode_diag *diag)
{
    struct job *const job = &ring->jobs[ring->read % ring->count];
    ring->reading = true;
    pthread_mutex_unlock(&ring->lock);
    const int status = lode_bgzfout_read(&ring->out, &job->chunk, diag);
    pthread_mutex_lock(&ring->lock);
    ring->reading = false;
    ring->input_done = ring->out.in.taken;
    ring->at_end = job->chunk.last;
    job->packed = false;
    ring->read++;
    return status;
}

static int step_pack(struct ring *ring, struct lode_deflate *deflate, struct lode_diag *diag)
{
    struct job *const job = &ring->jobs[ring->taken++ % ring->count];
    pthread_mutex_unlock(&ring->lock);
    const int status = lode_bgzfout_pack(&ring->out, deflate, &job->chunk, diag);
    pthread_mutex_lock(&ring->lock);
    job->packed = true;
    return status;
}

static int step_write(struct ring *ring, struct lode_diag *diag)
{
    struct job *const job = &ring->jobs[ring->written % ring->count];
    ring->writing = true;
    pthread_mutex_unlock(&ring->lock);
    const int status = lode_bgzfout_write(&ring->out, &job->chunk, diag);
    pthread_mutex_lock(&ring->lock);
    ring->writing = false;
    ring->written++;
    return status;
}

static int take_step(struct ring *ring, enum step step, struct lode_deflate *deflate,
                     struct lode_diag *diag)
{
    if (deflate == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", ring->out.name);
    if (cancelled(ring))
        return lode_diag_set(diag, LODE_E_CANCELLED, "%s: cancelled", ring->out.in.name);
    switch (step) {
    case STEP_READ:
        return step_read(ring, diag);
    case STEP_PACK:
        return step_pack(ring, deflate, diag);
    case STEP_WRITE:
        return step_write(ring, diag);
    default:
        pthread_cond_wait(&ring->changed, &ring->lock);
        return LODE_OK;
    }
}

/* Tells the caller, outside the lock and on the thread that called lode_compress. */
static void report(struct ring *ring, uint64_t *told)
{
    const uint64_t done = ring->input_done;
    if (ring->options.progress == NULL || done == *told)
        return;
    *told = done;
    pthread_mutex_unlock(&ring->lock);
    ring->options.progress(ring->options.ctx, (int64_t)done, ring->total);
    pthread_mutex_lock(&ring->lock);
}

static void work(struct ring *ring, bool is_caller)
{
    struct lode_deflate *const deflate = lode_deflate_new(ring->options.level);
    uint64_t told = 0;
    pthread_mutex_lock(&ring->lock);
    for (enum step step; (step = choose(ring)) != STEP_STOP;) {
        struct lode_diag diag;
        const int status = take_step(ring, step, deflate, &diag);
        if (status != LODE_OK && ring->status == LODE_OK) {
            ring->status = status;
            ring->diag = diag;
        }
        if (step != STEP_WAIT || status != LODE_OK)
            pthread_cond_broadcast(&ring->changed);
        if (is_caller)
            report(ring, &told);
    }
    if (is_caller)
        report(ring, &told);
    pthread_mutex_unlock(&ring->lock);
    lode_deflate_free(deflate);
}

static void *worker(void *arg)
{
    work(arg, false);
    return NULL;
}

/* Fewer threads than asked for is slower, not wrong. Signals stay with the caller's threads. */
static void run_threads(struct ring *ring)
{
    pthread_t threads[THREADS_MAX];
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int started = 0;
    while (started < ring->options.threads - 1 &&
           pthread_create(&threads[started], NULL, worker, ring) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(ring, true);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static bool ring_alloc(struct ring *ring)
{
    ring->count = ring->options.threads == 1 ? 1 : (size_t)ring->options.threads * JOBS_PER_THREAD;
    ring->jobs = calloc(ring->count, sizeof *ring->jobs);
    return ring->jobs != NULL;
}

static void ring_free(struct ring *ring)
{
    for (size_t i = 0; ring->jobs != NULL && i < ring->count; i++)
        lode_textchunk_free(&ring->jobs[i].chunk);
    free(ring->jobs);
}

static int run_ring(struct ring *ring, int in_fd, const char *in_name, int out_fd,
                    const char *out_name, struct lode_diag *diag)
{
    pthread_mutex_init(&ring->lock, NULL); /* cannot fail with default attributes on Linux */
    pthread_cond_init(&ring->changed, NULL);
    int status =
        lode_bgzfout_open(&ring->out, in_fd, in_name, out_fd, out_name, &ring->options, diag);
    if (status == LODE_OK && !ring_alloc(ring))
        status = lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", in_name);
    if (status == LODE_OK) {
        run_threads(ring);
        status = ring->status;
        if (status != LODE_OK && diag != NULL)
            *diag = ring->diag;
    }
    ring_free(ring);
    lode_bgzfout_close(&ring->out);
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    return status;
}

/* From the descriptor's position to its end, -1 when only reading will tell. */
static int64_t bytes_ahead(int fd, const struct stat *st)
{
    const off_t at = lseek(fd, 0, SEEK_CUR);
    return !S_ISREG(st->st_mode) || at < 0 ? -1 : at > st->st_size ? 0 : st->st_size - at;
}

/* The caller's options with every default filled in. */
static bool take_options(struct lode_compress_options *own,
                         const struct lode_compress_options *options)
{
    if (!lode_struct_in(own, sizeof *own, options))
        return false;
    if (options == NULL || own->level == -1)
        own->level = LEVEL_DEFAULT;
    if (own->block_size == 0)
        own->block_size = own->layout == LODE_LAYOUT_SMALL ? BLOCK_SMALL : LODE_DEFLATE_TEXT_MAX;
    const bool negative = own->threads < 0;
    own->threads = lode_thread_count(own->threads);
    if (own->threads > THREADS_MAX) /* bounds the memory too */
        own->threads = THREADS_MAX;
    return own->level >= 0 && own->level <= LODE_DEFLATE_LEVEL_MAX &&
           own->block_size >= BLOCK_MIN && own->block_size <= LODE_DEFLATE_TEXT_MAX && !negative &&
           own->layout >= LODE_LAYOUT_ORDINARY && own->layout <= LODE_LAYOUT_RESTART;
}

static const char *shown_name(const char *name)
{
    return strcmp(name, "-") == 0 ? "standard input" : name;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return S_ISREG(a->st_mode) && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* in: the input's stat. out: the output's, NULL when it does not exist. */
static int prepare(struct ring *ring, int in_fd, const char *in_name, const struct stat *out,
                   const struct lode_compress_options *options, struct lode_diag *diag)
{
    struct stat in;
    memset(ring, 0, sizeof *ring);
    if (!take_options(&ring->options, options))
        return lode_diag_set(diag, LODE_E_ARG,
                             "%s: level (0..%d), block size (%d..%d), thread count or layout not "
                             "allowed",
                             in_name, LODE_DEFLATE_LEVEL_MAX, BLOCK_MIN, LODE_DEFLATE_TEXT_MAX);
    if (fstat(in_fd, &in) != 0)
        return lode_diag_errno(diag, "%s: cannot read", in_name);
    if (out != NULL && same_file(&in, out))
        return lode_diag_set(diag, LODE_E_ARG, "%s: input and output are the same file", in_name);
    ring->total = bytes_ahead(in_fd, &in);
    return LODE_OK;
}

static int no_arg(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_ARG, "compress: a name that must be given is NULL");
}

int lode_compress_fd(int in_fd, const char *in_name, int out_fd,
                     const struct lode_compress_options *options, struct lode_diag *diag)
{
    if (in_name == NULL)
        return no_arg(diag);
    const char *const shown = shown_name(in_name);
    struct ring ring;
    struct stat out;
    if (fstat(out_fd, &out) != 0)
        return lode_diag_errno(diag, "the output: cannot write");
    const int status = prepare(&ring, in_fd, shown, &out, options, diag);
    if (status != LODE_OK)
        return status;
    if (ring.options.index)
        return lode_diag_set(diag, LODE_E_ARG,
                             "the output is a stream: an index needs the compressed file's name");
    return run_ring(&ring, in_fd, shown, out_fd, "the output", diag);
}

int lode_compress(int in_fd, const char *in_name, const char *out_path,
                  const struct lode_compress_options *options, struct lode_diag *diag)
{
    if (in_name == NULL || out_path == NULL)
        return no_arg(diag);
    const char *const shown = shown_name(in_name);
    struct ring ring;
    struct stat out;
    const bool exists = stat(out_path, &out) == 0;
    int status = prepare(&ring, in_fd, shown, exists ? &out : NULL, options, diag);
    struct lode_publish pub;
    if (status == LODE_OK && ring.options.index)
        return lode_onepass(in_fd, shown, out_path, &ring.options, ring.total, diag);
    if (status == LODE_OK)
        status = lode_publish_begin(&pub, out_path, diag);
    if (status != LODE_OK)
        return status;
    status = run_ring(&ring, in_fd, shown, pub.fd, out_path, diag);
    if (status == LODE_OK)
        return lode_publish_commit(&pub, diag);
    lode_publish_abort(&pub);
    return status;
}
