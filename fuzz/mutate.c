/* A mutator for inputs that are an index and more (pair.h, fuzz_container.c): changes fields where
 * they are and keeps the rest, and what steers the harness behind it. Left to itself libFuzzer
 * moves everything behind a place that it lengthens, and then no offset is right. */
#include "bytes.h"
#include "support.h"

#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

enum { CHANGES_MAX = 4, RESEAL = 1 };

static uint64_t nasty(struct fuzz_rng *rng, uint64_t old, uint64_t size)
{
    const uint64_t values[] = {
        0,
        1,
        UINT64_MAX,
        old + 1,
        old - 1,
        size,
        size + 1,
        size - 1,
        1ull << 31,
        (1ull << 31) - 1,
        1ull << 32,
        1ull << 48,
        1ull << 63,
        old * 2,
        old ^ (1ull << fuzz_below(rng, 64)),
        fuzz_below(rng, 256),
    };
    return values[fuzz_below(rng, sizeof values / sizeof values[0])];
}

/* A field of 1, 2, 4 or 8 bytes at a multiple of its size becomes a nasty value, or another
 * field's. */
static void change_field(struct fuzz_rng *rng, uint8_t *p, size_t n)
{
    const size_t width = (size_t)1 << fuzz_below(rng, 4);
    if (n < width)
        return;
    const size_t at = (size_t)fuzz_below(rng, n / width) * width;
    const size_t from = (size_t)fuzz_below(rng, n / width) * width;
    uint8_t old[8] = {0}, value[8];
    memcpy(old, p + at, width);
    lode_put64(value, nasty(rng, lode_get64(old), n));
    memcpy(p + at, fuzz_below(rng, 3) == 0 ? p + from : value, width);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    struct fuzz_rng rng = {seed * 2654435761u + 88172645463325252u};
    (void)fuzz_below(&rng, 1);
    if (size < 16 || fuzz_below(&rng, 20) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    for (uint64_t k = 1 + fuzz_below(&rng, CHANGES_MAX); k > 0; k--) {
        if (fuzz_below(&rng, 4) == 0)
            data[fuzz_below(&rng, size)] ^= (uint8_t)(1u << fuzz_below(&rng, 8));
        else
            change_field(&rng, data, size);
    }
    if (fuzz_below(&rng, 8) != 0)
        data[size - 1] |= RESEAL;
    return size;
}
