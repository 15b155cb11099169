/* Owns the shorter way to the name tables of a build that adds sources to an older index and takes
 * none away: what the older tables say of a name still holds. */
#ifndef LODE_LIB_NAMEMERGE_H
#define LODE_LIB_NAMEMERGE_H

#include "namebuild.h"

/* Fills TNAM and GNAM. *done = false, with status OK, where the short way is not open: a source was
 * taken away, a table has another seed or is not in order; then nothing was changed but the tables,
 * which may be filled anew. NOMEM, IO, CORRUPT. */
int lode_names_extend(struct lode_name_tables *tables, struct lode_merge *merge, int threads,
                      bool *done, struct lode_diag *diag);

#endif
