/* Owns the making of one BGZF block from its text. One state per thread; how text is cut into
 * blocks and where they go is the caller's business. */
#ifndef LODE_LIB_DEFLATE_H
#define LODE_LIB_DEFLATE_H

#include "litcode.h"

enum {
    LODE_DEFLATE_TEXT_MAX = 65280, /* text bytes of one block, as htslib writes them */
    /* Header, stored-block header and trailer: what a block is longer than its text at worst, so
     * that a full one stays below 65,536 bytes. */
    LODE_DEFLATE_OVERHEAD = 18 + 5 + 8,
#ifdef LODE_HAVE_LIBDEFLATE
    LODE_DEFLATE_LEVEL_MAX = 12,
#else
    LODE_DEFLATE_LEVEL_MAX = 9,
#endif
};

struct lode_deflate;

/* level: 0..LODE_DEFLATE_LEVEL_MAX. NULL when out of memory. */
struct lode_deflate *lode_deflate_new(int level);
void lode_deflate_free(struct lode_deflate *state);

/* Writes the block of text[0, n), 0 < n <= LODE_DEFLATE_TEXT_MAX, to out, which has room for
 * n + LODE_DEFLATE_OVERHEAD bytes; text that does not shrink is stored. Returns the block's size.
 * The bytes depend on text, level and compression library alone, not on earlier blocks. */
size_t lode_deflate_block(struct lode_deflate *state, const uint8_t *text, size_t n, uint8_t *out);

/* The same as a restart block of this code, unless that is larger than the text stored or, not
 * being the first of its file, all but of one letter: then as lode_deflate_block. */
size_t lode_deflate_restart(struct lode_deflate *state, const struct lode_litcode *code, bool first,
                            const uint8_t *text, size_t n, uint8_t *out);

#endif
