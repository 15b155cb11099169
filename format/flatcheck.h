/* Owns the check that bytes are a FlatBuffer of a schema: whoever reads them by that schema then
 * reads nothing outside them. */
#ifndef LODE_FORMAT_FLATCHECK_H
#define LODE_FORMAT_FLATCHECK_H

#include "flatschema.h"

enum {
    LODE_FLAT_DEPTH = 64,       /* tables in tables: readers recurse */
    LODE_FLAT_VISITS = 1000000, /* looks at tables, strings and members that are always allowed */
    LODE_FLAT_SLOTS = 64,       /* fields looked at, for each of those looks */
};

/* Is it a FlatBuffer whose root is the schema's root table? CORRUPT. All is relative to the first
 * byte, alignment too. Time is bounded by the numbers above, or by n where that is large: parts
 * that are used in many places do not make it longer. */
int lode_flat_check(const struct lode_flat_schema *schema, const uint8_t *bytes, size_t n,
                    struct lode_flat_fault *fault);

#endif
