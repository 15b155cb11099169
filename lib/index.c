#include "index.h"

#include "diag.h"
#include "guard.h"
#include "lock.h"
#include "recstore.h"
#include "setindex.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_dir(const char *path)
{
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Directory part of a path, in place. */
static char *parent_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strcpy(path, ".");
    slash[slash == path ? 1 : 0] = 0;
    return path;
}

/* Opens the index file and the directories its locators may start in. The common case, no symbolic
 * link as last component, costs two system calls. */
static int open_files(lode_index *ix, const char *path, int *fd, struct lode_diag *diag)
{
    char dir[PATH_MAX + 2];
    if (strlen(path) > PATH_MAX)
        return lode_diag_set(diag, LODE_E_ARG, "the path of the index is too long");
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    const bool link = *fd < 0 && errno == ELOOP;
    if (link)
        *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return lode_diag_errno(diag, "%s: cannot open", path);
    int given = open_dir(parent_of(strcpy(dir, path)));
    if (link) {
        char *real = realpath(path, NULL);
        ix->root[0] = real != NULL ? open_dir(parent_of(real)) : -1;
        ix->root[1] = given;
        free(real);
    } else {
        ix->root[0] = given;
    }
    return LODE_OK;
}

/* SOURCES_OWNER: locators may leave the tree when the index was written by us or by root. */
static bool owned(int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0);
}

static int apply_options(lode_index *ix, const struct lode_open_options *options, int fd,
                         struct lode_diag *diag)
{
    ix->absolute_ok = options->source_policy == LODE_SOURCES_ANYWHERE;
    ix->outside_ok = ix->absolute_ok || (options->source_policy == LODE_SOURCES_OWNER && owned(fd));
    if (options->source_root == NULL)
        return LODE_OK;
    for (int i = 0; i < 2; i++)
        if (ix->root[i] >= 0)
            close(ix->root[i]);
    ix->root[1] = -1;
    ix->root[0] = open_dir(options->source_root);
    if (ix->root[0] < 0)
        return lode_diag_errno(diag, "%s: cannot open the directory of sources",
                               options->source_root);
    return LODE_OK;
}

int lode_index_guarded(const lode_index *index, int (*fn)(void *arg), void *arg,
                       struct lode_fault *fault)
{
    const int status = lode_guard_run(&index->map, fn, arg);
    if (status == LODE_E_TRUNCATED && fault != NULL && fault->status == 0)
        lode_fail(fault, status, "H-11", 0, 0); /* cut short since it was opened */
    return status;
}

/* Arguments of a parse inside the guard. */
struct parse_call {
    lode_index *ix;
    struct lode_fault fault;
};

static int run_parse(void *arg)
{
    struct parse_call *call = arg;
    return lode_seqindex_parse(call->ix->map.data, call->ix->map.size, &call->ix->seq,
                               &call->fault);
}

/* Is it a file of lode's whose content is another one? */
static int run_holds_records(void *arg)
{
    const lode_index *ix = arg;
    struct lode_container box;
    struct lode_section s;
    return lode_container_parse(ix->map.data, ix->map.size, &box, NULL) == LODE_FMT_OK &&
                   !lode_container_find(&box, LODE_ID_SRCE, 0, &s) &&
                   lode_recstore_groups(&box, NULL, 0) > 0
               ? LODE_OK
               : LODE_E_NOT_FOUND;
}

static bool holds_records(lode_index *ix)
{
    return lode_index_guarded(ix, run_holds_records, ix, NULL) == LODE_OK;
}

/* The members of a set lie beside it, or where a descriptor's or buffer's sources do. */
static int open_set(lode_index *ix, const struct lode_open_options *options, bool by_path,
                    struct lode_diag *diag)
{
    if (!by_path && options->source_root == NULL)
        return lode_diag_set(diag, LODE_E_UNSUPPORTED,
                             "%s: is a set of files: say where they are by source_root", ix->path);
    const int dir = by_path ? lode_members_dir(ix->path, diag) : open_dir(options->source_root);
    if (dir < 0)
        return by_path ? dir
                       : lode_diag_errno(diag, "%s: cannot open the directory of the set",
                                         options->source_root);
    const int status = lode_indexset_open(ix, dir, options, diag);
    close(dir);
    return status;
}

static int check_id(const lode_index *ix, const struct lode_open_options *options,
                    struct lode_diag *diag)
{
    if (options->content_id != 0 && options->content_id != ix->seq.box.content_id)
        return lode_diag_set(diag, LODE_E_STALE,
                             "%s: holds content %016llx where %016llx was asked for: the index was "
                             "published again; open it anew",
                             ix->path, (unsigned long long)ix->seq.box.content_id,
                             (unsigned long long)options->content_id);
    return LODE_OK;
}

static int parse(lode_index *ix, const struct lode_open_options *options, struct lode_diag *diag)
{
    struct parse_call call = {.ix = ix};
    if (lode_index_guarded(ix, run_parse, &call, &call.fault) != LODE_OK)
        return holds_records(ix)
                   ? lode_diag_set(diag, call.fault.status,
                                   "%s: holds records and no sequence: lode_store_open "
                                   "and 'lode rec' read them",
                                   ix->path)
                   : lode_diag_open_fault(diag, ix->path, &ix->map, true, &call.fault);
    const int status = check_id(ix, options, diag);
    if (status != LODE_OK)
        return status;
    return lode_proof_init(&ix->proof, &ix->seq.box)
               ? LODE_OK
               : lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", ix->path);
}

/* An index, or a set of them. */
static int parse_any(lode_index *ix, const struct lode_open_options *options, bool by_path,
                     struct lode_diag *diag)
{
    int status = parse(ix, options, NULL);
    if (status == LODE_OK)
        return status;
    if (!lode_members_there(&ix->map))
        return parse(ix, options, diag); /* once more, for the words */
    status = open_set(ix, options, by_path, diag);
    return status == LODE_OK ? check_id(ix, options, diag) : status;
}

static int new_index(const char *path, const struct lode_open_options *options,
                     struct lode_open_options *own, lode_index **out, struct lode_diag *diag)
{
    if (!lode_struct_in(own, sizeof *own, options) || own->map_mode < LODE_MAP_SHARED ||
        own->map_mode > LODE_MAP_GUARDED || own->source_policy < LODE_SOURCES_BENEATH ||
        own->source_policy > LODE_SOURCES_ANYWHERE)
        return lode_diag_set(diag, LODE_E_ARG, "%s: open options are not valid", path);
    lode_index *ix = calloc(1, sizeof *ix);
    if (ix != NULL)
        ix->path = strdup(path);
    if (ix == NULL || ix->path == NULL) {
        free(ix);
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", path);
    }
    ix->root[0] = ix->root[1] = ix->fd = -1;
    *out = ix;
    return LODE_OK;
}

/* Large reads of packed bases are by pread (lib/packedload.h). */
static int keep_fd(lode_index *ix, int fd, int map_mode, struct lode_diag *diag)
{
    ix->base_mapped = map_mode != LODE_MAP_COPY;
    if (!ix->seq.packed)
        return LODE_OK;
    ix->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return ix->fd >= 0 ? LODE_OK : lode_diag_errno(diag, "%s: cannot keep it open", ix->path);
}

/* Shared tail of the three ways to open: keeps ix on success, frees it on failure. */
static int finish(lode_index *ix, int status, lode_index **out)
{
    if (status == LODE_OK)
        *out = ix;
    else
        lode_close(ix);
    return status;
}

/* *replaced: it failed, and by then another file stood at path. */
static int open_path(const char *path, const struct lode_open_options *options, lode_index **out,
                     bool *replaced, struct lode_diag *diag)
{
    struct lode_open_options own = {0};
    lode_index *ix;
    int fd = -1;
    int status = new_index(path, options, &own, &ix, diag);
    *replaced = false;
    if (status != LODE_OK)
        return status;
    status = open_files(ix, path, &fd, diag);
    if (status == LODE_OK)
        status = apply_options(ix, &own, fd, diag);
    if (status == LODE_OK)
        status = lode_map_fd(&ix->map, fd, own.map_mode, path, diag);
    if (status == LODE_OK)
        status = parse_any(ix, &own, true, diag);
    if (status == LODE_OK)
        status = keep_fd(ix, fd, own.map_mode, diag);
    *replaced = status == LODE_E_MISSING && !lode_lock_holds(path, fd);
    if (fd >= 0)
        close(fd);
    return finish(ix, status, out);
}

int lode_open(const char *path, const struct lode_open_options *options, lode_index **out,
              struct lode_diag *diag)
{
    enum { TRIES = 100 };
    bool replaced = true;
    int status = LODE_OK;
    if (path == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_open: path and out must not be NULL");
    /* a set may be replaced between its own file and those of its members */
    for (int i = 0; i < TRIES && replaced; i++)
        status = open_path(path, options, out, &replaced, diag);
    return status;
}

int lode_index_member(const lode_index *set, int fd, const char *path, int map_mode,
                      lode_index **out, struct lode_diag *diag)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT, own;
    lode_index *ix;
    int status = new_index(path, &options, &own, &ix, diag);
    if (status != LODE_OK)
        return status;
    ix->is_member = true;
    ix->root[0] = set->root[0];
    ix->root[1] = set->root[1];
    ix->outside_ok = set->outside_ok;
    ix->absolute_ok = set->absolute_ok;
    status = lode_map_fd(&ix->map, fd, map_mode, path, diag);
    if (status == LODE_OK)
        status = parse(ix, &options, diag);
    if (status == LODE_OK)
        status = keep_fd(ix, fd, map_mode, diag);
    return finish(ix, status, out);
}

static int open_fd(int fd, const struct lode_open_options *options, int map_mode, lode_index **out,
                   struct lode_diag *diag)
{
    struct lode_open_options own = {0};
    lode_index *ix;
    int status = new_index("(descriptor)", options, &own, &ix, diag);
    if (status != LODE_OK)
        return status;
    if (map_mode >= 0)
        own.map_mode = map_mode;
    status = apply_options(ix, &own, fd, diag);
    if (status == LODE_OK)
        status = lode_map_fd(&ix->map, fd, own.map_mode, ix->path, diag);
    if (status == LODE_OK)
        status = parse_any(ix, &own, false, diag);
    if (status == LODE_OK)
        status = keep_fd(ix, fd, own.map_mode, diag);
    return finish(ix, status, out);
}

int lode_index_copy(int fd, const char *root, lode_index **out, struct lode_diag *diag)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    options.source_root = root;
    return open_fd(fd, &options, LODE_MAP_COPY_ALL, out, diag);
}

int lode_open_fd(int fd, const struct lode_open_options *options, lode_index **out,
                 struct lode_diag *diag)
{
    if (fd < 0 || out == NULL || options == NULL || options->source_root == NULL)
        return lode_diag_set(diag, LODE_E_ARG,
                             "lode_open_fd: needs a descriptor, out and a source_root");
    return open_fd(fd, options, -1, out, diag);
}

int lode_open_buffer(const void *data, size_t size, const struct lode_open_options *options,
                     lode_index **out, struct lode_diag *diag)
{
    struct lode_open_options own = {0};
    lode_index *ix;
    if (data == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_open_buffer: data and out must not be NULL");
    int status = new_index("(buffer)", options, &own, &ix, diag);
    if (status != LODE_OK)
        return status;
    ix->map.data = data;
    ix->map.size = size;
    status = apply_options(ix, &own, -1, diag);
    if (status == LODE_OK)
        status = parse_any(ix, &own, false, diag);
    ix->base_mapped = true;
    return finish(ix, status, out);
}

void lode_close(lode_index *index)
{
    const int saved = errno;
    if (index == NULL)
        return;
    for (int i = 0; i < 2 && !index->is_member; i++)
        if (index->root[i] >= 0)
            close(index->root[i]);
    lode_indexset_close(index->set);
    if (index->fd >= 0)
        close(index->fd);
    lode_map_free(&index->map);
    lode_proof_free(&index->proof);
    free(index->path);
    free(index);
    errno = saved;
}

/* Bytes of a set are those of all its files. */
static void add_members(const struct lode_indexset *set, struct lode_info *info)
{
    info->members = set->table.count;
    for (int i = 0; i < set->table.count; i++) {
        struct lode_info one = {.struct_size = sizeof one};
        (void)lode_index_info(set->members[i], &one);
        info->file_size += one.file_size;
        info->packed_size += one.packed_size;
    }
}

int lode_index_info(const lode_index *index, struct lode_info *out)
{
    struct lode_info info = {.struct_size = sizeof info};
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    const struct lode_seqindex *seq = &index->seq;
    info.content_id = seq->box.content_id;
    info.file_size = seq->box.size;
    info.sources = (int64_t)seq->source_count;
    info.contigs = (int64_t)seq->contig_count;
    info.format_major = seq->box.major;
    info.format_minor = seq->box.minor;
    info.sections = (int)seq->box.entry_count;
    info.packed_size = seq->packed ? (int64_t)(seq->base.count + LODE_BASE_TAIL) : 0;
    if (index->set != NULL)
        add_members(index->set, &info);
    return lode_struct_out(out, &info, sizeof info) ? LODE_OK : LODE_E_ARG;
}
