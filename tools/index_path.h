/* Owns how the INDEX argument finds its .lode file, and which arguments no command takes. */
#ifndef LODE_TOOL_INDEX_PATH_H
#define LODE_TOOL_INDEX_PATH_H

#include "lode.h"
#include "options.h"

/* 0, or an exit status after having said that URLs, BAM, CRAM and FASTQ are not supported. */
int tool_check_supported(const char *path);

/* A .lode file stands for itself, a directory for its index.lode, a FASTA for FASTA.lode. Opens it
 * as the options say. 0, or an exit status after having reported why; then there is none at path.
 */
int tool_open_index(const struct tool_options *options, char path[4096], lode_index **index);

/* The path of the index or set that `given` names as what is added to, found in the same way; a
 * .lode file may be new. 0, or an exit status after having said that there is none. */
int tool_find_added_to(const struct tool_options *options, const char *given, char path[4096]);

/* The same as tool_open_index for commands that read bases: where the argument names a FASTA,
 * packed bases that are not those of the FASTA any more are an error, TOOL_STALE. */
int tool_open_bases(const struct tool_options *options, char path[4096], lode_index **index);

#endif
