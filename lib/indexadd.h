/* Owns adding to a set of indexes: what is new becomes a member of its own (SPEC 16.3). */
#ifndef LODE_LIB_INDEXADD_H
#define LODE_LIB_INDEXADD_H

#include "lode.h"

/* lode_build with options->add, where an index or a set stands at options->out. */
int lode_index_add(const char *const *inputs, size_t n, const struct lode_build_options *options,
                   struct lode_build_result *result, struct lode_diag *diag);

#endif
