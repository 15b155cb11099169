/* Owns an index that is a set (SPEC 16): its members, opened, and the way from its numbers to
 * theirs. Public functions that take a number ask for the way first; those that take a name, or
 * many numbers, have a form for sets here. */
#ifndef LODE_LIB_SETINDEX_H
#define LODE_LIB_SETINDEX_H

#include "index.h"
#include "members.h"

struct lode_indexset {
    struct lode_members table;
    lode_index **members; /* table.count of them */
};

/* Opens the members of a set whose file is in ix->map, which lie in dir_fd. What it made is freed
 * by lode_close, on failure, too. Statuses of lode_open; MISSING, STALE of a member. */
int lode_indexset_open(lode_index *ix, int dir_fd, const struct lode_open_options *options,
                       struct lode_diag *diag);
void lode_indexset_close(struct lode_indexset *set);

/* Who answers for a number, and how many contigs and sources come before its own: they are taken
 * from a number that is asked with, and added to one that is answered. An index by itself answers
 * for itself; a set does for numbers that there are not. */
struct lode_route {
    const lode_index *index;
    int64_t contig, source;
};

struct lode_route lode_indexset_route(const lode_index *set, int64_t number, bool by_source);

static inline struct lode_route lode_route_contig(const lode_index *index, int64_t id)
{
    const struct lode_route own = {index, 0, 0};
    return index->set == NULL ? own : lode_indexset_route(index, id, false);
}

static inline struct lode_route lode_route_source(const lode_index *index, int64_t source)
{
    const struct lode_route own = {index, 0, 0};
    return index->set == NULL ? own : lode_indexset_route(index, source, true);
}

/* As seen from the member of the route. */
static inline struct lode_contig lode_route_down(const struct lode_route *to,
                                                 const struct lode_contig *contig)
{
    struct lode_contig own = *contig;
    own.id -= to->contig;
    own.source -= to->source;
    return own;
}

/* As seen from the set. */
static inline void lode_route_up(const struct lode_route *to, struct lode_contig *contig)
{
    contig->id += to->contig;
    contig->source += to->source;
}

/* Says why a name was not found, or in several sources; statuses of another kind stay as they were
 * told. Returns status. */
int lode_find_explain(const lode_index *index, int status, const char *name, size_t len,
                      struct lode_diag *diag);

/* lode_find, lode_find_many, lode_find_source, lode_find_digest, lode_verify of a set; arguments
 * are checked. */
int lode_indexset_find(const lode_index *index, int64_t source, const char *name, size_t len,
                       struct lode_contig *out, struct lode_diag *diag);
int64_t lode_indexset_find_many(const lode_index *index, const int64_t *sources,
                                const char *const *names, const size_t *lens, int64_t n,
                                struct lode_contig *out, int *status);
int lode_indexset_find_source(const lode_index *index, const char *name, size_t len,
                              int64_t *source);
int lode_indexset_find_digest(const lode_index *index, const char *digest, size_t len,
                              struct lode_contig *out, struct lode_diag *diag);
int lode_indexset_verify(const lode_index *index, const struct lode_verify_options *options,
                         struct lode_diag *diag);

#endif
