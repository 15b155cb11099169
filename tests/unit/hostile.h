/* Owns the indexes, and a set, that hostile tests damage, one of each kind, with the texts they
 * were made from: small, so that every bit, length and field can be tried. LODE_STEP=1 in the
 * environment tries each of them; by default one of a few, others at every build of the test's
 * seed. */
#ifndef LODE_TESTS_HOSTILE_H
#define LODE_TESTS_HOSTILE_H

#include "support.h"

enum hostile_kind {
    HOSTILE_MINIMAL, /* one contig of a plain source */
    HOSTILE_BLOCKS,  /* every kind of record in blocks of 512 bytes, digests */
    HOSTILE_RESTART,
    HOSTILE_PACKED, /* every section */
    HOSTILE_TRACK,
    HOSTILE_SET, /* the own file of a set of two indexes */
    HOSTILE_KINDS
};

struct hostile {
    const char *name;
    struct bytes image;
    struct fasta fasta; /* but of tracks */
};
extern struct hostile hostiles[HOSTILE_KINDS];

/* Setup and teardown of a group; sources lie in tmp_root. */
int hostile_make(void **state);
int hostile_drop(void **state);

/* Every how many cases one is tried: LODE_STEP, or this many. */
size_t hostile_step(size_t usual);

/* Opens the image, which ends at a forbidden page, and asks it: contigs by number and name, and
 * reads of them. Right bases or a status, else the test fails. */
void hostile_ask(const struct hostile *h, const uint8_t *image, size_t n);

/* Opens and verifies it, sources too: 0 when nothing is found. *diag: the first finding. Fails the
 * test where a finding tells nothing. seen, when not NULL, is called with each. */
int hostile_verify(const uint8_t *image, size_t n, int level,
                   void (*seen)(void *ctx, const struct lode_diag *finding), void *ctx,
                   struct lode_diag *diag);

#endif
