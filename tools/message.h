/* Owns what the user is told on stderr, and the exit status that goes with it. */
#ifndef LODE_TOOL_MESSAGE_H
#define LODE_TOOL_MESSAGE_H

#include "lode.h"

enum tool_exit {
    TOOL_OK = 0,
    TOOL_FAILED = 1,    /* I/O or data */
    TOOL_USAGE = 2,     /* the command line or a region */
    TOOL_NOT_FOUND = 3, /* no such contig, source or region */
    TOOL_CORRUPT = 4,   /* the index is damaged */
    TOOL_STALE = 5,     /* the index is older than its source, or newer than this program */
};

/* What a library status means for the shell. */
int tool_exit_of(int status);

/* The worse of two exit statuses. */
int tool_worse(int a, int b);

/* "lode: MESSAGE" and "lode: warning: MESSAGE"; control characters are shown as \xNN. */
void tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tool_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "lode: MESSAGE" on stderr without being an error. */
void tool_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An error of the command line: points to 'lode COMMAND --help'. Returns TOOL_USAGE. */
int tool_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints what the library said, or failing that the text of status. Returns its exit status. */
int tool_report(int status, const struct lode_diag *diag);

/* stdout or a file could not be written: silent for a closed pipe. Returns TOOL_FAILED. */
int tool_write_failed(const char *path, int error);

/* Every message starts on a fresh line: called before the first byte of one, NULL = nothing to do.
 */
void tool_message_hook(void (*before)(void));

#endif
