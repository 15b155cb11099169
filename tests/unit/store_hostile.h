/* Owns the stores that hostile tests damage, one of each codec, and the asking of them. */
#ifndef LODE_TESTS_STORE_HOSTILE_H
#define LODE_TESTS_STORE_HOSTILE_H

#include "guard.h"
#include "support.h"

enum { HARM_RECORDS = 24 };

extern struct bytes harm_images[3]; /* by codec */
extern struct guard harm_guard;

/* Setup and teardown of a group. */
int harm_make(void **state);
int harm_drop(void **state);

/* Opens the image, which ends at a forbidden page, and asks it everything. sums: they were not made
 * right again, so that what is answered must be true. */
void harm_ask(int codec, const uint8_t *image, size_t n, bool sums);

#endif
