/* Owns raw DEFLATE decoding with a bound on the output: ISA-L where it was built in, zlib
 * elsewhere. Equal bytes from both wherever the caller's sums pass. Also CRC-32, from the same
 * library. */
#ifndef LODE_LIB_INFLATE_H
#define LODE_LIB_INFLATE_H

#include <stddef.h>
#include <stdint.h>

enum { LODE_INFLATE_SLACK = 512 };

/* Decoder state, a few hundred kB: one per thread. */
struct lode_inflate;

struct lode_inflate *lode_inflate_new(void); /* NULL when out of memory */
void lode_inflate_free(struct lode_inflate *state);

/* Decodes the deflate stream src[0, n) into dst until want bytes are out, and no further. Returns
 * how many of them were stored: fewer than want when the stream ends or breaks before. What was
 * stored is not proven: early stopping means a decoder may complain about a valid stream at the
 * bound, so only the caller's sums decide (SPEC 6.4). Never writes past dst + want. */
size_t lode_inflate_part(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst,
                         size_t want);

/* Decodes a whole stream that must give exactly size bytes and use all of src. 0, or -1. dst has
 * LODE_INFLATE_SLACK bytes of room past size, whose content is lost: at a tight bound a decoder may
 * complain before it sees the end of a valid stream. */
int lode_inflate_whole(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst,
                       size_t size);

/* gzip's CRC-32 of data, continued from crc (0 to start). */
uint32_t lode_crc32(uint32_t crc, const void *data, size_t n);

/* CRC-32 of two strings joined, from theirs and the second one's length. */
uint32_t lode_crc32_join(uint32_t first, uint32_t second, uint64_t second_len);

#endif
