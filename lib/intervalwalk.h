/* Owns the walk along the intervals of a feature in a range of a contig, any number of them in
 * little memory. */
#ifndef LODE_LIB_INTERVALWALK_H
#define LODE_LIB_INTERVALWALK_H

#include "lode.h"

#include <stdbool.h>

enum { LODE_WALK_HELD = 16 };

struct lode_interval_walk {
    const lode_index *index;
    lode_reader *reader;              /* the caller's; NULL: the walk needs none */
    const struct lode_contig *contig; /* the caller's */
    int feature;
    int64_t from, end; /* not yet asked for */
    bool by_bytes;     /* N of a contig stored as bytes */
    struct lode_interval held[LODE_WALK_HELD];
    int64_t at, count;
};

/* Starts in [begin, end), which lies in the contig. For N of a contig stored as bytes the bases are
 * read, by reader, which is not looked at else (lib/byteruns.h). Statuses of lode_fetch_at. */
int lode_interval_walk_start(struct lode_interval_walk *walk, const lode_index *index,
                             lode_reader *reader, const struct lode_contig *contig, int feature,
                             int64_t begin, int64_t end, struct lode_diag *diag);

/* The next interval, cut to the range; when there is none, one from end to end, again and again.
 * Statuses of lode_intervals, and of lode_fetch_at. */
int lode_interval_walk_next(struct lode_interval_walk *walk, struct lode_interval *next,
                            struct lode_diag *diag);

#endif
