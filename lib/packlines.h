/* Owns the packing of a stretch of a source for BASE (SPEC 5.14). Stretches are packed alone and in
 * any order; tables.h joins them. */
#ifndef LODE_LIB_PACKLINES_H
#define LODE_LIB_PACKLINES_H

#include "compose.h"

/* Packs the bases that the stretch's items name, after lode_compose filled out: two bits each, but
 * bytes where the contig is known to be stored so. A contig that goes on behind the stretch is
 * packed; whether it should have been is known at its end. False when out of memory. */
bool lode_pack_lines(struct lode_composed *out, const struct lode_stretch *stretch,
                     const uint8_t *text);

#endif
