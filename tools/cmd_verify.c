/* Owns `lode verify`. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "finding_place.h"
#include "index_path.h"
#include "json.h"
#include "message.h"
#include "progress.h"
#include "rec.h"

enum { KINDS_MAX = 32 };

/* The library hands one context to both callbacks. Findings of a kind are those of one status. */
struct verify {
    struct tool_progress progress;
    struct tool_place place;
    bool json;
    int exit_status;
    int64_t findings, named;
    struct {
        int status;
        int64_t count;
    } kinds[KINDS_MAX];
    size_t kind_count;
};

static void count_kind(struct verify *verify, int status, int64_t count)
{
    size_t i = 0;
    verify->findings += count;
    verify->exit_status = tool_worse(verify->exit_status, tool_exit_of(status));
    while (i < verify->kind_count && verify->kinds[i].status != status)
        i++;
    if (i == KINDS_MAX)
        return;
    if (i == verify->kind_count) {
        verify->kinds[i].status = status;
        verify->kind_count++;
    }
    verify->kinds[i].count += count;
}

/* Adds what the message does not say: the rule and its place, the contigs. */
static void print_finding(const struct lode_diag *finding, const struct tool_place *place)
{
    char rule[64] = "", contigs[600] = "";
    if (strstr(finding->message, "rule ") == NULL && finding->rule[0] != '\0')
        snprintf(rule, sizeof rule, " [rule %s%s%s, offset %" PRIu64 "]", finding->rule,
                 finding->section[0] != '\0' ? ", section " : "", finding->section,
                 finding->offset);
    if (place != NULL && strcmp(place->first.bytes, place->last.bytes) == 0)
        snprintf(contigs, sizeof contigs, " [contig %.200s]", place->first.bytes);
    else if (place != NULL)
        snprintf(contigs, sizeof contigs, " [contigs %.200s to %.200s]", place->first.bytes,
                 place->last.bytes);
    tool_error("%s%s%s",
               finding->message[0] != '\0' ? finding->message : lode_status_text(finding->status),
               rule, contigs);
}

static int print_finding_json(const struct lode_diag *finding, const struct tool_place *place)
{
    json_t *contigs = json_array();
    if (place != NULL) {
        (void)json_array_append_new(contigs, tool_json_bytes(place->first.bytes, place->first.len));
        (void)json_array_append_new(contigs, tool_json_bytes(place->last.bytes, place->last.len));
    }
    return tool_json_line(json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "kind",
                                    lode_status_name(finding->status), "rule", finding->rule,
                                    "section", finding->section, "offset",
                                    (json_int_t)finding->offset, "contigs", contigs, "message",
                                    tool_json_bytes(finding->message, strlen(finding->message))));
}

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    struct verify *verify = ctx;
    verify->named++;
    count_kind(verify, finding->status, 1);
    const struct tool_place *place =
        tool_place_contigs(&verify->place, finding) ? &verify->place : NULL;
    if (verify->json)
        return print_finding_json(finding, place);
    print_finding(finding, place);
    return 0;
}

static void on_more(void *ctx, int status, int64_t count)
{
    count_kind(ctx, status, count);
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
    printf(
        "%s: ok; checked %s %" PRId64 " source%s, %" PRId64 " contig%s; content id %016" PRIx64
        "\n",
        path,
        level == LODE_VERIFY_INDEX && info->packed_size > 0
            ? "every byte of the index, the text that it holds, size and fingerprint where there "
              "is a file of"
            : checked[level],
        info->sources, info->sources == 1 ? "" : "s", info->contigs, info->contigs == 1 ? "" : "s",
        info->content_id);
}

static void print_counts(const char *path, const struct verify *verify)
{
    char named[64] = "";
    if (verify->named < verify->findings)
        snprintf(named, sizeof named, ", %" PRId64 " of them named above", verify->named);
    tool_note("%s: %" PRId64 " finding%s%s", path, verify->findings,
              verify->findings == 1 ? "" : "s", named);
    for (size_t i = 0; i < verify->kind_count; i++)
        tool_note("%6" PRId64 "  %s", verify->kinds[i].count,
                  lode_status_text(verify->kinds[i].status));
}

static int print_summary_json(const char *path, const struct lode_info *info,
                              const struct verify *verify)
{
    char id[17];
    json_t *kinds = json_object();
    snprintf(id, sizeof id, "%016" PRIx64, info->content_id);
    for (size_t i = 0; i < verify->kind_count; i++)
        (void)json_object_set_new(kinds, lode_status_name(verify->kinds[i].status),
                                  json_integer((json_int_t)verify->kinds[i].count));
    return tool_json_line(json_pack("{s:o, s:s, s:b, s:I, s:I, s:o}", "index",
                                    tool_json_bytes(path, strlen(path)), "content_id", id, "ok",
                                    verify->findings == 0, "findings", (json_int_t)verify->findings,
                                    "named", (json_int_t)verify->named, "kinds", kinds));
}

/* Says how it went. */
static int conclude(const struct tool_options *options, const char *path, const lode_index *index,
                    const struct verify *verify)
{
    struct lode_info info = {.struct_size = sizeof info};
    const int status = lode_index_info(index, &info);
    if (status != LODE_OK)
        return tool_report(status, NULL);
    if (options->json)
        return tool_worse(verify->exit_status, print_summary_json(path, &info, verify));
    if (verify->findings > 0)
        print_counts(path, verify);
    else if (!options->quiet)
        print_ok(path, &info, options->verify_level);
    return verify->exit_status;
}

static int verify_index(const struct tool_options *options, const char *path,
                        const lode_index *index)
{
    struct verify verify = {
        .json = options->json,
        .place = {.index = index, .index_path = path, .root = options->root},
    };
    struct lode_diag diag = {0};
    const struct lode_verify_options how = {
        .struct_size = sizeof how,
        .level = options->verify_level,
        .threads = (int)options->threads,
        .finding = on_finding,
        .ctx = &verify,
        .progress = on_progress,
        .more = on_more,
    };
    tool_progress_start(&verify.progress, "verifying", options->quiet);
    const int status = lode_verify(index, &how, &diag);
    tool_progress_end(&verify.progress);
    tool_place_free(&verify.place);
    if (status != LODE_OK && verify.findings == 0)
        return tool_report(status, &diag);
    return tool_worse(tool_exit_of(status), conclude(options, path, index, &verify));
}

int cmd_verify(const struct tool_options *options)
{
    char path[4096];
    lode_index *index = NULL;
    if (rec_may_be_store(options->args[0]))
        return rec_verify(options, options->args[0]);
    int status = tool_open_index(options, path, &index);
    if (status == TOOL_OK)
        status = verify_index(options, path, index);
    lode_close(index);
    return status;
}
