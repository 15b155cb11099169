/* Put before the C library by LD_PRELOAD: reads and writes move at most LODE_SHORT bytes, and every
 * second call is interrupted before it moves any. Both are what the system may do at any time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

static size_t cut(size_t n)
{
    static size_t most;
    if (most == 0) {
        const char *text = getenv("LODE_SHORT");
        most = text != NULL ? strtoul(text, NULL, 10) : 7;
    }
    return n < most ? n : most;
}

static int interrupted(void)
{
    static _Thread_local unsigned turn;
    if (++turn % 2 == 0)
        return 0;
    errno = EINTR;
    return 1;
}

#define REAL(name) (*(__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t read(int fd, void *buf, size_t n);
ssize_t write(int fd, const void *buf, size_t n);
ssize_t pread(int fd, void *buf, size_t n, off_t off);
ssize_t pread64(int fd, void *buf, size_t n, off64_t off);
ssize_t pwrite(int fd, const void *buf, size_t n, off_t off);
ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t off);

ssize_t read(int fd, void *buf, size_t n)
{
    return interrupted() ? -1 : REAL(read)(fd, buf, cut(n));
}

ssize_t write(int fd, const void *buf, size_t n)
{
    return interrupted() ? -1 : REAL(write)(fd, buf, cut(n));
}

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
    return interrupted() ? -1 : REAL(pread)(fd, buf, cut(n), off);
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t off)
{
    return interrupted() ? -1 : REAL(pread64)(fd, buf, cut(n), off);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t off)
{
    return interrupted() ? -1 : REAL(pwrite)(fd, buf, cut(n), off);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t off)
{
    return interrupted() ? -1 : REAL(pwrite64)(fd, buf, cut(n), off);
}
