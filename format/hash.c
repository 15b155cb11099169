#include "hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t lode_hash64(const void *data, size_t size, uint64_t seed)
{
    return XXH64(data, size, seed);
}

uint64_t lode_hash64_parts(const void *a, size_t na, const void *b, size_t nb, const void *c,
                           size_t nc)
{
    XXH64_state_t state;
    XXH64_reset(&state, 0);
    XXH64_update(&state, a, na);
    XXH64_update(&state, b, nb);
    XXH64_update(&state, c, nc);
    return XXH64_digest(&state);
}
