#include "reuse.h"

#include "hash.h"
#include "sourcefile.h"
#include "spool.h"
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { COPY_MAX = 1 << 30 }; /* an index larger than this is copied into a file */

enum { MS = 1000000 };

bool lode_reuse_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* By a millisecond, and to the millisecond. */
static struct timespec step_back(struct timespec t)
{
    const long ms = t.tv_nsec / MS - 1;
    t.tv_sec -= ms < 0;
    t.tv_nsec = (ms < 0 ? ms + 1000 : ms) * MS;
    return t;
}

uint64_t lode_reuse_identity(int fd, int dir_fd, uint64_t content_id)
{
    struct stat file, dir;
    if (fstat(fd, &file) != 0 || fstat(dir_fd, &dir) != 0)
        return 0;
    const uint64_t parts[] = {content_id, (uint64_t)file.st_ino, (uint64_t)dir.st_ino};
    return lode_hash64(parts, sizeof parts, 0);
}

struct timespec lode_reuse_mark(const struct timespec *begun, uint64_t identity)
{
    struct timespec mark = step_back(*begun);
    /* in steps of 100 ns, which all but the coarsest file systems keep */
    mark.tv_nsec += (long)(identity % (MS / 100 - 1) + 1) * 100;
    return mark;
}

/* A copy has another modification time or, where that was kept, still tells when the sources were
 * looked at. An index that was just copied was changed when it was modified; a published one after.
 */
static bool is_mark(const struct stat *st, uint64_t identity)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)(st->st_mtim.tv_nsec % MS) == (identity % (MS / 100 - 1) + 1) * 100 &&
           lode_reuse_older(&st->st_mtim, &st->st_ctim) && lode_reuse_older(&st->st_mtim, &now);
}

/* A copy of the file from, without a name: nobody else can change it. -1 when it cannot be had. */
static int copy_of(int from, uint64_t size, int dir_fd)
{
    const int to = lode_spool_file(dir_fd);
    off_t in = 0, out = 0;
    while (to >= 0 && (uint64_t)in < size) {
        const ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(size - (uint64_t)in), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(to);
            return -1;
        }
    }
    return to;
}

/* In memory, or in a file of our own: cutting the index short meanwhile must not hurt. */
static int open_copy(const char *path, int dir_fd, struct stat *st, uint64_t *identity,
                     lode_index **index)
{
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    int status = LODE_E_IO;
    how.source_root = "/"; /* no source is read through it */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return LODE_E_IO;
    if (fstat(fd, st) == 0 && S_ISREG(st->st_mode)) {
        const bool small = st->st_size <= COPY_MAX;
        const int copy = small ? fd : copy_of(fd, (uint64_t)st->st_size, dir_fd);
        if (copy >= 0)
            status = small ? lode_index_copy(copy, how.source_root, index, NULL)
                           : lode_open_fd(copy, &how, index, NULL);
        if (copy >= 0 && copy != fd)
            close(copy);
        if (status == LODE_OK)
            *identity = lode_reuse_identity(fd, dir_fd, (*index)->seq.box.content_id);
    }
    close(fd);
    return status;
}

void lode_reuse_open(struct lode_reuse *reuse, const char *path, int dir_fd, const char *opts,
                     bool digests, bool packed)
{
    struct stat st;
    uint64_t identity = 0;
    reuse->index = NULL;
    if (open_copy(path, dir_fd, &st, &identity, &reuse->index) != LODE_OK)
        return;
    reuse->made = st.st_mtim;
    reuse->had_digests = reuse->index->seq.digs.count > 0;
    if (!is_mark(&st, identity)) {
        lode_reuse_close(reuse);
        return;
    }
    const struct lode_seqindex *seq = &reuse->index->seq;
    const bool same_opts = seq->opts.count == strlen(opts) &&
                           memcmp(seq->opts.rows, opts, (size_t)seq->opts.count) == 0;
    if (!same_opts || (digests && seq->digs.count != seq->contig_count) || packed != seq->packed)
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

/* File systems that count in seconds or two, or in hundredths, cut times short. */
static struct timespec latest(struct timespec t)
{
    if (t.tv_nsec % (10 * MS) == 0)
        t.tv_sec += 2;
    return t;
}

static bool untouched(const struct lode_reuse *reuse, const struct stat *st)
{
    const struct timespec modified = latest(st->st_mtim), changed = latest(st->st_ctim);
    return lode_reuse_older(&modified, &reuse->made) && lode_reuse_older(&changed, &reuse->made);
}

enum { LINKS_MAX = 40 }; /* as the kernel */

/* Are the links on the way to path, from the directory at, as old as the file must be? Closes at.
 */
static bool links_untouched(const struct lode_reuse *reuse, int at, const char *path, int links)
{
    char rest[PATH_MAX], joined[2 * PATH_MAX];
    if (snprintf(rest, sizeof rest, "%s", path) >= (int)sizeof rest || links > LINKS_MAX) {
        close(at);
        return false;
    }
    for (char *next, *part = rest; part != NULL; part = next) {
        struct stat st;
        next = strchr(part, '/');
        if (next != NULL)
            *next++ = 0;
        const char *name = part[0] != 0 ? part : part == rest ? "/" : ".";
        const int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        const bool link = fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode);
        if (fd < 0 || (link && !untouched(reuse, &st))) {
            if (fd >= 0)
                close(fd);
            break;
        }
        if (link) {
            const ssize_t n = readlinkat(fd, "", joined, PATH_MAX - 1);
            close(fd);
            if (n <= 0)
                break;
            snprintf(joined + n, sizeof joined - (size_t)n, "%s%s", next != NULL ? "/" : "",
                     next != NULL ? next : "");
            return links_untouched(reuse, at, joined, links + 1);
        }
        close(at);
        at = fd;
        if (next == NULL) {
            close(at);
            return true;
        }
    }
    close(at);
    return false;
}

/* Links on the way must be as old as the file they lead to. */
static int open_source(const struct lode_reuse *reuse, int dir_fd, const char *locator)
{
    const int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
#ifdef SYS_openat2
    struct open_how straight = {.flags = (unsigned long long)how, .resolve = RESOLVE_NO_SYMLINKS};
    const long fd = syscall(SYS_openat2, dir_fd, locator, &straight, sizeof straight);
    if (fd >= 0)
        return (int)fd;
#endif
    const int at = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    return at >= 0 && links_untouched(reuse, at, locator, 0) ? openat(dir_fd, locator, how) : -1;
}

bool lode_reuse_same(const struct lode_reuse *reuse, const struct lode_source_row *row, int dir_fd,
                     const char *locator)
{
    struct stat st;
    uint64_t fingerprint;
    if ((row->flags & LODE_SOURCE_FILTERED) != 0) /* this builder leaves no records out */
        return false;
    const int fd = open_source(reuse, dir_fd, locator);
    if (fd < 0)
        return false;
    const bool same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                      (uint64_t)st.st_size == row->file_size && untouched(reuse, &st) &&
                      lode_sourcefile_fingerprint(fd, row->file_size, &fingerprint) == 0 &&
                      fingerprint == row->fingerprint;
    close(fd);
    return same;
}

/* A file that is new has the time of the file system, which a server may give. */
static bool file_clock(int dir_fd, struct timespec *now)
{
    struct stat st;
    const int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    const bool ok = fd >= 0 && fstat(fd, &st) == 0;
    if (fd >= 0)
        close(fd);
    if (ok)
        *now = st.st_mtim;
    return ok;
}

void lode_reuse_clock(int dir_fd, struct timespec *now)
{
    struct timespec theirs;
    clock_gettime(CLOCK_REALTIME_COARSE, now);
    if (file_clock(dir_fd, &theirs) && lode_reuse_older(&theirs, now))
        *now = theirs;
    *now = step_back(*now);
}

/* Is a file touched at newest older than the mark of an index begun now? */
static bool settled(const struct timespec *newest, const struct timespec *now)
{
    const struct timespec mark = step_back(*now);
    return lode_reuse_older(newest, &mark);
}

/* One tick of the clock of file times is at most 10 ms. */
enum { TICKS_MAX = 20 };

void lode_reuse_settle(int dir_fd, const struct timespec *newest, struct timespec *now)
{
    const struct timespec pause = {0, MS};
    lode_reuse_clock(dir_fd, now);
    for (int i = 0; i < TICKS_MAX && newest->tv_sec <= now->tv_sec + 1 && !settled(newest, now);
         i++) {
        nanosleep(&pause, NULL);
        lode_reuse_clock(dir_fd, now);
    }
}
