#include "reader.h"

#include "diag.h"
#include "io.h"
#include "locate.h"
#include "sourcefile.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    OPEN_DEFAULT = 64,
    FILE_CAP = 256 << 10, /* compressed bytes read at a time: four blocks at least */
    TEXT_CAP = 256 << 10, /* text held at first; grows with the request */
    TEXT_KEEP = 4 << 20,  /* larger scratch is given back after use */
};

int lode_reader_new(const lode_index *index, const struct lode_reader_options *options,
                    lode_reader **out)
{
    struct lode_reader_options own = {0};
    if (index == NULL || out == NULL || !lode_struct_in(&own, sizeof own, options) ||
        own.max_open < 0)
        return LODE_E_ARG;
    lode_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return LODE_E_NOMEM;
    r->index = index;
    r->open_max = own.max_open > 0 ? own.max_open : OPEN_DEFAULT;
    r->open = calloc((size_t)r->open_max, sizeof *r->open);
    r->inflate = lode_inflate_new();
    r->file = malloc(FILE_CAP);
    r->text = malloc(TEXT_CAP + LODE_INFLATE_SLACK);
    r->text_cap = TEXT_CAP;
    r->text_number = r->file_number = -1;
    if (r->open == NULL || r->inflate == NULL || r->file == NULL || r->text == NULL) {
        lode_reader_free(r);
        return LODE_E_NOMEM;
    }
    *out = r;
    return LODE_OK;
}

void lode_reader_free(lode_reader *reader)
{
    const int saved = errno;
    if (reader == NULL)
        return;
    for (int i = 0; i < reader->open_count; i++)
        close(reader->open[i].fd);
    free(reader->open);
    lode_inflate_free(reader->inflate);
    free(reader->file);
    free(reader->text);
    free(reader);
    errno = saved;
}

/* ---- open sources -------------------------------------------------------------------------- */

static void close_oldest(struct lode_reader *r)
{
    int oldest = 0;
    for (int i = 1; i < r->open_count; i++)
        if (r->open[i].stamp < r->open[oldest].stamp)
            oldest = i;
    close(r->open[oldest].fd);
    r->open[oldest] = r->open[--r->open_count];
}

const struct lode_open_source *lode_reader_source(struct lode_reader *r, int64_t number,
                                                  int *status, struct lode_diag *diag)
{
    for (int i = 0; i < r->open_count; i++) {
        if (r->open[i].number == number) {
            r->open[i].stamp = ++r->clock;
            return &r->open[i];
        }
    }
    struct lode_fault fault = {0};
    struct lode_open_source entry = {.number = number};
    if (lode_source_get(&r->index->seq, (uint64_t)number, &entry.source, &fault) != LODE_FMT_OK) {
        *status = lode_diag_fault(diag, r->index->path, &fault);
        return NULL;
    }
    if (r->open_count == r->open_max)
        close_oldest(r);
    errno = 0;
    entry.fd = lode_sourcefile_open(r->index, &entry.source, diag);
    /* The process may have fewer descriptors left than the reader would like. */
    while (entry.fd < 0 && errno == EMFILE && r->open_count > 0) {
        close_oldest(r);
        errno = 0;
        entry.fd = lode_sourcefile_open(r->index, &entry.source, diag);
    }
    if (entry.fd < 0) {
        *status = entry.fd;
        return NULL;
    }
    entry.stamp = ++r->clock;
    r->open[r->open_count] = entry;
    return &r->open[r->open_count++];
}

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

static int row_failed(struct lode_reader *r, const char *rule, uint32_t section,
                      struct lode_diag *diag)
{
    const struct lode_fault fault = {LODE_FMT_CORRUPT, section, rule, 0};
    return lode_diag_fault(diag, r->index->path, &fault);
}

/* ---- text ---------------------------------------------------------------------------------- */

static int grow_text(struct lode_reader *r, uint64_t need, struct lode_diag *diag)
{
    const bool shrink = r->text_cap > TEXT_KEEP && need <= TEXT_CAP;
    if (need <= r->text_cap && !shrink)
        return LODE_OK;
    const size_t cap = need > TEXT_CAP ? (size_t)need : TEXT_CAP;
    r->text_number = -1;
    uint8_t *text = need > SIZE_MAX / 2 ? NULL : malloc(cap + LODE_INFLATE_SLACK);
    if (text == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory for a read of %llu bytes of text",
                             r->index->path, (unsigned long long)need);
    free(r->text);
    r->text = text;
    r->text_cap = cap;
    return LODE_OK;
}

/* Checks the sums of text [from, to) of block i, whose text starts at offset block_off; from and to
 * lie on piece borders of the block or at its end, text points at from. */
static int check_pieces(struct lode_reader *r, const struct lode_open_source *open, uint64_t i,
                        uint64_t block_off, const uint8_t *text, uint64_t from, uint64_t to,
                        struct lode_diag *diag)
{
    const uint64_t piece = 1u << LODE_SUM_LOG2;
    for (uint64_t at = from; at < to; at += piece) {
        const size_t n = (size_t)(to - at < piece ? to - at : piece);
        uint32_t want;
        if (lode_sum_get(&r->index->seq, &open->source,
                         lode_sum_slot(block_off, i, at >> LODE_SUM_LOG2), &want) != LODE_FMT_OK)
            return row_failed(r, "T-1", LODE_ID_SUMS, diag);
        if (lode_text_sum(text + (at - from), n) != want)
            return verdict(r, open, block_off + at, false, diag);
    }
    return LODE_OK;
}

static uint64_t piece_floor(uint64_t v)
{
    return v >> LODE_SUM_LOG2 << LODE_SUM_LOG2;
}

static uint64_t piece_ceil(uint64_t v, uint64_t limit)
{
    const uint64_t up = piece_floor(v + (1u << LODE_SUM_LOG2) - 1);
    return up < limit ? up : limit;
}

/* Plain FASTA: one pread of whole pieces. Slot = offset / 4096 is block 0 at text offset 0. */
static int plain_text(struct lode_reader *r, const struct lode_open_source *open, uint64_t begin,
                      uint64_t end, struct lode_diag *diag)
{
    const uint64_t from = piece_floor(begin);
    const uint64_t to = piece_ceil(end, open->source.row.text_len);
    int status = grow_text(r, to - from, diag);
    if (status != LODE_OK)
        return status;
    r->text_number = -1;
    const ssize_t got = lode_pread_full(open->fd, r->text, (size_t)(to - from), from);
    if (got < 0 || (uint64_t)got < to - from)
        return read_failed(r, open, got, diag);
    status = check_pieces(r, open, 0, 0, r->text, from, to, diag);
    if (status == LODE_OK) {
        r->text_base = r->text_off = from;
        r->text_end = to;
    }
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
        if (want > FILE_CAP)
            want = FILE_CAP;
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

/* The blocks that hold text [begin, end): the first one, and the row behind the last one. */
struct block_range {
    uint64_t first;
    struct lode_block_row block, next; /* rows first and first + 1 */
    struct lode_block_row end;
};

static bool find_blocks(const uint8_t *rows, uint64_t n, uint64_t begin, uint64_t end,
                        struct block_range *range)
{
    if (lode_block_find(rows, n, begin, &range->first, &range->block, &range->next) != LODE_FMT_OK)
        return false;
    range->end = range->next;
    if (end > range->next.text_off) {
        uint64_t last;
        struct lode_block_row row;
        if (lode_block_find(rows, n, end - 1, &last, &row, &range->end) != LODE_FMT_OK)
            return false;
    }
    return range->end.text_off >= range->next.text_off &&
           range->end.file_off >= range->next.file_off;
}

/* One block of the range into its place in the text buffer, and what of it is now proven. */
static int read_block(struct lode_reader *r, const struct lode_open_source *open, uint64_t i,
                      const struct block_range *range, uint64_t begin, uint64_t end,
                      struct lode_diag *diag)
{
    const struct lode_block_row *block = &range->block, *next = &range->next;
    const uint64_t text = next->text_off - block->text_off;
    const uint64_t to = end < next->text_off ? piece_ceil(end - block->text_off, text) : text;
    uint64_t from = begin > block->text_off ? piece_floor(begin - block->text_off) : 0;
    const uint8_t *file = NULL;
    if (text == 0)
        return LODE_OK;
    /* Rows in between were not seen by find_blocks: they must stay inside what it found. */
    if (next->text_off > range->end.text_off || next->file_off > range->end.file_off)
        return row_failed(r, "B-2", LODE_ID_BLOK, diag);
    int status = file_bytes(r, open, block->file_off, next->file_off - block->file_off,
                            range->end.file_off, &file, diag);
    if (status != LODE_OK)
        return status;
    status = decode_block(r, open, i, block, next, file, from, to,
                          r->text + (block->text_off - r->text_base), diag);
    if (to == text)
        from = 0; /* its CRC proved all of it */
    if (i == range->first)
        r->text_off = block->text_off + from;
    r->text_end = block->text_off + to;
    return status;
}

/* BGZF: decodes the blocks of [begin, end) one behind the other. */
static int bgzf_text(struct lode_reader *r, const struct lode_open_source *open, uint64_t begin,
                     uint64_t end, struct lode_diag *diag)
{
    struct block_range range;
    uint64_t n;
    const uint8_t *rows = lode_source_blocks(&r->index->seq, &open->source, &n);
    if (!find_blocks(rows, n, begin, end, &range))
        return row_failed(r, "B-2", LODE_ID_BLOK, diag);
    int status = grow_text(r, range.end.text_off - range.block.text_off, diag);
    r->text_number = -1;
    r->text_base = range.block.text_off;
    for (uint64_t i = range.first; status == LODE_OK; i++) {
        status = read_block(r, open, i, &range, begin, end, diag);
        if (status != LODE_OK || end <= range.next.text_off)
            break;
        if (i + 1 >= n || lode_block_get(rows, i + 1, &range.block, &range.next) != LODE_FMT_OK)
            return row_failed(r, "B-2", LODE_ID_BLOK, diag);
    }
    return status;
}

int lode_reader_text(struct lode_reader *r, int64_t number, uint64_t begin, uint64_t end,
                     const uint8_t **text, struct lode_diag *diag)
{
    if (r->text_number != number || begin < r->text_off || end > r->text_end) {
        int status = LODE_OK;
        const struct lode_open_source *open = lode_reader_source(r, number, &status, diag);
        if (open == NULL)
            return status;
        status = open->source.row.kind == LODE_KIND_BGZF ? bgzf_text(r, open, begin, end, diag)
                                                         : plain_text(r, open, begin, end, diag);
        if (status != LODE_OK)
            return status;
        r->text_number = number;
    }
    *text = r->text + (begin - r->text_base);
    return LODE_OK;
}
