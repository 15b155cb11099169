/* Owns the composition of any range of a contig: its whole bins, and the bases around them. */
#include "diag.h"
#include "fetch.h"
#include "index.h"
#include "prove.h"
#include "range.h"
#include "reader.h"

#include <stdlib.h>

enum { BIN = 1 << LODE_BIN_LOG2 };

/* Bins [begin, end) of a source, for lode_index_guarded. */
struct bins {
    const lode_index *index;
    uint64_t source, begin, end;
    struct lode_composition sum;
    struct lode_fault fault;
};

static int run_bins(void *arg)
{
    struct bins *q = arg;
    const struct lode_seqindex *seq = &q->index->seq;
    struct lode_source source;
    int status = lode_source_get(seq, q->source, &source, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(q->index, &seq->srce, q->source, 2, LODE_STRIDE_SRCE, &q->fault);
    if (status != LODE_FMT_OK)
        return status;
    const uint64_t first = source.row.begin.bin, n = source.end.bin - first;
    if (q->end > n || q->begin > q->end)
        return lode_fail(&q->fault, LODE_FMT_CORRUPT, "K-1", LODE_ID_BINS, 0);
    status = lode_prove_rows(q->index, &seq->bins, first + q->begin, q->end - q->begin,
                             LODE_STRIDE_BINS, &q->fault);
    for (uint64_t i = first + q->begin; i < first + q->end && status == LODE_FMT_OK; i++) {
        struct lode_bin_row bin;
        lode_bin_decode(seq->bins.rows + i * LODE_STRIDE_BINS, &bin);
        q->sum.n += bin.n;
        q->sum.gc += bin.gc;
        q->sum.lower += bin.lower_count;
        q->sum.other += bin.other;
    }
    return status;
}

/* What each byte adds. */
enum { IS_N = 1, IS_GC = 2, IS_LOWER = 4, IS_OTHER = 8 };

static unsigned classes_of(uint8_t base)
{
    const uint8_t upper = (uint8_t)(base & ~0x20);
    const bool letter = (uint8_t)(upper - 'A') < 26;
    const unsigned lower = letter && (base & 0x20) != 0 ? IS_LOWER : 0;
    switch (letter ? upper : 0) {
    case 'N':
        return lower | IS_N;
    case 'G':
    case 'C':
        return lower | IS_GC;
    case 'A':
    case 'T':
    case 'U':
        return lower;
    default:
        return lower | IS_OTHER;
    }
}

static void count(const uint8_t *bases, int64_t n, struct lode_composition *sum)
{
    int64_t of[256] = {0};
    for (int64_t i = 0; i < n; i++)
        of[bases[i]]++;
    for (unsigned b = 0; b < 256; b++) {
        const unsigned classes = of[b] > 0 ? classes_of((uint8_t)b) : 0;
        sum->n += (classes & IS_N) != 0 ? of[b] : 0;
        sum->gc += (classes & IS_GC) != 0 ? of[b] : 0;
        sum->lower += (classes & IS_LOWER) != 0 ? of[b] : 0;
        sum->other += (classes & IS_OTHER) != 0 ? of[b] : 0;
    }
}

/* Fewer than 2 BIN bases, read and counted. */
static int count_read(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                      int64_t end, struct lode_composition *sum, struct lode_diag *diag)
{
    if (begin == end)
        return LODE_OK;
    uint8_t *bases = malloc((size_t)(end - begin));
    if (bases == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    const int64_t n =
        lode_fetch_at(reader, contig, begin, end, bases, end - begin, LODE_BOUNDS_ERROR, 0, diag);
    if (n > 0)
        count(bases, n, sum);
    free(bases);
    return n < 0 ? (int)n : LODE_OK;
}

/* Whole bins in source coordinates [begin, end), which is a range of one contig, [*from, *to) of
 * it being what they cover. */
static int count_bins(lode_reader *reader, const struct lode_contig *contig, int64_t *from,
                      int64_t *to, struct lode_composition *sum, struct lode_diag *diag)
{
    const uint64_t shift = 4 * (uint64_t)contig->base_off;
    struct bins q = {.index = reader->index, .source = (uint64_t)contig->source};
    q.begin = lode_ceil_div(shift + (uint64_t)*from, BIN);
    q.end = (shift + (uint64_t)*to) >> LODE_BIN_LOG2;
    if (q.begin >= q.end) {
        *from = *to;
        return LODE_OK;
    }
    const int status = lode_index_guarded(reader->index, run_bins, &q, &q.fault);
    if (status != LODE_OK)
        return lode_diag_fault(diag, reader->index->path, &q.fault);
    *from = (int64_t)((q.begin << LODE_BIN_LOG2) - shift);
    *to = (int64_t)((q.end << LODE_BIN_LOG2) - shift);
    *sum = q.sum;
    return LODE_OK;
}

int lode_composition_at(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                        int64_t end, struct lode_composition *out, struct lode_diag *diag)
{
    struct lode_composition sum = {0};
    if (reader == NULL || contig == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_composition_at: an argument is not allowed");
    if (contig->encoding == LODE_ENCODING_VALUES)
        return lode_diag_set(diag, LODE_E_ARG, "%s: " LODE_TRACK_REFUSES, reader->index->path);
    if (begin < 0 || begin > end || end > contig->length)
        return lode_range_refused(reader->whole, contig, begin, end, diag);
    /* a read of nothing: is this a contig of the index? */
    int status =
        (int)lode_fetch_at(reader, contig, begin, begin, NULL, 0, LODE_BOUNDS_ERROR, 0, diag);
    int64_t from = begin, to = end;
    if (status == LODE_OK) { /* which has turned the reader to the contig's index */
        const struct lode_route route = lode_reader_to_contig(reader, contig->id);
        const struct lode_contig own = lode_route_down(&route, contig);
        status = count_bins(reader, &own, &from, &to, &sum, diag);
    }
    if (status == LODE_OK)
        status = count_read(reader, contig, begin, from, &sum, diag);
    if (status == LODE_OK)
        status = count_read(reader, contig, to, end, &sum, diag);
    if (status != LODE_OK)
        return status;
    sum.bases = end - begin;
    *out = sum;
    return LODE_OK;
}
