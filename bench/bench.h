/* What the groups of rows share: scale, data, side files, checks. */
#ifndef LODE_BENCH_BENCH_H
#define LODE_BENCH_BENCH_H

#include "lode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much is measured. */
struct bench_scale {
    const char *name;
    size_t rounds;
    size_t lookups;           /* per round */
    size_t reads, long_reads; /* per round: up to 10 kb; 196,608 b */
    int64_t genomes;
};

struct bench {
    struct bench_scale scale;
    char dir[2048]; /* holds many.fa.gz, up.fa.gz, sm.fa.gz, up.fa (make_data.sh) */
};

/* The groups: each adds its rows. */
void bench_open(const struct bench *bench);    /* open_1m, lookup_1m */
void bench_get(const struct bench *bench);     /* get60, get10k, get196k */
void bench_index(const struct bench *bench);   /* index_bgzf_t2 */
void bench_genomes(const struct bench *bench); /* genomes_10k */

void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Dies with the diagnosis unless status is LODE_OK. */
void bench_must(int64_t status, const struct lode_diag *diag, const char *what);

/* DIR/name into out (cap 4096). */
void bench_path(const struct bench *bench, const char *name, char *out);

/* Builds DIR/name.lode afresh with so many threads. */
void bench_build(const char *fasta, int threads);

/* Indexes of both sides beside DIR/name, made when they are missing. */
void bench_prepare(const char *fasta);

lode_index *bench_open_index(const char *fasta);

#endif
