/* Owns the framing of BGZF blocks: gzip member header, BC subfield, trailer (SPEC 7; SAMv1 4.1,
 * RFC 1952). Nothing is inflated here. */
#ifndef LODE_FORMAT_BGZF_H
#define LODE_FORMAT_BGZF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LODE_BGZF_OK = 0,
    LODE_BGZF_NEED_MORE = 1, /* the bytes end inside the header */
    LODE_BGZF_NOT_GZIP = -1,
    LODE_BGZF_PLAIN_GZIP = -2, /* a gzip member without a BC subfield */
    LODE_BGZF_BAD = -3,        /* a BC subfield, but sizes that cannot be */

    LODE_BGZF_MIN_HEADER = 18,
    LODE_BGZF_TRAILER = 8, /* CRC-32 and ISIZE of the text */
    LODE_BGZF_EOF_SIZE = 28,
};

/* The empty block that ends a BGZF file. */
extern const uint8_t lode_bgzf_eof[LODE_BGZF_EOF_SIZE];

struct lode_bgzf_block {
    uint32_t size;   /* bytes of the whole block, BSIZE + 1, at most 65,536 */
    uint32_t header; /* bytes before the deflate stream */
};

/* Reads one block header at p[0, n). Any subfields may stand before or after BC; FNAME, FCOMMENT
 * and FHCRC are accepted as gzip defines them. On OK header + trailer fit into size. */
int lode_bgzf_header(const uint8_t *p, size_t n, struct lode_bgzf_block *out);

/* CRC-32 and ISIZE from the last eight bytes of a whole block at p. */
void lode_bgzf_trailer(const uint8_t *p, const struct lode_bgzf_block *block, uint32_t *crc,
                       uint32_t *isize);

/* Is [p, p + n) a gzip member at all? For telling plain text from gzip. */
bool lode_is_gzip(const uint8_t *p, size_t n);

#endif
