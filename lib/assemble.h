/* Owns the writing of a container file from finished tables: sections one behind the other, page
 * sums on the way, by several threads, header and directory last (SPEC 3, 4, 8.4). */
#ifndef LODE_LIB_ASSEMBLE_H
#define LODE_LIB_ASSEMBLE_H

#include "container.h"
#include "lode.h"

/* Bytes of a section, one piece behind the other. */
struct lode_piece {
    const uint8_t *data;
    uint64_t len;
    uint32_t shift; /* added to the part's number field of every row, modulo 2^32 */
};

/* One section to write: its bytes, and the directory fields that are not computed. */
struct lode_part {
    uint32_t id, flags, stride, param, group;
    struct lode_piece *pieces;
    size_t piece_count;
    uint32_t number_at; /* offset of a 32-bit number in each row, where a piece has a shift */
    bool always;        /* write it even when it is empty */
};

enum { LODE_PARTS_MAX = 1000 };

/* Writes the parts, at most LODE_PARTS_MAX of them, then PSUM, to fd from offset 0, on up to
 * threads threads. path is for messages. *content_id is set. */
int lode_assemble(int fd, const struct lode_part *parts, size_t n, int threads, const char *path,
                  uint64_t *content_id, struct lode_diag *diag);

#endif
