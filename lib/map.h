/* Owns the bytes of an index file in memory: mapped, copied, or lent by the caller. */
#ifndef LODE_LIB_MAP_H
#define LODE_LIB_MAP_H

#include "lode.h"

#include <stdbool.h>

enum lode_map_owner { LODE_MAP_BORROWED, LODE_MAP_MMAP };

struct lode_map {
    const uint8_t *data;
    uint64_t size;
    enum lode_map_owner owner;
    bool guarded; /* rows are loaded inside lode_guard_run */
};

/* Maps or copies the whole regular file behind fd (enum lode_map_mode); path is for messages. */
int lode_map_fd(struct lode_map *map, int fd, int mode, const char *path, struct lode_diag *diag);

void lode_map_free(struct lode_map *map);

#endif
