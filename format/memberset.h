/* Owns a set: rows that name the files which answer together, in order (SPEC 16). Rows are checked
 * when they are returned. */
#ifndef LODE_FORMAT_MEMBERSET_H
#define LODE_FORMAT_MEMBERSET_H

#include "container.h"

/* A row of MSET, decoded. */
struct lode_member_row {
    uint64_t path_off, content_id, file_size, first, source;
    uint32_t path_len, kind;
};

/* A set of a validated container. data stays the caller's. Safe to share between threads. */
struct lode_memberset {
    struct lode_container box;
    struct lode_rows members, strings, dead; /* members: with the end row */
    uint64_t count;
};

void lode_member_decode(const uint8_t *p, struct lode_member_row *row);
void lode_member_encode(uint8_t *p, const struct lode_member_row *row);

/* May a file of a set have this name? One of the set's own directory: no '/', not "." or "..", no
 * NUL, 1 to LODE_MEMBER_NAME_MAX bytes. */
bool lode_member_name_ok(const uint8_t *name, uint64_t n);

/* The set of a container. LAYOUT; NOT_FOUND when it holds none. O(sections); no row is touched. */
int lode_memberset_parse(const struct lode_container *box, struct lode_memberset *out,
                         struct lode_fault *fault);

/* Member i < count: its row, the end of its numbers in *end, its name, which a NUL follows.
 * FEATURE, CORRUPT, REFUSED (a name that leaves the directory). */
int lode_memberset_member(const struct lode_memberset *set, uint64_t i, struct lode_member_row *row,
                          struct lode_member_row *end, const uint8_t **name,
                          struct lode_fault *fault);

/* Row i of MDED, below its count; and n rows of it to dst. */
uint64_t lode_memberset_dead_at(const struct lode_memberset *set, uint64_t i);
void lode_memberset_put_dead(uint8_t *dst, const uint64_t *dead, uint64_t n);

/* Numbers that are out of use and below `number`: how many rows of MDED. They ascend. O(log). */
uint64_t lode_memberset_dead_below(const struct lode_memberset *set, uint64_t number);

/* The number that has `rank` numbers in use before it, itself in use. O(log). */
uint64_t lode_memberset_nth(const struct lode_memberset *set, uint64_t rank);

/* All rows, and what no reader needs: M-9, M-10. O(rows). The statuses of lode_memberset_member. */
int lode_memberset_verify(const struct lode_memberset *set, struct lode_fault *fault);

#endif
