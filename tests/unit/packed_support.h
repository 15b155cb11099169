/* Owns what the tests of packed bases share: texts that are hard to pack, what a read must give
 * according to the text itself, and reads held against it. */
#ifndef LODE_TESTS_PACKED_SUPPORT_H
#define LODE_TESTS_PACKED_SUPPORT_H

#include "support.h"

/* Base i of the output of a read of [begin, end), before folding; pads are N. Then folded as the
 * flags say. */
char packed_base(const struct record *r, int64_t begin, int64_t end, uint32_t flags, int64_t i);
char packed_folded(char c, uint32_t flags);

/* Builds with pack. */
void packed_build(const char *path, const char *out, int threads);

/* The packed index of a FASTA that is gone by the time it is read; BGZF with these blocks when
 * block_size > 0. */
lode_index *packed_of(const struct fasta *fasta, const char *leaf, int block_size);

/* Reads [begin, end) of contig id, which is record r, padded. */
void packed_check_read(lode_reader *reader, const lode_index *index, const struct record *r,
                       int64_t id, int64_t begin, int64_t end, uint32_t flags);

/* count reads of up to max bases: around the contigs' ends, at bin borders, and anywhere. */
void packed_check_reads(const lode_index *index, const struct fasta *fasta, struct rng *rng,
                        int count, int64_t max);

/* Longer than a stretch of a build, a bin, what is loaded at a time; case and runs at their worst.
 */
struct fasta packed_hard_text(struct rng *rng);

/* The text of source 0, whole and in parts. */
void packed_check_text(const lode_index *index, const struct fasta *fasta, struct rng *rng);

#endif
