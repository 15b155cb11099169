/* Owns the question which inputs of a build need no scan, because the older index has their rows
 * and their file was not touched since (SPEC 5.15, 10), and the names those rows bring along. */
#ifndef LODE_LIB_CARRY_H
#define LODE_LIB_CARRY_H

#include "collect.h"
#include "keysort.h"
#include "reuse.h"

/* Where the rows of an input come from. Both -1: it is left out. */
struct lode_origin {
    int64_t old;   /* number of its source in the older index, or -1 */
    int64_t fresh; /* number among the sources scanned by this build, or -1 */
};

/* What was learnt about one source of the older index that is carried over. */
struct lode_carried {
    uint64_t key_count, bases;
};

struct lode_carry {
    const struct lode_seqindex *old; /* NULL: nothing is carried over */
    struct lode_carried *sources;    /* per source of old */
    /* Per contig of old. A source's keys stand from its first contig on: one for each name but
     * duplicates, by hash with seed 0; ordinals as in old. */
    struct lode_name_key *keys;
    const char **names;
};

/* Decides for every input, on up to threads threads: origins[i].old is set, fresh is -1. Locators
 * are opened in dir_fd. What does not check is scanned, never an error; NOMEM. *begun is set to a
 * moment before any source was looked at: what is touched from then on, even while the build reads
 * it, is newer than the index (lib/reuse.h). */
int lode_carry_find(struct lode_carry *carry, const struct lode_reuse *reuse,
                    const struct lode_collection *collection, int dir_fd, int threads,
                    struct lode_origin *origins, struct timespec *begun, struct lode_diag *diag);

void lode_carry_free(struct lode_carry *carry);

#endif
