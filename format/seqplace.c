#include "seqplace.h"

#include "locate.h"

#include <stddef.h>

/* What a row's place is measured in: the order in which contigs of a source stand by it. */
enum measure { BY_NUMBER, BY_TEXT, BY_NAME, BY_DESC, BY_COORDINATE };

static uint64_t measure_of(const struct lode_seqindex *ix, uint64_t contig, enum measure by)
{
    struct lode_contig_row row;
    lode_contig_decode(ix->ctig.rows + contig * LODE_STRIDE_CTIG, &row);
    switch (by) {
    case BY_TEXT:
        return row.text_off > row.defline_len ? row.text_off - row.defline_len : 0;
    case BY_NAME:
        return row.name_off;
    case BY_DESC:
        return row.desc_off;
    default:
        return 4 * row.base_off;
    }
}

/* The last contig of the source that stands at or before a place. */
static bool contig_before(const struct lode_seqindex *ix, const struct lode_source *source,
                          enum measure by, uint64_t place, uint64_t *contig)
{
    uint64_t lo = source->row.begin.contig, hi = source->end.contig;
    if (lo == hi)
        return false;
    if (by == BY_NUMBER) {
        *contig = place;
        return place < hi;
    }
    while (hi - lo > 1) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (measure_of(ix, mid, by) <= place)
            lo = mid;
        else
            hi = mid;
    }
    *contig = lo;
    return true;
}

/* The source whose rows of a table hold this one: the last that begins at or before it. */
static bool source_of_row(const struct lode_seqindex *ix, size_t begin, uint64_t row,
                          struct lode_source *source)
{
    uint64_t lo = 0, hi = ix->source_count;
    while (hi - lo > 1) {
        const uint64_t mid = lo + (hi - lo) / 2;
        struct lode_source_row at;
        uint64_t from;
        lode_source_decode(ix->srce.rows + mid * LODE_STRIDE_SRCE, &at);
        memcpy(&from, (const uint8_t *)&at.begin + begin, sizeof from);
        if (from <= row)
            lo = mid;
        else
            hi = mid;
    }
    return lode_source_get(ix, lo, source, NULL) == LODE_FMT_OK;
}

/* Text of the piece whose sum is row `rel` of the source. */
static uint64_t text_of_sum(const struct lode_seqindex *ix, const struct lode_source *source,
                            uint64_t rel)
{
    uint64_t n, lo = 0;
    const unsigned log2 = lode_piece_log2(&source->row);
    if (source->row.kind != LODE_KIND_BGZF)
        return rel << LODE_SUM_LOG2;
    rel /= lode_slot_rows(&source->row);
    struct lode_block_row block;
    const uint8_t *rows = lode_source_blocks(ix, source, &n);
    for (uint64_t hi = n; hi - lo > 1 && n > 0;) {
        const uint64_t mid = lo + (hi - lo) / 2;
        lode_block_decode(rows + mid * LODE_STRIDE_BLOK, &block);
        if (lode_piece_slot(log2, block.text_off, mid, 0) <= rel)
            lo = mid;
        else
            hi = mid;
    }
    lode_block_decode(rows + lo * LODE_STRIDE_BLOK, &block);
    return block.text_off + ((rel - lode_piece_slot(log2, block.text_off, lo, 0)) << log2);
}

/* First base of the bin whose case changes hold row `rel` of the source. */
static uint64_t coordinate_of_change(const struct lode_seqindex *ix,
                                     const struct lode_source *source, uint64_t rel)
{
    const uint8_t *rows = ix->bins.rows + source->row.begin.bin * LODE_STRIDE_BINS;
    uint64_t lo = 0;
    for (uint64_t hi = source->end.bin - source->row.begin.bin; hi > lo + 1;) {
        const uint64_t mid = lo + (hi - lo) / 2;
        struct lode_bin_row bin;
        lode_bin_decode(rows + mid * LODE_STRIDE_BINS, &bin);
        if (bin.toggle <= rel)
            lo = mid;
        else
            hi = mid;
    }
    return lo << LODE_BIN_LOG2;
}

static bool contig_of_gap(const struct lode_seqindex *ix, uint64_t row, uint64_t *contig)
{
    struct lode_gap_row gap;
    struct lode_source source;
    lode_gap_decode(ix->gaps.rows + row * LODE_STRIDE_GAPS, &gap);
    return gap.source < ix->source_count &&
           lode_source_get(ix, gap.source, &source, NULL) == LODE_FMT_OK &&
           contig_before(ix, &source, BY_TEXT, gap.text_off, contig);
}

/* Rows of a table that contigs can be told from. */
static uint64_t rows_of(const struct lode_seqindex *ix, uint32_t id)
{
    switch (id) {
    case LODE_ID_CTIG:
        return ix->ctig.count;
    case LODE_ID_DIGS:
        return ix->digs.count;
    case LODE_ID_NAME:
        return ix->name.count;
    case LODE_ID_DESC:
        return ix->desc.count;
    case LODE_ID_BASE:
        return ix->base.count;
    case LODE_ID_BLOK:
        return ix->blok.count;
    case LODE_ID_SUMS:
        return ix->sums.count;
    case LODE_ID_BINS:
        return ix->bins.count;
    case LODE_ID_CASE:
        return ix->kase.count;
    case LODE_ID_EXCP:
        return ix->excp.count;
    case LODE_ID_GAPS:
        return ix->gaps.count;
    default:
        return 0;
    }
}

/* A row of one of the tables that are ranges of rows, one range a source. */
static bool contig_of_row(const struct lode_seqindex *ix, uint32_t id, uint64_t row,
                          uint64_t *contig)
{
    struct lode_source s;
    if (row >= rows_of(ix, id)) /* the directory changed since it was parsed */
        return false;
#define OF(field)  source_of_row(ix, offsetof(struct lode_begins, field), row, &s)
#define REL(field) (row - s.row.begin.field)
    switch (id) {
    case LODE_ID_CTIG:
    case LODE_ID_DIGS:
        return OF(contig) && contig_before(ix, &s, BY_NUMBER, row, contig);
    case LODE_ID_NAME:
        return OF(name) && contig_before(ix, &s, BY_NAME, REL(name), contig);
    case LODE_ID_DESC:
        return OF(desc) && contig_before(ix, &s, BY_DESC, REL(desc), contig);
    case LODE_ID_BASE:
        return OF(base) && contig_before(ix, &s, BY_COORDINATE, 4 * REL(base), contig);
    case LODE_ID_BLOK: {
        struct lode_block_row block;
        lode_block_decode(ix->blok.rows + row * LODE_STRIDE_BLOK, &block);
        return OF(block) && contig_before(ix, &s, BY_TEXT, block.text_off, contig);
    }
    case LODE_ID_SUMS:
        return OF(sum) && contig_before(ix, &s, BY_TEXT, text_of_sum(ix, &s, REL(sum)), contig);
    case LODE_ID_BINS:
        return OF(bin) && contig_before(ix, &s, BY_COORDINATE, REL(bin) << LODE_BIN_LOG2, contig);
    case LODE_ID_CASE:
        return OF(toggle) && contig_before(ix, &s, BY_COORDINATE,
                                           coordinate_of_change(ix, &s, REL(toggle)), contig);
    case LODE_ID_EXCP: {
        struct lode_run_row run;
        lode_run_decode(ix->excp.rows + row * LODE_STRIDE_EXCP, &run);
        return OF(run) && contig_before(ix, &s, BY_COORDINATE, run.start, contig);
    }
    case LODE_ID_GAPS:
        return contig_of_gap(ix, row, contig);
    default:
        return false;
    }
#undef OF
#undef REL
}

int lode_seqindex_contigs_at(const struct lode_seqindex *ix, uint64_t begin, uint64_t end,
                             uint64_t *first, uint64_t *last)
{
    bool any = false;
    for (uint32_t i = 0; i < ix->box.entry_count; i++) {
        struct lode_section s;
        uint64_t from = 0, to = 0;
        lode_container_entry(&ix->box, i, &s);
        if (s.group != 0 || s.count == 0 || s.stride == 0 || s.off >= end || s.off + s.len <= begin)
            continue;
        const uint64_t row = begin > s.off ? (begin - s.off) / s.stride : 0;
        const uint64_t stop = end < s.off + s.len ? (end - 1 - s.off) / s.stride : s.count - 1;
        if (!contig_of_row(ix, s.id, row, &from) || !contig_of_row(ix, s.id, stop, &to))
            continue;
        *first = any && *first < from ? *first : from < to ? from : to;
        *last = any && *last > to ? *last : to > from ? to : from;
        any = true;
    }
    return any ? LODE_FMT_OK : LODE_FMT_NOT_FOUND;
}
