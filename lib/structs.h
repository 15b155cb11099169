/* Owns structs that may grow, at the border to callers compiled against another version. */
#ifndef LODE_LIB_STRUCTS_H
#define LODE_LIB_STRUCTS_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of a struct the caller may have compiled against another version: takes the smaller of
 * both sizes, the rest is zero. False when struct_size is missing or the tail the caller knows and
 * this library does not is not zero. NULL src leaves the zeroed defaults. */
bool lode_struct_in(void *dst, size_t size, const void *src);

/* Fills the caller's struct up to its own struct_size. */
bool lode_struct_out(void *dst, const void *src, size_t size);

#endif
