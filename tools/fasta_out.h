/* Owns writing records: FASTA with lines of one length, or one line per record. Streaming: bases
 * come in pieces of any size. */
#ifndef LODE_TOOL_FASTA_OUT_H
#define LODE_TOOL_FASTA_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tool_fasta {
    int fd;
    const char *path; /* as messages show it */
    int64_t line_length, column;
    bool tab;
    bool always_end; /* a record without bases gets its empty line too */
    int error;       /* errno of the first write that failed; later ones are not tried */
    char *buf;
    size_t used;
};

/* line_length 0: no wrapping. The descriptor stays the caller's. False: out of memory. */
bool tool_fasta_init(struct tool_fasta *out, int fd, const char *path, int64_t line_length,
                     bool tab);

/* One record: its name, then its bases, then its end. */
void tool_fasta_begin(struct tool_fasta *out, const char *name, size_t len);
void tool_fasta_bases(struct tool_fasta *out, const char *bases, int64_t count);
void tool_fasta_end(struct tool_fasta *out);

/* Writes out what is still held; then `error` tells whether everything was written. */
void tool_fasta_flush(struct tool_fasta *out);

void tool_fasta_free(struct tool_fasta *out);

#endif
