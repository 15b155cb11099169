/* Owns the list of entry points, one per sub-command; each returns an exit status. */
#ifndef LODE_TOOL_COMMANDS_H
#define LODE_TOOL_COMMANDS_H

#include "options.h"

int cmd_index(const struct tool_options *options);
int cmd_get(const struct tool_options *options);
int cmd_ls(const struct tool_options *options);
int cmd_stat(const struct tool_options *options);
int cmd_verify(const struct tool_options *options);
int cmd_compress(const struct tool_options *options);
int cmd_export(const struct tool_options *options);

#endif
