/* Owns the part of recstore.h that verifies rows (SPEC 15.5). */
#include "bytes.h"
#include "range.h"
#include "recstore.h"

struct walk {
    const struct lode_recstore *store;
    lode_recstore_found found;
    void *ctx;
    int status; /* of the first finding */
    bool stop;
    /* what was seen of the rows before */
    uint64_t heap, block, in_block, key, bytes;
};

static void report_fault(struct walk *w, const struct lode_fault *fault)
{
    if (w->stop)
        return;
    if (w->status == LODE_FMT_OK)
        w->status = fault->status;
    w->stop = w->found != NULL && w->found(w->ctx, fault) != 0;
}

static void report(struct walk *w, const char *rule, uint32_t section, const uint8_t *p)
{
    const struct lode_fault fault = {LODE_FMT_CORRUPT, section, rule,
                                     (uint64_t)(p - w->store->box.data)};
    report_fault(w, &fault);
}

/* ---- strings and blocks ---------------------------------------------------------------------- */

/* Name and texts of types, one behind the other. */
static void check_strings(struct walk *w)
{
    const struct lode_recstore *store = w->store;
    uint64_t next = store->head.name_len;
    bool dense = store->head.name_off == 0;
    for (uint32_t t = 1; t <= store->types.count && t <= LODE_RECORD_TYPES; t++) {
        const uint8_t *text;
        uint32_t len;
        struct lode_fault fault;
        if (lode_recstore_type(store, t, &text, &len, &fault) != LODE_FMT_OK) {
            report_fault(w, &fault);
            return;
        }
        dense = dense && (uint64_t)(text - store->strings.rows) == next;
        next += len;
    }
    if (!dense || next != store->strings.count)
        report(w, "E-19", LODE_ID_RTYP, store->types.rows);
}

static void check_head(struct walk *w)
{
    const struct lode_recstore *store = w->store;
    if (!lode_range_ok(store->head.name_off, store->head.name_len, store->strings.count))
        report(w, "E-11", LODE_ID_RINF, store->info.rows);
    if (!lode_is_zero(store->info.rows + LODE_RINF_RESERVED, LODE_STRIDE_RINF - LODE_RINF_RESERVED))
        report(w, "E-16", LODE_ID_RINF, store->info.rows);
    if (store->types.count > LODE_RECORD_TYPES)
        report(w, "E-9", LODE_ID_RTYP, store->types.rows);
    check_strings(w);
}

/* Frames stand one behind the other. */
static void check_blocks(struct walk *w)
{
    const struct lode_recstore *store = w->store;
    for (uint64_t i = 0; i < store->blocks.count && !w->stop; i++) {
        const uint8_t *p = store->blocks.rows + i * LODE_STRIDE_RBLK;
        struct lode_record_block block;
        struct lode_fault fault;
        if (lode_recstore_block_at(store, i, &block, &fault) != LODE_FMT_OK) {
            report_fault(w, &fault);
            continue;
        }
        if (block.begin < w->heap)
            report(w, "E-12", LODE_ID_RBLK, p);
        if ((block.flags & LODE_RECORD_DICTIONARY) != 0 && store->dictionary.count == 0)
            report(w, "E-15", LODE_ID_RBLK, p);
        w->heap = block.begin + block.stored;
    }
}

/* ---- records --------------------------------------------------------------------------------- */

/* The rule of place that a sound row breaks, or NULL. */
static const char *place_rule(struct walk *w, const struct lode_record_row *row)
{
    struct lode_record_block block;
    const uint64_t mask = (1ull << w->store->head.align) - 1;
    if ((row->flags & LODE_RECORD_IN_BLOCK) != 0) {
        if (lode_recstore_block(w->store, row, &block, NULL) != LODE_FMT_OK)
            return "E-10";
        if (row->begin < w->block || (row->begin == w->block && row->stored < w->in_block))
            return "E-12";
        w->block = row->begin;
        w->in_block = row->stored + row->length;
        return NULL;
    }
    if (row->begin < w->heap || (row->begin & mask) != 0)
        return "E-12";
    w->heap = row->begin + row->stored;
    return NULL;
}

static const char *content_rule(const struct walk *w, const struct lode_record_row *row)
{
    if ((row->flags & LODE_RECORD_SHUFFLED) != 0 && w->store->head.shuffle == 1)
        return "E-15";
    if ((row->flags & LODE_RECORD_DICTIONARY) != 0 && w->store->dictionary.count == 0)
        return "E-15";
    return NULL;
}

static const char *key_rule(const struct walk *w, const struct lode_record_row *row)
{
    const unsigned keys = w->store->head.keys;
    if (row->key != w->key || (keys == LODE_KEYS_NONE && row->key_len != 0) ||
        (keys == LODE_KEYS_INTEGERS && row->key_len != 8))
        return "E-13";
    return NULL;
}

static void check_records(struct walk *w)
{
    const struct lode_recstore *store = w->store;
    for (uint64_t i = 0; i < store->head.records && !w->stop; i++) {
        const uint8_t *p = store->records.rows + i * LODE_STRIDE_ROFF;
        struct lode_record_row row;
        struct lode_fault fault;
        if (lode_recstore_record(store, i, &row, &fault) != LODE_FMT_OK) {
            report_fault(w, &fault);
            w->key = row.key + row.key_len;
            continue;
        }
        const char *rule = content_rule(w, &row);
        rule = rule != NULL ? rule : place_rule(w, &row);
        rule = rule != NULL ? rule : key_rule(w, &row);
        if (rule != NULL)
            report(w, rule, LODE_ID_ROFF, p);
        w->key = row.key + row.key_len;
        w->bytes += lode_record_length(&row);
    }
}

static void check_end(struct walk *w)
{
    const struct lode_recstore *store = w->store;
    const uint8_t *p = store->records.rows + store->head.records * LODE_STRIDE_ROFF;
    struct lode_record_row end;
    lode_record_decode(p, &end);
    if (end.begin != store->heap.count || end.key != store->keys.count || end.stored != 0 ||
        end.length != 0 || end.sum != 0 || end.flags != 0 || end.key_len != 0 || end.type != 0)
        report(w, "E-14", LODE_ID_ROFF, p);
    if (w->status == LODE_FMT_OK && (w->bytes != store->head.bytes || w->key != store->keys.count))
        report(w, "E-14", LODE_ID_RINF, store->info.rows);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The entry before, in a walk over slots. */
struct entry {
    const uint8_t *key;
    size_t len;
    uint64_t hash;
    bool any;
};

static bool in_order(const struct entry *last, const struct entry *now)
{
    if (!last->any || last->hash != now->hash)
        return !last->any || last->hash < now->hash;
    const size_t n = last->len < now->len ? last->len : now->len;
    const int order = n > 0 ? memcmp(last->key, now->key, n) : 0;
    return order != 0 ? order < 0 : last->len < now->len;
}

static const char *slot_rule(const struct walk *w, uint64_t k, uint64_t word, uint64_t next_free,
                             struct entry *last, uint64_t *longest)
{
    const struct lode_recstore *store = w->store;
    const struct lode_nametable *t = &store->table;
    const uint64_t i = lode_slot_ordinal(word, t->ordinal_bits);
    struct lode_record_row row;
    if ((word & ((1ull << t->ordinal_bits) - 1)) == 0)
        return "N-3";
    if (i >= t->limit)
        return "N-1";
    if (lode_recstore_record(store, i, &row, NULL) != LODE_FMT_OK)
        return NULL; /* reported with the records */
    const struct entry now = {store->keys.rows + row.key, row.key_len,
                              lode_name_hash(store->keys.rows + row.key, row.key_len, t->seed),
                              true};
    const uint64_t home = lode_name_home(now.hash, t->name_count);
    const bool right = word >> 40 == (now.hash & 0xFFFFFF) && in_order(last, &now) &&
                       k == (home > next_free ? home : next_free);
    *last = now;
    *longest = right && k - home > *longest ? k - home : *longest;
    return right ? NULL : "N-2";
}

static void check_slots(struct walk *w)
{
    const struct lode_nametable *t = &w->store->table;
    uint64_t next_free = 0, entries = 0, longest = 0;
    struct entry last = {0};
    const int before = w->status;
    for (uint64_t k = 0; k < t->slot_count && !w->stop; k++) {
        const uint64_t word = lode_get64(t->slots + 8 * k);
        if (word == 0)
            continue;
        const char *rule = slot_rule(w, k, word, next_free, &last, &longest);
        if (rule != NULL)
            report(w, rule, LODE_ID_RSLT, t->slots + 8 * k);
        next_free = k + 1;
        entries++;
    }
    if (w->status != before || w->stop)
        return;
    if (t->slot_count != lode_name_slots(t->name_count, next_free))
        report(w, "N-3", LODE_ID_RSLT, t->slots);
    else if (entries != t->name_count)
        report(w, "N-5", LODE_ID_RSLT, t->slots);
    else if (t->seed > LODE_NAME_SEED_MAX || t->longest != longest)
        report(w, "N-4", LODE_ID_RSLT, t->slots);
}

int lode_recstore_verify(const struct lode_recstore *store, lode_recstore_found found, void *ctx)
{
    struct walk w = {.store = store, .found = found, .ctx = ctx};
    check_head(&w);
    check_blocks(&w);
    w.heap = 0; /* frames of blocks and raw records stand among each other */
    check_records(&w);
    check_end(&w);
    if (store->head.keys != LODE_KEYS_NONE)
        check_slots(&w);
    else if (store->slots.count != 0)
        report(&w, "E-13", LODE_ID_RSLT, store->slots.rows);
    return w.status;
}
