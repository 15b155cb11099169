#include "merge.h"

#include "diag.h"
#include "grow.h"
#include "threads.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- layout --------------------------------------------------------------------------------- */

void lode_merge_source(const struct lode_merge *m, bool fresh, uint64_t i, struct lode_source *out)
{
    if (!fresh) {
        (void)lode_source_get(m->old, i, out, NULL);
        return;
    }
    const struct lode_tables *t = m->fresh;
    out->row = t->sources[i];
    out->end = i + 1 < t->source_count ? t->sources[i + 1].begin : lode_tables_now(t);
}

/* at += end - begin, but for slots, which are placed anew. */
static void advance(struct lode_begins *at, const struct lode_begins *begin,
                    const struct lode_begins *end)
{
#define ADVANCE(field) at->field += end->field - begin->field
    ADVANCE(contig);
    ADVANCE(block);
    ADVANCE(sum);
    ADVANCE(name);
    ADVANCE(desc);
    ADVANCE(base);
    ADVANCE(bin);
    ADVANCE(toggle);
    ADVANCE(run);
#undef ADVANCE
}

static bool add_to_runs(struct lode_merge *m, bool fresh, uint64_t i)
{
    struct lode_merge_run *last = m->run_count > 0 ? &m->runs[m->run_count - 1] : NULL;
    if (last != NULL && last->fresh == fresh && last->end == i) {
        last->end++;
        return true;
    }
    if (!LODE_GROW(m->runs, m->run_count, m->run_cap))
        return false;
    const struct lode_merge_run run = {fresh, i, i + 1, m->source_count};
    m->runs[m->run_count++] = run;
    return true;
}

/* Locator NUL NAME NUL into SSTR, and their place into the row. */
static bool put_strings(struct lode_merge *m, const struct lode_input *input,
                        struct lode_source_row *row)
{
    row->path_off = lode_spool_size(&m->sstr);
    row->path_len = (uint32_t)strlen(input->locator);
    row->name_len = (uint32_t)strlen(input->name);
    return lode_spool_append(&m->sstr, input->locator, row->path_len + 1) == 0 &&
           lode_spool_append(&m->sstr, input->name, row->name_len + 1) == 0;
}

static bool add_source(struct lode_merge *m, const struct lode_input *input, bool fresh, uint64_t i)
{
    struct lode_source from;
    struct lode_source_row *row = &m->sources[m->source_count];
    lode_merge_source(m, fresh, i, &from);
    *row = from.row;
    row->begin = m->end;
    if (!add_to_runs(m, fresh, i) || !put_strings(m, input, row))
        return false;
    m->source_names[m->source_count++] = input->name;
    m->text_bytes += row->text_len;
    m->carried += !fresh;
    advance(&m->end, &from.row.begin, &from.end);
    return true;
}

static bool lay_out(struct lode_merge *m, const struct lode_collection *inputs,
                    const struct lode_origin *origins)
{
    m->sources = calloc(inputs->count + 1, sizeof *m->sources);
    m->source_names = calloc(inputs->count + 1, sizeof *m->source_names);
    bool ok = m->sources != NULL && m->source_names != NULL;
    for (size_t i = 0; i < inputs->count && ok; i++) {
        const bool fresh = origins[i].old < 0;
        const int64_t from = fresh ? origins[i].fresh : origins[i].old;
        ok = from < 0 || add_source(m, &inputs->inputs[i], fresh, (uint64_t)from);
    }
    return ok;
}

bool lode_merge_origin(const struct lode_merge *m, uint64_t number, uint64_t *i)
{
    size_t lo = 0, hi = m->run_count;
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if (m->runs[mid].number <= number)
            lo = mid;
        else
            hi = mid;
    }
    *i = m->runs[lo].first + number - m->runs[lo].number;
    return m->runs[lo].fresh;
}

/* ---- rows of the older index ---------------------------------------------------------------- */

/* What the threads share. */
struct counting {
    const struct lode_merge *merge;
    uint64_t next, bases;
    int damaged;
};

/* Adds up the bases of a source of the older index. False when a contig is not its own: numbers are
 * moved on, so they must be right. The rest of a row is proven by page sums and checked by readers.
 */
static bool count_source(const struct lode_merge *m, uint64_t i, uint64_t *bases)
{
    struct lode_source from;
    lode_merge_source(m, false, i, &from);
    const uint8_t *row = m->old->ctig.rows + from.row.begin.contig * LODE_STRIDE_CTIG;
    const uint8_t *end = m->old->ctig.rows + from.end.contig * LODE_STRIDE_CTIG;
    for (; row < end; row += LODE_STRIDE_CTIG) {
        if (lode_get32(row + LODE_CTIG_SOURCE) != i)
            return false;
        *bases += lode_get64(row + LODE_CTIG_LENGTH);
    }
    return true;
}

static void *count_sources(void *arg)
{
    struct counting *c = arg;
    const struct lode_merge *m = c->merge;
    uint64_t bases = 0, first;
    while ((first = __atomic_fetch_add(&c->next, LODE_MERGE_TAKE, __ATOMIC_RELAXED)) <
           m->source_count)
        for (uint64_t k = first; k < first + LODE_MERGE_TAKE && k < m->source_count; k++) {
            uint64_t i;
            if (!lode_merge_origin(m, k, &i) && !count_source(m, i, &bases))
                __atomic_store_n(&c->damaged, 1, __ATOMIC_RELAXED);
        }
    __atomic_fetch_add(&c->bases, bases, __ATOMIC_RELAXED);
    return NULL;
}

static bool count_bases(struct lode_merge *m, int threads)
{
    struct counting c = {.merge = m};
    if (m->carried > 0)
        (void)lode_run_threads(count_sources, &c, threads, NULL);
    m->bases = m->fresh->bases + c.bases;
    return !c.damaged;
}

int lode_merge_damaged(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_CORRUPT,
                         "the index already there has a damaged row; build again with --rescan");
}

int lode_merge_init(struct lode_merge *m, const struct lode_collection *collection,
                    const struct lode_origin *origins, const struct lode_seqindex *old,
                    struct lode_tables *fresh, int dir_fd, int threads, struct lode_diag *diag)
{
    m->old = old;
    m->fresh = fresh;
    lode_spool_init(&m->sstr, dir_fd);
    errno = ENOMEM; /* what malloc and the spool do not overwrite */
    if (!lay_out(m, collection, origins))
        return lode_diag_errno(diag, "cannot keep the tables of the index being built");
    return count_bases(m, threads) ? LODE_OK : lode_merge_damaged(diag);
}

void lode_merge_free(struct lode_merge *m)
{
    free(m->runs);
    free(m->sources);
    free(m->source_names);
    lode_spool_free(&m->sstr);
    memset(m, 0, sizeof *m);
}

/* ---- pieces --------------------------------------------------------------------------------- */

/* Where a table is in either form, and which of a source's begins bounds its rows. */
struct table {
    uint32_t id;
    size_t rows, spool, begin;
};

#define TABLE(name, field, by)                                                                     \
    {                                                                                              \
        LODE_ID_##name, offsetof(struct lode_seqindex, field),                                     \
            offsetof(struct lode_tables, field), offsetof(struct lode_begins, by)                  \
    }
static const struct table tables[] = {
    TABLE(CTIG, ctig, contig), TABLE(NAME, name, name),   TABLE(BLOK, blok, block),
    TABLE(SUMS, sums, sum),    TABLE(BINS, bins, bin),    TABLE(CASE, kase, toggle),
    TABLE(EXCP, excp, run),    TABLE(DESC, desc, desc),   TABLE(DIGS, digs, contig),
    TABLE(BASE, base, base),   TABLE(GAPS, gaps, contig), /* has no begin of its own: range_of knows
                                                           */
};
#undef TABLE

/* One of the two tables that a run may lie in. */
struct side {
    const uint8_t *rows;
    uint64_t count;
};

/* First gap row of a source or a later one: rows ascend by source. */
static uint64_t first_gap(const struct side *side, uint64_t source)
{
    uint64_t lo = 0, hi = side->count;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (lode_get32(side->rows + mid * LODE_STRIDE_GAPS + LODE_GAPS_SOURCE) < source)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Rows [*first, *end) of a run. */
static void range_of(const struct lode_merge *m, const struct table *table, const struct side *side,
                     const struct lode_merge_run *run, uint64_t *first, uint64_t *end)
{
    struct lode_source head, tail;
    if (table->id == LODE_ID_GAPS) {
        *first = first_gap(side, run->first);
        *end = first_gap(side, run->end);
        return;
    }
    lode_merge_source(m, run->fresh, run->first, &head);
    lode_merge_source(m, run->fresh, run->end - 1, &tail);
    memcpy(first, (const uint8_t *)&head.row.begin + table->begin, sizeof *first);
    memcpy(end, (const uint8_t *)&tail.end + table->begin, sizeof *end);
}

/* Both sides of a table; rows of the one that is not there are NULL and never asked for. */
static bool sides_of(const struct lode_merge *m, const struct table *table, uint32_t stride,
                     struct side *old, struct side *fresh)
{
    struct lode_spool *spool = (struct lode_spool *)((uint8_t *)m->fresh + table->spool);
    fresh->rows = lode_spool_view(spool);
    fresh->count = lode_spool_size(spool) / stride;
    old->rows = NULL;
    old->count = 0;
    if (m->old != NULL) {
        const struct lode_rows *rows =
            (const struct lode_rows *)((const uint8_t *)m->old + table->rows);
        old->rows = rows->rows;
        old->count = rows->count;
    }
    return fresh->rows != NULL;
}

int lode_merge_part(const struct lode_merge *m, struct lode_part *part)
{
    const struct table *table = tables;
    struct side old, fresh;
    while (table->id != part->id)
        table++;
    static const uint8_t tail[LODE_BASE_TAIL];
    if ((part->id == LODE_ID_DIGS && m->fresh->digester == NULL) ||
        (part->id == LODE_ID_BASE && !m->fresh->packs))
        return 0;
    part->pieces = calloc(m->run_count + 1, sizeof *part->pieces);
    if (part->pieces == NULL || !sides_of(m, table, part->stride, &old, &fresh))
        return -1;
    const bool numbered = part->id == LODE_ID_CTIG || part->id == LODE_ID_GAPS;
    part->number_at = part->id == LODE_ID_GAPS ? LODE_GAPS_SOURCE : LODE_CTIG_SOURCE;
    for (const struct lode_merge_run *run = m->runs; run < m->runs + m->run_count; run++) {
        const struct side *side = run->fresh ? &fresh : &old;
        uint64_t first, end;
        range_of(m, table, side, run, &first, &end);
        const struct lode_piece piece = {side->rows + first * part->stride,
                                         (end - first) * part->stride,
                                         numbered ? (uint32_t)(run->number - run->first) : 0};
        part->pieces[part->piece_count++] = piece;
    }
    if (part->id == LODE_ID_BASE) {
        const struct lode_piece zeros = {tail, sizeof tail, 0};
        part->pieces[part->piece_count++] = zeros;
    }
    return 0;
}
