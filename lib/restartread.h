/* Owns the way from a text range of a source with restart blocks to proven text (SPEC 6.4, V-8):
 * the pieces that hold it, and nothing before them. */
#ifndef LODE_LIB_RESTARTREAD_H
#define LODE_LIB_RESTARTREAD_H

#include "reader.h"

enum {
    /* Text that a read may need beside its own: what lies before it in a block that has no starts,
     * and the rest of its first and last pieces. */
    LODE_RESTART_ROOM = LODE_BGZF_BLOCK_MAX + (2 << LODE_RESTART_LOG2),
};

/* Why there is no text. */
struct lode_restart_miss {
    struct lode_fault fault; /* other statuses: a row of the index */
    int64_t got;             /* IO: what was read; negative: errno tells */
    uint64_t text_off;       /* STALE, DAMAGED: the proof that failed */
};

/* Proves text [begin, end) of the open source and sets all that tells of it in the reader but
 * text_number. begin < end <= text length; the reader has room for LODE_RESTART_ROOM bytes more.
 * STALE: a block is not the indexed one; DAMAGED: its text is not. IO: also where the file ends too
 * early. NOMEM, CORRUPT, PAGE_SUM, TRUNCATED. */
int lode_restart_text(struct lode_reader *reader, const struct lode_open_source *open,
                      uint64_t begin, uint64_t end, struct lode_restart_miss *miss);

#endif
