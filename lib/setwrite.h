/* Owns how a set comes to be and changes: names of members' files, the set's own file published
 * behind them, removal of what no set names any more (SPEC 16). Knows no tenant. The caller holds
 * the lock of the set's file. */
#ifndef LODE_LIB_SETWRITE_H
#define LODE_LIB_SETWRITE_H

#include "members.h"
#include "publish.h"

/* A set on its way. rows: as struct lode_members has them, count of them, without ends. */
struct lode_set_plan {
    int kind; /* LODE_MEMBER_INDEX, LODE_MEMBER_STORE */
    int count;
    struct lode_member rows[LODE_MEMBERS_MAX + 1];
    uint64_t *dead; /* numbers out of use, ascending; the plan's own */
    size_t dead_count;
};

/* Puts a member behind the others, with its own contigs or records and sources. UNSUPPORTED when
 * there is room for no more. */
int lode_set_plan_add(struct lode_set_plan *plan, const char *name, uint64_t content_id,
                      uint64_t file_size, int64_t items, int64_t sources, const char *path,
                      struct lode_diag *diag);

/* Takes over the members of a set that is open, whose file is in map. NOMEM, TRUNCATED. */
int lode_set_plan_from(struct lode_set_plan *plan, const struct lode_members *members,
                       const struct lode_map *map, struct lode_diag *diag);
void lode_set_plan_free(struct lode_set_plan *plan);

/* The name of a member of the set whose own file is called base: of its content alone, so that no
 * member is ever written over by another. ARG when base is too long. */
int lode_set_member_name(char name[LODE_MEMBER_NAME_MAX + 1], const char *base, uint64_t content_id,
                         struct lode_diag *diag);

/* Gives the temporary file, finished, the name of a member, in place of the one that it was begun
 * for, and publishes it. *name, *file_size are set. Statuses of lode_publish_commit; ARG. */
int lode_set_publish_member(struct lode_publish *pub, uint64_t content_id,
                            char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size,
                            struct lode_diag *diag);

/* Gives the file at path, open as fd, the name of a member beside the one that it has. IO, ARG. */
int lode_set_adopt(const char *path, int fd, uint64_t content_id,
                   char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size,
                   struct lode_diag *diag);

/* Publishes the set at path; then removes members that it does not name. */
int lode_set_publish(const struct lode_set_plan *plan, const char *path, uint64_t *content_id,
                     struct lode_diag *diag);

/* Before something else takes the place of the file at path: where that is a set, or files of one
 * lie about, *was_set, and *lock is a descriptor that locks it; else -1. BUSY where another writer
 * is at work on it. */
int lode_set_replaced(const char *path, int *lock, bool *was_set, struct lode_diag *diag);

/* Removes files named as members of the set at path, but for the count that rows names: for when
 * something else was published in its place. What cannot be removed does no harm. */
void lode_set_sweep(const char *path, const struct lode_member *rows, int count);

#endif
