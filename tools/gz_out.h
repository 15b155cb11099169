/* Owns output as BGZF: what is written into a pipe is compressed by other threads. */
#ifndef LODE_TOOL_GZ_OUT_H
#define LODE_TOOL_GZ_OUT_H

#include <pthread.h>
#include <stdbool.h>

#include "lode.h"

struct tool_gz {
    int in; /* write the text here */
    int pipe_out, fd, threads;
    const char *path; /* as messages show it */
    pthread_t thread;
    int status; /* of the library */
    struct lode_diag diag;
};

/* Does the name end in .gz, .bgz or .bgzf? */
bool tool_gz_wanted(const char *path);

/* Takes fd over; gz stays where it is until the end. Writing into a broken pipe becomes EPIPE for
 * the whole process. 0, or an exit status after having reported why; then fd is closed. */
int tool_gz_start(struct tool_gz *gz, int fd, const char *path, int threads);

/* Ends the text and waits until all of it is written. 0, or an exit status, reported. */
int tool_gz_finish(struct tool_gz *gz);

#endif
