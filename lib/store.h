/* Owns the inside of lode_store. Immutable after open, but for the bits of its proof. */
#ifndef LODE_LIB_STORE_H
#define LODE_LIB_STORE_H

#include "lode.h"
#include "map.h"
#include "proof.h"
#include "recstore.h"

#include <zstd.h>

struct lode_storeset;

struct lode_store {
    struct lode_storeset *set; /* of a set: its members, who have the records. Or NULL */
    /* Of a set: the container, the count of records in use, and how the last member stores them. */
    struct lode_recstore view;
    struct lode_map map;
    struct lode_proof proof;
    char *path;        /* as given, for messages */
    int fd;            /* of the file, for asking ahead; -1: there is none */
    int64_t stores;    /* in the file */
    bool is_member;    /* of a set: no set itself */
    ZSTD_DDict *ddict; /* of the store's dictionary, digested once; or NULL */
};

/* fn(arg), which loads bytes of the store, under its SIGBUS guard. Where the guard had to act:
 * TRUNCATED, and *fault (or NULL) says so. */
int lode_store_guarded(const lode_store *store, int (*fn)(void *arg), void *arg,
                       struct lode_fault *fault);

/* A record's row, its own bytes proven; inside the guard. RANGE, FEATURE, CORRUPT, PAGE_SUM. */
int lode_store_row(const lode_store *store, uint64_t i, struct lode_record_row *row,
                   struct lode_fault *fault);

/* Proves n stored bytes at p, whose sum a proven row tells: by that sum where their pages were not
 * asked for before, so that a lone read touches no more than it must; by the pages from then on. */
int lode_store_prove(const lode_store *store, const uint8_t *p, uint64_t n, uint32_t sum,
                     struct lode_fault *fault);

/* A record by its row, which is proven; its bytes are when they are raw. Inside the guard. */
int lode_store_describe(const lode_store *store, uint64_t number, const struct lode_record_row *row,
                        struct lode_stored *out, struct lode_fault *fault);

/* lode_store_find_many of a store that is no set. hashes: of the keys, with the seed of its table;
 * NULL: they are made. */
int64_t lode_store_find_hashed(const lode_store *store, const void *const *keys, const size_t *lens,
                               const uint64_t *hashes, int64_t n, int64_t *numbers);

/* What was found wrong in a store, as a sentence. */
int lode_store_fault(const lode_store *store, const struct lode_fault *fault,
                     struct lode_diag *diag);

/* Takes over a descriptor of a finished store: the way in for lode_store_publish. */
int lode_store_open_fd(int fd, const char *path, const struct lode_store_open_options *options,
                       lode_store **out, struct lode_diag *diag);

/* The same for a member of a set, which is no set itself: LAYOUT. */
int lode_store_open_member(int fd, const char *path, int map_mode, lode_store **out,
                           struct lode_diag *diag);

#endif
