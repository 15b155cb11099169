#include "publish.h"

#include "diag.h"
#include "lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_LIMIT = 255,
    RANDOM_DIGITS = 16,
    PID_DIGITS = 10,
    /* ".BASE." pid "." random ".tmp" */
    STEM_LIMIT = NAME_LIMIT - (1 + 1 + PID_DIGITS + 1 + RANDOM_DIGITS + 4),
    LINK_HOPS = 40, /* as the kernel */
    CREATE_TRIES = 100,
};

static const char temp_end[] = ".tmp";

/* Bytes of base that stand in the temporary's name: all, or as many whole UTF-8 characters as leave
 * room for the rest. */
static size_t stem_length(const char *base)
{
    size_t n = strlen(base);
    if (n <= STEM_LIMIT)
        return n;
    n = STEM_LIMIT;
    while (n > STEM_LIMIT - 4 && ((unsigned char)base[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* Is name exactly what make_temp_name gives for this base and some process? */
static bool is_temp_name(const char *name, const char *base)
{
    const size_t stem = stem_length(base);
    if (name[0] != '.' || strncmp(name + 1, base, stem) != 0 || name[1 + stem] != '.')
        return false;
    name += 1 + stem + 1;
    const size_t pid = strspn(name, "0123456789");
    if (pid == 0 || pid > PID_DIGITS || name[pid] != '.')
        return false;
    name += pid + 1;
    return strspn(name, "0123456789abcdef") == RANDOM_DIGITS &&
           strcmp(name + RANDOM_DIGITS, temp_end) == 0;
}

static void make_temp_name(struct lode_publish *pub)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        /* Early boot: the clock will do, O_EXCL decides. */
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        random = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    }
    snprintf(pub->temp, sizeof pub->temp, ".%.*s.%ld.%016llx%s", (int)stem_length(pub->base),
             pub->base, (long)getpid(), (unsigned long long)random, temp_end);
}

static bool lock_unsupported(int error)
{
    return error == ENOLCK || error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

/* Removes name when no living writer holds it. NFS turns flock into a record lock, which wants a
 * writable descriptor (EBADF): hence the second try. Any doubt leaves the file. */
static void remove_if_dead(int dir_fd, const char *name)
{
    static const int modes[] = {O_RDONLY, O_RDWR};
    for (int i = 0; i < 2; i++) {
        const int fd =
            openat(dir_fd, name, modes[i] | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
            return;
        struct stat st;
        const bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
        const bool locked = regular && flock(fd, LOCK_EX | LOCK_NB) == 0;
        const bool again = regular && !locked && errno == EBADF;
        if (locked)
            unlinkat(dir_fd, name, 0);
        close(fd);
        if (!again)
            return;
    }
}

/* One pass over the directory. Litter that cannot be removed does no harm: no errors. */
static void remove_litter(const struct lode_publish *pub)
{
    const int fd = openat(pub->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (is_temp_name(entry->d_name, pub->base))
            remove_if_dead(pub->dir_fd, entry->d_name);
    closedir(dir);
}

/* Locks the temporary and makes sure a cleaner did not take it for litter in the moment before: it
 * unlinks only while holding the lock, so once we hold it the name tells. The name and not
 * st_nlink, which NFS keeps at 1 for an unlinked open file. */
static bool claim_temp(const struct lode_publish *pub)
{
    if (flock(pub->fd, LOCK_EX | LOCK_NB) != 0 && !lock_unsupported(errno))
        return false;
    struct stat st;
    return fstatat(pub->dir_fd, pub->temp, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int create_temp(struct lode_publish *pub)
{
    for (int i = 0; i < CREATE_TRIES; i++) {
        make_temp_name(pub);
        pub->fd = openat(pub->dir_fd, pub->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                         0666);
        if (pub->fd < 0 && errno == EEXIST)
            continue;
        if (pub->fd < 0)
            return -1;
        if (claim_temp(pub))
            return 0;
        unlinkat(pub->dir_fd, pub->temp, 0);
        close(pub->fd);
    }
    errno = EAGAIN;
    return -1;
}

/* Moves pub->dir_fd to the directory part of path and stores the rest as base. Relative paths start
 * at the directory held so far. */
static int enter(struct lode_publish *pub, const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const base = slash == NULL ? path : slash + 1;
    char dir[sizeof pub->path] = ".";
    if (slash != NULL) /* "/x" is in "/" */
        snprintf(dir, sizeof dir, "%.*s", (int)(slash - path) + 1, path);
    const size_t length = strlen(base);
    if (length > NAME_LIMIT) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int from = pub->dir_fd < 0 ? AT_FDCWD : pub->dir_fd;
    const int fd = openat(from, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (pub->dir_fd >= 0)
        close(pub->dir_fd);
    pub->dir_fd = fd;
    memcpy(pub->base, base, length + 1);
    return 0;
}

/* Follows links at the end of path, dangling ones too, which realpath would refuse: a link is kept
 * and the file behind it replaced. */
static int resolve(struct lode_publish *pub, const char *path)
{
    char target[sizeof pub->path];
    for (int hop = 0; hop < LINK_HOPS; hop++) {
        if (enter(pub, path) != 0)
            return -1;
        const ssize_t n = readlinkat(pub->dir_fd, pub->base, target, sizeof target - 1);
        if (n < 0) /* EINVAL: no link. ENOENT: nothing there yet, or base is empty. */
            return errno == EINVAL || errno == ENOENT ? 0 : -1;
        target[n] = '\0';
        path = target;
    }
    errno = ELOOP;
    return -1;
}

/* What stands at the final name must be a file that may be replaced. */
static int check_target(const struct lode_publish *pub, struct lode_diag *diag)
{
    struct stat st;
    errno = EISDIR; /* "", "dir/", ".", ".." */
    if (pub->base[0] == '\0' || strcmp(pub->base, ".") == 0 || strcmp(pub->base, "..") == 0)
        return lode_diag_errno(diag, "%s: cannot write", pub->path);
    if (fstatat(pub->dir_fd, pub->base, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? LODE_OK : lode_diag_errno(diag, "%s: cannot write", pub->path);
    errno = EISDIR;
    if (S_ISDIR(st.st_mode))
        return lode_diag_errno(diag, "%s: cannot write", pub->path);
    if (!S_ISREG(st.st_mode))
        return lode_diag_set(diag, LODE_E_IO, "%s: cannot replace: not a regular file", pub->path);
    return LODE_OK;
}

/* Lets go of everything but leaves the names on disk. */
static void release(struct lode_publish *pub)
{
    const int error = errno;
    if (pub->fd >= 0)
        lode_unlock_file(pub->fd);
    if (pub->dir_fd >= 0)
        close(pub->dir_fd);
    pub->fd = pub->dir_fd = -1;
    pub->temp[0] = '\0';
    errno = error;
}

int lode_publish_begin(struct lode_publish *pub, const char *path, struct lode_diag *diag)
{
    pub->fd = pub->dir_fd = -1;
    pub->fresh = false;
    pub->owner = getpid();
    pub->base[0] = pub->temp[0] = '\0';
    snprintf(pub->path, sizeof pub->path, "%s", path);
    errno = strlen(path) >= sizeof pub->path ? ENAMETOOLONG : 0;
    if (errno != 0 || resolve(pub, path) != 0) {
        const int status = lode_diag_errno(diag, "%s: cannot write", pub->path);
        release(pub);
        return status;
    }
    int status = check_target(pub, diag);
    if (status == LODE_OK) {
        remove_litter(pub);
        if (create_temp(pub) != 0)
            status = lode_diag_errno(diag, "%s: cannot create a file in its directory", pub->path);
    }
    if (status != LODE_OK)
        release(pub);
    return status;
}

/* As rename, but for a name that is taken: EEXIST. Not every file system can do that by renaming.
 */
static int rename_fresh(const struct lode_publish *pub)
{
    if (renameat2(pub->dir_fd, pub->temp, pub->dir_fd, pub->base, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(pub->dir_fd, pub->temp, pub->dir_fd, pub->base, 0) != 0)
        return -1;
    (void)unlinkat(pub->dir_fd, pub->temp, 0);
    return 0;
}

/* A server whose reply got lost runs the rename again and says ENOENT of one that was done. */
static int rename_temp(const struct lode_publish *pub)
{
    if (pub->fresh ? rename_fresh(pub) == 0
                   : renameat(pub->dir_fd, pub->temp, pub->dir_fd, pub->base) == 0)
        return 0;
    const int error = errno;
    struct stat ours, there;
    if (error == ENOENT && fstat(pub->fd, &ours) == 0 &&
        fstatat(pub->dir_fd, pub->base, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
        return 0;
    errno = error;
    return -1;
}

int lode_publish_commit_held(struct lode_publish *pub, struct lode_diag *diag)
{
    /* Once fsync has failed the kernel has dropped the dirty pages: trying again would lie. */
    if (fsync(pub->fd) != 0 || rename_temp(pub) != 0) {
        const int status =
            pub->fresh && errno == EEXIST
                ? lode_diag_set(diag, LODE_E_BUSY,
                                "%s: another writer has made it meanwhile; nothing was written",
                                pub->path)
                : lode_diag_errno(diag, "%s: cannot publish", pub->path);
        lode_publish_abort(pub);
        return status;
    }
    /* EINVAL: a file system that does not sync directories. */
    int status = LODE_OK;
    if (fsync(pub->dir_fd) != 0 && errno != EINVAL)
        status = lode_diag_errno(diag, "%s: published, but a power cut may undo it", pub->path);
    return status;
}

void lode_publish_let_go(struct lode_publish *pub)
{
    release(pub); /* the data is on disk: close has nothing to add */
}

int lode_publish_commit(struct lode_publish *pub, struct lode_diag *diag)
{
    const int status = lode_publish_commit_held(pub, diag);
    lode_publish_let_go(pub);
    return status;
}

void lode_publish_abort(struct lode_publish *pub)
{
    if (pub == NULL || pub->temp[0] == '\0')
        return;
    const int error = errno;
    if (pub->owner == getpid()) {
        unlinkat(pub->dir_fd, pub->temp, 0);
    } else if (pub->fd >= 0) {
        close(pub->fd); /* its lock is the other process's */
        pub->fd = -1;
    }
    errno = error;
    release(pub);
}
