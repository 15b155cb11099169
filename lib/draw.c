/* Owns lode_random_windows: places drawn from all bases, and those kept where a window may be. */
#include "draw.h"

#include "byteruns.h"
#include "diag.h"
#include "prove.h"
#include "random.h"
#include "reader.h"

#include <stdlib.h>

enum { TRIES = 64 }; /* for one window; its next random number is that of the long way */

/* ---- what is drawn from --------------------------------------------------------------------- */

/* Contigs and bases of a part's sources, for lode_index_guarded. */
struct extent {
    struct lode_draw_part *part;
    int64_t first, last;
    struct lode_fault fault;
};

static int run_extent(void *arg)
{
    struct extent *q = arg;
    struct lode_draw_part *part = q->part;
    const struct lode_seqindex *seq = &part->index->seq;
    struct lode_source first, last;
    int status = lode_source_get(seq, part->first_source, &first, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_source_get(seq, part->last_source - 1, &last, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(part->index, &seq->srce, part->first_source, 2, LODE_STRIDE_SRCE,
                                 &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(part->index, &seq->srce, part->last_source - 1, 2,
                                 LODE_STRIDE_SRCE, &q->fault);
    if (status != LODE_FMT_OK)
        return status;
    q->first = (int64_t)first.row.begin.contig;
    q->last = (int64_t)last.end.contig;
    part->base = first.row.begin.base;
    part->bases = last.end.base - part->base;
    return LODE_FMT_OK;
}

/* Adds all sources of an index, or the one with a number of its own. */
static int add_part(struct lode_drawing *d, const lode_index *index, int64_t source,
                    int64_t contigs_before, struct lode_diag *diag)
{
    struct lode_draw_part *part = &d->parts[d->part_count];
    struct extent q = {.part = part};
    part->index = index;
    part->first_source = source < 0 ? 0 : (uint64_t)source;
    part->last_source = source < 0 ? index->seq.source_count : part->first_source + 1;
    part->contigs_before = contigs_before;
    if (lode_index_guarded(index, run_extent, &q, &q.fault) != LODE_OK)
        return lode_diag_fault(diag, index->path, &q.fault);
    if (d->part_count++ == 0)
        d->first = contigs_before + q.first;
    d->last = contigs_before + q.last;
    return __builtin_add_overflow(d->bases, part->bases, &d->bases) || d->bases > INT64_MAX / 4
               ? lode_diag_set(diag, LODE_E_CORRUPT, "%s: says that it has too many bases",
                               index->path)
               : LODE_OK;
}

static int add_parts(struct lode_drawing *d, struct lode_diag *diag)
{
    const struct lode_indexset *set = d->index->set;
    int status = LODE_OK;
    if (d->draw.source >= 0 || set == NULL) {
        const struct lode_route to =
            lode_route_source(d->index, d->draw.source < 0 ? 0 : d->draw.source);
        const int64_t source = d->draw.source < 0 ? -1 : d->draw.source - to.source;
        return add_part(d, to.index, source, to.contig, diag);
    }
    for (int i = 0; i < set->table.count && status == LODE_OK; i++)
        status = add_part(d, set->members[i], -1, set->table.rows[i].first, diag);
    return status;
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
    d->index = index;
    d->draw = init;
    if (!lode_struct_in(&d->draw, sizeof d->draw, draw) || d->draw.length < 1 ||
        d->draw.max_n < 0 || d->draw.contig_count < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_random_windows: an argument is not allowed");
    if (d->draw.source < -1 || d->draw.source >= (int64_t)index->seq.source_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no source number %lld", index->path,
                             (long long)d->draw.source);
    const int status = add_parts(d, diag);
    if (status != LODE_OK)
        return status;
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
    const struct lode_draw_part *part;
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
        const int status = lode_prove_rows(q->part->index, table, mid, 1, stride, fault);
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
    const struct lode_seqindex *seq = &q->part->index->seq;
    struct lode_source source;
    uint64_t number;
    int status = last_row(q, &seq->srce, LODE_STRIDE_SRCE, LODE_SRCE_BASE, q->part->first_source,
                          q->part->last_source, q->base, &number, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_source_get(seq, number, &source, &q->fault);
    if (status == LODE_FMT_OK)
        status =
            lode_prove_rows(q->part->index, &seq->srce, number, 2, LODE_STRIDE_SRCE, &q->fault);
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

int lode_draw_walk(const struct lode_drawing *d, const lode_index *index,
                   const struct lode_contig *contig, int64_t begin, int64_t end,
                   struct lode_interval_walk *walk, struct lode_diag *diag)
{
    if (lode_is_bytes(contig) && *d->reader == NULL) {
        const int status = lode_reader_new(d->index, NULL, d->reader);
        if (status != LODE_OK)
            return lode_diag_set(diag, status, "%s", lode_status_text(status));
    }
    if (*d->reader != NULL)
        lode_reader_use(*d->reader, index);
    return lode_interval_walk_start(walk, index, *d->reader, contig, LODE_FEATURE_N, begin, end,
                                    diag);
}

/* Does the window hold at most max_n N? Then *kept. */
static int judge_n(const struct lode_drawing *d, const lode_index *index,
                   const struct lode_contig *contig, int64_t begin, bool *kept,
                   struct lode_diag *diag)
{
    struct lode_interval_walk walk;
    struct lode_interval run;
    const int64_t end = begin + d->draw.length;
    int64_t n = 0;
    *kept = true;
    if (d->draw.max_n >= d->draw.length)
        return LODE_OK;
    int status = lode_draw_walk(d, index, contig, begin, end, &walk, diag);
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

/* The part that a coordinate below 4 * d->bases lies in; the coordinate in it. */
static const struct lode_draw_part *part_of(const struct lode_drawing *d, uint64_t *coordinate)
{
    const struct lode_draw_part *part = d->parts;
    for (; *coordinate >= 4 * part->bases && part < d->parts + d->part_count - 1; part++)
        *coordinate -= 4 * part->bases;
    return part;
}

/* A window from one random number, unless what that names is none that may be. */
static int try_one(const struct lode_drawing *d, uint64_t random, int64_t *contig, int64_t *begin,
                   bool *kept, struct lode_diag *diag)
{
    uint64_t coordinate = lode_random_below(random, 4 * d->bases);
    const struct lode_draw_part *part = part_of(d, &coordinate);
    struct place q = {.part = part, .base = part->base + coordinate / 4};
    struct lode_contig found;
    *kept = false;
    if (lode_index_guarded(part->index, run_place, &q, &q.fault) != LODE_OK)
        return lode_diag_fault(diag, part->index->path, &q.fault);
    if (!takes_part(d, part->contigs_before + (int64_t)q.contig))
        return LODE_OK;
    const int status = lode_contig_at(part->index, (int64_t)q.contig, &found, diag);
    if (status != LODE_OK)
        return status;
    /* past the last base of the contig, or too near to it: drawn from other bases all the same */
    const int64_t at =
        (int64_t)(coordinate + 4 * (part->base - q.source_base)) - 4 * found.base_off;
    if (at < 0 || at > found.length - d->draw.length)
        return LODE_OK;
    *contig = part->contigs_before + found.id;
    *begin = at;
    return judge_n(d, part->index, &found, at, kept, diag);
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
