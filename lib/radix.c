#include "radix.h"

#include <stdbool.h>
#include <string.h>

enum { SMALL = 32, FEW = 4096, NARROW = 8, WIDE = 11 };

static void insertion_sort(struct lode_keyed *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct lode_keyed item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].key > item.key; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* One stable counting pass over a digit. */
static void pass(const struct lode_keyed *from, struct lode_keyed *to, size_t n, unsigned shift,
                 unsigned bits)
{
    const size_t digits = (size_t)1 << bits, mask = digits - 1;
    size_t starts[1 << WIDE], sum = 0;
    memset(starts, 0, digits * sizeof *starts);
    for (size_t i = 0; i < n; i++)
        starts[from[i].key >> shift & mask]++;
    for (size_t d = 0; d < digits; d++) {
        const size_t count = starts[d];
        starts[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[starts[from[i].key >> shift & mask]++] = from[i];
}

struct lode_keyed *lode_radix_sort(struct lode_keyed *items, struct lode_keyed *other, size_t n)
{
    uint64_t differ = 0;
    bool sorted = true;
    for (size_t i = 1; i < n; i++) {
        differ |= items[i].key ^ items[0].key;
        sorted = sorted && items[i - 1].key <= items[i].key;
    }
    if (sorted || n <= SMALL) {
        insertion_sort(items, n);
        return items;
    }
    const unsigned bits = n <= FEW ? NARROW : WIDE;
    for (unsigned shift = 0; shift < 64 && differ >> shift != 0; shift += bits) {
        if ((differ >> shift & (((uint64_t)1 << bits) - 1)) == 0)
            continue;
        pass(items, other, n, shift, bits);
        struct lode_keyed *swap = items;
        items = other;
        other = swap;
    }
    return items;
}
