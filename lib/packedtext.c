#include "packedtext.h"

#include "diag.h"
#include "locate.h"
#include "packedread.h"
#include "prove.h"

#include <string.h>

enum { STEP = 128 << 10 }; /* text of sequence lines that is laid out at a time */

/* What stands at one place of the text: a record or a gap, and its bytes as far as rows tell them.
 */
struct place {
    const lode_index *index;
    uint64_t number, at, end; /* source; text [at, end) is asked for */
    struct lode_source source;
    struct lode_contig_row row; /* of the record that holds `at` */
    uint64_t contig;
    bool in_bases;  /* `at` lies behind the header line of the record */
    uint64_t until; /* else text [at, until) was stored at dst */
    uint8_t *dst;
    struct lode_fault fault;
};

static uint64_t begin_of(const struct lode_contig_row *row)
{
    return row->text_off - lode_contig_eol(row->flags, LODE_CTIG_EOL_HEADER_SHIFT) -
           row->defline_len;
}

static uint64_t end_of(const struct lode_contig_row *row)
{
    return lode_contig_text_end(row) + lode_contig_eol(row->flags, LODE_CTIG_EOL_LAST_SHIFT);
}

/* Number of the last record that begins at p->at or before it; false when there is none. */
static bool find_record(struct place *p)
{
    const struct lode_seqindex *ix = &p->index->seq;
    uint64_t lo = p->source.row.begin.contig, hi = p->source.end.contig;
    const uint64_t first = lo;
    while (lo < hi) {
        struct lode_contig_row row;
        const uint64_t mid = lo + (hi - lo) / 2;
        lode_contig_decode(ix->ctig.rows + mid * LODE_STRIDE_CTIG, &row);
        if (begin_of(&row) <= p->at)
            lo = mid + 1;
        else
            hi = mid;
    }
    p->contig = lo - 1;
    return lo > first;
}

static const char *eol_text(unsigned eol)
{
    return eol == LODE_EOL_CRLF ? "\r\n" : eol == LODE_EOL_LF ? "\n" : "";
}

/* C-8, as far as the text needs it: two bits hold a fourth value, which is no line end, and an
 * empty contig has no last line. Those of whole lines are C-4's. */
static int check_eols(struct place *p)
{
    const unsigned last = lode_contig_eol(p->row.flags, LODE_CTIG_EOL_LAST_SHIFT);
    if (lode_contig_eol(p->row.flags, LODE_CTIG_EOL_HEADER_SHIFT) <= LODE_EOL_CRLF &&
        last <= (p->row.length > 0 ? LODE_EOL_CRLF : LODE_EOL_NONE))
        return LODE_FMT_OK;
    return lode_fail(&p->fault, LODE_FMT_CORRUPT, "C-8", LODE_ID_CTIG,
                     (uint64_t)(p->index->seq.ctig.rows - p->index->seq.box.data) +
                         p->contig * LODE_STRIDE_CTIG + LODE_CTIG_FLAGS);
}

/* Stores what of n bytes, which stand at text offset *off, is asked for; moves *off on. */
static void put(struct place *p, uint64_t *off, const void *bytes, uint64_t n)
{
    const uint64_t begin = *off > p->until ? *off : p->until;
    const uint64_t end = *off + n < p->end ? *off + n : p->end;
    if (begin < end) {
        memcpy(p->dst + (begin - p->at), (const uint8_t *)bytes + (begin - *off),
               (size_t)(end - begin));
        p->until = end;
    }
    *off += n;
}

/* '>', blanks, name, rest, line end. */
static int put_header(struct place *p)
{
    const struct lode_seqindex *ix = &p->index->seq;
    const unsigned eol = lode_contig_eol(p->row.flags, LODE_CTIG_EOL_HEADER_SHIFT);
    struct lode_bytes name;
    const uint8_t *desc;
    uint32_t n;
    int status = lode_contig_name_bytes(ix, &p->row, &p->source, &name, &p->fault);
    if (status == LODE_FMT_OK)
        status = lode_contig_desc_bytes(ix, &p->row, &p->source, &desc, &n, &p->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove(p->index, desc, n, &p->fault);
    if (status != LODE_FMT_OK)
        return status;
    uint64_t off = begin_of(&p->row);
    p->until = p->at;
    put(p, &off, ">", 1);
    put(p, &off, desc, p->row.lead);
    put(p, &off, name.data, name.len);
    put(p, &off, desc + p->row.lead, n - p->row.lead);
    put(p, &off, eol_text(eol), eol);
    return LODE_FMT_OK;
}

static int no_place(struct place *p)
{
    return lode_fail(&p->fault, LODE_FMT_CORRUPT, "G-4", LODE_ID_GAPS, p->at);
}

/* The last gap that begins at p->at or before it. */
static int put_gap(struct place *p)
{
    const struct lode_seqindex *ix = &p->index->seq;
    uint64_t lo = 0, hi = ix->gaps.count;
    struct lode_gap_row row;
    while (lo < hi) {
        const uint64_t mid = lo + (hi - lo) / 2;
        lode_gap_decode(ix->gaps.rows + mid * LODE_STRIDE_GAPS, &row);
        if (row.source < p->number || (row.source == p->number && row.text_off <= p->at))
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return no_place(p);
    int status = lode_prove_rows(p->index, &ix->gaps, lo - 1, 1, LODE_STRIDE_GAPS, &p->fault);
    if (status != LODE_FMT_OK)
        return status;
    lode_gap_decode(ix->gaps.rows + (lo - 1) * LODE_STRIDE_GAPS, &row);
    const uint64_t room = p->source.end.desc - p->source.row.begin.desc;
    if (row.source != p->number || p->at < row.text_off || p->at - row.text_off >= row.length ||
        row.desc_off > room || row.length > room - row.desc_off)
        return no_place(p);
    const uint8_t *bytes = ix->desc.rows + p->source.row.begin.desc + row.desc_off;
    status = lode_prove(p->index, bytes, row.length, &p->fault);
    if (status != LODE_FMT_OK)
        return status;
    uint64_t off = row.text_off;
    p->until = p->at;
    put(p, &off, bytes, row.length);
    return LODE_FMT_OK;
}

static int run_place(void *arg)
{
    struct place *p = arg;
    const struct lode_seqindex *ix = &p->index->seq;
    int status = lode_source_get(ix, p->number, &p->source, &p->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(p->index, &ix->srce, p->number, 2, LODE_STRIDE_SRCE, &p->fault);
    if (status != LODE_FMT_OK)
        return status;
    if (!find_record(p))
        return put_gap(p);
    status = lode_contig_get(ix, p->contig, &p->row, &p->source, &p->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_contig(p->index, p->contig, &p->row, &p->fault);
    if (status == LODE_FMT_OK)
        status = check_eols(p);
    if (status != LODE_FMT_OK)
        return status;
    if (p->at < begin_of(&p->row) || p->at >= end_of(&p->row))
        return put_gap(p);
    p->in_bases = p->at >= p->row.text_off;
    return p->in_bases ? LODE_FMT_OK : put_header(p);
}

/* ---- sequence lines ------------------------------------------------------------------------- */

/* Lines of a record; text offsets count from its first base. */
struct lines {
    uint64_t bases, line, width, end; /* end: behind the last base */
    const char *eol, *last_eol;
};

/* Bases that stand before text offset x. */
static uint64_t bases_before(const struct lines *l, uint64_t x)
{
    const uint64_t column = x % l->width;
    const uint64_t n = x / l->width * l->line + (column < l->line ? column : l->line);
    return n < l->bases ? n : l->bases;
}

/* Text [x, end) of the lines to dst; bases points at the first base in it. */
static void lay_out(const struct lines *l, uint64_t x, uint64_t end, const uint8_t *bases,
                    uint8_t *dst)
{
    while (x < end) {
        const uint64_t column = x % l->width;
        uint64_t n;
        if (x >= l->end) {
            n = end - x;
            memcpy(dst, l->last_eol + (x - l->end), (size_t)n);
        } else if (column >= l->line) {
            n = l->width - column < end - x ? l->width - column : end - x;
            memcpy(dst, l->eol + (column - l->line), (size_t)n);
        } else {
            n = l->line - column;
            n = n < l->end - x ? n : l->end - x;
            n = n < end - x ? n : end - x;
            memcpy(dst, bases, (size_t)n);
            bases += n;
        }
        x += n;
        dst += n;
    }
}

/* Text [p->at, p->end), which begins in the sequence lines of p->row, as far as those go. */
static int put_lines(lode_reader *reader, struct place *p, struct lode_diag *diag)
{
    const struct lode_contig_row *row = &p->row;
    struct lode_contig contig;
    struct lines l = {.bases = row->length, .line = row->line_bases};
    l.width = lode_line_width(l.line, row->flags);
    l.end = lode_contig_text_end(row) - row->text_off;
    l.eol = eol_text(lode_contig_eol(row->flags, LODE_CTIG_EOL_LINES_SHIFT));
    l.last_eol = eol_text(lode_contig_eol(row->flags, LODE_CTIG_EOL_LAST_SHIFT));
    const struct lode_sink sink = {.encoder = &lode_encoder_plain, .dst = reader->text};
    int status = lode_contig_at(reader->index, (int64_t)p->contig, &contig, diag);
    p->until = end_of(row) < p->end ? end_of(row) : p->end;
    for (uint64_t at = p->at, to; status == LODE_OK && at < p->until; at = to) {
        to = p->until - at < STEP ? p->until : at + STEP;
        const uint64_t x = at - row->text_off, first = bases_before(&l, x);
        const uint64_t behind = bases_before(&l, to - row->text_off);
        if (first < behind)
            status = lode_packed_fetch(reader, &contig, first, behind, &sink, 0, diag);
        if (status == LODE_OK)
            lay_out(&l, x, to - row->text_off, reader->text, p->dst + (at - p->at));
    }
    return status;
}

int lode_packed_text(lode_reader *reader, int64_t source, uint64_t begin, uint64_t end,
                     uint8_t *dst, struct lode_diag *diag)
{
    reader->text_number = -1; /* its memory is used */
    while (begin < end) {
        struct place p = {.index = reader->index,
                          .number = (uint64_t)source,
                          .at = begin,
                          .end = end,
                          .until = begin,
                          .dst = dst};
        int status = lode_index_guarded(reader->index, run_place, &p, &p.fault);
        if (status != LODE_OK)
            return lode_diag_fault(diag, reader->index->path, &p.fault);
        if (p.in_bases)
            status = put_lines(reader, &p, diag);
        if (status != LODE_OK)
            return status;
        dst += p.until - begin;
        begin = p.until;
    }
    return LODE_OK;
}
