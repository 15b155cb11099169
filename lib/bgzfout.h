/* Owns a BGZF file on its way: the text of an input -> chunks of whole blocks -> the file's bytes
 * in order. What textchunk.h does for a file that is there, this does for one that is being made:
 * its chunks can be indexed in the same pass. They are cut where text and block size say, never
 * threads. */
#ifndef LODE_LIB_BGZFOUT_H
#define LODE_LIB_BGZFOUT_H

#include "deflate.h"
#include "textchunk.h"
#include "textin.h"

enum { LODE_BGZFOUT_TEXT = 512 << 10 }; /* text of a chunk, about */

struct lode_bgzfout {
    struct lode_textin in;
    int fd;
    const char *name; /* of the output, for messages */
    int level;
    size_t block, chunk; /* text bytes of each */
    bool restart;        /* blocks of the restart layout, of this code */
    struct lode_litcode code;
    bool sums; /* chunks get sums and CRC of their text, as an index wants them */
    /* and starts of pieces: one of the first blocks is a restart block, of first_code; or else
     * pieces are small. As struct lode_scan_source has them. */
    bool starts, fine;
    struct lode_litcode first_code;
    uint64_t chunks; /* read */
    uint64_t size;   /* bytes written */
};

/* Starts: in_fd gives the text, fd takes the blocks from its own position; names are for messages
 * and outlive this. options: no defaults left to fill in. Whatever it returns, lode_bgzfout_close
 * must follow. Statuses of lode_textin_open. */
int lode_bgzfout_open(struct lode_bgzfout *out, int in_fd, const char *in_name, int fd,
                      const char *name, const struct lode_compress_options *options,
                      struct lode_diag *diag);

/* The next chunk's text; chunk->last where it ends, perhaps with none. In the order of the text,
 * one thread at a time. Statuses of lode_textin_read. */
int lode_bgzfout_read(struct lode_bgzfout *out, struct lode_textchunk *chunk,
                      struct lode_diag *diag);

/* Makes the chunk's blocks, the EOF block at the end of the last. Any thread. NOMEM. */
int lode_bgzfout_pack(const struct lode_bgzfout *out, struct lode_deflate *deflate,
                      struct lode_textchunk *chunk, struct lode_diag *diag);

/* Appends them to the file, which tells where in it the chunk is. In the order of the text, one
 * thread at a time, beside reading. IO. */
int lode_bgzfout_write(struct lode_bgzfout *out, struct lode_textchunk *chunk,
                       struct lode_diag *diag);

/* What an index says of the file: size and fingerprint, once all is written. fd can be read. IO. */
int lode_bgzfout_end(const struct lode_bgzfout *out, struct lode_scan_source *source,
                     struct lode_diag *diag);

/* The descriptors stay open. */
void lode_bgzfout_close(struct lode_bgzfout *out);

#endif
