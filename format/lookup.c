/* Owns lookups by name: which table answers, which candidate it names, whether that is the one. */
#include "seqindex.h"

static uint64_t at(const struct lode_seqindex *ix, const uint8_t *p)
{
    return (uint64_t)(p - ix->box.data);
}

static struct lode_nametable table_of(const struct lode_rows *rows, uint32_t param,
                                      uint64_t name_count, unsigned ordinal_bits)
{
    const struct lode_nametable table = {
        .slots = rows->rows,
        .slot_count = rows->count,
        .name_count = name_count,
        .ordinal_bits = ordinal_bits,
        .longest = param >> 8,
        .seed = (uint8_t)param,
    };
    return table;
}

static struct lode_nametable tnam_of(const struct lode_seqindex *ix,
                                     const struct lode_source *source)
{
    struct lode_nametable table =
        table_of(&ix->tnam, ix->tnam_param, source->end.contig - source->row.begin.contig,
                 LODE_TNAM_ORDINAL_BITS);
    table.slots = ix->tnam.rows + source->row.begin.slot * LODE_STRIDE_TNAM;
    table.slot_count = source->end.slot - source->row.begin.slot;
    table.first = source->row.begin.contig;
    table.limit = table.name_count;
    table.section = LODE_ID_TNAM;
    return table;
}

static struct lode_nametable gnam_of(const struct lode_seqindex *ix)
{
    struct lode_nametable table =
        table_of(&ix->gnam, ix->gnam_param, ix->gnam_names, LODE_GNAM_ORDINAL_BITS);
    table.slot_count--; /* the last row holds the number of names */
    table.limit = ix->contig_count;
    table.section = LODE_ID_GNAM;
    return table;
}

static bool same_name(const struct lode_bytes *a, const void *name, size_t len)
{
    return a->len == len && memcmp(a->data, name, len) == 0;
}

/* The table that answers; false when the source's row is not sound. */
static bool find_table(const struct lode_lookup *l, struct lode_nametable *out,
                       struct lode_fault *fault)
{
    struct lode_source buf;
    const struct lode_source *source;
    if (l->source < 0 && l->ix->source_count > 1) {
        *out = gnam_of(l->ix);
        return true;
    }
    if (lode_source_ref(l->ix, l->source < 0 ? 0 : (uint64_t)l->source, &buf, &source, fault) !=
        LODE_FMT_OK)
        return false;
    *out = tnam_of(l->ix, source);
    return true;
}

void lode_lookup_start(struct lode_lookup *l)
{
    l->sound = l->source < (int64_t)l->ix->source_count && find_table(l, &l->table, NULL);
    l->known = l->sound;
    if (!l->sound)
        return;
    l->hash = lode_name_hash(l->name, l->len, l->table.seed);
    const uint64_t home = lode_name_home(l->hash, l->table.name_count);
    if (home < l->table.slot_count)
        __builtin_prefetch(l->table.slots + home * 8);
}

void lode_lookup_row(struct lode_lookup *l)
{
    struct lode_probe probe;
    uint64_t word;
    l->contig = UINT64_MAX;
    if (!l->sound)
        return;
    lode_probe_start(&l->table, l->hash, &probe);
    if (!lode_probe_next(&l->table, &probe, &word))
        return;
    l->contig = l->table.first + lode_slot_ordinal(word, l->table.ordinal_bits);
    if (l->contig < l->ix->contig_count)
        __builtin_prefetch(l->ix->ctig.rows + l->contig * LODE_STRIDE_CTIG);
}

void lode_lookup_name(struct lode_lookup *l)
{
    struct lode_contig_row row;
    if (!l->sound || l->contig >= l->ix->contig_count)
        return;
    lode_contig_decode(l->ix->ctig.rows + l->contig * LODE_STRIDE_CTIG, &row);
    if (!l->ix->has_only) {
        /* the source's row comes first; two of its four lines are what the check reads most of */
        if (row.source < l->ix->source_count)
            __builtin_prefetch(l->ix->srce.rows + (uint64_t)row.source * LODE_STRIDE_SRCE + 64);
        return;
    }
    if (row.name_off < l->ix->name.count)
        __builtin_prefetch(l->ix->name.rows + row.name_off);
}

/* Does contig i carry the name? */
static int candidate_is(const struct lode_lookup *l, uint64_t i, struct lode_contig_row *row,
                        bool *same, struct lode_fault *fault)
{
    struct lode_source buf;
    const struct lode_source *source;
    struct lode_bytes bytes;
    *same = false;
    int status = lode_contig_ref(l->ix, i, row, &buf, &source, fault);
    if (status != LODE_FMT_OK || row->name_len != l->len)
        return status;
    status = lode_contig_name_bytes(l->ix, row, source, &bytes, fault);
    *same = status == LODE_FMT_OK && same_name(&bytes, l->name, l->len);
    return status;
}

int lode_lookup_finish(struct lode_lookup *l, struct lode_contig_row *row, struct lode_fault *fault)
{
    struct lode_probe probe;
    uint64_t word;
    if (l->source >= (int64_t)l->ix->source_count)
        return LODE_FMT_NOT_FOUND;
    if (!l->sound) /* say why */
        return find_table(l, &l->table, fault) ? LODE_FMT_NOT_FOUND : LODE_FMT_CORRUPT;
    lode_probe_start(&l->table, l->hash, &probe);
    while (lode_probe_next(&l->table, &probe, &word)) {
        bool same;
        const uint64_t ordinal = lode_slot_ordinal(word, l->table.ordinal_bits);
        l->contig = l->table.first + ordinal;
        if (ordinal >= l->table.limit)
            return lode_fail(fault, LODE_FMT_CORRUPT, "N-1", l->table.section,
                             at(l->ix, l->table.slots));
        const int status = candidate_is(l, l->contig, row, &same, fault);
        if (status != LODE_FMT_OK)
            return status;
        if (same)
            return l->table.section == LODE_ID_GNAM && (word & LODE_GNAM_AMBIGUOUS) != 0
                       ? LODE_FMT_AMBIGUOUS
                       : LODE_FMT_OK;
    }
    return LODE_FMT_NOT_FOUND;
}

static int find(struct lode_lookup *l, uint64_t *contig, struct lode_fault *fault)
{
    struct lode_contig_row row;
    lode_lookup_start(l);
    const int status = lode_lookup_finish(l, &row, fault);
    *contig = l->contig;
    return status;
}

int lode_seqindex_find_in(const struct lode_seqindex *ix, uint64_t source, const void *name,
                          size_t len, uint64_t *contig, struct lode_fault *fault)
{
    struct lode_lookup l = {.ix = ix, .source = (int64_t)source, .name = name, .len = len};
    return find(&l, contig, fault);
}

int lode_seqindex_find(const struct lode_seqindex *ix, const void *name, size_t len,
                       uint64_t *contig, struct lode_fault *fault)
{
    struct lode_lookup l = {.ix = ix, .source = -1, .name = name, .len = len};
    return find(&l, contig, fault);
}

int lode_seqindex_find_source(const struct lode_seqindex *ix, const void *name, size_t len,
                              uint64_t *source, struct lode_fault *fault)
{
    const struct lode_nametable table =
        table_of(&ix->snam, ix->snam_param, ix->source_count, LODE_TNAM_ORDINAL_BITS);
    struct lode_probe probe;
    uint64_t word;
    lode_probe_start(&table, lode_name_hash(name, len, table.seed), &probe);
    while (lode_probe_next(&table, &probe, &word)) {
        struct lode_source src;
        struct lode_bytes path, bytes;
        *source = lode_slot_ordinal(word, LODE_TNAM_ORDINAL_BITS);
        if (*source >= ix->source_count)
            return lode_fail(fault, LODE_FMT_CORRUPT, "N-1", LODE_ID_SNAM, at(ix, table.slots));
        int status = lode_source_get(ix, *source, &src, fault);
        if (status == LODE_FMT_OK)
            status = lode_source_strings(ix, &src, &path, &bytes, fault);
        if (status != LODE_FMT_OK)
            return status;
        if (same_name(&bytes, name, len))
            return LODE_FMT_OK;
    }
    return LODE_FMT_NOT_FOUND;
}
