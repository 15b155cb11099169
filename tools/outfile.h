/* Owns where output goes: stdout, or a file that is none of those being read. */
#ifndef LODE_TOOL_OUTFILE_H
#define LODE_TOOL_OUTFILE_H

#include "lode.h"
#include "options.h"

/* NULL and "-" are stdout. A file is emptied, unless it is the index, one of its FASTA files, or an
 * input given by the options: then it is refused. Returns the descriptor, or -1 having reported why
 * and set *exit_status. */
int tool_outfile_open(const struct tool_options *options, const char *index_path,
                      const lode_index *index, int *exit_status);

/* Is the file of that path the one behind the descriptor? */
int tool_outfile_is(int fd, const char *path);

#endif
