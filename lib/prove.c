#include "prove.h"

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
