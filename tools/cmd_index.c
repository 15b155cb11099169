/* Owns `lode index`. */
#include <stdbool.h>

#include "built.h"
#include "commands.h"
#include "index_path.h"
#include "interrupt.h"
#include "message.h"
#include "progress.h"

/* With --add and without -o the last argument is what is added to. */
static int build_index(const struct tool_options *options, int inputs, const char *out)
{
    struct lode_build_result result = {.struct_size = sizeof result};
    struct lode_diag diag = {0};
    struct tool_progress progress;
    const struct lode_build_options how = {
        .struct_size = sizeof how,
        .out = out,
        .threads = (int)options->threads,
        .duplicates_first = options->duplicates_first,
        .lenient = options->lenient,
        .rescan = options->rescan,
        .digest = options->digest,
        .names_file = options->names,
        .message = tool_built_message,
        .progress = tool_progress_step,
        .ctx = &progress,
        .cancel = tool_interrupt_catch(),
        .pack = options->pack,
        .track = options->track,
        .add = options->add,
    };
    tool_progress_start(&progress, "indexing", options->quiet);
    const int status =
        lode_build((const char *const *)options->args, (size_t)inputs, &how, &result, &diag);
    tool_progress_end(&progress);
    tool_interrupt_release(status == LODE_E_CANCELLED);
    if (status != LODE_OK && status != LODE_E_SKIPPED)
        return tool_report(status, &diag);
    tool_built(&result, options->quiet);
    return status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
}

int cmd_index(const struct tool_options *options)
{
    const bool names_set = options->add && options->out == NULL;
    const int inputs = options->arg_count - (names_set ? 1 : 0);
    if (inputs == 0) {
        tool_error("--add takes inputs and then the index or set to add them to");
        return TOOL_USAGE;
    }
    for (int i = 0; i < inputs; i++) {
        const int status = tool_check_supported(options->args[i]);
        if (status != TOOL_OK)
            return status;
    }
    char added_to[4096];
    if (!names_set)
        return build_index(options, inputs, options->out);
    const int status = tool_find_added_to(options, options->args[inputs], added_to);
    return status == TOOL_OK ? build_index(options, inputs, added_to) : status;
}
