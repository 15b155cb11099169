/* Owns the part of seqverify.h that concerns the tables of names (SPEC 5.6). */
#include "seqverify.h"

/* One table, or one source's segment of TNAM, slot by slot. */
struct table {
    struct lode_verifier *v;
    uint32_t section;
    const uint8_t *slots;
    uint64_t slot_count, name_count;
    uint64_t first, limit; /* ordinals stand for first + [0, limit) */
    unsigned ordinal_bits;
    uint8_t seed;
    const uint8_t *shared; /* GNAM: one bit a contig, its name is in another source too */
    /* what was seen */
    struct lode_bytes last; /* name of the entry before */
    uint64_t last_hash, next_free, entries, longest;
    bool blind; /* a name could not be read */
};

static bool contig_name(const struct lode_seqindex *ix, uint64_t i, struct lode_bytes *name,
                        bool *duplicate)
{
    struct lode_contig_row row;
    struct lode_source source;
    const bool ok = lode_contig_get(ix, i, &row, &source, NULL) == LODE_FMT_OK &&
                    lode_contig_name_bytes(ix, &row, &source, name, NULL) == LODE_FMT_OK;
    *duplicate = ok && (row.flags & LODE_CTIG_DUPLICATE) != 0;
    return ok;
}

static bool source_name(const struct lode_seqindex *ix, uint64_t i, struct lode_bytes *name)
{
    struct lode_source source;
    struct lode_bytes path;
    return lode_source_get(ix, i, &source, NULL) == LODE_FMT_OK &&
           lode_source_strings(ix, &source, &path, name, NULL) == LODE_FMT_OK;
}

static bool bit_of(const uint8_t *bits, uint64_t i)
{
    return (bits[i >> 3] >> (i & 7) & 1) != 0;
}

static bool in_order(const struct table *t, uint64_t hash, const struct lode_bytes *name)
{
    if (t->entries == 0 || hash != t->last_hash)
        return t->entries == 0 || hash > t->last_hash;
    const uint32_t n = t->last.len < name->len ? t->last.len : name->len;
    const int order = n > 0 ? memcmp(t->last.data, name->data, n) : 0;
    return order != 0 ? order < 0 : t->last.len < name->len;
}

/* The rule that the entry in slot k breaks, or NULL. */
static const char *entry_rule(struct table *t, uint64_t k, uint64_t word)
{
    const struct lode_seqindex *ix = t->v->ix;
    const uint64_t ordinal = lode_slot_ordinal(word, t->ordinal_bits);
    struct lode_bytes name;
    bool duplicate = false;
    if ((word & ((1ULL << t->ordinal_bits) - 1)) == 0)
        return "N-3";
    if (ordinal >= t->limit)
        return "N-1";
    const bool readable = t->section == LODE_ID_SNAM
                              ? source_name(ix, ordinal, &name)
                              : contig_name(ix, t->first + ordinal, &name, &duplicate);
    t->blind |= !readable; /* reported with contigs and sources */
    if (!readable)
        return NULL;
    if (duplicate)
        return "N-5";
    const uint64_t hash = lode_name_hash(name.data, name.len, t->seed);
    const uint64_t home = lode_name_home(hash, t->name_count);
    const bool placed = k == (home > t->next_free ? home : t->next_free);
    const bool right = word >> 40 == (hash & 0xFFFFFF) && placed && in_order(t, hash, &name);
    t->last = name;
    t->last_hash = hash;
    t->entries++;
    if (!right)
        return "N-2";
    t->longest = k - home > t->longest ? k - home : t->longest;
    if (t->shared != NULL && ((word & LODE_GNAM_AMBIGUOUS) != 0) != bit_of(t->shared, ordinal))
        return "N-7";
    return NULL;
}

/* All slots, then how many there are. True when nothing was found. */
static bool check_table(struct table *t)
{
    const uint64_t before = t->v->findings;
    for (uint64_t k = 0; k < t->slot_count; k++) {
        const uint64_t word = lode_get64(t->slots + 8 * k);
        if (word == 0)
            continue;
        const char *rule = entry_rule(t, k, word);
        if (rule != NULL)
            lode_verifier_corrupt(t->v, rule, t->section, t->slots + 8 * k);
        t->next_free = k + 1;
    }
    if (t->v->findings == before && t->slot_count != lode_name_slots(t->name_count, t->next_free))
        lode_verifier_corrupt(t->v, "N-3", t->section, t->slots);
    return t->v->findings == before && !t->blind;
}

/* The section's parameter word: seed and the longest probe. */
static void check_param(struct lode_verifier *v, uint32_t section, const uint8_t *rows,
                        uint32_t param, uint64_t longest)
{
    if ((param & 0xFF) > LODE_NAME_SEED_MAX || param >> 8 != longest)
        lode_verifier_corrupt(v, "N-4", section, rows);
}

/* ---- TNAM ----------------------------------------------------------------------------------- */

static bool duplicates_first(const struct lode_seqindex *ix)
{
    static const char line[] = "duplicates=first\n";
    const uint64_t n = sizeof line - 1;
    for (uint64_t at = 0; at + n <= ix->opts.count; at++)
        if ((at == 0 || ix->opts.rows[at - 1] == '\n') &&
            memcmp(ix->opts.rows + at, line, (size_t)n) == 0)
            return true;
    return false;
}

/* A contig with the mark must have an earlier one of its name in the source. */
static void check_duplicate(struct lode_verifier *v, uint64_t source, uint64_t i,
                            const struct lode_bytes *name, bool allowed)
{
    uint64_t first = 0;
    const int status = lode_seqindex_find_in(v->ix, source, name->data, name->len, &first, NULL);
    if (!allowed || status == LODE_FMT_NOT_FOUND || (status == LODE_FMT_OK && first >= i))
        lode_verifier_corrupt(v, "C-10", LODE_ID_CTIG, v->ix->ctig.rows + i * LODE_STRIDE_CTIG);
}

/* Contigs of the source that have to be entered. */
static uint64_t check_duplicates(struct lode_verifier *v, uint64_t number,
                                 const struct lode_source *source, bool allowed)
{
    uint64_t count = 0;
    for (uint64_t i = source->row.begin.contig; i < source->end.contig; i++) {
        struct lode_bytes name;
        bool duplicate;
        if (!contig_name(v->ix, i, &name, &duplicate))
            continue;
        count += !duplicate;
        if (duplicate)
            check_duplicate(v, number, i, &name, allowed);
    }
    return count;
}

/* There are fewer entries than contigs to enter: which one's name is an earlier one's, or nowhere?
 */
static void explain_missing(struct lode_verifier *v, uint64_t number,
                            const struct lode_source *source, const uint8_t *slots)
{
    const uint64_t before = v->findings;
    for (uint64_t i = source->row.begin.contig; i < source->end.contig; i++) {
        struct lode_bytes name;
        bool duplicate;
        uint64_t first = i;
        if (!contig_name(v->ix, i, &name, &duplicate) || duplicate)
            continue;
        if (lode_seqindex_find_in(v->ix, number, name.data, name.len, &first, NULL) ==
                LODE_FMT_OK &&
            first != i)
            lode_verifier_corrupt(v, "C-10", LODE_ID_CTIG, v->ix->ctig.rows + i * LODE_STRIDE_CTIG);
    }
    if (v->findings == before)
        lode_verifier_corrupt(v, "N-5", LODE_ID_TNAM, slots);
}

/* One source's segment; the longest probe goes into *longest. True when nothing was found. */
static bool check_segment(struct lode_verifier *v, uint64_t i, const struct lode_source *source,
                          bool allowed, uint64_t *longest)
{
    const struct lode_begins *b = &source->row.begin, *e = &source->end;
    struct table t = {
        .v = v,
        .section = LODE_ID_TNAM,
        .slots = v->ix->tnam.rows + b->slot * LODE_STRIDE_TNAM,
        .slot_count = e->slot - b->slot,
        .name_count = e->contig - b->contig,
        .first = b->contig,
        .limit = e->contig - b->contig,
        .ordinal_bits = LODE_TNAM_ORDINAL_BITS,
        .seed = (uint8_t)v->ix->tnam_param,
    };
    bool clean = check_table(&t);
    const uint64_t want = check_duplicates(v, i, source, allowed);
    /* Entries ascend strictly, so their names differ: as many as have to be there are all. */
    if (clean && t.entries != want) {
        explain_missing(v, i, source, t.slots);
        clean = false;
    }
    if (t.longest > *longest)
        *longest = t.longest;
    return clean;
}

static void check_tnam(struct lode_verifier *v)
{
    const bool allowed = duplicates_first(v->ix);
    uint64_t longest = 0;
    bool clean = true;
    for (uint64_t i = 0; i < v->ix->source_count; i++) {
        struct lode_source source;
        if (lode_source_get(v->ix, i, &source, NULL) == LODE_FMT_OK)
            clean &= check_segment(v, i, &source, allowed, &longest);
        else
            clean = false; /* reported with the sources */
    }
    if (clean)
        check_param(v, LODE_ID_TNAM, v->ix->tnam.rows, v->ix->tnam_param, longest);
}

/* ---- GNAM ----------------------------------------------------------------------------------- */

uint64_t lode_verify_scratch(const struct lode_seqindex *ix)
{
    return ix->contig_count / 8 + 1;
}

/* Every name is found, under its first contig; notes in shared which of those are not alone. */
static void check_lookups(struct lode_verifier *v, uint8_t *shared)
{
    const struct lode_seqindex *ix = v->ix;
    for (uint64_t i = 0; i < ix->contig_count; i++) {
        struct lode_bytes name;
        bool duplicate;
        uint64_t first = 0;
        if (!contig_name(ix, i, &name, &duplicate) || duplicate)
            continue;
        const int status = lode_seqindex_find(ix, name.data, name.len, &first, NULL);
        const bool found = status == LODE_FMT_OK || status == LODE_FMT_AMBIGUOUS;
        if (status == LODE_FMT_NOT_FOUND || (found && first > i))
            lode_verifier_corrupt(v, "N-5", LODE_ID_GNAM, ix->gnam.rows);
        else if (found && first < i)
            shared[first >> 3] |= (uint8_t)(1u << (first & 7));
    }
}

static void check_gnam(struct lode_verifier *v, uint8_t *shared)
{
    const struct lode_seqindex *ix = v->ix;
    const uint64_t before = v->findings;
    struct table t = {
        .v = v,
        .section = LODE_ID_GNAM,
        .slots = ix->gnam.rows,
        .slot_count = ix->gnam.count - 1,
        .name_count = ix->gnam_names,
        .limit = ix->contig_count,
        .ordinal_bits = LODE_GNAM_ORDINAL_BITS,
        .seed = (uint8_t)ix->gnam_param,
        .shared = shared,
    };
    check_lookups(v, shared);
    const bool clean = check_table(&t);
    if (v->findings != before || !clean)
        return;
    if (t.entries != ix->gnam_names)
        lode_verifier_corrupt(v, "N-7", LODE_ID_GNAM, t.slots + 8 * t.slot_count);
    check_param(v, LODE_ID_GNAM, t.slots, ix->gnam_param, t.longest);
}

/* ---- SNAM ----------------------------------------------------------------------------------- */

/* Sources that the table does not lead to: their NAME is another one's, or not entered. */
static void check_source_lookups(struct lode_verifier *v)
{
    const struct lode_seqindex *ix = v->ix;
    for (uint64_t i = 0; i < ix->source_count; i++) {
        struct lode_bytes name;
        uint64_t found = i;
        if (!source_name(ix, i, &name))
            continue;
        const int status = lode_seqindex_find_source(ix, name.data, name.len, &found, NULL);
        if (status == LODE_FMT_OK && found != i)
            lode_verifier_corrupt(v, "S-15", LODE_ID_SRCE, ix->srce.rows + i * LODE_STRIDE_SRCE);
        else if (status == LODE_FMT_NOT_FOUND)
            lode_verifier_corrupt(v, "N-5", LODE_ID_SNAM, ix->snam.rows);
    }
}

static void check_snam(struct lode_verifier *v)
{
    const struct lode_seqindex *ix = v->ix;
    struct table t = {
        .v = v,
        .section = LODE_ID_SNAM,
        .slots = ix->snam.rows,
        .slot_count = ix->snam.count,
        .name_count = ix->source_count,
        .limit = ix->source_count,
        .ordinal_bits = LODE_TNAM_ORDINAL_BITS,
        .seed = (uint8_t)ix->snam_param,
    };
    const uint64_t before = v->findings;
    check_source_lookups(v);
    if (check_table(&t) && v->findings == before)
        check_param(v, LODE_ID_SNAM, t.slots, ix->snam_param, t.longest);
}

int lode_seqindex_verify_names(struct lode_verifier *v, uint8_t *shared)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    check_tnam(v);
    if (v->ix->source_count > 1)
        check_gnam(v, shared);
    check_snam(v);
    return lode_verifier_end(v, mark);
}
