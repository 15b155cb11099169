/* Owns calls whose allocations fail one by one: for programs with allocs.c. */
#ifndef LODE_TESTS_NOMEM_SUPPORT_H
#define LODE_TESTS_NOMEM_SUPPORT_H

#include "allocs.h"
#include "support.h"

/* The calls return a status; LODE_OK was checked to be right. */
struct nomem_call {
    const char *name;
    int (*run)(const void *arg);
    const void *arg; /* a pointer to the index, or what run makes of it */
};

/* A failure tells why: the status, once its message was checked. */
int nomem_told(int status, const struct lode_diag *diag);

/* Each allocation of the call fails once, and from then on: NOMEM, or the work is done all the
 * same. */
void nomem_check(const struct nomem_call *call);

#endif
