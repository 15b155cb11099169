/* Owns text that compresses as DNA does: letters by the dinucleotide frequencies of the human
 * genome, and repeats of several families and ages, which are lower case. */
#ifndef LODE_BENCH_DNA_H
#define LODE_BENCH_DNA_H

#include "genome.h"

enum {
    DNA_FAMILIES = 8,
    DNA_FAMILY_BASES = 6000, /* the longest */
    DNA_ELEMENT_MEAN = 310,  /* bases of a repeat, and of a stretch between two */
};

/* The stretch that is written now. */
struct dna {
    struct genome_rng rng;
    uint64_t bits; /* of the rng, not yet used */
    unsigned bits_left, last;
    uint64_t left;      /* bases until it ends */
    bool element;       /* a repeat, not what lies between two */
    const char *source; /* what it is a copy of; NULL: letters of its own */
    uint64_t source_len, source_at;
    bool reverse;         /* of the source, complemented */
    unsigned divergence;  /* of 256 bases of a copy so many are other letters */
    uint8_t next[4][256]; /* letter after a letter, for each byte of the rng */
    char family[DNA_FAMILIES][DNA_FAMILY_BASES];
    char unit[8]; /* of a microsatellite */
};

/* The same text for the same seed. */
void dna_start(struct dna *dna, uint64_t seed);

/* The next n bases; those of repeats in lower case. */
void dna_fill(struct dna *dna, char *bases, size_t n);

#endif
