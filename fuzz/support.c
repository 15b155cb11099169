#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void fuzz_check(int good)
{
    if (!good)
        abort();
}

uint64_t fuzz_take(struct fuzz_tail *tail, size_t bytes)
{
    uint64_t v = 0;
    for (; bytes > 0 && tail->n > 0; bytes--)
        v = v << 8 | tail->p[--tail->n];
    return v;
}

struct fuzz_rng fuzz_rng_of(const uint8_t *p, size_t n)
{
    struct fuzz_rng rng = {0xCBF29CE484222325u}; /* FNV-1a */
    for (size_t i = 0; i < n; i++)
        rng.s = (rng.s ^ p[i]) * 0x100000001B3u;
    rng.s |= 1;
    return rng;
}

uint64_t fuzz_below(struct fuzz_rng *rng, uint64_t n)
{
    rng->s ^= rng->s << 13;
    rng->s ^= rng->s >> 7;
    rng->s ^= rng->s << 17;
    return n == 0 ? 0 : (rng->s >> 11) % n;
}

/* ---- files ---------------------------------------------------------------------------------- */

static char root[64];
static pid_t owner;

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_root(void)
{
    if (getpid() == owner)
        (void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_root(void)
{
    if (root[0] != 0)
        return root;
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(root, sizeof root, "%s/lode-fuzz-XXXXXX", base);
    fuzz_check(mkdtemp(root) != NULL);
    owner = getpid();
    fuzz_check(atexit(remove_root) == 0);
    return root;
}

const char *fuzz_path(const char *leaf)
{
    static char paths[8][256];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    const int n = snprintf(path, sizeof paths[0], "%s/%s", fuzz_root(), leaf);
    fuzz_check(n > 0 && (size_t)n < sizeof paths[0]);
    return path;
}

void fuzz_write(const char *leaf, const void *data, size_t n)
{
    const int fd = open(fuzz_path(leaf), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    fuzz_check(fd >= 0);
    const uint8_t *p = data;
    for (size_t done = 0; done < n;) {
        const ssize_t got = write(fd, p + done, n - done);
        fuzz_check(got > 0);
        done += (size_t)got;
    }
    fuzz_check(close(fd) == 0);
}
