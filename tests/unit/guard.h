/* Owns memory that ends at a page nobody may touch: one byte too far stops the test. */
#ifndef LODE_TESTS_GUARD_H
#define LODE_TESTS_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard {
    uint8_t *map;
    size_t room; /* bytes before the forbidden page */
};

/* Room for any size up to max. */
bool guard_new(struct guard *guard, size_t max);
void guard_free(struct guard *guard);

/* n bytes, the last of which is the last before the forbidden page; filled with 0xEE. */
uint8_t *guard_place(struct guard *guard, size_t n);

/* The same, holding a copy of data. */
uint8_t *guard_copy(struct guard *guard, const void *data, size_t n);

#endif
