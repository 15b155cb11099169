/* Owns one read: contig range -> bases in the caller's memory. */
#ifndef LODE_LIB_FETCH_H
#define LODE_LIB_FETCH_H

#include "lode.h"
#include "sink.h"

/* Range of a request after the bounds policy: bases [begin, end) of the contig with left and right
 * pad positions around them (dropped ones under CLIP). status is LODE_OK, CLIPPED, PADDED or RANGE.
 */
struct lode_span {
    int64_t begin, end, left, right;
    int status;
};
struct lode_span lode_span_of(int64_t length, int64_t begin, int64_t end, int bounds);

/* RANGE, with a sentence that names index, contig and range. */
int lode_range_refused(const lode_index *index, const struct lode_contig *contig, int64_t begin,
                       int64_t end, struct lode_diag *diag);

/* Why what is made for bases is not done with a track's values. */
#define LODE_TRACK_REFUSES                                                                         \
    "a track's values have no strand, case, pads, encoding, mask or runs of N: read their bytes"

/* Positions the destination receives. */
int64_t lode_span_width(const struct lode_span *span, int bounds);

/* Stores the bases and pads of a span in the sink, from position 0 on. On failure nothing was
 * stored, with the exception that lib/packedread.h names. */
int lode_fetch_span(lode_reader *reader, const struct lode_contig *contig,
                    const struct lode_span *span, int bounds, const struct lode_sink *sink,
                    struct lode_diag *diag);

/* lode_fetch_at of a contig as seen from the index that the reader is turned to: for what runs in
 * the middle of a read or a batch. */
int64_t lode_fetch_here(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                        int64_t end, void *dst, int64_t dst_size, int bounds, uint32_t flags,
                        struct lode_diag *diag);

#endif
