/* Owns where a build puts its index. */
#ifndef LODE_LIB_INDEXPLACE_H
#define LODE_LIB_INDEXPLACE_H

#include "collect.h"

/* Sets out and out_dir: options->out, else FILE.lode for one file and DIR/index.lode for one
 * directory. ARG for several inputs without out; IO where the directory is not there. */
int lode_place_choose(struct lode_collection *collection, const char *const *inputs, size_t n,
                      const struct lode_build_options *options, struct lode_diag *diag);

/* An index replaces an index, an empty file or nothing; ARG otherwise. */
int lode_place_check(const struct lode_collection *collection, struct lode_diag *diag);

#endif
