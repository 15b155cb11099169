/* Owns how names and paths, which are bytes, are shown where text is expected. */
#ifndef LODE_TOOL_ESCAPE_H
#define LODE_TOOL_ESCAPE_H

#include <stddef.h>

/* For tab-separated output: bytes below 0x20 and 0x7F become \xNN, the rest stays. For JSON: bytes
 * that are no UTF-8, and the backslash, so that what is shown can be read back. */
enum tool_escape { TOOL_ESCAPE_TEXT, TOOL_ESCAPE_JSON };

/* Writes the NUL-terminated text into out, cap >= 4 * len + 1. Returns its length. */
size_t tool_escape_bytes(enum tool_escape how, const char *bytes, size_t len, char *out);

#endif
