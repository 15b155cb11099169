/* Owns the proof of packed bases: the text that they give, with the rest of the index, has the sums
 * and the CRC-32 of the text that was indexed (SPEC 5.14). The source is not touched. */
#include "diag.h"
#include "locate.h"
#include "packedtext.h"
#include "verify.h"

#include <stdlib.h>

/* The text of a source, block by block; plain text has blocks of the same size. */
struct packed_check {
    struct scan *scan;
    lode_reader *reader;
    uint64_t text_off, text_len, block; /* of the block at hand */
    uint8_t text[LODE_BGZF_BLOCK_MAX];
    uint64_t bad; /* offset of a piece that fails, or UINT64_MAX */
};

static int load_block(void *arg)
{
    struct packed_check *c = arg;
    const struct lode_seqindex *ix = &c->scan->v->index->seq;
    const uint64_t left = c->scan->source.row.text_len - c->text_off;
    struct lode_block_row row, next;
    uint64_t n;
    c->text_len = left < LODE_BGZF_BLOCK_MAX ? left : LODE_BGZF_BLOCK_MAX;
    if (c->scan->source.row.kind != LODE_KIND_BGZF)
        return LODE_FMT_OK;
    const uint8_t *rows = lode_source_blocks(ix, &c->scan->source, &n);
    if (c->block >= n || lode_block_get(rows, c->block, &row, &next) != LODE_FMT_OK ||
        row.text_off != c->text_off || next.text_off > c->scan->source.row.text_len)
        return LODE_FMT_CORRUPT; /* reported with the rows */
    c->text_len = next.text_off - row.text_off;
    return LODE_FMT_OK;
}

/* Sums of the block at hand, as those of a chunk that holds it alone. */
static int check_sums(void *arg)
{
    struct packed_check *c = arg;
    const struct scan *s = c->scan;
    const bool plain = s->source.row.kind != LODE_KIND_BGZF;
    const unsigned log2 = lode_piece_log2(&s->source.row);
    const uint64_t piece = 1u << log2, per = lode_slot_rows(&s->source.row);
    for (uint64_t at = 0; at < c->text_len && c->bad == UINT64_MAX; at += piece) {
        const uint64_t slot = plain
                                  ? (c->text_off + at) >> log2
                                  : per * lode_piece_slot(log2, c->text_off, c->block, at >> log2);
        const uint64_t n = c->text_len - at < piece ? c->text_len - at : piece;
        uint32_t want = 0;
        if (lode_sum_get(&s->v->index->seq, &s->source, slot, &want) != LODE_FMT_OK ||
            lode_text_sum(c->text + at, (size_t)n) != want)
            c->bad = c->text_off + at;
    }
    return LODE_FMT_OK;
}

/* Where in the index the bases of the record at s->text begin. */
static int report_bad(void *arg)
{
    struct scan *s = arg;
    const struct lode_seqindex *ix = &s->v->index->seq;
    uint64_t lo = s->source.row.begin.contig, hi = s->source.end.contig;
    struct lode_contig_row row = {0};
    while (hi - lo > 1) {
        const uint64_t mid = lo + (hi - lo) / 2;
        lode_contig_decode(ix->ctig.rows + mid * LODE_STRIDE_CTIG, &row);
        if (row.text_off <= s->text)
            lo = mid;
        else
            hi = mid;
    }
    if (lo < hi)
        lode_contig_decode(ix->ctig.rows + lo * LODE_STRIDE_CTIG, &row);
    const struct lode_fault fault = {LODE_FMT_CORRUPT, LODE_ID_BASE, "K-13",
                                     (uint64_t)(ix->base.rows - ix->box.data) +
                                         s->source.row.begin.base + row.base_off};
    lode_verify_keep_fault(&s->faults, &fault, true);
    return LODE_FMT_OK;
}

static void found_bad(struct packed_check *c, uint64_t at)
{
    c->scan->text = at;
    (void)lode_verify_run(c->scan, report_bad);
    c->scan->text = 0;
    c->bad = UINT64_MAX;
}

/* The block at hand: its text, CRC, sums. False when no more can be said. */
static bool check_block(struct packed_check *c)
{
    struct scan *s = c->scan;
    struct lode_diag diag;
    if (lode_index_guarded(s->v->index, load_block, c, NULL) != LODE_OK)
        return false;
    const uint64_t end = c->text_off + c->text_len;
    if (lode_packed_text(c->reader, (int64_t)s->number, c->text_off, end, c->text, &diag) !=
        LODE_OK) {
        lode_verify_found(s, &diag);
        return false;
    }
    s->crc = lode_crc32_join(s->crc, lode_crc32(0, c->text, (size_t)c->text_len), c->text_len);
    if (lode_index_guarded(s->v->index, check_sums, c, NULL) != LODE_OK)
        return false;
    if (c->bad != UINT64_MAX)
        found_bad(c, c->bad);
    c->text_off = end;
    c->block++;
    return !lode_verify_stopped(s->v);
}

void lode_verify_packed(struct scan *s)
{
    struct packed_check *c = calloc(1, sizeof *c);
    struct lode_diag diag;
    const uint64_t before = s->out->total;
    if (c == NULL || lode_reader_new(s->v->index, NULL, &c->reader) != LODE_OK) {
        lode_diag_set(&diag, LODE_E_NOMEM, "out of memory");
        lode_verify_found(s, &diag);
        free(c);
        return;
    }
    c->scan = s;
    c->bad = UINT64_MAX;
    s->crc = 0;
    while (c->text_off < s->source.row.text_len && check_block(c)) {
    }
    if (c->text_off == s->source.row.text_len && s->out->total == before &&
        s->crc != s->source.row.text_crc)
        found_bad(c, 0);
    s->crc = 0;
    lode_reader_free(c->reader);
    free(c);
}
