/* Owns the making of the three name tables from the names of a build (SPEC 5.6). */
#ifndef LODE_LIB_NAMEBUILD_H
#define LODE_LIB_NAMEBUILD_H

#include "tables.h"

struct lode_name_tables {
    struct lode_spool tnam, gnam, snam; /* gnam empty with one source */
    uint32_t tnam_param, gnam_param, snam_param;
};

/* Fills the tables and the slot begins of tables->sources; the total of slots goes to *slots.
 * NOMEM, IO, or FORMAT when the names flood the hash. */
int lode_names_build(struct lode_name_tables *names, struct lode_tables *tables, int dir_fd,
                     uint64_t *slots, struct lode_diag *diag);

void lode_names_free(struct lode_name_tables *names);

#endif
