/* Owns the walk along the intervals of a feature in a range of a contig, any number of them in
 * little memory. */
#ifndef LODE_LIB_INTERVALWALK_H
#define LODE_LIB_INTERVALWALK_H

#include "lode.h"

enum { LODE_WALK_HELD = 16 };

struct lode_interval_walk {
    const lode_index *index;
    const struct lode_contig *contig; /* the caller's */
    int feature;
    int64_t from, end; /* not yet asked for */
    struct lode_interval held[LODE_WALK_HELD];
    int64_t at, count;
};

/* Starts in [begin, end), which lies in the contig. */
void lode_interval_walk_start(struct lode_interval_walk *walk, const lode_index *index,
                              const struct lode_contig *contig, int feature, int64_t begin,
                              int64_t end);

/* The next interval, cut to the range; when there is none, one from end to end, again and again.
 * Statuses of lode_intervals. */
int lode_interval_walk_next(struct lode_interval_walk *walk, struct lode_interval *next,
                            struct lode_diag *diag);

#endif
