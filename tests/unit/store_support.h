/* Owns what the tests of record stores share: records that are known, stores of them, and the
 * asking of a store in every way. */
#ifndef LODE_TESTS_STORE_SUPPORT_H
#define LODE_TESTS_STORE_SUPPORT_H

#include "support.h"

enum { RECORDS = 700, LONGEST = 3000, RECORD_TYPES = 4 };

/* Records made from a seed, kept beside the store as what is right. */
struct records {
    struct bytes data[RECORDS];
    char keys[RECORDS][24];
    size_t key_lens[RECORDS];
    int types[RECORDS];
    size_t count;
};
extern struct records right;
extern const char *const record_types[RECORD_TYPES]; /* NULL: none */
extern uint8_t store_dictionary[4096];

/* Fills `right`, with keys of this kind (enum lode_store_keys); frees its memory. */
void records_make(uint64_t seed, int keys);
void records_free(void);

/* Each fails the test when the library does not succeed. store_put_all: the first right.count. */
lode_store_writer *store_create(const char *path, const struct lode_store_options *options);
void store_put_all(lode_store_writer *writer);
lode_store *store_publish(lode_store_writer *writer);

/* Asks for every record by number, key and batch, and compares with `right`. */
void store_check(const lode_store *store, const struct lode_store_options *options);

/* A dictionary from `right` in store_dictionary: its size. */
size_t store_train(void);

/* Records '0', '1'... under these keys, into words.lode. */
lode_store_writer *store_put_words(const char *const *words, size_t n, int unique);

#endif
