/* Owns reading text line by line: plain or gzip, a file or '-' for stdin, any line end. */
#include "line_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

enum { FIRST_CAP = 1 << 16, LINE_MAX_BYTES = 1 << 30, RAW_CAP = 1 << 17 };

enum form {
    UNKNOWN, /* nothing was looked at */
    PLAIN,
    MEMBER,  /* inside a gzip member */
    BETWEEN, /* behind one */
};

int tool_lines_open(struct tool_lines *lines, const char *path)
{
    const int is_stdin = strcmp(path, "-") == 0;
    *lines = (struct tool_lines){.path = is_stdin ? "stdin" : path};
    lines->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (lines->fd < 0) {
        tool_error("%s: cannot open: %s", lines->path, strerror(errno));
        return TOOL_FAILED;
    }
    lines->raw = malloc(RAW_CAP);
    if (lines->raw == NULL) {
        close(lines->fd);
        tool_error("%s: out of memory", lines->path);
        return TOOL_FAILED;
    }
    return TOOL_OK;
}

static int read_failed(const struct tool_lines *lines, const char *why)
{
    tool_error("%s:%lld: cannot read: %s", lines->path, (long long)lines->number, why);
    return -1;
}

/* Reads on until `want` bytes of the file are there, or all that are left. */
static int look_ahead(struct tool_lines *lines, unsigned want)
{
    z_stream *const z = &lines->z;
    while (z->avail_in < want && !lines->file_end) {
        if (z->avail_in > 0)
            memmove(lines->raw, z->next_in, z->avail_in);
        z->next_in = lines->raw;
        const ssize_t got = read(lines->fd, lines->raw + z->avail_in, RAW_CAP - z->avail_in);
        if (got < 0)
            return read_failed(lines, strerror(errno));
        lines->file_end = got == 0;
        z->avail_in += (unsigned)got;
    }
    return 0;
}

static bool at_magic(const z_stream *z)
{
    return z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b;
}

static int begin_text(struct tool_lines *lines)
{
    if (look_ahead(lines, 2) != 0)
        return -1;
    lines->form = PLAIN;
    if (!at_magic(&lines->z))
        return 0;
    if (inflateInit2(&lines->z, 16 + MAX_WBITS) != Z_OK)
        return read_failed(lines, "out of memory");
    lines->form = MEMBER;
    return 0;
}

/* Another member, zero bytes that pad to the end, or the end. All else is damage, and not garbage
 * to be left out as gzread does: one bad bit in its first bytes would drop a member in silence. */
static int begin_member(struct tool_lines *lines)
{
    z_stream *const z = &lines->z;
    if (look_ahead(lines, 2) != 0)
        return -1;
    for (; z->avail_in > 0 && z->next_in[0] == 0; z->avail_in--, z->next_in++)
        lines->padded = true;
    if (z->avail_in == 0)
        return 0;
    if (lines->padded || !at_magic(z))
        return read_failed(lines, "damaged gzip data: no gzip member where one should begin");
    inflateReset(z);
    lines->form = MEMBER;
    return 0;
}

static int copy_text(struct tool_lines *lines, char *to, size_t n)
{
    z_stream *const z = &lines->z;
    const unsigned len = n < z->avail_in ? (unsigned)n : z->avail_in;
    if (len > 0)
        memcpy(to, z->next_in, len);
    z->next_in += len;
    z->avail_in -= len;
    return (int)len;
}

static int inflate_text(struct tool_lines *lines, char *to, size_t n)
{
    z_stream *const z = &lines->z;
    z->next_out = (unsigned char *)to;
    z->avail_out = (unsigned)n;
    /* without input too: output may be left in the window */
    const int result = inflate(z, Z_NO_FLUSH);
    const int len = (int)((unsigned)n - z->avail_out);
    if (result == Z_STREAM_END)
        lines->form = BETWEEN;
    if (result == Z_OK || result == Z_STREAM_END)
        return len;
    if (result == Z_MEM_ERROR)
        return read_failed(lines, "out of memory");
    if (result == Z_BUF_ERROR)
        return read_failed(lines, "the gzip stream ends early");
    char why[160];
    snprintf(why, sizeof why, "damaged gzip data: %s",
             z->msg != NULL ? z->msg : "it needs a dictionary");
    return read_failed(lines, why);
}

/* At most n bytes of text; 0 at the end, -1 on an error. Not gzread: see begin_member. */
static int read_text(struct tool_lines *lines, char *to, size_t n)
{
    for (;;) {
        if (lines->form == UNKNOWN && begin_text(lines) != 0)
            return -1;
        if (lines->form == BETWEEN && begin_member(lines) != 0)
            return -1;
        if (look_ahead(lines, 1) != 0)
            return -1;
        const bool over = lines->z.avail_in == 0;
        if (lines->form == PLAIN)
            return copy_text(lines, to, n);
        if (lines->form == BETWEEN && over)
            return 0;
        const int got = lines->form == MEMBER ? inflate_text(lines, to, n) : 0;
        if (got != 0)
            return got;
    }
}

/* Room for more behind the unread text. */
static int make_room(struct tool_lines *lines)
{
    if (lines->begin > 0) {
        memmove(lines->buf, lines->buf + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (lines->end < lines->cap)
        return 0;
    const size_t cap = lines->cap == 0 ? FIRST_CAP : 2 * lines->cap;
    char *buf = cap <= LINE_MAX_BYTES ? realloc(lines->buf, cap) : NULL;
    if (buf == NULL) {
        tool_error("%s:%lld: line too long", lines->path, (long long)lines->number);
        return -1;
    }
    lines->buf = buf;
    lines->cap = cap;
    return 0;
}

/* Bytes read, 0 at the end, -1 on an error. */
static int fill(struct tool_lines *lines)
{
    if (make_room(lines) != 0)
        return -1;
    const int got = read_text(lines, lines->buf + lines->end, lines->cap - lines->end);
    if (got < 0)
        return -1;
    lines->end += (size_t)got;
    return got;
}

/* The line is buf[begin, begin + len); used counts its end too. */
static int take_line(struct tool_lines *lines, size_t len, size_t used)
{
    lines->line = lines->buf + lines->begin;
    lines->len = len > 0 && lines->line[len - 1] == '\r' ? len - 1 : len;
    lines->begin += used;
    return 1;
}

int tool_lines_next(struct tool_lines *lines)
{
    size_t searched = 0;
    lines->number++;
    for (;;) {
        const size_t unread = lines->end - lines->begin;
        const char *from = unread > searched ? lines->buf + lines->begin + searched : NULL;
        const char *newline = from != NULL ? memchr(from, '\n', unread - searched) : NULL;
        if (newline != NULL) {
            const size_t len = (size_t)(newline - (lines->buf + lines->begin));
            return take_line(lines, len, len + 1);
        }
        searched = unread;
        const int got = fill(lines);
        if (got < 0)
            return -1;
        if (got == 0)
            return unread > 0 ? take_line(lines, unread, unread) : 0;
    }
}

void tool_lines_close(struct tool_lines *lines)
{
    if (lines->raw != NULL)
        close(lines->fd);
    if (lines->form == MEMBER || lines->form == BETWEEN)
        inflateEnd(&lines->z);
    free(lines->raw);
    free(lines->buf);
    *lines = (struct tool_lines){0};
}
