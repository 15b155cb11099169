/* Owns opening one source of an index: locator -> descriptor of the file that was indexed, proven
 * by size and fingerprint (SPEC 5.1, 12). */
#ifndef LODE_LIB_SOURCEFILE_H
#define LODE_LIB_SOURCEFILE_H

#include "index.h"

/* Opens source number i, whose row is *source, for reading. Returns the descriptor, or a negative
 * status: MISSING, REFUSED, STALE, IO, CORRUPT, with a message that names the path tried. errno is
 * EMFILE when the process or the machine has no descriptor left. */
int lode_sourcefile_open(const struct lode_index *index, const struct lode_source *source,
                         struct lode_diag *diag);

/* Size and fingerprint of the open file against the row: LODE_OK, STALE or IO. */
int lode_sourcefile_check(int fd, const struct lode_source_row *row, const char *path,
                          struct lode_diag *diag);

/* Fingerprint of the open regular file of this size (SPEC 5.1). 0, or -1 with errno (0 = file is
 * shorter than size). */
int lode_sourcefile_fingerprint(int fd, uint64_t size, uint64_t *fingerprint);

/* The locator, for messages; never fails, at most cap - 1 bytes. */
const char *lode_sourcefile_name(const struct lode_index *index, const struct lode_source *source,
                                 char *buf, size_t cap);

#endif
