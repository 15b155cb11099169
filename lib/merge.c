#include "merge.h"

#include "diag.h"
#include "grow.h"
#include "threads.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- layout --------------------------------------------------------------------------------- */

/* A source as it stands in one of the two tables; in the older index it was checked by carry.h. */
static void get_source(const struct lode_merge *m, bool fresh, uint64_t i, struct lode_source *out)
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
    get_source(m, fresh, i, &from);
    *row = from.row;
    row->begin = m->end;
    if (!add_to_runs(m, fresh, i) || !put_strings(m, input, row))
        return false;
    m->source_names[m->source_count++] = input->name;
    m->text_bytes += row->text_len;
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

/* ---- names ---------------------------------------------------------------------------------- */

/* What the threads share. */
struct gathering {
    struct lode_merge *merge;
    const char *fresh_names; /* of the scanned tables */
    uint64_t next, bases;
    int error; /* errno of the first failure; EINVAL: a row of the older index does not check */
};

/* One contig of the older index, number `contig` here. The rest of its row is as it was: a page sum
 * proved it, and who reads it checks it. */
static bool carry_name(struct lode_merge *m, uint64_t number, const struct lode_source *from,
                       uint64_t old_contig, uint64_t contig, struct lode_name_key **key,
                       uint64_t *bases)
{
    struct lode_contig_row row;
    struct lode_bytes name;
    lode_contig_decode(m->old->ctig.rows + old_contig * LODE_STRIDE_CTIG, &row);
    if (row.source != number ||
        lode_contig_name_bytes(m->old, &row, from, &name, NULL) != LODE_FMT_OK)
        return false;
    m->names.names[contig] = (const char *)name.data;
    *bases += row.length;
    if ((row.flags & LODE_CTIG_DUPLICATE) == 0) {
        (*key)->hash = lode_name_hash(name.data, name.len, 0);
        (*key)++->contig = contig;
    }
    return true;
}

static bool carry_names(struct lode_merge *m, uint64_t i, uint64_t number, uint64_t *bases)
{
    struct lode_source from;
    const uint64_t to = m->sources[number].begin.contig;
    struct lode_name_key *const keys = m->names.keys + to, *end = keys;
    get_source(m, false, i, &from);
    const uint64_t begin = from.row.begin.contig;
    for (uint64_t k = begin; k < from.end.contig; k++)
        if (!carry_name(m, i, &from, k, to + k - begin, &end, bases)) {
            errno = EINVAL;
            return false;
        }
    m->names.key_counts[number] = (uint64_t)(end - keys);
    errno = ENOMEM;
    return lode_sort_keys(keys, (size_t)(end - keys));
}

/* First key of the scanned tables that belongs to contig or a later one: keys ascend by source. */
static size_t first_key(const struct lode_tables *t, uint64_t contig)
{
    size_t lo = 0, hi = t->name_count;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (t->names[mid].contig < contig)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void fresh_names(const struct gathering *g, uint64_t i, uint64_t number)
{
    struct lode_merge *m = g->merge;
    const struct lode_tables *t = m->fresh;
    const uint64_t to = m->sources[number].begin.contig;
    struct lode_source from;
    get_source(m, true, i, &from);
    const uint64_t begin = from.row.begin.contig, end = from.end.contig;
    for (uint64_t k = begin; k < end; k++)
        m->names.names[to + k - begin] = g->fresh_names + t->name_offs[k];
    size_t key = first_key(t, begin);
    struct lode_name_key *out = m->names.keys + to;
    for (; key < t->name_count && t->names[key].contig < end; key++) {
        const struct lode_name_key moved = {t->names[key].hash, t->names[key].contig - begin + to};
        *out++ = moved;
    }
    m->names.key_counts[number] = (uint64_t)(out - m->names.keys) - to;
}

/* The run that source number lies in. */
static const struct lode_merge_run *run_of(const struct lode_merge *m, uint64_t number)
{
    size_t lo = 0, hi = m->run_count;
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if (m->runs[mid].number <= number)
            lo = mid;
        else
            hi = mid;
    }
    return &m->runs[lo];
}

enum { TAKE = 64 }; /* sources a thread takes at a time */

static void *gather(void *arg)
{
    struct gathering *g = arg;
    struct lode_merge *m = g->merge;
    uint64_t bases = 0, first;
    while ((first = __atomic_fetch_add(&g->next, TAKE, __ATOMIC_RELAXED)) < m->source_count)
        for (uint64_t i = first; i < first + TAKE && i < m->source_count; i++) {
            const struct lode_merge_run *run = run_of(m, i);
            const uint64_t from = run->first + i - run->number;
            if (run->fresh)
                fresh_names(g, from, i);
            else if (!carry_names(m, from, i, &bases))
                __atomic_store_n(&g->error, errno, __ATOMIC_RELAXED);
        }
    __atomic_fetch_add(&g->bases, bases, __ATOMIC_RELAXED);
    return NULL;
}

static bool gather_names(struct lode_merge *m, int threads)
{
    const size_t contigs = (size_t)m->end.contig + 1;
    struct gathering g = {.merge = m};
    m->names.contig_count = m->end.contig;
    m->names.names = malloc(contigs * sizeof *m->names.names);
    m->names.keys = malloc(contigs * sizeof *m->names.keys);
    m->names.key_counts = calloc((size_t)m->source_count + 1, sizeof *m->names.key_counts);
    g.fresh_names = (const char *)lode_spool_view(&m->fresh->name);
    if (m->names.names == NULL || m->names.keys == NULL || m->names.key_counts == NULL ||
        g.fresh_names == NULL)
        return false;
    (void)lode_run_threads(gather, &g, m->source_count > TAKE ? threads : 1, NULL);
    m->bases = m->fresh->bases + g.bases;
    errno = g.error;
    return g.error == 0;
}

int lode_merge_init(struct lode_merge *m, const struct lode_collection *collection,
                    const struct lode_origin *origins, const struct lode_seqindex *old,
                    struct lode_tables *fresh, int dir_fd, int threads, struct lode_diag *diag)
{
    m->old = old;
    m->fresh = fresh;
    lode_spool_init(&m->sstr, dir_fd);
    errno = ENOMEM; /* what malloc and the spool do not overwrite */
    if (lay_out(m, collection, origins) && gather_names(m, threads))
        return LODE_OK;
    if (errno == EINVAL)
        return lode_diag_set(
            diag, LODE_E_CORRUPT,
            "the index already there has a damaged row; build again with --rescan");
    return lode_diag_errno(diag, "cannot keep the tables of the index being built");
}

void lode_merge_free(struct lode_merge *m)
{
    free(m->runs);
    free(m->sources);
    free(m->source_names);
    free(m->names.names);
    free(m->names.keys);
    free(m->names.key_counts);
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
    TABLE(CTIG, ctig, contig), TABLE(NAME, name, name), TABLE(BLOK, blok, block),
    TABLE(SUMS, sums, sum),    TABLE(BINS, bins, bin),  TABLE(CASE, kase, toggle),
    TABLE(EXCP, excp, run),    TABLE(DESC, desc, desc), TABLE(DIGS, digs, contig),
    TABLE(GAPS, gaps, contig), /* has no begin of its own: range_of knows */
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
    get_source(m, run->fresh, run->first, &head);
    get_source(m, run->fresh, run->end - 1, &tail);
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
    if (part->id == LODE_ID_DIGS && m->fresh->digester == NULL)
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
    return 0;
}
