#include "sink.h"

#include <string.h>

bool lode_sink_direct(const struct lode_sink *sink, const uint8_t **table)
{
    *table = NULL;
    return sink->mask == NULL &&
           (lode_encoder_is_bytes(sink->encoder) || lode_encoder_table8(sink->encoder, table));
}

void lode_sink_put(const struct lode_sink *sink, int64_t at, uint8_t *bases, size_t n)
{
    if (sink->mask != NULL)
        lode_bases_lower(bases, n, sink->mask + at);
    if ((sink->flags & LODE_UPPER) != 0)
        lode_bases_upper(bases, n);
    lode_encode(sink->encoder, bases, n, sink->dst, at);
}

void lode_sink_pad(const struct lode_sink *sink, int64_t at, int64_t n)
{
    uint8_t tile[LODE_SINK_TILE];
    const uint8_t pad = lode_sink_byte(sink, NULL, sink->pad);
    while (n > 0) {
        const size_t k = n < LODE_SINK_TILE ? (size_t)n : LODE_SINK_TILE;
        memset(tile, pad, k);
        lode_encode(sink->encoder, tile, k, sink->dst, at);
        if (sink->mask != NULL)
            memset(sink->mask + at, 0, k);
        at += (int64_t)k;
        n -= (int64_t)k;
    }
}
