/* Owns the tables of a new index as ranges of two others: sources carried over from the older index
 * and sources scanned by this build, in the order of inputs. No row is copied before it is written
 * (lib/assemble.h): a run of sources that come from one of the two is one piece of each table. */
#ifndef LODE_LIB_MERGE_H
#define LODE_LIB_MERGE_H

#include "assemble.h"
#include "carry.h"
#include "namebuild.h"
#include "tables.h"

/* Consecutive sources of the new index that are consecutive in one of the two as well. */
struct lode_merge_run {
    bool fresh;
    uint64_t first, end; /* sources there */
    uint64_t number;     /* of the first one here */
};

struct lode_merge {
    const struct lode_seqindex *old; /* NULL: nothing is carried over */
    struct lode_tables *fresh;
    struct lode_merge_run *runs;
    size_t run_count, run_cap;
    struct lode_source_row *sources; /* rows of SRCE; begin.slot is lode_names_build's */
    uint64_t source_count;
    struct lode_begins end; /* of the last source; the counts of all tables */
    uint64_t bases, text_bytes;
    struct lode_name_set names; /* of contigs */
    const char **source_names;
    struct lode_spool sstr;
};

/* Lays the sources out and gathers their names, on up to threads threads. All arguments must
 * outlive the merge. CORRUPT when a row of the older index does not check, NOMEM, IO. */
int lode_merge_init(struct lode_merge *merge, const struct lode_collection *collection,
                    const struct lode_origin *origins, const struct lode_seqindex *old,
                    struct lode_tables *fresh, int dir_fd, int threads, struct lode_diag *diag);

/* The rows of one table of per-source ranges (LODE_ID_CTIG, NAME, BLOK, SUMS, BINS, CASE, EXCP,
 * GAPS, DIGS, DESC) into part->pieces, which the caller frees. 0, or -1 with errno. */
int lode_merge_part(const struct lode_merge *merge, struct lode_part *part);

void lode_merge_free(struct lode_merge *merge);

#endif
