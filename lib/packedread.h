/* Owns the way from a contig range to bases that the index itself holds (SPEC 5.14, 6.5): decoded
 * from two bits straight into the sink, with letter case and runs of other letters put in. No
 * source is touched. */
#ifndef LODE_LIB_PACKEDREAD_H
#define LODE_LIB_PACKEDREAD_H

#include "reader.h"
#include "sink.h"

/* Stores bases [begin, end), 0 <= begin < end <= length, of a contig of the reader's index, as its
 * row says, at position at and on of the sink. PAGE_SUM, CORRUPT, TRUNCATED, IO, NOMEM: nothing
 * was stored then, unless the index file was cut short while a read of more than 65,536 bases was
 * under way. */
int lode_packed_fetch(lode_reader *reader, const struct lode_contig *contig, uint64_t begin,
                      uint64_t end, const struct lode_sink *sink, int64_t at,
                      struct lode_diag *diag);

#endif
