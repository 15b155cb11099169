/* Owns writing on from a record store without writing it anew: what is put becomes a member of a
 * set, what is replaced or removed is out of use (SPEC 16.2, 16.3). */
#ifndef LODE_LIB_SETSTOREWRITE_H
#define LODE_LIB_SETSTOREWRITE_H

#include "lode.h"

#include <stdbool.h>
#include <stdint.h>

/* What a writer extends. */
struct lode_extension {
    lode_store *base; /* as it was found: a store by itself, or a set */
    uint64_t *dead;   /* places that will be out of use, in no order, some twice */
    size_t dead_count, dead_cap;
    bool clash; /* a key was put that is there and may not be replaced: */
    int64_t clash_number;
};

/* How a store stores its records: info and options, whose name is info's, whose dictionary is
 * *dictionary, to be freed. */
int lode_store_options_of(const lode_store *base, struct lode_store_info *info,
                          struct lode_store_options *options, void **dictionary,
                          struct lode_diag *diag);

/* A writer for the store or set at path, which is open as base and locked by lock: takes both over,
 * on failure, too. UNSUPPORTED where the set can have no more members. */
int lode_extension_begin(const char *path, lode_store *base, int lock, lode_store_writer **out,
                         struct lode_diag *diag);
void lode_extension_free(struct lode_extension *extension);

/* The record of a key, if there is one, or a record by number, will be out of use. unique: where
 * there is one, publishing will be DUPLICATE. The statuses of lode_store_find, but NOT_FOUND;
 * NOMEM; RANGE. */
int lode_extension_hide(struct lode_extension *extension, const void *key, size_t len, bool unique,
                        struct lode_diag *diag);
int lode_extension_hide_at(struct lode_extension *extension, int64_t number,
                           struct lode_diag *diag);

/* lode_store_publish of such a writer; it stays the caller's. */
int lode_extension_publish(lode_store_writer *writer, lode_store **opened, struct lode_diag *diag);

#endif
