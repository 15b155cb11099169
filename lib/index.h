/* Owns the inside of lode_index. Immutable after open. */
#ifndef LODE_LIB_INDEX_H
#define LODE_LIB_INDEX_H

#include "map.h"
#include "seqindex.h"

#include <stdbool.h>

struct lode_index {
    struct lode_seqindex seq;
    struct lode_map map;
    char *path; /* as given, for messages */
    /* Where locators start: the directory the index really lies in, then, when the index was opened
     * through a symbolic link, the link's directory. -1 when absent. O_PATH, so that chdir and
     * rename of directories do not matter. */
    int root[2];
    int fd;           /* of the index file, where it holds packed bases; else -1 */
    bool base_mapped; /* packed bases are in the map, too */
    uint8_t *proven;  /* a bit for each page: lib/prove.h */
    uint64_t first_page, page_count;
    bool outside_ok;  /* ".." in locators */
    bool absolute_ok; /* locators from / */
};

/* fn(arg), which loads rows, under the index's SIGBUS guard. Where the guard had to act: TRUNCATED,
 * and *fault (or NULL) says so. */
int lode_index_guarded(const lode_index *index, int (*fn)(void *arg), void *arg,
                       struct lode_fault *fault);

/* lode_open_fd into private memory, packed bases too. root: the directory of sources. */
int lode_index_copy(int fd, const char *root, lode_index **out, struct lode_diag *diag);

/* A copy of a struct the caller may have compiled against another version: takes the smaller of
 * both sizes, the rest is zero. False when struct_size is missing or the tail the caller knows and
 * this library does not is not zero. NULL src leaves the zeroed defaults. */
bool lode_struct_in(void *dst, size_t size, const void *src);

/* Fills the caller's struct up to its own struct_size. */
bool lode_struct_out(void *dst, const void *src, size_t size);

#endif
