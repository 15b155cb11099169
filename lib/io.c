#include "io.h"

#include <errno.h>
#include <unistd.h>

ssize_t lode_pread_full(int fd, void *buf, size_t n, uint64_t off)
{
    size_t done = 0;
    while (done < n) {
        const ssize_t got = pread(fd, (char *)buf + done, n - done, (off_t)(off + done));
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            done += (size_t)got;
    }
    return (ssize_t)done;
}

ssize_t lode_read_full(int fd, void *buf, size_t n)
{
    size_t done = 0;
    while (done < n) {
        const ssize_t got = read(fd, (char *)buf + done, n - done);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            done += (size_t)got;
    }
    return (ssize_t)done;
}

/* A write that stores nothing and reports nothing would loop for ever: it is an I/O error. */
static int progress_of(ssize_t put, size_t *done)
{
    if (put > 0) {
        *done += (size_t)put;
        return 0;
    }
    if (put < 0 && errno == EINTR)
        return 0;
    if (put == 0)
        errno = EIO;
    return -1;
}

int lode_write_full(int fd, const void *buf, size_t n)
{
    size_t done = 0;
    while (done < n)
        if (progress_of(write(fd, (const char *)buf + done, n - done), &done) != 0)
            return -1;
    return 0;
}

int lode_pwrite_full(int fd, const void *buf, size_t n, uint64_t off)
{
    size_t done = 0;
    while (done < n) {
        const off_t at = (off_t)(off + done);
        if (progress_of(pwrite(fd, (const char *)buf + done, n - done, at), &done) != 0)
            return -1;
    }
    return 0;
}
