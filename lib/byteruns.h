/* Owns the runs of N in contigs that are stored as bytes (SPEC 5.12): the tables have none of them,
 * so that their bases are read. */
#ifndef LODE_LIB_BYTERUNS_H
#define LODE_LIB_BYTERUNS_H

#include "index.h"
#include "lode.h"

#include <stdbool.h>

static inline bool lode_is_bytes(const struct lode_contig *contig)
{
    return contig->encoding == LODE_ENCODING_BYTES;
}

/* Does N stand for any base there? Not in protein: a letter that stands for no nucleotide, E F I J
 * L O P Q Z, is among its first bases. Statuses of lode_fetch_at. */
int lode_byte_n_is_any(lode_reader *reader, const struct lode_contig *contig, bool *any,
                       struct lode_diag *diag);

/* Runs of N or n in [begin, end), as lode_intervals, of a contig in which N stands for any base.
 * Statuses of lode_fetch_at. */
int64_t lode_byte_runs(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                       int64_t end, struct lode_interval *out, int64_t n, struct lode_diag *diag);

#endif
