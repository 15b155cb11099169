/* Owns the part of seqverify.h that concerns contigs and gaps (SPEC 5.3-5.5, 5.13). */
#include "locate.h"
#include "range.h"
#include "seqverify.h"

/* How far the rows seen so far cover a source: its text, and its parts of DESC, NAME and BASE. */
struct cover {
    struct lode_verifier *v;
    const struct lode_source *source;
    uint64_t number; /* of the source */
    uint64_t text, desc, name, base;
    uint64_t gap, gap_end; /* rows of GAPS ahead */
    bool known;            /* false after a damaged row: the next one is believed */
};

static const uint8_t *contig_at(const struct lode_seqindex *ix, uint64_t i)
{
    return ix->ctig.rows + i * LODE_STRIDE_CTIG;
}

static const uint8_t *gap_at(const struct lode_seqindex *ix, uint64_t i)
{
    return ix->gaps.rows + i * LODE_STRIDE_GAPS;
}

static int corrupt(struct lode_fault *fault, const char *rule)
{
    return lode_fail(fault, LODE_FMT_CORRUPT, rule, LODE_ID_CTIG, 0);
}

/* ---- gaps ----------------------------------------------------------------------------------- */

uint64_t lode_gap_first(const struct lode_seqindex *ix, uint64_t source)
{
    uint64_t lo = 0, hi = ix->gaps.count;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (lode_get32(gap_at(ix, mid) + LODE_GAPS_SOURCE) < source)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Only LF and CR LF. */
static bool line_ends_only(const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        i += p[i] == '\r';
        if (i == n || p[i] != '\n')
            return false;
    }
    return true;
}

static const char *gap_rule(const struct lode_seqindex *ix, const struct lode_gap_row *row,
                            const struct lode_gap_row *last)
{
    struct lode_source source;
    if (row->source >= ix->source_count || row->length == 0 || row->source < last->source ||
        (row->source == last->source && row->text_off < last->text_off + last->length))
        return "G-1";
    if (lode_source_get(ix, row->source, &source, NULL) != LODE_FMT_OK)
        return NULL; /* reported with the sources */
    if (!lode_range_ok(row->text_off, row->length, source.row.text_len) ||
        !lode_range_ok(row->desc_off, row->length, source.end.desc - source.row.begin.desc))
        return "G-2";
    return line_ends_only(ix->desc.rows + source.row.begin.desc + row->desc_off, row->length)
               ? NULL
               : "G-3";
}

int lode_seqindex_verify_gaps(struct lode_verifier *v)
{
    const struct lode_verifier_mark mark = lode_verifier_begin(v);
    struct lode_gap_row last = {0};
    for (uint64_t i = 0; i < v->ix->gaps.count; i++) {
        struct lode_gap_row row;
        lode_gap_decode(gap_at(v->ix, i), &row);
        const char *rule = gap_rule(v->ix, &row, &last);
        if (rule == NULL)
            last = row;
        else
            lode_verifier_corrupt(v, rule, LODE_ID_GAPS, gap_at(v->ix, i));
    }
    return lode_verifier_end(v, mark);
}

/* Text [begin, ..) comes next: right behind what is covered, or after records that were left out.
 */
static bool follows(const struct cover *c, uint64_t begin)
{
    const bool filtered = (c->source->row.flags & LODE_SOURCE_FILTERED) != 0;
    return filtered ? begin >= c->text : begin == c->text;
}

/* Takes the gaps that begin before text offset end. */
static void take_gaps(struct cover *c, uint64_t end)
{
    for (; c->gap < c->gap_end; c->gap++) {
        const uint8_t *p = gap_at(c->v->ix, c->gap);
        struct lode_gap_row row;
        lode_gap_decode(p, &row);
        if (row.source != c->number)
            continue; /* out of order, reported with the gaps */
        if (row.text_off >= end)
            return;
        if (!lode_range_ok(row.text_off, row.length, c->source->row.text_len)) {
            c->known = false; /* reported with the gaps */
        } else if (c->known && !follows(c, row.text_off)) {
            lode_verifier_corrupt(c->v, "G-4", LODE_ID_GAPS, p);
        } else if (c->known && row.desc_off != c->desc) {
            lode_verifier_corrupt(c->v, "C-9", LODE_ID_GAPS, p);
        }
        c->text = row.text_off + row.length;
        c->desc = row.desc_off + row.length;
    }
}

/* ---- contigs -------------------------------------------------------------------------------- */

/* Line ends that make sense (C-8). last: no record follows. */
static bool line_ends_ok(const struct lode_contig_row *row, uint64_t text_len, bool last)
{
    const unsigned header = lode_contig_eol(row->flags, LODE_CTIG_EOL_HEADER_SHIFT);
    const unsigned lines = lode_contig_eol(row->flags, LODE_CTIG_EOL_LINES_SHIFT);
    const unsigned end = lode_contig_eol(row->flags, LODE_CTIG_EOL_LAST_SHIFT);
    if (row->encoding == LODE_ENCODING_VALUES)
        return header == 0 && lines == 0 && end == 0;
    if (header > LODE_EOL_CRLF || lines > LODE_EOL_CRLF || end > LODE_EOL_CRLF)
        return false;
    if (row->length == 0)
        return lines == 0 && end == 0 &&
               (header != LODE_EOL_NONE || (last && row->text_off == text_len));
    if (header == LODE_EOL_NONE ||
        (row->length > row->line_bases ? lines == LODE_EOL_NONE : lines != end))
        return false;
    return end != LODE_EOL_NONE || (last && lode_contig_text_end(row) == text_len);
}

static bool name_bytes_ok(const struct lode_bytes *name)
{
    for (uint32_t i = 0; i < name->len; i++)
        if (name->data[i] < 0x21)
            return false;
    return name->len > 0;
}

/* The row by itself: its fields, its strings. */
static int check_row(const struct cover *c, uint64_t i, struct lode_contig_row *row,
                     uint32_t *desc_len, struct lode_fault *fault)
{
    const struct lode_seqindex *ix = c->v->ix;
    struct lode_source source;
    struct lode_bytes name;
    const uint8_t *desc;
    int status = lode_contig_get(ix, i, row, &source, fault);
    if (status == LODE_FMT_OK && row->source != c->number)
        status = corrupt(fault, "C-2");
    if (status == LODE_FMT_OK)
        status = lode_contig_name_bytes(ix, row, &source, &name, fault);
    if (status == LODE_FMT_OK && !name_bytes_ok(&name))
        status = corrupt(fault, "C-12");
    if (status == LODE_FMT_OK)
        status = lode_contig_desc_bytes(ix, row, &source, &desc, desc_len, fault);
    if (status == LODE_FMT_OK &&
        !line_ends_ok(row, source.row.text_len, i + 1 == c->source->end.contig))
        status = corrupt(fault, "C-8");
    if (status == LODE_FMT_OK && row->length == 0 && row->encoding != LODE_ENCODING_ACGT &&
        row->encoding != LODE_ENCODING_VALUES)
        status = corrupt(fault, "C-11");
    return status;
}

/* The row, which is sound by itself, against what is covered. */
static const char *joint_rule(struct cover *c, const struct lode_contig_row *row)
{
    const uint64_t header =
        lode_contig_eol(row->flags, LODE_CTIG_EOL_HEADER_SHIFT) + (uint64_t)row->defline_len;
    if (row->text_off < header)
        return "G-4";
    take_gaps(c, row->text_off - header);
    if (!c->known)
        return NULL;
    if (!follows(c, row->text_off - header))
        return "G-4";
    return row->name_off != c->name || row->base_off != c->base || row->desc_off != c->desc ? "C-9"
                                                                                            : NULL;
}

static void advance(struct cover *c, const struct lode_contig_row *row, uint32_t desc_len)
{
    c->known = true;
    c->text = lode_contig_text_end(row) + lode_contig_eol(row->flags, LODE_CTIG_EOL_LAST_SHIFT);
    c->desc = row->desc_off + desc_len;
    c->name = row->name_off + row->name_len + 1;
    c->base = row->base_off + lode_base_bytes(row->encoding, row->length);
}

static void check_contig(struct cover *c, uint64_t i)
{
    struct lode_contig_row row;
    struct lode_fault fault;
    uint32_t desc_len = 0;
    const uint8_t *p = contig_at(c->v->ix, i);
    if (check_row(c, i, &row, &desc_len, &fault) != LODE_FMT_OK) {
        lode_verifier_fault(c->v, &fault, LODE_ID_CTIG, p);
        c->known = false;
        return;
    }
    const char *rule = joint_rule(c, &row);
    if (rule != NULL)
        lode_verifier_corrupt(c->v, rule, LODE_ID_CTIG, p);
    advance(c, &row, desc_len); /* sums that overflow differ from the next row's all the same */
    c->known = rule == NULL;
}

void lode_verify_contigs(struct lode_verifier *v, uint64_t i, const struct lode_source *source)
{
    const struct lode_begins *b = &source->row.begin, *e = &source->end;
    const uint8_t *p = v->ix->srce.rows + i * LODE_STRIDE_SRCE;
    struct cover c = {.v = v, .source = source, .number = i, .known = true};
    c.gap = lode_gap_first(v->ix, i);
    c.gap_end = lode_gap_first(v->ix, i + 1);
    for (uint64_t k = b->contig; k < e->contig; k++)
        check_contig(&c, k);
    take_gaps(&c, UINT64_MAX);
    if (!c.known)
        return;
    if (c.name != e->name - b->name || c.desc != e->desc - b->desc || c.base != e->base - b->base)
        lode_verifier_corrupt(v, "C-9", LODE_ID_SRCE, p);
    else if (c.text != source->row.text_len && (source->row.flags & LODE_SOURCE_FILTERED) == 0)
        lode_verifier_corrupt(v, "G-4", LODE_ID_SRCE, p);
}
