/* Owns reading text line by line: plain or gzip, a file or '-' for stdin, any line end. */
#ifndef LODE_TOOL_LINE_IN_H
#define LODE_TOOL_LINE_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gz_in.h"

struct tool_lines {
    const char *path;     /* as messages show it */
    struct tool_gz_in gz; /* not to be moved while open */
    char *buf;            /* unread text is buf[begin, end) */
    size_t begin, end, cap;
    char *line; /* the current line, without its end; inside buf, not NUL-terminated */
    size_t len;
    int64_t number; /* of the current line, from 1 */
};

/* 0, or an exit status after having reported why. */
int tool_lines_open(struct tool_lines *lines, const char *path);

/* 1: a line; 0: the end; -1: an error, reported. */
int tool_lines_next(struct tool_lines *lines);

void tool_lines_close(struct tool_lines *lines);

#endif
