/* Owns how intervals of a BED file become records of `lode get`, and what bedtools calls them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "get.h"
#include "message.h"

enum { NUMBERS_MAX = 48 }; /* two positions, their separators, NUL */

/* ---------------------------------------------------------------------------------- contig -- */

/* As in regions (SPEC R-4): each cut hashes the name, so a hostile one must not buy a square number
 * of them. */
enum { CUTS_MAX = 256 };

/* NAME::CONTIG, the longest NAME that exists. */
static int find_in_source(const lode_index *index, struct tool_column chrom,
                          struct lode_contig *contig, struct lode_diag *diag)
{
    int cuts = 0;
    for (size_t cut = chrom.len; cut-- > 1;) {
        int64_t source;
        if (cut + 1 >= chrom.len || chrom.at[cut] != ':' || chrom.at[cut + 1] != ':')
            continue;
        if (++cuts > CUTS_MAX)
            break;
        int status = lode_find_source(index, chrom.at, cut, &source);
        if (status == LODE_OK)
            status =
                lode_find(index, source, chrom.at + cut + 2, chrom.len - cut - 2, contig, diag);
        if (status != LODE_E_NOT_FOUND)
            return status;
    }
    return LODE_E_NOT_FOUND;
}

/* Which sources hold a name that several do: what the region {CHROM} would be told. */
static void describe_ambiguous(const struct tool_get *get, struct tool_column chrom,
                               struct lode_diag *diag)
{
    char region[TOOL_SHOWN_MAX + 3];
    struct lode_contig contig;
    int64_t begin, end;
    const int n = snprintf(region, sizeof region, "{%.*s}", tool_get_shown(chrom.len), chrom.at);
    (void)lode_region(get->index, region, (size_t)n, &contig, &begin, &end, diag);
}

/* Negative: reported. */
static int find_chrom(struct tool_get *get, const struct tool_lines *lines,
                      struct tool_column chrom, struct lode_contig *contig)
{
    struct lode_diag diag = {0};
    int status = lode_find(get->index, -1, chrom.at, chrom.len, contig, &diag);
    if (status == LODE_E_NOT_FOUND)
        status = find_in_source(get->index, chrom, contig, &diag);
    if (status == LODE_OK)
        return LODE_OK;
    if (status == LODE_E_AMBIGUOUS)
        describe_ambiguous(get, chrom, &diag);
    if (status == LODE_E_NOT_FOUND)
        tool_error("%s:%" PRId64 ": no contig '%.*s'", lines->path, lines->number,
                   tool_get_shown(chrom.len), chrom.at);
    else
        tool_error("%s:%" PRId64 ": %s", lines->path, lines->number,
                   diag.message[0] != '\0' ? diag.message : lode_status_text(status));
    tool_get_fail(get, tool_exit_of(status));
    return status;
}

/* ------------------------------------------------------------------------------------ name -- */

static bool reserve_name(struct tool_get *get, const struct tool_bed *bed)
{
    const size_t want = bed->chrom.len + bed->name.len + bed->strand.len + NUMBERS_MAX + 4;
    if (want <= get->name_cap)
        return true;
    char *name = realloc(get->name, want);
    if (name == NULL) {
        tool_get_fail(get, tool_report(LODE_E_NOMEM, NULL));
        return false;
    }
    get->name = name;
    get->name_cap = want;
    return true;
}

static void put(struct tool_get *get, const char *bytes, size_t len)
{
    memcpy(get->name + get->name_len, bytes, len);
    get->name_len += len;
}

static void put_range(struct tool_get *get, const struct tool_bed *bed, int64_t first)
{
    /* Nothing begins behind the last position there is. */
    const int64_t begin = bed->begin < INT64_MAX ? bed->begin + first : bed->begin;
    put(get, bed->chrom.at, bed->chrom.len);
    const int n =
        snprintf(get->name + get->name_len, NUMBERS_MAX, ":%" PRId64 "-%" PRId64, begin, bed->end);
    get->name_len += (size_t)n;
}

/* A region, or what bedtools getfasta prints. False: out of memory, reported. */
static bool name_interval(struct tool_get *get, const struct tool_bed *bed)
{
    if (!reserve_name(get, bed))
        return false;
    get->name_len = 0;
    const int naming = get->options->bedtools;
    if (naming >= TOOL_NAMING_NAME)
        put(get, bed->name.at, bed->name.len);
    if (naming == TOOL_NAMING_NAME || naming == TOOL_NAMING_NAME_PLUS)
        put(get, "::", 2);
    if (naming != TOOL_NAMING_NAME_ONLY)
        put_range(get, bed, naming == TOOL_NAMING_REGION ? 1 : 0);
    if (naming != TOOL_NAMING_REGION && get->options->stranded) {
        put(get, "(", 1);
        put(get, bed->strand.at, bed->strand.len);
        put(get, ")", 1);
    }
    return true;
}

/* --------------------------------------------------------------------------------- records -- */

/* bedtools leaves out intervals without bases and those that leave the contig. */
static bool bedtools_skips(const struct tool_get *get, const struct tool_lines *lines,
                           const struct tool_bed *bed, const struct lode_contig *contig)
{
    if (get->options->bedtools == TOOL_NAMING_REGION)
        return false;
    if (bed->begin == bed->end)
        tool_warning("%s:%" PRId64 ": left out, as bedtools does: the interval has no bases",
                     lines->path, lines->number);
    else if (bed->end > contig->length)
        tool_warning("%s:%" PRId64 ": left out, as bedtools does: the contig has %" PRId64
                     " bases only",
                     lines->path, lines->number, contig->length);
    else
        return false;
    return true;
}

static bool is_bad_start(struct tool_get *get, const struct tool_lines *lines,
                         const struct tool_bed *bed)
{
    if (bed->begin >= 0 || get->options->pad >= 0)
        return false;
    tool_error("%s:%" PRId64 ": the start is negative; --pad CHAR fills what lies outside",
               lines->path, lines->number);
    tool_get_fail(get, TOOL_USAGE);
    return true;
}

/* The blocks of the line, when --split wants them. False: the line is in error, reported. */
static bool take_blocks(struct tool_get *get, const struct tool_lines *lines,
                        const struct tool_bed *bed, struct tool_record *record)
{
    if (!get->options->split || !bed->has_blocks)
        return true;
    const int status = tool_bed_blocks(lines, bed, &get->blocks);
    tool_get_fail(get, status);
    record->blocks = get->blocks.at;
    record->block_count = get->blocks.count;
    return status == TOOL_OK;
}

static bool add_interval(struct tool_get *get, const struct tool_lines *lines,
                         const struct tool_bed *bed)
{
    struct tool_record record = {.begin = bed->begin, .end = bed->end};
    if (is_bad_start(get, lines, bed) ||
        find_chrom(get, lines, bed->chrom, &record.contig) != LODE_OK ||
        bedtools_skips(get, lines, bed, &record.contig) || !take_blocks(get, lines, bed, &record) ||
        !name_interval(get, bed))
        return true;
    if (record.end == INT64_MAX) /* that would be "not given" */
        record.end--;
    record.reverse = get->options->reverse || (get->options->stranded && bed->reverse);
    record.name = get->name;
    record.name_len = get->name_len;
    record.mark = get->options->bedtools != TOOL_NAMING_REGION ? "" : NULL;
    return tool_get_add(get, &record);
}

bool tool_get_bed(struct tool_get *get)
{
    struct tool_lines lines;
    struct tool_bed bed;
    bool writable = true;
    int got = 0;
    const int status = tool_lines_open(&lines, get->options->bed);
    if (status != TOOL_OK) {
        tool_get_fail(get, status);
        return true;
    }
    while (writable && (got = tool_bed_next(&lines, &bed)) != 0 && got != -1) {
        if (got == 1)
            writable = add_interval(get, &lines, &bed);
        else
            tool_get_fail(get, TOOL_USAGE);
    }
    if (got == -1)
        tool_get_fail(get, TOOL_FAILED);
    tool_lines_close(&lines);
    return writable;
}
