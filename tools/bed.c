/* Owns reading BED: three to six columns of interest, the rest is ignored. */
#include "bed.h"

#include <stdbool.h>
#include <string.h>

#include "message.h"

enum { COLUMNS = 6, CHROM = 0, BEGIN = 1, END = 2, STRAND = 5 };

struct field {
    const char *at;
    size_t len;
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
static size_t split(const struct tool_lines *lines, struct field fields[COLUMNS])
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
        fields[n++] = (struct field){at, (size_t)((stop != NULL ? stop : end) - at)};
        if (stop == NULL)
            break;
        at = stop + 1;
    }
    return n;
}

/* A whole decimal number; a sign is allowed, overflow is not. */
static bool parse_position(struct field field, int64_t *out)
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

static int parse(const struct tool_lines *lines, struct tool_bed *bed)
{
    struct field fields[COLUMNS];
    const size_t n = split(lines, fields);
    if (n < 3)
        return refuse(lines, "a BED line needs three columns: contig, start, end");
    if (fields[CHROM].len == 0)
        return refuse(lines, "the first BED column is empty");
    bed->chrom = fields[CHROM].at;
    bed->chrom_len = fields[CHROM].len;
    if (!parse_position(fields[BEGIN], &bed->begin) || !parse_position(fields[END], &bed->end))
        return refuse(lines, "BED start and end must be whole numbers");
    if (bed->end < bed->begin)
        return refuse(lines, "the BED end lies before the start");
    bed->strand = '.';
    if (n > STRAND && fields[STRAND].len == 1 && strchr("+-", fields[STRAND].at[0]) != NULL)
        bed->strand = fields[STRAND].at[0];
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
