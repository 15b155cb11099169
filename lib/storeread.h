/* Owns the inside of lode_store_reader: scratch memory of one thread. */
#ifndef LODE_LIB_STOREREAD_H
#define LODE_LIB_STOREREAD_H

#include "plan.h"
#include "store.h"

struct lode_store_reader {
    const lode_store *store;
    ZSTD_DCtx *context; /* made by the first packed record */
    uint8_t *frame;     /* of a packed record: a copy that cannot change under the decoder */
    size_t frame_cap;
    uint8_t *planes; /* of a shuffled one */
    size_t planes_cap;
    uint8_t *block; /* decoded bytes of block_number */
    size_t block_cap;
    int64_t block_number; /* -1: none */
    /* For batches, kept from one to the next. */
    struct lode_plan plan;
    struct lode_store_reader **helpers;
    int helper_count;
};

#endif
