/* Owns the part of tables.h that concerns packed bases: BASE (SPEC 5.14). */
#include "tables.h"

#include "unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BIN = 1 << LODE_BIN_LOG2 };

/* ---- a contig that turns out to be stored as bytes ------------------------------------------ */

/* Its bases that were packed before that was known, made bytes again: the letters from the packed
 * ones, what those do not tell from its runs, letter case from the changes. */
struct expansion {
    struct lode_tables *tables;
    uint64_t coordinate; /* of its first base */
    uint64_t off, n;     /* place in the spool; bases */
    const uint8_t *runs; /* rows of EXCP */
    uint64_t run_count;
    uint8_t packed[BIN / 4 + LODE_UNPACK_SLACK], bases[BIN], changes[BIN / 8];
};

static void set_change(struct expansion *e, uint16_t at)
{
    e->changes[at >> 3] |= (uint8_t)(1u << (at & 7));
}

/* The changes of a bin as a bit map: from memory, or a list or bit map in the spool. */
static int load_changes(struct expansion *e, uint64_t bin)
{
    struct lode_tables *t = e->tables;
    uint8_t list[LODE_CASE_BITMAP * 2];
    memset(e->changes, 0, sizeof e->changes);
    if (bin + 1 >= t->bin_count) {
        for (size_t i = 0; bin + 1 == t->bin_count && i < t->bin_toggle_count; i++)
            set_change(e, t->bin_toggles[i]);
        return 0;
    }
    const uint64_t first = t->bin_rows[bin].toggle, n = t->bin_rows[bin + 1].toggle - first;
    const uint64_t off = (t->row.begin.toggle + first) * LODE_STRIDE_CASE;
    if (n == LODE_CASE_BITMAP)
        return lode_spool_read(&t->kase, off, e->changes, sizeof e->changes);
    if (lode_spool_read(&t->kase, off, list, (size_t)n * LODE_STRIDE_CASE) != 0)
        return -1;
    for (uint64_t i = 0; i < n; i++)
        set_change(e, lode_get16(list + 2 * i));
    return 0;
}

/* Lower case for bases [begin, end) of the contig, which stand at e->bases. */
static int put_case(struct expansion *e, uint64_t begin, uint64_t end)
{
    const struct lode_tables *t = e->tables;
    const uint64_t from = e->coordinate + begin, to = e->coordinate + end;
    for (uint64_t bin = from >> LODE_BIN_LOG2; bin << LODE_BIN_LOG2 < to; bin++) {
        const uint64_t start = bin << LODE_BIN_LOG2;
        bool lower = bin < t->bin_count ? t->bin_rows[bin].lower : t->lower;
        if (load_changes(e, bin) != 0)
            return -1;
        for (uint64_t i = 0; i < BIN && start + i < to; i++) {
            lower ^= (e->changes[i >> 3] >> (i & 7) & 1) != 0;
            if (!lower || start + i < from)
                continue;
            uint8_t *base = &e->bases[start + i - from];
            *base = (uint8_t)(*base + ((uint8_t)(*base - 'A') < 26 ? 32 : 0));
        }
    }
    return 0;
}

static struct lode_run_row run_at(const struct expansion *e, uint64_t i)
{
    struct lode_run_row run;
    lode_run_decode(e->runs + i * LODE_STRIDE_EXCP, &run);
    return run;
}

/* The contig's runs that reach into bases [begin, end). They ascend. */
static void put_runs(struct expansion *e, uint64_t begin, uint64_t end)
{
    const uint64_t from = e->coordinate + begin, to = e->coordinate + end;
    uint64_t lo = e->tables->contig_first_run, hi = e->run_count;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        const struct lode_run_row run = run_at(e, mid);
        if (run.start + run.length <= from)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < e->run_count; lo++) {
        const struct lode_run_row run = run_at(e, lo);
        if (run.start >= to)
            break;
        const uint64_t first = run.start > from ? run.start : from;
        const uint64_t last = run.start + run.length < to ? run.start + run.length : to;
        memset(e->bases + (first - from), run.byte, (size_t)(last - first));
    }
}

/* Bases [begin, end), begin a multiple of 4. */
static int expand_part(struct expansion *e, uint64_t begin, uint64_t end)
{
    static const uint8_t letters[4] = {'A', 'C', 'G', 'T'};
    struct lode_spool *spool = &e->tables->base;
    const size_t n = (size_t)(end - begin);
    if (lode_spool_read(spool, e->off + begin / 4, e->packed, (n + 3) / 4) != 0)
        return -1;
    lode_unpack_best()->forward(e->bases, e->packed, 0, n, letters);
    put_runs(e, begin, end);
    if (put_case(e, begin, end) != 0)
        return -1;
    return lode_spool_patch(spool, e->off + begin, e->bases, n);
}

/* From the end to the begin, so that what is written never covers what is still to be read. */
static int expand(struct lode_tables *t, uint64_t coordinate)
{
    const uint64_t n = t->contig_packed, bytes = (n + 3) / 4;
    struct expansion *e = malloc(sizeof *e);
    int result = -1;
    errno = ENOMEM;
    if (e == NULL)
        return -1;
    e->tables = t;
    e->coordinate = coordinate;
    e->off = lode_spool_size(&t->base) - bytes;
    e->n = n;
    e->run_count = lode_spool_size(&t->excp) / LODE_STRIDE_EXCP;
    e->runs = lode_spool_view(&t->excp);
    memset(e->packed, 0, sizeof e->packed);
    if (e->runs != NULL)
        result = lode_spool_zeros(&t->base, n - bytes);
    for (uint64_t end = n; result == 0 && end > 0;) {
        const uint64_t begin = (end - 1) / BIN * BIN;
        result = expand_part(e, begin, end);
        end = begin;
    }
    free(e);
    return result;
}

/* ---- joining stretches ---------------------------------------------------------------------- */

/* Packed bytes behind those of the contig so far, whose last byte may have room. */
static int append_packed(struct lode_tables *t, const uint8_t *p, size_t n)
{
    if ((t->contig_packed & 3) != 0 && n > 0) {
        const uint64_t last = lode_spool_size(&t->base) - 1;
        uint8_t byte;
        if (lode_spool_read(&t->base, last, &byte, 1) != 0)
            return -1;
        byte |= *p++;
        n--;
        if (lode_spool_patch(&t->base, last, &byte, 1) != 0)
            return -1;
    }
    return lode_spool_append(&t->base, p, n);
}

int lode_tables_add_packed(struct lode_tables *t, const struct lode_composed *c, size_t part,
                           const struct lode_contig_row *row)
{
    const size_t begin = part > 0 ? c->parts[part - 1].packed_end : 0;
    const size_t n = c->parts[part].packed_end - begin;
    if (!t->packs)
        return 0;
    const bool bytes = row != NULL && row->encoding == LODE_ENCODING_BYTES;
    if (bytes && t->contig_packed > 0 && expand(t, 4 * row->base_off) != 0)
        return -1;
    const int result = bytes ? lode_spool_append(&t->base, c->packed + begin, n)
                             : append_packed(t, c->packed + begin, n);
    t->contig_packed = row != NULL ? 0 : t->contig_packed + c->parts[part].bases;
    return result;
}
