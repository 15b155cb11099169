/* Owns the way between a record's bytes and what is stored of them: shuffle, then a zstd frame
 * (SPEC 15.3). A frame always tells its content's size, which is believed only where it is the
 * row's. */
#ifndef LODE_LIB_RECPACK_H
#define LODE_LIB_RECPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zstd.h>

/* Byte k of element i goes to place i of plane k; what is left over behind whole elements stays
 * behind. to and from do not overlap. */
void lode_shuffle(uint8_t *to, const uint8_t *from, size_t n, unsigned width);
void lode_unshuffle(uint8_t *to, const uint8_t *from, size_t n, unsigned width);

/* One frame at `frame`, which must hold exactly n bytes of content, to dst. ddict may be NULL.
 * False when it does not, or is no frame. Never writes past dst + n. */
bool lode_frame_decode(ZSTD_DCtx *context, const ZSTD_DDict *ddict, uint8_t *dst, size_t n,
                       const uint8_t *frame, size_t size);

#endif
