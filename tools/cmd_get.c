/* Owns `lode get`: regions and BED intervals become records. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "get.h"
#include "gz_out.h"
#include "index_path.h"
#include "message.h"
#include "outfile.h"
#include "threads.h"

void tool_get_fail(struct tool_get *get, int exit_status)
{
    get->exit_status = tool_worse(get->exit_status, exit_status);
}

int tool_get_shown(size_t len)
{
    return (int)(len < TOOL_SHOWN_MAX ? len : TOOL_SHOWN_MAX);
}

/* ---------------------------------------------------------------------------------- bounds -- */

/* Cuts the record to its contig, as samtools does: a range that begins before or behind it is
 * empty. An end that was not given (INT64_MAX) is the contig's. */
static void clip(struct tool_record *record)
{
    const int64_t length = record->contig.length, wanted = record->end;
    if (wanted > length)
        record->end = length;
    if (record->begin < 0 || record->begin > record->end)
        record->begin = record->end;
    if (record->begin == record->end)
        tool_warning("'%.*s': empty; the contig has %" PRId64 " bases",
                     tool_get_shown(record->name_len), record->name, length);
    else if (wanted > length && wanted != INT64_MAX)
        tool_warning("'%.*s': cut at the end of the contig, which has %" PRId64 " bases",
                     tool_get_shown(record->name_len), record->name, length);
}

/* What is left of the record's blocks once its range was cut. */
static void clip_blocks(struct tool_get *get, const struct tool_record *record)
{
    for (size_t i = 0; i < record->block_count; i++) {
        struct lode_interval *block = &get->blocks.at[i];
        block->begin = block->begin < record->begin ? record->begin : block->begin;
        block->end = block->end > record->end ? record->end : block->end;
        if (block->begin > block->end)
            block->begin = block->end;
    }
}

static bool is_inside(const struct tool_record *record)
{
    const int64_t length = record->contig.length;
    if (record->end == INT64_MAX)
        return record->begin >= 0 && (record->begin < length || record->begin == 0);
    return record->begin >= 0 && record->end <= length;
}

/* Applies --strict, --pad or the default. False: the record is in error, reported. */
static bool apply_bounds(struct tool_get *get, struct tool_record *record)
{
    const int64_t length = record->contig.length;
    if (get->options->strict && !is_inside(record)) {
        tool_error("'%.*s': leaves the contig, which has %" PRId64 " bases",
                   tool_get_shown(record->name_len), record->name, length);
        tool_get_fail(get, TOOL_FAILED);
        return false;
    }
    if (get->options->pad < 0) {
        clip(record);
        clip_blocks(get, record);
    } else if (record->end == INT64_MAX) {
        record->end = length;
        record->begin = record->begin < length ? record->begin : length;
    }
    return true;
}

bool tool_get_add(struct tool_get *get, struct tool_record *record)
{
    if (!apply_bounds(get, record))
        return true;
    if (record->mark == NULL)
        record->mark = record->reverse ? get->options->mark_minus : get->options->mark_plus;
    return tool_queue_add(&get->queue, record);
}

/* --------------------------------------------------------------------------------- regions -- */

static bool add_region(struct tool_get *get, const char *region, size_t len)
{
    struct tool_record record = {.name = region, .name_len = len};
    struct lode_diag diag = {0};
    const int status =
        lode_region(get->index, region, len, &record.contig, &record.begin, &record.end, &diag);
    if (status != LODE_OK) {
        tool_get_fail(get, tool_report(status, &diag));
        return true;
    }
    record.reverse = get->options->reverse;
    return tool_get_add(get, &record);
}

static bool add_region_file(struct tool_get *get)
{
    struct tool_lines lines;
    bool writable = true;
    int got = 0;
    const int status = tool_lines_open(&lines, get->options->regions);
    if (status != TOOL_OK) {
        tool_get_fail(get, status);
        return true;
    }
    while (writable && (got = tool_lines_next(&lines)) > 0) {
        if (lines.len > 0)
            writable = add_region(get, lines.line, lines.len);
    }
    if (got < 0)
        tool_get_fail(get, TOOL_FAILED);
    tool_lines_close(&lines);
    return writable;
}

/* ----------------------------------------------------------------------------------- whole -- */

static int check_bedtools(const struct tool_options *options)
{
    const bool other = options->arg_count > 1 || options->regions != NULL;
    const bool given = options->bedtools != TOOL_NAMING_REGION;
    if (given && (options->bed == NULL || other))
        return tool_usage("get",
                          "--bedtools needs -b, and excludes regions; its form stands behind "
                          "a '=': --bedtools=name");
    if (given && (options->reverse || options->strict || options->pad >= 0))
        return tool_usage("get", "--bedtools excludes -i, --strict and --pad");
    if (options->split && options->bed == NULL)
        return tool_usage("get", "--split needs -b");
    return TOOL_OK;
}

static int check(const struct tool_options *options)
{
    const char *regions = options->regions ? options->regions : "";
    const char *bed = options->bed ? options->bed : "";
    if (options->arg_count < 2 && options->regions == NULL && options->bed == NULL)
        return tool_usage("get", "no region: name one, or give -r FILE or -b FILE");
    if (strcmp(regions, "-") == 0 && strcmp(bed, "-") == 0)
        return tool_usage("get", "-r and -b cannot both read stdin");
    if (options->stranded && (options->bed == NULL || options->reverse))
        return tool_usage("get", "-s needs -b, and excludes -i");
    if (options->strict && options->pad >= 0)
        return tool_usage("get", "--strict and --pad exclude each other");
    return check_bedtools(options);
}

static void add_all(struct tool_get *get)
{
    bool writable = get->options->regions == NULL || add_region_file(get);
    for (int i = 1; i < get->options->arg_count && writable; i++)
        writable = add_region(get, get->options->args[i], strlen(get->options->args[i]));
    if (writable && get->options->bed != NULL)
        (void)tool_get_bed(get);
    tool_queue_flush(&get->queue);
    tool_fasta_flush(&get->out);
    tool_get_fail(get, get->queue.exit_status);
}

static bool open_output(struct tool_get *get, int fd, const char *path)
{
    const struct tool_options *options = get->options;
    const int64_t line_length =
        get->options->bedtools == TOOL_NAMING_REGION ? options->line_length : 0;
    if (!tool_fasta_init(&get->out, fd, path, line_length, options->tab)) {
        tool_get_fail(get, tool_report(LODE_E_NOMEM, NULL));
        return false;
    }
    get->out.always_end = get->options->bedtools != TOOL_NAMING_REGION;
    return true;
}

static void print_records(struct tool_get *get, int fd, const char *path)
{
    const struct tool_options *options = get->options;
    if (!open_output(get, fd, path))
        return;
    const int status =
        tool_queue_init(&get->queue, get->index, &get->out, tool_threads(options->threads),
                        options->pad, options->upper);
    if (status == TOOL_OK)
        add_all(get);
    tool_get_fail(get, status);
    tool_queue_free(&get->queue);
    tool_fasta_free(&get->out);
}

static void print_plain(struct tool_get *get, int fd)
{
    const char *path = fd == STDOUT_FILENO ? "stdout" : get->options->out;
    print_records(get, fd, path);
    if (get->out.error == 0 && fd != STDOUT_FILENO && close(fd) != 0)
        get->out.error = errno;
    if (get->out.error != 0)
        tool_get_fail(get, tool_write_failed(path, get->out.error));
}

/* Through a pipe to threads that compress. A pipe that broke was broken by them: they know why. */
static void print_gz(struct tool_get *get, int fd)
{
    const char *path = get->options->out;
    struct tool_gz gz;
    tool_get_fail(get, tool_gz_start(&gz, fd, path, tool_threads(get->options->threads)));
    if (get->exit_status != TOOL_OK)
        return;
    print_records(get, gz.in, path);
    tool_get_fail(get, tool_gz_finish(&gz));
    if (get->out.error != 0 && get->out.error != EPIPE)
        tool_get_fail(get, tool_write_failed(path, get->out.error));
    if (get->exit_status != TOOL_OK)
        tool_error("%s: the output is incomplete", path);
}

int cmd_get(const struct tool_options *options)
{
    struct tool_get get = {.options = options};
    char index_path[4096];
    get.exit_status = check(options);
    if (get.exit_status == TOOL_OK)
        get.exit_status = tool_open_bases(options, index_path, &get.index);
    if (get.exit_status != TOOL_OK)
        return get.exit_status;
    const int fd = tool_outfile_open(options, index_path, get.index, &get.exit_status);
    if (fd >= 0) {
        get.exit_status = TOOL_OK;
        if (fd != STDOUT_FILENO && tool_gz_wanted(options->out))
            print_gz(&get, fd);
        else
            print_plain(&get, fd);
    }
    free(get.name);
    free(get.blocks.at);
    lode_close(get.index);
    return get.exit_status;
}
