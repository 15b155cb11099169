#include "bgzf.h"

#include "bytes.h"

const uint8_t lode_bgzf_eof[LODE_BGZF_EOF_SIZE] = {
    0x1F, 0x8B, 0x08, 0x04, 0,    0, 0, 0, 0, 0xFF, 0x06, 0, 'B', 'C',
    0x02, 0,    0x1B, 0,    0x03, 0, 0, 0, 0, 0,    0,    0, 0,   0};

enum { /* RFC 1952 2.3.1 */
       FLG_HCRC = 2,
       FLG_EXTRA = 4,
       FLG_NAME = 8,
       FLG_COMMENT = 16,
       FLG_RESERVED = 0xE0,
       FIXED_HEADER = 10,
};

bool lode_is_gzip(const uint8_t *p, size_t n)
{
    return n >= 2 && p[0] == 0x1F && p[1] == 0x8B;
}

/* BSIZE + 1 from the BC subfield of the extra field p[0, n), or 0 when there is none. */
static uint32_t block_size(const uint8_t *p, size_t n)
{
    size_t at = 0;
    while (n - at >= 4) {
        const size_t len = lode_get16(p + at + 2);
        if (len > n - at - 4)
            return 0;
        if (p[at] == 'B' && p[at + 1] == 'C' && len == 2)
            return lode_get16(p + at + 4) + 1u;
        at += 4 + len;
    }
    return 0;
}

/* Moves *at past a NUL-terminated string. */
static bool skip_string(const uint8_t *p, size_t n, size_t *at)
{
    const uint8_t *nul = *at < n ? memchr(p + *at, 0, n - *at) : NULL;
    if (nul == NULL)
        return false;
    *at = (size_t)(nul - p) + 1;
    return true;
}

int lode_bgzf_header(const uint8_t *p, size_t n, struct lode_bgzf_block *out)
{
    if (n < 4)
        return n >= 2 && !lode_is_gzip(p, n) ? LODE_BGZF_NOT_GZIP : LODE_BGZF_NEED_MORE;
    if (!lode_is_gzip(p, n) || p[2] != 8 || (p[3] & FLG_RESERVED) != 0)
        return LODE_BGZF_NOT_GZIP;
    const uint8_t flg = p[3];
    if ((flg & FLG_EXTRA) == 0)
        return LODE_BGZF_PLAIN_GZIP;
    if (n < FIXED_HEADER + 2)
        return LODE_BGZF_NEED_MORE;
    size_t at = FIXED_HEADER + 2;
    const size_t extra = lode_get16(p + FIXED_HEADER);
    if (n - at < extra)
        return LODE_BGZF_NEED_MORE;
    out->size = block_size(p + at, extra);
    if (out->size == 0)
        return LODE_BGZF_PLAIN_GZIP;
    at += extra;
    if (((flg & FLG_NAME) && !skip_string(p, n, &at)) ||
        ((flg & FLG_COMMENT) && !skip_string(p, n, &at)))
        return n >= out->size ? LODE_BGZF_BAD : LODE_BGZF_NEED_MORE;
    if (flg & FLG_HCRC)
        at += 2;
    if (at > n)
        return n >= out->size ? LODE_BGZF_BAD : LODE_BGZF_NEED_MORE;
    out->header = (uint32_t)at;
    return at + LODE_BGZF_TRAILER < out->size ? LODE_BGZF_OK : LODE_BGZF_BAD;
}

void lode_bgzf_trailer(const uint8_t *p, const struct lode_bgzf_block *block, uint32_t *crc,
                       uint32_t *isize)
{
    *crc = lode_get32(p + block->size - 8);
    *isize = lode_get32(p + block->size - 4);
}
