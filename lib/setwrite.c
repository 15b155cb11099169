#include "setwrite.h"

#include "assemble.h"
#include "bytes.h"
#include "diag.h"
#include "guard.h"
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

enum { ID_DIGITS = 16 };
static const char infix[] = ".m";

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

static bool is_member_name(const char *name, const char *base)
{
    const size_t n = strlen(base), m = strlen(infix);
    return strncmp(name, base, n) == 0 && strncmp(name + n, infix, m) == 0 &&
           strspn(name + n + m, "0123456789abcdef") == ID_DIGITS && name[n + m + ID_DIGITS] == '\0';
}

/* ---- the plan -------------------------------------------------------------------------------- */

int lode_set_plan_add(struct lode_set_plan *plan, const char *name, uint64_t content_id,
                      uint64_t file_size, int64_t items, int64_t sources, const char *path,
                      struct lode_diag *diag)
{
    struct lode_member *m = &plan->rows[plan->count];
    if (plan->count == LODE_MEMBERS_MAX)
        return lode_diag_set(diag, LODE_E_UNSUPPORTED,
                             "%s: is a set of %d files, and can have no more: make one file of it",
                             path, LODE_MEMBERS_MAX);
    snprintf(m->name, sizeof m->name, "%s", name);
    m->content_id = content_id;
    m->file_size = file_size;
    m[1] = (struct lode_member){.first = m->first + items, .source = m->source + sources};
    plan->count++;
    return LODE_OK;
}

struct dead_load {
    const struct lode_memberset *view;
    struct lode_set_plan *plan;
};

static int run_dead(void *arg)
{
    const struct dead_load *load = arg;
    for (size_t i = 0; i < load->plan->dead_count; i++)
        load->plan->dead[i] = lode_memberset_dead_at(load->view, i);
    return LODE_OK;
}

int lode_set_plan_from(struct lode_set_plan *plan, const struct lode_members *members,
                       const struct lode_map *map, struct lode_diag *diag)
{
    struct dead_load load = {&members->view, plan};
    const struct lode_rows *dead = &members->view.dead;
    memset(plan, 0, sizeof *plan);
    plan->kind = members->kind;
    plan->count = members->count;
    memcpy(plan->rows, members->rows, ((size_t)members->count + 1) * sizeof *plan->rows);
    plan->dead = malloc((size_t)dead->count * LODE_STRIDE_MDED + 1);
    if (plan->dead == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    plan->dead_count = (size_t)dead->count;
    return lode_guard_run(map, run_dead, &load) == LODE_OK
               ? LODE_OK
               : lode_diag_set(diag, LODE_E_TRUNCATED, "the set was cut short while it was read");
}

void lode_set_plan_free(struct lode_set_plan *plan)
{
    free(plan->dead);
    plan->dead = NULL;
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

static int copy_file(int from, int to, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        off_t in = (off_t)done, out = (off_t)done;
        const ssize_t n = copy_file_range(from, &in, to, &out, (size_t)(size - done), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return -1;
        }
        done += (uint64_t)n;
    }
    return 0;
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

/* The file base of a directory, which st is of, gets a second name. -1: it has none. */
static int give_name(int dir_fd, const char *base, const char *name, const struct stat *st)
{
    struct stat there;
    /* what has that name and is not this file is what a killed writer left */
    if (fstatat(dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        (there.st_ino != st->st_ino || there.st_dev != st->st_dev))
        (void)unlinkat(dir_fd, name, 0);
    if (linkat(dir_fd, base, dir_fd, name, 0) != 0 && errno != EEXIST)
        return -1;
    if (fstatat(dir_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_ino == st->st_ino &&
        there.st_dev == st->st_dev)
        return 0;
    (void)unlinkat(dir_fd, name, 0); /* base was replaced meanwhile, by one who asks for no lock */
    return -1;
}

int lode_set_adopt(const char *path, int fd, uint64_t content_id,
                   char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size, struct lode_diag *diag)
{
    struct stat st;
    char *real = realpath(path, NULL);
    if (real == NULL || fstat(fd, &st) != 0) {
        free(real);
        return lode_diag_errno(diag, "%s: cannot make it part of a set", path);
    }
    char *base = strrchr(real, '/') + 1;
    base[-1] = '\0';
    const int dir_fd = open(base - 1 == real ? "/" : real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = dir_fd >= 0 ? lode_set_member_name(name, base, content_id, diag)
                             : lode_diag_errno(diag, "%s: cannot open its directory", path);
    *file_size = (uint64_t)st.st_size;
    if (status == LODE_OK && give_name(dir_fd, base, name, &st) != 0)
        status = adopt_copy(path, fd, content_id, *file_size, name, diag);
    else if (status == LODE_OK && fsync(dir_fd) != 0 && errno != EINVAL)
        status = lode_diag_errno(diag, "%s: cannot make it part of a set", path);
    if (dir_fd >= 0)
        close(dir_fd);
    free(real);
    return status;
}

/* ---- the set's own file ---------------------------------------------------------------------- */

static bool named(const char *name, const struct lode_member *rows, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* Removes members that rows do not name; or only looks for one. True: there was one. */
static bool sweep(int dir_fd, const char *base, const struct lode_member *rows, int count,
                  bool only_look)
{
    const int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const dir = fd < 0 ? NULL : fdopendir(fd);
    bool any = false;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!is_member_name(entry->d_name, base) || named(entry->d_name, rows, count))
            continue;
        any = true;
        if (!only_look)
            (void)unlinkat(dir_fd, entry->d_name, 0);
    }
    closedir(dir);
    return any;
}

static bool sweep_path(const char *path, const struct lode_member *rows, int count, bool only_look)
{
    char *real = realpath(path, NULL);
    char *slash = real != NULL ? strrchr(real, '/') : NULL;
    bool any = false;
    if (slash != NULL) {
        *slash = '\0';
        const int fd = open(slash == real ? "/" : real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
            any = sweep(fd, slash + 1, rows, count, only_look);
            close(fd);
        }
    }
    free(real);
    return any;
}

void lode_set_sweep(const char *path, const struct lode_member *rows, int count)
{
    (void)sweep_path(path, rows, count, false);
}

/* Is the first section of this file that of a set? Writers put it there. */
static bool begins_as_set(int fd)
{
    static const uint8_t magic[] = LODE_MAGIC_BYTES;
    uint8_t head[LODE_HEADER_SIZE + LODE_ENTRY_SIZE];
    const ssize_t got = lode_pread_full(fd, head, sizeof head, 0);
    return got == (ssize_t)sizeof head && memcmp(head, magic, sizeof magic) == 0 &&
           lode_get32(head + LODE_HEADER_SIZE + LODE_ENTRY_ID) == LODE_ID_MSET;
}

int lode_set_replaced(const char *path, int *lock, bool *was_set, struct lode_diag *diag)
{
    int status = LODE_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    /* or one was replaced by a writer that was killed before its files went */
    *was_set = fd >= 0 && (begins_as_set(fd) || sweep_path(path, NULL, 0, true));
    if (fd >= 0)
        close(fd);
    *lock = *was_set ? lode_lock_file(path, &status, diag) : -1;
    return status;
}

/* Rows, the names behind them. rows has room for one more than there are members. */
static size_t encode(const struct lode_set_plan *plan, uint8_t *rows, char *strings)
{
    size_t used = 0;
    for (int i = 0; i <= plan->count; i++) {
        const struct lode_member *m = &plan->rows[i];
        const size_t n = i < plan->count ? strlen(m->name) : 0;
        const struct lode_member_row row = {.path_off = used,
                                            .path_len = (uint32_t)n,
                                            .kind = i < plan->count ? (uint32_t)plan->kind : 0,
                                            .content_id = m->content_id,
                                            .file_size = m->file_size,
                                            .first = (uint64_t)m->first,
                                            .source = (uint64_t)m->source};
        lode_member_encode(rows + (size_t)i * LODE_STRIDE_MSET, &row);
        if (i < plan->count) {
            memcpy(strings + used, m->name, n + 1);
            used += n + 1;
        }
    }
    return used;
}

static int write_set(const struct lode_set_plan *plan, int fd, const char *path,
                     uint64_t *content_id, struct lode_diag *diag)
{
    const size_t rows_size = ((size_t)plan->count + 1) * LODE_STRIDE_MSET;
    uint8_t *rows = malloc(rows_size);
    char *strings = malloc((size_t)plan->count * (LODE_MEMBER_NAME_MAX + 1));
    uint8_t *dead = malloc(plan->dead_count * LODE_STRIDE_MDED + 1);
    int status = LODE_E_NOMEM;
    if (rows != NULL && strings != NULL && dead != NULL) {
        lode_memberset_put_dead(dead, plan->dead, plan->dead_count);
        struct lode_piece pieces[] = {{.data = rows, .len = rows_size},
                                      {.data = (uint8_t *)strings},
                                      {.data = dead, .len = plan->dead_count * LODE_STRIDE_MDED}};
        pieces[1].len = encode(plan, rows, strings);
        const struct lode_part parts[] = {{.id = LODE_ID_MSET,
                                           .stride = LODE_STRIDE_MSET,
                                           .flags = LODE_FLAGS_MSET,
                                           .pieces = &pieces[0],
                                           .piece_count = 1,
                                           .always = true},
                                          {.id = LODE_ID_MSTR,
                                           .stride = LODE_STRIDE_MSTR,
                                           .flags = LODE_FLAGS_MSTR,
                                           .pieces = &pieces[1],
                                           .piece_count = 1,
                                           .always = true},
                                          {.id = LODE_ID_MDED,
                                           .stride = LODE_STRIDE_MDED,
                                           .flags = LODE_FLAGS_MDED,
                                           .pieces = &pieces[2],
                                           .piece_count = 1}};
        status = lode_assemble(fd, parts, 3, 1, path, content_id, diag);
    } else {
        (void)lode_diag_set(diag, status, "%s: out of memory", path);
    }
    free(rows);
    free(strings);
    free(dead);
    return status;
}

int lode_set_publish(const struct lode_set_plan *plan, const char *path, uint64_t *content_id,
                     struct lode_diag *diag)
{
    struct lode_publish pub;
    int status = lode_publish_begin(&pub, path, diag);
    if (status != LODE_OK)
        return status;
    status = write_set(plan, pub.fd, path, content_id, diag);
    if (status != LODE_OK) {
        lode_publish_abort(&pub);
        return status;
    }
    status = lode_publish_commit_held(&pub, diag);
    if (status == LODE_OK) /* before the next writer has members that this set does not name */
        lode_set_sweep(path, plan->rows, plan->count);
    lode_publish_let_go(&pub);
    return status;
}
