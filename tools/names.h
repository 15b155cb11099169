/* Owns names and paths fetched from an index into a buffer that grows with them. */
#ifndef LODE_TOOL_NAMES_H
#define LODE_TOOL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "lode.h"

struct tool_name {
    char *bytes; /* NUL-terminated */
    size_t len, cap;
};

/* lode_contig_name, lode_source_name, lode_source_path and their like. */
typedef int (*tool_name_fn)(const lode_index *index, int64_t number, char *buf, size_t cap,
                            size_t *len);

/* LODE_OK or what the library said; LODE_E_NOMEM. */
int tool_name_get(struct tool_name *name, tool_name_fn get, const lode_index *index,
                  int64_t number);

/* "#12" in place of a name. LODE_OK, LODE_E_NOMEM. */
int tool_name_number(struct tool_name *name, int64_t number);

void tool_name_free(struct tool_name *name);

#endif
