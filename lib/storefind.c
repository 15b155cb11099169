/* Owns lookups by key in a store: one, or many with memory asked for ahead. */
#include "store.h"

#include "diag.h"
#include "setstore.h"

#include <fcntl.h>
#include <string.h>

enum { AHEAD = 32 }; /* lookups that go on at once */

struct find_call {
    const lode_store *store;
    const void *key;
    size_t len;
    uint64_t number;
    struct lode_stored *out; /* or NULL */
    struct lode_fault fault;
};

/* The slots where a key with this hash would stand. */
static int prove_slots(const lode_store *store, uint64_t hash, struct lode_fault *fault)
{
    const struct lode_nametable *t = &store->view.table;
    const uint64_t home = lode_name_home(hash, t->name_count);
    if (home >= t->slot_count)
        return LODE_FMT_OK;
    const uint64_t left = t->slot_count - home;
    const uint64_t slots = left < (uint64_t)t->longest + 1 ? left : (uint64_t)t->longest + 1;
    return lode_proof_of(&store->proof, t->slots + 8 * home, 8 * slots, fault);
}

/* What told that there is no such key: those slots, and the rows they name. */
static int prove_miss(const lode_store *store, uint64_t hash, struct lode_fault *fault)
{
    const struct lode_nametable *t = &store->view.table;
    struct lode_probe probe;
    uint64_t word;
    int status = prove_slots(store, hash, fault);
    lode_probe_start(t, hash, &probe);
    while (status == LODE_FMT_OK && lode_probe_next(t, &probe, &word)) {
        struct lode_record_row row;
        status = lode_store_row(store, lode_slot_ordinal(word, t->ordinal_bits), &row, fault);
        if (status == LODE_FMT_OK)
            status =
                lode_proof_of(&store->proof, store->view.keys.rows + row.key, row.key_len, fault);
    }
    if (status == LODE_FMT_RANGE)
        return lode_fail(fault, LODE_FMT_CORRUPT, "N-1", LODE_ID_RSLT,
                         (uint64_t)(t->slots - store->view.box.data));
    return status;
}

/* What a found record rests on: its row and its key. */
static int prove_hit(const lode_store *store, uint64_t number, const struct lode_record_row *row,
                     struct lode_fault *fault)
{
    const struct lode_recstore *view = &store->view;
    const int status = lode_proof_of(&store->proof, view->records.rows + number * LODE_STRIDE_ROFF,
                                     LODE_STRIDE_ROFF, fault);
    return status == LODE_FMT_OK
               ? lode_proof_of(&store->proof, view->keys.rows + row->key, row->key_len, fault)
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
    const int proof = status == LODE_FMT_OK
                          ? prove_hit(call->store, call->number, &row, &call->fault)
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
    struct find_call call = {.store = store, .key = key != NULL ? key : "", .len = len};
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
    struct find_call call = {.store = store, .key = key != NULL ? key : "", .len = len, .out = out};
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

/* What is known of a key so far. */
enum state { NOWHERE, NAMED, SETTLED, OPEN };

/* Keys that go on at once. The first slot with a key's tag nearly always names its record, and
 * where no slot has the tag there is none: those are settled here, the others found one by one. */
struct ahead_call {
    const lode_store *store;
    const void *const *keys;
    const size_t *lens;
    const uint64_t *hashes;
    int64_t *numbers;
    int64_t n; /* at most AHEAD */
    struct lode_record_row rows[AHEAD];
    enum state states[AHEAD];
};

/* Memory at p, which is needed soon. Where its page was never proven, it may be on the disk: then
 * all of it is read, and that is asked for. */
static void soon(const lode_store *store, const uint8_t *p)
{
    const uint64_t page = 1ull << LODE_PAGE_LOG2, off = (uint64_t)(p - store->map.data);
    __builtin_prefetch(p);
    if (store->fd >= 0 && !lode_proof_has(&store->proof, p, 1) &&
        !lode_proof_seen(&store->proof, off,
                         1)) /* once: slots of keys that are found stay unproven */
        (void)posix_fadvise(store->fd, (off_t)(off & ~(page - 1)), (off_t)page,
                            POSIX_FADV_WILLNEED);
}

static void ask_slots(struct ahead_call *call)
{
    const struct lode_nametable *t = &call->store->view.table;
    for (int64_t i = 0; i < call->n; i++) {
        const uint64_t home = lode_name_home(call->hashes[i], t->name_count);
        if (home < t->slot_count)
            soon(call->store, t->slots + 8 * home);
    }
}

static void ask_rows(struct ahead_call *call)
{
    const struct lode_recstore *view = &call->store->view;
    for (int64_t i = 0; i < call->n; i++) {
        struct lode_probe probe;
        uint64_t word;
        lode_probe_start(&view->table, call->hashes[i], &probe);
        call->states[i] = NOWHERE;
        if (view->table.slot_count == 0 || !lode_probe_next(&view->table, &probe, &word))
            continue;
        const uint64_t number = lode_slot_ordinal(word, view->table.ordinal_bits);
        call->states[i] = number < view->head.records ? NAMED : OPEN;
        if (call->states[i] == OPEN)
            continue;
        call->numbers[i] = (int64_t)number;
        soon(call->store, view->records.rows + number * LODE_STRIDE_ROFF);
    }
}

static void ask_keys(struct ahead_call *call)
{
    const struct lode_recstore *view = &call->store->view;
    for (int64_t i = 0; i < call->n; i++) {
        struct lode_record_row *row = &call->rows[i];
        if (call->states[i] != NAMED)
            continue;
        if (lode_recstore_record(view, (uint64_t)call->numbers[i], row, NULL) != LODE_FMT_OK ||
            row->key_len != call->lens[i] || call->keys[i] == NULL)
            call->states[i] = OPEN;
        else if (row->key_len > 0)
            soon(call->store, view->keys.rows + row->key);
    }
}

static enum state settle(struct ahead_call *call, int64_t i)
{
    const lode_store *store = call->store;
    const struct lode_record_row *row = &call->rows[i];
    if (call->states[i] == NOWHERE && call->keys[i] != NULL) {
        call->numbers[i] = LODE_E_NOT_FOUND;
        return prove_slots(store, call->hashes[i], NULL) == LODE_FMT_OK ? SETTLED : OPEN;
    }
    return call->states[i] == NAMED &&
                   memcmp(store->view.keys.rows + row->key, call->keys[i], row->key_len) == 0 &&
                   prove_hit(store, (uint64_t)call->numbers[i], row, NULL) == LODE_FMT_OK
               ? SETTLED
               : OPEN;
}

static int run_ahead(void *arg)
{
    struct ahead_call *call = arg;
    ask_slots(call);
    ask_rows(call);
    ask_keys(call);
    for (int64_t i = 0; i < call->n; i++)
        call->states[i] = settle(call, i);
    return LODE_OK;
}

static int64_t find_one(const lode_store *store, const void *key, size_t len)
{
    if (key == NULL && len > 0)
        return LODE_E_ARG;
    struct find_call call = {.store = store, .key = key != NULL ? key : "", .len = len};
    const int status = find(&call);
    return status == LODE_OK ? (int64_t)call.number : status;
}

int64_t lode_store_find_hashed(const lode_store *store, const void *const *keys, const size_t *lens,
                               const uint64_t *hashes, int64_t n, int64_t *numbers)
{
    struct ahead_call ahead;
    uint64_t own[AHEAD];
    int64_t missing = 0;
    ahead.store = store;
    for (int64_t done = 0; done < n; done += ahead.n) {
        ahead.keys = keys + done;
        ahead.lens = lens + done;
        ahead.numbers = numbers + done;
        ahead.hashes = hashes != NULL ? hashes + done : own;
        ahead.n = n - done < AHEAD ? n - done : AHEAD;
        for (int64_t i = 0; hashes == NULL && i < ahead.n; i++)
            own[i] = ahead.keys[i] != NULL
                         ? lode_name_hash(ahead.keys[i], ahead.lens[i], store->view.table.seed)
                         : 0;
        if (lode_store_guarded(store, run_ahead, &ahead, NULL) != LODE_OK)
            memset(ahead.states, 0, sizeof ahead.states); /* none is SETTLED */
        for (int64_t i = 0; i < ahead.n; i++) {
            if (ahead.states[i] != SETTLED)
                ahead.numbers[i] = find_one(store, ahead.keys[i], ahead.lens[i]);
            missing += ahead.numbers[i] < 0;
        }
    }
    return missing;
}

int64_t lode_store_find_many(const lode_store *store, const void *const *keys, const size_t *lens,
                             int64_t n, int64_t *numbers)
{
    if (store == NULL || n < 0 || (n > 0 && (keys == NULL || lens == NULL || numbers == NULL)))
        return LODE_E_ARG;
    return store->set != NULL ? lode_storeset_find_many(store, keys, lens, n, numbers)
                              : lode_store_find_hashed(store, keys, lens, NULL, n, numbers);
}
