/* Owns walks over what the bins know of the bases without the source: letter case and runs of other
 * letters (SPEC 5.10-5.12). Coordinates are source coordinates (SPEC 5.4). */
#ifndef LODE_FORMAT_FEATUREWALK_H
#define LODE_FORMAT_FEATUREWALK_H

#include "seqindex.h"

/* The changes of case of one source, ascending. */
struct lode_case_walk {
    const struct lode_seqindex *ix;
    const struct lode_source *source;
    uint64_t bin, bins;  /* bin being read, bins of the source */
    uint64_t entry, end; /* its entries, relative to the source's begin in CASE */
    bool bitmap, lower;  /* form of the bin; case before the next change */
    uint32_t bit;        /* bitmap: next bit to look at */
};

/* Starts at coordinate: walk->lower is the case of the last letter before it. CORRUPT. */
int lode_case_start(const struct lode_seqindex *ix, const struct lode_source *source,
                    uint64_t coordinate, struct lode_case_walk *walk);

/* The next change at or after the start, below limit; *found = false when there is none, and the
 * walk is over. After a change walk->lower is the case from there on. CORRUPT. */
int lode_case_next(struct lode_case_walk *walk, uint64_t limit, uint64_t *coordinate, bool *found);

/* Number, relative to the source, of the first run that ends after coordinate. CORRUPT. */
int lode_run_first(const struct lode_seqindex *ix, const struct lode_source *source,
                   uint64_t coordinate, uint64_t *run);

/* Run number i of the source; *found = false past its last one. CORRUPT. */
int lode_run_get(const struct lode_seqindex *ix, const struct lode_source *source, uint64_t i,
                 struct lode_run_row *row, bool *found);

#endif
