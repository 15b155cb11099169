/* Owns lode compress: text out of a plain or gzip input, BGZF blocks of a fixed text size out of the
 * text. Every thread takes whatever step is most urgent (write, pack, read) on a ring of jobs; the
 * output depends on text, level and block size only. */
#include "lode.h"

#include "bgzf.h"
#include "deflate.h"
#include "diag.h"
#include "index.h"
#include "io.h"
#include "publish.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    INPUT_BUFFER = 256 << 10,
    JOB_TEXT = 512 << 10, /* about; whole blocks */
    JOBS_PER_THREAD = 2,
    THREADS_MAX = 256,
    LEVEL_DEFAULT = 6,
    POLL_MS = 100, /* how late a cancel is seen while a pipe gives nothing */
};

/* ---- the input: bytes of a descriptor, and the text in them ---- */

struct input {
    int fd;
    const char *name;
    const int *cancel;
    bool gzip, in_member;
    uint64_t member_off; /* where the current member begins */
    uint64_t taken;      /* bytes read so far; offsets count from where the caller's fd stood */
    z_stream z;
    uint8_t *buf;
    size_t at, have;
};

static bool cancelled(const int *cancel)
{
    return cancel != NULL && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
}

/* Waits for bytes or the end, so that a silent pipe does not keep a cancel from being seen. */
static bool wait_readable(const struct input *in)
{
    struct pollfd p = {.fd = in->fd, .events = POLLIN};
    while (!cancelled(in->cancel))
        if (in->cancel == NULL || poll(&p, 1, POLL_MS) != 0)
            return true; /* also on errors: read names them */
    return false;
}

/* Adds what one read gives to the buffer's end; *end when there is no more. */
static int fill(struct input *in, bool *end, struct lode_diag *diag)
{
    ssize_t got;
    do {
        if (!wait_readable(in))
            return lode_diag_set(diag, LODE_E_CANCELLED, "%s: cancelled", in->name);
        got = read(in->fd, in->buf + in->have, INPUT_BUFFER - in->have);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return lode_diag_errno(diag, "%s: cannot read", in->name);
    *end = got == 0;
    in->have += (size_t)got;
    in->taken += (uint64_t)got;
    return LODE_OK;
}

static int refill(struct input *in, bool *end, struct lode_diag *diag)
{
    *end = false;
    if (in->at < in->have)
        return LODE_OK;
    in->at = in->have = 0;
    return fill(in, end, diag);
}

/* Gzip or plain? Two bytes tell, which a pipe may deliver one by one. */
static int input_open(struct input *in, struct lode_diag *diag)
{
    in->buf = malloc(INPUT_BUFFER);
    const int gzip_only = 15 + 16;
    if (in->buf == NULL || inflateInit2(&in->z, gzip_only) != Z_OK)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", in->name);
    bool end = false;
    int status = LODE_OK;
    while (status == LODE_OK && in->have < 2 && !end)
        status = fill(in, &end, diag);
    in->gzip = lode_is_gzip(in->buf, in->have);
    return status;
}

static void input_close(struct input *in)
{
    inflateEnd(&in->z);
    free(in->buf);
}

static int bad_gzip(const struct input *in, uint64_t off, const char *what, struct lode_diag *diag)
{
    lode_diag_set(diag, LODE_E_FORMAT, "%s: %s at offset %llu", in->name, what,
                  (unsigned long long)off);
    if (diag != NULL)
        diag->offset = off;
    return LODE_E_FORMAT;
}

/* Inflates buffered bytes of the current member into dst[*got, n). */
static int inflate_some(struct input *in, uint8_t *dst, size_t n, size_t *got,
                        struct lode_diag *diag)
{
    z_stream *const z = &in->z;
    z->next_in = in->buf + in->at;
    z->avail_in = (uInt)(in->have - in->at);
    z->next_out = dst + *got;
    z->avail_out = (uInt)(n - *got);
    const int result = inflate(z, Z_NO_FLUSH);
    in->at = in->have - z->avail_in;
    *got = n - z->avail_out;
    if (result == Z_STREAM_END)
        in->in_member = false;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR)
        return LODE_OK;
    if (result == Z_MEM_ERROR)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", in->name);
    if (z->total_in <= 2 && in->member_off > 0) /* not even the magic */
        return bad_gzip(in, in->member_off, "garbage after the gzip data", diag);
    return bad_gzip(in, in->taken - z->avail_in, "damaged gzip data", diag);
}

/* The next step towards dst[0, n): bytes copied or inflated, or the end noticed. */
static int text_step(struct input *in, uint8_t *dst, size_t n, size_t *got, bool *end,
                     struct lode_diag *diag)
{
    const int status = refill(in, end, diag);
    if (status != LODE_OK)
        return status;
    if (*end && in->in_member)
        return bad_gzip(in, in->taken, "gzip data is cut short", diag);
    if (*end)
        return LODE_OK;
    if (in->gzip) {
        if (!in->in_member) {
            inflateReset(&in->z);
            in->in_member = true;
            in->member_off = in->taken - (in->have - in->at);
        }
        return inflate_some(in, dst, n, got, diag);
    }
    const size_t part = in->have - in->at < n - *got ? in->have - in->at : n - *got;
    memcpy(dst + *got, in->buf + in->at, part);
    in->at += part;
    *got += part;
    return LODE_OK;
}

/* Fills dst[0, n) with text; less only at the end of it. */
static int input_text(struct input *in, uint8_t *dst, size_t n, size_t *got,
                      struct lode_diag *diag)
{
    bool end = false;
    int status = LODE_OK;
    *got = 0;
    while (status == LODE_OK && *got < n && !end)
        status = text_step(in, dst, n, got, &end, diag);
    return status;
}

/* ---- the ring ---- */

struct job {
    uint8_t *text, *out;
    size_t text_len, out_len;
    bool packed;
};

/* Job number k stands in jobs[k % count]. written <= taken <= read <= written + count. */
struct ring {
    struct input in;
    int out_fd;
    const char *out_name;
    struct lode_compress_options options; /* no zeros left */
    int64_t total;
    struct job *jobs;
    size_t count, job_text, job_out;

    pthread_mutex_t lock; /* guards the rest, and packed; a job's bytes belong to who works on it */
    pthread_cond_t changed;
    uint64_t read, taken, written;
    uint64_t input_done; /* bytes */
    bool reading, writing, at_end;
    int status; /* the first failure; everybody stops */
    struct lode_diag diag;
};

enum step { STEP_WAIT, STEP_READ, STEP_PACK, STEP_WRITE, STEP_STOP };

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
    const int status = input_text(&ring->in, job->text, ring->job_text, &job->text_len, diag);
    pthread_mutex_lock(&ring->lock);
    ring->reading = false;
    ring->input_done = ring->in.taken;
    ring->at_end = job->text_len < ring->job_text;
    job->packed = false;
    if (job->text_len > 0)
        ring->read++;
    return status;
}

static int step_pack(struct ring *ring, struct lode_deflate *deflate)
{
    struct job *const job = &ring->jobs[ring->taken++ % ring->count];
    const size_t block = (size_t)ring->options.block_size;
    pthread_mutex_unlock(&ring->lock);
    job->out_len = 0;
    for (size_t at = 0; at < job->text_len; at += block) {
        const size_t n = job->text_len - at < block ? job->text_len - at : block;
        job->out_len += lode_deflate_block(deflate, job->text + at, n, job->out + job->out_len);
    }
    pthread_mutex_lock(&ring->lock);
    job->packed = true;
    return LODE_OK;
}

static int step_write(struct ring *ring, struct lode_diag *diag)
{
    const struct job *const job = &ring->jobs[ring->written % ring->count];
    int status = LODE_OK;
    ring->writing = true;
    pthread_mutex_unlock(&ring->lock);
    if (lode_write_full(ring->out_fd, job->out, job->out_len) != 0)
        status = lode_diag_errno(diag, "%s: cannot write", ring->out_name);
    pthread_mutex_lock(&ring->lock);
    ring->writing = false;
    ring->written++;
    return status;
}

static int take_step(struct ring *ring, enum step step, struct lode_deflate *deflate,
                     struct lode_diag *diag)
{
    if (deflate == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", ring->out_name);
    if (cancelled(ring->options.cancel))
        return lode_diag_set(diag, LODE_E_CANCELLED, "%s: cancelled", ring->in.name);
    switch (step) {
    case STEP_READ:
        return step_read(ring, diag);
    case STEP_PACK:
        return step_pack(ring, deflate);
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

static int ring_alloc(struct ring *ring)
{
    const size_t block = (size_t)ring->options.block_size;
    const size_t blocks = JOB_TEXT / block;
    ring->job_text = blocks * block;
    ring->job_out = blocks * (block + LODE_DEFLATE_OVERHEAD);
    ring->count = ring->options.threads == 1 ? 1 : (size_t)ring->options.threads * JOBS_PER_THREAD;
    ring->jobs = calloc(ring->count, sizeof *ring->jobs);
    for (size_t i = 0; ring->jobs != NULL && i < ring->count; i++) {
        ring->jobs[i].text = malloc(ring->job_text + ring->job_out);
        if (ring->jobs[i].text == NULL)
            return -1;
        ring->jobs[i].out = ring->jobs[i].text + ring->job_text;
    }
    return ring->jobs != NULL ? 0 : -1;
}

static void ring_free(struct ring *ring)
{
    for (size_t i = 0; ring->jobs != NULL && i < ring->count; i++)
        free(ring->jobs[i].text);
    free(ring->jobs);
}
