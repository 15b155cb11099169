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

static bool page_proven(const lode_index *index, uint64_t page)
{
    return page < index->page_count &&
           (__atomic_load_n(&index->proven[page >> 3], __ATOMIC_RELAXED) >> (page & 7) & 1) != 0;
}

static void note_proven(const lode_index *index, uint64_t page)
{
    if (page < index->page_count)
        __atomic_fetch_or(&index->proven[page >> 3], (uint8_t)(1u << (page & 7)), __ATOMIC_RELAXED);
}

static int prove_page(const lode_index *index, uint64_t page, struct lode_fault *fault)
{
    if (page_proven(index, page))
        return LODE_FMT_OK;
    const int status = lode_container_check_page(&index->seq.box, page, fault);
    if (status == LODE_FMT_OK)
        note_proven(index, page);
    return status;
}

bool lode_proven(const lode_index *index, uint64_t off, uint64_t n)
{
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - index->first_page;
    for (uint64_t page = (off >> LODE_PAGE_LOG2) - index->first_page; page <= last; page++)
        if (!page_proven(index, page))
            return false;
    return true;
}

void lode_prove_span(const lode_index *index, uint64_t *off, uint64_t *end)
{
    uint64_t begin, stop;
    const uint64_t first = (*off >> LODE_PAGE_LOG2) - index->first_page;
    const uint64_t last = ((*end - 1) >> LODE_PAGE_LOG2) - index->first_page;
    if (lode_container_page(&index->seq.box, first, &begin, &stop, NULL) == LODE_FMT_OK &&
        begin < *off)
        *off = begin;
    if (lode_container_page(&index->seq.box, last, &begin, &stop, NULL) == LODE_FMT_OK &&
        stop > *end)
        *end = stop;
}

int lode_prove_copy(const lode_index *index, uint64_t off, uint64_t n, const uint8_t *bytes,
                    struct lode_fault *fault)
{
    const uint64_t last = ((off + n - 1) >> LODE_PAGE_LOG2) - index->first_page;
    for (uint64_t page = (off >> LODE_PAGE_LOG2) - index->first_page; page <= last; page++) {
        uint64_t begin, end;
        int status = lode_container_page(&index->seq.box, page, &begin, &end, fault);
        if (status == LODE_FMT_OK && (begin < off || end > off + n))
            status = lode_fail(fault, LODE_FMT_CORRUPT, "P-2", LODE_ID_PSUM, begin);
        if (status == LODE_FMT_OK)
            status =
                lode_container_check_page_copy(&index->seq.box, page, bytes + (begin - off), fault);
        if (status != LODE_FMT_OK)
            return status;
        note_proven(index, page);
    }
    return LODE_FMT_OK;
}

int lode_prove_pages(const lode_index *index, uint64_t first, uint64_t last,
                     struct lode_fault *fault)
{
    int status = LODE_FMT_OK;
    for (uint64_t page = first; page <= last && status == LODE_FMT_OK; page++)
        status = prove_page(index, page, fault);
    return status;
}

/* The row of a contig that a slot names, whatever it holds. */
static int prove_candidate(const lode_index *index, uint64_t contig, struct lode_fault *fault)
{
    struct lode_contig_row row;
    const int status = lode_prove_rows(index, &index->seq.ctig, contig, 1, LODE_STRIDE_CTIG, fault);
    if (status != LODE_FMT_OK || contig >= index->seq.contig_count)
        return status;
    lode_contig_decode(index->seq.ctig.rows + contig * LODE_STRIDE_CTIG, &row);
    return row.source < index->seq.source_count ? lode_prove_contig(index, contig, &row, fault)
                                                : LODE_FMT_OK;
}

/* What told a lookup that there is no such contig, or that its row is not sound: where its table
 * lies, the slots where it would stand, and the rows that those name. */
static int prove_miss(const lode_index *index, const struct lode_lookup *lookup,
                      struct lode_fault *fault)
{
    const struct lode_seqindex *seq = &index->seq;
    const struct lode_nametable *t = &lookup->table;
    const struct lode_rows slots = {t->slots, t->slot_count};
    struct lode_probe probe;
    uint64_t word;
    const uint64_t source = lookup->source > 0 ? (uint64_t)lookup->source : 0;
    int status = lode_prove_rows(index, &seq->srce, source, 2, LODE_STRIDE_SRCE, fault);
    if (status == LODE_FMT_OK && seq->gnam.count > 0)
        status =
            lode_prove_rows(index, &seq->gnam, seq->gnam.count - 1, 1, LODE_STRIDE_GNAM, fault);
    if (status == LODE_FMT_OK && lookup->known)
        status = lode_prove_rows(index, &slots, lode_name_home(lookup->hash, t->name_count),
                                 (uint64_t)t->longest + 1, 8, fault);
    if (!lookup->known)
        return status;
    lode_probe_start(t, lookup->hash, &probe);
    while (status == LODE_FMT_OK && lode_probe_next(t, &probe, &word))
        status = prove_candidate(index, t->first + lode_slot_ordinal(word, t->ordinal_bits), fault);
    return status;
}

int lode_prove_lookup(const lode_index *index, int status, const struct lode_lookup *lookup,
                      const struct lode_contig_row *row, struct lode_fault *fault)
{
    const bool found = status == LODE_FMT_OK || status == LODE_FMT_AMBIGUOUS;
    const int proof = found ? lode_prove_contig(index, lookup->contig, row, fault)
                            : prove_miss(index, lookup, fault);
    return proof == LODE_FMT_OK ? status : proof;
}
