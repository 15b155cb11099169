#include "intervalwalk.h"

void lode_interval_walk_start(struct lode_interval_walk *walk, const lode_index *index,
                              const struct lode_contig *contig, int feature, int64_t begin,
                              int64_t end)
{
    walk->index = index;
    walk->contig = contig;
    walk->feature = feature;
    walk->from = begin;
    walk->end = end;
    walk->at = walk->count = 0;
}

int lode_interval_walk_next(struct lode_interval_walk *walk, struct lode_interval *next,
                            struct lode_diag *diag)
{
    if (walk->at == walk->count && walk->from < walk->end) {
        const int64_t n = lode_intervals(walk->index, walk->contig, walk->feature, walk->from,
                                         walk->end, walk->held, LODE_WALK_HELD, diag);
        if (n < 0)
            return (int)n;
        walk->from = n < LODE_WALK_HELD ? walk->end : walk->held[n - 1].end;
        walk->at = 0;
        walk->count = n;
    }
    if (walk->at == walk->count) {
        next->begin = next->end = walk->end;
        return LODE_OK;
    }
    *next = walk->held[walk->at++];
    return LODE_OK;
}
