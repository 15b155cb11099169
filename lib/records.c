#include "records.h"

#include "diag.h"
#include "grow.h"
#include "seqindex.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 256 << 20 }; /* a header line longer than this is no FASTA */

/* The walk, the stretch it fills and where failures go, as one argument. */
struct walk {
    struct lode_records *r;
    const uint8_t *text;
    struct lode_stretch *out;
    struct lode_diag *diag;
};

static int no_memory(struct walk *w)
{
    return lode_diag_set(w->diag, LODE_E_NOMEM, "%s: out of memory", w->r->path);
}

static bool append(uint8_t **buf, size_t *len, size_t *cap, const void *data, size_t n)
{
    if (!lode_grow(buf, cap, *len + n, 1))
        return false;
    if (n > 0)
        memcpy(*buf + *len, data, n);
    *len += n;
    return true;
}

static bool add_desc(struct walk *w, const void *data, size_t n)
{
    w->r->descs_off += n;
    return append(&w->out->descs, &w->out->descs_len, &w->out->descs_cap, data, n);
}

static bool add_item(struct walk *w, const struct lode_seq_item *item)
{
    if (!LODE_GROW(w->out->items, w->out->item_count, w->out->item_cap))
        return false;
    w->out->items[w->out->item_count++] = *item;
    return true;
}

/* ---- gaps ---------------------------------------------------------------------------------- */

static bool close_gap(struct walk *w)
{
    if (!w->r->in_gap)
        return true;
    w->r->in_gap = false;
    if (!LODE_GROW(w->out->gaps, w->out->gap_count, w->out->gap_cap))
        return false;
    w->out->gaps[w->out->gap_count++] = w->r->gap;
    return true;
}

/* count blank lines with this end at text offset off. Their bytes follow from count and eol. */
static int blank_lines(struct walk *w, uint64_t off, uint64_t count, uint8_t eol)
{
    struct lode_records *r = w->r;
    for (uint64_t i = 0; i < count; i++, off += eol) {
        if (r->in_gap && r->gap.length > UINT32_MAX - 2 && !close_gap(w))
            return no_memory(w);
        if (!r->in_gap) {
            r->in_gap = true;
            memset(&r->gap, 0, sizeof r->gap);
            r->gap.text_off = off;
            r->gap.desc_off = r->descs_off;
        }
        r->gap.length += eol;
        if (!add_desc(w, eol == LODE_EOL_CRLF ? "\r\n" : "\n", eol))
            return no_memory(w);
    }
    r->closed = r->after_blank = r->in_record;
    r->line_no += count;
    return LODE_OK;
}

/* ---- records ------------------------------------------------------------------------------- */

static uint16_t eol_flags(const struct lode_records *r)
{
    const unsigned lines = r->lines > 1 ? r->lines_eol : r->last_eol;
    const unsigned last = r->last_eol;
    return (uint16_t)(lines << LODE_CTIG_EOL_LINES_SHIFT | last << LODE_CTIG_EOL_LAST_SHIFT);
}

static bool finish_record(struct walk *w)
{
    struct lode_records *r = w->r;
    const struct lode_seq_item end = {.lines = 0};
    if (!r->in_record)
        return true;
    r->in_record = false;
    r->row.flags = (uint16_t)(r->row.flags | (r->lines > 0 ? eol_flags(r) : 0));
    /* As exceptions these bases would take more room than the bytes themselves (SPEC 5.4). */
    if (r->other > r->row.length / 16)
        r->row.encoding = LODE_ENCODING_BYTES;
    r->base_off += lode_base_bytes(r->row.encoding, r->row.length);
    if (!LODE_GROW(w->out->contigs, w->out->contig_count, w->out->contig_cap))
        return false;
    const struct lode_contig_entry entry = {r->row, r->record_line, r->record_hash};
    w->out->contigs[w->out->contig_count++] = entry;
    return add_item(w, &end);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A whole header line p[0, n) without its end, at text offset off. */
static int header_line(struct walk *w, const uint8_t *p, size_t n, uint64_t off, uint8_t eol)
{
    struct lode_records *r = w->r;
    size_t lead = 0, end;
    if (!finish_record(w) || !close_gap(w))
        return no_memory(w);
    while (1 + lead < n && is_blank(p[1 + lead]))
        lead++;
    for (end = 1 + lead; end < n && !is_blank(p[end]); end++)
        if (p[end] < 0x20)
            return lode_diag_set(w->diag, LODE_E_FORMAT,
                                 "%s: line %llu: a control byte (0x%02X) in the name", r->path,
                                 (unsigned long long)r->line_no, p[end]);
    if (memchr(p, '\r', n) != NULL)
        return lode_diag_set(
            w->diag, LODE_E_FORMAT,
            "%s: line %llu: a carriage return inside a header line; lines must end "
            "in LF or CR LF",
            r->path, (unsigned long long)r->line_no);
    if (end == 1 + lead)
        return lode_diag_set(w->diag, LODE_E_FORMAT,
                             "%s: line %llu: '>' without a name; give the record one", r->path,
                             (unsigned long long)r->line_no);
    if (lead > UINT8_MAX)
        return lode_diag_set(w->diag, LODE_E_FORMAT,
                             "%s: line %llu: more than 255 blanks between '>' and the name",
                             r->path, (unsigned long long)r->line_no);
    const struct lode_contig_row row = {
        .text_off = off + n + eol,
        .base_off = r->base_off,
        .name_off = r->names_off,
        .name_len = (uint32_t)(end - 1 - lead),
        .defline_len = (uint32_t)n,
        .flags = (uint16_t)(eol << LODE_CTIG_EOL_HEADER_SHIFT),
        .lead = (uint8_t)lead,
        .desc_off = r->descs_off,
    };
    r->row = row;
    r->in_record = true;
    r->closed = r->after_blank = false;
    r->record_line = r->line_no++;
    r->record_hash = lode_name_hash(p + 1 + lead, row.name_len, 0);
    r->lines = r->last_content = r->other = 0;
    r->lines_eol = r->last_eol = LODE_EOL_NONE;
    r->names_off += row.name_len + 1u;
    if (!append(&w->out->names, &w->out->names_len, &w->out->names_cap, p + 1 + lead,
                row.name_len) ||
        !append(&w->out->names, &w->out->names_len, &w->out->names_cap, "", 1) ||
        !add_desc(w, p + 1, lead) || !add_desc(w, p + end, n - end))
        return no_memory(w);
    return LODE_OK;
}

static int ragged(struct walk *w, uint64_t line, uint64_t bases)
{
    const struct lode_records *r = w->r;
    return lode_diag_set(w->diag, LODE_E_FORMAT,
                         "%s: line %llu has %llu bases where the lines of this record have %llu: "
                         "only its last line may be shorter",
                         r->path, (unsigned long long)line, (unsigned long long)bases,
                         (unsigned long long)r->row.line_bases);
}

/* Text before the first record: say what the file seems to be. */
static int no_record(struct walk *w, const uint8_t *p, size_t n)
{
    const struct lode_records *r = w->r;
    if (r->line_no == 1 && n >= 4 && memcmp(p, "BAM\1", 4) == 0)
        return lode_diag_set(w->diag, LODE_E_FOREIGN,
                             "%s: BAM is not supported: lode indexes FASTA", r->path);
    if (r->line_no == 1 && n > 0 && p[0] == '@')
        return lode_diag_set(w->diag, LODE_E_FOREIGN,
                             "%s: FASTQ (or SAM) is not supported: lode indexes FASTA", r->path);
    return lode_diag_set(w->diag, LODE_E_FORMAT,
                         "%s: line %llu: not FASTA: text before the first '>'", r->path,
                         (unsigned long long)r->line_no);
}

/* count complete sequence lines of content bases. Whether they fit the record's geometry. */
static int sequence_lines(struct walk *w, uint64_t content, uint64_t count, uint8_t eol,
                          uint64_t other)
{
    struct lode_records *r = w->r;
    const uint64_t line = r->line_no;
    if (r->after_blank)
        return lode_diag_set(w->diag, LODE_E_FORMAT,
                             "%s: line %llu: sequence after a blank line inside a record; remove "
                             "the blank line",
                             r->path, (unsigned long long)line);
    if (r->closed)
        return r->last_content < r->row.line_bases
                   ? ragged(w, line - 1, r->last_content)
                   : lode_diag_set(w->diag, LODE_E_FORMAT,
                                   "%s: line %llu ends otherwise than the lines of its record",
                                   r->path, (unsigned long long)line - 1);
    if (r->lines == 0) {
        r->row.line_bases = content;
        r->lines_eol = eol;
    }
    if (content > r->row.line_bases)
        return ragged(w, line, content);
    r->closed = content < r->row.line_bases || eol != r->lines_eol;
    if (r->closed && count > 1)
        return content < r->row.line_bases
                   ? ragged(w, line, content)
                   : lode_diag_set(w->diag, LODE_E_FORMAT,
                                   "%s: line %llu ends otherwise than the lines of its record",
                                   r->path, (unsigned long long)line);
    r->lines += count;
    r->last_content = content;
    r->last_eol = eol;
    r->row.length += content * count;
    r->other += other;
    r->line_no += count;
    return LODE_OK;
}

/* Bases for compose.h: lines of content bases from begin, behind those the record has already and
 * offset ones of its unfinished line. */
static bool bases(struct walk *w, size_t begin, uint64_t lines, size_t content, size_t width,
                  uint64_t offset)
{
    const struct lode_records *r = w->r;
    const struct lode_seq_item item = {
        .begin = begin,
        .coordinate = 4 * r->row.base_off + r->row.length + offset,
        .lines = lines,
        .content = content,
        .width = width,
        .line_no = r->line_no,
        .starts_contig = r->row.length + offset == 0,
    };
    return content == 0 || add_item(w, &item);
}

/* ---- lines that cross stretches ------------------------------------------------------------- */

/* The unfinished line ends with this line end. */
static int end_partial(struct walk *w, uint8_t eol, uint64_t other)
{
    struct lode_records *r = w->r;
    const enum lode_partial kind = r->partial;
    r->partial = LODE_AT_LINE_START;
    if (kind == LODE_IN_HEADER) {
        size_t n = r->header_len;
        if (eol == LODE_EOL_LF && n > 0 && r->header[n - 1] == '\r') {
            n--;
            eol = LODE_EOL_CRLF;
        }
        return header_line(w, r->header, n, r->partial_off, eol);
    }
    if (r->partial_cr) {
        if (eol != LODE_EOL_LF)
            return lode_diag_set(w->diag, LODE_E_FORMAT,
                                 "%s: line %llu: a carriage return inside the sequence", r->path,
                                 (unsigned long long)r->line_no);
        eol = LODE_EOL_CRLF;
    }
    if (r->partial_bases == 0)
        return eol == LODE_EOL_NONE ? LODE_OK : blank_lines(w, r->partial_off, 1, eol);
    return sequence_lines(w, r->partial_bases, 1, eol, other);
}

static int header_fragment(struct walk *w, const uint8_t *p, size_t n)
{
    struct lode_records *r = w->r;
    if (n > HEADER_MAX - r->header_len)
        return lode_diag_set(w->diag, LODE_E_FORMAT,
                             "%s: line %llu: a header line of more than %d MiB", r->path,
                             (unsigned long long)r->line_no, HEADER_MAX >> 20);
    return append(&r->header, &r->header_len, &r->header_cap, p, n) ? LODE_OK : no_memory(w);
}

static int sequence_fragment(struct walk *w, size_t begin, const uint8_t *p, size_t n)
{
    struct lode_records *r = w->r;
    if (n == 0)
        return LODE_OK;
    if (r->partial_cr)
        return lode_diag_set(w->diag, LODE_E_FORMAT,
                             "%s: line %llu: a carriage return inside the sequence", r->path,
                             (unsigned long long)r->line_no);
    r->partial_cr = p[n - 1] == '\r';
    n -= r->partial_cr;
    if (n > 0 && !r->in_record)
        return no_record(w, p, n);
    if (n > 0 && !bases(w, begin, 1, n, n, r->partial_bases))
        return no_memory(w);
    r->partial_bases += n;
    return LODE_OK;
}

/* Part of a line: text [begin, end) of the stretch, ended = its last byte is the line feed. other
 * is the count for the whole part. */
static int fragment(struct walk *w, size_t begin, size_t end, bool ended, uint64_t other)
{
    struct lode_records *r = w->r;
    const uint8_t *p = w->text + begin;
    const size_t n = end - begin - ended;
    if (begin == end)
        return LODE_OK;
    if (r->partial == LODE_AT_LINE_START) {
        r->partial = *p == '>' ? LODE_IN_HEADER : LODE_IN_SEQUENCE;
        r->partial_off = r->text_off + begin;
        r->partial_bases = r->header_len = 0;
        r->partial_cr = false;
    }
    int status =
        r->partial == LODE_IN_HEADER ? header_fragment(w, p, n) : sequence_fragment(w, begin, p, n);
    if (status == LODE_OK && r->partial == LODE_IN_SEQUENCE && !ended)
        r->other += r->in_record ? other : 0;
    if (status == LODE_OK && ended)
        status = end_partial(w, LODE_EOL_LF, other);
    return status;
}

/* ---- the stretch ---------------------------------------------------------------------------- */

static int whole_lines(struct walk *w, const struct lode_line_run *run)
{
    struct lode_records *r = w->r;
    const uint8_t *p = w->text + run->begin;
    switch (run->kind) {
    case LODE_LINE_HEADER:
        return header_line(w, p, run->content, r->text_off + run->begin, run->eol);
    case LODE_LINE_BLANK:
        return blank_lines(w, r->text_off + run->begin, run->count, run->eol);
    default:
        if (!r->in_record)
            return no_record(w, p, run->content);
        if (!bases(w, run->begin, run->count, run->content, run->content + run->eol, 0))
            return no_memory(w);
        return sequence_lines(w, run->content, run->count, run->eol, run->other);
    }
}

static int end_of_source(struct walk *w)
{
    int status = LODE_OK;
    if (w->r->partial != LODE_AT_LINE_START)
        status = end_partial(w, LODE_EOL_NONE, 0);
    if (status == LODE_OK && (!finish_record(w) || !close_gap(w)))
        status = no_memory(w);
    return status;
}

int lode_records_walk(struct lode_records *r, const uint8_t *text, size_t n,
                      const struct lode_lines *lines, bool last, struct lode_stretch *out,
                      struct lode_diag *diag)
{
    struct walk w = {r, text, out, diag};
    lode_stretch_reset(out);
    if (r->status == LODE_OK)
        r->status = fragment(&w, 0, lines->head_end, lines->head_ended, lines->head_other);
    for (size_t i = 0; i < lines->count && r->status == LODE_OK; i++)
        r->status = whole_lines(&w, &lines->runs[i]);
    if (r->status == LODE_OK)
        r->status = fragment(&w, lines->tail_begin, n, false, lines->tail_other);
    if (r->status == LODE_OK && last)
        r->status = end_of_source(&w);
    r->text_off += n;
    return r->status;
}
