/* Owns the text of a source as an index with packed bases tells it alone: header lines from NAME
 * and DESC, bases from BASE, line ends from CTIG, blank lines from GAPS (SPEC 6.5). */
#ifndef LODE_LIB_PACKEDTEXT_H
#define LODE_LIB_PACKEDTEXT_H

#include "reader.h"

/* Stores text [begin, end) of a source of the reader's index. CORRUPT with G-4 where the rows leave
 * a place of the text to nobody; statuses of lode_packed_fetch. On failure dst may hold part of it.
 */
int lode_packed_text(lode_reader *reader, int64_t source, uint64_t begin, uint64_t end,
                     uint8_t *dst, struct lode_diag *diag);

#endif
