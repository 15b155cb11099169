/* Owns the index that large batches are tested on: several sources, BGZF of small and of full
 * blocks, and plain text; and a count of what was inflated. */
#ifndef LODE_TESTS_BATCH_SUPPORT_H
#define LODE_TESTS_BATCH_SUPPORT_H

#include "support.h"

enum { SOURCES = 5, RECORDS = 9, CONTIGS = SOURCES * RECORDS };

extern struct fasta many_fasta[SOURCES];
extern lode_index *many_index;
extern const int many_block_size[SOURCES]; /* 0: plain */

/* Group setup and teardown. */
int many_make(void **state);
int many_drop(void **state);
const char *many_path(int source);

/* The record that contig number i was made from. */
const struct record *many_record(int64_t contig);

/* ---- inflations ----------------------------------------------------------------------------- */

/* Calls of the decoder since the last reset, and how many different streams were decoded. The
 * program is linked so that these see every call. after: what to set to 1 at that call, or NULL. */
struct inflations {
    int64_t calls, streams;
    uint64_t bytes; /* asked for */
    int64_t after;
    int *flag;
};
void inflations_reset(void);
struct inflations inflations_now(void);
void inflations_signal(int64_t after, int *flag);

#endif
