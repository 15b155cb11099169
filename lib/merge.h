/* Owns the tables of a new index as ranges of two others: sources carried over from the older index
 * and sources scanned by this build, in the order of inputs. No row is copied before it is written
 * (lib/assemble.h): a run of sources that come from one of the two is one piece of each table. */
#ifndef LODE_LIB_MERGE_H
#define LODE_LIB_MERGE_H

#include "assemble.h"
#include "carry.h"
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
    uint64_t carried;       /* sources of the older index among them */
    uint64_t bases, text_bytes;
    const char **source_names;
    struct lode_spool sstr;
};

/* Lays the sources out; checks the contig numbers of the older index on up to threads threads. All
 * arguments must outlive the merge. CORRUPT when a row of the older index does not check, NOMEM. */
int lode_merge_init(struct lode_merge *merge, const struct lode_collection *collection,
                    const struct lode_origin *origins, const struct lode_seqindex *old,
                    struct lode_tables *fresh, int dir_fd, int threads, struct lode_diag *diag);

/* Where source number of the new index comes from: true = scanned by this build. *i = its number
 * there. */
bool lode_merge_origin(const struct lode_merge *merge, uint64_t number, uint64_t *i);

/* Source i as it stands in one of the two; in the older index carry.h checked it. */
void lode_merge_source(const struct lode_merge *merge, bool fresh, uint64_t i,
                       struct lode_source *out);

enum { LODE_MERGE_TAKE = 64 }; /* sources that a thread takes at a time */

/* CORRUPT: a row of the older index does not check. */
int lode_merge_damaged(struct lode_diag *diag);

/* The rows of one table of per-source ranges (LODE_ID_CTIG, NAME, BLOK, SUMS, BINS, CASE, EXCP,
 * GAPS, DIGS, DESC, BASE) into part->pieces, which the caller frees. 0, or -1 with errno. */
int lode_merge_part(const struct lode_merge *merge, struct lode_part *part);

void lode_merge_free(struct lode_merge *merge);

#endif
