/* Owns what a shell may offer for an argument, read off the option table. */
#ifndef LODE_TOOL_RENDER_COMPLETIONS_H
#define LODE_TOOL_RENDER_COMPLETIONS_H

#include <stdio.h>

#include "options.h"

enum offer {
    OFFER_NOTHING,
    OFFER_FILES,       /* of any name */
    OFFER_DIRECTORIES, /* and nothing else */
    OFFER_FASTA,       /* FASTA files, and directories */
    OFFER_INDEX,       /* indexes, FASTA files, and directories */
    OFFER_WORDS,       /* those of offer_words */
};

/* For the value of an option; for arguments that are none. */
enum offer offer_of_option(const struct tool_option *option);
enum offer offer_of_command(enum tool_command_id id);

/* The words of a choice, with blanks between. */
void offer_words(const struct tool_option *option, FILE *out);

/* Text that stands between single quotes: the characters of `escaped` get a backslash, and a single
 * quote becomes what the shell wants for it. */
void offer_escaped(const char *text, const char *escaped, const char *quote, FILE *out);

#endif
