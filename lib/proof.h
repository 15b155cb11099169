/* Owns the proof of a container's own bytes while it is read: the first time that bytes of a 64 KiB
 * page are used, the page is compared with its sum (SPEC 5.16). One bit a page remembers that, for
 * all threads. What is answered is then what was written, or PAGE_SUM. */
#ifndef LODE_LIB_PROOF_H
#define LODE_LIB_PROOF_H

#include "container.h"

struct lode_proof {
    const struct lode_container *box;
    uint8_t *bits;
    uint8_t *seen; /* of lode_proof_seen; or NULL */
    uint64_t first_page, page_count;
    const uint8_t *begin; /* where the first page that has a sum would begin, were it whole */
};

/* Makes the bits of a container, which outlives them. False when out of memory. */
bool lode_proof_init(struct lode_proof *proof, const struct lode_container *box);
void lode_proof_free(struct lode_proof *proof);

/* Proves pages first to last, which have sums, counted from the first that has one. */
int lode_proof_pages(const struct lode_proof *proof, uint64_t first, uint64_t last,
                     struct lode_fault *fault);

/* Were all pages that bytes [off, off + n), n > 0, of the file lie on proven before? */
bool lode_proof_known(const struct lode_proof *proof, uint64_t off, uint64_t n);

/* Were bytes on all those pages asked about here before? They are now. Memory for that is made by
 * lode_proof_remember; without it, or past its end, the answer is yes. */
bool lode_proof_remember(struct lode_proof *proof);
bool lode_proof_seen(const struct lode_proof *proof, uint64_t off, uint64_t n);

/* For bytes that are read instead of mapped: makes [*off, *end), which is behind the directory and
 * before PSUM, as long as the pages it lies on; then proves the copy of those bytes. */
void lode_proof_span(const struct lode_proof *proof, uint64_t *off, uint64_t *end);
int lode_proof_copy(const struct lode_proof *proof, uint64_t off, uint64_t n, const uint8_t *bytes,
                    struct lode_fault *fault);

/* Does [p, p + n), n > 0, inside the view and behind the directory, lie on one page, proven before?
 * On the path of every lookup, so inline, and no more than that. */
static inline bool lode_proof_has(const struct lode_proof *proof, const uint8_t *p, uint64_t n)
{
    const uint64_t off = (uint64_t)(p - proof->begin), page = off >> LODE_PAGE_LOG2;
    return page == (off + n - 1) >> LODE_PAGE_LOG2 && page < proof->page_count &&
           (__atomic_load_n(&proof->bits[page >> 3], __ATOMIC_RELAXED) >> (page & 7) & 1) != 0;
}

/* Proves the pages that [p, p + n) lies on, which is inside the view and behind the directory. To
 * be called inside the map's guard. LODE_FMT_OK, PAGE_SUM. */
static inline int lode_proof_of(const struct lode_proof *proof, const uint8_t *p, uint64_t n,
                                struct lode_fault *fault)
{
    if (n == 0 || lode_proof_has(proof, p, n))
        return LODE_FMT_OK;
    const uint64_t off = (uint64_t)(p - proof->begin);
    return lode_proof_pages(proof, off >> LODE_PAGE_LOG2, (off + n - 1) >> LODE_PAGE_LOG2, fault);
}

#endif
