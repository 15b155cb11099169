/* Owns what harnesses share: the stop, the numbers that steer a run, and files for the entry points
 * that take paths. */
#ifndef LODE_FUZZ_SUPPORT_H
#define LODE_FUZZ_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the run where a promise is broken. */
void fuzz_check(int good);

/* Bytes taken from the end of an input, so that its beginning stays what the harness is about. */
struct fuzz_tail {
    const uint8_t *p;
    size_t n;
};

/* The last `bytes` of them as a number, little-endian; zeros when used up. */
uint64_t fuzz_take(struct fuzz_tail *tail, size_t bytes);

/* Numbers that depend on an input, all of it. */
struct fuzz_rng {
    uint64_t s;
};
struct fuzz_rng fuzz_rng_of(const uint8_t *p, size_t n);
uint64_t fuzz_below(struct fuzz_rng *rng, uint64_t n); /* [0, n); 0 for n = 0 */

/* A directory of this process, in memory where it can be; removed when the process ends. */
const char *fuzz_root(void);

/* A path inside it; the last 8 results stay valid. */
const char *fuzz_path(const char *leaf);

/* The file of this name, written anew. */
void fuzz_write(const char *leaf, const void *data, size_t n);

#endif
