/* Owns lode_store_flush. Behind one the writer holds nothing, so that others may write: what is put
 * next begins a new member of the set (SPEC 16.3). */
#include "storewrite.h"

#include "diag.h"

#include <stdlib.h>
#include <string.h>

static void rest(lode_store_writer *w)
{
    lode_store_writer empty = {.between = true, .lock = -1, .dir_fd = -1, .owner = w->owner};
    empty.o.keys = w->o.keys;
    empty.o.unique = w->o.unique;
    empty.pub.fd = empty.pub.dir_fd = -1;
    memcpy(empty.pub.path, w->pub.path, sizeof empty.pub.path);
    empty.cwd = w->cwd;
    empty.whole = w->whole;
    w->cwd = w->whole = NULL;
    lode_store_release(w);
    *w = empty;
}

int lode_store_flush(lode_store_writer *w, struct lode_diag *diag)
{
    int status = lode_store_usable(w, diag);
    if (status != LODE_OK)
        return status;
    if (w->in_memory)
        return lode_diag_set(diag, LODE_E_ARG,
                             "lode_store_flush: a store in memory is published once");
    if (w->between)
        return LODE_OK;
    status = lode_store_put_out(w, NULL, diag);
    w->broken = status != LODE_OK;
    if (status == LODE_OK)
        rest(w);
    return status;
}

int lode_store_wake(lode_store_writer *w, struct lode_diag *diag)
{
    lode_store_writer *next = NULL;
    if (!w->between)
        return LODE_OK;
    const char *path = lode_store_where(w);
    int status = lode_store_usable(w, diag);
    if (status == LODE_OK)
        status = lode_store_extend(path, &next, diag);
    if (status == LODE_E_UNSUPPORTED) { /* a set of as many files as there can be */
        status = lode_store_compact(path, NULL, NULL, diag);
        if (status == LODE_OK)
            status = lode_store_extend(path, &next, diag);
    }
    if (status != LODE_OK)
        return status;
    if (next->o.keys != w->o.keys) {
        lode_store_discard(next);
        return lode_diag_set(diag, LODE_E_STALE,
                             "%s: was replaced meanwhile by a store with another kind of keys",
                             path);
    }
    next->o.unique = w->o.unique;
    free(w->cwd);
    free(w->whole);
    *w = *next; /* nothing in it points to itself */
    free(next);
    return LODE_OK;
}
