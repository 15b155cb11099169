/* Owns output as BGZF. */
#include "gz_out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

/* Wanted, not required: the more the pipe holds, the less the two sides wait for each other. */
enum { PIPE_BYTES = 1 << 20 };

bool tool_gz_wanted(const char *path)
{
    static const char *const suffixes[] = {".gz", ".bgz", ".bgzf"};
    const size_t len = path != NULL ? strlen(path) : 0;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const size_t n = strlen(suffixes[i]);
        if (len > n && strcmp(path + len - n, suffixes[i]) == 0)
            return true;
    }
    return false;
}

/* Its end of the pipe is closed even after a failure: the writer must not wait for ever. */
static void *compress(void *arg)
{
    struct tool_gz *gz = arg;
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    options.threads = gz->threads;
    gz->status = lode_compress_fd(gz->pipe_out, gz->path, gz->fd, &options, &gz->diag);
    close(gz->pipe_out);
    return NULL;
}

int tool_gz_start(struct tool_gz *gz, int fd, const char *path, int threads)
{
    int ends[2];
    *gz = (struct tool_gz){.fd = fd, .path = path, .threads = threads};
    int error = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
    if (error == 0) {
        (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
        gz->pipe_out = ends[0];
        gz->in = ends[1];
        signal(SIGPIPE, SIG_IGN);
        error = pthread_create(&gz->thread, NULL, compress, gz);
        if (error == 0)
            return TOOL_OK;
        close(ends[0]);
        close(ends[1]);
    }
    close(fd);
    return tool_write_failed(path, error);
}

int tool_gz_finish(struct tool_gz *gz)
{
    close(gz->in);
    pthread_join(gz->thread, NULL);
    const int error = close(gz->fd) != 0 ? errno : 0;
    if (gz->status != LODE_OK)
        return tool_report(gz->status, &gz->diag);
    return error != 0 ? tool_write_failed(gz->path, error) : TOOL_OK;
}
