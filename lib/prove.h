/* Owns the proof of an index's own bytes while it is read: the first time that rows of a 64 KiB
 * page are used, the page is compared with its sum (SPEC 5.16). One bit a page remembers that, for
 * all threads. What it answers is then what was written, or PAGE_SUM. */
#ifndef LODE_LIB_PROVE_H
#define LODE_LIB_PROVE_H

#include "index.h"

/* Makes the bits of an index that was opened. False when out of memory. */
bool lode_prove_init(lode_index *index);

/* Proves pages first to last, which have sums. */
int lode_prove_pages(const lode_index *index, uint64_t first, uint64_t last,
                     struct lode_fault *fault);

/* Were all pages that bytes [off, off + n), n > 0, of the file lie on proven before? */
bool lode_proven(const lode_index *index, uint64_t off, uint64_t n);

/* For bytes that are read instead of mapped: makes [*off, *end), which is behind the directory and
 * before PSUM, as long as the pages it lies on; then proves the copy of those bytes. */
void lode_prove_span(const lode_index *index, uint64_t *off, uint64_t *end);
int lode_prove_copy(const lode_index *index, uint64_t off, uint64_t n, const uint8_t *bytes,
                    struct lode_fault *fault);

/* Proves the pages that [p, p + n) lies on, which is inside the view and behind the directory. To
 * be called inside the index's guard. LODE_FMT_OK, PAGE_SUM. On the path of every lookup, so
 * inline. */
static inline int lode_prove(const lode_index *index, const uint8_t *p, uint64_t n,
                             struct lode_fault *fault)
{
    const uint64_t off = (uint64_t)(p - index->seq.box.data);
    if (n == 0)
        return LODE_FMT_OK;
    const uint64_t first = (off >> LODE_PAGE_LOG2) - index->first_page;
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - index->first_page;
    if (first == last && first < index->page_count &&
        (__atomic_load_n(&index->proven[first >> 3], __ATOMIC_RELAXED) >> (first & 7) & 1) != 0)
        return LODE_FMT_OK;
    return lode_prove_pages(index, first, last, fault);
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
