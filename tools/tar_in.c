/* Owns the bytes of a tar on their way into libarchive. */
#include "tar_in.h"

#include <errno.h>
#include <stdlib.h>

#include "message.h"

enum { BLOCK = 1 << 17 };

static la_ssize_t give(struct archive *tar, void *ctx, const void **bytes)
{
    struct tool_tar_in *in = ctx;
    const int got = tool_gz_in_read(&in->gz, in->block, BLOCK);
    if (got < 0) {
        archive_set_error(tar, EIO, "%s", in->gz.why);
        return -1;
    }
    in->len = (size_t)got;
    in->given += got;
    *bytes = in->block;
    return got;
}

static int failed(const struct tool_tar_in *in, const char *why)
{
    tool_error("%s: cannot read: %s", in->gz.path, why);
    return TOOL_FAILED;
}

/* gzip is not left to libarchive, which leaves out what stands behind a member and does not begin
 * like one. */
int tool_tar_in_open(struct tool_tar_in *in, const char *path)
{
    *in = (struct tool_tar_in){.block = malloc(BLOCK)};
    const int status = tool_gz_in_open(&in->gz, path);
    if (status != TOOL_OK)
        return status;
    in->tar = archive_read_new();
    if (in->tar == NULL || in->block == NULL)
        return failed(in, "out of memory");
    archive_read_support_filter_all(in->tar);
    archive_read_support_format_tar(in->tar);
    if (archive_read_set_options(in->tar, "read_concatenated_archives") != ARCHIVE_OK ||
        archive_read_open(in->tar, in, NULL, give, NULL) != ARCHIVE_OK)
        return failed(in, tool_tar_in_why(in));
    return TOOL_OK;
}

/* Of bzip2 libarchive, too, leaves out what does not begin as it should. What it looked at and did
 * not take is at the end of the block. */
int tool_tar_in_end(struct tool_tar_in *in)
{
    const int64_t left = in->given - archive_filter_bytes(in->tar, -1);
    const size_t untaken = left > (int64_t)in->len ? in->len : left > 0 ? (size_t)left : 0;
    const char *from = in->block + in->len - untaken, *end = in->block + in->len;
    for (;;) {
        for (; from < end; from++)
            if (*from != 0)
                return failed(in, "damaged compressed data: more stands behind its end");
        const int got = tool_gz_in_read(&in->gz, in->block, BLOCK);
        if (got < 0)
            return failed(in, in->gz.why);
        if (got == 0)
            return TOOL_OK;
        from = in->block;
        end = in->block + got;
    }
}

const char *tool_tar_in_why(const struct tool_tar_in *in)
{
    const char *why = in->gz.why[0] != '\0' ? in->gz.why : archive_error_string(in->tar);
    return why != NULL ? why : "damaged";
}

void tool_tar_in_close(struct tool_tar_in *in)
{
    archive_read_free(in->tar);
    tool_gz_in_close(&in->gz);
    free(in->block);
}
