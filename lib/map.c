#include "map.h"

#include "container.h"
#include "diag.h"
#include "guard.h"
#include "io.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* An index up to this size is asked for whole at open, so that a cold first lookup waits for one
 * read instead of five scattered ones. */
enum { PREFETCH_MAX = 16 << 20, HEAD = 1 << 20 };

/* Bytes [from, to) of the file into the copy. */
static int copy_bytes(uint8_t *copy, int fd, uint64_t from, uint64_t to, const char *path,
                      struct lode_diag *diag)
{
    const ssize_t got = lode_pread_full(fd, copy + from, (size_t)(to - from), from);
    if (got < 0)
        return lode_diag_errno(diag, "%s: cannot read", path);
    if ((uint64_t)got < to - from)
        return lode_diag_set(diag, LODE_E_TRUNCATED, "%s: cut short while it was read", path);
    return LODE_OK;
}

/* The pages that hold nothing but packed bases, when header and directory at the begin of the copy
 * tell: they are read when they are needed. */
static void find_hole(struct lode_map *map)
{
    const uint64_t page = (1u << LODE_PAGE_LOG2) - 1;
    struct lode_container box;
    struct lode_section base;
    if (lode_container_parse(map->data, map->size, &box, NULL) != LODE_FMT_OK ||
        box.dir_end > HEAD || !lode_container_find(&box, LODE_ID_BASE, 0, &base) ||
        base.len <= LODE_BASE_TAIL)
        return;
    const uint64_t begin = (base.off + page) & ~page;
    const uint64_t end = (base.off + base.len - LODE_BASE_TAIL) & ~page;
    if (begin >= HEAD && begin < end) {
        map->hole = begin;
        map->hole_end = end;
    }
}

static int copy_file(struct lode_map *map, int fd, bool all, const char *path,
                     struct lode_diag *diag)
{
    const uint64_t head = map->size < HEAD ? map->size : HEAD;
    void *copy =
        mmap(NULL, (size_t)map->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory for a copy of the index", path);
    (void)madvise(copy, (size_t)map->size, MADV_HUGEPAGE); /* fewer faults while it fills */
    map->data = copy;
    map->owner = LODE_MAP_MMAP;
    int status = copy_bytes(copy, fd, 0, head, path, diag);
    map->hole = map->hole_end = head;
    if (status == LODE_OK && !all)
        find_hole(map);
    if (status == LODE_OK)
        status = copy_bytes(copy, fd, head, map->hole, path, diag);
    return status == LODE_OK ? copy_bytes(copy, fd, map->hole_end, map->size, path, diag) : status;
}

int lode_map_fd(struct lode_map *map, int fd, int mode, const char *path, struct lode_diag *diag)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return lode_diag_errno(diag, "%s: cannot stat", path);
    if (!S_ISREG(st.st_mode))
        return lode_diag_set(diag, LODE_E_NOT_LODE, "%s: not a lode file: not a regular file",
                             path);
    map->size = (uint64_t)st.st_size;
    if (map->size == 0)
        return lode_diag_set(diag, LODE_E_NOT_LODE, "%s: not a lode file: the file is empty", path);
    if (map->size > SIZE_MAX / 2)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: larger than this machine's address space",
                             path);
    if (mode == LODE_MAP_COPY || mode == LODE_MAP_COPY_ALL)
        return copy_file(map, fd, mode == LODE_MAP_COPY_ALL, path, diag);
    if (mode == LODE_MAP_GUARDED && lode_guard_install() != 0)
        return lode_diag_errno(diag, "%s: cannot install the SIGBUS guard", path);
    map->guarded = mode == LODE_MAP_GUARDED;
    void *data = mmap(NULL, (size_t)map->size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        return lode_diag_errno(diag, "%s: cannot map", path);
    if (map->size <= PREFETCH_MAX)
        (void)madvise(data, (size_t)map->size, MADV_WILLNEED);
    map->data = data;
    map->owner = LODE_MAP_MMAP;
    return LODE_OK;
}

void lode_map_free(struct lode_map *map)
{
    const int saved = errno;
    if (map->owner == LODE_MAP_MMAP)
        munmap((void *)(uintptr_t)map->data, (size_t)map->size);
    map->data = NULL;
    map->size = 0;
    map->owner = LODE_MAP_BORROWED;
    errno = saved;
}
