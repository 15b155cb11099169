/* Owns the line structure of a stretch of text, found without knowing what came before it: whatever
 * precedes the first line end belongs to a line that began earlier; after it lines are told apart
 * by their first byte. So stretches of one source can be scanned in any order (SPEC 11). */
#ifndef LODE_LIB_LINES_H
#define LODE_LIB_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lode_line_kind { LODE_LINE_SEQUENCE, LODE_LINE_HEADER, LODE_LINE_BLANK };

/* Consecutive lines of one kind, one length and one line end. Header lines stand alone. */
struct lode_line_run {
    size_t begin, end; /* bytes in the text, line ends included */
    size_t content;    /* bytes of one line without its end */
    uint64_t count;    /* lines */
    uint64_t other;    /* bytes other than A C G T U N and line ends, any case */
    enum lode_line_kind kind;
    uint8_t eol; /* LODE_EOL_LF or LODE_EOL_CRLF */
};

struct lode_lines {
    struct lode_line_run *runs;
    size_t count, cap;
    size_t head_end;   /* [0, head_end): through the first line feed, or all */
    size_t tail_begin; /* [tail_begin, n): after the last line feed */
    bool head_ended;   /* the head ends with a line feed */
    uint64_t head_other, tail_other;
};

/* Scans text[0, n). False when out of memory. */
bool lode_lines_scan(struct lode_lines *lines, const uint8_t *text, size_t n);

void lode_lines_free(struct lode_lines *lines);

/* Bytes of p[0, n) above 0x20 that are not A C G T U N in either case. */
uint64_t lode_count_other(const uint8_t *p, size_t n);

#endif
