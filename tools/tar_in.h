/* Owns the bytes of a tar on their way into libarchive. */
#ifndef LODE_TOOL_TAR_IN_H
#define LODE_TOOL_TAR_IN_H

#include <archive.h>
#include <stdint.h>

#include "gz_in.h"

struct tool_tar_in {
    struct tool_gz_in gz; /* not to be moved while open */
    struct archive *tar;  /* entries are had from it */
    char *block;          /* what it was given last */
    size_t len;
    int64_t given; /* bytes, in all */
};

/* Opens a tar, plain or compressed by whatever libarchive knows; of tars that stand one behind the
 * other, all. 0, or an exit status after having reported why. Is to be closed even so. */
int tool_tar_in_open(struct tool_tar_in *in, const char *path);

/* What libarchive takes for the end: is it the end of the file, too? As tool_tar_in_open. */
int tool_tar_in_end(struct tool_tar_in *in);

/* Why reading failed. */
const char *tool_tar_in_why(const struct tool_tar_in *in);

void tool_tar_in_close(struct tool_tar_in *in);

#endif
