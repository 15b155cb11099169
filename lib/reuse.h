/* Owns the rows that a build may take from the index already there (SPEC 5.15, 10). */
#ifndef LODE_LIB_REUSE_H
#define LODE_LIB_REUSE_H

#include "index.h"

#include <time.h>

/* An older index at the place of the new one, when it is whole and was made with the same options.
 */
struct lode_reuse {
    lode_index *index;    /* NULL: nothing to re-use */
    struct timespec made; /* when it was written */
};

/* Opens the index at path, proves all its bytes, and compares its options with opts.
 * Anything that is not right means no re-use, never an error. */
void lode_reuse_open(struct lode_reuse *reuse, const char *path, const char *opts, size_t opts_len);
void lode_reuse_close(struct lode_reuse *reuse);

/* Number of the source whose rows stand for this file now: same locator and NAME, and the file at
 * path has its size and fingerprint and was not touched since the index was written: an edit in the
 * middle that keeps the size shows in nothing else, short of reading it all. Times only ever cost a
 * scan; no byte of an index depends on them. -1 when there is none. Any thread. */
int64_t lode_reuse_find(const struct lode_reuse *reuse, const char *locator, const char *name,
                        const char *path);

/* The time at which a build begins to look at its sources, by the clock of file times. Where a
 * source was touched in this very tick of it, at newest, the tick is waited out: else that source
 * could never be told from one that changes after it was read. At most 20 ms. */
void lode_reuse_settle(const struct timespec *newest, struct timespec *now);

#endif
