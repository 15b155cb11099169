/* Owns the one checksum of the format, XXH64 (SPEC 2.4), and is the only user of the xxHash
 * library. */
#ifndef LODE_FORMAT_HASH_H
#define LODE_FORMAT_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t lode_hash64(const void *data, size_t size, uint64_t seed);

/* The same over a, then b, then c, as if they were one string. */
uint64_t lode_hash64_parts(const void *a, size_t na, const void *b, size_t nb, const void *c,
                           size_t nc);

#endif
