/* Owns how a set comes to be and changes: the members it will have, and its own file published
 * behind theirs (SPEC 16). Knows no tenant. The caller holds the lock of the set's file. */
#ifndef LODE_LIB_SETWRITE_H
#define LODE_LIB_SETWRITE_H

#include "members.h"
#include "setfiles.h"

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

/* Takes over the members of a set that is open, whose file is in map and must be sound in all that
 * no reader needs, too. NOMEM; the statuses of lode_members_verify. */
int lode_set_plan_from(struct lode_set_plan *plan, const struct lode_members *members,
                       const struct lode_map *map, const char *path, struct lode_diag *diag);
void lode_set_plan_free(struct lode_set_plan *plan);

/* Publishes the set at path in place of the file that lock locks; then removes members that it does
 * not name. BUSY where another file has come to stand there, by one who asks for no lock. */
int lode_set_publish(const struct lode_set_plan *plan, const char *path, int lock,
                     uint64_t *content_id, struct lode_diag *diag);

/* After a failure: removes members that were made for a set at path which did not come to be. lock
 * locks what stood there, whose members rows names, count of them. */
void lode_set_undo(const char *path, int lock, const struct lode_member *rows, int count);

/* Is the file at path a set, or do files of one lie about? */
bool lode_set_stands(const char *path);

/* Before something else takes the place of the file at path: where that is a set, or files of one
 * lie about, *was_set, and *lock is a descriptor that locks it; else -1. BUSY where another writer
 * is at work on it. */
int lode_set_replaced(const char *path, int *lock, bool *was_set, struct lode_diag *diag);

#endif
