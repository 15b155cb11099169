/* Owns files of several record stores, each a group of its own. */
#include "cpus.h"
#include "diag.h"
#include "lock.h"
#include "setwrite.h"
#include "store.h"
#include "storewrite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(LODE_STORES_MAX *LODE_STORE_TABLES <= LODE_PARTS_MAX, "there is room for all");

int lode_store_copy(const lode_store *store, const char *name, lode_store_writer **out,
                    struct lode_diag *diag)
{
    if (store == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_copy: an argument is not allowed");
    return lode_store_resume(store, NULL, name, out, diag);
}

/* ---- publishing ------------------------------------------------------------------------------ */

/* The name of a store that is written, which is shorter than cap. */
static bool name_of(const lode_store_writer *w, char *out, size_t cap)
{
    out[w->name_len < cap ? w->name_len : 0] = '\0';
    return w->name_len < cap && lode_spool_read(&w->strings, 0, out, w->name_len) == 0;
}

static bool same_name(const lode_store_writer *a, const lode_store_writer *b)
{
    enum { NAME = 4096 };
    char one[NAME], other[NAME];
    return a->name_len == b->name_len && name_of(a, one, NAME) && name_of(b, other, NAME) &&
           strcmp(one, other) == 0;
}

static int check(lode_store_writer *const *writers, int64_t n, const char *path,
                 struct lode_diag *diag)
{
    if (path == NULL || n < 1 || n > LODE_STORES_MAX)
        return lode_diag_set(diag, LODE_E_ARG,
                             "lode_store_publish_all: a path and 1 to %d stores are needed",
                             LODE_STORES_MAX);
    for (int64_t i = 0; i < n; i++) {
        if (writers[i] == NULL || writers[i]->broken || writers[i]->between)
            return lode_diag_set(diag, LODE_E_ARG, "%s: store %lld of it cannot be written", path,
                                 (long long)i);
        for (int64_t k = 0; k < i; k++)
            if (same_name(writers[i], writers[k]))
                return lode_diag_set(diag, LODE_E_DUPLICATE,
                                     "%s: two of its stores have one name; give each its own",
                                     path);
    }
    return LODE_OK;
}

static int write_all(lode_store_writer *const *writers, int64_t n, int fd, const char *path,
                     struct lode_diag *diag)
{
    struct lode_store_tables *tables = calloc((size_t)n, sizeof *tables);
    struct lode_part *parts = calloc((size_t)n * LODE_STORE_TABLES, sizeof *parts);
    uint64_t content_id;
    int status = LODE_OK;
    if (tables == NULL || parts == NULL) {
        free(parts);
        free(tables);
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", path);
    }
    for (int64_t i = 0; i < n && status == LODE_OK; i++) {
        status = lode_store_finish(writers[i], (uint32_t)i, &tables[i], diag);
        memcpy(parts + i * LODE_STORE_TABLES, tables[i].parts, sizeof tables[i].parts);
    }
    if (status == LODE_OK)
        status = lode_assemble(fd, parts, (size_t)n * LODE_STORE_TABLES, lode_thread_count(0), path,
                               &content_id, diag);
    free(parts);
    free(tables);
    return status;
}

/* Also one that was given twice. */
static void discard_all(lode_store_writer *const *writers, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t k = 0;
        while (writers[k] != writers[i])
            k++;
        if (k == i)
            lode_store_discard(writers[i]);
    }
}

int lode_store_publish_all(lode_store_writer *const *writers, int64_t n, const char *path,
                           struct lode_diag *diag)
{
    struct lode_publish pub;
    int lock = -1;
    bool was_set = false;
    if (writers == NULL)
        return lode_diag_set(diag, LODE_E_ARG,
                             "lode_store_publish_all: an argument is not allowed");
    int status = check(writers, n, path, diag);
    if (status == LODE_OK && (status = lode_publish_begin(&pub, path, diag)) == LODE_OK) {
        status = write_all(writers, n, pub.fd, path, diag);
        if (status == LODE_OK)
            status = lode_set_replaced(path, &lock, &was_set, diag);
        if (status == LODE_OK)
            status = was_set ? lode_set_commit(&pub, path, NULL, 0, diag)
                             : lode_publish_commit(&pub, diag);
        else
            lode_publish_abort(&pub);
        if (lock >= 0)
            lode_unlock_file(lock);
    }
    discard_all(writers, n);
    return status;
}
