#include "deflate.h"

#include "bgzf.h"
#include "bytes.h"

#include <stdlib.h>
#include <string.h>
#ifdef LODE_HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

enum { STORED_HEADER = 5 };

#ifdef LODE_HAVE_LIBDEFLATE

struct lode_deflate {
    struct libdeflate_compressor *compressor;
};

static int engine_start(struct lode_deflate *state, int level)
{
    state->compressor = libdeflate_alloc_compressor(level);
    return state->compressor != NULL ? 0 : -1;
}

static void engine_end(struct lode_deflate *state)
{
    libdeflate_free_compressor(state->compressor);
}

/* Bytes of the deflate stream, 0 when it does not fit into cap. */
static size_t engine_run(struct lode_deflate *state, const uint8_t *text, size_t n, uint8_t *out,
                         size_t cap)
{
    return libdeflate_deflate_compress(state->compressor, text, n, out, cap);
}

static uint32_t crc_of(const uint8_t *text, size_t n)
{
    return libdeflate_crc32(0, text, n);
}

#else

struct lode_deflate {
    z_stream z;
};

static int engine_start(struct lode_deflate *state, int level)
{
    const int raw = -15, memory = 8;
    return deflateInit2(&state->z, level, Z_DEFLATED, raw, memory, Z_DEFAULT_STRATEGY) == Z_OK ? 0
                                                                                               : -1;
}

static void engine_end(struct lode_deflate *state)
{
    deflateEnd(&state->z);
}

/* Bytes of the deflate stream, 0 when it does not fit into cap. */
static size_t engine_run(struct lode_deflate *state, const uint8_t *text, size_t n, uint8_t *out,
                         size_t cap)
{
    z_stream *const z = &state->z;
    deflateReset(z);
    z->next_in = (Bytef *)(uintptr_t)text; /* zlib does not write to it */
    z->avail_in = (uInt)n;
    z->next_out = out;
    z->avail_out = (uInt)cap;
    return deflate(z, Z_FINISH) == Z_STREAM_END ? cap - z->avail_out : 0;
}

static uint32_t crc_of(const uint8_t *text, size_t n)
{
    return (uint32_t)crc32(0, text, (uInt)n);
}

#endif

struct lode_deflate *lode_deflate_new(int level)
{
    struct lode_deflate *const state = calloc(1, sizeof *state);
    if (state != NULL && engine_start(state, level) == 0)
        return state;
    free(state);
    return NULL;
}

void lode_deflate_free(struct lode_deflate *state)
{
    if (state == NULL)
        return;
    engine_end(state);
    free(state);
}

/* One final stored block (RFC 1951 3.2.4). */
static size_t store(const uint8_t *text, size_t n, uint8_t *out)
{
    out[0] = 1;
    lode_put16(out + 1, (uint16_t)n);
    lode_put16(out + 3, (uint16_t)~n);
    memcpy(out + STORED_HEADER, text, n);
    return n + STORED_HEADER;
}

/* Header and trailer around the deflate data of text, which are `packed` bytes in their place. */
static size_t frame(const uint8_t *text, size_t n, size_t packed, uint8_t *out)
{
    const size_t header = LODE_BGZF_MIN_HEADER, size = header + packed + LODE_BGZF_TRAILER;
    memcpy(out, lode_bgzf_eof, header); /* every block's header but for BSIZE */
    lode_put16(out + header - 2, (uint16_t)(size - 1));
    lode_put32(out + header + packed, crc_of(text, n));
    lode_put32(out + header + packed + 4, (uint32_t)n);
    return size;
}

size_t lode_deflate_block(struct lode_deflate *state, const uint8_t *text, size_t n, uint8_t *out)
{
    const size_t header = LODE_BGZF_MIN_HEADER;
    size_t packed = engine_run(state, text, n, out + header, n + STORED_HEADER);
    if (packed == 0)
        packed = store(text, n, out + header);
    return frame(text, n, packed, out);
}

size_t lode_deflate_restart(struct lode_deflate *state, const struct lode_litcode *code, bool first,
                            const uint8_t *text, size_t n, uint8_t *out)
{
    uint64_t counts[LODE_LITERALS] = {0};
    lode_litcode_count(text, n, counts);
    if (lode_litcode_size(code, counts) > n + STORED_HEADER ||
        (!first && lode_litcode_monotone(counts, n)))
        return lode_deflate_block(state, text, n, out);
    return frame(text, n, lode_litcode_write(code, text, n, out + LODE_BGZF_MIN_HEADER), out);
}
