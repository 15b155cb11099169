/* Owns the part of seqverify.h that compares rows with those made anew from the text (SPEC 8.3). */
#include "seqverify.h"

/* The rule that row b breaks where the text gives row a; the rows differ. */
typedef const char *rule_fn(const uint8_t *a, const uint8_t *b);

static bool differ(const uint8_t *a, const uint8_t *b, unsigned from, unsigned to)
{
    return memcmp(a + from, b + from, to - from) != 0;
}

static const char *contig_rule(const uint8_t *a, const uint8_t *b)
{
    const uint16_t flags = lode_get16(a + LODE_CTIG_FLAGS) ^ lode_get16(b + LODE_CTIG_FLAGS);
    if (a[LODE_CTIG_ENCODING] != b[LODE_CTIG_ENCODING])
        return "C-11";
    if (flags == LODE_CTIG_DUPLICATE)
        return "C-10";
    if (flags == 0 && !differ(a, b, LODE_CTIG_TEXT_OFF, LODE_CTIG_BASE_OFF) &&
        !differ(a, b, LODE_CTIG_NAME_LEN, LODE_CTIG_SOURCE) &&
        a[LODE_CTIG_LEAD] == b[LODE_CTIG_LEAD])
        return "C-9"; /* only sums over the rows before */
    return "C-13";
}

static const char *string_rule(const uint8_t *a, const uint8_t *b)
{
    (void)a, (void)b;
    return "C-13";
}

static const char *bin_rule(const uint8_t *a, const uint8_t *b)
{
    if (differ(a, b, LODE_BINS_N, LODE_STRIDE_BINS))
        return "K-4";
    return differ(a, b, LODE_BINS_TOGGLE, LODE_BINS_RUN) ? "K-7" : "K-9";
}

static const char *case_rule(const uint8_t *a, const uint8_t *b)
{
    (void)a, (void)b;
    return "K-7";
}

static const char *run_rule(const uint8_t *a, const uint8_t *b)
{
    (void)a, (void)b;
    return "K-9";
}

static const char *gap_rule(const uint8_t *a, const uint8_t *b)
{
    (void)a, (void)b;
    return "G-5";
}

static const char *base_rule(const uint8_t *a, const uint8_t *b)
{
    (void)a, (void)b;
    return "K-14";
}

static const char *digest_rule(const uint8_t *a, const uint8_t *b)
{
    (void)a, (void)b;
    return "G-6";
}

/* A table, the source's rows [begin, end) of it, and a field of 4 bytes that counts for nothing:
 * the number of the source. */
struct part {
    const struct lode_rows *old, *made;
    uint64_t begin, end;
    uint32_t section, stride, source_field;
    rule_fn *rule;
    const char *count_rule; /* where rows are missing or too many */
};

enum { NO_FIELD = 1 << 16, COMPARE_AT_ONCE = 4096 };

static bool same_row(const struct part *part, const uint8_t *a, const uint8_t *b)
{
    const uint32_t field = part->source_field;
    if (field == NO_FIELD)
        return memcmp(a, b, part->stride) == 0;
    return memcmp(a, b, field) == 0 &&
           memcmp(a + field + 4, b + field + 4, part->stride - field - 4) == 0;
}

/* Bytes that agree are most of all: they are passed over in large steps where rows compare whole.
 */
static uint64_t skip_equal(const struct part *part, const uint8_t *a, const uint8_t *b, uint64_t n)
{
    uint64_t i = 0;
    if (part->source_field != NO_FIELD)
        return 0;
    while (n - i >= COMPARE_AT_ONCE && memcmp(a + i * part->stride, b + i * part->stride,
                                              (size_t)COMPARE_AT_ONCE * part->stride) == 0)
        i += COMPARE_AT_ONCE;
    return i;
}

static void compare(struct lode_verifier *v, const struct part *part)
{
    const uint8_t *a = part->made->rows;
    const uint8_t *b = part->old->rows + part->begin * part->stride;
    const uint64_t have = part->end - part->begin, want = part->made->count;
    const uint64_t n = have < want ? have : want;
    const uint64_t before = v->findings;
    for (uint64_t i = skip_equal(part, a, b, n); i < n; i++) {
        const uint8_t *x = a + i * part->stride, *y = b + i * part->stride;
        if (same_row(part, x, y))
            continue;
        lode_verifier_corrupt(v, part->rule(x, y), part->section, y);
        while (part->stride == 1 && i + 1 < n && a[i + 1] != b[i + 1])
            i++; /* bytes in a row are one difference */
    }
    if (have != want && v->findings == before)
        lode_verifier_corrupt(v, part->count_rule, part->section, b + n * part->stride);
}

int lode_seqindex_verify_rebuilt(struct lode_verifier *v, uint64_t i,
                                 const struct lode_rebuilt *made)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    const struct lode_seqindex *ix = v->ix;
    struct lode_source source;
    if (lode_source_get(ix, i, &source, NULL) != LODE_FMT_OK)
        return lode_verifier_end(v, mark);
    const struct lode_begins *b = &source.row.begin, *e = &source.end;
    const struct part parts[] = {
        {&ix->ctig, &made->ctig, b->contig, e->contig, LODE_ID_CTIG, LODE_STRIDE_CTIG,
         LODE_CTIG_SOURCE, contig_rule, "C-13"},
        {&ix->name, &made->name, b->name, e->name, LODE_ID_NAME, 1, NO_FIELD, string_rule, "C-13"},
        {&ix->bins, &made->bins, b->bin, e->bin, LODE_ID_BINS, LODE_STRIDE_BINS, NO_FIELD, bin_rule,
         "K-1"},
        {&ix->kase, &made->kase, b->toggle, e->toggle, LODE_ID_CASE, LODE_STRIDE_CASE, NO_FIELD,
         case_rule, "K-7"},
        {&ix->excp, &made->excp, b->run, e->run, LODE_ID_EXCP, LODE_STRIDE_EXCP, NO_FIELD, run_rule,
         "K-9"},
        {&ix->gaps, &made->gaps, lode_gap_first(ix, i), lode_gap_first(ix, i + 1), LODE_ID_GAPS,
         LODE_STRIDE_GAPS, LODE_GAPS_SOURCE, gap_rule, "G-5"},
        {&ix->desc, &made->desc, b->desc, e->desc, LODE_ID_DESC, 1, NO_FIELD, string_rule, "C-13"},
        {&ix->digs, &made->digs, ix->digs.count > 0 ? b->contig : 0,
         ix->digs.count > 0 ? e->contig : 0, LODE_ID_DIGS, LODE_STRIDE_DIGS, NO_FIELD, digest_rule,
         "G-6"},
    };
    const struct part packed = {&ix->base, &made->base, b->base,   e->base, LODE_ID_BASE,
                                1,         NO_FIELD,    base_rule, "C-9"};
    if (made->packed)
        compare(v, &packed);
    if (((source.row.flags ^ made->flags) & LODE_SOURCE_NO_EOF) != 0)
        lode_verifier_corrupt(v, "S-20", LODE_ID_SRCE, ix->srce.rows + i * LODE_STRIDE_SRCE);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        compare(v, &parts[k]);
    return lode_verifier_end(v, mark);
}
