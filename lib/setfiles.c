#include "setfiles.h"

#include "diag.h"
#include "grow.h"
#include "io.h"
#include "lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ID_DIGITS = 16,
    SET_MAX = 64 << 20, /* bytes of a set's own file that are looked through for names */
};
static const char infix[] = ".m";

/* The directory that a file really lies in, and its name there. */
struct place {
    char *real;
    const char *base;
    int dir_fd;
};

/* False with errno. To be closed in any case, which keeps errno. */
static bool open_place(struct place *place, const char *path)
{
    *place = (struct place){.real = realpath(path, NULL), .dir_fd = -1};
    if (place->real == NULL)
        return false;
    char *slash = strrchr(place->real, '/');
    *slash = '\0';
    place->base = slash + 1;
    place->dir_fd =
        open(slash == place->real ? "/" : place->real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return place->dir_fd >= 0;
}

static void close_place(struct place *place)
{
    const int saved = errno;
    if (place->dir_fd >= 0)
        close(place->dir_fd);
    free(place->real);
    errno = saved;
}

/* ---- names ----------------------------------------------------------------------------------- */

int lode_set_member_name(char name[LODE_MEMBER_NAME_MAX + 1], const char *base, uint64_t content_id,
                         struct lode_diag *diag)
{
    if (strlen(base) + strlen(infix) + ID_DIGITS > LODE_MEMBER_NAME_MAX)
        return lode_diag_set(diag, LODE_E_ARG, "%s: too long a name for a set of files", base);
    snprintf(name, LODE_MEMBER_NAME_MAX + 1, "%s%s%016llx", base, infix,
             (unsigned long long)content_id);
    return LODE_OK;
}

int lode_set_name_fits(const char *path, struct lode_diag *diag)
{
    char name[LODE_MEMBER_NAME_MAX + 1];
    char *real = realpath(path, NULL);
    const int status = real != NULL
                           ? lode_set_member_name(name, strrchr(real, '/') + 1, 0, diag)
                           : lode_diag_errno(diag, "%s: cannot make it part of a set", path);
    free(real);
    return status;
}

static bool is_member_name(const char *name, const char *base)
{
    const size_t n = strlen(base), m = strlen(infix);
    return strncmp(name, base, n) == 0 && strncmp(name + n, infix, m) == 0 &&
           strspn(name + n + m, "0123456789abcdef") == ID_DIGITS && name[n + m + ID_DIGITS] == '\0';
}

/* ---- files of members ------------------------------------------------------------------------ */

int lode_set_publish_member(struct lode_publish *pub, uint64_t content_id,
                            char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size,
                            struct lode_diag *diag)
{
    struct stat st;
    int status = lode_set_member_name(name, pub->base, content_id, diag);
    if (status == LODE_OK && fstat(pub->fd, &st) != 0)
        status = lode_diag_errno(diag, "%s: cannot stat", pub->path);
    if (status != LODE_OK) {
        lode_publish_abort(pub);
        return status;
    }
    *file_size = (uint64_t)st.st_size;
    snprintf(pub->base, sizeof pub->base, "%s", name);
    return lode_publish_commit(pub, diag);
}

/* -1 with errno. */
static int copy_bytes(int from, int to, uint64_t begin, uint64_t size)
{
    uint8_t buffer[1 << 16];
    while (begin < size) {
        const uint64_t left = size - begin;
        const size_t some = left < sizeof buffer ? (size_t)left : sizeof buffer;
        const ssize_t n = lode_pread_full(from, buffer, some, begin);
        errno = n == 0 ? EIO : errno; /* it was cut short */
        if (n <= 0 || lode_pwrite_full(to, buffer, (size_t)n, begin) != 0)
            return -1;
        begin += (uint64_t)n;
    }
    return 0;
}

/* In the kernel, where the file system lets it. */
static int copy_file(int from, int to, uint64_t size)
{
    uint64_t done = 0;
    while (done < size) {
        off_t in = (off_t)done, out = (off_t)done;
        const ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(size - done), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (uint64_t)n;
    }
    return copy_bytes(from, to, done, size);
}

/* Where the file system has no second names for a file. */
static int adopt_copy(const char *path, int fd, uint64_t content_id, uint64_t size,
                      char name[LODE_MEMBER_NAME_MAX + 1], struct lode_diag *diag)
{
    struct lode_publish pub;
    int status = lode_publish_begin(&pub, path, diag);
    if (status != LODE_OK)
        return status;
    if (copy_file(fd, pub.fd, size) == 0)
        return lode_set_publish_member(&pub, content_id, name, &size, diag);
    status = lode_diag_errno(diag, "%s: cannot be copied to be part of a set", path);
    lode_publish_abort(&pub);
    return status;
}

static bool is_file(int dir_fd, const char *name, const struct stat *st)
{
    struct stat there;
    return fstatat(dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == st->st_ino &&
           there.st_dev == st->st_dev;
}

/* The file base of a directory, which st tells of, gets a second name. False where it cannot be, or
 * another file has come to stand at base. */
static bool give_name(int dir_fd, const char *base, const char *name, const struct stat *st)
{
    if (is_file(dir_fd, name, st))
        return true;
    (void)unlinkat(dir_fd, name, 0); /* what a killed writer left */
    if (linkat(dir_fd, base, dir_fd, name, 0) == 0 && is_file(dir_fd, name, st))
        return true;
    (void)unlinkat(dir_fd, name, 0);
    return false;
}

int lode_set_adopt(const char *path, int fd, uint64_t content_id,
                   char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size, struct lode_diag *diag)
{
    struct stat st;
    struct place place;
    if (!open_place(&place, path) || fstat(fd, &st) != 0) {
        close_place(&place);
        return lode_diag_errno(diag, "%s: cannot make it part of a set", path);
    }
    int status = lode_set_member_name(name, place.base, content_id, diag);
    *file_size = (uint64_t)st.st_size;
    if (status == LODE_OK && !give_name(place.dir_fd, place.base, name, &st))
        status = adopt_copy(path, fd, content_id, *file_size, name, diag);
    else if (status == LODE_OK && fsync(place.dir_fd) != 0 && errno != EINVAL)
        status = lode_diag_errno(diag, "%s: cannot make it part of a set", path);
    close_place(&place);
    return status;
}

/* ---- files that nobody names ------------------------------------------------------------------
 */

static bool named(const char *name, const struct lode_member *rows, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* Names of files that look like members. */
struct leftovers {
    char (*names)[LODE_MEMBER_NAME_MAX + 1];
    size_t count, cap;
};

static DIR *open_listing(int dir_fd)
{
    const int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL && fd >= 0)
        close(fd);
    return dir;
}

/* Those of base that rows do not name. False: they cannot all be had. */
static bool find_leftovers(int dir_fd, const char *base, const struct lode_member *rows, int count,
                           struct leftovers *out)
{
    DIR *const dir = open_listing(dir_fd);
    bool good = dir != NULL;
    for (const struct dirent *entry; good && (entry = readdir(dir)) != NULL;) {
        if (!is_member_name(entry->d_name, base) || named(entry->d_name, rows, count))
            continue;
        good = LODE_GROW(out->names, out->count, out->cap);
        if (good)
            snprintf(out->names[out->count++], sizeof *out->names, "%s", entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    return good;
}

/* Takes names from the list that stand in a file, which begins as a set does. That file may be
 * damaged, so its bytes are looked at, not its rows. */
static void spare_named(int dir_fd, const char *name, struct leftovers *list)
{
    struct stat st;
    const int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return;
    const bool is_set = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lode_members_begin(fd);
    char *bytes = is_set && st.st_size <= SET_MAX ? malloc((size_t)st.st_size + 1) : NULL;
    const ssize_t got = bytes != NULL ? lode_pread_full(fd, bytes, (size_t)st.st_size, 0) : -1;
    for (size_t i = 0; is_set && i < list->count;) {
        char *const own = list->names[i];
        if (got >= 0 && memmem(bytes, (size_t)got, own, strlen(own)) == NULL)
            i++;
        else /* also where it cannot be read: when in doubt, a file stays */
            memmove(own, list->names[--list->count], sizeof *list->names);
    }
    free(bytes);
    close(fd);
}

/* A set may have been renamed or copied since: what any other set beside this one names stays. */
static void spare_others(int dir_fd, const char *base, struct leftovers *list)
{
    DIR *const dir = open_listing(dir_fd);
    if (dir == NULL)
        list->count = 0;
    for (const struct dirent *entry; list->count > 0 && (entry = readdir(dir)) != NULL;)
        if (strcmp(entry->d_name, base) != 0)
            spare_named(dir_fd, entry->d_name, list);
    if (dir != NULL)
        closedir(dir);
}

/* Removes members that no set names, of those that rows do not name; or only looks for one that
 * rows do not name. True: there was one. */
static bool sweep(int dir_fd, const char *base, const struct lode_member *rows, int count,
                  bool only_look)
{
    struct leftovers list = {NULL, 0, 0};
    const bool all = find_leftovers(dir_fd, base, rows, count, &list), any = list.count > 0;
    if (all && any && !only_look) {
        spare_others(dir_fd, base, &list);
        for (size_t i = 0; i < list.count; i++)
            (void)unlinkat(dir_fd, list.names[i], 0);
    }
    free(list.names);
    return any;
}

static bool sweep_path(const char *path, const struct lode_member *rows, int count, bool only_look)
{
    struct place place;
    const bool any =
        open_place(&place, path) && sweep(place.dir_fd, place.base, rows, count, only_look);
    close_place(&place);
    return any;
}

bool lode_set_litter(const char *path)
{
    return sweep_path(path, NULL, 0, true);
}

int lode_set_commit(struct lode_publish *pub, const char *path, const struct lode_member *rows,
                    int count, struct lode_diag *diag)
{
    /* whoever finds the new file is BUSY until its members are safe from this sweep, which does not
     * know those of the next writer */
    const int status = lode_publish_commit_held(pub, diag);
    if (status == LODE_OK)
        (void)sweep_path(path, rows, count, false);
    lode_publish_let_go(pub);
    return status;
}

void lode_set_sweep(const char *path, const struct lode_member *rows, int count)
{
    (void)sweep_path(path, rows, count, false);
}
