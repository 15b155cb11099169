/* Owns what is said about an index that is being made, and once it is. */
#ifndef LODE_TOOL_BUILT_H
#define LODE_TOOL_BUILT_H

#include "lode.h"

/* A message callback of lode.h. */
void tool_built_message(void *ctx, int severity, const char *text);

/* Warns of .fai and .gzi that do not fit; then the summary, unless quiet. */
void tool_built(const struct lode_build_result *result, int quiet);

#endif
