/* Owns JSON output: one object, one line. Thin over jansson. */
#ifndef LODE_TOOL_JSON_H
#define LODE_TOOL_JSON_H

#include <jansson.h>
#include <stddef.h>

/* A string of bytes, escaped as tool_escape_bytes does. NULL = out of memory. */
json_t *tool_json_bytes(const char *bytes, size_t len);

/* Prints the object and a newline on stdout and releases it; NULL counts as out of memory. Returns
 * an exit status, having reported a failure. */
int tool_json_line(json_t *object);

#endif
