/* Any bytes as a BED file, plain or gzip: intervals are ordered and blocks lie inside them, and a
 * line written from what was read reads the same. */
#include "support.h"

#include "bed.h"
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the command would print is of no interest here. */
void tool_error(const char *format, ...)
{
    (void)format;
}

int tool_report(int status, const struct lode_diag *diag)
{
    (void)status;
    (void)diag;
    return TOOL_FAILED;
}

enum { LINES = 200 };

struct kept {
    int64_t begin, end;
    bool reverse;
};

static void check_blocks(const struct tool_lines *lines, const struct tool_bed *bed,
                         struct tool_blocks *blocks)
{
    if (tool_bed_blocks(lines, bed, blocks) != TOOL_OK)
        return;
    fuzz_check(blocks->count >= 1);
    for (size_t i = 0; i < blocks->count; i++)
        fuzz_check(blocks->at[i].begin >= bed->begin && blocks->at[i].end <= bed->end &&
                   blocks->at[i].begin <= blocks->at[i].end);
}

/* Reads the file; writes its intervals to `out` and keeps them. */
static size_t read_all(const char *leaf, struct kept *kept, FILE *out)
{
    struct tool_lines lines;
    struct tool_blocks blocks = {0};
    struct tool_bed bed;
    size_t n = 0;
    fuzz_check(tool_lines_open(&lines, fuzz_path(leaf)) == TOOL_OK);
    for (int got; (got = tool_bed_next(&lines, &bed)) != 0 && got != -1 && n < LINES;) {
        if (got == -2)
            continue;
        fuzz_check(bed.end >= bed.begin && bed.chrom.len > 0);
        check_blocks(&lines, &bed, &blocks);
        kept[n++] = (struct kept){bed.begin, bed.end, bed.reverse};
        if (out != NULL)
            fprintf(out, "c\t%lld\t%lld\tn\t0\t%s\n", (long long)bed.begin, (long long)bed.end,
                    bed.reverse ? "-" : "+");
    }
    tool_lines_close(&lines);
    free(blocks.at);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct kept first[LINES], second[LINES];
    fuzz_write("in.bed", data, size);
    FILE *out = fopen(fuzz_path("out.bed"), "w");
    fuzz_check(out != NULL);
    const size_t n = read_all("in.bed", first, out);
    fuzz_check(fclose(out) == 0);
    fuzz_check(read_all("out.bed", second, NULL) == n);
    for (size_t i = 0; i < n; i++)
        fuzz_check(first[i].begin == second[i].begin && first[i].end == second[i].end &&
                   first[i].reverse == second[i].reverse);
    return 0;
}
