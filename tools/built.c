/* Owns what is said about an index that is being made, and once it is. */
#include "built.h"

#include <inttypes.h>
#include <stdio.h>

#include "message.h"
#include "samtools_files.h"

void tool_built_message(void *ctx, int severity, const char *text)
{
    (void)ctx;
    if (severity == LODE_WARNING)
        tool_warning("%s", text);
    else
        tool_note("%s", text);
}

void tool_built(const struct lode_build_result *result, int quiet)
{
    char left_out[48] = "";
    tool_check_samtools_files(result->path);
    if (quiet)
        return;
    if (result->skipped > 0)
        snprintf(left_out, sizeof left_out, ", %" PRId64 " left out", result->skipped);
    tool_note("%s: %" PRId64 " source%s, %" PRId64 " contig%s, %" PRId64 " bases (%" PRId64
              " reused%s)",
              result->path, result->sources, result->sources == 1 ? "" : "s", result->contigs,
              result->contigs == 1 ? "" : "s", result->bases, result->reused, left_out);
}
