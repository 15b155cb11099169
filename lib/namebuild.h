/* Owns the making of the three name tables from the names of a build (SPEC 5.6). */
#ifndef LODE_LIB_NAMEBUILD_H
#define LODE_LIB_NAMEBUILD_H

#include "keysort.h"
#include "lode.h"
#include "rows.h"
#include "spool.h"

struct lode_name_tables {
    struct lode_spool tnam, gnam, snam; /* gnam empty with one source */
    uint32_t tnam_param, gnam_param, snam_param;
};

/* The names of all contigs. */
struct lode_name_set {
    const char **names; /* by contig number */
    uint64_t contig_count;
    /* A source's keys, of all its names but duplicates, by hash with seed 0, stand from its first
     * contig's place on: key_counts[source] of them. */
    struct lode_name_key *keys;
    uint64_t *key_counts;
};

/* Fills the tables, and the slot begins of sources, whose contig begins are set; the total of slots
 * goes to *slots. source_names: NAME of each. Keys end up in another order. NOMEM, IO, or FORMAT
 * when the names flood the hash. */
int lode_names_build(struct lode_name_tables *tables, const struct lode_name_set *set,
                     struct lode_source_row *sources, const char **source_names,
                     uint64_t source_count, int dir_fd, uint64_t *slots, struct lode_diag *diag);

void lode_names_free(struct lode_name_tables *tables);

#endif
