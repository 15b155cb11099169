/* Owns reading the bytes of a file, plain or gzip, or of '-' for stdin. */
#ifndef LODE_TOOL_GZ_IN_H
#define LODE_TOOL_GZ_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

struct tool_gz_in {
    const char *path; /* as messages show it */
    int fd;
    int form;           /* what comes next of the file: see gz_in.c */
    bool file_end;      /* the file has been read to its end */
    bool padded;        /* zero bytes stood behind a gzip member: nothing but more may follow */
    unsigned char *raw; /* bytes of the file; those not used yet are the input of z */
    z_stream z;         /* not to be moved while open: its state points here */
    char why[160];      /* tool_gz_in_read failed: the reason; else "" */
};

/* 0, or an exit status after having reported why. */
int tool_gz_in_open(struct tool_gz_in *gz, const char *path);

/* At most n bytes of content; 0 at the end, -1 on an error, which is in gz->why. Not gzread, which
 * takes a damaged gzip file for plain text, and damage where a member begins for its end. */
int tool_gz_in_read(struct tool_gz_in *gz, char *to, size_t n);

void tool_gz_in_close(struct tool_gz_in *gz);

#endif
