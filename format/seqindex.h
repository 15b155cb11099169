/* Owns the view of a sequence index inside a container: which section holds which table, and row
 * accessors that return only rows that passed their checks (SPEC 5, 8.2). */
#ifndef LODE_FORMAT_SEQINDEX_H
#define LODE_FORMAT_SEQINDEX_H

#include "container.h"
#include "nametable.h"
#include "rows.h"

/* Bytes inside the image, followed by a NUL. */
struct lode_bytes {
    const uint8_t *data;
    uint32_t len;
};

/* A source with the ends of its rows: begin of the next source row. */
struct lode_source {
    struct lode_source_row row;
    struct lode_begins end;
};

struct lode_seqindex {
    struct lode_container box;
    uint64_t source_count, contig_count;
    struct lode_rows srce, sstr, opts, ctig, name, tnam, gnam, snam, blok, sums, bins, kase, excp,
        gaps, digs, desc;
    struct lode_rows base;   /* packed bases, without the zeros behind them; none: not packed */
    uint64_t gnam_names;     /* distinct names in GNAM */
    struct lode_source only; /* with one source: its row, checked once, when it was sound */
    bool has_only;
    bool packed; /* BASE is there: bases are read from it, the sources are not touched */
    uint32_t tnam_param, gnam_param, snam_param;
};

/* Validates the container at [data, data + size) and finds the tables. O(sections): touches header,
 * directory and the last source row, and GNAM's last row. Errors as lode_container_parse, LAYOUT
 * when a required section is missing or a stride is unknown. */
int lode_seqindex_parse(const uint8_t *data, uint64_t size, struct lode_seqindex *out,
                        struct lode_fault *fault);

/* Source i < source_count with every begin <= its end <= the table's count. CORRUPT otherwise. */
int lode_source_get(const struct lode_seqindex *ix, uint64_t i, struct lode_source *out,
                    struct lode_fault *fault);

/* Locator and NAME of a source that lode_source_get returned; NULs checked. */
int lode_source_strings(const struct lode_seqindex *ix, const struct lode_source *source,
                        struct lode_bytes *path, struct lode_bytes *name, struct lode_fault *fault);

/* Contig i < contig_count and its source. Geometry is consistent: the last base lies inside the
 * source's text. CORRUPT otherwise. */
int lode_contig_get(const struct lode_seqindex *ix, uint64_t i, struct lode_contig_row *row,
                    struct lode_source *source, struct lode_fault *fault);

/* The same without copying the source where it is kept already: *source is then not buf. */
int lode_source_ref(const struct lode_seqindex *ix, uint64_t i, struct lode_source *buf,
                    const struct lode_source **source, struct lode_fault *fault);
int lode_contig_ref(const struct lode_seqindex *ix, uint64_t i, struct lode_contig_row *row,
                    struct lode_source *buf, const struct lode_source **source,
                    struct lode_fault *fault);

/* Does the row's geometry hold inside a text of text_len bytes? */
bool lode_contig_check(const struct lode_contig_row *row, uint64_t text_len);

/* Name of a contig that lode_contig_get returned. */
int lode_contig_name_bytes(const struct lode_seqindex *ix, const struct lode_contig_row *row,
                           const struct lode_source *source, struct lode_bytes *name,
                           struct lode_fault *fault);

/* Rest of the header line: lead bytes, then what follows the name. */
int lode_contig_desc_bytes(const struct lode_seqindex *ix, const struct lode_contig_row *row,
                           const struct lode_source *source, const uint8_t **desc, uint32_t *len,
                           struct lode_fault *fault);

/* One lookup of a contig by name; source = -1: by name alone. Fill in the first four fields, then
 * start and finish; between them the steps of several lookups may be taken in turn, so that their
 * memory accesses overlap. */
struct lode_lookup {
    const struct lode_seqindex *ix;
    int64_t source;
    const void *name;
    size_t len;
    uint64_t hash, contig; /* contig: the answer, or the candidate that lode_lookup_row found */
    struct lode_nametable table;
    bool known; /* the table could be told */
    bool sound; /* the same, and contig is a candidate */
};

/* Hashes the name and asks for its slot. */
void lode_lookup_start(struct lode_lookup *lookup);
/* Reads the slot, asks for the candidate's row; then reads that, asks for its name. Both optional.
 */
void lode_lookup_row(struct lode_lookup *lookup);
void lode_lookup_name(struct lode_lookup *lookup);

/* The answer: its number in lookup->contig, its row in *row. NOT_FOUND; CORRUPT; AMBIGUOUS where
 * several sources hold the name, then the answer is the first of them. */
int lode_lookup_finish(struct lode_lookup *lookup, struct lode_contig_row *row,
                       struct lode_fault *fault);

/* The same in one call; *contig is the number. */
int lode_seqindex_find_in(const struct lode_seqindex *ix, uint64_t source, const void *name,
                          size_t len, uint64_t *contig, struct lode_fault *fault);
int lode_seqindex_find(const struct lode_seqindex *ix, const void *name, size_t len,
                       uint64_t *contig, struct lode_fault *fault);

/* Source by NAME. */
int lode_seqindex_find_source(const struct lode_seqindex *ix, const void *name, size_t len,
                              uint64_t *source, struct lode_fault *fault);

/* Blocks of a BGZF source: rows of the n + 1 BLOK rows, n in *n. */
const uint8_t *lode_source_blocks(const struct lode_seqindex *ix, const struct lode_source *source,
                                  uint64_t *n);

/* Text sum in slot (relative to the source) of SUMS; CORRUPT outside the source's range. */
int lode_sum_get(const struct lode_seqindex *ix, const struct lode_source *source, uint64_t slot,
                 uint32_t *sum);

/* Sum and start of the piece in slot of a source with LODE_SOURCE_RESTART; CORRUPT outside the
 * source's range. */
int lode_restart_get(const struct lode_seqindex *ix, const struct lode_source *source,
                     uint64_t slot, uint32_t *sum, uint32_t *start);

/* The two parts of a start: the bit of the block at which the piece begins; the bits from there to
 * its second half, 0 where it has none. */
static inline uint32_t lode_start_bit(uint32_t start)
{
    return start & ((1u << LODE_START_BIT_BITS) - 1);
}
static inline uint32_t lode_start_half(uint32_t start)
{
    return start >> LODE_START_BIT_BITS;
}

/* Do the flags RESTART and FINE of this file say how its sources are laid out (S-23, S-25)? In
 * files of older versions nothing does. */
static inline bool lode_layouts_told(const struct lode_seqindex *ix)
{
    return ix->box.major > 0 || ix->box.minor >= LODE_LAYOUTS_MINOR;
}

/* How a source's text is cut into pieces: the logarithm of their size; rows of SUMS for a slot. */
static inline unsigned lode_piece_log2(const struct lode_source_row *row)
{
    if ((row->flags & LODE_SOURCE_FINE) != 0)
        return LODE_FINE_LOG2;
    return (row->flags & LODE_SOURCE_RESTART) != 0 ? LODE_RESTART_LOG2 : LODE_SUM_LOG2;
}
static inline unsigned lode_slot_rows(const struct lode_source_row *row)
{
    return (row->flags & LODE_SOURCE_RESTART) != 0 ? 2 : 1;
}

/* Rows of SUMS that a source with this kind, flags and text_len has. blocks = 0 for plain text. */
uint64_t lode_sum_rows(const struct lode_source_row *row, uint64_t blocks);

/* The 32-bit sum of one piece of text: the low half of its XXH64 (SPEC 5.9). */
uint32_t lode_text_sum(const void *piece, size_t len);

/* Fingerprint of a source from its size and the up to 4,096 bytes at each end (SPEC 5.1). */
uint64_t lode_fingerprint(uint64_t size, const void *head, size_t nhead, const void *tail,
                          size_t ntail);

/* The type of a track's values (SPEC 5.1), 0 for FASTA; and the bytes of one value, 0 for no type.
 */
static inline unsigned lode_source_dtype(const struct lode_source_row *row)
{
    return (unsigned)row->flags >> LODE_SOURCE_DTYPE_SHIFT & 15u;
}
unsigned lode_dtype_width(unsigned dtype);

/* Bytes that a contig takes in BASE. */
uint64_t lode_base_bytes(uint8_t encoding, uint64_t length);

#endif
