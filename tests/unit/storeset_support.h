/* Owns what the tests of sets of record stores share: a plain list of what the store should hold,
 * sessions of puts, replacements and removals in both, and their comparison. */
#ifndef LODE_TESTS_STORESET_SUPPORT_H
#define LODE_TESTS_STORESET_SUPPORT_H

#include "support.h"

enum { LIVE_MAX = 4000, VALUE_MAX = 300, KEYS = 900 };

/* A record that the store should hold, in the order of numbers. */
struct item {
    int key; /* of KEYS; without keys what it is told apart by */
    int version, type;
};
extern struct item live[LIVE_MAX];
extern int live_count, live_kind; /* kind: of keys; set before a store is made */

size_t key_of(int k, char key[32]);
size_t value_of(const struct item *item, uint8_t value[VALUE_MAX]);
void forget(int i);

/* By number, by key, in batches, verified: the store holds these and no others. */
void check_all(const lode_store *store, const struct item *items, int n);

lode_store *open_store(const char *path);
struct lode_store_options options_of(int codec);
void session(lode_store_writer *w, struct rng *rng);
void make_set(const char *path, int codec); /* of four files */
int count_files(void);                      /* in tmp_root */

#endif
