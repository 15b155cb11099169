/* Owns the gathering of contig names for the name tables of a build, from scanned tables and from
 * rows of an older index. */
#ifndef LODE_LIB_NAMEGATHER_H
#define LODE_LIB_NAMEGATHER_H

#include "keysort.h"
#include "merge.h"

/* Names of contigs, all by the numbers of the new index. */
struct lode_name_set {
    const char **names; /* by contig number; set where gathered */
    uint64_t contig_count;
    /* A source's keys, of all its names but duplicates, by hash with seed 0, stand from its first
     * contig's place on: key_counts[source] of them. */
    struct lode_name_key *keys;
    uint64_t *key_counts;
};

/* Names of all sources, or only of those this build scanned, on up to threads threads. CORRUPT when
 * a name of the older index does not check, NOMEM, IO. The set is freed whatever happened. */
int lode_names_gather(struct lode_name_set *set, const struct lode_merge *merge, bool all,
                      int threads, struct lode_diag *diag);
void lode_names_drop(struct lode_name_set *set);

/* All keys of a set one behind the other, to be freed, *n of them; NULL when out of memory. */
struct lode_name_key *lode_names_keys(const struct lode_name_set *set,
                                      const struct lode_merge *merge, size_t *n);

#endif
