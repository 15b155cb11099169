/* Owns the list of documents that lode_docs renders from the option table and the tables of the
 * format: manual pages, completion scripts, the picture of the layout. */
#ifndef LODE_TOOL_RENDER_H
#define LODE_TOOL_RENDER_H

#include <stdio.h>

#include "options.h"

/* lode-COMMAND.1; lode.1, which lists them. */
void render_man_command(enum tool_command_id id, FILE *out);
void render_man_overview(FILE *out);

/* lode.5, the file format; lode.7, what all commands share. */
void render_man_format(FILE *out);
void render_man_concepts(FILE *out);

/* docs/layout.svg: the picture of an index file. */
void render_layout(FILE *out);

void render_bash(FILE *out);
void render_zsh(FILE *out);
void render_fish(FILE *out);

/* Rows of the table that the command takes, with --help as the last: *i starts at 0 and moves on.
 * NULL at the end. */
const struct tool_option *render_next_option(enum tool_command_id id, size_t *i);

#endif
