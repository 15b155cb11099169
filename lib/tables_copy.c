/* Owns the part of tables.h that copies a source's rows from an older index. */
#include "diag.h"
#include "grow.h"
#include "tables.h"

#include <errno.h>
#include <string.h>

static int failed(struct lode_diag *diag)
{
    if (errno == EINVAL)
        return lode_diag_set(
            diag, LODE_E_CORRUPT,
            "the index already there has a damaged row; build again with --rescan");
    return lode_diag_errno(diag, "cannot keep the tables of the index being built");
}

static int copy_range(struct lode_spool *to, const struct lode_rows *from, uint64_t begin,
                      uint64_t end, uint64_t stride)
{
    return lode_spool_append(to, from->rows + begin * stride, (size_t)((end - begin) * stride));
}

enum { ROWS_AT_ONCE = 64 };

/* One contig: its row as bytes with its new source number, its name on its way to the name tables.
 */
static int copy_contig(struct lode_tables *t, const struct lode_seqindex *old, uint64_t number,
                       const struct lode_source *from, const uint8_t *p, uint8_t *to)
{
    struct lode_contig_row row;
    struct lode_bytes name;
    lode_contig_decode(p, &row);
    if (row.source != number || !lode_contig_check(&row, from->row.text_len) ||
        lode_contig_name_bytes(old, &row, from, &name, NULL) != LODE_FMT_OK) {
        errno = EINVAL;
        return -1;
    }
    memcpy(to, p, LODE_STRIDE_CTIG);
    lode_put32(to + LODE_CTIG_SOURCE, (uint32_t)t->source_count);
    t->bases += row.length;
    t->name_offs[t->contig_count] = t->row.begin.name + row.name_off;
    if ((row.flags & LODE_CTIG_DUPLICATE) == 0) {
        const struct lode_name_key key = {lode_name_hash(name.data, name.len, 0), t->contig_count};
        t->names[t->name_count++] = key;
    }
    t->contig_count++;
    return 0;
}

static int copy_contigs(struct lode_tables *t, const struct lode_seqindex *old, uint64_t number,
                        const struct lode_source *from)
{
    const size_t n = (size_t)(from->end.contig - from->row.begin.contig);
    const uint8_t *p = old->ctig.rows + from->row.begin.contig * LODE_STRIDE_CTIG;
    uint8_t rows[ROWS_AT_ONCE * LODE_STRIDE_CTIG];
    if (!lode_grow(&t->names, &t->name_cap, t->name_count + n, sizeof *t->names) ||
        !lode_grow(&t->name_offs, &t->contig_cap, t->contig_count + n, sizeof *t->name_offs)) {
        errno = ENOMEM;
        return -1;
    }
    for (size_t i = 0; i < n;) {
        size_t k = 0;
        for (; k < ROWS_AT_ONCE && i < n; k++, i++, p += LODE_STRIDE_CTIG)
            if (copy_contig(t, old, number, from, p, rows + k * LODE_STRIDE_CTIG) != 0)
                return -1;
        if (lode_spool_append(&t->ctig, rows, k * LODE_STRIDE_CTIG) != 0)
            return -1;
    }
    return 0;
}

/* First gap row of a source or a later one: rows ascend by source. */
static uint64_t first_gap(const struct lode_seqindex *old, uint64_t source)
{
    uint64_t lo = 0, hi = old->gaps.count;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (lode_get32(old->gaps.rows + mid * LODE_STRIDE_GAPS + LODE_GAPS_SOURCE) < source)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int copy_gaps(struct lode_tables *t, const struct lode_seqindex *old, uint64_t source)
{
    const uint64_t end = first_gap(old, source + 1);
    for (uint64_t i = first_gap(old, source); i < end; i++) {
        uint8_t bytes[LODE_STRIDE_GAPS];
        memcpy(bytes, old->gaps.rows + i * LODE_STRIDE_GAPS, sizeof bytes);
        lode_put32(bytes + LODE_GAPS_SOURCE, (uint32_t)t->source_count);
        if (lode_spool_append(&t->gaps, bytes, sizeof bytes) != 0)
            return -1;
    }
    return 0;
}

static int copy_digests(struct lode_tables *t, const struct lode_seqindex *old, uint64_t begin,
                        uint64_t end)
{
    if (t->digester == NULL)
        return 0;
    if (end > old->digs.count) {
        errno = EINVAL;
        return -1;
    }
    return copy_range(&t->digs, &old->digs, begin, end, LODE_STRIDE_DIGS);
}

int lode_tables_copy(struct lode_tables *t, const struct lode_seqindex *old, uint64_t i,
                     struct lode_diag *diag)
{
    struct lode_source from;
    struct lode_bytes path, name;
    struct lode_fault fault = {0};
    if (lode_source_get(old, i, &from, &fault) != LODE_FMT_OK ||
        lode_source_strings(old, &from, &path, &name, &fault) != LODE_FMT_OK)
        return lode_diag_fault(diag, "the index already there", &fault);
    const struct lode_begins *b = &from.row.begin, *e = &from.end;
    t->row = from.row;
    t->row.begin = lode_tables_now(t);
    t->first_name = t->name_count;
    t->line_count = 0;
    if (copy_contigs(t, old, i, &from) != 0 ||
        copy_range(&t->name, &old->name, b->name, e->name, 1) != 0 ||
        copy_range(&t->desc, &old->desc, b->desc, e->desc, 1) != 0 ||
        copy_range(&t->blok, &old->blok, b->block, e->block, LODE_STRIDE_BLOK) != 0 ||
        copy_range(&t->sums, &old->sums, b->sum, e->sum, LODE_STRIDE_SUMS) != 0 ||
        copy_range(&t->bins, &old->bins, b->bin, e->bin, LODE_STRIDE_BINS) != 0 ||
        copy_range(&t->kase, &old->kase, b->toggle, e->toggle, LODE_STRIDE_CASE) != 0 ||
        copy_range(&t->excp, &old->excp, b->run, e->run, LODE_STRIDE_EXCP) != 0 ||
        copy_gaps(t, old, i) != 0 || copy_digests(t, old, b->contig, e->contig) != 0 ||
        !lode_sort_keys(t->names + t->first_name, t->name_count - t->first_name))
        return failed(diag);
    t->contig_end_base = e->base - b->base;
    return lode_tables_put_source(t, (const char *)path.data, path.len, (const char *)name.data,
                                  name.len) == 0
               ? LODE_OK
               : failed(diag);
}
