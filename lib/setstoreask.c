/* Owns answers of a set of record stores: each question goes to the member that has the record. */
#include "setstore.h"

#include "diag.h"
#include "storeread.h"

#include <stdlib.h>

/* Says why record `number` of a set cannot be had. */
static int refuse(const lode_store *store, int64_t number, int status, struct lode_diag *diag)
{
    if (status == LODE_E_RANGE)
        return lode_diag_set(diag, status, "%s: no record %lld: there are %llu", store->path,
                             (long long)number, (unsigned long long)store->view.head.records);
    return lode_diag_set(diag, status, "%s: %s", store->path, lode_status_text(status));
}

/* ---- about ----------------------------------------------------------------------------------- */

void lode_storeset_info(const lode_store *store, struct lode_store_info *info)
{
    const struct lode_storeset *set = store->set;
    info->file_size = (int64_t)store->view.box.size;
    info->bytes = info->stored = 0;
    for (int i = 0; i < set->table.count; i++) {
        const struct lode_recstore *view = &set->members[i]->view;
        info->file_size += (int64_t)view->box.size;
        info->bytes += (int64_t)view->head.bytes;
        info->stored += (int64_t)view->heap.count;
    }
    info->types = set->types[set->table.count];
    info->members = set->table.count;
    info->dead = (int64_t)set->table.view.dead.count;
}

/* ---- keys ------------------------------------------------------------------------------------ */

int64_t lode_storeset_find(const lode_store *store, const void *key, size_t len,
                           struct lode_stored *out, struct lode_diag *diag)
{
    const struct lode_storeset *set = store->set;
    for (int i = set->table.count - 1; i >= 0; i--) {
        const lode_store *member = set->members[i];
        struct lode_stored found;
        int64_t got = lode_store_find(member, key, len, NULL);
        if (got == LODE_E_NOT_FOUND)
            continue;
        if (got < 0) /* once more, for the words */
            return lode_store_find(member, key, len, diag);
        const int64_t number = lode_storeset_number(store, set->table.rows[i].first + got);
        if (number == LODE_E_NOT_FOUND)
            break;
        if (number < 0)
            return refuse(store, number, (int)number, diag);
        if (out == NULL)
            return number;
        const int status = lode_store_at(member, got, &found, diag);
        if (status != LODE_OK)
            return status;
        *out = found;
        out->number = number;
        out->type += found.type > 0 ? set->types[i] : 0;
        return number;
    }
    return lode_diag_set(diag, LODE_E_NOT_FOUND, "%s: no such key", store->path);
}

enum { CHUNK = 256 };

/* Keys that no member had so far, and what the next one says. */
struct chunk {
    int64_t n, at[CHUNK], numbers[CHUNK];
    const void *keys[CHUNK];
    size_t lens[CHUNK];
    uint64_t hashes[CHUNK];    /* of those keys */
    uint64_t all[CHUNK], seed; /* of all keys of the chunk, with this seed */
};

/* Tables have one seed, but for those whose keys flood it: hashes are made anew where it changes.
 */
static void hash_chunk(struct chunk *c, uint64_t seed, const void *const *keys, const size_t *lens,
                       int64_t n)
{
    for (int64_t k = 0; k < n && c->seed != seed; k++)
        c->all[k] = keys[k] != NULL ? lode_name_hash(keys[k], lens[k], (uint8_t)seed) : 0;
    c->seed = seed;
}

static void find_chunk(struct chunk *c, const lode_store *store, const void *const *keys,
                       const size_t *lens, int64_t n, int64_t *numbers)
{
    const struct lode_storeset *set = store->set;
    for (int64_t k = 0; k < n; k++)
        numbers[k] = LODE_E_NOT_FOUND;
    bool gone[CHUNK] = {false}; /* its last place is out of use */
    c->seed = UINT64_MAX;
    for (int i = set->table.count - 1; i >= 0; i--) {
        c->n = 0;
        hash_chunk(c, set->members[i]->view.table.seed, keys, lens, n);
        for (int64_t k = 0; k < n; k++)
            if (numbers[k] == LODE_E_NOT_FOUND && !gone[k]) {
                c->at[c->n] = k;
                c->keys[c->n] = keys[k];
                c->hashes[c->n] = c->all[k];
                c->lens[c->n++] = lens[k];
            }
        (void)lode_store_find_hashed(set->members[i], c->keys, c->lens, c->hashes, c->n,
                                     c->numbers);
        for (int64_t j = 0; j < c->n; j++) {
            const int64_t k = c->at[j];
            numbers[k] =
                c->numbers[j] < 0
                    ? c->numbers[j]
                    : lode_storeset_number(store, set->table.rows[i].first + c->numbers[j]);
            gone[k] = c->numbers[j] >= 0 && numbers[k] == LODE_E_NOT_FOUND;
        }
    }
}

int64_t lode_storeset_find_many(const lode_store *store, const void *const *keys,
                                const size_t *lens, int64_t n, int64_t *numbers)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    int64_t missing = 0;
    for (int64_t at = 0; at < n; at += CHUNK) {
        const int64_t some = n - at < CHUNK ? n - at : CHUNK;
        if (chunk != NULL)
            find_chunk(chunk, store, keys + at, lens + at, some, numbers + at);
        for (int64_t k = at; k < at + some; k++) {
            if (chunk == NULL)
                numbers[k] = LODE_E_NOMEM;
            missing += numbers[k] < 0;
        }
    }
    free(chunk);
    return missing;
}

/* ---- by number ------------------------------------------------------------------------------- */

int lode_storeset_at(const lode_store *store, int64_t number, struct lode_stored *out,
                     struct lode_diag *diag)
{
    struct lode_store_route to;
    int status = lode_storeset_route(store, number, &to);
    if (status != LODE_OK)
        return refuse(store, number, status, diag);
    status = lode_store_at(to.store, to.number, out, diag);
    if (status != LODE_OK)
        return status;
    out->number = number;
    out->type += out->type > 0 ? to.types : 0;
    return LODE_OK;
}

int64_t lode_storeset_sizes(const lode_store *store, const int64_t *numbers, int64_t n,
                            int64_t *sizes)
{
    int64_t failed = 0;
    for (int64_t i = 0; i < n; i++) {
        struct lode_store_route to;
        sizes[i] = lode_storeset_route(store, numbers[i], &to);
        if (sizes[i] == LODE_OK)
            (void)lode_store_sizes(to.store, &to.number, 1, &sizes[i]);
        failed += sizes[i] < 0;
    }
    return failed;
}

int lode_storeset_key(const lode_store *store, int64_t number, void *buf, size_t cap, size_t *len)
{
    struct lode_store_route to;
    const int status = lode_storeset_route(store, number, &to);
    return status == LODE_OK ? lode_store_key(to.store, to.number, buf, cap, len) : status;
}

int lode_storeset_type(const lode_store *store, int type, char *buf, size_t cap, size_t *len)
{
    const struct lode_storeset *set = store->set;
    int i = 0;
    if (type <= 0 || type > set->types[set->table.count])
        return LODE_E_RANGE;
    while (type > set->types[i + 1])
        i++;
    return lode_store_type(set->members[i], type - set->types[i], buf, cap, len);
}

/* ---- records --------------------------------------------------------------------------------- */

int64_t lode_storeset_get(lode_store_reader *reader, int64_t number, void *dst, int64_t cap,
                          struct lode_diag *diag)
{
    struct lode_store_route to;
    const int status = lode_storeset_route(reader->whole, number, &to);
    if (status != LODE_OK)
        return refuse(reader->whole, number, status, diag);
    lode_store_reader_use(reader, to.store);
    return lode_store_read(reader, to.number, dst, cap, diag);
}

/* Requests of the members, one member's behind the other's; behind the last those that none has.
 * begins[i]: the first of member i. */
struct sorted {
    struct lode_store_request *requests;
    int64_t *at;    /* where each stands in the caller's array */
    int64_t *place; /* of each of the caller's; or a status */
    int64_t begins[LODE_MEMBERS_MAX + 2];
};

/* Those that no member has are settled. Returns how many. */
static int64_t sort(struct sorted *s, const lode_store *store, struct lode_store_request *requests,
                    int64_t n, int64_t *first)
{
    const struct lode_members *table = &store->set->table;
    int64_t next[LODE_MEMBERS_MAX + 1] = {0}, failed = 0;
    for (int64_t i = 0; i < n; i++) {
        s->place[i] = lode_storeset_place(store, requests[i].number);
        if (s->place[i] >= 0) {
            next[lode_members_of(table, s->place[i], false)]++;
            continue;
        }
        requests[i].status = (int)s->place[i];
        requests[i].written = 0;
        *first = failed++ == 0 ? i : *first;
    }
    for (int m = 0; m < table->count; m++) {
        s->begins[m + 1] = s->begins[m] + next[m];
        next[m] = s->begins[m];
    }
    for (int64_t i = 0; i < n; i++) {
        if (s->place[i] < 0)
            continue;
        const int m = lode_members_of(table, s->place[i], false);
        const int64_t k = next[m]++;
        s->requests[k] = requests[i];
        s->requests[k].number = s->place[i] - table->rows[m].first;
        s->at[k] = i;
    }
    return failed;
}

static int64_t get_sorted(struct sorted *s, lode_store_reader *reader,
                          struct lode_store_request *requests, int threads, int64_t *first,
                          struct lode_diag *diag)
{
    const struct lode_storeset *set = reader->whole->set;
    int64_t failed = 0;
    for (int m = 0; m < set->table.count; m++) {
        const int64_t begin = s->begins[m], end = s->begins[m + 1];
        struct lode_diag own;
        if (begin == end)
            continue;
        lode_store_reader_use(reader, set->members[m]);
        const int64_t lost =
            lode_store_read_many(reader, s->requests + begin, end - begin, threads, &own);
        int64_t wrong = lost < 0 ? s->at[begin] : -1;
        for (int64_t k = begin; k < end; k++) {
            requests[s->at[k]].status = lost < 0 ? (int)lost : s->requests[k].status;
            requests[s->at[k]].written = lost < 0 ? 0 : s->requests[k].written;
            if (wrong < 0 && s->requests[k].status != LODE_OK)
                wrong = s->at[k];
        }
        failed += lost < 0 ? end - begin : lost;
        if (wrong >= 0 && wrong < *first) {
            *first = wrong;
            if (diag != NULL)
                *diag = own;
        }
    }
    return failed;
}

int64_t lode_storeset_get_many(lode_store_reader *reader, struct lode_store_request *requests,
                               int64_t n, int threads, struct lode_diag *diag)
{
    const lode_store *whole = reader->whole;
    struct sorted s = {.requests = calloc((size_t)n + 1, sizeof *s.requests),
                       .at = calloc((size_t)n + 1, sizeof *s.at),
                       .place = calloc((size_t)n + 1, sizeof *s.place)};
    int64_t failed = LODE_E_NOMEM, first = INT64_MAX;
    if (s.requests != NULL && s.at != NULL && s.place != NULL) {
        failed = sort(&s, whole, requests, n, &first);
        if (failed > 0)
            (void)refuse(whole, requests[first].number, requests[first].status, diag);
        failed += get_sorted(&s, reader, requests, threads, &first, diag);
    } else {
        (void)lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", whole->path);
    }
    free(s.requests);
    free(s.at);
    free(s.place);
    return failed;
}
