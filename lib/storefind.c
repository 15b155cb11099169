/* Owns lookups by key in a store: one, or many with memory asked for ahead. */
#include "store.h"

#include "diag.h"
#include "setstore.h"

#include <fcntl.h>

enum { AHEAD = 32 }; /* lookups that go on at once */

struct find_call {
    const lode_store *store;
    const void *key;
    size_t len;
    uint64_t number;
    struct lode_stored *out; /* or NULL */
    struct lode_fault fault;
};

/* What told that there is no such key: the slots where it would stand, and the rows they name. */
static int prove_miss(const lode_store *store, uint64_t hash, struct lode_fault *fault)
{
    const struct lode_nametable *t = &store->view.table;
    const uint64_t home = lode_name_home(hash, t->name_count);
    struct lode_probe probe;
    uint64_t word;
    if (home >= t->slot_count)
        return LODE_FMT_OK;
    const uint64_t left = t->slot_count - home;
    const uint64_t slots = left < (uint64_t)t->longest + 1 ? left : (uint64_t)t->longest + 1;
    int status = lode_proof_of(&store->proof, t->slots + 8 * home, 8 * slots, fault);
    lode_probe_start(t, hash, &probe);
    while (status == LODE_FMT_OK && lode_probe_next(t, &probe, &word)) {
        struct lode_record_row row;
        status = lode_store_row(store, lode_slot_ordinal(word, t->ordinal_bits), &row, fault);
        if (status == LODE_FMT_OK)
            status =
                lode_proof_of(&store->proof, store->view.keys.rows + row.key, row.key_len, fault);
    }
    return status == LODE_FMT_RANGE ? LODE_FMT_CORRUPT : status;
}

/* What a found record rests on: its row and its key. */
static int prove_hit(const struct find_call *call, const struct lode_record_row *row,
                     struct lode_fault *fault)
{
    const struct lode_recstore *view = &call->store->view;
    const int status =
        lode_proof_of(&call->store->proof, view->records.rows + call->number * LODE_STRIDE_ROFF,
                      LODE_STRIDE_ROFF, fault);
    return status == LODE_FMT_OK
               ? lode_proof_of(&call->store->proof, view->keys.rows + row->key, row->key_len, fault)
               : status;
}

static int run_find(void *arg)
{
    struct find_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    struct lode_record_row row;
    const uint64_t hash = lode_name_hash(call->key, call->len, view->table.seed);
    int status =
        lode_recstore_find(view, call->key, call->len, hash, &call->number, &row, &call->fault);
    const int proof = status == LODE_FMT_OK ? prove_hit(call, &row, &call->fault)
                                            : prove_miss(call->store, hash, &call->fault);
    if (proof != LODE_FMT_OK)
        return proof;
    if (status == LODE_FMT_OK && call->out != NULL)
        status = lode_store_describe(call->store, call->number, &row, call->out, &call->fault);
    return status;
}

static int find(struct find_call *call)
{
    return lode_store_guarded(call->store, run_find, call, &call->fault);
}

/* Why a lookup gave nothing. */
static int refuse(const struct find_call *call, int status, struct lode_diag *diag)
{
    return status == LODE_E_NOT_FOUND
               ? lode_diag_set(diag, status, "%s: no such key", call->store->path)
               : lode_store_fault(call->store, &call->fault, diag);
}

int64_t lode_store_find(const lode_store *store, const void *key, size_t len,
                        struct lode_diag *diag)
{
    struct find_call call = {.store = store, .key = key, .len = len};
    if (store == NULL || (key == NULL && len > 0))
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_find: an argument is not allowed");
    if (store->set != NULL)
        return lode_storeset_find(store, key, len, NULL, diag);
    const int status = find(&call);
    return status == LODE_OK ? (int64_t)call.number : refuse(&call, status, diag);
}

int lode_store_lookup(const lode_store *store, const void *key, size_t len, struct lode_stored *out,
                      struct lode_diag *diag)
{
    struct find_call call = {.store = store, .key = key, .len = len, .out = out};
    if (store == NULL || (key == NULL && len > 0) || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_lookup: an argument is not allowed");
    if (store->set != NULL) {
        const int64_t number = lode_storeset_find(store, key, len, out, diag);
        return number < 0 ? (int)number : LODE_OK;
    }
    const int status = find(&call);
    return status == LODE_OK ? LODE_OK : refuse(&call, status, diag);
}

/* ---- many ------------------------------------------------------------------------------------ */

struct ahead_call {
    const lode_store *store;
    const void *const *keys;
    const size_t *lens;
    int64_t n;
};

/* Memory at p, which is needed soon. Where its page was never proven, it may be on the disk: then
 * all of it is read, and that is asked for. */
static void soon(const lode_store *store, const uint8_t *p)
{
    const uint64_t page = 1ull << LODE_PAGE_LOG2, off = (uint64_t)(p - store->map.data);
    __builtin_prefetch(p);
    if (store->fd >= 0 && !lode_proof_known(&store->proof, off, 1) &&
        !lode_proof_seen(&store->proof, off,
                         1)) /* once: slots of keys that are found stay unproven */
        (void)posix_fadvise(store->fd, (off_t)(off & ~(page - 1)), (off_t)page,
                            POSIX_FADV_WILLNEED);
}

/* Asks for slots, then for the rows that they name, then for their keys. */
static int run_ahead(void *arg)
{
    const struct ahead_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    const struct lode_nametable *t = &view->table;
    uint64_t hashes[AHEAD], rows[AHEAD];
    for (int64_t i = 0; i < call->n; i++) {
        hashes[i] = lode_name_hash(call->keys[i], call->lens[i], t->seed);
        const uint64_t home = lode_name_home(hashes[i], t->name_count);
        if (home < t->slot_count)
            soon(call->store, t->slots + 8 * home);
    }
    for (int64_t i = 0; i < call->n; i++) {
        struct lode_probe probe;
        uint64_t word;
        rows[i] = UINT64_MAX;
        if (t->slot_count == 0)
            continue;
        lode_probe_start(t, hashes[i], &probe);
        if (lode_probe_next(t, &probe, &word))
            rows[i] = lode_slot_ordinal(word, t->ordinal_bits);
        if (rows[i] < view->head.records)
            soon(call->store, view->records.rows + rows[i] * LODE_STRIDE_ROFF);
    }
    for (int64_t i = 0; i < call->n; i++) {
        struct lode_record_row row;
        if (rows[i] < view->head.records &&
            lode_recstore_record(view, rows[i], &row, NULL) == LODE_FMT_OK && row.key_len > 0)
            soon(call->store, view->keys.rows + row.key);
    }
    return LODE_OK;
}

int64_t lode_store_find_many(const lode_store *store, const void *const *keys, const size_t *lens,
                             int64_t n, int64_t *numbers)
{
    int64_t missing = 0;
    if (store == NULL || n < 0 || (n > 0 && (keys == NULL || lens == NULL || numbers == NULL)))
        return LODE_E_ARG;
    if (store->set != NULL)
        return lode_storeset_find_many(store, keys, lens, n, numbers);
    for (int64_t done = 0; done < n; done += AHEAD) {
        const int64_t some = n - done < AHEAD ? n - done : AHEAD;
        struct ahead_call ahead = {store, keys + done, lens + done, some};
        (void)lode_store_guarded(store, run_ahead, &ahead, NULL);
        for (int64_t i = done; i < done + some; i++) {
            struct find_call call = {.store = store, .key = keys[i], .len = lens[i]};
            const int status = find(&call);
            numbers[i] = status == LODE_OK ? (int64_t)call.number : status;
            missing += status != LODE_OK;
        }
    }
    return missing;
}
