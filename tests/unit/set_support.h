/* Owns what the tests of sets share: FASTA files, one index of all, and a set that they were added
 * to one after another. */
#ifndef LODE_TESTS_SET_SUPPORT_H
#define LODE_TESTS_SET_SUPPORT_H

#include "support.h"

enum { SET_FILES = 6 };

extern lode_index *set_one;               /* one.lode */
extern lode_index *set_many;              /* many.lode, of four files: 0 and 1, 2, 3 and 4, 5 */
extern struct fasta set_fasta[SET_FILES]; /* f0.fa, f1.fa.gz, f2.fa, ... */

/* Makes and opens both. prefix: of contig names; NULL: each file has names of its own. */
void set_make(struct rng *rng, const char *prefix, int pack, int digest);
void set_drop(void);

/* Adds files [first, last) to the index or set at out; the status is returned. */
int set_add(int first, int last, const char *out, int pack, int digest, struct lode_diag *diag);

/* Path of file i. */
const char *set_file(int i);

#endif
