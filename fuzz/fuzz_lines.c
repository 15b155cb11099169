/* Any bytes as a stretch of FASTA text: its runs of lines are what a walk over the bytes finds. */
#include "guard.h"
#include "lines.h"
#include "support.h"

#include <ctype.h>
#include <string.h>

static uint64_t count_other(const uint8_t *p, size_t n)
{
    uint64_t other = 0;
    for (size_t i = 0; i < n; i++)
        other += p[i] > 0x20 && (p[i] > 0x7F || strchr("ACGTUN", toupper(p[i])) == NULL);
    return other;
}

/* One line of a run: text[at, end), its line feed included. */
static void check_line(const uint8_t *text, size_t at, size_t end, const struct lode_line_run *run)
{
    const size_t eol = run->eol == 2 ? 2 : 1;
    fuzz_check(end - at == run->content + eol);
    fuzz_check(text[end - 1] == '\n' && memchr(text + at, '\n', end - at - 1) == NULL);
    fuzz_check((eol == 2) == (end - at >= 2 && text[end - 2] == '\r'));
    switch (run->kind) {
    case LODE_LINE_HEADER:
        fuzz_check(run->count == 1 && text[at] == '>');
        break;
    case LODE_LINE_BLANK:
        fuzz_check(run->content == 0);
        break;
    default:
        fuzz_check(run->content > 0 && text[at] != '>');
    }
}

static void check_run(const uint8_t *text, const struct lode_line_run *run)
{
    size_t at = run->begin;
    for (uint64_t i = 0; i < run->count; i++) {
        const uint8_t *lf = memchr(text + at, '\n', run->end - at);
        fuzz_check(lf != NULL);
        const size_t end = (size_t)(lf - text) + 1;
        check_line(text, at, end, run);
        at = end;
    }
    fuzz_check(at == run->end);
    if (run->kind == LODE_LINE_SEQUENCE)
        fuzz_check(run->other == count_other(text + run->begin, run->end - run->begin));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lode_lines lines; /* used again, as a build does */
    struct guard guard;
    fuzz_check(guard_new(&guard, size + 1));
    const uint8_t *text = guard_copy(&guard, data, size);
    fuzz_check(lode_lines_scan(&lines, text, size));
    fuzz_check(lode_count_other(text, size) == count_other(text, size));
    const uint8_t *first = memchr(text, '\n', size), *last = memrchr(text, '\n', size);
    fuzz_check(lines.head_ended == (first != NULL));
    fuzz_check(lines.head_end == (first != NULL ? (size_t)(first - text) + 1 : size));
    fuzz_check(lines.tail_begin == (last != NULL ? (size_t)(last - text) + 1 : size));
    fuzz_check(lines.head_other == count_other(text, lines.head_end));
    fuzz_check(lines.tail_other == count_other(text + lines.tail_begin, size - lines.tail_begin));
    size_t at = lines.head_end;
    for (size_t i = 0; i < lines.count; i++) {
        fuzz_check(lines.runs[i].begin == at && lines.runs[i].end > at);
        check_run(text, &lines.runs[i]);
        at = lines.runs[i].end;
    }
    fuzz_check(at == lines.tail_begin);
    guard_free(&guard);
    return 0;
}
