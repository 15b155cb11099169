/* Owns lode_store_verify of a set of record stores: its own file, each member, and what they say
 * together. */
#include "setstore.h"

#include "diag.h"
#include "grow.h"

#include <stdlib.h>

struct verify {
    const lode_store *store;
    lode_finding_fn finding;
    void *ctx;
    struct lode_diag *diag;
    int status;
    bool stop;
};

static int report(void *ctx, const struct lode_diag *found)
{
    struct verify *v = ctx;
    if (v->stop)
        return 1;
    if (v->status == LODE_OK) {
        v->status = found->status;
        if (v->diag != NULL)
            *v->diag = *found;
    }
    v->stop = v->finding != NULL && v->finding(v->ctx, found) != 0;
    return v->stop;
}

static void verify_own(struct verify *v)
{
    const lode_store *store = v->store;
    struct lode_fault fault = {0};
    struct lode_diag found;
    if (lode_members_verify(&store->set->table, &store->map, &fault) == LODE_OK)
        return;
    (void)lode_diag_members_fault(&found, store->path, &fault);
    (void)report(v, &found);
}

/* M-11: a record in use is the one that its key finds. */
static void verify_keys(struct verify *v)
{
    enum { KEY_MAX = LODE_KEY_MAX };
    const lode_store *store = v->store;
    uint8_t *key = malloc(KEY_MAX);
    struct lode_diag found;
    if (key == NULL) {
        (void)lode_diag_set(&found, LODE_E_NOMEM, "%s: out of memory", store->path);
        (void)report(v, &found);
        return;
    }
    for (int64_t i = 0; i < (int64_t)store->view.head.records && !v->stop; i++) {
        size_t len;
        if (lode_store_key(store, i, key, KEY_MAX, &len) != LODE_OK ||
            lode_store_find(store, key, len, NULL) == i)
            continue; /* that a row is damaged was told of its member */
        const struct lode_fault fault = {LODE_E_CORRUPT, LODE_ID_MDED, "M-11", 0};
        (void)lode_diag_members_fault(&found, store->path, &fault);
        (void)report(v, &found);
        break;
    }
    free(key);
}

int lode_storeset_verify(const lode_store *store, lode_finding_fn finding, void *ctx,
                         struct lode_diag *diag)
{
    struct verify v = {.store = store, .finding = finding, .ctx = ctx, .diag = diag};
    const struct lode_storeset *set = store->set;
    verify_own(&v);
    for (int i = 0; i < set->table.count && !v.stop; i++)
        (void)lode_store_verify(set->members[i], report, &v, NULL);
    if (!v.stop && store->view.head.keys != LODE_KEYS_NONE)
        verify_keys(&v);
    return v.status;
}
