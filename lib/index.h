/* Owns the inside of lode_index. Immutable after open. */
#ifndef LODE_LIB_INDEX_H
#define LODE_LIB_INDEX_H

#include "map.h"
#include "proof.h"
#include "seqindex.h"
#include "structs.h"

#include <stdbool.h>

struct lode_indexset;

struct lode_index {
    struct lode_indexset
        *set; /* of a set: its members, who have the rows (lib/setindex.h). Or NULL */
    struct lode_seqindex seq; /* of a set: the container and the counts alone */
    struct lode_map map;
    char *path; /* as given, for messages */
    /* Where locators start: the directory the index really lies in, then, when the index was opened
     * through a symbolic link, the link's directory. -1 when absent. O_PATH, so that chdir and
     * rename of directories do not matter. */
    int root[2];
    int fd;           /* of the index file, where it holds packed bases; else -1 */
    bool base_mapped; /* packed bases are in the map, too */
    struct lode_proof proof;
    bool outside_ok;  /* ".." in locators */
    bool absolute_ok; /* locators from / */
    /* Of a member: root[] belongs to the set; contigs of the members before it, for what depends on
     * the number of a contig. */
    bool is_member;
    int64_t contigs_before;
};

/* fn(arg), which loads rows, under the index's SIGBUS guard. Where the guard had to act: TRUNCATED,
 * and *fault (or NULL) says so. */
int lode_index_guarded(const lode_index *index, int (*fn)(void *arg), void *arg,
                       struct lode_fault *fault);

/* lode_open_fd into private memory, packed bases too. root: the directory of sources. */
int lode_index_copy(int fd, const char *root, lode_index **out, struct lode_diag *diag);

/* Opens a member of a set, from a descriptor that stays the caller's; sources resolve as those of
 * the set, which outlives it. path is for messages. */
int lode_index_member(const lode_index *set, int fd, const char *path, int map_mode,
                      lode_index **out, struct lode_diag *diag);

#endif
