/* Owns the question which inputs of a build need no scan, because the older index has their rows
 * and their file was not touched since (SPEC 5.15, 10). */
#ifndef LODE_LIB_CARRY_H
#define LODE_LIB_CARRY_H

#include "collect.h"
#include "reuse.h"

/* Where the rows of an input come from. Both -1: it is left out. */
struct lode_origin {
    int64_t old;   /* number of its source in the older index, or -1 */
    int64_t fresh; /* number among the sources scanned by this build, or -1 */
};

/* Decides for every input, on up to threads threads: origins[i].old is set, fresh is -1. Locators
 * are opened in dir_fd. What does not check is scanned, never an error. *begun is set to a moment
 * before any source was looked at: what is touched from then on, even while the build reads it, is
 * newer than the index (lib/reuse.h). */
void lode_carry_find(const struct lode_reuse *reuse, const struct lode_collection *collection,
                     int dir_fd, int threads, struct lode_origin *origins, struct timespec *begun);

#endif
