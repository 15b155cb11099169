#include "reuse.h"

#include "sourcefile.h"
#include "threads.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A copy in memory does not change while rows are taken from it; an index too large for that is
 * mapped. */
enum { COPY_MAX = 1 << 30 };

void lode_reuse_open(struct lode_reuse *reuse, const char *path, const char *opts, bool digests)
{
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    struct stat st;
    reuse->index = NULL;
    if (stat(path, &st) != 0)
        return;
    how.map_mode = st.st_size <= COPY_MAX ? LODE_MAP_COPY : LODE_MAP_SHARED;
    if (lode_open(path, &how, &reuse->index, NULL) != LODE_OK)
        return;
    reuse->made = st.st_mtim;
    const struct lode_seqindex *seq = &reuse->index->seq;
    const bool same_opts = seq->opts.count == strlen(opts) &&
                           memcmp(seq->opts.rows, opts, (size_t)seq->opts.count) == 0;
    if (!same_opts || (digests && seq->digs.count != seq->contig_count))
        lode_reuse_close(reuse);
}

/* What the threads share. */
struct proof {
    const struct lode_container *box;
    uint64_t pages, next;
    int broken;
};

static void *prove_pages(void *arg)
{
    struct proof *p = arg;
    uint64_t i;
    while ((i = __atomic_fetch_add(&p->next, 1, __ATOMIC_RELAXED)) < p->pages)
        if (lode_container_check_page(p->box, i, NULL) != LODE_FMT_OK)
            __atomic_store_n(&p->broken, 1, __ATOMIC_RELAXED);
    return NULL;
}

void lode_reuse_prove(struct lode_reuse *reuse, int threads)
{
    struct lode_section psum;
    if (reuse->index == NULL)
        return;
    struct proof p = {.box = &reuse->index->seq.box};
    lode_container_entry(p.box, p.box->entry_count - 1, &psum);
    p.pages = psum.count;
    p.broken = lode_container_check_psum(p.box, NULL) != LODE_FMT_OK;
    if (!p.broken)
        (void)lode_run_threads(prove_pages, &p, threads, NULL);
    if (p.broken)
        lode_reuse_close(reuse);
}

void lode_reuse_close(struct lode_reuse *reuse)
{
    lode_close(reuse->index);
    reuse->index = NULL;
}

bool lode_reuse_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

bool lode_reuse_same(const struct lode_reuse *reuse, const struct lode_source_row *row, int dir_fd,
                     const char *locator)
{
    struct stat st;
    uint64_t fingerprint;
    const int fd = openat(dir_fd, locator, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    const bool same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                      (uint64_t)st.st_size == row->file_size &&
                      lode_reuse_older(&st.st_mtim, &reuse->made) &&
                      lode_reuse_older(&st.st_ctim, &reuse->made) &&
                      lode_sourcefile_fingerprint(fd, row->file_size, &fingerprint) == 0 &&
                      fingerprint == row->fingerprint;
    close(fd);
    return same;
}

void lode_reuse_clock(struct timespec *now)
{
    clock_gettime(CLOCK_REALTIME_COARSE, now);
}

/* One tick of the clock of file times is at most 10 ms. */
enum { TICK_NS = 1000000, TICKS_MAX = 20 };

void lode_reuse_settle(const struct timespec *newest, struct timespec *now)
{
    const struct timespec pause = {0, TICK_NS};
    lode_reuse_clock(now);
    for (int i = 0;
         i < TICKS_MAX && newest->tv_sec <= now->tv_sec && !lode_reuse_older(newest, now); i++) {
        nanosleep(&pause, NULL);
        lode_reuse_clock(now);
    }
}
