/* Owns growable arrays of plain elements. */
#ifndef LODE_LIB_GROW_H
#define LODE_LIB_GROW_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for need elements of size bytes in *data (cap elements now), doubling. False when out
 * of memory; *data is unchanged then. */
bool lode_grow(void *data, size_t *cap, size_t need, size_t size);

/* Room for one more of a {data, count, cap} triple held as X, X_count, X_cap. */
#define LODE_GROW(array, count, cap) lode_grow(&(array), &(cap), (count) + 1, sizeof *(array))

#endif
