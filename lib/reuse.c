#include "reuse.h"

#include "sourcefile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A copy in memory does not change while rows are taken from it; an index too large for that is
 * mapped. */
enum { COPY_MAX = 1 << 30 };

/* Every byte of the old index is proven before a row of it is copied: damage must not travel. */
static bool whole(const lode_index *index)
{
    struct lode_section psum;
    const struct lode_container *box = &index->seq.box;
    if (lode_container_check_psum(box, NULL) != LODE_FMT_OK)
        return false;
    lode_container_entry(box, box->entry_count - 1, &psum);
    for (uint64_t i = 0; i < psum.count; i++)
        if (lode_container_check_page(box, i, NULL) != LODE_FMT_OK)
            return false;
    return true;
}

void lode_reuse_open(struct lode_reuse *reuse, const char *path, const char *opts, size_t opts_len)
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
    const struct lode_rows *have = &reuse->index->seq.opts;
    if (have->count != opts_len || memcmp(have->rows, opts, opts_len) != 0 || !whole(reuse->index))
        lode_reuse_close(reuse);
}

void lode_reuse_close(struct lode_reuse *reuse)
{
    lode_close(reuse->index);
    reuse->index = NULL;
}

static bool older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static bool same_file(const struct lode_reuse *reuse, const char *path,
                      const struct lode_source_row *row)
{
    struct stat st;
    uint64_t fingerprint;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return false;
    const bool same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                      (uint64_t)st.st_size == row->file_size && older(&st.st_mtim, &reuse->made) &&
                      older(&st.st_ctim, &reuse->made) &&
                      lode_sourcefile_fingerprint(fd, row->file_size, &fingerprint) == 0 &&
                      fingerprint == row->fingerprint;
    close(fd);
    return same;
}

int64_t lode_reuse_find(const struct lode_reuse *reuse, const char *locator, const char *name,
                        const char *path)
{
    uint64_t i;
    struct lode_source source;
    struct lode_bytes old_locator, old_name;
    if (reuse->index == NULL)
        return -1;
    const struct lode_seqindex *seq = &reuse->index->seq;
    if (lode_seqindex_find_source(seq, name, strlen(name), &i, NULL) != LODE_FMT_OK ||
        lode_source_get(seq, i, &source, NULL) != LODE_FMT_OK ||
        lode_source_strings(seq, &source, &old_locator, &old_name, NULL) != LODE_FMT_OK ||
        old_locator.len != strlen(locator) ||
        memcmp(old_locator.data, locator, old_locator.len) != 0)
        return -1;
    return same_file(reuse, path, &source.row) ? (int64_t)i : -1;
}

/* One tick of the clock of file times is at most 10 ms. */
enum { TICK_NS = 1000000, TICKS_MAX = 20 };

void lode_reuse_settle(const struct timespec *newest, struct timespec *now)
{
    const struct timespec pause = {0, TICK_NS};
    clock_gettime(CLOCK_REALTIME_COARSE, now);
    for (int i = 0; i < TICKS_MAX && newest->tv_sec <= now->tv_sec && !older(newest, now); i++) {
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_REALTIME_COARSE, now);
    }
}
