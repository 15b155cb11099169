/* Owns what of an index a read of packed bases needs, in memory: rows of BINS, CASE and EXCP for a
 * stretch of the contig, bytes of BASE, all proven (SPEC 5.14, 6.5). Decoding is packedread.h's. */
#ifndef LODE_LIB_PACKEDLOAD_H
#define LODE_LIB_PACKEDLOAD_H

#include "packed.h"
#include "reader.h"
#include "unpack.h"

enum {
    LODE_PACKED_BYTES = 1 << 20, /* of BASE, that are copied or read at a time */
    LODE_PACKED_ROOM = LODE_PACKED_BYTES + (2 << LODE_PAGE_LOG2), /* whole pages, to prove them */
    LODE_PACKED_ROWS = 2 * LODE_PACKED_MAX, /* so that one stretch more fits behind a full one */
};

/* A reader's memory for such reads, made by the first one. Rows are of all stretches of the read
 * when they fit, else of one; places in them count from base rows_begin of the contig. */
struct lode_packed_scratch {
    uint64_t rows_begin, rows_end;
    bool lower; /* case at rows_begin */
    uint32_t change_count, run_count;
    uint64_t begin, end;  /* bytes of BASE at hand */
    const uint8_t *bytes; /* of begin: in the map, or in room */
    uint32_t changes[LODE_PACKED_ROWS];
    struct lode_packed_run runs[LODE_PACKED_ROWS];
    uint8_t room[LODE_PACKED_ROOM + LODE_UNPACK_SLACK];
};

/* One read: bases [begin, end) of a contig. Set these five. */
struct lode_packed_load {
    struct lode_reader *reader;
    const struct lode_contig *contig;
    uint64_t begin, end;
    bool by_case; /* changes of case are wanted */
    /* set by lode_packed_load_begin */
    struct lode_packed_scratch *scratch;
    struct lode_source buf;
    const struct lode_source *source;
    uint64_t first; /* byte of BASE where the contig begins */
    struct lode_fault fault;
};

/* First byte of BASE of base p of the contig, and the one behind base p - 1. */
uint64_t lode_packed_byte(const struct lode_packed_load *load, uint64_t p);
uint64_t lode_packed_byte_behind(const struct lode_packed_load *load, uint64_t p);

/* End of the stretch that begins at base p: reads are cut into stretches from their begin on. */
uint64_t lode_packed_stretch_end(const struct lode_packed_load *load, uint64_t p);

/* Proves all that the read needs, so that what is wrong shows before the first base is stored; a
 * read of one stretch is loaded then. PAGE_SUM, CORRUPT, TRUNCATED, FEATURE, IO, NOMEM. */
int lode_packed_load_begin(struct lode_packed_load *load, struct lode_diag *diag);

/* Loads the stretch that begins at base p, unless it is there. Fails only where the index file was
 * cut short, or cannot be read, since lode_packed_load_begin. */
int lode_packed_load_stretch(struct lode_packed_load *load, uint64_t p, struct lode_diag *diag);

#endif
