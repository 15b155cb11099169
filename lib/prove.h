/* Owns the proof of an index's rows while they are read: which pages an answer rests on
 * (lib/proof.h, SPEC 5.16). */
#ifndef LODE_LIB_PROVE_H
#define LODE_LIB_PROVE_H

#include "index.h"

/* Proves the pages that [p, p + n) lies on: lib/proof.h. */
static inline int lode_prove(const lode_index *index, const uint8_t *p, uint64_t n,
                             struct lode_fault *fault)
{
    return lode_proof_of(&index->proof, p, n, fault);
}

/* The same for n rows of a table from `row` on; those past its end do not count. */
static inline int lode_prove_rows(const lode_index *index, const struct lode_rows *table,
                                  uint64_t row, uint64_t n, uint64_t stride,
                                  struct lode_fault *fault)
{
    if (row >= table->count)
        return LODE_FMT_OK;
    const uint64_t rows = n < table->count - row ? n : table->count - row;
    return lode_prove(index, table->rows + row * stride, rows * stride, fault);
}

/* Row, source and name of a contig whose row was checked. */
static inline int lode_prove_contig(const lode_index *index, uint64_t contig,
                                    const struct lode_contig_row *row, struct lode_fault *fault)
{
    const struct lode_seqindex *seq = &index->seq;
    const uint8_t *source = seq->srce.rows + (uint64_t)row->source * LODE_STRIDE_SRCE;
    int status =
        lode_prove(index, seq->ctig.rows + contig * LODE_STRIDE_CTIG, LODE_STRIDE_CTIG, fault);
    if (status == LODE_FMT_OK) /* the row behind it holds its ends */
        status = lode_prove(index, source, 2 * LODE_STRIDE_SRCE, fault);
    if (status != LODE_FMT_OK)
        return status;
    const uint64_t name = lode_get64(source + LODE_SRCE_NAME) + row->name_off;
    return lode_prove_rows(index, &seq->name, name, (uint64_t)row->name_len + 1, 1, fault);
}

/* What a lookup answered, whatever it is: the contig it found, or else what told it that there is
 * none. status, or PAGE_SUM. */
int lode_prove_lookup(const lode_index *index, int status, const struct lode_lookup *lookup,
                      const struct lode_contig_row *row, struct lode_fault *fault);

#endif
