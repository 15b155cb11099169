/* Owns the choice of what is read: contigs and positions, the same for both sides. */
#ifndef LODE_BENCH_PLACES_H
#define LODE_BENCH_PLACES_H

#include "lode.h"

/* One place to read. */
struct place {
    char name[256];
    size_t len;
    int64_t contig, begin;
};

/* n places where length bases fit, uniform over the bases of an index with one source; the same
 * for the same arguments. To be freed. */
struct place *places_random(const lode_index *index, size_t n, int64_t length);

/* Up to *n places no two of which lie on one BGZF block, in random order; *n becomes how many there
 * are. To be freed. */
struct place *places_apart(const lode_index *index, size_t *n, int64_t length);

/* All of the text once, front to back, in pieces of up to length bases: contig and begin; the
 * last piece of a contig is shorter. *n: how many. To be freed. */
struct place *places_all(const lode_index *index, size_t *n, int64_t length);

#endif
