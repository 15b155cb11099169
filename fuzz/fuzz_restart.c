/* Any bytes as a restart block, decoded from any bit on, against a decoder that takes bit after
 * bit. From the end of the input: first bit (three bytes), literals wanted (two), then as many
 * again for a second piece. */
#include "guard.h"
#include "litcode.h"
#include "restart.h"
#include "support.h"

#include <string.h>

enum { WANT_MAX = 3000 };

/* n literals from a bit on; how many there are before the block or its bytes end. */
static size_t slow(const struct lode_litcode *code, const uint8_t *p, size_t n, uint64_t bit,
                   uint8_t *dst, size_t want)
{
    if (bit >> 3 >= n)
        return want + 1; /* even none cannot be had from there */
    for (size_t got = 0; got < want; got++) {
        unsigned bits = 0, len = 0;
        int symbol = -1;
        while (symbol < 0 && len < 15) {
            if (bit >= 8 * (uint64_t)n)
                return got;
            bits |= (unsigned)(p[bit >> 3] >> (bit & 7) & 1) << len++;
            bit++;
            for (int s = 0; s <= LODE_LITERALS && symbol < 0; s++)
                if (code->lengths[s] == len && code->codes[s] == bits)
                    symbol = s;
        }
        if (symbol < 0 || symbol == LODE_LITERALS)
            return got;
        dst[got] = (uint8_t)symbol;
    }
    return want;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t want[2][WANT_MAX];
    static struct lode_restart restart;
    struct fuzz_tail tail = {data, size};
    struct lode_restart_piece pieces[2];
    struct lode_litcode code;
    struct guard guard[3];
    for (int i = 0; i < 2; i++) {
        pieces[i].bit = fuzz_take(&tail, 3);
        pieces[i].n = (size_t)(fuzz_take(&tail, 2) % WANT_MAX);
        fuzz_check(guard_new(&guard[i], WANT_MAX));
        pieces[i].dst = guard_place(&guard[i], pieces[i].n);
    }
    fuzz_check(guard_new(&guard[2], tail.n + 1));
    const uint8_t *p = guard_copy(&guard[2], data, tail.n);
    if (lode_litcode_parse(p, tail.n, &code)) {
        bool all = true;
        fuzz_check(lode_litcode_same(&code, p, tail.n));
        lode_restart_init(&restart, &code);
        for (int i = 0; i < 2; i++)
            all = slow(&code, p, tail.n, pieces[i].bit, want[i], pieces[i].n) == pieces[i].n && all;
        const bool done = lode_restart_decode(&restart, p, tail.n, pieces, 2);
        fuzz_check(done == all);
        for (int i = 0; i < 2 && done; i++)
            fuzz_check(memcmp(pieces[i].dst, want[i], pieces[i].n) == 0);
    }
    for (int i = 0; i < 3; i++)
        guard_free(&guard[i]);
    return 0;
}
