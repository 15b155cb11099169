#include "draw.h"

#include "diag.h"
#include "random.h"

#include <stdlib.h>

/* First bases from which windows of a contig may start, one stretch after another. Two walks along
 * the runs of N, one at the window's begin, one at its end, tell where the number of N inside goes
 * up or down by one a base; between those places it is a straight line. */
struct starts {
    int64_t length, max_n, limit; /* windows begin in [0, limit) */
    struct lode_interval_walk ahead, behind;
    struct lode_interval in, out; /* run that the end is in or comes to, and the begin */
    int64_t at, n;                /* begin of the window, N in it */
};

/* index: that of the contig, which is seen from there. */
static int starts_first(struct starts *s, const struct lode_drawing *d, const lode_index *index,
                        const struct lode_contig *contig, struct lode_diag *diag)
{
    s->length = d->draw.length;
    s->max_n = d->draw.max_n;
    s->limit = contig->length - s->length + 1;
    s->at = s->n = 0;
    /* where any number of N may be, there is none to look for */
    const int64_t from = s->max_n < s->length ? 0 : contig->length;
    int status = lode_draw_walk(d, index, contig, from, contig->length, &s->ahead, diag);
    if (status == LODE_OK)
        status = lode_draw_walk(d, index, contig, from, contig->length, &s->behind, diag);
    if (status == LODE_OK)
        status = lode_interval_walk_next(&s->behind, &s->out, diag);
    if (status == LODE_OK)
        status = lode_interval_walk_next(&s->ahead, &s->in, diag);
    while (status == LODE_OK && s->in.begin < s->length) {
        if (s->in.end > s->length) {
            s->n += s->length - s->in.begin;
            break;
        }
        s->n += s->in.end - s->in.begin;
        status = lode_interval_walk_next(&s->ahead, &s->in, diag);
    }
    return status;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Where run is next entered or left from place. */
static int64_t border(struct lode_interval run, int64_t place)
{
    return place < run.begin ? run.begin : run.end;
}

/* Begins [at, end) between two borders, n N in the window at `at` and slope more with each base:
 * those that may be. */
static struct lode_interval allowed(const struct starts *s, int64_t end, int slope)
{
    const int64_t spare = s->max_n - s->n;
    struct lode_interval part = {s->at, end};
    if (slope >= 0 && spare < 0)
        part.end = s->at;
    else if (slope > 0)
        part.end = s->at + least(end - s->at, spare + 1);
    else if (slope < 0 && spare < 0)
        part.begin = s->at + least(end - s->at, -spare);
    return part;
}

/* The next stretch, which may be empty; *more = false behind the last. */
static int starts_next(struct starts *s, struct lode_interval *part, bool *more,
                       struct lode_diag *diag)
{
    int status = LODE_OK;
    *more = s->at < s->limit;
    if (!*more)
        return LODE_OK;
    while (status == LODE_OK && s->in.end <= s->at + s->length && s->in.begin < s->in.end)
        status = lode_interval_walk_next(&s->ahead, &s->in, diag);
    while (status == LODE_OK && s->out.end <= s->at && s->out.begin < s->out.end)
        status = lode_interval_walk_next(&s->behind, &s->out, diag);
    if (status != LODE_OK)
        return status;
    int64_t end = s->limit;
    if (s->in.begin < s->in.end)
        end = least(end, border(s->in, s->at + s->length) - s->length);
    if (s->out.begin < s->out.end)
        end = least(end, border(s->out, s->at));
    const int slope = (s->in.begin <= s->at + s->length && s->in.begin < s->in.end ? 1 : 0) -
                      (s->out.begin <= s->at && s->out.begin < s->out.end ? 1 : 0);
    *part = allowed(s, end, slope);
    s->n += slope * (end - s->at);
    s->at = end;
    return LODE_OK;
}

/* ---- all contigs ---------------------------------------------------------------------------- */

static int64_t contig_count(const struct lode_drawing *d)
{
    return d->draw.contigs != NULL ? d->draw.contig_count : d->last - d->first;
}

static int64_t contig_number(const struct lode_drawing *d, int64_t i)
{
    return d->draw.contigs != NULL ? d->draw.contigs[i] : d->first + i;
}

/* One walk over all: counts, and where to is not NULL fills in those whose ranks it comes to. */
struct walk {
    const struct lode_drawing *d;
    uint64_t passed;
    struct lode_undrawn *to;
    int64_t n;
    int64_t *contigs, *begins;
};

static void pass(struct walk *w, int64_t contig, struct lode_interval part)
{
    const uint64_t behind = w->passed + (uint64_t)(part.end - part.begin);
    for (; w->n > 0 && w->to->rank < behind; w->to++, w->n--) {
        w->contigs[w->to->i] = contig;
        w->begins[w->to->i] = part.begin + (int64_t)(w->to->rank - w->passed);
    }
    w->passed = behind;
}

static int walk_all(struct walk *w, struct lode_diag *diag)
{
    const struct lode_drawing *d = w->d;
    const int64_t count = contig_count(d);
    for (int64_t i = 0; i < count; i++) {
        struct lode_contig contig;
        struct starts starts;
        struct lode_interval part;
        bool more = true;
        int status = lode_contig_at(d->index, contig_number(d, i), &contig, diag);
        if (status != LODE_OK)
            return status;
        if (contig.length < d->draw.length)
            continue;
        const struct lode_route to = lode_route_contig(d->index, contig.id);
        const struct lode_contig own = lode_route_down(&to, &contig);
        status = starts_first(&starts, d, to.index, &own, diag);
        while (status == LODE_OK && more) {
            status = starts_next(&starts, &part, &more, diag);
            if (status == LODE_OK && more)
                pass(w, contig.id, part);
        }
        if (status != LODE_OK)
            return status;
    }
    return LODE_OK;
}

static int by_rank(const void *a, const void *b)
{
    const struct lode_undrawn *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

int lode_draw_all(const struct lode_drawing *d, struct lode_undrawn *undrawn, int64_t n,
                  int64_t *contigs, int64_t *begins, struct lode_diag *diag)
{
    struct walk w = {.d = d};
    int status = walk_all(&w, diag);
    if (status != LODE_OK)
        return status;
    if (w.passed == 0)
        return lode_diag_set(
            diag, LODE_E_RANGE,
            "%s: no window of %lld bases with at most %lld N lies in these contigs", d->index->path,
            (long long)d->draw.length, (long long)d->draw.max_n);
    for (int64_t i = 0; i < n; i++)
        undrawn[i].rank = lode_random_below(undrawn[i].rank, w.passed);
    qsort(undrawn, (size_t)n, sizeof *undrawn, by_rank);
    w = (struct walk){.d = d, .to = undrawn, .n = n, .contigs = contigs, .begins = begins};
    return walk_all(&w, diag);
}
