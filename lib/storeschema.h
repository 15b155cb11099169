/* Owns the schemas of a store's types of records (SPEC 15.1), read when they are first needed. */
#ifndef LODE_LIB_STORESCHEMA_H
#define LODE_LIB_STORESCHEMA_H

#include "schema.h"
#include "store.h"
#include "storewrite.h"

/* May the record be put, which is of a type that says FlatBuffers? t: its number; 0: it has none
 * yet, then *fresh is its schema, the caller's. CORRUPT, FEATURE, NOMEM; the writer stays as it
 * was. */
int lode_store_put_allowed(lode_store_writer *writer, const void *key, size_t key_len,
                           const void *data, size_t size, const char *type, int t,
                           lode_schema **fresh, struct lode_diag *diag);

/* Schemas of an open store, by type. One thread's. */
struct lode_store_schemas {
    struct {
        lode_schema *schema; /* NULL: it is no FlatBuffers, or cannot be read */
        bool tried;
    } * by_type;
};

/* The schema of a type, NULL where it is none, or where it was told before what is wrong with it.
 * The statuses of lode_store_schema but NOT_FOUND. */
int lode_store_schemas_get(struct lode_store_schemas *all, const lode_store *store, int type,
                           const lode_schema **out, struct lode_diag *diag);
void lode_store_schemas_free(struct lode_store_schemas *all, const lode_store *store);

/* What a record is called in messages: its key, or its number without keys. */
void lode_record_name(int keys, const void *key, size_t len, int64_t number, char *out, size_t cap);

#endif
