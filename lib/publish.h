/* Owns how a file appears under its name: exclusive temporary in the target directory, write,
 * fsync, rename, fsync of the directory (SPEC 10). Readers see the old file or the new one, whole.
 * Litter of killed writers is removed by the next one; a living writer's file is known by its
 * flock. */
#ifndef LODE_LIB_PUBLISH_H
#define LODE_LIB_PUBLISH_H

#include "lode.h"

#include <stdbool.h>
#include <sys/types.h>

/* A file on its way. */
struct lode_publish {
    int dir_fd, fd;      /* fd: the temporary, open for reading and writing, flock held */
    char base[256];      /* final name inside the directory */
    char temp[256 + 32]; /* temporary's name inside the directory */
    char path[4096];     /* final path as given, for messages */
    pid_t owner; /* the process that began it: a child that it forks leaves the files alone */
    bool fresh;  /* set after begin: what stands at the name by then is not replaced */
};

/* Removes dead litter of base in its directory, then creates the temporary with mode 0666 & ~umask.
 * E_IO (no such directory, no permission, ...) with a message naming the path. */
int lode_publish_begin(struct lode_publish *pub, const char *path, struct lode_diag *diag);

/* fsync, rename over the final name, fsync of the directory, close. On failure the temporary is
 * removed and the old file stays; only where the last step, the fsync of the directory, fails is
 * the new file in place, whole but not yet proof against a power cut. BUSY where fresh is set and
 * another writer's file has come to stand there. */
int lode_publish_commit(struct lode_publish *pub, struct lode_diag *diag);

/* The same, but the new file stays open, and its flock held, until lode_publish_let_go: who locks
 * what stands at the name (lib/lock.h) is kept away from behind the rename on, too. */
int lode_publish_commit_held(struct lode_publish *pub, struct lode_diag *diag);
void lode_publish_let_go(struct lode_publish *pub);

/* Removes the temporary. Harmless after commit or a failed begin. */
void lode_publish_abort(struct lode_publish *pub);

#endif
