#include "sourcefile.h"

#include "diag.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int lode_sourcefile_fingerprint(int fd, uint64_t size, uint64_t *fingerprint)
{
    enum { SPAN = LODE_FINGERPRINT_SPAN, WHOLE = 4 * SPAN };
    uint8_t bytes[WHOLE];
    const size_t n = size < SPAN ? (size_t)size : SPAN;
    /* a small file is read whole: one call instead of two */
    const size_t first = size <= WHOLE ? (size_t)size : n;
    const size_t second = size <= WHOLE ? 0 : n;
    const ssize_t a = lode_pread_full(fd, bytes, first, 0);
    const ssize_t b = a < 0 ? -1 : lode_pread_full(fd, bytes + first, second, size - second);
    if (a < 0 || b < 0)
        return -1;
    if ((size_t)a < first || (size_t)b < second) {
        errno = 0;
        return -1;
    }
    *fingerprint = lode_fingerprint(size, bytes, n, bytes + first + second - n, n);
    return 0;
}

static int stale(struct lode_diag *diag, const char *path, const char *what)
{
    return lode_diag_set(diag, LODE_E_STALE,
                         "%s: %s: not the file that was indexed; run 'lode index' again", path,
                         what);
}

int lode_sourcefile_check(int fd, const struct lode_source_row *row, const char *path,
                          struct lode_diag *diag)
{
    struct stat st;
    uint64_t fingerprint;
    if (fstat(fd, &st) != 0)
        return lode_diag_errno(diag, "%s: cannot stat", path);
    if ((uint64_t)st.st_size != row->file_size)
        return stale(diag, path, "the size changed");
    if (lode_sourcefile_fingerprint(fd, row->file_size, &fingerprint) != 0)
        return errno == 0 ? stale(diag, path, "the size changed")
                          : lode_diag_errno(diag, "%s: cannot read", path);
    return fingerprint == row->fingerprint ? LODE_OK : stale(diag, path, "the content changed");
}

/* Copies the locator out of the map, cut to cap - 1 bytes; for lode_index_guarded. */
struct locator_load {
    const lode_index *index;
    const struct lode_source *source;
    char *buf;
    size_t cap;
    uint32_t len; /* whole */
    bool has_nul;
    struct lode_fault fault;
};

static int run_locator_load(void *arg)
{
    struct locator_load *load = arg;
    struct lode_bytes path, name;
    const int status =
        lode_source_strings(&load->index->seq, load->source, &path, &name, &load->fault);
    if (status != LODE_FMT_OK)
        return status;
    const size_t n = path.len < load->cap ? path.len : load->cap - 1;
    memcpy(load->buf, path.data, n);
    load->buf[n] = 0;
    load->len = path.len;
    load->has_nul = memchr(load->buf, 0, n) != NULL;
    return LODE_OK;
}

const char *lode_sourcefile_name(const struct lode_index *index, const struct lode_source *source,
                                 char *buf, size_t cap)
{
    struct locator_load load = {.index = index, .source = source, .buf = buf, .cap = cap};
    if (lode_index_guarded(index, run_locator_load, &load, NULL) != LODE_OK)
        snprintf(buf, cap, "(source with a damaged name)");
    return buf;
}

/* Does any component of the locator leave the directory it starts in? */
static bool escapes(const char *path)
{
    for (const char *p = path; p != NULL; p = strchr(p, '/')) {
        while (*p == '/')
            p++;
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == 0))
            return true;
    }
    return false;
}

/* Copies the locator into buf when the policy allows it. */
static int allowed_path(const struct lode_index *index, const struct lode_source *source, char *buf,
                        size_t cap, struct lode_diag *diag)
{
    struct locator_load load = {.index = index, .source = source, .buf = buf, .cap = cap};
    if (lode_index_guarded(index, run_locator_load, &load, &load.fault) != LODE_OK)
        return lode_diag_fault(diag, index->path, &load.fault);
    if (load.len == 0 || load.len >= cap || load.has_nul)
        return lode_diag_set(diag, LODE_E_REFUSED, "%s: a source path of the index is not usable",
                             index->path);
    if ((buf[0] == '/' && !index->absolute_ok) || (escapes(buf) && !index->outside_ok))
        return lode_diag_set(
            diag, LODE_E_REFUSED,
            "%s: source '%s' lies outside the index's directory; if you trust this "
            "index, allow it with --allow-outside or name the directory with "
            "--root DIR",
            index->path, buf);
    return LODE_OK;
}

/* One attempt beneath one root. NONBLOCK: a FIFO in place of the file must not hang the open. */
static int try_root(int root, const char *path, const struct lode_source_row *row,
                    struct lode_diag *diag)
{
    struct stat st;
    const int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        const bool absent = errno == ENOENT || errno == ENOTDIR;
        const bool full = errno == EMFILE || errno == ENFILE;
        const int status = lode_diag_errno(diag, "%s: cannot open the source", path);
        if (absent)
            return lode_diag_set(diag, LODE_E_MISSING,
                                 "%s: the source is gone; put it back, index again, or name its "
                                 "directory with --root DIR",
                                 path);
        if (full)
            errno = EMFILE;
        return status;
    }
    int status = LODE_OK;
    if (fstat(fd, &st) != 0)
        status = lode_diag_errno(diag, "%s: cannot stat", path);
    else if (!S_ISREG(st.st_mode))
        status = lode_diag_set(diag, LODE_E_REFUSED, "%s: not a regular file", path);
    else
        status = lode_sourcefile_check(fd, row, path, diag);
    if (status == LODE_OK)
        return fd;
    close(fd);
    errno = 0;
    return status;
}

int lode_sourcefile_open(const struct lode_index *index, const struct lode_source *source,
                         struct lode_diag *diag)
{
    char path[PATH_MAX];
    int status = allowed_path(index, source, path, sizeof path, diag);
    if (status != LODE_OK)
        return status;
    if (source->row.kind == LODE_KIND_PACKED)
        return lode_diag_set(diag, LODE_E_FEATURE, "%s: source '%s' is packed only; upgrade lode",
                             index->path, path);
    if (index->root[0] < 0 && index->root[1] < 0)
        return lode_diag_set(diag, LODE_E_MISSING,
                             "%s: no directory to look for source '%s' in; give source_root",
                             index->path, path);
    status = LODE_E_MISSING;
    for (int i = 0; i < 2 && status < 0; i++)
        if (index->root[i] >= 0)
            status = try_root(index->root[i], path, &source->row, diag);
    return status;
}
