/* Owns the sorting of name keys by hash. */
#ifndef LODE_LIB_KEYSORT_H
#define LODE_LIB_KEYSORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name on its way into a name table. */
struct lode_name_key {
    uint64_t hash;
    uint64_t contig; /* ordinal the table will hold */
};

/* Sorts by hash; equal hashes keep their order. False when out of memory. O(n). */
bool lode_sort_keys(struct lode_name_key *keys, size_t n);

#endif
