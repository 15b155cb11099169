#include "restartread.h"

#include "bgzf.h"
#include "io.h"
#include "locate.h"
#include "lode.h"
#include "prove.h"
#include "range.h"
#include "restart.h"

#include <stdlib.h>

enum {
    PIECE = 1 << LODE_RESTART_LOG2,
    PIECES_MAX = LODE_BGZF_BLOCK_MAX >> LODE_RESTART_LOG2, /* of a block */
    PAD = 8, /* bytes behind the last piece that let the decoder take long steps to its end */
};

/* ---- rows of the index ---------------------------------------------------------------------- */

/* What the index says about block number `at`, which holds text of [begin, end), and about its
 * pieces that do. For lode_index_guarded. */
struct part {
    const struct lode_index *index;
    const struct lode_source *source;
    const uint8_t *rows; /* of BLOK */
    uint64_t n, begin, end;
    uint64_t at;
    struct lode_block_row block, next;
    uint64_t first, count;    /* pieces */
    bool more;                /* there is one behind them, whose start is starts[count] */
    bool coded;               /* the code of the source is known */
    uint64_t file, file_stop; /* the bytes of the source that are needed */
    uint64_t last_stop;       /* the same of the last block of the range */
    uint32_t sums[PIECES_MAX + 1], starts[PIECES_MAX + 1];
    struct lode_fault *fault;
};

static int load_rows(struct part *p)
{
    const struct lode_seqindex *seq = &p->index->seq;
    const uint64_t slot = lode_piece_slot(LODE_RESTART_LOG2, p->block.text_off, p->at, p->first);
    const uint64_t n = p->count + p->more, row = p->source->row.begin.sum + 2 * slot;
    int status =
        lode_prove(p->index, p->rows + p->at * LODE_STRIDE_BLOK, 2 * LODE_STRIDE_BLOK, p->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(p->index, &seq->sums, row, 2 * n, LODE_STRIDE_SUMS, p->fault);
    for (uint64_t k = 0; k < n && status == LODE_FMT_OK; k++)
        if (lode_restart_get(seq, p->source, slot + k, &p->sums[k], &p->starts[k]) != LODE_FMT_OK)
            return lode_fail(p->fault, LODE_FMT_CORRUPT, "T-1", LODE_ID_SUMS, 0);
    return status;
}

/* Can its pieces be read from their starts? */
static bool has_starts(const struct part *p)
{
    return p->coded && p->starts[0] != LODE_NO_START;
}

/* The pieces of the block p->block, and where they lie in the file. */
static int load_pieces(struct part *p)
{
    const uint64_t from = p->begin > p->block.text_off ? p->begin - p->block.text_off : 0;
    const uint64_t text = p->next.text_off - p->block.text_off;
    const uint64_t to = p->end < p->next.text_off ? p->end - p->block.text_off : text;
    p->first = from >> LODE_RESTART_LOG2;
    p->count = lode_ceil_div(to, PIECE) - p->first;
    p->more = p->first + p->count < lode_ceil_div(text, PIECE);
    p->file = p->block.file_off;
    p->file_stop = p->next.file_off;
    if (p->count == 0)
        return LODE_FMT_OK;
    const int status = load_rows(p);
    if (status != LODE_FMT_OK || !has_starts(p))
        return status;
    p->file += lode_start_bit(p->starts[0]) >> 3;
    if (p->more) {
        const uint64_t stop =
            p->block.file_off + lode_ceil_div(lode_start_bit(p->starts[p->count]), 8) + PAD;
        p->file_stop = stop < p->file_stop ? stop : p->file_stop;
    }
    return p->file < p->file_stop ? LODE_FMT_OK
                                  : lode_fail(p->fault, LODE_FMT_CORRUPT, "T-5", LODE_ID_SUMS, 0);
}

/* The first block of the range; before it the last, for how far to read. */
static int run_first(void *arg)
{
    struct part *p = arg;
    int status = lode_block_find(p->rows, p->n, p->begin, &p->at, &p->block, &p->next);
    if (status == LODE_FMT_OK && p->end > p->next.text_off) {
        struct part last = {.index = p->index, .source = p->source, .rows = p->rows, .n = p->n};
        last.coded = p->coded;
        last.begin = p->end - 1;
        last.end = p->end;
        last.fault = p->fault;
        status = lode_block_find(p->rows, p->n, last.begin, &last.at, &last.block, &last.next);
        if (status == LODE_FMT_OK)
            status = load_pieces(&last);
        p->last_stop = last.file_stop;
    }
    if (status == LODE_FMT_OK)
        status = load_pieces(p);
    return status;
}

/* The next one; it must continue the one before. */
static int run_next(void *arg)
{
    struct part *p = arg;
    const struct lode_block_row here = p->next;
    if (++p->at >= p->n || lode_block_get(p->rows, p->at, &p->block, &p->next) != LODE_FMT_OK ||
        p->block.text_off != here.text_off || p->block.file_off != here.file_off)
        return LODE_FMT_CORRUPT;
    return load_pieces(p);
}

/* The first of the first blocks with text that has starts: it has the source's code. count 0: none
 * has, so the source has no code. */
static int run_code_block(void *arg)
{
    struct part *p = arg;
    const uint64_t text_len = p->source->row.text_len;
    int status = LODE_FMT_OK;
    p->begin = 0;
    for (int k = 0; k < LODE_FIRST_BLOCKS && p->begin < text_len; k++) {
        p->end = p->begin + 1;
        status = lode_block_find(p->rows, p->n, p->begin, &p->at, &p->block, &p->next);
        if (status == LODE_FMT_OK)
            status = load_pieces(p);
        if (status != LODE_FMT_OK || p->starts[0] != LODE_NO_START)
            return status;
        p->begin = p->next.text_off;
    }
    p->count = 0;
    return status;
}

static int guarded(struct part *p, int (*run)(void *arg))
{
    const int status = lode_index_guarded(p->index, run, p, p->fault);
    if (status == LODE_FMT_CORRUPT && p->fault->status == 0)
        return lode_fail(p->fault, status, "B-2", LODE_ID_BLOK, 0);
    return status;
}

/* ---- bytes of the source -------------------------------------------------------------------- */

/* Bytes [off, stop) of the source, at most LODE_READER_FILE; up to `ahead` is read with them. */
static int file_bytes(struct lode_reader *r, const struct lode_open_source *open, uint64_t off,
                      uint64_t stop, uint64_t ahead, const uint8_t **out,
                      struct lode_restart_miss *miss)
{
    if (r->file_number != open->number || off < r->file_off || stop > r->file_off + r->file_len) {
        uint64_t want = ahead > stop ? ahead - off : stop - off;
        if (want > LODE_READER_FILE)
            want = LODE_READER_FILE;
        r->file_number = -1;
        miss->got = lode_pread_full(open->fd, r->file, (size_t)want, off);
        if (miss->got < 0 || (uint64_t)miss->got < stop - off)
            return LODE_E_IO;
        r->file_number = open->number;
        r->file_off = off;
        r->file_len = (uint64_t)miss->got;
    }
    *out = r->file + (off - r->file_off);
    return LODE_OK;
}

/* The whole block, V-3 and V-4: header and trailer are those that were indexed. */
static int whole_block(struct lode_reader *r, const struct lode_open_source *open,
                       const struct part *p, const uint8_t **file, struct lode_bgzf_block *head,
                       struct lode_restart_miss *miss)
{
    uint32_t crc, isize;
    const uint64_t size = p->next.file_off - p->block.file_off;
    const int status =
        file_bytes(r, open, p->block.file_off, p->next.file_off, p->last_stop, file, miss);
    if (status != LODE_OK)
        return status;
    miss->text_off = p->block.text_off;
    if (lode_bgzf_header(*file, (size_t)size, head) != LODE_BGZF_OK || head->size != size)
        return LODE_E_STALE;
    lode_bgzf_trailer(*file, head, &crc, &isize);
    return crc == p->block.crc && isize == p->next.text_off - p->block.text_off ? LODE_OK
                                                                                : LODE_E_STALE;
}

/* A proof of the text at text_off failed: is the block another one, or damaged? */
static int judge(struct lode_reader *r, const struct lode_open_source *open, const struct part *p,
                 uint64_t text_off, struct lode_restart_miss *miss)
{
    const uint8_t *file;
    struct lode_bgzf_block head;
    const int status = whole_block(r, open, p, &file, &head, miss);
    if (status != LODE_OK)
        return status;
    miss->text_off = text_off;
    return LODE_E_DAMAGED;
}

/* The code of the source, once; none where open->restart stays NULL. */
static int load_code(struct lode_reader *r, struct lode_open_source *open, struct part p,
                     struct lode_restart_miss *miss)
{
    const uint8_t *file;
    struct lode_bgzf_block head;
    struct lode_litcode code;
    int status = guarded(&p, run_code_block);
    if (status != LODE_OK || p.count == 0)
        return status;
    status = whole_block(r, open, &p, &file, &head, miss);
    if (status != LODE_OK)
        return status;
    if (!lode_litcode_parse(file + head.header, head.size - head.header - LODE_BGZF_TRAILER, &code))
        return LODE_E_DAMAGED;
    open->restart = malloc(sizeof *open->restart);
    if (open->restart == NULL)
        return LODE_E_NOMEM;
    lode_restart_init(open->restart, &code);
    return LODE_OK;
}

/* ---- text ----------------------------------------------------------------------------------- */

static uint64_t piece_size(const struct part *p, uint64_t k)
{
    const uint64_t left = p->next.text_off - p->block.text_off - (p->first + k) * PIECE;
    return left < PIECE ? left : PIECE;
}

/* From their starts to dst, where the first piece of the part goes. The halves of a piece are
 * decoded side by side. */
static int decode(struct lode_reader *r, const struct lode_open_source *open, const struct part *p,
                  uint8_t *dst, struct lode_restart_miss *miss)
{
    const uint8_t *file;
    struct lode_restart_piece halves[2 * PIECES_MAX], *next = halves;
    const int status = file_bytes(r, open, p->file, p->file_stop, p->last_stop, &file, miss);
    if (status != LODE_OK)
        return status;
    const uint64_t bit = 8 * (p->file - p->block.file_off);
    for (uint64_t k = 0; k < p->count; k++) {
        const uint64_t at = lode_start_bit(p->starts[k]), n = piece_size(p, k);
        const uint64_t first = n > LODE_RESTART_HALF ? LODE_RESTART_HALF : 0;
        if (at < bit) /* no start, where its neighbour has one, is past the end */
            return lode_fail(&miss->fault, LODE_FMT_CORRUPT, "T-5", LODE_ID_SUMS, 0);
        if (first > 0)
            *next++ = (struct lode_restart_piece){at - bit, dst + k * PIECE, (size_t)first};
        *next++ = (struct lode_restart_piece){at - bit + lode_start_half(p->starts[k]),
                                              dst + k * PIECE + first, (size_t)(n - first)};
    }
    return lode_restart_decode(open->restart, file, (size_t)(p->file_stop - p->file), halves,
                               (size_t)(next - halves))
               ? LODE_OK
               : judge(r, open, p, p->block.text_off + p->first * PIECE, miss);
}

/* A block without starts, from its beginning. */
static int inflate(struct lode_reader *r, const struct lode_open_source *open, const struct part *p,
                   uint8_t *dst, struct lode_restart_miss *miss)
{
    const uint8_t *file;
    struct lode_bgzf_block head;
    const int status = whole_block(r, open, p, &file, &head, miss);
    if (status != LODE_OK)
        return status;
    const size_t want = (size_t)((p->first + p->count - 1) * PIECE + piece_size(p, p->count - 1));
    return lode_inflate_part(r->inflate, file + head.header,
                             head.size - head.header - LODE_BGZF_TRAILER, dst, want) == want
               ? LODE_OK
               : LODE_E_DAMAGED;
}

/* The part's pieces into their place in the text buffer, proven. */
static int read_part(struct lode_reader *r, const struct lode_open_source *open,
                     const struct part *p, struct lode_restart_miss *miss)
{
    const uint64_t text_off = p->block.text_off + p->first * PIECE;
    if (p->count == 0)
        return LODE_OK;
    uint8_t *const text = r->text + (text_off - r->text_base);
    const int status = has_starts(p) ? decode(r, open, p, text, miss)
                                     : inflate(r, open, p, text - p->first * PIECE, miss);
    if (status != LODE_OK)
        return status;
    for (uint64_t k = 0; k < p->count; k++)
        if (lode_text_sum(text + k * PIECE, (size_t)piece_size(p, k)) != p->sums[k])
            return judge(r, open, p, text_off + k * PIECE, miss);
    r->text_end = text_off + (p->count - 1) * PIECE + piece_size(p, p->count - 1);
    return LODE_OK;
}

/* Asks for the rows of text offset t where they are if all blocks have one size, so that they come
 * while others are waited for. */
static void prefetch(const struct part *p, uint64_t t)
{
    const struct lode_source_row *row = &p->source->row;
    const uint64_t at = (uint64_t)((double)t / (double)row->text_len * (double)p->n);
    const uint64_t sum = row->begin.sum + 2 * ((t >> LODE_RESTART_LOG2) + at);
    if (at < p->n)
        __builtin_prefetch(p->rows + at * LODE_STRIDE_BLOK);
    if (sum < p->source->end.sum)
        __builtin_prefetch(p->index->seq.sums.rows + sum * LODE_STRIDE_SUMS);
}

int lode_restart_text(struct lode_reader *r, const struct lode_open_source *open, uint64_t begin,
                      uint64_t end, struct lode_restart_miss *miss)
{
    struct part p;
    p.index = r->index;
    p.source = &open->source;
    p.rows = lode_source_blocks(&r->index->seq, &open->source, &p.n);
    p.begin = begin;
    p.end = end;
    p.last_stop = 0;
    p.coded = false;
    p.fault = &miss->fault;
    int status = LODE_OK;
    prefetch(&p, begin);
    if (open->restart == NULL)
        status = load_code(r, &r->open[open - r->open], p, miss);
    p.coded = open->restart != NULL;
    if (status == LODE_OK)
        status = guarded(&p, run_first);
    if (status != LODE_OK)
        return status;
    r->text_number = -1;
    r->text_off = p.block.text_off + p.first * PIECE;
    r->text_base = has_starts(&p) ? r->text_off : p.block.text_off;
    r->part_begin = r->part_end = 0;
    while ((status = read_part(r, open, &p, miss)) == LODE_OK && end > p.next.text_off) {
        status = guarded(&p, run_next);
        if (status != LODE_OK)
            break;
    }
    return status;
}
