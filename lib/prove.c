#include "prove.h"

#include <stdlib.h>

/* Pages of larger indexes, from 32 GiB on, are proven each time they are used. */
enum { PAGES_MAX = 1 << 19 };

/* Number of the first page that has a sum. */
static uint64_t first_page(const lode_index *index)
{
    return index->seq.box.dir_end >> LODE_PAGE_LOG2;
}

bool lode_prove_init(lode_index *index)
{
    const uint64_t pages = (index->seq.box.size >> LODE_PAGE_LOG2) - first_page(index) + 1;
    index->page_count = pages < PAGES_MAX ? pages : PAGES_MAX;
    index->proven = calloc((size_t)index->page_count / 8 + 1, 1);
    return index->proven != NULL;
}

static int prove_page(const lode_index *index, uint64_t page, struct lode_fault *fault)
{
    const uint8_t bit = (uint8_t)(1u << (page & 7));
    if (page < index->page_count &&
        (__atomic_load_n(&index->proven[page >> 3], __ATOMIC_RELAXED) & bit) != 0)
        return LODE_FMT_OK;
    const int status = lode_container_check_page(&index->seq.box, page, fault);
    if (status == LODE_FMT_OK && page < index->page_count)
        __atomic_fetch_or(&index->proven[page >> 3], bit, __ATOMIC_RELAXED);
    return status;
}

int lode_prove(const lode_index *index, const uint8_t *p, uint64_t n, struct lode_fault *fault)
{
    const uint64_t off = (uint64_t)(p - index->seq.box.data);
    int status = LODE_FMT_OK;
    if (n == 0)
        return LODE_FMT_OK;
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - first_page(index);
    for (uint64_t page = (off >> LODE_PAGE_LOG2) - first_page(index);
         page <= last && status == LODE_FMT_OK; page++)
        status = prove_page(index, page, fault);
    return status;
}

int lode_prove_rows(const lode_index *index, const struct lode_rows *table, uint64_t row,
                    uint64_t n, uint64_t stride, struct lode_fault *fault)
{
    if (row >= table->count)
        return LODE_FMT_OK;
    const uint64_t rows = n < table->count - row ? n : table->count - row;
    return lode_prove(index, table->rows + row * stride, rows * stride, fault);
}

int lode_prove_contig(const lode_index *index, uint64_t contig, const struct lode_contig_row *row,
                      struct lode_fault *fault)
{
    const struct lode_seqindex *seq = &index->seq;
    int status = lode_prove_rows(index, &seq->ctig, contig, 1, LODE_STRIDE_CTIG, fault);
    if (status == LODE_FMT_OK) /* the row behind it holds its ends */
        status = lode_prove_rows(index, &seq->srce, row->source, 2, LODE_STRIDE_SRCE, fault);
    if (status != LODE_FMT_OK)
        return status;
    const uint8_t *source = seq->srce.rows + (uint64_t)row->source * LODE_STRIDE_SRCE;
    const uint64_t name = lode_get64(source + LODE_SRCE_NAME) + row->name_off;
    return lode_prove_rows(index, &seq->name, name, (uint64_t)row->name_len + 1, 1, fault);
}
