/* Owns `lode get`: regions and BED intervals become records. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bed.h"
#include "commands.h"
#include "index_path.h"
#include "message.h"
#include "outfile.h"
#include "queue.h"
#include "threads.h"

/* Names longer than this are cut in messages. */
enum { SHOWN_MAX = 200 };

struct get {
    const struct tool_options *options;
    lode_index *index;
    struct tool_queue queue;
    struct tool_fasta out;
    int exit_status;
    char *name; /* of a BED record */
    size_t name_cap;
};

static void fail(struct get *get, int exit_status)
{
    get->exit_status = tool_worse(get->exit_status, exit_status);
}

static int shown(size_t len)
{
    return (int)(len < SHOWN_MAX ? len : SHOWN_MAX);
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
        tool_warning("'%.*s': empty; the contig has %" PRId64 " bases", shown(record->name_len),
                     record->name, length);
    else if (wanted > length && wanted != INT64_MAX)
        tool_warning("'%.*s': cut at the end of the contig, which has %" PRId64 " bases",
                     shown(record->name_len), record->name, length);
}

static bool is_inside(const struct tool_record *record)
{
    const int64_t length = record->contig.length;
    if (record->end == INT64_MAX)
        return record->begin >= 0 && (record->begin < length || record->begin == 0);
    return record->begin >= 0 && record->end <= length;
}

/* Applies --strict, --pad or the default. False: the record is in error, reported. */
static bool apply_bounds(struct get *get, struct tool_record *record)
{
    const int64_t length = record->contig.length;
    if (get->options->strict && !is_inside(record)) {
        tool_error("'%.*s': leaves the contig, which has %" PRId64 " bases",
                   shown(record->name_len), record->name, length);
        fail(get, TOOL_FAILED);
        return false;
    }
    if (get->options->pad < 0) {
        clip(record);
    } else if (record->end == INT64_MAX) {
        record->end = length;
        record->begin = record->begin < length ? record->begin : length;
    }
    return true;
}

/* False: the output cannot be written. */
static bool add(struct get *get, struct tool_record *record)
{
    if (!apply_bounds(get, record))
        return true;
    record->mark = record->reverse ? get->options->mark_minus : get->options->mark_plus;
    return tool_queue_add(&get->queue, record);
}

/* --------------------------------------------------------------------------------- regions -- */

static bool add_region(struct get *get, const char *region, size_t len)
{
    struct tool_record record = {.name = region, .name_len = len};
    struct lode_diag diag = {0};
    const int status =
        lode_region(get->index, region, len, &record.contig, &record.begin, &record.end, &diag);
    if (status != LODE_OK) {
        fail(get, tool_report(status, &diag));
        return true;
    }
    record.reverse = get->options->reverse;
    return add(get, &record);
}

static bool add_region_file(struct get *get)
{
    struct tool_lines lines;
    bool writable = true;
    int got = 0;
    const int status = tool_lines_open(&lines, get->options->regions);
    if (status != TOOL_OK) {
        fail(get, status);
        return true;
    }
    while (writable && (got = tool_lines_next(&lines)) > 0) {
        if (lines.len > 0)
            writable = add_region(get, lines.line, lines.len);
    }
    if (got < 0)
        fail(get, TOOL_FAILED);
    tool_lines_close(&lines);
    return writable;
}

/* ------------------------------------------------------------------------------------- BED -- */

/* NAME::CONTIG, the longest NAME that exists. */
static int find_in_source(const lode_index *index, const char *chrom, size_t len,
                          struct lode_contig *contig, struct lode_diag *diag)
{
    for (size_t cut = len; cut-- > 1;) {
        int64_t source;
        if (cut + 1 >= len || chrom[cut] != ':' || chrom[cut + 1] != ':')
            continue;
        int status = lode_find_source(index, chrom, cut, &source);
        if (status == LODE_OK)
            status = lode_find(index, source, chrom + cut + 2, len - cut - 2, contig, diag);
        if (status != LODE_E_NOT_FOUND)
            return status;
    }
    return LODE_E_NOT_FOUND;
}

/* Which sources hold a name that several do: what the region {CHROM} would be told. */
static void describe_ambiguous(const struct get *get, const struct tool_bed *bed,
                               struct lode_diag *diag)
{
    char region[SHOWN_MAX + 3];
    struct lode_contig contig;
    int64_t begin, end;
    const int n = snprintf(region, sizeof region, "{%.*s}", shown(bed->chrom_len), bed->chrom);
    (void)lode_region(get->index, region, (size_t)n, &contig, &begin, &end, diag);
}

/* Negative: reported. */
static int find_chrom(struct get *get, const struct tool_lines *lines, const struct tool_bed *bed,
                      struct lode_contig *contig)
{
    struct lode_diag diag = {0};
    int status = lode_find(get->index, -1, bed->chrom, bed->chrom_len, contig, &diag);
    if (status == LODE_E_NOT_FOUND)
        status = find_in_source(get->index, bed->chrom, bed->chrom_len, contig, &diag);
    if (status == LODE_OK)
        return LODE_OK;
    if (status == LODE_E_AMBIGUOUS)
        describe_ambiguous(get, bed, &diag);
    if (status == LODE_E_NOT_FOUND)
        tool_error("%s:%" PRId64 ": no contig '%.*s'", lines->path, lines->number,
                   shown(bed->chrom_len), bed->chrom);
    else
        tool_error("%s:%" PRId64 ": %s", lines->path, lines->number,
                   diag.message[0] != '\0' ? diag.message : lode_status_text(status));
    fail(get, tool_exit_of(status));
    return status;
}

/* CHROM:BEG-END, as a region would be written. False: out of memory, reported. */
static bool name_interval(struct get *get, const struct tool_bed *bed, struct tool_record *record)
{
    const size_t want = bed->chrom_len + 48; /* two numbers, two separators, NUL */
    if (want > get->name_cap) {
        char *name = realloc(get->name, want);
        if (name == NULL) {
            fail(get, tool_report(LODE_E_NOMEM, NULL));
            return false;
        }
        get->name = name;
        get->name_cap = want;
    }
    memcpy(get->name, bed->chrom, bed->chrom_len);
    const int n =
        snprintf(get->name + bed->chrom_len, 48, ":%" PRId64 "-%" PRId64, bed->begin + 1, bed->end);
    record->name = get->name;
    record->name_len = bed->chrom_len + (size_t)n;
    return true;
}

static bool add_interval(struct get *get, const struct tool_lines *lines,
                         const struct tool_bed *bed)
{
    struct tool_record record = {.begin = bed->begin, .end = bed->end};
    if (bed->begin < 0 && get->options->pad < 0) {
        tool_error("%s:%" PRId64 ": the start is negative; --pad CHAR fills what lies outside",
                   lines->path, lines->number);
        fail(get, TOOL_USAGE);
        return true;
    }
    if (find_chrom(get, lines, bed, &record.contig) != LODE_OK || !name_interval(get, bed, &record))
        return true;
    if (record.end == INT64_MAX) /* that would be "not given" */
        record.end--;
    record.reverse = get->options->reverse || (get->options->stranded && bed->strand == '-');
    return add(get, &record);
}

static bool add_bed_file(struct get *get)
{
    struct tool_lines lines;
    struct tool_bed bed;
    bool writable = true;
    int got = 0;
    const int status = tool_lines_open(&lines, get->options->bed);
    if (status != TOOL_OK) {
        fail(get, status);
        return true;
    }
    while (writable && (got = tool_bed_next(&lines, &bed)) != 0 && got != -1) {
        if (got == 1)
            writable = add_interval(get, &lines, &bed);
        else
            fail(get, TOOL_USAGE);
    }
    if (got == -1)
        fail(get, TOOL_FAILED);
    tool_lines_close(&lines);
    return writable;
}

/* ----------------------------------------------------------------------------------- whole -- */

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
    return TOOL_OK;
}

static void add_all(struct get *get)
{
    bool writable = get->options->regions == NULL || add_region_file(get);
    for (int i = 1; i < get->options->arg_count && writable; i++)
        writable = add_region(get, get->options->args[i], strlen(get->options->args[i]));
    if (writable && get->options->bed != NULL)
        (void)add_bed_file(get);
    tool_queue_flush(&get->queue);
    tool_fasta_flush(&get->out);
    fail(get, get->queue.exit_status);
}

static void print_records(struct get *get, int fd)
{
    const struct tool_options *options = get->options;
    const char *path = fd == STDOUT_FILENO ? "stdout" : options->out;
    if (!tool_fasta_init(&get->out, fd, path, options->line_length, options->tab)) {
        fail(get, tool_report(LODE_E_NOMEM, NULL));
        return;
    }
    const int status =
        tool_queue_init(&get->queue, get->index, &get->out, tool_threads(options->threads),
                        options->pad, options->upper);
    if (status == TOOL_OK)
        add_all(get);
    fail(get, status);
    if (get->out.error == 0 && fd != STDOUT_FILENO && close(fd) != 0)
        get->out.error = errno;
    if (get->out.error != 0)
        fail(get, tool_write_failed(path, get->out.error));
    tool_queue_free(&get->queue);
    tool_fasta_free(&get->out);
}

int cmd_get(const struct tool_options *options)
{
    struct get get = {.options = options};
    char index_path[4096];
    get.exit_status = check(options);
    if (get.exit_status == TOOL_OK)
        get.exit_status = tool_open_index(options, index_path, &get.index);
    if (get.exit_status != TOOL_OK)
        return get.exit_status;
    const int fd = tool_outfile_open(options, index_path, get.index, &get.exit_status);
    if (fd >= 0) {
        get.exit_status = TOOL_OK;
        print_records(&get, fd);
    }
    free(get.name);
    lode_close(get.index);
    return get.exit_status;
}
