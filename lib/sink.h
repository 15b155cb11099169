/* Owns where the bases of one read go and in what form: the caller's memory, an encoding, a
 * soft-mask plane, orientation, letter case, pads. */
#ifndef LODE_LIB_SINK_H
#define LODE_LIB_SINK_H

#include "bases.h"
#include "encode.h"
#include "lode.h"

#include <stdbool.h>

enum {
    LODE_SINK_TILE = 4096
}; /* bases that are handed over at a time: they stay in the L1 cache */

/* Positions count from 0 in the order of the output. The memory is the caller's, large enough. */
struct lode_sink {
    const struct lode_encoder *encoder;
    void *dst;
    uint8_t *mask;  /* a byte a position: 1 where the base is a letter a-z; or NULL */
    uint32_t flags; /* LODE_REVERSE_COMPLEMENT, LODE_UPPER */
    uint8_t pad;
    const uint64_t *n_seed; /* of the letters that N becomes (lib/filln.h); NULL: N stays */
};

static inline bool lode_sink_reverses(const struct lode_sink *sink)
{
    return (sink->flags & LODE_REVERSE_COMPLEMENT) != 0;
}

/* Is the output one byte a base, so that a decoder may write to dst + position itself? Then base b
 * is stored as lode_sink_byte(sink, b), *table (or NULL) being what that applies last. */
bool lode_sink_direct(const struct lode_sink *sink, const uint8_t **table);

/* What a base of the contig becomes: complemented, folded, and where table is not NULL encoded. */
static inline uint8_t lode_sink_byte(const struct lode_sink *sink, const uint8_t *table,
                                     uint8_t base)
{
    if (lode_sink_reverses(sink))
        base = lode_base_complement(base);
    if ((sink->flags & LODE_UPPER) != 0 && (uint8_t)(base - 'a') < 26)
        base = (uint8_t)(base - 32);
    return table != NULL ? table[base] : base;
}

/* Stores n <= LODE_SINK_TILE bases at position at and on: they come in the order of the output,
 * complemented already where the sink reverses, and are changed in place. */
void lode_sink_put(const struct lode_sink *sink, int64_t at, uint8_t *bases, size_t n);

/* Stores n pads at position at and on. */
void lode_sink_pad(const struct lode_sink *sink, int64_t at, int64_t n);

#endif
