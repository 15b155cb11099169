/* Owns writing records: FASTA with lines of one length, or one line per record. */
#include "fasta_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAP = 1 << 18 };

bool tool_fasta_init(struct tool_fasta *out, int fd, const char *path, int64_t line_length,
                     bool tab)
{
    *out = (struct tool_fasta){.fd = fd, .path = path, .tab = tab};
    out->line_length = line_length > 0 && !tab ? line_length : INT64_MAX;
    out->buf = malloc(CAP);
    return out->buf != NULL;
}

void tool_fasta_flush(struct tool_fasta *out)
{
    size_t done = 0;
    while (done < out->used && out->error == 0) {
        const ssize_t n = write(out->fd, out->buf + done, out->used - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            out->error = errno;
    }
    out->used = 0;
}

static void put(struct tool_fasta *out, const char *bytes, size_t len)
{
    while (len > 0) {
        if (out->used == CAP)
            tool_fasta_flush(out);
        const size_t room = CAP - out->used;
        const size_t n = len < room ? len : room;
        memcpy(out->buf + out->used, bytes, n);
        out->used += n;
        bytes += n;
        len -= n;
    }
}

void tool_fasta_begin(struct tool_fasta *out, const char *name, size_t len)
{
    if (!out->tab)
        put(out, ">", 1);
    put(out, name, len);
    put(out, out->tab ? "\t" : "\n", 1);
    out->column = 0;
}

void tool_fasta_bases(struct tool_fasta *out, const char *bases, int64_t count)
{
    while (count > 0) {
        const int64_t room = out->line_length - out->column;
        const int64_t n = count < room ? count : room;
        put(out, bases, (size_t)n);
        bases += n;
        count -= n;
        out->column += n;
        if (out->column == out->line_length) {
            put(out, "\n", 1);
            out->column = 0;
        }
    }
}

void tool_fasta_end(struct tool_fasta *out)
{
    if (out->column > 0 || out->tab || out->always_end)
        put(out, "\n", 1);
    out->column = 0;
}

void tool_fasta_free(struct tool_fasta *out)
{
    free(out->buf);
    out->buf = NULL;
}
