/* Owns the inside of lode_random_windows: which contigs take part, and the slow way by which
 * windows are drawn that hardly any try would find. */
#ifndef LODE_LIB_DRAW_H
#define LODE_LIB_DRAW_H

#include "index.h"
#include "intervalwalk.h"
#include "lode.h"
#include "setindex.h"

/* What an index, or a member of a set, has to draw from. */
struct lode_draw_part {
    const lode_index *index;
    uint64_t first_source, last_source; /* its own numbers */
    int64_t contigs_before;             /* in the members before */
    uint64_t base, bases;               /* bytes of BASE, as if packed: those of the sources */
};

/* A draw that was checked. Contigs [first, last) take part, or those of the caller's list. */
struct lode_drawing {
    const lode_index *index; /* as it was given */
    struct lode_draw draw;
    int64_t first, last;
    uint64_t bases; /* of all parts */
    uint64_t key;
    lode_reader **reader; /* of contigs stored as bytes; made when the first of them comes */
    int part_count;
    struct lode_draw_part parts[LODE_MEMBERS_MAX];
};

/* A walk along the runs of N of a contig, or of part of it (lib/intervalwalk.h). index: that of the
 * part which has the contig, which is seen from there. */
int lode_draw_walk(const struct lode_drawing *d, const lode_index *index,
                   const struct lode_contig *contig, int64_t begin, int64_t end,
                   struct lode_interval_walk *walk, struct lode_diag *diag);

/* A window that no try found: number i of the call's, its random number, later its rank among all
 * windows that may be. */
struct lode_undrawn {
    uint64_t rank;
    int64_t i;
};

/* Draws n windows, the random numbers of which are in rank: counts all that may be, then walks to
 * each. RANGE when there is none; statuses of lode_contig_at and lode_intervals. */
int lode_draw_all(const struct lode_drawing *d, struct lode_undrawn *undrawn, int64_t n,
                  int64_t *contigs, int64_t *begins, struct lode_diag *diag);

#endif
