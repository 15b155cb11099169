/* Owns the bytes of an index file in memory: mapped, copied, or lent by the caller. */
#ifndef LODE_LIB_MAP_H
#define LODE_LIB_MAP_H

#include "lode.h"

#include <stdbool.h>

enum lode_map_owner { LODE_MAP_BORROWED, LODE_MAP_MMAP };

/* Beside enum lode_map_mode: copied with its packed bases, which LODE_MAP_COPY leaves in the file.
 */
enum { LODE_MAP_COPY_ALL = 3 };

struct lode_map {
    const uint8_t *data;
    uint64_t size;
    enum lode_map_owner owner;
    bool guarded;            /* rows are loaded inside lode_guard_run */
    uint64_t hole, hole_end; /* LODE_MAP_COPY: bytes of BASE that are not in memory */
};

/* Maps or copies the regular file behind fd (enum lode_map_mode); path is for messages. */
int lode_map_fd(struct lode_map *map, int fd, int mode, const char *path, struct lode_diag *diag);

void lode_map_free(struct lode_map *map);

#endif
