/* Owns reading text line by line: plain or gzip, a file or '-' for stdin, any line end. */
#ifndef LODE_TOOL_LINE_IN_H
#define LODE_TOOL_LINE_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

struct tool_lines {
    const char *path; /* as messages show it */
    int fd;
    int form;           /* what comes next of the file: see line_in.c */
    bool file_end;      /* the file has been read to its end */
    bool padded;        /* zero bytes stood behind a gzip member: nothing but more may follow */
    unsigned char *raw; /* bytes of the file; those not used yet are the input of z */
    z_stream z;         /* not to be moved while open: its state points here */
    char *buf;          /* unread text is buf[begin, end) */
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
