#include "featurewalk.h"

enum { BIN = 1 << LODE_BIN_LOG2 };

/* Bin row i and the next one's begins, checked against the source (K-5). */
static int bin_get(const struct lode_seqindex *ix, const struct lode_source *source, uint64_t i,
                   struct lode_bin_row *row, struct lode_bin_row *next)
{
    const uint64_t rows = source->end.bin - source->row.begin.bin;
    if (rows == 0 || i >= rows - 1)
        return LODE_FMT_CORRUPT;
    const uint8_t *p = ix->bins.rows + (source->row.begin.bin + i) * LODE_STRIDE_BINS;
    lode_bin_decode(p, row);
    lode_bin_decode(p + LODE_STRIDE_BINS, next);
    return row->toggle <= next->toggle && row->run <= next->run &&
                   next->toggle <= source->end.toggle - source->row.begin.toggle &&
                   next->run <= source->end.run - source->row.begin.run
               ? LODE_FMT_OK
               : LODE_FMT_CORRUPT;
}

static int enter_bin(struct lode_case_walk *w)
{
    struct lode_bin_row row, next;
    const int status = bin_get(w->ix, w->source, w->bin, &row, &next);
    if (status != LODE_FMT_OK)
        return status;
    w->entry = row.toggle;
    w->end = next.toggle;
    w->bitmap = w->end - w->entry == LODE_CASE_BITMAP;
    w->bit = 0;
    if (w->end - w->entry > LODE_CASE_BITMAP)
        return LODE_FMT_CORRUPT;
    w->lower = row.lower;
    return LODE_FMT_OK;
}

static uint16_t entry_at(const struct lode_case_walk *w, uint64_t i)
{
    return lode_get16(w->ix->kase.rows + (w->source->row.begin.toggle + i) * LODE_STRIDE_CASE);
}

/* The next change inside the bin, as an offset in it; BIN when there is none. */
static uint32_t next_in_bin(const struct lode_case_walk *w)
{
    if (!w->bitmap)
        return w->entry < w->end ? entry_at(w, w->entry) : BIN;
    uint32_t bit = w->bit;
    while (bit < BIN) {
        const unsigned word = (unsigned)entry_at(w, w->entry + bit / 16) >> (bit % 16);
        if (word != 0)
            return bit + (uint32_t)__builtin_ctz(word);
        bit = (bit | 15) + 1;
    }
    return BIN;
}

static void step(struct lode_case_walk *w, uint32_t at)
{
    w->lower = !w->lower;
    if (w->bitmap)
        w->bit = at + 1;
    else
        w->entry++;
}

int lode_case_start(const struct lode_seqindex *ix, const struct lode_source *source,
                    uint64_t coordinate, struct lode_case_walk *w)
{
    w->ix = ix;
    w->source = source;
    w->bins = source->end.bin - source->row.begin.bin;
    w->bins -= w->bins > 0; /* the sentinel */
    w->bin = coordinate >> LODE_BIN_LOG2;
    const int status = enter_bin(w);
    if (status != LODE_FMT_OK)
        return status;
    const uint32_t inside = (uint32_t)(coordinate & (BIN - 1));
    for (uint32_t at = next_in_bin(w); at < inside; at = next_in_bin(w))
        step(w, at);
    return LODE_FMT_OK;
}

int lode_case_next(struct lode_case_walk *w, uint64_t limit, uint64_t *coordinate, bool *found)
{
    *found = false;
    for (;;) {
        const uint32_t at = next_in_bin(w);
        if (at < BIN) {
            *coordinate = (w->bin << LODE_BIN_LOG2) + at;
            *found = *coordinate < limit;
            if (*found)
                step(w, at);
            return LODE_FMT_OK;
        }
        if (w->bin + 1 >= w->bins || (w->bin + 1) << LODE_BIN_LOG2 >= limit)
            return LODE_FMT_OK;
        w->bin++;
        const int status = enter_bin(w);
        if (status != LODE_FMT_OK)
            return status;
    }
}

int lode_run_get(const struct lode_seqindex *ix, const struct lode_source *source, uint64_t i,
                 struct lode_run_row *row, bool *found)
{
    *found = i < source->end.run - source->row.begin.run;
    if (!*found)
        return LODE_FMT_OK;
    lode_run_decode(ix->excp.rows + (source->row.begin.run + i) * LODE_STRIDE_EXCP, row);
    return row->length > 0 && row->length <= LODE_U48_MASK ? LODE_FMT_OK : LODE_FMT_CORRUPT;
}

int lode_run_first(const struct lode_seqindex *ix, const struct lode_source *source,
                   uint64_t coordinate, uint64_t *run)
{
    struct lode_bin_row row, next;
    struct lode_run_row before;
    bool found;
    int status = bin_get(ix, source, coordinate >> LODE_BIN_LOG2, &row, &next);
    if (status != LODE_FMT_OK)
        return status;
    /* The run before the bin's first may reach into it; inside the bin runs are found by halves. */
    uint64_t lo = row.run > 0 ? row.run - 1 : 0, hi = next.run;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        status = lode_run_get(ix, source, mid, &before, &found);
        if (status != LODE_FMT_OK)
            return status;
        if (before.start + before.length <= coordinate)
            lo = mid + 1;
        else
            hi = mid;
    }
    *run = lo;
    return LODE_FMT_OK;
}
