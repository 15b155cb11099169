/* Owns the way from a text range of a source to proven text in the reader's memory (SPEC 6). */
#include "bgzf.h"
#include "diag.h"
#include "io.h"
#include "locate.h"
#include "range.h"
#include "reader.h"
#include "restartread.h"
#include "sourcefile.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_KEEP = 4 << 20, /* larger scratch is given back after use */
    TEXT_SPARE = 2 * LODE_BGZF_BLOCK_MAX,
};

/* ---- verdicts ------------------------------------------------------------------------------ */

/* A proof failed: is it another file (STALE), or the indexed file with damaged bytes? */
static int verdict(struct lode_reader *r, const struct lode_open_source *open, uint64_t text_off,
                   bool chain_differs, struct lode_diag *diag)
{
    char path[PATH_MAX];
    lode_sourcefile_name(r->index, &open->source, path, sizeof path);
    const int status = lode_sourcefile_check(open->fd, &open->source.row, path, diag);
    if (status != LODE_OK)
        return status;
    if (chain_differs)
        return lode_diag_set(diag, LODE_E_STALE,
                             "%s: its BGZF blocks are not those that were indexed: not the file "
                             "that was indexed; run 'lode index' again",
                             path);
    const int damaged = lode_diag_set(
        diag, LODE_E_DAMAGED,
        "%s: the text at offset %llu fails its checksum: the file was edited or is damaged; check "
        "it with 'lode verify --full', restore it, or index it again with --rescan",
        path, (unsigned long long)text_off);
    if (diag != NULL)
        diag->offset = text_off;
    return damaged;
}

static int read_failed(struct lode_reader *r, const struct lode_open_source *open, ssize_t got,
                       struct lode_diag *diag)
{
    char path[PATH_MAX];
    lode_sourcefile_name(r->index, &open->source, path, sizeof path);
    if (got < 0)
        return lode_diag_errno(diag, "%s: cannot read", path);
    return lode_diag_set(diag, LODE_E_STALE,
                         "%s: the file is shorter than it was when it was indexed; run 'lode "
                         "index' again",
                         path);
}

static int row_failed(struct lode_reader *r, int status, const char *rule, uint32_t section,
                      struct lode_diag *diag)
{
    const struct lode_fault fault = {status, section, rule, 0};
    return lode_diag_fault(diag, r->index->path, &fault);
}

/* ---- text ---------------------------------------------------------------------------------- */

/* Makes room for text [base, end); what is proven of [base, kept) stays. Text that still fits
 * behind what is there is put there, and base is then where it was: moving is for when room runs
 * out. */
static int make_room(struct lode_reader *r, uint64_t base, uint64_t kept, uint64_t end,
                     struct lode_diag *diag)
{
    const uint64_t need = end - base, keep = kept - base;
    const bool shrink = r->text_cap > TEXT_KEEP && need <= LODE_READER_TEXT;
    if (keep > 0 && end - r->text_base <= r->text_cap)
        return LODE_OK;
    const uint8_t *from = keep > 0 ? r->text + (base - r->text_base) : r->text;
    r->text_number = -1;
    if (need <= r->text_cap && !shrink) {
        memmove(r->text, from, (size_t)keep);
    } else {
        const size_t cap = need > LODE_READER_TEXT ? (size_t)need + TEXT_SPARE : LODE_READER_TEXT;
        uint8_t *text = need > SIZE_MAX / 2 ? NULL : malloc(cap + LODE_INFLATE_SLACK);
        if (text == NULL)
            return lode_diag_set(diag, LODE_E_NOMEM,
                                 "%s: no memory for a read of %llu bytes of text", r->index->path,
                                 (unsigned long long)need);
        memcpy(text, from, (size_t)keep);
        free(r->text);
        r->text = text;
        r->text_cap = cap;
    }
    r->text_base = r->text_off = base;
    return LODE_OK;
}

/* Where reading must go on for a range from begin, when the text proven up to known can be used:
 * known, else begin. */
static uint64_t keep_from(const struct lode_reader *r, const struct lode_open_source *open,
                          uint64_t begin, uint64_t known)
{
    const bool inside = r->text_number == open->number && begin >= r->text_off && begin < known;
    return inside ? known : begin;
}

/* How far a read that must get to end should go: a batch says what is wanted next. */
static uint64_t stop_of(const struct lode_reader *r, uint64_t end)
{
    return r->reach > end ? r->reach : end;
}

/* Sums of up to so many pieces in a row as a BGZF block has; for lode_index_guarded. */
struct sum_load {
    const struct lode_seqindex *seq;
    const struct lode_source *source;
    uint64_t slot, n;
    uint32_t sums[LODE_BGZF_BLOCK_MAX >> LODE_FINE_LOG2];
};

static int run_sum_load(void *arg)
{
    struct sum_load *load = arg;
    for (uint64_t k = 0; k < load->n; k++)
        if (lode_sum_get(load->seq, load->source, load->slot + k, &load->sums[k]) != LODE_FMT_OK)
            return LODE_FMT_CORRUPT;
    return LODE_OK;
}

/* Checks the sums of text [from, to) of block i, whose text starts at offset block_off; from and to
 * lie on piece borders of the block or at its end, text points at from. */
static int check_pieces(struct lode_reader *r, const struct lode_open_source *open, uint64_t i,
                        uint64_t block_off, const uint8_t *text, uint64_t from, uint64_t to,
                        struct lode_diag *diag)
{
    const unsigned log2 = lode_piece_log2(&open->source.row);
    const uint64_t piece = 1u << log2, most = LODE_BGZF_BLOCK_MAX;
    struct sum_load load = {.seq = &r->index->seq, .source = &open->source};
    for (uint64_t at = from; at < to; at += piece) {
        const uint64_t k = (at - from) % most >> log2;
        if (k == 0) {
            load.slot = lode_piece_slot(log2, block_off, i, at >> log2);
            load.n = lode_ceil_div(to - at < most ? to - at : most, piece);
            const int status = lode_index_guarded(r->index, run_sum_load, &load, NULL);
            if (status != LODE_OK)
                return row_failed(r, status, "T-1", LODE_ID_SUMS, diag);
        }
        const size_t n = (size_t)(to - at < piece ? to - at : piece);
        if (lode_text_sum(text + (at - from), n) != load.sums[k])
            return verdict(r, open, block_off + at, false, diag);
    }
    return LODE_OK;
}

static uint64_t piece_floor(const struct lode_open_source *open, uint64_t v)
{
    const unsigned log2 = lode_piece_log2(&open->source.row);
    return v >> log2 << log2;
}

static uint64_t piece_ceil(const struct lode_open_source *open, uint64_t v, uint64_t limit)
{
    const uint64_t up = piece_floor(open, v + (1u << lode_piece_log2(&open->source.row)) - 1);
    return up < limit ? up : limit;
}

/* Plain FASTA: one pread of whole pieces. Slot = offset / 4096 is block 0 at text offset 0. */
static int plain_text(struct lode_reader *r, const struct lode_open_source *open, uint64_t begin,
                      uint64_t end, struct lode_diag *diag)
{
    const uint64_t kept = keep_from(r, open, begin, r->text_end);
    const uint64_t from = piece_floor(open, kept);
    const uint64_t to = piece_ceil(open, stop_of(r, end), open->source.row.text_len);
    int status = make_room(r, kept > begin ? begin : from, from, to, diag);
    if (status != LODE_OK)
        return status;
    r->text_number = -1;
    uint8_t *dst = r->text + (from - r->text_base);
    const ssize_t got = lode_pread_full(open->fd, dst, (size_t)(to - from), from);
    if (got < 0 || (uint64_t)got < to - from)
        return read_failed(r, open, got, diag);
    status = check_pieces(r, open, 0, 0, dst, from, to, diag);
    r->text_end = to;
    return status;
}

/* Compressed bytes of the block at file offset off, at most ahead_end read in advance. */
static int file_bytes(struct lode_reader *r, const struct lode_open_source *open, uint64_t off,
                      uint64_t size, uint64_t ahead_end, const uint8_t **out,
                      struct lode_diag *diag)
{
    if (r->file_number != open->number || off < r->file_off ||
        off + size > r->file_off + r->file_len) {
        uint64_t want = ahead_end - off;
        if (want > LODE_READER_FILE)
            want = LODE_READER_FILE;
        r->file_number = -1;
        const ssize_t got = lode_pread_full(open->fd, r->file, (size_t)want, off);
        if (got < 0 || (uint64_t)got < size)
            return read_failed(r, open, got, diag);
        r->file_number = open->number;
        r->file_off = off;
        r->file_len = (uint64_t)got;
    }
    *out = r->file + (off - r->file_off);
    return LODE_OK;
}

/* Decodes block i up to text offset want_end inside it (a piece border or the block's end) to dst
 * and proves the text from want_begin on. Whole blocks are proven by their CRC, parts by their
 * sums. */
static int decode_block(struct lode_reader *r, const struct lode_open_source *open, uint64_t i,
                        const struct lode_block_row *block, const struct lode_block_row *next,
                        const uint8_t *file, uint64_t want_begin, uint64_t want_end, uint8_t *dst,
                        struct lode_diag *diag)
{
    struct lode_bgzf_block head;
    uint32_t crc, isize;
    const uint64_t size = next->file_off - block->file_off;
    const uint64_t text = next->text_off - block->text_off;
    if (lode_bgzf_header(file, (size_t)size, &head) != LODE_BGZF_OK || head.size != size)
        return verdict(r, open, block->text_off, true, diag);
    lode_bgzf_trailer(file, &head, &crc, &isize);
    if (crc != block->crc || isize != text)
        return verdict(r, open, block->text_off, true, diag);
    const uint8_t *stream = file + head.header;
    const size_t n = head.size - head.header - LODE_BGZF_TRAILER;
    if (want_end == text) {
        if (lode_inflate_whole(r->inflate, stream, n, dst, (size_t)text) != 0 ||
            lode_crc32(0, dst, (size_t)text) != crc)
            return verdict(r, open, block->text_off, false, diag);
        return LODE_OK;
    }
    if (lode_inflate_part(r->inflate, stream, n, dst, (size_t)want_end) < want_end)
        return verdict(r, open, block->text_off, false, diag);
    return check_pieces(r, open, i, block->text_off, dst + want_begin, want_begin, want_end, diag);
}

/* The blocks that hold text [begin, end): block number at with its row and the next one's, and the
 * row behind the last block. Loaded row by row, for lode_index_guarded. */
struct block_range {
    const uint8_t *rows;
    uint64_t n, begin, end, first, at;
    uint64_t stop; /* decode the last block to here */
    bool kept;     /* proven text lies before begin */
    struct lode_block_row block, next, last;
};

static int run_find_blocks(void *arg)
{
    struct block_range *range = arg;
    int status = lode_block_find(range->rows, range->n, range->begin, &range->first, &range->block,
                                 &range->next);
    range->at = range->first;
    range->last = range->next;
    if (status == LODE_FMT_OK && range->end > range->next.text_off) {
        uint64_t i;
        struct lode_block_row row;
        status = lode_block_find(range->rows, range->n, range->end - 1, &i, &row, &range->last);
    }
    if (status == LODE_FMT_OK && (range->last.text_off < range->next.text_off ||
                                  range->last.file_off < range->next.file_off))
        status = LODE_FMT_CORRUPT;
    return status;
}

/* The next block; it must continue the one before and stay inside what run_find_blocks found. */
static int run_next_block(void *arg)
{
    struct block_range *range = arg;
    const struct lode_block_row here = range->next;
    if (++range->at >= range->n ||
        lode_block_get(range->rows, range->at, &range->block, &range->next) != LODE_FMT_OK ||
        range->block.text_off != here.text_off || range->block.file_off != here.file_off ||
        range->next.text_off > range->last.text_off || range->next.file_off > range->last.file_off)
        return LODE_FMT_CORRUPT;
    return LODE_OK;
}

/* The range's block into its place in the text buffer, and what of it is now proven. */
static int read_block(struct lode_reader *r, const struct lode_open_source *open,
                      const struct block_range *range, struct lode_diag *diag)
{
    const struct lode_block_row *block = &range->block, *next = &range->next;
    const uint64_t begin = range->begin, stop = range->stop;
    const uint64_t text = next->text_off - block->text_off;
    const uint64_t to =
        stop < next->text_off ? piece_ceil(open, stop - block->text_off, text) : text;
    uint64_t from = begin > block->text_off ? piece_floor(open, begin - block->text_off) : 0;
    const uint8_t *file = NULL;
    if (text == 0)
        return LODE_OK;
    int status = file_bytes(r, open, block->file_off, next->file_off - block->file_off,
                            range->last.file_off, &file, diag);
    if (status != LODE_OK)
        return status;
    status = decode_block(r, open, range->at, block, next, file, from, to,
                          r->text + (block->text_off - r->text_base), diag);
    if (to == text)
        from = 0; /* its CRC proved all of it */
    r->part_begin = block->text_off;
    r->part_end = to < text ? next->text_off : block->text_off;
    if (range->at == range->first && !range->kept)
        r->text_off = block->text_off + from;
    r->text_end = block->text_off + to;
    return status;
}

/* BGZF: decodes the blocks of [begin, end) one behind the other, but for those that are there. */
static int bgzf_text(struct lode_reader *r, const struct lode_open_source *open, uint64_t begin,
                     uint64_t end, struct lode_diag *diag)
{
    /* The end of a block decoded in part cannot be had alone. */
    const uint64_t known = r->part_begin < r->part_end ? r->part_begin : r->text_end;
    const uint64_t from = keep_from(r, open, begin, known);
    struct block_range range = {.begin = from, .end = end, .kept = from > begin};
    range.rows = lode_source_blocks(&r->index->seq, &open->source, &range.n);
    range.stop = stop_of(r, end);
    /* Coming back to a block at once means neighbours are being read: decode it to its end this
     * time, so that sorted reads inflate a block twice at most. A batch knows better. */
    if (r->reach == 0 && r->text_number == open->number && begin >= r->part_begin &&
        begin < r->part_end)
        range.stop = UINT64_MAX;
    int status = lode_index_guarded(r->index, run_find_blocks, &range, NULL);
    if (status != LODE_OK)
        return row_failed(r, status, "B-2", LODE_ID_BLOK, diag);
    /* What is kept ends where a block ends, unless rows overlap; text before it has no room. */
    if (range.kept && range.block.text_off != from)
        return row_failed(r, LODE_FMT_CORRUPT, "B-2", LODE_ID_BLOK, diag);
    const uint64_t base = range.kept ? begin : range.block.text_off;
    status = make_room(r, base, range.kept ? from : base, range.last.text_off, diag);
    r->text_number = -1;
    while (status == LODE_OK) {
        status = read_block(r, open, &range, diag);
        if (status != LODE_OK || end <= range.next.text_off)
            break;
        status = lode_index_guarded(r->index, run_next_block, &range, NULL);
        if (status != LODE_OK)
            return row_failed(r, status, "B-2", LODE_ID_BLOK, diag);
    }
    return status;
}

/* BGZF with restart blocks: the pieces of [begin, end) alone. */
static int restart_text(struct lode_reader *r, const struct lode_open_source *open, uint64_t begin,
                        uint64_t end, struct lode_diag *diag)
{
    struct lode_restart_miss miss = {0};
    int status = make_room(r, 0, 0, end - begin + LODE_RESTART_ROOM, diag);
    if (status != LODE_OK)
        return status;
    status = lode_restart_text(r, open, begin, end, &miss);
    switch (status) {
    case LODE_OK:
        return LODE_OK;
    case LODE_E_IO:
        return read_failed(r, open, (ssize_t)miss.got, diag);
    case LODE_E_STALE:
    case LODE_E_DAMAGED:
        return verdict(r, open, miss.text_off, status == LODE_E_STALE, diag);
    case LODE_E_NOMEM:
        return lode_diag_set(diag, status, "%s: out of memory", r->index->path);
    default:
        return lode_diag_fault(diag, r->index->path, &miss.fault);
    }
}

void lode_reader_forget(struct lode_reader *r)
{
    r->text_number = -1;
}

int lode_reader_text(struct lode_reader *r, int64_t number, uint64_t begin, uint64_t end,
                     const uint8_t **text, struct lode_diag *diag)
{
    if (r->text_number != number || begin < r->text_off || end > r->text_end) {
        int status = LODE_OK;
        const struct lode_open_source *open = lode_reader_source(r, number, &status, diag);
        if (open == NULL)
            return status;
        if ((open->source.row.flags & LODE_SOURCE_RESTART) != 0)
            status = restart_text(r, open, begin, end, diag);
        else
            status = open->source.row.kind == LODE_KIND_BGZF
                         ? bgzf_text(r, open, begin, end, diag)
                         : plain_text(r, open, begin, end, diag);
        if (status != LODE_OK)
            return status;
        r->text_number = number;
    }
    *text = r->text + (begin - r->text_base);
    return LODE_OK;
}
