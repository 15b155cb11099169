/* Owns how records and blocks stand in a source: what a copy of its text, a .fai or a .gzi is made
 * of. */
#include "diag.h"
#include "index.h"
#include "locate.h"
#include "prove.h"
#include "seqplace.h"
#include "setindex.h"

#include <string.h>

/* A question about one contig, for lode_index_guarded. */
struct question {
    const lode_index *index;
    uint64_t contig;
    struct lode_contig_row row;
    struct lode_source source;
    char *buf;
    size_t cap, *len;
    struct lode_fault fault;
};

static int run_row(void *arg)
{
    struct question *q = arg;
    const int status = lode_contig_get(&q->index->seq, q->contig, &q->row, &q->source, &q->fault);
    return status == LODE_FMT_OK ? lode_prove_contig(q->index, q->contig, &q->row, &q->fault)
                                 : status;
}

int lode_record_at(const lode_index *index, int64_t contig, struct lode_record *out,
                   struct lode_diag *diag)
{
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    if (contig < 0 || contig >= (int64_t)index->seq.contig_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no contig number %lld", index->path,
                             (long long)contig);
    const struct lode_route to = lode_route_contig(index, contig);
    struct question q = {.index = to.index, .contig = (uint64_t)(contig - to.contig)};
    if (lode_index_guarded(to.index, run_row, &q, &q.fault) != LODE_OK)
        return lode_diag_fault(diag, to.index->path, &q.fault);
    const struct lode_contig_row *row = &q.row;
    struct lode_record record = {
        .struct_size = sizeof record,
        .text_bases = (int64_t)row->text_off,
        .line_bases = (int64_t)row->line_bases,
        .line_width = (int64_t)lode_line_width(row->line_bases, row->flags),
        .header_eol = (int)lode_contig_eol(row->flags, LODE_CTIG_EOL_HEADER_SHIFT),
        .lines_eol = (int)lode_contig_eol(row->flags, LODE_CTIG_EOL_LINES_SHIFT),
        .last_eol = (int)lode_contig_eol(row->flags, LODE_CTIG_EOL_LAST_SHIFT),
        .duplicate = (row->flags & LODE_CTIG_DUPLICATE) != 0,
    };
    record.text_begin = record.text_bases - record.header_eol - (int64_t)row->defline_len;
    record.text_end = (int64_t)lode_contig_text_end(row) + record.last_eol;
    return lode_struct_out(out, &record, sizeof record) ? LODE_OK : LODE_E_ARG;
}

/* '>', blanks, name, rest: the pieces of a header line are kept apart (SPEC 5.5). */
static int run_defline(void *arg)
{
    struct question *q = arg;
    struct lode_bytes name;
    const uint8_t *desc;
    uint32_t n;
    int status = run_row(q);
    if (status == LODE_FMT_OK)
        status = lode_contig_name_bytes(&q->index->seq, &q->row, &q->source, &name, NULL);
    if (status == LODE_FMT_OK)
        status = lode_contig_desc_bytes(&q->index->seq, &q->row, &q->source, &desc, &n, NULL);
    if (status == LODE_FMT_OK)
        status = lode_prove(q->index, desc, n, NULL);
    if (status != LODE_FMT_OK)
        return status;
    const size_t len = 1 + (size_t)name.len + n, lead = q->row.lead;
    if (q->len != NULL)
        *q->len = len;
    if (len > q->cap)
        return LODE_E_SPACE;
    q->buf[0] = '>';
    memcpy(q->buf + 1, desc, lead);
    memcpy(q->buf + 1 + lead, name.data, name.len);
    memcpy(q->buf + 1 + lead + name.len, desc + lead, n - lead);
    if (len < q->cap)
        q->buf[len] = 0;
    return LODE_OK;
}

int lode_contig_defline(const lode_index *index, int64_t contig, char *buf, size_t cap, size_t *len)
{
    if (index == NULL || (buf == NULL && cap > 0))
        return LODE_E_ARG;
    if (contig < 0 || contig >= (int64_t)index->seq.contig_count)
        return LODE_E_RANGE;
    const struct lode_route to = lode_route_contig(index, contig);
    struct question q = {.index = to.index,
                         .contig = (uint64_t)(contig - to.contig),
                         .buf = buf,
                         .cap = cap,
                         .len = len};
    return lode_index_guarded(to.index, run_defline, &q, NULL);
}

/* One row of BLOK, for lode_index_guarded. */
struct block_question {
    const lode_index *index;
    uint64_t source, i;
    struct lode_block_row row;
};

static int run_block(void *arg)
{
    struct block_question *q = arg;
    struct lode_source source;
    const int status = lode_source_get(&q->index->seq, q->source, &source, NULL);
    if (status != LODE_FMT_OK)
        return status;
    if (q->i >= source.end.block - source.row.begin.block)
        return LODE_E_RANGE;
    const struct lode_rows *blok = &q->index->seq.blok;
    lode_block_decode(blok->rows + (source.row.begin.block + q->i) * LODE_STRIDE_BLOK, &q->row);
    return lode_prove_rows(q->index, blok, source.row.begin.block + q->i, 1, LODE_STRIDE_BLOK,
                           NULL);
}

int lode_block_at(const lode_index *index, int64_t source, int64_t i, int64_t *text_off,
                  int64_t *file_off)
{
    if (index == NULL || text_off == NULL || file_off == NULL)
        return LODE_E_ARG;
    if (source < 0 || source >= (int64_t)index->seq.source_count || i < 0)
        return LODE_E_RANGE;
    const struct lode_route to = lode_route_source(index, source);
    struct block_question q = {
        .index = to.index, .source = (uint64_t)(source - to.source), .i = (uint64_t)i};
    const int status = lode_index_guarded(to.index, run_block, &q, NULL);
    if (status == LODE_OK) {
        *text_off = (int64_t)q.row.text_off;
        *file_off = (int64_t)q.row.file_off;
    }
    return status;
}

struct span_question {
    const struct lode_seqindex *seq;
    uint64_t begin, end, first, last;
};

static int run_contigs_at(void *arg)
{
    struct span_question *q = arg;
    return lode_seqindex_contigs_at(q->seq, q->begin, q->end, &q->first, &q->last);
}

int lode_contigs_at(const lode_index *index, int64_t begin, int64_t end, int64_t *first,
                    int64_t *last)
{
    if (index == NULL || first == NULL || last == NULL || begin < 0 || end <= begin)
        return LODE_E_ARG;
    if (index->set != NULL) /* its own file holds no rows of contigs */
        return LODE_E_NOT_FOUND;
    struct span_question q = {.seq = &index->seq, .begin = (uint64_t)begin, .end = (uint64_t)end};
    const int status = lode_index_guarded(index, run_contigs_at, &q, NULL);
    if (status != LODE_OK)
        return status;
    *first = (int64_t)q.first;
    *last = (int64_t)q.last;
    return LODE_OK;
}
