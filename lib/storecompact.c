/* Owns the copying of records from a store to a writer, and a store written anew from what it has.
 */
#include "diag.h"
#include "grow.h"
#include "guard.h"
#include "lock.h"
#include "setstorewrite.h"
#include "setwrite.h"
#include "store.h"
#include "storewrite.h"
#include "structs.h"

#include <stdlib.h>
#include <unistd.h>

/* Memory for one record: its key, its bytes, the text of its type. */
struct copy {
    const lode_store *from;
    lode_store_reader *reader;
    uint8_t *key, *bytes;
    char *type;
    size_t bytes_cap, type_cap;
};

static int failed(const struct copy *c, int64_t number, int status, struct lode_diag *diag)
{
    return lode_diag_set(diag, status, "%s: record %lld: %s", c->from->path, (long long)number,
                         lode_status_text(status));
}

/* The type's text, or NULL where it has none. */
static int type_of(struct copy *c, const struct lode_stored *stored, const char **type,
                   struct lode_diag *diag)
{
    size_t len = 0;
    *type = NULL;
    if (stored->type == 0)
        return LODE_OK;
    int status = lode_store_type(c->from, stored->type, NULL, 0, &len);
    if ((status == LODE_OK || status == LODE_E_SPACE) &&
        !lode_grow(&c->type, &c->type_cap, len + 1, 1))
        return failed(c, stored->number, LODE_E_NOMEM, diag);
    status = lode_store_type(c->from, stored->type, c->type, c->type_cap, &len);
    *type = c->type;
    return status == LODE_OK ? LODE_OK : failed(c, stored->number, status, diag);
}

/* The bytes: in their place where they are raw and the file cannot be cut short meanwhile. */
static int bytes_of(struct copy *c, const struct lode_stored *stored, const uint8_t **bytes,
                    struct lode_diag *diag)
{
    /* a claim does not drive an allocation: zstd makes no more of what is stored */
    if (stored->data == NULL && stored->size / 65536 > stored->stored)
        return failed(c, stored->number, LODE_E_CORRUPT, diag);
    if (!lode_grow(&c->bytes, &c->bytes_cap, (size_t)stored->size + 1, 1))
        return failed(c, stored->number, LODE_E_NOMEM, diag);
    *bytes = c->bytes;
    const int64_t got =
        lode_store_get(c->reader, stored->number, c->bytes, (int64_t)c->bytes_cap, diag);
    return got < 0 ? (int)got : LODE_OK;
}

static int copy_one(struct copy *c, int64_t number, lode_store_writer *to, struct lode_diag *diag)
{
    struct lode_stored stored;
    const char *type;
    const uint8_t *bytes = NULL;
    size_t len = 0;
    int status = lode_store_at(c->from, number, &stored, diag);
    if (status == LODE_OK)
        status = type_of(c, &stored, &type, diag);
    if (status == LODE_OK)
        status = bytes_of(c, &stored, &bytes, diag);
    if (status != LODE_OK)
        return status;
    if (c->from->view.head.keys != LODE_KEYS_NONE &&
        (status = lode_store_key(c->from, number, c->key, LODE_KEY_MAX, &len)) != LODE_OK)
        return failed(c, number, status, diag);
    return lode_store_carry(to, c->key, len, bytes, (size_t)stored.size, type, diag);
}

int lode_store_put_all(lode_store_writer *writer, const lode_store *from, const int *cancel,
                       struct lode_diag *diag)
{
    struct copy c = {.from = from};
    int status = LODE_E_NOMEM;
    if (writer == NULL || from == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_put_all: an argument is not allowed");
    c.key = malloc(LODE_KEY_MAX);
    if (c.key != NULL)
        status = lode_store_reader_new(from, &c.reader);
    if (status != LODE_OK)
        (void)lode_diag_set(diag, status, "%s: out of memory", from->path);
    for (int64_t i = 0; status == LODE_OK && i < (int64_t)from->view.head.records; i++)
        status = cancel != NULL && __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0
                     ? lode_diag_set(diag, LODE_E_CANCELLED, "cancelled")
                     : copy_one(&c, i, writer, diag);
    lode_store_reader_free(c.reader);
    free(c.key);
    free(c.bytes);
    free(c.type);
    return status;
}

/* ---- compact --------------------------------------------------------------------------------- */

/* The records of a store that is locked, into a new one at the same place. */
static int write_anew(const char *path, const lode_store *from,
                      const struct lode_store_options *options, int *lock, const int *cancel,
                      struct lode_diag *diag)
{
    lode_store_writer *w = NULL;
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_store_options own;
    void *dictionary = NULL;
    int status = LODE_OK;
    if (options == NULL)
        status = lode_store_options_of(from, &info, &own, &dictionary, diag);
    else if (!lode_struct_in(&own, sizeof own, options))
        status = lode_diag_set(diag, LODE_E_ARG, "lode_store_compact: an argument is not allowed");
    if (status == LODE_OK) {
        (void)lode_store_info(from, &info);
        own.keys = info.keys;
        own.align = info.align;
        own.name = info.name;
        own.fresh = own.unique = 0;
        status = lode_store_begin(path, &own, &w, diag);
    }
    free(dictionary);
    if (status != LODE_OK)
        return status;
    w->lock = *lock;
    w->replaces_set = true; /* or one was, by a writer that was killed before its files went */
    *lock = -1;
    status = lode_store_put_all(w, from, cancel, diag);
    if (status == LODE_OK)
        return lode_store_publish(w, NULL, diag);
    lode_store_discard(w);
    return status;
}

int lode_store_compact(const char *path, const struct lode_store_options *options,
                       const int *cancel, struct lode_diag *diag)
{
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    lode_store *from = NULL;
    int status = LODE_OK;
    if (path == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_compact: an argument is not allowed");
    how.map_mode = lode_guard_asked() ? LODE_MAP_GUARDED : LODE_MAP_SHARED;
    int lock = lode_lock_file(path, &status, diag);
    if (lock < 0)
        return status;
    status = lode_store_open(path, &how, &from, diag);
    if (status == LODE_OK)
        status = write_anew(path, from, options, &lock, cancel, diag);
    lode_store_close(from);
    if (lock >= 0)
        lode_unlock_file(lock);
    return status;
}
