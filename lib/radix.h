/* Owns the stable sorting of numbers by 64-bit keys, where a plan needs order. */
#ifndef LODE_LIB_RADIX_H
#define LODE_LIB_RADIX_H

#include <stddef.h>
#include <stdint.h>

struct lode_keyed {
    uint64_t key;
    int64_t value;
};

/* Sorts items[0, n) by key; equal keys keep their order. other is scratch of the same size; returns
 * which of the two holds the result. O(n) for each 8 or 11 bits in which keys differ. */
struct lode_keyed *lode_radix_sort(struct lode_keyed *items, struct lode_keyed *other, size_t n);

#endif
