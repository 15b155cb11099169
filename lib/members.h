/* Owns the table of a set (SPEC 16) once it is read: which files, in what order, with what numbers.
 * Knows no tenant. */
#ifndef LODE_LIB_MEMBERS_H
#define LODE_LIB_MEMBERS_H

#include "lode.h"
#include "map.h"
#include "memberset.h"
#include "proof.h"

/* A member, out of the map. */
struct lode_member {
    char name[LODE_MEMBER_NAME_MAX + 1]; /* of its file, in the directory of the set */
    uint64_t content_id, file_size;
    int64_t first, source; /* contigs or records, and sources, of the members before */
};

/* Must not be moved: the proof points into it. */
struct lode_members {
    struct lode_memberset view;
    struct lode_proof proof;
    int kind; /* LODE_MEMBER_INDEX, LODE_MEMBER_STORE */
    int count;
    struct lode_member *rows; /* count + 1; the last holds the ends */
};

/* Is the first section of this file that of a set? Writers put it there. One read. */
bool lode_members_begin(int fd);

/* Is the file in this map a set? What is damaged is none. */
bool lode_members_there(const struct lode_map *map);

/* LODE_OK: the file at path is a set of record stores, whatever became of its members. Else
 * NOT_FOUND, or the statuses of lode_members_read; IO. */
int lode_members_of_stores(const char *path, struct lode_diag *diag);

/* Reads the table from the map, which outlives it, every byte of it proven. LAYOUT, FEATURE,
 * CORRUPT, PAGE_SUM, REFUSED, NOMEM; NOT_FOUND when the file holds no set. */
int lode_members_read(struct lode_members *members, const struct lode_map *map, const char *path,
                      struct lode_diag *diag);
/* Every byte and row of the set's own file. *fault is the first thing found. */
int lode_members_verify(const struct lode_members *members, const struct lode_map *map,
                        struct lode_fault *fault);
void lode_members_free(struct lode_members *members);

/* Opens the file of member i in dir_fd: a descriptor. MISSING, STALE (of another size), IO. */
int lode_members_open(const struct lode_members *members, int i, int dir_fd, const char *path,
                      struct lode_diag *diag);

/* The directory that the set at path really lies in, as O_PATH descriptor. IO. */
int lode_members_dir(const char *path, struct lode_diag *diag);

/* The path of a member of the set at path, for messages: beside it. Malloced; NULL when out of
 * memory. */
char *lode_members_path(const char *path, const char *name);

/* The member that `number` of them (contigs, records; sources with by_source) belongs to; the last
 * one when it is past the end, the first when below 0. */
int lode_members_of(const struct lode_members *members, int64_t number, bool by_source);

#endif
