#include "spool.h"

#include "grow.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void lode_spool_init(struct lode_spool *spool, int dir_fd)
{
    memset(spool, 0, sizeof *spool);
    spool->fd = -1;
    spool->dir_fd = dir_fd;
}

static void drop_map(struct lode_spool *spool)
{
    if (spool->map != NULL)
        munmap(spool->map, spool->map_len);
    spool->map = NULL;
}

void lode_spool_free(struct lode_spool *spool)
{
    drop_map(spool);
    if (spool->fd > 0)
        close(spool->fd);
    free(spool->buf);
    lode_spool_init(spool, spool->dir_fd);
}

/* A file without a name: nothing is left behind whenever the process ends. File systems that cannot
 * make one get a name for a moment. */
int lode_spool_file(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    for (unsigned k = 0; fd < 0 && k < 100; k++) {
        char name[64];
        snprintf(name, sizeof name, ".lode-spool.%ld.%u.tmp", (long)getpid(), k);
        fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            unlinkat(dir_fd, name, 0);
        else if (errno != EEXIST)
            break;
    }
    if (fd == 0) { /* 0 stands for "no file" here */
        fd = fcntl(0, F_DUPFD_CLOEXEC, 1);
        close(0);
    }
    return fd;
}

static int flush(struct lode_spool *spool)
{
    drop_map(spool);
    if (spool->fd <= 0 && (spool->fd = lode_spool_file(spool->dir_fd)) < 0)
        return -1;
    if (lode_pwrite_full(spool->fd, spool->buf, spool->len, spool->flushed) != 0)
        return -1;
    spool->flushed += spool->len;
    spool->len = 0;
    return 0;
}

int lode_spool_append(struct lode_spool *spool, const void *data, size_t n)
{
    const uint8_t *p = data;
    while (n > 0) {
        const size_t limit = spool->fd <= 0 ? LODE_SPOOL_MEMORY : LODE_SPOOL_BUFFER;
        if (spool->len >= limit && flush(spool) != 0)
            return -1;
        const size_t room = limit > spool->len ? limit - spool->len : LODE_SPOOL_BUFFER;
        const size_t k = n < room ? n : room;
        if (!lode_grow(&spool->buf, &spool->cap, spool->len + k, 1)) {
            errno = ENOMEM;
            return -1;
        }
        memcpy(spool->buf + spool->len, p, k);
        spool->len += k;
        p += k;
        n -= k;
    }
    return 0;
}

int lode_spool_zeros(struct lode_spool *spool, uint64_t n)
{
    static const uint8_t zeros[4096];
    for (; n > 0; n -= n < sizeof zeros ? n : sizeof zeros)
        if (lode_spool_append(spool, zeros, n < sizeof zeros ? (size_t)n : sizeof zeros) != 0)
            return -1;
    return 0;
}

int lode_spool_truncate(struct lode_spool *spool, uint64_t size)
{
    drop_map(spool);
    if (size >= spool->flushed) {
        spool->len = (size_t)(size - spool->flushed);
        return 0;
    }
    spool->len = 0;
    spool->flushed = size;
    return ftruncate(spool->fd, (off_t)size);
}

int lode_spool_read(const struct lode_spool *spool, uint64_t off, void *data, size_t n)
{
    uint8_t *p = data;
    if (off < spool->flushed) {
        const size_t k = spool->flushed - off < n ? (size_t)(spool->flushed - off) : n;
        const ssize_t got = lode_pread_full(spool->fd, p, k, off);
        if (got < 0 || (size_t)got < k)
            return -1;
        p += k;
        off += k;
        n -= k;
    }
    if (n > 0)
        memcpy(p, spool->buf + (off - spool->flushed), n);
    return 0;
}

int lode_spool_patch(struct lode_spool *spool, uint64_t off, const void *data, size_t n)
{
    const uint8_t *p = data;
    if (off < spool->flushed) {
        const size_t k = spool->flushed - off < n ? (size_t)(spool->flushed - off) : n;
        if (lode_pwrite_full(spool->fd, p, k, off) != 0)
            return -1;
        p += k;
        off += k;
        n -= k;
    }
    if (n > 0)
        memcpy(spool->buf + (off - spool->flushed), p, n);
    return 0;
}

const uint8_t *lode_spool_view(struct lode_spool *spool)
{
    static const uint8_t none[1];
    if (spool->fd <= 0)
        return spool->buf != NULL ? spool->buf : none;
    if (spool->len > 0 && flush(spool) != 0)
        return NULL;
    if (spool->map == NULL && spool->flushed > 0) {
        void *map = mmap(NULL, (size_t)spool->flushed, PROT_READ, MAP_SHARED, spool->fd, 0);
        if (map == MAP_FAILED)
            return NULL;
        spool->map = map;
        spool->map_len = (size_t)spool->flushed;
    }
    return spool->map != NULL ? spool->map : none;
}
