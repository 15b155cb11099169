/* Owns reading text line by line: plain or gzip, a file or '-' for stdin, any line end. */
#include "line_in.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

enum { FIRST_CAP = 1 << 16, LINE_MAX_BYTES = 1 << 30 };

int tool_lines_open(struct tool_lines *lines, const char *path)
{
    *lines = (struct tool_lines){0};
    const int status = tool_gz_in_open(&lines->gz, path);
    lines->path = lines->gz.path;
    return status;
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
    const int got = tool_gz_in_read(&lines->gz, lines->buf + lines->end, lines->cap - lines->end);
    if (got < 0) {
        tool_error("%s:%lld: cannot read: %s", lines->path, (long long)lines->number,
                   lines->gz.why);
        return -1;
    }
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
    tool_gz_in_close(&lines->gz);
    free(lines->buf);
    *lines = (struct tool_lines){0};
}
