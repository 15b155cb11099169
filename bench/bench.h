/* What the groups of rows share: scale, data, side files, checks. */
#ifndef LODE_BENCH_BENCH_H
#define LODE_BENCH_BENCH_H

#include "lode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is offered by the lode.h this is built with (CMakeLists.txt looks). */
#ifndef LODE_HAVE_PACK
#define LODE_HAVE_PACK 0
#endif
#ifndef LODE_HAVE_LMDB
#define LODE_HAVE_LMDB 0
#endif
#ifndef LODE_HAVE_LIB2BIT
#define LODE_HAVE_LIB2BIT 0
#endif

/* How much is measured. */
struct bench_scale {
    const char *name;
    size_t passes;              /* over all rows; what they differ in is the spread */
    size_t rounds, slow_rounds; /* a pass; slow: those of seconds */
    size_t lookups;             /* per round */
    size_t reads, long_reads;   /* per round: up to 10 kb; 196,608 b */
    size_t fast;                /* so many times more by a side that inflates no 64 KiB for each */
    size_t batch;               /* reads of 196,608 b in a batch */
    int64_t genomes;
};

struct bench {
    struct bench_scale scale;
    char dir[2048]; /* what make_data.sh wrote */
};

/* The groups: each adds its rows. */
void bench_open(const struct bench *bench);    /* open_1m, lookup_1m */
void bench_get(const struct bench *bench);     /* get60, get10k, get196k */
void bench_packed(const struct bench *bench);  /* packed against lib2bit and memcpy */
void bench_batch(const struct bench *bench);   /* batch196k, scan, onehot */
void bench_index(const struct bench *bench);   /* index_bgzf */
void bench_worker(const struct bench *bench);  /* worker_private_kb */
void bench_genomes(const struct bench *bench); /* genomes_10k */
void bench_records(const struct bench *bench); /* rec_text, rec_small, rec_floats */
void bench_recmany(const struct bench *bench); /* rec_open_10m, rec_worker_kb */
void bench_sets(const struct bench *bench);    /* sets_* */

void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Dies with the diagnosis unless status is LODE_OK. */
void bench_must(int64_t status, const struct lode_diag *diag, const char *what);

/* DIR/name into out (cap 4096). */
void bench_path(const struct bench *bench, const char *name, char *out);

/* Is DIR/name there? */
bool bench_has(const struct bench *bench, const char *name);

/* What stands beside a FASTA. */
enum bench_side {
    BENCH_PLAIN,  /* FASTA.lode, made afresh in this run */
    BENCH_PACKED, /* FASTA.packed.lode, with pack where there is one, made afresh in this run */
    BENCH_FAI,    /* htslib's .fai and .gzi, made when missing or older than FASTA */
};

/* Makes it, once a run. */
void bench_prepare(const char *fasta, enum bench_side side);

/* Builds FASTA's index with so many threads, whatever is there. */
void bench_build(const char *fasta, enum bench_side side, int threads);

lode_index *bench_open_index(const char *fasta, enum bench_side side);

#endif
