/* Owns generated genomes: seeded random FASTA text, the same bytes for the same options everywhere.
 */
#ifndef LODE_BENCH_GENOME_H
#define LODE_BENCH_GENOME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* splitmix64: one multiplication chain a call, any seed is good. */
struct genome_rng {
    uint64_t state;
};
uint64_t genome_random(struct genome_rng *rng);

/* Uniform in [0, n); 0 for n = 0. */
uint64_t genome_below(struct genome_rng *rng, uint64_t n);

struct genome_options {
    uint64_t bases, contigs; /* in all; contigs >= 1 */
    uint64_t line_width;     /* bases a line; 0 = one line a contig */
    uint64_t seed;
    uint64_t n_runs;    /* expected stretches of N */
    bool soft_mask;     /* half of the bases lower case, in runs of mean 300 */
    bool dna;           /* compresses as DNA does (dna.h); the soft mask is its repeats */
    const char *prefix; /* of contig names; a number from 1 follows */
};

/* Writes the genome. 0, or -1 with errno. */
int genome_write(FILE *out, const struct genome_options *options);

/* Case of a copied genome. */
enum genome_case { GENOME_KEEP, GENOME_UPPER, GENOME_MASK };

struct genome_copies {
    uint64_t bases; /* copies are made until so many are out */
    enum genome_case letters;
    uint64_t seed;
    uint64_t mutate; /* from the second copy on, one A, C, G or T in so many is another; 0: none */
};

/* Copies the FASTA text in again and again, each time under other names (r1_NAME, r2_NAME...).
 * Lines keep their widths; what mutates does not depend on letters' case. 0, or -1 with errno. */
int genome_repeat(FILE *out, FILE *in, const struct genome_copies *copies);

#endif
