/* Owns the outcomes of format code. The values are those of lode.h (lib/status.c asserts it). */
#ifndef LODE_FORMAT_STATUS_H
#define LODE_FORMAT_STATUS_H

#include <stdint.h>

enum {
    LODE_FMT_OK = 0,
    LODE_FMT_RANGE = -2,
    LODE_FMT_NOT_FOUND = -3,
    LODE_FMT_AMBIGUOUS = -4,
    LODE_FMT_REFUSED = -13, /* a name that leads out of the directory it must stay in */
    LODE_FMT_NOT_LODE = -20,
    LODE_FMT_VERSION = -21,
    LODE_FMT_FEATURE = -22,
    LODE_FMT_TRUNCATED = -30,
    LODE_FMT_HEADER_SUM = -31,
    LODE_FMT_LAYOUT = -32,
    LODE_FMT_CORRUPT = -33,
    LODE_FMT_PAGE_SUM = -34,
};

/* What was found wrong first. rule is a SPEC rule id ("H-3") of static storage; offset is a file
 * offset. Filled only when a function returns a negative status; callers may pass NULL. */
struct lode_fault {
    int status;
    uint32_t section; /* LODE_ID_* or 0 */
    const char *rule;
    uint64_t offset;
};

static inline int lode_fail(struct lode_fault *fault, int status, const char *rule,
                            uint32_t section, uint64_t offset)
{
    if (fault != 0) {
        fault->status = status;
        fault->section = section;
        fault->rule = rule;
        fault->offset = offset;
    }
    return status;
}

#endif
