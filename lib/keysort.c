#include "keysort.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL = 64, DIGIT = 11, PASSES = 6 };

/* False when more than `moves` keys would have to move: the keys are the same set then, in an order
 * that keeps equal hashes as they were. */
static bool insertion_sort(struct lode_name_key *keys, size_t n, size_t moves)
{
    for (size_t i = 1; i < n; i++) {
        const struct lode_name_key key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1].hash > key.hash; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
        if (i - at > moves)
            return false;
        moves -= i - at;
    }
    return true;
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

/* Sorts by the digits from `first` up. The result is in keys. */
static void sort_digits(struct lode_name_key *keys, struct lode_name_key *other, size_t n,
                        int first)
{
    struct lode_name_key *from = keys, *to = other;
    for (int i = first; i < PASSES; i++) {
        pass(from, to, n, i * DIGIT);
        struct lode_name_key *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, n * sizeof *keys);
}

/* The first digit from which on n hashes by chance hardly ever agree. */
static int first_digit(size_t n)
{
    int first = PASSES - 1;
    while (first > 0 && n >> (64 - first * DIGIT - 3) > 0)
        first--;
    return first;
}

bool lode_sort_keys(struct lode_name_key *keys, size_t n)
{
    if (n <= SMALL)
        return insertion_sort(keys, n, SMALL * SMALL);
    struct lode_name_key *other = malloc(n * sizeof *other);
    if (other == NULL)
        return false;
    /* The high digits leave next to nothing to move, unless the hashes were chosen. */
    const int first = first_digit(n);
    sort_digits(keys, other, n, first);
    if (first > 0 && !insertion_sort(keys, n, n))
        sort_digits(keys, other, n, 0);
    free(other);
    return true;
}
