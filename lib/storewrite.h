/* Owns the inside of lode_store_writer: what was put so far, in spools. */
#ifndef LODE_LIB_STOREWRITE_H
#define LODE_LIB_STOREWRITE_H

#include "publish.h"
#include "spool.h"

#include <stdbool.h>
#include <zstd.h>

struct lode_store_writer {
    struct {
        int keys, codec, level, align_log2, unique;
        unsigned shuffle;
        size_t block_size;
    } o;
    struct lode_publish pub;
    bool in_memory;
    int dir_fd;
    struct lode_spool heap, rows, keys, blocks, types, strings, slots;
    uint8_t *dictionary;
    size_t dictionary_size;
    size_t name_len; /* at the begin of strings */
    uint64_t records, bytes, key_bytes;
    ZSTD_CCtx *context;
    ZSTD_CDict *cdict;
    uint8_t *frame, *planes; /* scratch */
    size_t frame_cap, planes_cap;
    uint8_t *block; /* records on their way into the next block */
    size_t block_len, block_cap;
    char **type_texts; /* of types 1, 2, ... */
    size_t type_count, type_cap;
    int last_type; /* the type found last */
    bool broken;   /* a put failed half-way */
};

/* Closes the block that is being gathered. -1 with errno. */
int lode_store_close_block(lode_store_writer *writer);

#endif
