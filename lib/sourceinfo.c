/* Owns what an index says about a whole source: sizes, kind, composition. */
#include "diag.h"
#include "index.h"
#include "prove.h"
#include "setindex.h"

/* A question about one source, for lode_index_guarded. */
struct question {
    const lode_index *index;
    uint64_t source;
    int64_t contigs_before; /* in the members of a set before this one */
    struct lode_source row;
    struct lode_composition sum;
    struct lode_fault fault;
};

static void add_bin(struct lode_composition *sum, const struct lode_bin_row *bin)
{
    sum->n += bin->n;
    sum->gc += bin->gc;
    sum->lower += bin->lower_count;
    sum->other += bin->other;
}

/* The rows that are added up, and the source's. */
static int prove(struct question *q)
{
    const struct lode_seqindex *seq = &q->index->seq;
    const struct lode_begins *b = &q->row.row.begin, *e = &q->row.end;
    int status = lode_prove_rows(q->index, &seq->srce, q->source, 2, LODE_STRIDE_SRCE, &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(q->index, &seq->bins, b->bin, e->bin - b->bin, LODE_STRIDE_BINS,
                                 &q->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(q->index, &seq->ctig, b->contig, e->contig - b->contig,
                                 LODE_STRIDE_CTIG, &q->fault);
    return status;
}

static int run_composition(void *arg)
{
    struct question *q = arg;
    const struct lode_seqindex *seq = &q->index->seq;
    int status = lode_source_get(seq, q->source, &q->row, &q->fault);
    if (status == LODE_FMT_OK)
        status = prove(q);
    if (status != LODE_FMT_OK)
        return status;
    for (uint64_t i = q->row.row.begin.bin; i < q->row.end.bin; i++) {
        struct lode_bin_row bin;
        lode_bin_decode(seq->bins.rows + i * LODE_STRIDE_BINS, &bin);
        add_bin(&q->sum, &bin);
    }
    for (uint64_t i = q->row.row.begin.contig; i < q->row.end.contig; i++) {
        struct lode_contig_row row;
        lode_contig_decode(seq->ctig.rows + i * LODE_STRIDE_CTIG, &row);
        q->sum.bases += (int64_t)(row.length & LODE_U48_MASK);
    }
    return LODE_OK;
}

static int ask(struct question *q, const lode_index *index, int64_t i, struct lode_diag *diag)
{
    if (i < 0 || i >= (int64_t)index->seq.source_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no source number %lld: there are %llu",
                             index->path, (long long)i,
                             (unsigned long long)index->seq.source_count);
    const struct lode_route to = lode_route_source(index, i);
    q->index = to.index;
    q->source = (uint64_t)(i - to.source);
    q->contigs_before = to.contig;
    const int status = lode_index_guarded(to.index, run_composition, q, &q->fault);
    return status == LODE_OK ? LODE_OK : lode_diag_fault(diag, to.index->path, &q->fault);
}

int lode_source_composition(const lode_index *index, int64_t source, struct lode_composition *out,
                            struct lode_diag *diag)
{
    struct question q = {0};
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    const int status = ask(&q, index, source, diag);
    if (status == LODE_OK)
        *out = q.sum;
    return status;
}

int lode_source_info(const lode_index *index, int64_t source, struct lode_source_info *out,
                     struct lode_diag *diag)
{
    struct question q = {0};
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    const int status = ask(&q, index, source, diag);
    if (status != LODE_OK)
        return status;
    const struct lode_source_row *row = &q.row.row;
    const uint64_t blocks = q.row.end.block - row->begin.block;
    const struct lode_source_info info = {
        .struct_size = sizeof info,
        .first_contig = (int64_t)row->begin.contig + q.contigs_before,
        .contigs = (int64_t)(q.row.end.contig - row->begin.contig),
        .blocks = blocks > 0 ? (int64_t)blocks - 1 : 0,
        .bases = q.sum.bases,
        .file_size = (int64_t)row->file_size,
        .text_size = (int64_t)row->text_len,
        .text_crc = row->text_crc,
        .kind = row->kind,
        .track = (int)lode_source_dtype(row),
        .no_eof_marker = (row->flags & LODE_SOURCE_NO_EOF) != 0,
        .fingerprint = row->fingerprint,
        .restart = (row->flags & LODE_SOURCE_RESTART) != 0,
        .small = (row->flags & LODE_SOURCE_FINE) != 0,
    };
    return lode_struct_out(out, &info, sizeof info) ? LODE_OK : LODE_E_ARG;
}
