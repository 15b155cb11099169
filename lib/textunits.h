/* Owns what a plan asks about the text of sources: units, what they cost, and whether the file's
 * bytes are there. Store = source number, offset = text offset. */
#ifndef LODE_LIB_TEXTUNITS_H
#define LODE_LIB_TEXTUNITS_H

#include "plan.h"
#include "reader.h"

/* The source asked about last. Zero but for index before first use; one thread. */
struct lode_textunits {
    const struct lode_index *index;
    int64_t number;
    bool known;
    struct lode_source source;
};

/* The row of a source, kept until the next one is asked for; NULL when it is not sound. */
const struct lode_source *lode_units_source(struct lode_textunits *units, int64_t number);

/* BGZF: the block. Plain text: an aligned stretch that is read at once. False when no row tells. */
bool lode_text_unit(struct lode_textunits *units, int64_t source, uint64_t offset,
                    struct lode_unit *unit);

/* Nanoseconds, from what a machine of today takes. */
uint64_t lode_text_cost(struct lode_textunits *units, int64_t source, uint64_t decoded,
                        uint64_t handed);

/* Are file bytes [begin, end) in the page cache, as far as one look tells? True where asking for
 * them is no use: a source that cannot be opened. */
bool lode_text_resident(struct lode_reader *reader, int64_t source, uint64_t begin, uint64_t end);

/* Asks the system to read file bytes [begin, end). */
void lode_text_prefetch(struct lode_reader *reader, int64_t source, uint64_t begin, uint64_t end);

#endif
