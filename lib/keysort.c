#include "keysort.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 64, DIGIT = 11, PASSES = 6 };

static void insertion_sort(struct lode_name_key *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct lode_name_key key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1].hash > key.hash; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* One stable counting pass over a digit. */
static void pass(const struct lode_name_key *from, struct lode_name_key *to, size_t n, int shift)
{
    const uint64_t mask = (1u << DIGIT) - 1;
    size_t starts[1 << DIGIT] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++)
        starts[from[i].hash >> shift & mask]++;
    for (size_t d = 0; d <= mask; d++) {
        const size_t count = starts[d];
        starts[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[starts[from[i].hash >> shift & mask]++] = from[i];
}

bool lode_sort_keys(struct lode_name_key *keys, size_t n)
{
    if (n <= SMALL) {
        insertion_sort(keys, n);
        return true;
    }
    struct lode_name_key *other = malloc(n * sizeof *other);
    if (other == NULL)
        return false;
    struct lode_name_key *from = keys, *to = other;
    for (int i = 0; i < PASSES; i++) { /* an even number: the result ends up in keys */
        pass(from, to, n, i * DIGIT);
        struct lode_name_key *swap = from;
        from = to;
        to = swap;
    }
    free(other);
    return true;
}
