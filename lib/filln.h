/* Owns the letters that N becomes: which, and how they replace what a read stored. Where N and
 * lower case are is told by the bins, so that nothing is read twice, but for contigs stored as
 * bytes (lib/byteruns.h). */
#ifndef LODE_LIB_FILLN_H
#define LODE_LIB_FILLN_H

#include "sink.h"

/* Bases [begin, end) of the contig were stored in the sink from position at on: stores the letters
 * of its seed over each N among them. Statuses of lode_intervals and lode_fetch_at. */
int lode_filln(lode_reader *reader, const struct lode_contig *contig, int64_t begin, int64_t end,
               const struct lode_sink *sink, int64_t at, struct lode_diag *diag);

#endif
