/* Owns the quick look at bases that are nothing but A C G T in either case, which is nearly all of
 * a genome: counts, and where the lower case is. Whatever else occurs is left to compose.h. */
#ifndef LODE_LIB_ACGT_H
#define LODE_LIB_ACGT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LODE_ACGT_MAX = 512 };

struct lode_acgt {
    uint32_t gc, lower;                 /* bases G or C; in lower case */
    bool t;                             /* there is a T */
    uint64_t cases[LODE_ACGT_MAX / 64]; /* bit i: base i is lower case; zeros behind the last */
};

/* Looks at bases p[0, n), n <= LODE_ACGT_MAX. False, and *out is anything, when another byte occurs
 * among them, n is small, or this processor has no quick way. Any thread. */
bool lode_acgt_look(const uint8_t *p, size_t n, struct lode_acgt *out);

#endif
