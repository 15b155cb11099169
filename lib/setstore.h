/* Owns a record store that is a set (SPEC 16.2): its members, opened, and the way from a number or
 * a key to the member that has the record. */
#ifndef LODE_LIB_SETSTORE_H
#define LODE_LIB_SETSTORE_H

#include "members.h"
#include "store.h"

struct lode_store_reader;

struct lode_storeset {
    struct lode_members table;
    lode_store **members; /* table.count of them */
    int *types;           /* types of the members before; count + 1 */
};

/* Opens the members of a set whose file is in store->map, beside it. What it made is freed by
 * lode_store_close, on failure, too. The statuses of lode_store_open; MISSING, STALE of a member.
 */
int lode_storeset_open(lode_store *store, const struct lode_store_open_options *options,
                       struct lode_diag *diag);
void lode_storeset_close(struct lode_storeset *set);

/* Who has a record: the member, its number there, and what comes before: types and places. */
struct lode_store_route {
    const lode_store *store;
    int64_t number, first;
    int types;
};

/* The way to a record by its number in a set: LODE_OK; RANGE; TRUNCATED; CORRUPT where the numbers
 * out of use lie. */
int lode_storeset_route(const lode_store *store, int64_t number, struct lode_store_route *to);

/* Records of a set: places in use. place: the record's number in its member + first. The number of
 * a place; NOT_FOUND when it is out of use; TRUNCATED; CORRUPT where numbers out of use lie. */
int64_t lode_storeset_number(const lode_store *store, int64_t place);

/* The place of a record by its number; the statuses of lode_storeset_route. */
int64_t lode_storeset_place(const lode_store *store, int64_t number);

/* What the public functions do for a set; arguments are checked. */
void lode_storeset_info(const lode_store *store, struct lode_store_info *info);
int64_t lode_storeset_find(const lode_store *store, const void *key, size_t len,
                           struct lode_stored *out, struct lode_diag *diag); /* out may be NULL */
int64_t lode_storeset_find_many(const lode_store *store, const void *const *keys,
                                const size_t *lens, int64_t n, int64_t *numbers);
int lode_storeset_at(const lode_store *store, int64_t number, struct lode_stored *out,
                     struct lode_diag *diag);
int64_t lode_storeset_sizes(const lode_store *store, const int64_t *numbers, int64_t n,
                            int64_t *sizes);
int lode_storeset_key(const lode_store *store, int64_t number, void *buf, size_t cap, size_t *len);
int lode_storeset_type(const lode_store *store, int type, char *buf, size_t cap, size_t *len);
int64_t lode_storeset_get(struct lode_store_reader *reader, int64_t number, void *dst, int64_t cap,
                          struct lode_diag *diag);
int64_t lode_storeset_get_many(struct lode_store_reader *reader,
                               struct lode_store_request *requests, int64_t n, int threads,
                               struct lode_diag *diag);
int lode_storeset_verify(const lode_store *store, lode_finding_fn finding, void *ctx,
                         struct lode_diag *diag);

#endif
