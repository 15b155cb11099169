/* Owns how failures are described: fills struct lode_diag. */
#ifndef LODE_LIB_DIAG_H
#define LODE_LIB_DIAG_H

#include "lode.h"
#include "status.h"

#include <stdbool.h>

struct lode_map;

/* Fills *diag (NULL allowed) with status and a formatted sentence, rule and section empty; returns
 * status. sys_errno 0. */
int lode_diag_set(struct lode_diag *diag, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: status LODE_E_IO (or LODE_E_NOMEM for ENOMEM), the current
 * errno kept and its text appended: "PATH: cannot open: No such file or directory". */
int lode_diag_errno(struct lode_diag *diag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What format/ found wrong in the index file at path. */
int lode_diag_fault(struct lode_diag *diag, const char *path, const struct lode_fault *fault);

/* The same for a file of records. */
int lode_diag_store_fault(struct lode_diag *diag, const char *path, const struct lode_fault *fault);

/* The same for a set. */
int lode_diag_members_fault(struct lode_diag *diag, const char *path,
                            const struct lode_fault *fault);

/* The same for what could not be opened: a file that was to be an index, or else a store, by what
 * it is as far as that can be seen. */
int lode_diag_open_fault(struct lode_diag *diag, const char *path, const struct lode_map *map,
                         bool index, const struct lode_fault *fault);

#endif
