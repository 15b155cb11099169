#include "members.h"

#include "bytes.h"
#include "diag.h"
#include "guard.h"
#include "io.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading --------------------------------------------------------------------------------- */

/* Work inside the guard. */
struct load {
    const struct lode_map *map;
    struct lode_members *members;
    struct lode_fault fault;
};

static int run_parse(void *arg)
{
    struct load *load = arg;
    struct lode_container box;
    const int status = lode_container_parse(load->map->data, load->map->size, &box, &load->fault);
    return status == LODE_FMT_OK ? lode_memberset_parse(&box, &load->members->view, &load->fault)
                                 : status;
}

static int prove(const struct load *load, const struct lode_rows *table, uint64_t stride,
                 struct lode_fault *fault)
{
    return lode_proof_of(&load->members->proof, table->rows, table->count * stride, fault);
}

static int copy_rows(struct load *load)
{
    struct lode_members *m = load->members;
    struct lode_member_row row, end = {0};
    const uint8_t *name;
    for (int i = 0; i < m->count; i++) {
        const int status =
            lode_memberset_member(&m->view, (uint64_t)i, &row, &end, &name, &load->fault);
        if (status != LODE_FMT_OK)
            return status;
        struct lode_member *out = &m->rows[i];
        memcpy(out->name, name, row.path_len);
        out->name[row.path_len] = '\0';
        out->content_id = row.content_id;
        out->file_size = row.file_size;
        out->first = (int64_t)row.first;
        out->source = (int64_t)row.source;
        m->kind = (int)row.kind;
    }
    m->rows[m->count].first = (int64_t)end.first;
    m->rows[m->count].source = (int64_t)end.source;
    return LODE_FMT_OK;
}

static int run_rows(void *arg)
{
    struct load *load = arg;
    const struct lode_memberset *view = &load->members->view;
    int status = prove(load, &view->members, LODE_STRIDE_MSET, &load->fault);
    if (status == LODE_FMT_OK)
        status = prove(load, &view->strings, LODE_STRIDE_MSTR, &load->fault);
    if (status == LODE_FMT_OK)
        status = prove(load, &view->dead, LODE_STRIDE_MDED, &load->fault);
    return status == LODE_FMT_OK ? copy_rows(load) : status;
}

/* fn under the guard of the map. */
static int guarded(struct load *load, int (*fn)(void *arg))
{
    const int status = lode_guard_run(load->map, fn, load);
    if (status == LODE_E_TRUNCATED && load->fault.status == 0)
        lode_fail(&load->fault, status, "H-11", 0, 0);
    return status;
}

bool lode_members_begin(int fd)
{
    static const uint8_t magic[] = LODE_MAGIC_BYTES;
    uint8_t head[LODE_HEADER_SIZE + LODE_ENTRY_SIZE];
    const ssize_t got = lode_pread_full(fd, head, sizeof head, 0);
    return got == (ssize_t)sizeof head && memcmp(head, magic, sizeof magic) == 0 &&
           lode_get32(head + LODE_HEADER_SIZE + LODE_ENTRY_ID) == LODE_ID_MSET;
}

bool lode_members_there(const struct lode_map *map)
{
    struct lode_members members = {0};
    struct load load = {.map = map, .members = &members};
    return guarded(&load, run_parse) == LODE_OK;
}

int lode_members_read(struct lode_members *members, const struct lode_map *map, const char *path,
                      struct lode_diag *diag)
{
    struct load load = {.map = map, .members = members};
    int status = guarded(&load, run_parse);
    if (status != LODE_OK)
        return lode_diag_members_fault(diag, path, &load.fault);
    members->count = (int)members->view.count;
    members->rows = calloc((size_t)members->count + 1, sizeof *members->rows);
    if (members->rows == NULL || !lode_proof_init(&members->proof, &members->view.box))
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", path);
    status = guarded(&load, run_rows);
    return status == LODE_OK ? LODE_OK : lode_diag_members_fault(diag, path, &load.fault);
}

int lode_members_of_stores(const char *path, struct lode_diag *diag)
{
    struct lode_members members = {0};
    struct lode_map map = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return lode_diag_errno(diag, "%s: cannot open", path);
    int status = lode_members_begin(fd)
                     ? lode_map_fd(&map, fd, LODE_MAP_COPY, path, diag)
                     : lode_diag_set(diag, LODE_E_NOT_FOUND, "%s: is no set of files", path);
    if (status == LODE_OK)
        status = lode_members_read(&members, &map, path, diag);
    if (status == LODE_OK && members.kind != LODE_MEMBER_STORE)
        status = lode_diag_set(diag, LODE_E_NOT_FOUND, "%s: is a set of sequence indexes", path);
    lode_members_free(&members);
    lode_map_free(&map);
    close(fd);
    return status;
}

struct verify_call {
    const struct lode_members *members;
    struct lode_fault *fault;
};

static int run_verify(void *arg)
{
    const struct verify_call *call = arg;
    const struct lode_container *box = &call->members->view.box;
    struct lode_section psum;
    int status = lode_container_check_psum(box, call->fault);
    lode_container_entry(box, box->entry_count - 1, &psum);
    for (uint64_t i = 0; i < psum.count && status == LODE_FMT_OK; i++)
        status = lode_container_check_page(box, i, call->fault);
    if (status == LODE_FMT_OK)
        status = lode_container_check_padding(box, call->fault);
    return status == LODE_FMT_OK ? lode_memberset_verify(&call->members->view, call->fault)
                                 : status;
}

int lode_members_verify(const struct lode_members *members, const struct lode_map *map,
                        struct lode_fault *fault)
{
    struct verify_call call = {members, fault};
    const int status = lode_guard_run(map, run_verify, &call);
    if (status == LODE_E_TRUNCATED && fault->status == 0)
        lode_fail(fault, status, "H-11", 0, 0);
    return status;
}

void lode_members_free(struct lode_members *members)
{
    lode_proof_free(&members->proof);
    free(members->rows);
    members->rows = NULL;
}

/* ---- files ----------------------------------------------------------------------------------- */

int lode_members_open(const struct lode_members *members, int i, int dir_fd, const char *path,
                      struct lode_diag *diag)
{
    const struct lode_member *m = &members->rows[i];
    struct stat st;
    const int fd = openat(dir_fd, m->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return lode_diag_set(diag, LODE_E_MISSING,
                             "%s: its file '%s' is gone: the files of a set stay beside it", path,
                             m->name);
    if (fd < 0 || fstat(fd, &st) != 0) {
        const int status = lode_diag_errno(diag, "%s: its file '%s': cannot open", path, m->name);
        if (fd >= 0)
            close(fd);
        return status;
    }
    if ((uint64_t)st.st_size == m->file_size)
        return fd;
    close(fd);
    return lode_diag_set(diag, LODE_E_STALE,
                         "%s: its file '%s' is not the one that belongs to the set: it has another "
                         "size",
                         path, m->name);
}

int lode_members_dir(const char *path, struct lode_diag *diag)
{
    char *real = realpath(path, NULL);
    if (real == NULL)
        return lode_diag_errno(diag, "%s: cannot open its directory", path);
    char *slash = strrchr(real, '/');
    slash[slash == real ? 1 : 0] = '\0';
    const int fd = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int status = fd < 0 ? lode_diag_errno(diag, "%s: cannot open its directory", path) : fd;
    free(real);
    return status;
}

char *lode_members_path(const char *path, const char *name)
{
    char *dir = strdup(path);
    char *slash = dir != NULL ? strrchr(dir, '/') : NULL;
    if (slash != NULL)
        slash[slash == dir ? 1 : 0] = '\0';
    char *joined = dir == NULL ? NULL : lode_path_join(slash != NULL ? dir : "", name);
    free(dir);
    return joined;
}

int lode_members_of(const struct lode_members *members, int64_t number, bool by_source)
{
    int lo = 0, hi = members->count;
    while (hi - lo > 1) {
        const int mid = lo + (hi - lo) / 2;
        const struct lode_member *m = &members->rows[mid];
        if ((by_source ? m->source : m->first) <= number)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}
