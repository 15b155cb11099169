/* Owns the writing of a container file from finished tables: sections one behind the other, page
 * sums on the way, header and directory last (SPEC 3, 4, 8.4). */
#ifndef LODE_LIB_ASSEMBLE_H
#define LODE_LIB_ASSEMBLE_H

#include "container.h"
#include "lode.h"

/* One section to write: its bytes, and the directory fields that are not computed. */
struct lode_part {
    uint32_t id, flags, stride, param;
    const uint8_t *data;
    uint64_t len;
    bool always; /* write it even when it is empty */
};

/* Writes the parts, then PSUM, to fd from offset 0. path is for messages. *content_id is set. */
int lode_assemble(int fd, const struct lode_part *parts, size_t n, const char *path,
                  uint64_t *content_id, struct lode_diag *diag);

#endif
