/* Owns the inside of lode_store_reader: scratch memory of one thread. */
#ifndef LODE_LIB_STOREREAD_H
#define LODE_LIB_STOREREAD_H

#include "plan.h"
#include "store.h"

struct lode_store_reader {
    const lode_store *whole; /* what it was made for */
    const lode_store *store; /* the same, or the member of that set which is read */
    ZSTD_DCtx *context;      /* made by the first packed record */
    uint8_t *frame;          /* of a packed record: a copy that cannot change under the decoder */
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

/* Turns the reader to a member of its set. */
void lode_store_reader_use(lode_store_reader *reader, const lode_store *store);

/* lode_store_get and lode_store_get_many of the store that the reader is turned to; arguments are
 * checked. */
int64_t lode_store_read(lode_store_reader *reader, int64_t number, void *dst, int64_t cap,
                        struct lode_diag *diag);
int64_t lode_store_read_many(lode_store_reader *reader, struct lode_store_request *requests,
                             int64_t n, int threads, struct lode_diag *diag);

#endif
