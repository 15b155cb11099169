/* Owns the rule that a file has one writer at a time, who replaces it. */
#ifndef LODE_LIB_LOCK_H
#define LODE_LIB_LOCK_H

#include "lode.h"

#include <stdbool.h>

/* Opens the file at path for reading and locks it: the lock goes with the descriptor. A writer
 * before us may have replaced the file meanwhile: what is locked is what stands at path when this
 * returns. -1 and *status: BUSY where another writer has the lock, IO. */
int lode_lock_file(const char *path, int *status, struct lode_diag *diag);

/* Is the file of the descriptor, locked or not, the one that stands at path? */
bool lode_lock_holds(const char *path, int fd);

/* Closes it. The lock goes, too, where a child of fork has the descriptor as well. */
void lode_unlock_file(int fd);

#endif
