/* Owns the list of entry points, one per sub-command; each returns an exit status. */
#ifndef LODE_TOOL_COMMANDS_H
#define LODE_TOOL_COMMANDS_H

#include "options.h"

/* lode_docs reads the table without the commands' code: there the entries are NULL. */
#ifdef LODE_NO_RUN
#define TOOL_ENTRY(name) int name(const struct tool_options *options) __attribute__((weak))
#else
#define TOOL_ENTRY(name) int name(const struct tool_options *options)
#endif

TOOL_ENTRY(cmd_index);
TOOL_ENTRY(cmd_get);
TOOL_ENTRY(cmd_ls);
TOOL_ENTRY(cmd_stat);
TOOL_ENTRY(cmd_verify);
TOOL_ENTRY(cmd_compress);
TOOL_ENTRY(cmd_export);
TOOL_ENTRY(cmd_bench);
TOOL_ENTRY(cmd_rec);

#endif
