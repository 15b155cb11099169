/* Owns the deep check of a sequence index: every rule of SPEC 5 that the index alone can show, and
 * the comparison with rows made anew from the text (SPEC 8.3). Nothing is allocated or read;
 * whatever the bytes are, nothing outside the view is touched and every loop is bounded by a
 * checked count. */
#ifndef LODE_FORMAT_SEQVERIFY_H
#define LODE_FORMAT_SEQVERIFY_H

#include "seqindex.h"

enum {
    LODE_VERIFY_FINDINGS = 16, /* findings named of one section; later ones are for counting */
    LODE_VERIFY_SECTIONS = 18, /* sections of LODE_SECTIONS */
};

/* A check on its way. Set ix, found and ctx, zero the rest. One thread at a time; the index itself
 * may be checked by several, each with its own verifier. */
struct lode_verifier {
    const struct lode_seqindex *ix;
    /* Called for every finding; named: one of the first LODE_VERIFY_FINDINGS of its section. */
    void (*found)(void *ctx, const struct lode_fault *fault, bool named);
    void *ctx;
    uint64_t findings;
    int status; /* of the first one */
    unsigned named[LODE_VERIFY_SECTIONS + 1];
};

/* The pieces below can be run in any order. Each goes on after a finding, reports a damaged row
 * once, and returns LODE_FMT_OK or the status of the first thing it found itself. */

/* All of them, in the order of the file. shared: lode_verify_scratch bytes of zeros. */
int lode_seqindex_verify(struct lode_verifier *v, uint8_t *shared);

/* Alignment of large sections (D-14), OPTS (O-1), presence of GNAM (N-7). */
int lode_seqindex_verify_layout(struct lode_verifier *v);

/* Rows of SRCE, their strings and the number of rows that each source has in every table. */
int lode_seqindex_verify_sources(struct lode_verifier *v);

/* Order and place of the rows of GAPS, and their bytes. */
int lode_seqindex_verify_gaps(struct lode_verifier *v);

/* What source i < source_count has in CTIG, NAME, DESC, BLOK, SUMS, BINS, CASE and EXCP, and that
 * its records and gaps cover its text. A source whose row is not sound is passed over:
 * verify_sources reports that. */
int lode_seqindex_verify_source(struct lode_verifier *v, uint64_t i);

/* TNAM with the DUPLICATE marks, GNAM, SNAM. */
int lode_seqindex_verify_names(struct lode_verifier *v, uint8_t *shared);

/* Bytes of scratch that verify_names needs: one bit for each contig. */
uint64_t lode_verify_scratch(const struct lode_seqindex *ix);

/* Rows of one source made anew from its text, as if it were the only one of an index. */
struct lode_rebuilt {
    struct lode_rows ctig, name, desc, bins, kase, excp, gaps, digs, base;
    bool packed;    /* base is there, and the index's is in the view */
    uint16_t flags; /* LODE_SOURCE_* */
};

/* Compares the rows of source i with those made from its text: C-9 to C-11, C-13, K-4, K-7, K-9,
 * G-5, K-14, S-20. */
int lode_seqindex_verify_rebuilt(struct lode_verifier *v, uint64_t i,
                                 const struct lode_rebuilt *rebuilt);

/* For the pieces. Reports a finding at offset of the file; the same for the byte at p of the view;
 * a fault that an accessor found, as one of the row at p. */
void lode_verifier_report(struct lode_verifier *v, int status, const char *rule, uint32_t section,
                          uint64_t offset);
void lode_verifier_corrupt(struct lode_verifier *v, const char *rule, uint32_t section,
                           const uint8_t *p);
void lode_verifier_fault(struct lode_verifier *v, const struct lode_fault *fault, uint32_t section,
                         const uint8_t *p);

/* Begins a piece: what it returns is told by lode_verifier_end with the value this gave. */
struct lode_verifier_mark {
    uint64_t findings;
    int status;
};
struct lode_verifier_mark lode_verifier_begin(struct lode_verifier *v);
int lode_verifier_end(struct lode_verifier *v, struct lode_verifier_mark mark);

/* First row of GAPS that belongs to this source or a later one, where GAPS is in order. */
uint64_t lode_gap_first(const struct lode_seqindex *ix, uint64_t source);

/* Steps of verify_source. contigs_ok: the contig rows are sound and leave no holes in BASE. */
void lode_verify_contigs(struct lode_verifier *v, uint64_t i, const struct lode_source *source);
void lode_verify_bases(struct lode_verifier *v, const struct lode_source *source, bool contigs_ok);

#endif
