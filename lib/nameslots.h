/* Owns the way from the keys of names to the slots of one name table (SPEC 5.6). */
#ifndef LODE_LIB_NAMESLOTS_H
#define LODE_LIB_NAMESLOTS_H

#include "keysort.h"
#include "spool.h"

/* In a key's contig: its name has more of them, this is the first. */
#define LODE_KEY_MORE (1ULL << 63)

/* Functions below find the name of a key at names[contig]. */

void lode_keys_hash(struct lode_name_key *keys, size_t n, const char *const *names, uint8_t seed);

/* Keys by hash -> by (hash, name). Equal hashes are next to never different names, but may be.
 * False when more than LODE_NAME_PROBE_MAX names share one: no table holds them, the keys are in no
 * order then. */
bool lode_keys_order_ties(struct lode_name_key *keys, size_t n, const char *const *names);

/* The same, but of each name only the first key is kept, and marked when there were more. Equal
 * hashes are in contig order. *n becomes the number of keys kept. */
bool lode_keys_distinct(struct lode_name_key *keys, size_t *n, const char *const *names);

/* Appends a table of name_count names, entries from keys by (hash, name). Ordinals are taken
 * relative to base. *longest is raised to the longest probe. 0, or -1 with errno. */
int lode_keys_emit(struct lode_spool *spool, const struct lode_name_key *keys, size_t n,
                   uint64_t name_count, uint64_t base, uint32_t *longest);

#endif
