/* Owns lode_intervals: N runs and soft mask of a contig, from the bins. */
#include "featurewalk.h"

#include "byteruns.h"
#include "diag.h"
#include "fetch.h"
#include "index.h"
#include "prove.h"
#include "setindex.h"

/* One question, for lode_index_guarded. [begin, end) in source coordinates, shift to the contig's.
 */
struct question {
    const lode_index *index;
    uint64_t source_number, begin, end, shift;
    struct lode_interval *out;
    int64_t n, count;
    struct lode_fault fault;
};

static void put(struct question *q, uint64_t begin, uint64_t end)
{
    if (begin < q->begin)
        begin = q->begin;
    if (end > q->end)
        end = q->end;
    if (begin >= end)
        return;
    q->out[q->count].begin = (int64_t)(begin - q->shift);
    q->out[q->count++].end = (int64_t)(end - q->shift);
}

static int corrupt(struct question *q, const char *rule, uint32_t section)
{
    return lode_fail(&q->fault, LODE_FMT_CORRUPT, rule, section, 0);
}

/* Bins from the contig's begin to the end of the question, and what they point at. Runs and changes
 * are counted from a bin on, so those of the bin behind the last end them. */
static int load(struct question *q, struct lode_source *source)
{
    const struct lode_seqindex *seq = &q->index->seq;
    const struct lode_begins *b = &source->row.begin, *e = &source->end;
    struct lode_bin_row first, last;
    int status = lode_source_get(seq, q->source_number, source, &q->fault);
    if (status == LODE_FMT_OK)
        status =
            lode_prove_rows(q->index, &seq->srce, q->source_number, 2, LODE_STRIDE_SRCE, &q->fault);
    if (status != LODE_FMT_OK || e->bin == b->bin)
        return status;
    const uint64_t bins = e->bin - b->bin - 1; /* the last row ends the others */
    uint64_t from = q->shift >> LODE_BIN_LOG2, to = (q->end >> LODE_BIN_LOG2) + 1;
    from = from < bins ? from : bins;
    to = to < bins ? to : bins;
    status = lode_prove_rows(q->index, &seq->bins, b->bin + from, to - from + 1, LODE_STRIDE_BINS,
                             &q->fault);
    if (status != LODE_FMT_OK)
        return status;
    lode_bin_decode(seq->bins.rows + (b->bin + from) * LODE_STRIDE_BINS, &first);
    lode_bin_decode(seq->bins.rows + (b->bin + to) * LODE_STRIDE_BINS, &last);
    if (first.toggle <= last.toggle)
        status = lode_prove_rows(q->index, &seq->kase, b->toggle + first.toggle,
                                 last.toggle - first.toggle, LODE_STRIDE_CASE, &q->fault);
    /* a run may begin in an earlier bin */
    const uint64_t run = first.run > 0 ? first.run - 1 : 0;
    if (status == LODE_FMT_OK && run <= last.run)
        status = lode_prove_rows(q->index, &seq->excp, b->run + run, last.run - run + 1,
                                 LODE_STRIDE_EXCP, &q->fault);
    return status;
}

static int run_n(void *arg)
{
    struct question *q = arg;
    struct lode_source source;
    struct lode_run_row run = {0};
    uint64_t i, free_from = 0;
    bool found = true;
    int status = load(q, &source);
    if (status != LODE_FMT_OK)
        return status;
    status = lode_run_first(&q->index->seq, &source, q->begin, &i);
    for (; status == LODE_FMT_OK && found && q->count < q->n && run.start < q->end; i++) {
        status = lode_run_get(&q->index->seq, &source, i, &run, &found);
        if (status != LODE_FMT_OK || !found)
            break;
        if (run.start < free_from) /* runs ascend and do not overlap */
            return corrupt(q, "K-8", LODE_ID_EXCP);
        free_from = run.start + run.length;
        if (run.byte == 'N' && run.start < q->end)
            put(q, run.start, free_from);
    }
    return status == LODE_FMT_OK ? LODE_OK : corrupt(q, "K-8", LODE_ID_EXCP);
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* Where the bytes that are no letters, with which the contig may begin, end. The case that the walk
 * carries there is that of the contig before, and means nothing. */
static int first_letter(const struct question *q, const struct lode_source *source, uint64_t *at)
{
    struct lode_run_row run;
    uint64_t i;
    bool found = true;
    *at = q->shift;
    int status = lode_run_first(&q->index->seq, source, q->shift, &i);
    while (status == LODE_FMT_OK && found) {
        status = lode_run_get(&q->index->seq, source, i++, &run, &found);
        if (status != LODE_FMT_OK || !found || run.start != *at || is_letter(run.byte))
            break;
        *at += run.length;
    }
    return status;
}

static int run_lower(void *arg)
{
    struct question *q = arg;
    struct lode_source source;
    struct lode_case_walk walk;
    uint64_t at = q->begin, next = 0, letters = 0;
    bool found = true;
    int status = load(q, &source);
    if (status != LODE_FMT_OK)
        return status;
    if (first_letter(q, &source, &letters) != LODE_FMT_OK)
        return corrupt(q, "K-8", LODE_ID_EXCP);
    status = lode_case_start(&q->index->seq, &source, q->begin, &walk);
    while (status == LODE_FMT_OK && found && q->count < q->n) {
        const bool lower = walk.lower;
        status = lode_case_next(&walk, q->end, &next, &found);
        if (status == LODE_FMT_OK && lower)
            put(q, at > letters ? at : letters, found ? next : q->end);
        at = next;
    }
    return status == LODE_FMT_OK ? LODE_OK : corrupt(q, "K-6", LODE_ID_CASE);
}

/* N of a contig stored as bytes, by a reader of its own. */
static int64_t byte_intervals(const lode_index *index, const struct lode_contig *contig,
                              int64_t begin, int64_t end, struct lode_interval *out, int64_t n,
                              struct lode_diag *diag)
{
    lode_reader *reader = NULL;
    bool any = false;
    int64_t got = lode_reader_new(index, NULL, &reader);
    if (got != LODE_OK)
        return lode_diag_set(diag, (int)got, "%s", lode_status_text((int)got));
    got = lode_byte_n_is_any(reader, contig, &any, diag);
    if (got == LODE_OK && any)
        got = lode_byte_runs(reader, contig, begin, end, out, n, diag);
    lode_reader_free(reader);
    return got;
}

static int64_t intervals(const lode_index *index, const struct lode_contig *contig, int feature,
                         int64_t begin, int64_t end, struct lode_interval *out, int64_t n,
                         struct lode_diag *diag)
{
    if (n < 0 || (out == NULL && n > 0) ||
        (feature != LODE_FEATURE_N && feature != LODE_FEATURE_LOWER) ||
        contig->content_id != index->seq.box.content_id)
        return lode_diag_set(diag, LODE_E_ARG, "lode_intervals: an argument is not allowed");
    if (contig->encoding == LODE_ENCODING_VALUES)
        return lode_diag_set(diag, LODE_E_ARG, "%s: " LODE_TRACK_REFUSES, index->path);
    if (begin < 0 || begin > end || end > contig->length)
        return lode_diag_set(diag, LODE_E_RANGE, "lode_intervals: not a range of the contig");
    if (begin == end || n == 0)
        return 0;
    if (feature == LODE_FEATURE_N && lode_is_bytes(contig))
        return byte_intervals(index, contig, begin, end, out, n, diag);
    const uint64_t shift = 4 * (uint64_t)contig->base_off;
    struct question q = {.index = index,
                         .source_number = (uint64_t)contig->source,
                         .begin = shift + (uint64_t)begin,
                         .end = shift + (uint64_t)end,
                         .shift = shift,
                         .out = out,
                         .n = n};
    if (q.source_number >= index->seq.source_count)
        return lode_diag_set(diag, LODE_E_ARG, "lode_intervals: not a contig of this index");
    const int status =
        lode_index_guarded(index, feature == LODE_FEATURE_N ? run_n : run_lower, &q, &q.fault);
    return status == LODE_OK ? q.count : lode_diag_fault(diag, index->path, &q.fault);
}

int64_t lode_intervals(const lode_index *index, const struct lode_contig *contig, int feature,
                       int64_t begin, int64_t end, struct lode_interval *out, int64_t n,
                       struct lode_diag *diag)
{
    if (index == NULL || contig == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_intervals: an argument is not allowed");
    const struct lode_route to = lode_route_contig(index, contig->id);
    const struct lode_contig own = lode_route_down(&to, contig);
    if (to.index->set != NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_intervals: not a contig of this index");
    return intervals(to.index, &own, feature, begin, end, out, n, diag);
}
