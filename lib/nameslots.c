#include "nameslots.h"

#include "bytes.h"
#include "nametable.h"

#include <string.h>

static const char *name_of(const char *const *names, const struct lode_name_key *key)
{
    return names[key->contig & ~LODE_KEY_MORE];
}

void lode_keys_hash(struct lode_name_key *keys, size_t n, const char *const *names, uint8_t seed)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = name_of(names, &keys[i]);
        keys[i].hash = lode_name_hash(name, strlen(name), seed);
    }
}

bool lode_keys_order_ties(struct lode_name_key *keys, size_t n, const char *const *names)
{
    size_t first = 0; /* of the keys with this hash */
    for (size_t i = 1; i < n; i++) {
        const struct lode_name_key key = keys[i];
        size_t at = i;
        first = key.hash == keys[i - 1].hash ? first : i;
        if (i - first > LODE_NAME_PROBE_MAX)
            return false;
        for (; at > first && strcmp(name_of(names, &keys[at - 1]), name_of(names, &key)) > 0; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
    return true;
}

bool lode_keys_distinct(struct lode_name_key *keys, size_t *n, const char *const *names)
{
    size_t kept = 0, first = 0; /* kept ones with this hash start at first */
    for (size_t i = 0; i < *n; i++) {
        const struct lode_name_key key = keys[i];
        int order = -1;
        first = kept > 0 && key.hash == keys[kept - 1].hash ? first : kept;
        size_t at = kept;
        while (at > first &&
               (order = strcmp(name_of(names, &keys[at - 1]), name_of(names, &key))) > 0)
            at--;
        if (order == 0) {
            keys[at - 1].contig |= LODE_KEY_MORE;
            continue;
        }
        if (kept - first > LODE_NAME_PROBE_MAX)
            return false;
        memmove(keys + at + 1, keys + at, (kept - at) * sizeof *keys);
        keys[at] = key;
        kept++;
    }
    *n = kept;
    return true;
}

/* Slots on their way into a spool, many at a time. */
struct slot_writer {
    struct lode_spool *spool;
    uint64_t written; /* slots of the table, those in the buffer too */
    size_t n;
    uint8_t bytes[8 * 512];
};

static int flush_slots(struct slot_writer *w)
{
    const size_t n = w->n;
    w->n = 0;
    return lode_spool_append(w->spool, w->bytes, n);
}

static int put_slot(struct slot_writer *w, uint64_t word)
{
    if (w->n == sizeof w->bytes && flush_slots(w) != 0)
        return -1;
    lode_put64(w->bytes + w->n, word);
    w->n += 8;
    w->written++;
    return 0;
}

static int put_empty_up_to(struct slot_writer *w, uint64_t slot)
{
    while (w->written < slot)
        if (put_slot(w, 0) != 0)
            return -1;
    return 0;
}

int lode_keys_emit(struct lode_spool *spool, const struct lode_name_key *keys, size_t n,
                   uint64_t name_count, uint64_t base, uint32_t *longest)
{
    struct slot_writer w;
    uint64_t next_free = 0;
    w.spool = spool;
    w.written = w.n = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t slot = lode_name_place(keys[i].hash, name_count, &next_free, longest);
        uint64_t word = lode_slot_make((keys[i].contig & ~LODE_KEY_MORE) - base, keys[i].hash);
        if ((keys[i].contig & LODE_KEY_MORE) != 0)
            word |= LODE_GNAM_AMBIGUOUS;
        if (put_empty_up_to(&w, slot) != 0 || put_slot(&w, word) != 0)
            return -1;
    }
    return put_empty_up_to(&w, lode_name_slots(name_count, next_free)) == 0 ? flush_slots(&w) : -1;
}
