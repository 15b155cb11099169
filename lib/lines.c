#include "lines.h"

#include "grow.h"
#include "layout.h"

#include <stdlib.h>
#include <string.h>

/* 32 bytes compared at once: a vector type of the compiler, two SSE2 or NEON registers or one of
 * AVX2. */
enum { LANES = 32 };
typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* Compiled twice where the compiler and the C library can choose at load time: AVX2 halves the
 * work. Not under sanitizers, whose start-up comes after that choice. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) &&       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CLONES
#endif

/* Of n bytes, a multiple of LANES. */
CLONES static uint64_t count_whole(const uint8_t *p, size_t n)
{
    uint64_t total = 0;
    while (n > 0) {
        lanes counts = {0};
        for (int round = 0; round < 255 && n > 0; round++, p += LANES, n -= LANES) {
            lanes v;
            memcpy(&v, p, sizeof v);
            const lanes c = v & 0xDF;
            const lanes known = (lanes)((c == 'A') | (c == 'C') | (c == 'G') | (c == 'T') |
                                        (c == 'U') | (c == 'N'));
            /* a true comparison is 255, so subtracting it adds one */
            counts -= ~known & (lanes)(v > 0x20);
        }
        for (int i = 0; i < LANES; i++)
            total += counts[i];
    }
    return total;
}

uint64_t lode_count_other(const uint8_t *p, size_t n)
{
    const size_t whole = n - n % LANES;
    uint8_t rest[LANES] = {0};
    if (n > whole)
        memcpy(rest, p + whole, n - whole);
    return count_whole(p, whole) + count_whole(rest, LANES);
}

/* How many lines like the last one follow at text[at], n bytes in all: sequence of `content` bytes,
 * at least LANES, that a line feed ends. Most lines are, and a call of memchr for each costs more
 * than their bytes. */
CLONES static size_t count_like(const uint8_t *text, size_t at, size_t n, size_t content)
{
    size_t count = 0;
    for (; n - at > content; at += content + 1, count++) {
        const uint8_t *p = text + at;
        lanes v, feeds;
        if (p[content] != '\n' || p[content - 1] == '\r' || p[0] == '>')
            break;
        memcpy(&v, p + content - LANES, sizeof v);
        feeds = (lanes)(v == '\n');
        for (size_t i = 0; i + LANES < content; i += LANES) {
            memcpy(&v, p + i, sizeof v);
            feeds |= (lanes)(v == '\n');
        }
        uint64_t any[LANES / 8];
        memcpy(any, &feeds, sizeof any);
        if ((any[0] | any[1] | any[2] | any[3]) != 0)
            break;
    }
    return count;
}

/* Takes the lines at text[at] that are like those of the last run; the end of the last of them. */
static size_t take_like(struct lode_lines *lines, const uint8_t *text, size_t at, size_t n)
{
    struct lode_line_run *run = &lines->runs[lines->count - 1];
    if (run->kind != LODE_LINE_SEQUENCE || run->eol != LODE_EOL_LF || run->content < LANES)
        return at;
    const size_t count = count_like(text, at, n, run->content);
    run->count += count;
    run->end += count * (run->content + 1);
    return run->end;
}

static bool push(struct lode_lines *lines, const struct lode_line_run *run)
{
    struct lode_line_run *last = lines->count > 0 ? &lines->runs[lines->count - 1] : NULL;
    if (last != NULL && run->kind != LODE_LINE_HEADER && last->kind == run->kind &&
        last->content == run->content && last->eol == run->eol) {
        last->end = run->end;
        last->count++;
        return true;
    }
    if (!LODE_GROW(lines->runs, lines->count, lines->cap))
        return false;
    lines->runs[lines->count++] = *run;
    return true;
}

static struct lode_line_run line_at(const uint8_t *text, size_t begin, size_t feed)
{
    const bool cr = feed > begin && text[feed - 1] == '\r';
    struct lode_line_run run = {.begin = begin, .end = feed + 1, .count = 1};
    run.eol = cr ? LODE_EOL_CRLF : LODE_EOL_LF;
    run.content = feed - begin - cr;
    run.kind = text[begin] == '>' ? LODE_LINE_HEADER
               : run.content == 0 ? LODE_LINE_BLANK
                                  : LODE_LINE_SEQUENCE;
    return run;
}

bool lode_lines_scan(struct lode_lines *lines, const uint8_t *text, size_t n)
{
    const uint8_t *feed = n > 0 ? memchr(text, '\n', n) : NULL;
    lines->count = 0;
    lines->head_ended = feed != NULL;
    lines->head_end = feed != NULL ? (size_t)(feed - text) + 1 : n;
    lines->head_other = lode_count_other(text, lines->head_end);
    size_t at = lines->head_end;
    while (at < n && (feed = memchr(text + at, '\n', n - at)) != NULL) {
        const struct lode_line_run run = line_at(text, at, (size_t)(feed - text));
        if (!push(lines, &run))
            return false;
        at = take_like(lines, text, run.end, n);
    }
    lines->tail_begin = at;
    lines->tail_other = lode_count_other(text + at, n - at);
    for (size_t i = 0; i < lines->count; i++)
        if (lines->runs[i].kind == LODE_LINE_SEQUENCE)
            lines->runs[i].other = lode_count_other(text + lines->runs[i].begin,
                                                    lines->runs[i].end - lines->runs[i].begin);
    return true;
}

void lode_lines_free(struct lode_lines *lines)
{
    free(lines->runs);
    memset(lines, 0, sizeof *lines);
}
