/* Owns the range of a region: BEG[-END] as htslib reads it (SPEC 9). */
#ifndef LODE_LIB_REGIONRANGE_H
#define LODE_LIB_REGIONRANGE_H

#include <stddef.h>
#include <stdint.h>

/* A stretch of a string; not NUL-terminated. */
struct lode_span_text {
    const char *at;
    size_t len;
};

/* The same from a place on, or up to a length. */
static inline struct lode_span_text lode_span_from(struct lode_span_text text, size_t from)
{
    return (struct lode_span_text){text.at + from, text.len - from};
}

static inline struct lode_span_text lode_span_to(struct lode_span_text text, size_t len)
{
    return (struct lode_span_text){text.at, len};
}

/* BEG, BEG-, BEG-END, -END or nothing. As in samtools: 0 without END is the start, an END of 0 is
 * the end of the contig, and 0-END keeps the position 0 that no contig has (begin = -1). */
int lode_parse_range(struct lode_span_text text, int64_t *begin, int64_t *end);

#endif
