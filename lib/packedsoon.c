#include "packedsoon.h"

enum {
    LINE = 64,       /* bytes of a cache line */
    LINES_MAX = 8,   /* of one list of changes of case that are asked for */
    BASES_A_BYTE = 4 /* of BASE */
};

static void ask(const struct lode_rows *table, uint64_t stride, uint64_t row)
{
    if (row < table->count)
        __builtin_prefetch(table->rows + row * stride);
}

/* The list of changes of case of a bin, whose number counts in the whole table. */
static void ask_changes(const struct lode_seqindex *seq, uint64_t bin, uint64_t first_change)
{
    struct lode_bin_row row, next;
    if (bin >= seq->bins.count || seq->bins.count - bin < 2)
        return;
    const uint8_t *p = seq->bins.rows + bin * LODE_STRIDE_BINS;
    lode_bin_decode(p, &row);
    lode_bin_decode(p + LODE_STRIDE_BINS, &next);
    const uint64_t per_line = LINE / LODE_STRIDE_CASE;
    for (uint64_t i = 0; i < LINES_MAX && row.toggle + i * per_line < next.toggle; i++)
        ask(&seq->kase, LODE_STRIDE_CASE, first_change + row.toggle + i * per_line);
}

/* Arguments for lode_index_guarded. */
struct soon_call {
    const lode_index *index;
    uint64_t source, begin, end;
    bool by_case;
};

static int run_soon(void *arg)
{
    const struct soon_call *c = arg;
    struct lode_source_row row;
    const struct lode_seqindex *seq = &c->index->seq;
    lode_source_decode(seq->srce.rows + c->source * LODE_STRIDE_SRCE, &row);
    if (c->by_case) /* first: what they say is waited for longest */
        ask_changes(seq, row.begin.bin + (c->begin * BASES_A_BYTE >> LODE_BIN_LOG2),
                    row.begin.toggle);
    if (c->index->base_mapped) {
        ask(&seq->base, 1, row.begin.base + c->begin);
        ask(&seq->base, 1, row.begin.base + c->end - 1);
    }
    return LODE_FMT_OK;
}

void lode_packed_soon(const lode_index *index, uint64_t source, uint64_t begin, uint64_t end,
                      bool by_case)
{
    struct soon_call call = {index, source, begin, end, by_case};
    if (source < index->seq.source_count && begin < end)
        (void)lode_index_guarded(index, run_soon, &call, NULL);
}
