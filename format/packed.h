/* Owns what the rows tell about a stretch of packed bases: where its bytes lie, where its case
 * changes, which runs of other letters it holds (SPEC 5.10-5.14). Coordinates are source
 * coordinates (SPEC 5.4). Three steps, so that a caller can prove the rows of one before it takes
 * the next; each trusts nothing and stays inside the view whatever the rows hold. */
#ifndef LODE_FORMAT_PACKED_H
#define LODE_FORMAT_PACKED_H

#include "seqindex.h"

enum {
    LODE_PACKED_MAX = 1 << LODE_BIN_LOG2, /* bases of a stretch: it lies in two bins at most */
    LODE_PACKED_BINS = 2,
};

/* Bases [begin, end), 0 < end - begin <= LODE_PACKED_MAX. Row numbers count from the table's
 * start. */
struct lode_packed_stretch {
    uint64_t begin, end;
    uint64_t bin, bins;                    /* rows of BINS: bin .. bin + bins, that one too */
    uint64_t change[LODE_PACKED_BINS + 1]; /* rows of CASE where each bin's begin; the end */
    uint64_t run, runs;                    /* rows of EXCP that may reach into it */
    bool lower;                            /* case at the start of the first bin */
};

/* A run inside the stretch: bases [begin, end) counted from the stretch's begin. */
struct lode_packed_run {
    uint32_t begin, end;
    uint8_t byte; /* upper case */
};

/* First byte in BASE of a contig whose row lode_contig_get returned; its bytes lie inside the
 * source's part. C-14 otherwise. */
int lode_packed_contig(const struct lode_seqindex *ix, const struct lode_contig_row *row,
                       const struct lode_source *source, uint64_t *first, struct lode_fault *fault);

/* Sets bin and bins from begin and end: arithmetic and a bounds check, no row is read. K-1. */
int lode_packed_bins(const struct lode_source *source, struct lode_packed_stretch *stretch,
                     struct lode_fault *fault);

/* Reads the rows of BINS: sets change, run, runs, lower. K-5, K-6. */
int lode_packed_ranges(const struct lode_seqindex *ix, const struct lode_source *source,
                       struct lode_packed_stretch *stretch, struct lode_fault *fault);

/* Where the case changes, ascending, counted from the stretch's begin, to changes, which has room
 * for LODE_PACKED_MAX. *count is how many, *lower the case at begin. K-6. */
int lode_packed_changes(const struct lode_seqindex *ix, const struct lode_packed_stretch *stretch,
                        uint32_t *changes, uint32_t *count, bool *lower, struct lode_fault *fault);

/* Its runs, ascending and not overlapping, to runs, which has room for LODE_PACKED_MAX. *count is
 * how many. K-8. */
int lode_packed_runs(const struct lode_seqindex *ix, const struct lode_packed_stretch *stretch,
                     struct lode_packed_run *runs, uint32_t *count, struct lode_fault *fault);

#endif
