/* Owns the making of a store's table of keys (SPEC 15.2): the last record of each key, and which
 * ones it replaces. */
#ifndef LODE_LIB_STOREKEYS_H
#define LODE_LIB_STOREKEYS_H

#include "lode.h"
#include "spool.h"

#include <stdbool.h>

/* Keys by record: the key of record i is keys[begins[i], begins[i + 1]). */
struct lode_store_keyset {
    const uint8_t *keys;
    const uint64_t *begins;
    uint64_t count;
};

/* Marks in dead (a bit a record, zero before) each record whose key a later one has; *any says that
 * there are such. Or, when unique, fails with DUPLICATE at the first. NOMEM, FORMAT. */
int lode_store_replaced(const struct lode_store_keyset *set, bool unique, uint8_t *dead, bool *any,
                        struct lode_diag *diag);

/* Appends the table to slots; *param is the section's. No key stands twice. NOMEM, IO, FORMAT when
 * the keys flood the hash. */
int lode_store_slots(const struct lode_store_keyset *set, struct lode_spool *slots, uint32_t *param,
                     struct lode_diag *diag);

#endif
