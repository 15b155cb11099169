/* Owns the part of seqverify.h that concerns bins, case and runs (SPEC 5.10-5.12). */
#include "range.h"
#include "seqverify.h"

enum { BIN = 1 << LODE_BIN_LOG2 };

/* Source coordinates of a contig. */
struct span {
    uint64_t begin, end;
    uint8_t encoding;
};

/* The walk along the coordinates of a source. Contigs and runs ascend, so each cursor only moves
 * forward. */
struct walk {
    struct lode_verifier *v;
    const struct lode_source *source;
    bool contigs_ok, runs_ok;
    uint64_t limit;       /* coordinates of the source */
    uint64_t contig, run; /* relative to the source */
    uint64_t contigs, runs, toggles;
};

/* What a bin holds as far as contigs and runs tell. */
struct content {
    uint64_t bases, n, other;
    bool bytes; /* also contigs whose letters only the text tells */
};

static struct span span_of(const struct walk *w, uint64_t i)
{
    struct lode_contig_row row;
    lode_contig_decode(w->v->ix->ctig.rows + (w->source->row.begin.contig + i) * LODE_STRIDE_CTIG,
                       &row);
    const struct span span = {4 * row.base_off, 4 * row.base_off + row.length, row.encoding};
    return span;
}

static const uint8_t *run_at(const struct walk *w, uint64_t i)
{
    return w->v->ix->excp.rows + (w->source->row.begin.run + i) * LODE_STRIDE_EXCP;
}

static struct lode_run_row run_of(const struct walk *w, uint64_t i)
{
    struct lode_run_row row;
    lode_run_decode(run_at(w, i), &row);
    return row;
}

static uint64_t run_end(const struct walk *w, uint64_t i)
{
    const struct lode_run_row row = run_of(w, i);
    return row.start + row.length;
}

/* ---- runs ----------------------------------------------------------------------------------- */

/* May this base have a run in a contig of this encoding? */
static bool exceptional(uint8_t byte, uint8_t encoding)
{
    if (byte <= 0x20 || byte >= 0x7F || byte == '>' || encoding == LODE_ENCODING_BYTES)
        return false;
    return memchr(encoding == LODE_ENCODING_ACGU ? "ACGU" : "ACGT", byte, 4) == NULL;
}

/* Is the run, well-formed by itself, one that its contig can have? last: the one before. */
static bool run_fits(struct walk *w, const struct lode_run_row *run,
                     const struct lode_run_row *last)
{
    struct span span = {0};
    while (w->contig < w->contigs && (span = span_of(w, w->contig)).end <= run->start)
        w->contig++;
    if (w->contig == w->contigs || run->start < span.begin || run->length > span.end - run->start)
        return false;
    const bool joins = run->start > span.begin && last->start + last->length == run->start;
    return exceptional(run->byte, span.encoding) && !(joins && last->byte == run->byte);
}

static void check_runs(struct walk *w)
{
    struct lode_run_row last = {0};
    const uint64_t before = w->v->findings;
    w->contig = 0;
    for (uint64_t i = 0; i < w->runs; i++) {
        const uint8_t *p = run_at(w, i);
        const struct lode_run_row run = run_of(w, i);
        const bool lower = (uint8_t)(run.byte - 'a') < 26;
        if (p[LODE_EXCP_RESERVED] != 0 || lower || run.length == 0 ||
            run.start < last.start + last.length ||
            !lode_range_ok(run.start, run.length, w->limit)) {
            lode_verifier_corrupt(w->v, "K-8", LODE_ID_EXCP, p);
            continue;
        }
        if (w->contigs_ok && !run_fits(w, &run, &last))
            lode_verifier_corrupt(w->v, "K-9", LODE_ID_EXCP, p);
        last = run;
    }
    w->runs_ok = w->v->findings == before;
}

/* ---- case ----------------------------------------------------------------------------------- */

static unsigned bits_set(uint16_t word)
{
    unsigned n = 0;
    for (; word != 0; word = (uint16_t)(word & (word - 1)))
        n++;
    return n;
}

/* Changes in count entries at p; false when they have no proper form (K-6). */
static bool count_changes(const uint8_t *p, uint64_t count, uint64_t *changes)
{
    *changes = count;
    if (count > LODE_CASE_BITMAP)
        return false;
    if (count < LODE_CASE_BITMAP) {
        for (uint64_t i = 1; i < count; i++)
            if (lode_get16(p + 2 * i) <= lode_get16(p + 2 * (i - 1)))
                return false;
        return true;
    }
    *changes = 0;
    for (uint64_t i = 0; i < count; i++)
        *changes += bits_set(lode_get16(p + 2 * i));
    return *changes >= LODE_CASE_BITMAP;
}

/* ---- bins ----------------------------------------------------------------------------------- */

static uint64_t overlap(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint64_t begin = a > c ? a : c, end = b < d ? b : d;
    return begin < end ? end - begin : 0;
}

/* Contigs and runs of the coordinates [begin, end), which lie behind those asked for before. */
static struct content content_of(struct walk *w, uint64_t begin, uint64_t end)
{
    struct content c = {0};
    struct span span;
    struct lode_run_row run;
    while (w->contig < w->contigs && span_of(w, w->contig).end <= begin)
        w->contig++;
    for (uint64_t i = w->contig; i < w->contigs && (span = span_of(w, i)).begin < end; i++) {
        const uint64_t n = overlap(span.begin, span.end, begin, end);
        c.bases += n;
        c.bytes |= n > 0 && span.encoding == LODE_ENCODING_BYTES;
    }
    if (!w->runs_ok)
        return c;
    while (w->run < w->runs && run_end(w, w->run) <= begin)
        w->run++;
    for (uint64_t i = w->run; i < w->runs && (run = run_of(w, i)).start < end; i++) {
        const uint64_t n = overlap(run.start, run.start + run.length, begin, end);
        c.n += run.byte == 'N' ? n : 0;
        c.other += run.byte == 'N' || run.byte == 'U' ? 0 : n;
    }
    return c;
}

/* Counts against what contigs and runs tell. */
static const char *count_rule(const struct walk *w, const struct lode_bin_row *row,
                              const struct content *c)
{
    const uint64_t bases = w->contigs_ok ? c->bases : BIN;
    if ((uint64_t)row->n + row->gc + row->other > bases || row->lower_count > bases)
        return "K-3";
    if (!w->contigs_ok || !w->runs_ok)
        return NULL;
    const bool right = c->bytes ? row->n >= c->n && row->other >= c->other
                                : row->n == c->n && row->other == c->other;
    return right ? NULL : "K-4";
}

/* Is run the first one that starts at or after coordinate begin? */
static bool first_run(const struct walk *w, uint64_t run, uint64_t begin)
{
    return (run == 0 || run_of(w, run - 1).start < begin) &&
           (run == w->runs || run_of(w, run).start >= begin);
}

/* Row i and the one behind it. */
static const char *bin_rule(struct walk *w, const uint8_t *p, uint64_t i,
                            const struct lode_bin_row *row, const struct lode_bin_row *next)
{
    const uint64_t begin = i << LODE_BIN_LOG2;
    uint64_t changes;
    if ((lode_get64(p + LODE_BINS_TOGGLE) & ~(LODE_BIN_LOWER | LODE_U48_MASK)) != 0)
        return "K-10";
    if (row->toggle > next->toggle || row->run > next->run || (i == 0 && row->toggle != 0))
        return "K-2";
    if (next->toggle > w->toggles || next->run > w->runs)
        return "K-5";
    const uint8_t *entries =
        w->v->ix->kase.rows + (w->source->row.begin.toggle + row->toggle) * LODE_STRIDE_CASE;
    if (!count_changes(entries, next->toggle - row->toggle, &changes))
        return "K-6";
    if (w->runs_ok && !first_run(w, row->run, begin))
        return "K-12";
    struct content content = {0};
    if (w->contigs_ok)
        content = content_of(w, begin, begin + BIN);
    return count_rule(w, row, &content);
}

/* Bit 63 of next: the case of the last letter, in the sentinel zero. */
static bool state_follows(const struct walk *w, const struct lode_bin_row *row,
                          const struct lode_bin_row *next, bool sentinel)
{
    const uint8_t *entries =
        w->v->ix->kase.rows + (w->source->row.begin.toggle + row->toggle) * LODE_STRIDE_CASE;
    uint64_t changes;
    return sentinel || !count_changes(entries, next->toggle - row->toggle, &changes) ||
           next->lower == (row->lower != ((changes & 1) != 0));
}

static void check_sentinel(const struct walk *w, const uint8_t *p)
{
    struct lode_bin_row row;
    lode_bin_decode(p, &row);
    if (lode_get64(p + LODE_BINS_TOGGLE) != w->toggles || row.run != w->runs || row.n != 0 ||
        row.gc != 0 || row.lower_count != 0 || row.other != 0)
        lode_verifier_corrupt(w->v, "K-2", LODE_ID_BINS, p);
}

static void check_bins(struct walk *w)
{
    const struct lode_begins *b = &w->source->row.begin, *e = &w->source->end;
    const uint64_t bins = lode_ceil_div(w->limit, BIN);
    const uint8_t *p = w->v->ix->bins.rows + b->bin * LODE_STRIDE_BINS;
    struct lode_bin_row row, next;
    if (e->bin - b->bin != bins + 1)
        return; /* K-1, reported with the sources */
    w->contig = w->run = 0;
    lode_bin_decode(p, &row);
    if (bins > 0 && row.lower)
        lode_verifier_corrupt(w->v, "K-11", LODE_ID_BINS, p);
    for (uint64_t i = 0; i < bins; i++, p += LODE_STRIDE_BINS, row = next) {
        lode_bin_decode(p + LODE_STRIDE_BINS, &next);
        const char *rule = bin_rule(w, p, i, &row, &next);
        if (rule != NULL)
            lode_verifier_corrupt(w->v, rule, LODE_ID_BINS, p);
        else if (!state_follows(w, &row, &next, i + 1 == bins))
            lode_verifier_corrupt(w->v, "K-11", LODE_ID_BINS, p + LODE_STRIDE_BINS);
    }
    check_sentinel(w, p);
}

void lode_verify_bases(struct lode_verifier *v, const struct lode_source *source, bool contigs_ok)
{
    const struct lode_begins *b = &source->row.begin, *e = &source->end;
    struct walk w = {
        .v = v,
        .source = source,
        .contigs_ok = contigs_ok,
        .contigs = e->contig - b->contig,
        .runs = e->run - b->run,
        .toggles = e->toggle - b->toggle,
    };
    if (e->base - b->base > 1ULL << 46)
        return; /* K-1, reported with the sources */
    w.limit = 4 * (e->base - b->base);
    check_runs(&w);
    check_bins(&w);
}
