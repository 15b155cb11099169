#include "intervalwalk.h"

#include "byteruns.h"

int lode_interval_walk_start(struct lode_interval_walk *walk, const lode_index *index,
                             lode_reader *reader, const struct lode_contig *contig, int feature,
                             int64_t begin, int64_t end, struct lode_diag *diag)
{
    bool any = true;
    walk->index = index;
    walk->reader = reader;
    walk->contig = contig;
    walk->feature = feature;
    walk->from = begin;
    walk->end = end;
    walk->at = walk->count = 0;
    walk->by_bytes = feature == LODE_FEATURE_N && lode_is_bytes(contig) && begin < end;
    const int status = walk->by_bytes ? lode_byte_n_is_any(reader, contig, &any, diag) : LODE_OK;
    if (!any)
        walk->from = end;
    return status;
}

static int64_t ask(struct lode_interval_walk *walk, struct lode_diag *diag)
{
    return walk->by_bytes ? lode_byte_runs(walk->reader, walk->contig, walk->from, walk->end,
                                           walk->held, LODE_WALK_HELD, diag)
                          : lode_intervals(walk->index, walk->contig, walk->feature, walk->from,
                                           walk->end, walk->held, LODE_WALK_HELD, diag);
}

int lode_interval_walk_next(struct lode_interval_walk *walk, struct lode_interval *next,
                            struct lode_diag *diag)
{
    if (walk->at == walk->count && walk->from < walk->end) {
        const int64_t n = ask(walk, diag);
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
