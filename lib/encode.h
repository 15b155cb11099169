/* Owns the encodings of bases: from bytes to the elements that struct lode_encoding asks for. */
#ifndef LODE_LIB_ENCODE_H
#define LODE_LIB_ENCODE_H

#include "encode_classes.h"
#include "lode.h"

#include <stdbool.h>

/* A checked encoding. Position i, channel c of dst stands at
 * dst + i * position_stride + c * channel_stride, aligned or not. */
struct lode_encoder {
    int kind;
    const uint8_t *table; /* the caller's; NULL for BYTES */
    size_t element;       /* bytes of one */
    size_t channels;      /* 1 unless ONEHOT */
    size_t together;      /* channels that lie side by side: all, or 1 */
    int64_t position_stride, channel_stride;
    struct lode_classes classes; /* of pieces of 1, 2 or 4 bytes, packed */
    bool streaming; /* the owner says so: all that is written is more than caches hold */
};

/* Prepares encoding, NULL for plain bytes; its table must outlive the encoder. Strides of 0 are
 * packed: a channel_stride of the element's size, a position_stride of channels * channel_stride;
 * larger ones leave bytes in between, which stay as they are. Channels may lie inside positions or
 * positions inside channels. What the kind does not use is not looked at. ARG: struct_size, kind or
 * dtype unknown, BYTES with a table or a dtype of more than a byte, no table otherwise, channels
 * not in 1..256, a negative stride, or elements that would overlap. */
int lode_encoder_init(struct lode_encoder *e, const struct lode_encoding *encoding);

/* What NULL prepares. */
extern const struct lode_encoder lode_encoder_plain;

/* Bytes from dst to behind the last element of n positions; 0 for n <= 0. INT64_MAX when no
 * destination can hold them: the number overflows, or there are more positions than fit into
 * channel_stride. */
int64_t lode_encoder_bytes(const struct lode_encoder *e, int64_t n);

/* Encodes bases[i] to position first + i of dst, 0 <= i < n. Nothing else is written; bases must
 * not overlap what is, but may be it where lode_encoder_table8 is true. Best in tiles that stay in
 * the L1 cache: planes are written one after the other. Any thread. */
void lode_encode(const struct lode_encoder *e, const uint8_t *bases, size_t n, void *dst,
                 int64_t first);

/* Output is the bases themselves, packed: there is nothing to encode. */
bool lode_encoder_is_bytes(const struct lode_encoder *e);

/* Output is table[base], packed bytes; *table is set to the 256 then. */
bool lode_encoder_table8(const struct lode_encoder *e, const uint8_t **table);

/* A soft-mask plane: 1 where a base is a-z, else 0. mask may be bases. */
void lode_bases_lower(const uint8_t *bases, size_t n, uint8_t *mask);

#endif
