/* Owns `lode verify`. */
#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "index_path.h"
#include "message.h"
#include "progress.h"

/* The library hands one context to both callbacks. */
struct verify {
    struct tool_progress progress;
    int exit_status;
    int64_t findings;
};

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    struct verify *verify = ctx;
    verify->findings++;
    verify->exit_status = tool_worse(verify->exit_status, tool_report(finding->status, finding));
    return 0;
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    struct verify *verify = ctx;
    tool_progress_step(&verify->progress, done, total);
}

static void print_ok(const char *path, const struct lode_info *info, int level)
{
    static const char *const checked[] = {
        [LODE_VERIFY_QUICK] = "header, directory, size and fingerprint of",
        [LODE_VERIFY_INDEX] = "every byte of the index, size and fingerprint of",
        [LODE_VERIFY_FULL] = "every byte of the index and of",
    };
    printf("%s: ok; checked %s %" PRId64 " source%s, %" PRId64 " contigs; content id %016" PRIx64
           "\n",
           path, checked[level], info->sources, info->sources == 1 ? "" : "s", info->contigs,
           info->content_id);
}

static int verify_index(const struct tool_options *options, const char *path,
                        const lode_index *index)
{
    struct verify verify = {0};
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    const struct lode_verify_options how = {
        .struct_size = sizeof how,
        .level = options->verify_level,
        .threads = (int)options->threads,
        .finding = on_finding,
        .ctx = &verify,
        .progress = on_progress,
    };
    tool_progress_start(&verify.progress, "verifying", options->quiet);
    int status = lode_verify(index, &how, &diag);
    tool_progress_end(&verify.progress);
    if (status != LODE_OK && verify.findings == 0)
        return tool_report(status, &diag);
    if (status != LODE_OK)
        return tool_worse(verify.exit_status, tool_exit_of(status));
    status = lode_index_info(index, &info);
    if (status != LODE_OK)
        return tool_report(status, NULL);
    if (!options->quiet)
        print_ok(path, &info, options->verify_level);
    return TOOL_OK;
}

int cmd_verify(const struct tool_options *options)
{
    char path[4096];
    lode_index *index = NULL;
    int status = tool_open_index(options, path, &index);
    if (status == TOOL_OK)
        status = verify_index(options, path, index);
    lode_close(index);
    return status;
}
