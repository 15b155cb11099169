/* Owns reading BED. */
#include "bed.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"

enum {
    CHROM = 0,
    BEGIN = 1,
    END = 2,
    NAME = 3,
    STRAND = 5,
    BLOCK_COUNT = 9,
    BLOCK_SIZES = 10,
    BLOCK_STARTS = 11,
    COLUMNS = 12,
};

static bool starts_word(const struct tool_lines *lines, const char *word)
{
    const size_t len = strlen(word);
    return lines->len >= len && memcmp(lines->line, word, len) == 0 &&
           (lines->len == len || lines->line[len] == ' ' || lines->line[len] == '\t');
}

static bool is_interval_line(const struct tool_lines *lines)
{
    return lines->len > 0 && lines->line[0] != '#' && !starts_word(lines, "track") &&
           !starts_word(lines, "browser") && strspn(lines->line, " \t") < lines->len;
}

/* Columns end at tabs; in a line without any tab, at runs of blanks. */
static size_t split(const struct tool_lines *lines, struct tool_column fields[COLUMNS])
{
    const char separator = memchr(lines->line, '\t', lines->len) != NULL ? '\t' : ' ';
    const char *at = lines->line, *const end = at + lines->len;
    size_t n = 0;
    while (n < COLUMNS) {
        while (separator == ' ' && at < end && *at == ' ')
            at++;
        if (separator == ' ' && at == end)
            break;
        const char *stop = memchr(at, separator, (size_t)(end - at));
        fields[n++] = (struct tool_column){at, (size_t)((stop != NULL ? stop : end) - at)};
        if (stop == NULL)
            break;
        at = stop + 1;
    }
    return n;
}

/* A whole decimal number; a sign is allowed, overflow is not. */
static bool parse_position(struct tool_column field, int64_t *out)
{
    const bool minus = field.len > 0 && field.at[0] == '-';
    int64_t value = 0;
    if (field.len == minus)
        return false;
    for (size_t i = minus; i < field.len; i++) {
        if (field.at[i] < '0' || field.at[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, field.at[i] - '0', &value))
            return false;
    }
    *out = minus ? -value : value;
    return true;
}

static int refuse(const struct tool_lines *lines, const char *why)
{
    tool_error("%s:%lld: %s", lines->path, (long long)lines->number, why);
    return -2;
}

static void take_columns(const struct tool_column fields[COLUMNS], size_t n, struct tool_bed *bed)
{
    bed->chrom = fields[CHROM];
    bed->name = fields[NAME];
    bed->strand = fields[STRAND];
    bed->reverse = fields[STRAND].len == 1 && fields[STRAND].at[0] == '-';
    bed->has_blocks = n == COLUMNS;
    bed->block_count = fields[BLOCK_COUNT];
    bed->block_sizes = fields[BLOCK_SIZES];
    bed->block_starts = fields[BLOCK_STARTS];
}

static int parse(const struct tool_lines *lines, struct tool_bed *bed)
{
    struct tool_column fields[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        fields[i] = (struct tool_column){"", 0};
    const size_t n = split(lines, fields);
    if (n < 3)
        return refuse(lines, "a BED line needs three columns: contig, start, end");
    if (fields[CHROM].len == 0)
        return refuse(lines, "the first BED column is empty");
    if (!parse_position(fields[BEGIN], &bed->begin) || !parse_position(fields[END], &bed->end))
        return refuse(lines, "BED start and end must be whole numbers");
    if (bed->end < bed->begin)
        return refuse(lines, "the BED end lies before the start");
    take_columns(fields, n, bed);
    return 1;
}

int tool_bed_next(struct tool_lines *lines, struct tool_bed *bed)
{
    int got;
    while ((got = tool_lines_next(lines)) > 0) {
        if (is_interval_line(lines))
            return parse(lines, bed);
    }
    return got;
}

/* ---------------------------------------------------------------------------------- blocks -- */

static bool reserve_blocks(struct tool_blocks *blocks, size_t count)
{
    if (count <= blocks->cap)
        return true;
    struct lode_interval *at = reallocarray(blocks->at, count, sizeof *at);
    if (at == NULL)
        return false;
    blocks->at = at;
    blocks->cap = count;
    return true;
}

/* Takes the first number off a list separated by commas; the last comma may be missing. */
static bool take_number(struct tool_column *list, int64_t *out)
{
    const char *comma = list->len > 0 ? memchr(list->at, ',', list->len) : NULL;
    const size_t len = comma != NULL ? (size_t)(comma - list->at) : list->len;
    const size_t used = len + (comma != NULL);
    const bool good = parse_position((struct tool_column){list->at, len}, out);
    list->at += used;
    list->len -= used;
    return good;
}

static bool take_block(const struct tool_bed *bed, struct tool_column *sizes,
                       struct tool_column *starts, struct lode_interval *block)
{
    int64_t size, start;
    const int64_t length = bed->end - bed->begin; /* the caller saw that it fits */
    if (!take_number(sizes, &size) || !take_number(starts, &start))
        return false;
    if (size < 0 || start < 0 || start > length || size > length - start)
        return false;
    *block = (struct lode_interval){bed->begin + start, bed->begin + start + size};
    return true;
}

static int refuse_blocks(const struct tool_lines *lines, const char *why)
{
    (void)refuse(lines, why);
    return TOOL_USAGE;
}

int tool_bed_blocks(const struct tool_lines *lines, const struct tool_bed *bed,
                    struct tool_blocks *blocks)
{
    struct tool_column sizes = bed->block_sizes, starts = bed->block_starts;
    int64_t count = 1, length;
    if (bed->has_blocks && (!parse_position(bed->block_count, &count) || count < 1 ||
                            (uint64_t)count > sizes.len || (uint64_t)count > starts.len))
        return refuse_blocks(lines, "the number of BED12 blocks does not match their lists");
    if (__builtin_sub_overflow(bed->end, bed->begin, &length))
        return refuse_blocks(lines, "BED start and end lie too far apart");
    if (!reserve_blocks(blocks, (size_t)count))
        return tool_report(LODE_E_NOMEM, NULL);
    blocks->count = (size_t)count;
    blocks->at[0] = (struct lode_interval){bed->begin, bed->end};
    for (size_t i = 0; bed->has_blocks && i < blocks->count; i++) {
        if (!take_block(bed, &sizes, &starts, &blocks->at[i]))
            return refuse_blocks(lines, "a BED12 block is malformed or lies outside its interval");
    }
    if (bed->has_blocks && (sizes.len > 0 || starts.len > 0))
        return refuse_blocks(lines, "the number of BED12 blocks does not match their lists");
    return TOOL_OK;
}
