/* Owns the making of the three name tables of a build (SPEC 5.6). */
#ifndef LODE_LIB_NAMEBUILD_H
#define LODE_LIB_NAMEBUILD_H

#include "merge.h"
#include "namegather.h"

struct lode_name_tables {
    struct lode_spool tnam, gnam, snam; /* gnam empty with one source */
    uint32_t tnam_param, gnam_param, snam_param;
    uint64_t slots; /* of TNAM */
    bool extends;   /* tnam holds the scanned sources alone; the others stand in the older index */
};

/* Fills the tables, and the slot begins of the merge's sources. NOMEM, IO, CORRUPT, or FORMAT when
 * the names flood the hash. */
int lode_names_build(struct lode_name_tables *tables, struct lode_merge *merge, int dir_fd,
                     int threads, struct lode_diag *diag);

/* TNAM into part->pieces, which the caller frees. 0, or -1 with errno. */
int lode_names_part(struct lode_name_tables *tables, const struct lode_merge *merge,
                    struct lode_part *part);

void lode_names_free(struct lode_name_tables *tables);

#endif
