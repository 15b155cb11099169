/* Owns `lode index`. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "index_path.h"
#include "interrupt.h"
#include "message.h"
#include "progress.h"
#include "samtools_files.h"

static void on_message(void *ctx, int severity, const char *text)
{
    (void)ctx;
    if (severity == LODE_WARNING)
        tool_warning("%s", text);
    else
        tool_note("%s", text);
}

static void print_summary(const struct lode_build_result *result)
{
    char left_out[48] = "";
    if (result->skipped > 0)
        snprintf(left_out, sizeof left_out, ", %" PRId64 " left out", result->skipped);
    tool_note("%s: %" PRId64 " source%s, %" PRId64 " contig%s, %" PRId64 " bases (%" PRId64
              " reused%s)",
              result->path, result->sources, result->sources == 1 ? "" : "s", result->contigs,
              result->contigs == 1 ? "" : "s", result->bases, result->reused, left_out);
}

static int build_index(const struct tool_options *options)
{
    struct lode_build_result result = {.struct_size = sizeof result};
    struct lode_diag diag = {0};
    struct tool_progress progress;
    const struct lode_build_options how = {
        .struct_size = sizeof how,
        .out = options->out,
        .threads = (int)options->threads,
        .duplicates_first = options->duplicates_first,
        .lenient = options->lenient,
        .rescan = options->rescan,
        .digest = options->digest,
        .names_file = options->names,
        .message = on_message,
        .progress = tool_progress_step,
        .ctx = &progress,
        .cancel = tool_interrupt_catch(),
        .pack = options->pack,
    };
    tool_progress_start(&progress, "indexing", options->quiet);
    const int status = lode_build((const char *const *)options->args, (size_t)options->arg_count,
                                  &how, &result, &diag);
    tool_progress_end(&progress);
    tool_interrupt_release(status == LODE_E_CANCELLED);
    if (status != LODE_OK && status != LODE_E_SKIPPED)
        return tool_report(status, &diag);
    tool_check_samtools_files(result.path);
    if (!options->quiet)
        print_summary(&result);
    return status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
}

int cmd_index(const struct tool_options *options)
{
    for (int i = 0; i < options->arg_count; i++) {
        const int status = tool_check_supported(options->args[i]);
        if (status != TOOL_OK)
            return status;
    }
    return build_index(options);
}
