/* Owns allocations that fail on demand and are counted: for programs that link with allocs.c and
 * lode_wrap_allocations() of tests/unit/CMakeLists.txt. */
#ifndef LODE_TESTS_ALLOCS_H
#define LODE_TESTS_ALLOCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* From now on allocation number at, counted from 1, fails; with after, those behind it too.
 * at = 0: none does. Starts counting anew. */
void allocs_fail(long at, bool after);

/* No more of them fail; what was counted stays. */
void allocs_stop(void);

/* Between pause and the next call without it none fails and none is counted: what is the test's own
 * in a call. */
void allocs_pause(bool pause);

/* Since allocs_fail: */
bool allocs_failed(void);     /* did one fail? */
size_t allocs_largest(void);  /* bytes of the largest one asked for */
size_t allocs_together(void); /* bytes of all, whether they were freed or not */

/* fopen that does not fail on demand. */
FILE *allocs_fopen(const char *path, const char *mode);

#endif
