/* Owns asking the processor's caches for what a read of packed bases will touch (SPEC 5.14). A read
 * of a few bases is a few cache misses and little else; asked for early, they overlap each other
 * and, in a batch, the reads before. Hints: nothing is judged or proven here, and nothing of what
 * the index says leads further than to an address inside its tables. */
#ifndef LODE_LIB_PACKEDSOON_H
#define LODE_LIB_PACKEDSOON_H

#include "index.h"

/* Bytes [begin, end) of a source's part of BASE will be read soon, with the letter case of their
 * bases or without. Any numbers are allowed. */
void lode_packed_soon(const lode_index *index, uint64_t source, uint64_t begin, uint64_t end,
                      bool by_case);

#endif
