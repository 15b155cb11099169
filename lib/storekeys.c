#include "storekeys.h"

#include "diag.h"
#include "keysort.h"
#include "layout.h"
#include "nameslots.h"
#include "nametable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t *key_of(const struct lode_store_keyset *set, uint64_t i, size_t *len)
{
    *len = (size_t)(set->begins[i + 1] - set->begins[i]);
    return set->keys + set->begins[i];
}

static int compare(const struct lode_store_keyset *set, uint64_t a, uint64_t b)
{
    size_t na, nb;
    const uint8_t *ka = key_of(set, a, &na), *kb = key_of(set, b, &nb);
    const size_t n = na < nb ? na : nb;
    const int order = n > 0 ? memcmp(ka, kb, n) : 0;
    return order != 0 ? order : (na > nb) - (na < nb);
}

/* All keys by hash, equal ones in the order of records; to be freed. NULL: no memory. */
static struct lode_name_key *sorted(const struct lode_store_keyset *set, uint8_t seed)
{
    if (set->count > SIZE_MAX / sizeof(struct lode_name_key) - 1)
        return NULL;
    struct lode_name_key *keys = malloc((size_t)(set->count + 1) * sizeof *keys);
    for (uint64_t i = 0; keys != NULL && i < set->count; i++) {
        size_t len;
        const uint8_t *key = key_of(set, i, &len);
        keys[i] = (struct lode_name_key){lode_name_hash(key, len, seed), i};
    }
    if (keys != NULL && !lode_sort_keys(keys, (size_t)set->count)) {
        free(keys);
        return NULL;
    }
    return keys;
}

/* Where the keys with the hash of keys[first] end. */
static size_t run_end(const struct lode_name_key *keys, size_t n, size_t first)
{
    size_t end = first + 1;
    while (end < n && keys[end].hash == keys[first].hash)
        end++;
    return end;
}

static int no_memory(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_NOMEM, "no memory for the table of keys");
}

static int flooded(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_FORMAT,
                         "the keys flood the hash: more than %d share a place in the table",
                         LODE_NAME_PROBE_MAX);
}

static int order_keys(const void *a, const void *b, void *set)
{
    const struct lode_name_key *x = a, *y = b;
    const int order = compare(set, x->contig, y->contig);
    return order != 0 ? order : (x->contig > y->contig) - (x->contig < y->contig);
}

/* The keys of one hash in the order of their bytes, equal ones in the order of records. */
static void order_run(const struct lode_store_keyset *set, struct lode_name_key *keys, size_t n)
{
    if (n > 1 && keys != NULL)
        qsort_r(keys, n, sizeof *keys, order_keys, (void *)(uintptr_t)set);
}

static int duplicate(const struct lode_store_keyset *set, uint64_t a, uint64_t b,
                     struct lode_diag *diag)
{
    size_t len;
    const uint8_t *key = key_of(set, a, &len);
    char shown[64] = "";
    for (size_t i = 0; i < len && i < 40; i++)
        shown[i] = (char)(key[i] >= 0x20 && key[i] < 0x7F ? key[i] : '?');
    return lode_diag_set(diag, LODE_E_DUPLICATE, "records %llu and %llu have one key, '%s'%s",
                         (unsigned long long)a, (unsigned long long)b, shown,
                         len > 40 ? "..." : "");
}

int lode_store_replaced(const struct lode_store_keyset *set, bool unique, uint8_t *dead, bool *any,
                        struct lode_diag *diag)
{
    struct lode_name_key *keys = sorted(set, 0);
    int status = keys != NULL ? LODE_OK : no_memory(diag);
    const size_t n = (size_t)set->count;
    *any = false;
    for (size_t first = 0, end; status == LODE_OK && first < n; first = end) {
        end = run_end(keys, n, first);
        order_run(set, keys + first, end - first);
        for (size_t k = first + 1; k < end && status == LODE_OK; k++) {
            const uint64_t before = keys[k - 1].contig;
            if (compare(set, before, keys[k].contig) != 0)
                continue;
            if (unique)
                status = duplicate(set, before, keys[k].contig, diag);
            dead[before >> 3] |= (uint8_t)(1u << (before & 7));
            *any = true;
        }
    }
    free(keys);
    return status;
}

/* The longest probe that a table made with these keys has; UINT32_MAX: too long. */
static uint32_t longest_probe(const struct lode_store_keyset *set, struct lode_name_key *keys)
{
    const size_t n = (size_t)set->count;
    uint64_t next_free = 0;
    uint32_t longest = 0;
    for (size_t first = 0, end; first < n; first = end) {
        end = run_end(keys, n, first);
        if (end - first > LODE_NAME_PROBE_MAX)
            return UINT32_MAX;
        order_run(set, keys + first, end - first);
    }
    for (size_t k = 0; k < n && longest <= LODE_NAME_PROBE_MAX; k++)
        (void)lode_name_place(keys[k].hash, set->count, &next_free, &longest);
    return longest <= LODE_NAME_PROBE_MAX ? longest : UINT32_MAX;
}

int lode_store_slots(const struct lode_store_keyset *set, struct lode_spool *slots, uint32_t *param,
                     struct lode_diag *diag)
{
    for (unsigned seed = 0; seed <= LODE_NAME_SEED_MAX; seed++) {
        struct lode_name_key *keys = sorted(set, (uint8_t)seed);
        if (keys == NULL)
            return no_memory(diag);
        uint32_t longest = longest_probe(set, keys);
        int status = LODE_OK;
        const bool good = longest != UINT32_MAX;
        if (good) {
            *param = lode_nametable_param((uint8_t)seed, longest);
            if (lode_keys_emit(slots, keys, (size_t)set->count, set->count, 0, &longest) != 0)
                status = lode_diag_errno(diag, "cannot keep the table of keys");
        }
        free(keys);
        if (good)
            return status;
    }
    return flooded(diag);
}
