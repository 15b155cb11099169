/* Owns where output goes: stdout, or a file that is none of those being read. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "names.h"

int tool_outfile_is(int fd, const char *path)
{
    struct stat a, b;
    return path != NULL && fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Locators are relative to the index's directory, or to --root. */
static bool is_source(int fd, const struct tool_options *options, const char *index_path,
                      const struct tool_name *locator)
{
    char path[8192];
    const char *slash = strrchr(index_path, '/');
    if (locator->bytes[0] == '/')
        return tool_outfile_is(fd, locator->bytes);
    if (options->root != NULL)
        snprintf(path, sizeof path, "%s/%s", options->root, locator->bytes);
    else
        snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash + 1 - index_path) : 0, index_path,
                 locator->bytes);
    return tool_outfile_is(fd, path);
}

static bool is_any_source(int fd, const struct tool_options *options, const char *index_path,
                          const lode_index *index)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct tool_name locator = {0};
    bool found = false;
    if (lode_index_info(index, &info) != LODE_OK)
        return false;
    for (int64_t s = 0; s < info.sources && !found; s++)
        found = tool_name_get(&locator, lode_source_path, index, s) == LODE_OK &&
                is_source(fd, options, index_path, &locator);
    tool_name_free(&locator);
    return found;
}

static int refuse(const char *path, const char *why)
{
    tool_error("%s: cannot write: %s", path, why);
    return -1;
}

int tool_outfile_open(const struct tool_options *options, const char *index_path,
                      const lode_index *index, int *exit_status)
{
    const char *path = options->out;
    struct stat info;
    if (path == NULL || strcmp(path, "-") == 0)
        return STDOUT_FILENO;
    *exit_status = TOOL_FAILED;
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return refuse(path, strerror(errno));
    const bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    const char *why = NULL;
    if (is_file &&
        (tool_outfile_is(fd, index_path) || tool_outfile_is(fd, options->regions) ||
         tool_outfile_is(fd, options->bed) || is_any_source(fd, options, index_path, index))) {
        *exit_status = TOOL_USAGE;
        why = "this file is being read";
    } else if (is_file && ftruncate(fd, 0) != 0) {
        why = strerror(errno);
    }
    if (why == NULL)
        return fd;
    close(fd);
    return refuse(path, why);
}
