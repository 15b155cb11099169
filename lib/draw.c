/* Owns lode_random_windows: places drawn from all bases, and those kept where a window may be. */
#include "draw.h"

#include "byteruns.h"
#include "diag.h"
#include "prove.h"
#include "random.h"

#include <stdlib.h>

enum { TRIES = 64 }; /* for one window; its next random number is that of the long way */

/* ---- what is drawn from --------------------------------------------------------------------- */

/* Contigs and bases of the sources, for lode_index_guarded. */
struct extent {
    struct lode_drawing *d;
    struct lode_fault fault;
};

static int run_extent(void *arg)
{
    struct extent *q = arg;
    struct lode_drawing *d = q->d;
    const struct lode_seqindex *seq = &d->index->seq;
    struct lode_source first, last;
    int status = lode_source_get(seq, d->first_source, &first, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_source_get(seq, d->last_source - 1, &last, &q->fault);
    if (status == LODE_FMT_OK)
        status =
            lode_prove_rows(d->index, &seq->srce, d->first_source, 2, LODE_STRIDE_SRCE, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(d->index, &seq->srce, d->last_source - 1, 2, LODE_STRIDE_SRCE,
                                 &q->fault);
    if (status != LODE_FMT_OK)
        return status;
    d->first = (int64_t)first.row.begin.contig;
    d->last = (int64_t)last.end.contig;
    d->base = first.row.begin.base;
    d->bases = last.end.base - d->base;
    return LODE_FMT_OK;
}

static bool ascending(const struct lode_drawing *d)
{
    const int64_t *contigs = d->draw.contigs;
    for (int64_t i = 0; i < d->draw.contig_count && contigs != NULL; i++)
        if (contigs[i] < d->first || contigs[i] >= d->last ||
            (i > 0 && contigs[i] <= contigs[i - 1]))
            return false;
    return true;
}

static int prepare(struct lode_drawing *d, const lode_index *index, const struct lode_draw *draw,
                   struct lode_diag *diag)
{
    const struct lode_draw init = LODE_DRAW_INIT;
    struct extent q = {.d = d};
    d->index = index;
    d->draw = init;
    if (!lode_struct_in(&d->draw, sizeof d->draw, draw) || d->draw.length < 1 ||
        d->draw.max_n < 0 || d->draw.contig_count < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_random_windows: an argument is not allowed");
    if (d->draw.source < -1 || d->draw.source >= (int64_t)index->seq.source_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no source number %lld", index->path,
                             (long long)d->draw.source);
    d->first_source = d->draw.source < 0 ? 0 : (uint64_t)d->draw.source;
    d->last_source = d->draw.source < 0 ? index->seq.source_count : d->first_source + 1;
    if (lode_index_guarded(index, run_extent, &q, &q.fault) != LODE_OK)
        return lode_diag_fault(diag, index->path, &q.fault);
    if (!ascending(d))
        return lode_diag_set(diag, LODE_E_RANGE,
                             "%s: contigs to draw from are not ascending numbers of its contigs",
                             index->path);
    d->key = lode_random_key(d->draw.seed, (uint64_t)d->draw.length);
    return LODE_OK;
}

/* ---- one try -------------------------------------------------------------------------------- */

/* The contig of a byte of BASE, as if packed, for lode_index_guarded. */
struct place {
    const struct lode_drawing *d;
    uint64_t base, source_base, contig; /* source_base: where its source begins */
    struct lode_fault fault;
};

/* The last of rows [lo, hi) whose u64 at field is at most value. */
static int last_row(const struct place *q, const struct lode_rows *table, uint64_t stride,
                    uint64_t field, uint64_t lo, uint64_t hi, uint64_t value, uint64_t *row,
                    struct lode_fault *fault)
{
    while (hi - lo > 1) {
        const uint64_t mid = lo + (hi - lo) / 2;
        const int status = lode_prove_rows(q->d->index, table, mid, 1, stride, fault);
        if (status != LODE_FMT_OK)
            return status;
        if (lode_get64(table->rows + mid * stride + field) <= value)
            lo = mid;
        else
            hi = mid;
    }
    *row = lo;
    return LODE_FMT_OK;
}

static int run_place(void *arg)
{
    struct place *q = arg;
    const struct lode_seqindex *seq = &q->d->index->seq;
    struct lode_source source;
    uint64_t number;
    int status = last_row(q, &seq->srce, LODE_STRIDE_SRCE, LODE_SRCE_BASE, q->d->first_source,
                          q->d->last_source, q->base, &number, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_source_get(seq, number, &source, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(q->d->index, &seq->srce, number, 2, LODE_STRIDE_SRCE, &q->fault);
    if (status != LODE_FMT_OK)
        return status;
    const uint64_t first = source.row.begin.contig, last = source.end.contig;
    if (first == last || q->base < source.row.begin.base) /* a lying index: bases of no contig */
        return lode_fail(&q->fault, LODE_FMT_CORRUPT, "S-7", LODE_ID_SRCE, number);
    q->source_base = source.row.begin.base;
    return last_row(q, &seq->ctig, LODE_STRIDE_CTIG, LODE_CTIG_BASE_OFF, first, last,
                    q->base - q->source_base, &q->contig, &q->fault);
}

static bool takes_part(const struct lode_drawing *d, int64_t contig)
{
    int64_t lo = 0, hi = d->draw.contig_count;
    if (d->draw.contigs == NULL)
        return true;
    while (lo < hi) {
        const int64_t mid = lo + (hi - lo) / 2;
        if (d->draw.contigs[mid] < contig)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < d->draw.contig_count && d->draw.contigs[lo] == contig;
}

int lode_draw_walk(const struct lode_drawing *d, const struct lode_contig *contig, int64_t begin,
                   int64_t end, struct lode_interval_walk *walk, struct lode_diag *diag)
{
    if (lode_is_bytes(contig) && *d->reader == NULL) {
        const int status = lode_reader_new(d->index, NULL, d->reader);
        if (status != LODE_OK)
            return lode_diag_set(diag, status, "%s", lode_status_text(status));
    }
    return lode_interval_walk_start(walk, d->index, *d->reader, contig, LODE_FEATURE_N, begin, end,
                                    diag);
}

/* Does the window hold at most max_n N? Then *kept. */
static int judge_n(const struct lode_drawing *d, const struct lode_contig *contig, int64_t begin,
                   bool *kept, struct lode_diag *diag)
{
    struct lode_interval_walk walk;
    struct lode_interval run;
    const int64_t end = begin + d->draw.length;
    int64_t n = 0;
    *kept = true;
    if (d->draw.max_n >= d->draw.length)
        return LODE_OK;
    int status = lode_draw_walk(d, contig, begin, end, &walk, diag);
    if (status != LODE_OK)
        return status;
    while (*kept) {
        status = lode_interval_walk_next(&walk, &run, diag);
        if (status != LODE_OK || run.begin == end)
            return status;
        n += run.end - run.begin;
        *kept = n <= d->draw.max_n;
    }
    return LODE_OK;
}

/* A window from one random number, unless what that names is none that may be. */
static int try_one(const struct lode_drawing *d, uint64_t random, int64_t *contig, int64_t *begin,
                   bool *kept, struct lode_diag *diag)
{
    const uint64_t coordinate = lode_random_below(random, 4 * d->bases);
    struct place q = {.d = d, .base = d->base + coordinate / 4};
    struct lode_contig found;
    *kept = false;
    if (lode_index_guarded(d->index, run_place, &q, &q.fault) != LODE_OK)
        return lode_diag_fault(diag, d->index->path, &q.fault);
    if (!takes_part(d, (int64_t)q.contig))
        return LODE_OK;
    const int status = lode_contig_at(d->index, (int64_t)q.contig, &found, diag);
    if (status != LODE_OK)
        return status;
    /* past the last base of the contig, or too near to it: drawn from other bases all the same */
    const int64_t at = (int64_t)(coordinate + 4 * (d->base - q.source_base)) - 4 * found.base_off;
    if (at < 0 || at > found.length - d->draw.length)
        return LODE_OK;
    *contig = found.id;
    *begin = at;
    return judge_n(d, &found, at, kept, diag);
}

/* ---- all windows ---------------------------------------------------------------------------- */

/* Those that tries find; the others to undrawn. */
static int try_all(const struct lode_drawing *d, int64_t first, int64_t n, int64_t *contigs,
                   int64_t *begins, struct lode_undrawn *undrawn, int64_t *left,
                   struct lode_diag *diag)
{
    *left = 0;
    for (int64_t i = 0; i < n; i++) {
        const uint64_t key = lode_random_key(d->key, (uint64_t)first + (uint64_t)i);
        bool kept = false;
        for (uint64_t k = 0; k < TRIES && !kept && d->bases > 0; k++) {
            const int status =
                try_one(d, lode_random_at(key, k), &contigs[i], &begins[i], &kept, diag);
            if (status != LODE_OK)
                return status;
        }
        if (!kept)
            undrawn[(*left)++] = (struct lode_undrawn){lode_random_at(key, TRIES), i};
    }
    return LODE_OK;
}

int lode_random_windows(const lode_index *index, const struct lode_draw *draw, int64_t first,
                        int64_t n, int64_t *contigs, int64_t *begins, struct lode_diag *diag)
{
    lode_reader *reader = NULL;
    struct lode_drawing d = {.reader = &reader};
    int64_t left;
    if (index == NULL || draw == NULL || first < 0 || n < 0 || first > INT64_MAX - n ||
        ((contigs == NULL || begins == NULL) && n > 0))
        return lode_diag_set(diag, LODE_E_ARG, "lode_random_windows: an argument is not allowed");
    int status = prepare(&d, index, draw, diag);
    if (status != LODE_OK || n == 0)
        return status;
    struct lode_undrawn *undrawn =
        (uint64_t)n <= SIZE_MAX / sizeof *undrawn ? malloc((size_t)n * sizeof *undrawn) : NULL;
    if (undrawn == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    status = try_all(&d, first, n, contigs, begins, undrawn, &left, diag);
    if (status == LODE_OK && left > 0)
        status = lode_draw_all(&d, undrawn, left, contigs, begins, diag);
    lode_reader_free(reader);
    free(undrawn);
    return status;
}
