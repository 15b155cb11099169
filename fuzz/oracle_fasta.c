/* FASTA as SPEC 11 has it, one byte and one line after the other. */
#include "oracle.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* The record at hand. */
struct open_record {
    bool open;
    size_t lines, width, last; /* sequence lines: bases of all but the last, of the last */
    int eol, last_eol;
    bool blank; /* a blank line came after its header */
};

static void refuse(struct oracle_fasta *f, const char *why)
{
    if (f->good)
        f->why = why;
    f->good = false;
}

static bool is_space(uint8_t c)
{
    return c == '\t' || c == '\v' || c == '\f' || c == '\r' || c == ' ';
}

static void take_header(struct oracle_fasta *f, struct open_record *r, const uint8_t *text,
                        size_t begin, size_t end)
{
    size_t at = begin + 1;
    if (memchr(text + begin, '\r', end - begin) != NULL)
        refuse(f, "F-2: CR in a header line");
    while (at < end && is_space(text[at]))
        at++;
    const size_t name = at;
    while (at < end && !is_space(text[at])) {
        if (text[at] < 0x21)
            refuse(f, "F-2: control byte in a name");
        at++;
    }
    if (at == name)
        refuse(f, "F-2: no name");
    if (name - begin - 1 > 255)
        refuse(f, "more blanks than the row can count");
    const size_t bases =
        f->count == 0 ? 0 : f->records[f->count - 1].bases + f->records[f->count - 1].length;
    f->records[f->count++] = (struct oracle_record){name, at - name, bases, 0};
    *r = (struct open_record){.open = true};
}

static void take_sequence(struct oracle_fasta *f, struct open_record *r, const uint8_t *p, size_t n,
                          int eol)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 0x21 || p[i] > 0x7E || p[i] == '>')
            refuse(f, "F-3: a byte that is no base");
    if (!r->open) {
        refuse(f, "F-6: text before the first header");
        return;
    }
    if (r->blank)
        refuse(f, "F-5: a blank line inside a record");
    if (r->lines > 0) { /* the one before was not the last */
        if (r->lines > 1 && (r->last != r->width || r->last_eol != r->eol))
            refuse(f, "F-3: lines of different lengths");
        r->width = r->last;
        r->eol = r->last_eol;
        if (n > r->width)
            refuse(f, "F-3: the last line is longer");
    }
    r->lines++;
    r->last = n;
    r->last_eol = eol;
    struct oracle_record *record = &f->records[f->count - 1];
    memcpy(f->bases + record->bases + record->length, p, n);
    record->length += n;
}

void oracle_fasta_parse(struct oracle_fasta *f, const uint8_t *text, size_t n)
{
    struct open_record r = {0};
    *f = (struct oracle_fasta){.good = true, .why = ""};
    f->records = calloc(n + 1, sizeof *f->records);
    f->bases = malloc(n + 1);
    fuzz_check(f->records != NULL && f->bases != NULL);
    for (size_t at = 0; at < n;) {
        const uint8_t *lf = memchr(text + at, '\n', n - at);
        const size_t next = lf != NULL ? (size_t)(lf - text) + 1 : n;
        size_t end = lf != NULL ? next - 1 : n;
        int eol = lf != NULL;
        if (lf != NULL && end > at && text[end - 1] == '\r') {
            end--;
            eol = 2;
        }
        if (end > at && text[at] == '>')
            take_header(f, &r, text, at, end);
        else if (end == at)
            r.blank = true;
        else
            take_sequence(f, &r, text + at, end - at, eol);
        at = next;
    }
}

void oracle_fasta_free(struct oracle_fasta *f)
{
    free(f->records);
    free(f->bases);
    *f = (struct oracle_fasta){0};
}
