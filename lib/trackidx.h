/* Owns the text file beside a track that says where each contig's values begin: lines
 * "contig<TAB>byte offset in the track", ascending, the last one without a name. */
#ifndef LODE_LIB_TRACKIDX_H
#define LODE_LIB_TRACKIDX_H

#include "lode.h"
#include "records.h"

#include <stdbool.h>

struct lode_trackidx {
    char *path; /* of the file, for messages */
    struct lode_contig_entry *contigs;
    size_t count, cap;
    uint8_t *names; /* with NULs */
    size_t names_len, names_cap;
    uint64_t end; /* offset of the last line */
    bool ended;
};

/* Reads TRACK.idx into contig rows: values of this type, enum lode_track. FORMAT with the line,
 * MISSING, IO, NOMEM. Whatever it returns, lode_trackidx_free must follow; on zeroed memory too. */
int lode_trackidx_read(struct lode_trackidx *idx, const char *path, int track,
                       struct lode_diag *diag);

/* Hands the rows over to the stretch that ends the track, whose text has text_len bytes. FORMAT
 * where that is another length. */
int lode_trackidx_take(struct lode_trackidx *idx, uint64_t text_len, struct lode_stretch *stretch,
                       struct lode_diag *diag);

void lode_trackidx_free(struct lode_trackidx *idx);

#endif
