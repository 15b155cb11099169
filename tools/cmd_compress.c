/* Owns `lode compress`. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "built.h"
#include "commands.h"
#include "index_path.h"
#include "interrupt.h"
#include "message.h"
#include "outfile.h"
#include "progress.h"

static int open_input(const char *path)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        tool_error("%s: cannot open: %s", path, strerror(errno));
    return fd;
}

static bool to_stdout(const struct tool_options *options)
{
    return options->out == NULL || strcmp(options->out, "-") == 0;
}

/* Returns -1 when the output may be written. */
static int check_output(const struct tool_options *options, int in)
{
    const char *out = options->out;
    if (options->index && to_stdout(options))
        return tool_usage("compress", "--index names the index after the compressed file, which "
                                      "stdout is not: give -o OUT.gz");
    if (!options->index && (options->digest || options->duplicates_first || options->pack))
        return tool_usage("compress", "%s is of use with --index only",
                          options->digest ? "--digest"
                          : options->pack ? "--pack"
                                          : "--duplicates");
    if (out == NULL && isatty(STDOUT_FILENO))
        return tool_usage("compress", "compressed data is not for a terminal: give -o OUT.gz");
    if (out != NULL && tool_outfile_is(in, out)) {
        tool_error("%s: cannot write: this file is being read", out);
        return TOOL_USAGE;
    }
    return -1;
}

static int compress_to(const struct tool_options *options, int in)
{
    const char *in_name = options->args[0];
    struct lode_build_result result = {.struct_size = sizeof result};
    struct tool_progress progress;
    struct lode_diag diag = {0};
    const struct lode_compress_options how = {
        .struct_size = sizeof how,
        .level = (int)options->level,
        .block_size = (int)options->block_size,
        .threads = (int)options->threads,
        .progress = tool_progress_step,
        .ctx = &progress,
        .cancel = tool_interrupt_catch(),
        .layout = options->layout,
        .index = options->index,
        .duplicates_first = options->duplicates_first,
        .digest = options->digest,
        .pack = options->pack,
        .message = tool_built_message,
        .result = &result,
    };
    tool_progress_start(&progress, "compressing", options->quiet);
    const int status = to_stdout(options)
                           ? lode_compress_fd(in, in_name, STDOUT_FILENO, &how, &diag)
                           : lode_compress(in, in_name, options->out, &how, &diag);
    tool_progress_end(&progress);
    tool_interrupt_release(status == LODE_E_CANCELLED);
    if (status == LODE_E_IO && diag.sys_errno == EPIPE)
        return TOOL_FAILED;
    if (status != LODE_OK)
        return tool_report(status, &diag);
    if (options->index)
        tool_built(&result, options->quiet);
    return TOOL_OK;
}

int cmd_compress(const struct tool_options *options)
{
    int status = tool_check_supported(options->args[0]);
    if (status != TOOL_OK)
        return status;
    const int in = open_input(options->args[0]);
    if (in < 0)
        return TOOL_FAILED;
    status = check_output(options, in);
    if (status < 0)
        status = compress_to(options, in);
    if (in != STDIN_FILENO)
        close(in);
    return status;
}
