#include "packed.h"

#include "range.h"

enum {
    BIN = 1 << LODE_BIN_LOG2,
    UNSORTED = BIN + 1,
    COUNTED = 1024, /* entries of a list that are counted rather than searched */
};

int lode_packed_contig(const struct lode_seqindex *ix, const struct lode_contig_row *row,
                       const struct lode_source *source, uint64_t *first, struct lode_fault *fault)
{
    const uint64_t room = source->end.base - source->row.begin.base;
    if (!lode_range_ok(row->base_off, lode_base_bytes(row->encoding, row->length), room))
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-14", LODE_ID_CTIG, row->base_off);
    *first = source->row.begin.base + row->base_off;
    return *first <= ix->base.count ? LODE_FMT_OK
                                    : lode_fail(fault, LODE_FMT_CORRUPT, "S-7", LODE_ID_SRCE, 0);
}

int lode_packed_bins(const struct lode_source *source, struct lode_packed_stretch *s,
                     struct lode_fault *fault)
{
    const uint64_t rows = source->end.bin - source->row.begin.bin;
    const uint64_t first = s->begin >> LODE_BIN_LOG2, last = (s->end - 1) >> LODE_BIN_LOG2;
    s->bin = source->row.begin.bin + first;
    s->bins = last - first + 1;
    if (last + 1 >= rows || s->bins > LODE_PACKED_BINS)
        return lode_fail(fault, LODE_FMT_CORRUPT, "K-1", LODE_ID_BINS, 0);
    return LODE_FMT_OK;
}

int lode_packed_ranges(const struct lode_seqindex *ix, const struct lode_source *source,
                       struct lode_packed_stretch *s, struct lode_fault *fault)
{
    const uint64_t changes = source->end.toggle - source->row.begin.toggle;
    const uint64_t runs = source->end.run - source->row.begin.run;
    const uint8_t *p = ix->bins.rows + s->bin * LODE_STRIDE_BINS;
    uint64_t run = 0;
    for (uint64_t i = 0; i <= s->bins; i++, p += LODE_STRIDE_BINS) {
        struct lode_bin_row row;
        lode_bin_decode(p, &row);
        const uint64_t change = source->row.begin.toggle + row.toggle;
        if (row.toggle > changes || row.run > runs ||
            (i > 0 && (change < s->change[i - 1] || row.run < run)))
            return lode_fail(fault, LODE_FMT_CORRUPT, "K-5", LODE_ID_BINS,
                             (uint64_t)(p - ix->box.data));
        if (i > 0 && change - s->change[i - 1] > LODE_CASE_BITMAP)
            return lode_fail(fault, LODE_FMT_CORRUPT, "K-6", LODE_ID_BINS,
                             (uint64_t)(p - ix->box.data));
        if (i == 0) {
            s->lower = row.lower;
            /* the run before the bin's first may reach into it */
            s->run = source->row.begin.run + (row.run > 0 ? row.run - 1 : 0);
        }
        s->change[i] = change;
        run = row.run;
    }
    s->runs = source->row.begin.run + run - s->run;
    return LODE_FMT_OK;
}

/* ---- case ----------------------------------------------------------------------------------- */

/* Changes of one bin at offsets [from, to) in it, moved by shift, to out. */
struct bin_part {
    const uint8_t *entries;
    uint64_t count;
    uint32_t from, to;
    uint64_t shift; /* added modulo 2^32 */
    uint32_t *out;
};

/* Entries below limit. All are looked at, without waiting for one to choose the next: where they
 * are not in a cache yet that is faster than a search by halves. */
static uint32_t count_below(const uint8_t *entries, uint64_t count, uint16_t limit)
{
    uint16_t n = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint16_t entry = lode_get16(entries + 2 * i);
        n = (uint16_t)(n + (uint16_t)(entry < limit));
    }
    return n;
}

/* How many; UNSORTED. *before: how many lie before from. */
static uint32_t from_list(const struct bin_part *b, uint32_t *before)
{
    uint64_t lo = 0, hi = b->count;
    if (b->count <= COUNTED && b->from > 0)
        lo = hi = count_below(b->entries, b->count, (uint16_t)b->from);
    else if (b->from == 0)
        hi = 0;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (lode_get16(b->entries + 2 * mid) < b->from)
            lo = mid + 1;
        else
            hi = mid;
    }
    *before = (uint32_t)lo;
    uint32_t n = 0, least = b->from;
    for (uint64_t i = lo; i < b->count; i++) {
        const uint32_t at = lode_get16(b->entries + 2 * i);
        if (at >= b->to)
            break;
        if (at < least)
            return UNSORTED;
        b->out[n++] = at + (uint32_t)b->shift;
        least = at + 1;
    }
    return n;
}

static uint32_t from_bitmap(const struct bin_part *b, uint32_t *before)
{
    uint32_t n = 0, passed = 0;
    for (uint32_t word = 0; word * 64 < b->to; word++) {
        uint64_t bits = lode_get64(b->entries + 8 * (uint64_t)word);
        const uint32_t base = word * 64;
        if (base < b->from) {
            const uint64_t below = b->from - base < 64 ? (1ULL << (b->from - base)) - 1 : ~0ULL;
            passed += (uint32_t)__builtin_popcountll(bits & below);
            bits &= ~below;
        }
        for (; bits != 0; bits &= bits - 1) {
            const uint32_t at = base + (uint32_t)__builtin_ctzll(bits);
            if (at >= b->to)
                break;
            b->out[n++] = at + (uint32_t)b->shift;
        }
    }
    *before = passed;
    return n;
}

int lode_packed_changes(const struct lode_seqindex *ix, const struct lode_packed_stretch *s,
                        uint32_t *changes, uint32_t *count, bool *lower, struct lode_fault *fault)
{
    *count = 0;
    for (uint64_t i = 0; i < s->bins; i++) {
        const uint64_t bin_begin = ((s->begin >> LODE_BIN_LOG2) + i) << LODE_BIN_LOG2;
        uint32_t before;
        const struct bin_part part = {
            .entries = ix->kase.rows + s->change[i] * LODE_STRIDE_CASE,
            .count = s->change[i + 1] - s->change[i],
            .from = i == 0 ? (uint32_t)(s->begin - bin_begin) : 0,
            .to = s->end - bin_begin < BIN ? (uint32_t)(s->end - bin_begin) : BIN,
            .shift = bin_begin - s->begin,
            .out = changes + *count,
        };
        const uint32_t n = part.count == LODE_CASE_BITMAP ? from_bitmap(&part, &before)
                                                          : from_list(&part, &before);
        if (n == UNSORTED)
            return lode_fail(fault, LODE_FMT_CORRUPT, "K-6", LODE_ID_CASE,
                             (uint64_t)(part.entries - ix->box.data));
        *count += n;
        if (i == 0)
            *lower = s->lower != ((before & 1) != 0);
    }
    return LODE_FMT_OK;
}

/* ---- runs ----------------------------------------------------------------------------------- */

static struct lode_run_row run_at(const struct lode_seqindex *ix, uint64_t i)
{
    struct lode_run_row row;
    lode_run_decode(ix->excp.rows + i * LODE_STRIDE_EXCP, &row);
    return row;
}

/* The first candidate that ends behind the stretch's begin. */
static uint64_t first_run(const struct lode_seqindex *ix, const struct lode_packed_stretch *s)
{
    uint64_t lo = s->run, hi = s->run + s->runs;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        const struct lode_run_row row = run_at(ix, mid);
        if (row.start + row.length <= s->begin)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int lode_packed_runs(const struct lode_seqindex *ix, const struct lode_packed_stretch *s,
                     struct lode_packed_run *runs, uint32_t *count, struct lode_fault *fault)
{
    uint64_t free_from = s->begin;
    *count = 0;
    for (uint64_t i = first_run(ix, s); i < s->run + s->runs; i++) {
        const struct lode_run_row row = run_at(ix, i);
        if (row.start >= s->end)
            break;
        const uint64_t begin = row.start > s->begin ? row.start : s->begin;
        const uint64_t stop = row.start + row.length, end = stop < s->end ? stop : s->end;
        if (row.length == 0 || row.length > LODE_U48_MASK || begin < free_from || begin >= end)
            return lode_fail(fault, LODE_FMT_CORRUPT, "K-8", LODE_ID_EXCP,
                             (uint64_t)(ix->excp.rows + i * LODE_STRIDE_EXCP - ix->box.data));
        free_from = end;
        const struct lode_packed_run run = {(uint32_t)(begin - s->begin),
                                            (uint32_t)(end - s->begin), row.byte};
        runs[(*count)++] = run;
    }
    return LODE_FMT_OK;
}
