/* Owns the proof of an index's own bytes while it is read: the first time that rows of a 64 KiB
 * page are used, the page is compared with its sum (SPEC 5.16). One bit a page remembers that, for
 * all threads. What it answers is then what was written, or PAGE_SUM. */
#ifndef LODE_LIB_PROVE_H
#define LODE_LIB_PROVE_H

#include "index.h"

/* Makes the bits of an index that was opened. False when out of memory. */
bool lode_prove_init(lode_index *index);

/* Proves the pages that [p, p + n) lies on, which is inside the view and behind the directory. To
 * be called inside the index's guard. LODE_FMT_OK, PAGE_SUM. */
int lode_prove(const lode_index *index, const uint8_t *p, uint64_t n, struct lode_fault *fault);

/* The same for n rows of a table from `row` on; those past its end do not count. */
int lode_prove_rows(const lode_index *index, const struct lode_rows *table, uint64_t row,
                    uint64_t n, uint64_t stride, struct lode_fault *fault);

/* Row, source and name of a contig whose row was checked. */
int lode_prove_contig(const lode_index *index, uint64_t contig, const struct lode_contig_row *row,
                      struct lode_fault *fault);

#endif
