/* Owns reading text line by line: plain or gzip, a file or '-' for stdin, any line end. */
#include "line_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

enum { FIRST_CAP = 1 << 16, LINE_MAX_BYTES = 1 << 30 };

int tool_lines_open(struct tool_lines *lines, const char *path)
{
    const int is_stdin = strcmp(path, "-") == 0;
    *lines = (struct tool_lines){.path = is_stdin ? "stdin" : path};
    const int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        tool_error("%s: cannot open: %s", lines->path, strerror(errno));
        return TOOL_FAILED;
    }
    lines->file = gzdopen(fd, "rb");
    if (lines->file == NULL) {
        close(fd);
        tool_error("%s: out of memory", lines->path);
        return TOOL_FAILED;
    }
    return TOOL_OK;
}

static int read_failed(const struct tool_lines *lines)
{
    int code = Z_OK;
    const char *text = gzerror(lines->file, &code);
    const char *why = code == Z_ERRNO       ? strerror(errno)
                      : code == Z_BUF_ERROR ? "the gzip stream ends early"
                                            : text;
    tool_error("%s:%lld: cannot read: %s", lines->path, (long long)lines->number, why);
    return -1;
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
    const int got =
        gzread(lines->file, lines->buf + lines->end, (unsigned)(lines->cap - lines->end));
    int code = Z_OK;
    gzerror(lines->file, &code);
    if (got < 0 || (got == 0 && code != Z_OK && code != Z_STREAM_END))
        return read_failed(lines);
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
    if (lines->file != NULL)
        gzclose(lines->file);
    free(lines->buf);
    *lines = (struct tool_lines){0};
}
