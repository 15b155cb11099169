#include "prove.h"

#include <stdlib.h>

/* Pages of larger indexes, from 32 GiB on, are proven each time they are used. */
enum { PAGES_MAX = 1 << 19 };

bool lode_prove_init(lode_index *index)
{
    index->first_page = index->seq.box.dir_end >> LODE_PAGE_LOG2;
    const uint64_t pages = (index->seq.box.size >> LODE_PAGE_LOG2) - index->first_page + 1;
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

int lode_prove_pages(const lode_index *index, uint64_t first, uint64_t last,
                     struct lode_fault *fault)
{
    int status = LODE_FMT_OK;
    for (uint64_t page = first; page <= last && status == LODE_FMT_OK; page++)
        status = prove_page(index, page, fault);
    return status;
}
