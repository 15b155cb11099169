/* Owns telling formats that lode does not read from their first bytes. */
#ifndef LODE_LIB_FOREIGN_H
#define LODE_LIB_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

enum { LODE_FOREIGN_SPAN = 6 }; /* bytes that tell */

/* What p[0, n) is the beginning of: the name of the format, and a command that writes its text to
 * stdout, or NULL where there is none. NULL for anything else. */
const char *lode_foreign(const uint8_t *p, size_t n, const char **decompress);

#endif
