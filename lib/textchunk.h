/* Owns a stretch of one source on its way through a build: file bytes -> proven text, with block
 * rows and text sums. A chunk is a whole number of BGZF blocks, or of 64 KiB blocks of plain text,
 * cut at places that depend on the source alone, never on threads. */
#ifndef LODE_LIB_TEXTCHUNK_H
#define LODE_LIB_TEXTCHUNK_H

#include "inflate.h"
#include "litcode.h"
#include "lode.h"

#include <stdbool.h>

enum {
    LODE_CHUNK_FILE = 2 << 20, /* file bytes of a chunk, at most */
    LODE_CHUNK_TEXT = 4 << 20, /* a chunk ends with the block that reaches this much text */
};

/* A source open for indexing. */
struct lode_scan_source {
    int fd;
    const char *path; /* for messages */
    uint64_t size, fingerprint;
    uint16_t kind; /* LODE_KIND_* */
    /* BGZF: how it is laid out, SPEC 5.1. restart: of this code */
    bool restart, fine;
    uint8_t track; /* enum lode_track, set by the caller after it was opened */
    struct lode_litcode code;
};

/* Opens path for indexing: regular files only. Tells plain text from BGZF by content. FORMAT,
 * FOREIGN, NOT_BGZF, MISSING, REFUSED, IO. */
int lode_scan_open(struct lode_scan_source *source, const char *path, struct lode_diag *diag);

/* Looks at the first blocks with text of an open BGZF source, and sets restart, fine and code.
 * *whole: false where the blocks do not follow each other so far that they tell. IO. */
int lode_scan_layout(struct lode_scan_source *source, bool *whole, struct lode_diag *diag);

/* Was the file changed since it was opened? Then IO-class status STALE. Closes it in any case. */
int lode_scan_close(struct lode_scan_source *source, bool check, struct lode_diag *diag);

/* One block of a BGZF chunk. */
struct lode_chunk_block {
    uint32_t file_pos, file_len, header; /* in the chunk's file bytes */
    uint32_t text_pos, text_len, crc;    /* in the chunk's text */
};

struct lode_textchunk {
    uint64_t file_off; /* of the chunk in the source */
    uint8_t *file;
    size_t file_len;
    uint8_t *text;
    size_t text_len, text_cap;
    struct lode_chunk_block *blocks; /* plain text: none */
    size_t block_count, block_cap;
    bool first, last; /* of its source */
    bool eof_marker;  /* last: the source ends with the BGZF EOF block */
    /* set by lode_textchunk_decode, block after block: sums of pieces of 4 KiB, of 1 KiB where the
     * source is `fine`, or of 1 KiB with the piece's start behind it where it is `restart` */
    uint32_t *sums;
    size_t sum_count, sum_cap;
    uint32_t crc; /* of the whole text */
};

void lode_textchunk_free(struct lode_textchunk *chunk);

/* Reads the chunk that starts at file offset off: file bytes and block borders, nothing is
 * inflated. The next one starts at off + file_len. FORMAT where the blocks do not chain. */
int lode_textchunk_read(struct lode_textchunk *chunk, const struct lode_scan_source *source,
                        uint64_t off, struct lode_diag *diag);

/* Inflates, checks ISIZE, CRC and input use of every block, and computes sums and CRC. */
int lode_textchunk_decode(struct lode_textchunk *chunk, const struct lode_scan_source *source,
                          struct lode_inflate *inflate, struct lode_diag *diag);

/* Adds the sums of pieces of 1 << log2 bytes of one block's text[0, n), which is proven. False when
 * out of memory. */
bool lode_textchunk_sum(struct lode_textchunk *chunk, unsigned log2, const uint8_t *text, size_t n);

/* The same with starts, for a block of a source whose restart blocks have this code. */
bool lode_textchunk_starts(struct lode_textchunk *chunk, const struct lode_chunk_block *block,
                           const struct lode_litcode *code);

#endif
