#include "inflate.h"

#include <stdlib.h>
#include <zlib.h>

uint32_t lode_crc32_join(uint32_t first, uint32_t second, uint64_t second_len)
{
    return (uint32_t)crc32_combine(first, second, (z_off_t)second_len);
}

#ifdef LODE_HAVE_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

struct lode_inflate {
    struct inflate_state isal;
};

struct lode_inflate *lode_inflate_new(void)
{
    return malloc(sizeof(struct lode_inflate));
}

void lode_inflate_free(struct lode_inflate *state)
{
    free(state);
}

/* Only the stateless call stops at the bound; the streaming one fills an inner buffer first. */
static int run(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst, size_t size)
{
    struct inflate_state *s = &state->isal;
    isal_inflate_init(s);
    s->next_in = (uint8_t *)(uintptr_t)src;
    s->avail_in = (uint32_t)n;
    s->next_out = dst;
    s->avail_out = (uint32_t)size;
    s->crc_flag = ISAL_DEFLATE;
    return isal_inflate_stateless(s);
}

size_t lode_inflate_part(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst,
                         size_t want)
{
    (void)run(state, src, n, dst, want);
    return (size_t)(state->isal.next_out - dst);
}

int lode_inflate_whole(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst,
                       size_t size)
{
    const int status = run(state, src, n, dst, size + LODE_INFLATE_SLACK);
    return status == ISAL_DECOMP_OK && (size_t)(state->isal.next_out - dst) == size &&
                   state->isal.avail_in == 0
               ? 0
               : -1;
}

uint32_t lode_crc32(uint32_t crc, const void *data, size_t n)
{
    return crc32_gzip_refl(crc, data, n);
}

#else /* zlib */

struct lode_inflate {
    z_stream z;
};

struct lode_inflate *lode_inflate_new(void)
{
    struct lode_inflate *state = calloc(1, sizeof *state);
    if (state != NULL && inflateInit2(&state->z, -15) != Z_OK) {
        free(state);
        return NULL;
    }
    return state;
}

void lode_inflate_free(struct lode_inflate *state)
{
    if (state != NULL)
        inflateEnd(&state->z);
    free(state);
}

static int run(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst, size_t size)
{
    z_stream *z = &state->z;
    inflateReset(z);
    z->next_in = (uint8_t *)(uintptr_t)src;
    z->avail_in = (uInt)n;
    z->next_out = dst;
    z->avail_out = (uInt)size;
    return inflate(z, Z_SYNC_FLUSH);
}

size_t lode_inflate_part(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst,
                         size_t want)
{
    (void)run(state, src, n, dst, want);
    return want - state->z.avail_out;
}

int lode_inflate_whole(struct lode_inflate *state, const uint8_t *src, size_t n, uint8_t *dst,
                       size_t size)
{
    const int status = run(state, src, n, dst, size + LODE_INFLATE_SLACK);
    return status == Z_STREAM_END && state->z.avail_out == LODE_INFLATE_SLACK &&
                   state->z.avail_in == 0
               ? 0
               : -1;
}

uint32_t lode_crc32(uint32_t crc, const void *data, size_t n)
{
    while (n > 1u << 30) {
        crc = (uint32_t)crc32(crc, data, 1u << 30);
        data = (const uint8_t *)data + (1u << 30);
        n -= 1u << 30;
    }
    return (uint32_t)crc32(crc, data, (uInt)n);
}

#endif
