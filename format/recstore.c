#include "recstore.h"

#include "bytes.h"
#include "hash.h"
#include "range.h"

/* ---- rows ------------------------------------------------------------------------------------ */

void lode_recstore_head_decode(const uint8_t *p, struct lode_recstore_head *head)
{
    head->records = lode_get64(p + LODE_RINF_RECORDS);
    head->bytes = lode_get64(p + LODE_RINF_BYTES);
    head->name_off = lode_get32(p + LODE_RINF_NAME_OFF);
    head->name_len = lode_get32(p + LODE_RINF_NAME_LEN);
    head->keys = p[LODE_RINF_KEYS];
    head->codec = p[LODE_RINF_CODEC];
    head->align = p[LODE_RINF_ALIGN];
    head->shuffle = p[LODE_RINF_SHUFFLE];
    head->level = lode_get32(p + LODE_RINF_LEVEL);
    head->block_size = lode_get32(p + LODE_RINF_BLOCK_SIZE);
}

void lode_recstore_head_encode(uint8_t *p, const struct lode_recstore_head *head)
{
    memset(p, 0, LODE_STRIDE_RINF);
    lode_put64(p + LODE_RINF_RECORDS, head->records);
    lode_put64(p + LODE_RINF_BYTES, head->bytes);
    lode_put32(p + LODE_RINF_NAME_OFF, head->name_off);
    lode_put32(p + LODE_RINF_NAME_LEN, head->name_len);
    p[LODE_RINF_KEYS] = head->keys;
    p[LODE_RINF_CODEC] = head->codec;
    p[LODE_RINF_ALIGN] = head->align;
    p[LODE_RINF_SHUFFLE] = head->shuffle;
    lode_put32(p + LODE_RINF_LEVEL, head->level);
    lode_put32(p + LODE_RINF_BLOCK_SIZE, head->block_size);
}

void lode_record_decode(const uint8_t *p, struct lode_record_row *row)
{
    const uint64_t begin = lode_get64(p + LODE_ROFF_BEGIN),
                   stored = lode_get64(p + LODE_ROFF_STORED);
    const uint64_t key = lode_get64(p + LODE_ROFF_KEY);
    row->begin = begin & LODE_U48_MASK;
    row->flags = (uint16_t)(begin >> 48);
    row->stored = stored & LODE_U48_MASK;
    row->key_len = (uint16_t)(stored >> 48);
    row->key = key & LODE_U48_MASK;
    row->type = (uint16_t)(key >> 48);
    row->length = lode_get32(p + LODE_ROFF_LENGTH);
    row->sum = lode_get32(p + LODE_ROFF_SUM);
}

void lode_record_encode(uint8_t *p, const struct lode_record_row *row)
{
    lode_put64(p + LODE_ROFF_BEGIN, row->begin | (uint64_t)row->flags << 48);
    lode_put64(p + LODE_ROFF_STORED, row->stored | (uint64_t)row->key_len << 48);
    lode_put64(p + LODE_ROFF_KEY, row->key | (uint64_t)row->type << 48);
    lode_put32(p + LODE_ROFF_LENGTH, row->length);
    lode_put32(p + LODE_ROFF_SUM, row->sum);
}

void lode_record_block_decode(const uint8_t *p, struct lode_record_block *block)
{
    block->begin = lode_get64(p + LODE_RBLK_BEGIN);
    block->stored = lode_get32(p + LODE_RBLK_STORED);
    block->length = lode_get32(p + LODE_RBLK_LENGTH);
    block->sum = lode_get32(p + LODE_RBLK_SUM);
    block->flags = lode_get32(p + LODE_RBLK_FLAGS);
}

void lode_record_block_encode(uint8_t *p, const struct lode_record_block *block)
{
    lode_put64(p + LODE_RBLK_BEGIN, block->begin);
    lode_put32(p + LODE_RBLK_STORED, block->stored);
    lode_put32(p + LODE_RBLK_LENGTH, block->length);
    lode_put32(p + LODE_RBLK_SUM, block->sum);
    lode_put32(p + LODE_RBLK_FLAGS, block->flags);
}

uint32_t lode_record_sum(const void *bytes, size_t n)
{
    return (uint32_t)lode_hash64(bytes, n, 0);
}

/* ---- opening --------------------------------------------------------------------------------- */

uint32_t lode_recstore_groups(const struct lode_container *box, uint32_t *groups, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < box->entry_count; i++) {
        struct lode_section s;
        lode_container_entry(box, i, &s);
        if (s.id != LODE_ID_RINF)
            continue;
        if (n < max)
            groups[n] = s.group;
        n++;
    }
    return n;
}

static int find_tables(struct lode_recstore *store, struct lode_fault *fault)
{
    uint32_t param = 0;
    const struct {
        uint32_t id, stride;
        bool required;
        struct lode_rows *out;
    } tables[] = {
        {LODE_ID_RTYP, LODE_STRIDE_RTYP, false, &store->types},
        {LODE_ID_RSTR, LODE_STRIDE_RSTR, false, &store->strings},
        {LODE_ID_RDIC, LODE_STRIDE_RDIC, false, &store->dictionary},
        {LODE_ID_RBLK, LODE_STRIDE_RBLK, false, &store->blocks},
        {LODE_ID_ROFF, LODE_STRIDE_ROFF, true, &store->records},
        {LODE_ID_RSLT, LODE_STRIDE_RSLT, store->head.keys != LODE_KEYS_NONE, &store->slots},
        {LODE_ID_RKEY, LODE_STRIDE_RKEY, false, &store->keys},
        {LODE_ID_RHEP, LODE_STRIDE_RHEP, false, &store->heap},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct lode_section s;
        *tables[i].out = (struct lode_rows){store->box.data, 0};
        if (!lode_container_find(&store->box, tables[i].id, store->group, &s)) {
            if (tables[i].required)
                return lode_fail(fault, LODE_FMT_LAYOUT, "E-1", tables[i].id, 0);
            continue;
        }
        if (s.stride != tables[i].stride || !lode_range_ok(s.off, s.len, store->box.size) ||
            s.count != s.len / s.stride)
            return lode_fail(fault, LODE_FMT_LAYOUT, "E-2", tables[i].id, s.off);
        *tables[i].out = (struct lode_rows){store->box.data + s.off, s.count};
        if (tables[i].id == LODE_ID_RSLT)
            param = s.param;
    }
    if (param >> 8 > LODE_NAME_PROBE_MAX)
        return lode_fail(fault, LODE_FMT_LAYOUT, "N-4", LODE_ID_RSLT, 0);
    store->table = (struct lode_nametable){.slots = store->slots.rows,
                                           .slot_count = store->slots.count,
                                           .name_count = store->head.records,
                                           .limit = store->head.records,
                                           .section = LODE_ID_RSLT,
                                           .ordinal_bits = LODE_TNAM_ORDINAL_BITS,
                                           .longest = param >> 8,
                                           .seed = (uint8_t)param};
    return LODE_FMT_OK;
}

static bool head_known(const struct lode_recstore_head *head)
{
    return head->keys <= LODE_KEYS_INTEGERS && head->codec <= LODE_CODEC_BLOCKS &&
           head->align <= LODE_RECORD_ALIGN_MAX &&
           (head->shuffle == 1 || head->shuffle == 2 || head->shuffle == 4 || head->shuffle == 8);
}

int lode_recstore_parse(const struct lode_container *box, uint32_t group, struct lode_recstore *out,
                        struct lode_fault *fault)
{
    struct lode_recstore store = {.box = *box, .group = group};
    struct lode_section s;
    if (!lode_container_find(box, LODE_ID_RINF, group, &s))
        return lode_fail(fault, LODE_FMT_NOT_FOUND, "E-1", LODE_ID_RINF, 0);
    if (s.stride != LODE_STRIDE_RINF || s.count != 1 ||
        !lode_range_ok(s.off, LODE_STRIDE_RINF, box->size))
        return lode_fail(fault, LODE_FMT_LAYOUT, "E-2", LODE_ID_RINF, s.off);
    store.info = (struct lode_rows){box->data + s.off, 1};
    lode_recstore_head_decode(store.info.rows, &store.head);
    if (!head_known(&store.head))
        return lode_fail(fault, LODE_FMT_FEATURE, "E-3", LODE_ID_RINF, s.off);
    const int status = find_tables(&store, fault);
    if (status != LODE_FMT_OK)
        return status;
    if (store.records.count == 0 || store.records.count - 1 != store.head.records ||
        store.head.records > LODE_CONTIG_MAX)
        return lode_fail(fault, LODE_FMT_LAYOUT, "E-4", LODE_ID_ROFF, s.off);
    store.mean = store.head.records > 0 ? store.heap.count / store.head.records : 0;
    *out = store;
    return LODE_FMT_OK;
}

/* ---- using rows ------------------------------------------------------------------------------ */

static uint64_t row_off(const struct lode_recstore *store, const struct lode_rows *table,
                        uint64_t i, uint32_t stride)
{
    return (uint64_t)(table->rows - store->box.data) + i * stride;
}

int lode_recstore_record(const struct lode_recstore *store, uint64_t i, struct lode_record_row *row,
                         struct lode_fault *fault)
{
    const uint64_t off = row_off(store, &store->records, i, LODE_STRIDE_ROFF);
    lode_record_decode(store->records.rows + i * LODE_STRIDE_ROFF, row);
    if ((row->flags & ~LODE_RECORD_FLAGS_KNOWN) != 0)
        return lode_fail(fault, LODE_FMT_FEATURE, "E-5", LODE_ID_ROFF, off);
    const bool in_block = (row->flags & LODE_RECORD_IN_BLOCK) != 0;
    if (in_block ? row->flags != LODE_RECORD_IN_BLOCK || row->begin >= store->blocks.count
                 : !lode_range_ok(row->begin, row->stored, store->heap.count))
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-6", LODE_ID_ROFF, off);
    if ((row->flags & LODE_RECORD_PACKED) == 0 && !in_block &&
        (row->length != 0 || row->flags != 0))
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-7", LODE_ID_ROFF, off);
    if (!lode_range_ok(row->key, row->key_len, store->keys.count))
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-8", LODE_ID_ROFF, off);
    if (row->type > store->types.count)
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-9", LODE_ID_ROFF, off);
    return LODE_FMT_OK;
}

int lode_recstore_block_at(const struct lode_recstore *store, uint64_t i,
                           struct lode_record_block *block, struct lode_fault *fault)
{
    const uint64_t off = row_off(store, &store->blocks, i, LODE_STRIDE_RBLK);
    lode_record_block_decode(store->blocks.rows + i * LODE_STRIDE_RBLK, block);
    if ((block->flags & ~(uint32_t)LODE_RECORD_DICTIONARY) != 0)
        return lode_fail(fault, LODE_FMT_FEATURE, "E-5", LODE_ID_RBLK, off);
    if (!lode_range_ok(block->begin, block->stored, store->heap.count))
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-6", LODE_ID_RBLK, off);
    return LODE_FMT_OK;
}

int lode_recstore_block(const struct lode_recstore *store, const struct lode_record_row *row,
                        struct lode_record_block *block, struct lode_fault *fault)
{
    const int status = lode_recstore_block_at(store, row->begin, block, fault);
    if (status == LODE_FMT_OK && !lode_range_ok(row->stored, row->length, block->length))
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-10", LODE_ID_RBLK,
                         row_off(store, &store->blocks, row->begin, LODE_STRIDE_RBLK));
    return status;
}

/* The key is looked at next, and then most likely the record: both are asked for at once. */
static void ask_for(const struct lode_recstore *store, const struct lode_record_row *row)
{
    enum { LINE = 64, LINES = 2 }; /* the processor sees from them that more follow */
    __builtin_prefetch(store->keys.rows + row->key);
    if ((row->flags & LODE_RECORD_IN_BLOCK) != 0)
        return;
    const uint8_t *p = store->heap.rows + row->begin;
    const uint64_t n = row->stored < LINE * LINES ? row->stored : LINE * LINES;
    for (uint64_t at = 0; at < n; at += LINE)
        __builtin_prefetch(p + at);
}

int lode_recstore_find(const struct lode_recstore *store, const void *key, size_t len,
                       uint64_t hash, uint64_t *i, struct lode_record_row *row,
                       struct lode_fault *fault)
{
    struct lode_probe probe;
    uint64_t word;
    if (store->table.slot_count == 0 || len > LODE_KEY_MAX)
        return LODE_FMT_NOT_FOUND;
    lode_probe_start(&store->table, hash, &probe);
    while (lode_probe_next(&store->table, &probe, &word)) {
        *i = lode_slot_ordinal(word, store->table.ordinal_bits);
        if (*i >= store->head.records)
            return lode_fail(fault, LODE_FMT_CORRUPT, "N-1", LODE_ID_RSLT,
                             row_off(store, &store->slots, 0, 0));
        lode_recstore_expect(store, *i);
        const int status = lode_recstore_record(store, *i, row, fault);
        if (status != LODE_FMT_OK)
            return status;
        ask_for(store, row);
        if (row->key_len == len && memcmp(store->keys.rows + row->key, key, len) == 0)
            return LODE_FMT_OK;
    }
    return LODE_FMT_NOT_FOUND;
}

int lode_recstore_type(const struct lode_recstore *store, uint32_t t, const uint8_t **text,
                       uint32_t *len, struct lode_fault *fault)
{
    const uint8_t *p = store->types.rows + (uint64_t)(t - 1) * LODE_STRIDE_RTYP;
    const uint32_t off = lode_get32(p + LODE_RTYP_OFF), n = lode_get32(p + LODE_RTYP_LEN);
    if (!lode_range_ok(off, n, store->strings.count))
        return lode_fail(fault, LODE_FMT_CORRUPT, "E-11", LODE_ID_RTYP,
                         row_off(store, &store->types, t - 1, LODE_STRIDE_RTYP));
    *text = store->strings.rows + off;
    *len = n;
    return LODE_FMT_OK;
}
