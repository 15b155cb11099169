/* Owns the way back from bytes of an index to the contigs they tell about, for messages: what is
 * damaged may lead to a wrong contig, never outside the view. */
#ifndef LODE_FORMAT_SEQPLACE_H
#define LODE_FORMAT_SEQPLACE_H

#include "seqindex.h"

/* Contigs *first to *last that bytes [begin, end) of the file tell about. NOT_FOUND where they tell
 * of none: header, directory, strings, name tables, padding; or of sources without contigs. */
int lode_seqindex_contigs_at(const struct lode_seqindex *ix, uint64_t begin, uint64_t end,
                             uint64_t *first, uint64_t *last);

#endif
