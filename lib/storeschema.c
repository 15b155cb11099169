#include "storeschema.h"

#include "bytes.h"
#include "diag.h"
#include "setstorewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lode_record_name(int keys, const void *key, size_t len, int64_t number, char *out, size_t cap)
{
    if (keys == LODE_STORE_NO_KEYS)
        snprintf(out, cap, "%lld", (long long)number);
    else if (keys == LODE_STORE_INTEGERS && len == 8)
        snprintf(out, cap, "%lld", (long long)lode_get64(key));
    else
        snprintf(out, cap, "'%.*s'", (int)(len < 200 ? len : 200),
                 len > 0 ? (const char *)key : "");
}

/* ---- a store's ------------------------------------------------------------------------------- */

int lode_store_schema(const lode_store *store, int type, lode_schema **out, struct lode_diag *diag)
{
    size_t len = 0;
    if (store == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_schema: an argument is not allowed");
    int status = lode_store_type(store, type, NULL, 0, &len);
    if (status != LODE_OK && status != LODE_E_SPACE)
        return lode_diag_set(diag, status, "%s: type %d of its records: %s", store->path, type,
                             lode_status_text(status));
    char *text = malloc(len + 1);
    if (text == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    status = lode_store_type(store, type, text, len + 1, &len);
    struct lode_diag why = {0};
    if (status != LODE_OK)
        (void)lode_diag_set(&why, status, "%s", lode_status_text(status));
    else if (!lode_schema_is_type(text, len))
        status = lode_diag_set(&why, LODE_E_NOT_FOUND, "it does not say FlatBuffers");
    else
        status = lode_schema_of_type(text, len, out, &why);
    free(text);
    if (status == LODE_OK)
        return LODE_OK;
    (void)lode_diag_set(diag, status, "%s: type %d of its records: %s", store->path, type,
                        why.message);
    if (diag != NULL)
        memcpy(diag->rule, why.rule, sizeof diag->rule);
    return status;
}

/* Types that rows can name. */
static size_t type_count(const lode_store *store)
{
    const uint64_t count = store->view.types.count;
    return count < LODE_RECORD_TYPES ? (size_t)count : LODE_RECORD_TYPES;
}

int lode_store_schemas_get(struct lode_store_schemas *all, const lode_store *store, int type,
                           const lode_schema **out, struct lode_diag *diag)
{
    *out = NULL;
    if (type <= 0 || (size_t)type > type_count(store))
        return LODE_OK;
    if (all->by_type == NULL &&
        (all->by_type = calloc(type_count(store) + 1, sizeof *all->by_type)) == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    int status = LODE_OK;
    if (!all->by_type[type].tried)
        status = lode_store_schema(store, type, &all->by_type[type].schema, diag);
    all->by_type[type].tried = status != LODE_E_NOMEM;
    *out = all->by_type[type].schema;
    return status == LODE_E_NOT_FOUND ? LODE_OK : status;
}

void lode_store_schemas_free(struct lode_store_schemas *all, const lode_store *store)
{
    for (size_t t = 0; all->by_type != NULL && t <= type_count(store); t++)
        lode_schema_free(all->by_type[t].schema);
    free(all->by_type);
    all->by_type = NULL;
}

/* ---- a writer's ------------------------------------------------------------------------------ */

/* The schema of type t, or a fresh one for a type that is not there yet. */
static int schema_of(lode_store_writer *w, const char *type, int t, lode_schema **out,
                     struct lode_diag *diag)
{
    struct lode_diag why;
    *out = t > 0 ? w->type_names[t - 1].schema : NULL;
    if (*out != NULL)
        return LODE_OK;
    const int status = lode_schema_of_type(type, strlen(type), out, &why);
    if (status == LODE_OK) {
        if (t > 0) /* it was carried over, or stood beside records that were not checked */
            w->type_names[t - 1].schema = *out;
        return LODE_OK;
    }
    (void)lode_diag_set(diag, status, "%s: a type of records: %s", w->pub.path, why.message);
    if (diag != NULL)
        memcpy(diag->rule, why.rule, sizeof diag->rule);
    return status;
}

int lode_store_put_allowed(lode_store_writer *w, const void *key, size_t key_len, const void *data,
                           size_t size, const char *type, int t, lode_schema **fresh,
                           struct lode_diag *diag)
{
    lode_schema *schema;
    struct lode_diag why;
    char name[256];
    *fresh = NULL;
    int status = schema_of(w, type, t, &schema, diag);
    if (status != LODE_OK)
        return status;
    status = lode_schema_check(schema, data, size, &why);
    if (status == LODE_OK) {
        if (t == 0)
            *fresh = schema;
        return LODE_OK;
    }
    if (t == 0)
        lode_schema_free(schema);
    const uint64_t before = w->extension != NULL ? w->extension->base->view.head.records : 0;
    lode_record_name(w->o.keys, key, key_len, (int64_t)(before + w->records), name, sizeof name);
    (void)lode_diag_set(diag, status, "%s: record %s: %s", w->pub.path, name, why.message);
    if (diag != NULL) {
        diag->offset = why.offset;
        memcpy(diag->rule, why.rule, sizeof diag->rule);
    }
    return status;
}
