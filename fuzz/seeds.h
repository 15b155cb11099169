/* Owns the making of seed corpora: what is in them follows from the source alone. */
#ifndef LODE_FUZZ_SEEDS_H
#define LODE_FUZZ_SEEDS_H

#include <stddef.h>
#include <stdint.h>

uint64_t seed_next(void);
void seed_check(int good, const char *what); /* stops with errno */
void seed_dir(const char *name);

/* Changes some bytes of p[begin, end). */
void seed_damage(uint8_t *p, size_t begin, size_t end);

/* A path below the root; the last 4 results stay valid. */
const char *seed_path(const char *dir, const char *name);

/* A seed: data and what steers the harness. */
void seed_put(const char *dir, const char *name, const void *data, size_t n, const void *tail,
              size_t tail_size);

void seeds_flat(void);   /* flat */
void seeds_pairs(void);  /* an index with its source: reads, verify, packed, live, nomem */
void seeds_sets(void);   /* set */
void seeds_stores(void); /* store */
void seeds_texts(void);  /* lines, fasta, region, bed, track, restart */

#endif
