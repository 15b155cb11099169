/* Owns reading the bytes of a file, plain or gzip, or of '-' for stdin. */
#include "gz_in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

enum { RAW_CAP = 1 << 17 };

enum form {
    UNKNOWN, /* nothing was looked at */
    PLAIN,
    MEMBER,  /* inside a gzip member */
    BETWEEN, /* behind one */
};

int tool_gz_in_open(struct tool_gz_in *gz, const char *path)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    *gz = (struct tool_gz_in){.path = is_stdin ? "stdin" : path};
    gz->fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (gz->fd < 0) {
        tool_error("%s: cannot open: %s", gz->path, strerror(errno));
        return TOOL_FAILED;
    }
    gz->raw = malloc(RAW_CAP);
    if (gz->raw == NULL) {
        close(gz->fd);
        tool_error("%s: out of memory", gz->path);
        return TOOL_FAILED;
    }
    return TOOL_OK;
}

static int read_failed(struct tool_gz_in *gz, const char *why)
{
    snprintf(gz->why, sizeof gz->why, "%s", why);
    return -1;
}

/* Reads on until `want` bytes of the file are there, or all that are left. */
static int look_ahead(struct tool_gz_in *gz, unsigned want)
{
    z_stream *const z = &gz->z;
    while (z->avail_in < want && !gz->file_end) {
        if (z->avail_in > 0)
            memmove(gz->raw, z->next_in, z->avail_in);
        z->next_in = gz->raw;
        const ssize_t got = read(gz->fd, gz->raw + z->avail_in, RAW_CAP - z->avail_in);
        if (got < 0)
            return read_failed(gz, strerror(errno));
        gz->file_end = got == 0;
        z->avail_in += (unsigned)got;
    }
    return 0;
}

static bool at_magic(const z_stream *z)
{
    return z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b;
}

static bool is_named_gzip(const char *path)
{
    static const char *const ends[] = {".gz", ".tgz", ".bgz", ".bgzf"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof ends / sizeof *ends; i++)
        if (strcmp(dot, ends[i]) == 0)
            return true;
    return false;
}

/* A damaged first byte would make a gzip file plain text, and that text records: the name tells. */
static int begin_plain(struct tool_gz_in *gz)
{
    if (!is_named_gzip(gz->path)) {
        gz->form = PLAIN;
        return 0;
    }
    return read_failed(gz, gz->z.avail_in == 0
                               ? "not in gzip format, as its name says: the file is empty"
                               : "not in gzip format, as its name says: it is damaged, or to be "
                                 "renamed");
}

static int begin_content(struct tool_gz_in *gz)
{
    if (look_ahead(gz, 2) != 0)
        return -1;
    if (!at_magic(&gz->z))
        return begin_plain(gz);
    if (inflateInit2(&gz->z, 16 + MAX_WBITS) != Z_OK)
        return read_failed(gz, "out of memory");
    gz->form = MEMBER;
    return 0;
}

/* Another member, zero bytes that pad to the end, or the end. All else is damage, and not garbage
 * to be left out as gzread does: one bad bit in its first bytes would drop a member in silence. */
static int begin_member(struct tool_gz_in *gz)
{
    z_stream *const z = &gz->z;
    if (look_ahead(gz, 2) != 0)
        return -1;
    for (; z->avail_in > 0 && z->next_in[0] == 0; z->avail_in--, z->next_in++)
        gz->padded = true;
    if (z->avail_in == 0)
        return 0;
    if (gz->padded || !at_magic(z))
        return read_failed(gz, "damaged gzip data: no gzip member where one should begin");
    inflateReset(z);
    gz->form = MEMBER;
    return 0;
}

static int copy_bytes(struct tool_gz_in *gz, char *to, size_t n)
{
    z_stream *const z = &gz->z;
    const unsigned len = n < z->avail_in ? (unsigned)n : z->avail_in;
    if (len > 0)
        memcpy(to, z->next_in, len);
    z->next_in += len;
    z->avail_in -= len;
    return (int)len;
}

static int inflate_bytes(struct tool_gz_in *gz, char *to, size_t n)
{
    z_stream *const z = &gz->z;
    z->next_out = (unsigned char *)to;
    z->avail_out = (unsigned)n;
    /* without input too: output may be left in the window */
    const int result = inflate(z, Z_NO_FLUSH);
    const int len = (int)((unsigned)n - z->avail_out);
    if (result == Z_STREAM_END)
        gz->form = BETWEEN;
    if (result == Z_OK || result == Z_STREAM_END)
        return len;
    if (result == Z_MEM_ERROR)
        return read_failed(gz, "out of memory");
    if (result == Z_BUF_ERROR)
        return read_failed(gz, "the gzip stream ends early");
    snprintf(gz->why, sizeof gz->why, "damaged gzip data: %s",
             z->msg != NULL ? z->msg : "it needs a dictionary");
    return -1;
}

int tool_gz_in_read(struct tool_gz_in *gz, char *to, size_t n)
{
    for (;;) {
        if (gz->form == UNKNOWN && begin_content(gz) != 0)
            return -1;
        if (gz->form == BETWEEN && begin_member(gz) != 0)
            return -1;
        if (look_ahead(gz, 1) != 0)
            return -1;
        const bool over = gz->z.avail_in == 0;
        if (gz->form == PLAIN)
            return copy_bytes(gz, to, n);
        if (gz->form == BETWEEN && over)
            return 0;
        const int got = gz->form == MEMBER ? inflate_bytes(gz, to, n) : 0;
        if (got != 0)
            return got;
    }
}

void tool_gz_in_close(struct tool_gz_in *gz)
{
    if (gz->raw != NULL)
        close(gz->fd);
    if (gz->form == MEMBER || gz->form == BETWEEN)
        inflateEnd(&gz->z);
    free(gz->raw);
    *gz = (struct tool_gz_in){0};
}
