/* Owns the rows that a build may take from the index already there (SPEC 5.15, 10). */
#ifndef LODE_LIB_REUSE_H
#define LODE_LIB_REUSE_H

#include "index.h"

#include <time.h>

/* An older index at the place of the new one, when it is whole and was made with the same options.
 */
struct lode_reuse {
    lode_index *index;    /* NULL: nothing to re-use */
    struct timespec made; /* its sources were looked at after this moment */
    bool had_digests;     /* an index at that place holds digests */
};

/* Opens the index at path, dir_fd being its real directory, and compares its options with opts;
 * then proves all its bytes, for damage
 * must not travel. Anything that is not right means no re-use, never an error. */
void lode_reuse_open(struct lode_reuse *reuse, const char *path, int dir_fd, const char *opts,
                     bool digests, bool packed);
void lode_reuse_prove(struct lode_reuse *reuse, int threads);
void lode_reuse_close(struct lode_reuse *reuse);

/* Is the file at locator in dir_fd the one this row of the older index was made from? It has its
 * size and fingerprint and was not touched since that index was begun: an edit in the middle that
 * keeps the size shows in nothing else, short of reading it all. Times only ever cost a scan; no
 * byte of an index depends on them. What they do not show: a directory above moved into the place
 * of another, and stores through a map that the system has not noticed. Any thread. */
bool lode_reuse_same(const struct lode_reuse *reuse, const struct lode_source_row *row, int dir_fd,
                     const char *locator);

/* A moment that is safely past: no file touched from now on is older, by the clock of this machine
 * and by that of the file system of dir_fd. */
void lode_reuse_clock(int dir_fd, struct timespec *now);

bool lode_reuse_older(const struct timespec *a, const struct timespec *b);

/* Waits until that moment lies behind newest, when a file was touched, and reads it: a file that
 * changes in the very tick in which it was read could never be told from one that did not. At most
 * 20 ms; not at all for a time that lies far ahead. */
void lode_reuse_settle(int dir_fd, const struct timespec *newest, struct timespec *now);

/* What tells one index file in one directory from any other, and from its own copies. 0 when it
 * cannot be had. */
uint64_t lode_reuse_identity(int fd, int dir_fd, uint64_t content_id);

/* The modification time of an index begun at that moment: not behind it, and of a form that tells
 * it from the time a copy or 'touch' gives. */
struct timespec lode_reuse_mark(const struct timespec *begun, uint64_t identity);

#endif
