/* Owns the part of tables.h that concerns bases: bins, case changes, runs (SPEC 5.10-5.12). */
#include "tables.h"

#include "grow.h"
#include "range.h"

#include <errno.h>

/* ---- bins and case -------------------------------------------------------------------------- */

static int flush_toggles(struct lode_tables *t)
{
    uint8_t bytes[LODE_CASE_BITMAP * 2] = {0};
    size_t n = t->bin_toggle_count;
    if (n < LODE_CASE_BITMAP) {
        for (size_t i = 0; i < n; i++)
            lode_put16(bytes + 2 * i, t->bin_toggles[i]);
    } else {
        for (size_t i = 0; i < n; i++)
            bytes[t->bin_toggles[i] >> 3] |= (uint8_t)(1u << (t->bin_toggles[i] & 7));
        n = LODE_CASE_BITMAP;
    }
    t->toggles += n;
    t->bin_toggle_count = 0;
    return lode_spool_append(&t->kase, bytes, 2 * n);
}

/* Makes bin the one that toggles are added to; every bin on the way begins with the case so far. */
static int enter_bin(struct lode_tables *t, uint64_t bin)
{
    while (t->bin_count <= bin) {
        if (t->bin_count > 0 && flush_toggles(t) != 0)
            return -1;
        if (!LODE_GROW(t->bin_rows, t->bin_count, t->bin_cap)) {
            errno = ENOMEM;
            return -1;
        }
        const struct lode_bin_row row = {.toggle = t->toggles, .lower = t->lower};
        t->bin_rows[t->bin_count++] = row;
    }
    return 0;
}

static int toggle_at(struct lode_tables *t, uint64_t coordinate)
{
    if (enter_bin(t, coordinate >> LODE_BIN_LOG2) != 0)
        return -1;
    t->bin_toggles[t->bin_toggle_count++] = (uint16_t)coordinate;
    t->lower = !t->lower;
    return 0;
}

int lode_tables_add_case(struct lode_tables *t, const struct lode_composed *c)
{
    if (c->any_letter && c->first_lower != t->lower && toggle_at(t, c->first_letter) != 0)
        return -1;
    for (size_t i = 0; i < c->toggle_count; i++)
        if (toggle_at(t, c->toggles[i]) != 0)
            return -1;
    if (c->bin_count > 0 && enter_bin(t, c->first_bin + c->bin_count - 1) != 0)
        return -1;
    for (size_t i = 0; i < c->bin_count; i++) {
        struct lode_bin_row *row = &t->bin_rows[c->first_bin + i];
        row->n += c->bins[i].n;
        row->gc += c->bins[i].gc;
        row->lower_count += c->bins[i].lower;
        row->other += c->bins[i].other;
    }
    return 0;
}

/* ---- runs ----------------------------------------------------------------------------------- */

static uint64_t run_count(const struct lode_tables *t)
{
    return lode_spool_size(&t->excp) / LODE_STRIDE_EXCP;
}

static int put_run(struct lode_tables *t, const struct lode_run_row *run)
{
    uint8_t bytes[LODE_STRIDE_EXCP];
    lode_run_encode(bytes, run);
    return lode_spool_append(&t->excp, bytes, sizeof bytes);
}

/* A run at the start of a stretch may be the rest of the one that ended the stretch before. */
static bool join_run(struct lode_tables *t, const struct lode_run_row *run, int *result)
{
    uint8_t bytes[LODE_STRIDE_EXCP];
    struct lode_run_row last;
    const uint64_t n = run_count(t);
    if (n == t->contig_first_run)
        return false;
    *result = lode_spool_read(&t->excp, (n - 1) * LODE_STRIDE_EXCP, bytes, sizeof bytes);
    lode_run_decode(bytes, &last);
    if (*result != 0 || last.byte != run->byte || last.start + last.length != run->start)
        return *result != 0;
    last.length += run->length;
    lode_run_encode(bytes, &last);
    *result = lode_spool_patch(&t->excp, (n - 1) * LODE_STRIDE_EXCP, bytes, sizeof bytes);
    return true;
}

/* Takes the U runs of the contig out again: it is RNA, U is one of its four letters. */
static int drop_u_runs(struct lode_tables *t)
{
    const uint64_t end = run_count(t);
    uint64_t to = t->contig_first_run;
    uint8_t bytes[LODE_STRIDE_EXCP];
    for (uint64_t i = to; i < end; i++) {
        if (lode_spool_read(&t->excp, i * LODE_STRIDE_EXCP, bytes, sizeof bytes) != 0)
            return -1;
        if (bytes[LODE_EXCP_BYTE] == 'U')
            continue;
        if (lode_spool_patch(&t->excp, to++ * LODE_STRIDE_EXCP, bytes, sizeof bytes) != 0)
            return -1;
    }
    return lode_spool_truncate(&t->excp, to * LODE_STRIDE_EXCP);
}

int lode_tables_end_runs(struct lode_tables *t, struct lode_contig_row *row)
{
    int result = 0;
    if (row->encoding == LODE_ENCODING_BYTES) {
        result = lode_spool_truncate(&t->excp, t->contig_first_run * LODE_STRIDE_EXCP);
    } else if (t->contig_u && !t->contig_t) {
        row->encoding = LODE_ENCODING_ACGU;
        result = drop_u_runs(t);
    }
    t->contig_first_run = run_count(t);
    t->contig_t = t->contig_u = false;
    return result;
}

int lode_tables_add_runs(struct lode_tables *t, const struct lode_run_row *runs, size_t begin,
                         size_t end, bool continues)
{
    for (size_t i = begin; i < end; i++) {
        int result = 0;
        const bool joined = i == 0 && continues && join_run(t, &runs[i], &result);
        if (result != 0 || (!joined && put_run(t, &runs[i]) != 0))
            return -1;
    }
    return 0;
}

/* Gives each bin its first run: both lists ascend, so one pass over the runs does it. */
static int number_runs(struct lode_tables *t)
{
    const uint64_t first = t->row.begin.run, count = run_count(t) - first;
    uint64_t bin = 0;
    uint8_t bytes[LODE_STRIDE_EXCP];
    for (uint64_t i = 0; i < count; i++) {
        struct lode_run_row run;
        if (lode_spool_read(&t->excp, (first + i) * LODE_STRIDE_EXCP, bytes, sizeof bytes) != 0)
            return -1;
        lode_run_decode(bytes, &run);
        while (bin < t->bin_count && bin << LODE_BIN_LOG2 <= run.start)
            t->bin_rows[bin++].run = i;
    }
    while (bin < t->bin_count)
        t->bin_rows[bin++].run = count;
    return 0;
}

int lode_tables_end_bins(struct lode_tables *t)
{
    const uint64_t bins = lode_ceil_div(4 * t->contig_end_base, 1u << LODE_BIN_LOG2);
    if ((bins > 0 && enter_bin(t, bins - 1) != 0) || flush_toggles(t) != 0 || number_runs(t) != 0)
        return -1;
    const struct lode_bin_row end = {.toggle = t->toggles, .run = run_count(t) - t->row.begin.run};
    for (uint64_t i = 0; i <= bins; i++) {
        uint8_t bytes[LODE_STRIDE_BINS];
        lode_bin_encode(bytes, i < bins ? &t->bin_rows[i] : &end);
        if (lode_spool_append(&t->bins, bytes, sizeof bytes) != 0)
            return -1;
    }
    return 0;
}
