/* Owns tars among the inputs of `lode rec`. */
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "rec.h"

#ifdef LODE_HAVE_ARCHIVE
#include <archive.h>
#include <archive_entry.h>

static int failed(struct archive *tar, const char *path)
{
    tool_error("%s: cannot read: %s", path, archive_error_string(tar));
    return TOOL_FAILED;
}

/* What the entry holds: by what comes, not by what its header claims. */
static int read_entry(struct archive *tar, const char *path, const char *name, rec_record_fn record,
                      void *ctx)
{
    size_t size = 0, cap = 0;
    char *bytes = NULL;
    for (;;) {
        if (size == cap) {
            char *more = realloc(bytes, cap = 2 * cap + 65536);
            if (more == NULL) {
                free(bytes);
                tool_error("%s: %s: out of memory", path, name);
                return TOOL_FAILED;
            }
            bytes = more;
        }
        const la_ssize_t got = archive_read_data(tar, bytes + size, cap - size);
        if (got < 0) {
            free(bytes);
            return failed(tar, path);
        }
        if (got == 0)
            break;
        size += (size_t)got;
    }
    const int status = record(ctx, name, strlen(name), bytes, size);
    free(bytes);
    return status;
}

int rec_read_tar(const char *path, rec_record_fn record, void *ctx)
{
    struct archive *tar = archive_read_new();
    struct archive_entry *entry;
    int status = TOOL_OK, next = ARCHIVE_OK;
    if (tar == NULL) {
        tool_error("%s: out of memory", path);
        return TOOL_FAILED;
    }
    archive_read_support_filter_all(tar);
    archive_read_support_format_tar(tar);
    if (archive_read_open_filename(tar, path, 1 << 18) != ARCHIVE_OK)
        status = failed(tar, path);
    /* a warning is about a name that the locale does not know: here names are bytes */
    while (status == TOOL_OK &&
           ((next = archive_read_next_header(tar, &entry)) == ARCHIVE_OK || next == ARCHIVE_WARN)) {
        const char *name = archive_entry_pathname_utf8(entry);
        if (name == NULL)
            name = archive_entry_pathname(entry);
        if (archive_entry_filetype(entry) == AE_IFREG && name != NULL)
            status =
                read_entry(tar, path, strncmp(name, "./", 2) == 0 ? name + 2 : name, record, ctx);
    }
    if (status == TOOL_OK && next != ARCHIVE_EOF)
        status = failed(tar, path);
    archive_read_free(tar);
    return status;
}

#else

int rec_read_tar(const char *path, rec_record_fn record, void *ctx)
{
    (void)record, (void)ctx;
    tool_error("%s: this lode was built without libarchive: unpack the tar, and import the "
               "directory",
               path);
    return TOOL_FAILED;
}

#endif
