/* Reads any bytes as a BGZF block and inflates it, in part and whole, against zlib. The first two
 * bytes of the input say how much is asked for. Source and destination end at forbidden pages. */
#include "bgzf.h"
#include "guard.h"
#include "inflate.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { TEXT_MAX = 65536 };

/* What zlib makes of a deflate stream: bytes into out, and whether it ends with its input. */
static size_t reference(const uint8_t *src, size_t n, uint8_t *out, int *whole)
{
    z_stream z = {0};
    fuzz_check(inflateInit2(&z, -15) == Z_OK);
    z.next_in = (Bytef *)(uintptr_t)src;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = TEXT_MAX + 1;
    *whole = inflate(&z, Z_SYNC_FLUSH) == Z_STREAM_END && z.avail_in == 0;
    const size_t got = TEXT_MAX + 1 - z.avail_out;
    inflateEnd(&z);
    return got;
}

static void inflate_both(const uint8_t *src, size_t n, size_t want)
{
    static struct lode_inflate *state;
    static uint8_t text[TEXT_MAX + 1];
    struct guard guard;
    int whole;
    if (state == NULL)
        state = lode_inflate_new();
    fuzz_check(state != NULL && guard_new(&guard, TEXT_MAX + LODE_INFLATE_SLACK));
    const size_t size = reference(src, n, text, &whole);
    if (want > TEXT_MAX)
        want = TEXT_MAX;
    uint8_t *dst = guard_place(&guard, want);
    const size_t got = lode_inflate_part(state, src, n, dst, want);
    fuzz_check(got <= want);
    /* A stream that zlib takes gives all that was asked for; any other, what both could read. */
    fuzz_check(!whole || got == (want < size ? want : size));
    fuzz_check(memcmp(dst, text, got < size ? got : size) == 0);
    if (size <= TEXT_MAX) {
        dst = guard_place(&guard, size + LODE_INFLATE_SLACK);
        const int ok = lode_inflate_whole(state, src, n, dst, size) == 0;
        fuzz_check(ok == whole);
        fuzz_check(!ok || memcmp(dst, text, size) == 0);
        fuzz_check(!ok || lode_crc32(0, dst, size) == crc32(0, text, (uInt)size));
    }
    guard_free(&guard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lode_bgzf_block block;
    struct guard guard;
    uint32_t crc, isize;
    if (size < 2)
        return 0;
    const size_t want = (size_t)(data[0] | data[1] << 8), n = size - 2;
    fuzz_check(guard_new(&guard, n + 1));
    const uint8_t *p = guard_copy(&guard, data + 2, n);
    const int status = lode_bgzf_header(p, n, &block);
    if (status == LODE_BGZF_OK) {
        fuzz_check(lode_is_gzip(p, n));
        fuzz_check(block.size <= 65536 && block.header + LODE_BGZF_TRAILER < block.size);
        if (block.size <= n) {
            lode_bgzf_trailer(p, &block, &crc, &isize);
            inflate_both(p + block.header, block.size - block.header - LODE_BGZF_TRAILER, want);
        }
    } else {
        inflate_both(p, n < TEXT_MAX ? n : TEXT_MAX, want); /* as a bare stream */
    }
    guard_free(&guard);
    return 0;
}
