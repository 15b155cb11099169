#include "map.h"

#include "diag.h"
#include "guard.h"
#include "io.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* An index up to this size is asked for whole at open, so that a cold first lookup waits for one
 * read instead of five scattered ones. */
enum { PREFETCH_MAX = 16 << 20 };

static int copy_file(struct lode_map *map, int fd, const char *path, struct lode_diag *diag)
{
    void *copy =
        mmap(NULL, (size_t)map->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory for a copy of the index", path);
    (void)madvise(copy, (size_t)map->size, MADV_HUGEPAGE); /* fewer faults while it fills */
    map->data = copy;
    map->owner = LODE_MAP_MMAP;
    const ssize_t got = lode_pread_full(fd, copy, (size_t)map->size, 0);
    if (got < 0)
        return lode_diag_errno(diag, "%s: cannot read", path);
    if ((uint64_t)got < map->size)
        return lode_diag_set(diag, LODE_E_TRUNCATED, "%s: cut short while it was read", path);
    return LODE_OK;
}

int lode_map_fd(struct lode_map *map, int fd, int mode, const char *path, struct lode_diag *diag)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return lode_diag_errno(diag, "%s: cannot stat", path);
    if (!S_ISREG(st.st_mode))
        return lode_diag_set(diag, LODE_E_NOT_LODE, "%s: not a lode index: not a regular file",
                             path);
    map->size = (uint64_t)st.st_size;
    if (map->size == 0)
        return lode_diag_set(diag, LODE_E_NOT_LODE, "%s: not a lode index: the file is empty",
                             path);
    if (map->size > SIZE_MAX / 2)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: larger than this machine's address space",
                             path);
    if (mode == LODE_MAP_COPY)
        return copy_file(map, fd, path, diag);
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
