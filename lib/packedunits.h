/* Owns what a plan asks about packed bases (SPEC 5.14). Store = source number, offset = byte of the
 * source's part of BASE; file bytes are those of the index. Nothing is shared between reads but the
 * pages they lie on. */
#ifndef LODE_LIB_PACKEDUNITS_H
#define LODE_LIB_PACKEDUNITS_H

#include "textunits.h"

/* Bytes of BASE that bases [begin, end), begin < end, of a contig lie in. */
struct lode_want lode_packed_want(const struct lode_contig *contig, int64_t begin, int64_t end,
                                  int64_t tag);

/* A page of memory. False when no row tells. */
bool lode_packed_unit(struct lode_textunits *units, int64_t source, uint64_t offset,
                      struct lode_unit *unit);

/* Nanoseconds for bytes of BASE, without what the output costs. */
uint64_t lode_packed_cost(uint64_t bytes);

/* As lode_text_resident and lode_text_prefetch. Any thread. */
bool lode_packed_resident(const lode_index *index, uint64_t begin, uint64_t end);
void lode_packed_prefetch(const lode_index *index, uint64_t begin, uint64_t end);

#endif
