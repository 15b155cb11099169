#include "proof.h"

#include <stdlib.h>

/* Pages of larger files, from 32 GiB on, are proven each time they are used. */
enum { PAGES_MAX = 1 << 19 };

bool lode_proof_init(struct lode_proof *proof, const struct lode_container *box)
{
    proof->box = box;
    proof->first_page = proof->box->dir_end >> LODE_PAGE_LOG2;
    proof->begin = box->data + (proof->first_page << LODE_PAGE_LOG2);
    const uint64_t pages = (proof->box->size >> LODE_PAGE_LOG2) - proof->first_page + 1;
    proof->page_count = pages < PAGES_MAX ? pages : PAGES_MAX;
    proof->bits = calloc((size_t)proof->page_count / 8 + 1, 1);
    return proof->bits != NULL;
}

void lode_proof_free(struct lode_proof *proof)
{
    free(proof->bits);
    free(proof->seen);
    proof->bits = proof->seen = NULL;
}

static bool page_proven(const struct lode_proof *proof, uint64_t page)
{
    return page < proof->page_count &&
           (__atomic_load_n(&proof->bits[page >> 3], __ATOMIC_RELAXED) >> (page & 7) & 1) != 0;
}

static void note_proven(const struct lode_proof *proof, uint64_t page)
{
    if (page < proof->page_count)
        __atomic_fetch_or(&proof->bits[page >> 3], (uint8_t)(1u << (page & 7)), __ATOMIC_RELAXED);
}

static int prove_page(const struct lode_proof *proof, uint64_t page, struct lode_fault *fault)
{
    if (page_proven(proof, page))
        return LODE_FMT_OK;
    const int status = lode_container_check_page(proof->box, page, fault);
    if (status == LODE_FMT_OK)
        note_proven(proof, page);
    return status;
}

bool lode_proof_known(const struct lode_proof *proof, uint64_t off, uint64_t n)
{
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - proof->first_page;
    for (uint64_t page = (off >> LODE_PAGE_LOG2) - proof->first_page; page <= last; page++)
        if (!page_proven(proof, page))
            return false;
    return true;
}

bool lode_proof_remember(struct lode_proof *proof)
{
    proof->seen = calloc((size_t)proof->page_count / 8 + 1, 1);
    return proof->seen != NULL;
}

bool lode_proof_seen(const struct lode_proof *proof, uint64_t off, uint64_t n)
{
    bool all = true;
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - proof->first_page;
    uint64_t page = (off >> LODE_PAGE_LOG2) - proof->first_page;
    for (; proof->seen != NULL && page <= last && page < proof->page_count; page++) {
        const uint8_t bit = (uint8_t)(1u << (page & 7));
        if ((__atomic_load_n(&proof->seen[page >> 3], __ATOMIC_RELAXED) & bit) != 0)
            continue;
        __atomic_fetch_or(&proof->seen[page >> 3], bit, __ATOMIC_RELAXED);
        all = false;
    }
    return all;
}

void lode_proof_span(const struct lode_proof *proof, uint64_t *off, uint64_t *end)
{
    uint64_t begin, stop;
    const uint64_t first = (*off >> LODE_PAGE_LOG2) - proof->first_page;
    const uint64_t last = ((*end - 1) >> LODE_PAGE_LOG2) - proof->first_page;
    if (lode_container_page(proof->box, first, &begin, &stop, NULL) == LODE_FMT_OK && begin < *off)
        *off = begin;
    if (lode_container_page(proof->box, last, &begin, &stop, NULL) == LODE_FMT_OK && stop > *end)
        *end = stop;
}

int lode_proof_copy(const struct lode_proof *proof, uint64_t off, uint64_t n, const uint8_t *bytes,
                    struct lode_fault *fault)
{
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - proof->first_page;
    for (uint64_t page = (off >> LODE_PAGE_LOG2) - proof->first_page; page <= last; page++) {
        uint64_t begin, end;
        int status = lode_container_page(proof->box, page, &begin, &end, fault);
        if (status == LODE_FMT_OK && (begin < off || end > off + n))
            status = lode_fail(fault, LODE_FMT_CORRUPT, "P-2", LODE_ID_PSUM, begin);
        if (status == LODE_FMT_OK)
            status = lode_container_check_page_copy(proof->box, page, bytes + (begin - off), fault);
        if (status != LODE_FMT_OK)
            return status;
        note_proven(proof, page);
    }
    return LODE_FMT_OK;
}

int lode_proof_pages(const struct lode_proof *proof, uint64_t first, uint64_t last,
                     struct lode_fault *fault)
{
    int status = LODE_FMT_OK;
    for (uint64_t page = first; page <= last && status == LODE_FMT_OK; page++)
        status = prove_page(proof, page, fault);
    return status;
}
