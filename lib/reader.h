/* Owns the inside of lode_reader and the way from a text range to proven text in memory. */
#ifndef LODE_LIB_READER_H
#define LODE_LIB_READER_H

#include "index.h"
#include "inflate.h"
#include "plan.h"
#include "restart.h"
#include "setindex.h"

enum {
    LODE_READER_FILE = 256 << 10, /* compressed bytes read at a time: four blocks at least */
    LODE_READER_TEXT = 256 << 10, /* text held at first; grows with the request */
};

struct lode_packed_scratch;
struct lode_unpack;

/* One source held open. stamp orders the set by last use. */
struct lode_open_source {
    const lode_index *index; /* whose source it is */
    int64_t number;
    uint64_t stamp;
    int fd;
    struct lode_source source;
    struct lode_restart *restart; /* the code of its restart blocks, once it was needed */
};

struct lode_reader {
    const struct lode_index *whole; /* what it was made for */
    const struct lode_index *index; /* the same, or the member of that set which is read */
    struct lode_inflate *inflate;
    const struct lode_unpack *unpack;
    struct lode_packed_scratch *packed; /* made by the first read of packed bases */
    struct lode_open_source *open;
    int open_count, open_max;
    uint64_t clock;
    /* Compressed bytes [file_off, file_off + file_len) of source file_number. */
    uint8_t *file;
    uint64_t file_off, file_len;
    int64_t file_number;
    /* Proven text [text_off, text_end) of source text_number; byte 0 of text is at text_base. */
    uint8_t *text;
    size_t text_cap;
    uint64_t text_base, text_off, text_end;
    int64_t text_number;
    /* Text [part_begin, part_end) of the block that was last decoded only in part. */
    uint64_t part_begin, part_end;
    /* In a batch: text offset to which the last unit of the next read should be decoded, since
     * later reads look there; further than the read's own end or not, but not 0. Else 0. */
    uint64_t reach;
    /* For batches, kept from one to the next: the plan, and readers of threads other than the
     * first, made when first used. */
    struct lode_plan plan;
    struct lode_reader **helpers;
    int helper_count;
};

/* Turns the reader to a member of its set, or another set's; what it holds of other members stays
 * open. */
void lode_reader_use(struct lode_reader *reader, const lode_index *index);

/* The way to a contig or source of what the reader was made for; the reader is turned there. */
struct lode_route lode_reader_to_contig(struct lode_reader *reader, int64_t id);
struct lode_route lode_reader_to_source(struct lode_reader *reader, int64_t source);

/* The open source; stays valid until the next call. On failure *status tells and NULL returns. */
const struct lode_open_source *lode_reader_source(struct lode_reader *reader, int64_t number,
                                                  int *status, struct lode_diag *diag);

/* Bytes of text that a source has; the source is not opened where the index holds packed bases. */
int lode_reader_text_len(struct lode_reader *reader, int64_t number, uint64_t *len,
                         struct lode_diag *diag);

/* Text [begin, end) of a source, proven (SPEC 6.4), contiguous in the reader's memory until the
 * next call. begin < end <= text length. Memory grows with end - begin. STALE, DAMAGED, CORRUPT,
 * IO, NOMEM. */
int lode_reader_text(struct lode_reader *reader, int64_t number, uint64_t begin, uint64_t end,
                     const uint8_t **text, struct lode_diag *diag);

/* Drops the text that is held: the next read starts like a new reader's. */
void lode_reader_forget(struct lode_reader *reader);

/* Frees the readers of a batch's other threads. */
void lode_reader_drop_helpers(struct lode_reader *reader);

#endif
