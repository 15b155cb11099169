/* Owns the files of members on disk: their names, how they come to have them, and the removal of
 * what no set names any more (SPEC 16.3). Knows no tenant. The caller holds the lock of the set's
 * file. */
#ifndef LODE_LIB_SETFILES_H
#define LODE_LIB_SETFILES_H

#include "members.h"
#include "publish.h"

/* The name of a member of the set whose own file is called base: of its content alone, so that no
 * member is ever written over by another. ARG when base is too long. */
int lode_set_member_name(char name[LODE_MEMBER_NAME_MAX + 1], const char *base, uint64_t content_id,
                         struct lode_diag *diag);

/* Before the work: can the file at path be a set, by the length of its name? ARG, IO. */
int lode_set_name_fits(const char *path, struct lode_diag *diag);

/* Gives the temporary file, finished, the name of a member, in place of the one that it was begun
 * for, and publishes it. *name, *file_size are set. Statuses of lode_publish_commit; ARG. */
int lode_set_publish_member(struct lode_publish *pub, uint64_t content_id,
                            char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size,
                            struct lode_diag *diag);

/* Gives the file at path, open as fd, the name of a member beside the one that it has. IO, ARG. */
int lode_set_adopt(const char *path, int fd, uint64_t content_id,
                   char name[LODE_MEMBER_NAME_MAX + 1], uint64_t *file_size,
                   struct lode_diag *diag);

/* lode_publish_commit of a file that takes the place of a set at path, or is one; then removes
 * files named as members of it, but for the count that rows names, while the new file's lock still
 * keeps the next writer away. What cannot be removed does no harm. */
int lode_set_commit(struct lode_publish *pub, const char *path, const struct lode_member *rows,
                    int count, struct lode_diag *diag);

/* Removes such files, but for those that rows names, while the caller holds the lock of what stands
 * at path. */
void lode_set_sweep(const char *path, const struct lode_member *rows, int count);

/* Are there files named as members of the set at path? */
bool lode_set_litter(const char *path);

#endif
