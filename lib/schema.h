/* Owns the inside of lode_schema: a schema of FlatBuffers, read. Immutable. */
#ifndef LODE_LIB_SCHEMA_H
#define LODE_LIB_SCHEMA_H

#include "lode.h"

#include <stdbool.h>

/* Does this text of a type say FlatBuffers (SPEC 15.1)? */
bool lode_schema_is_type(const char *text, size_t len);

/* The schema in such a text. The statuses of lode_schema_new. */
int lode_schema_of_type(const char *text, size_t len, lode_schema **out, struct lode_diag *diag);

#endif
