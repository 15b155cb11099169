#include "recpack.h"

#include <string.h>

void lode_shuffle(uint8_t *to, const uint8_t *from, size_t n, unsigned width)
{
    const size_t count = n / width;
    for (unsigned k = 0; k < width; k++)
        for (size_t i = 0; i < count; i++)
            to[k * count + i] = from[i * width + k];
    memcpy(to + count * width, from + count * width, n - count * width);
}

void lode_unshuffle(uint8_t *to, const uint8_t *from, size_t n, unsigned width)
{
    const size_t count = n / width;
    for (unsigned k = 0; k < width; k++)
        for (size_t i = 0; i < count; i++)
            to[i * width + k] = from[k * count + i];
    memcpy(to + count * width, from + count * width, n - count * width);
}

bool lode_frame_decode(ZSTD_DCtx *context, const ZSTD_DDict *ddict, uint8_t *dst, size_t n,
                       const uint8_t *frame, size_t size)
{
    if (ZSTD_getFrameContentSize(frame, size) != n ||
        ZSTD_findFrameCompressedSize(frame, size) != size)
        return false;
    const size_t got = ddict != NULL
                           ? ZSTD_decompress_usingDDict(context, dst, n, frame, size, ddict)
                           : ZSTD_decompressDCtx(context, dst, n, frame, size);
    return got == n;
}
