#include "compose.h"

#include "acgt.h"
#include "diag.h"
#include "grow.h"

#include <stdlib.h>
#include <string.h>

/* Seven counters of nine bits in one word: the sum over up to SEGMENT bytes of weight[byte] counts
 * them all with one load and one add a byte. */
enum {
    SEGMENT = 508, /* each counter stays below 512 */
    BITS = 9,
    GC = 0,
    N = 1,
    LOWER = 2,
    OTHER = 3, /* not A C G T U N */
    T = 4,
    U = 5,
    BAD = 6, /* white space, control, '>', beyond ASCII */
};

#define ONE(counter)        (1ULL << (counter)*BITS)
#define COUNT(sum, counter) ((uint32_t)((sum) >> (counter)*BITS) & ((1u << BITS) - 1))

#define BAD16                                                                                      \
    ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD),      \
        ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD), ONE(BAD)
#define O  ONE(OTHER)
#define L  ONE(LOWER)
#define LO (ONE(LOWER) | ONE(OTHER))
#define LETTERS(o, l)                                                                              \
    /* A-O */ l, o, ONE(GC) | l, o, o, o, ONE(GC) | l, o, o, o, o, o, o, ONE(N) | l, o,            \
        /* P-Z */ o, o, o, o, ONE(T) | l, ONE(U) | l, o, o, o, o, o

static const uint64_t weight[256] = {
    BAD16,
    BAD16,
    /* 0x20 */ ONE(BAD),
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    /* 0x30 */ O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    O,
    ONE(BAD),
    O,
    /* 0x40 */ O,
    LETTERS(O, 0),
    O,
    O,
    O,
    O,
    O,
    /* 0x60 */ O,
    LETTERS(LO, L),
    O,
    O,
    O,
    O,
    ONE(BAD),
    /* 0x80 */ BAD16,
    BAD16,
    BAD16,
    BAD16,
    BAD16,
    BAD16,
    BAD16,
    BAD16,
};

/* Where in the composition we are. */
struct eye {
    struct lode_composed *out;
    uint64_t run_end; /* coordinate after the last run, if the contig did not change */
    bool run_open;
    struct lode_contig_part part;
};

void lode_composed_free(struct lode_composed *c)
{
    free(c->bins);
    free(c->toggles);
    free(c->runs);
    free(c->parts);
    free(c->packed);
    memset(c, 0, sizeof *c);
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool letter(struct lode_composed *out, uint64_t coordinate, bool lower)
{
    if (!out->any_letter) {
        out->any_letter = true;
        out->first_letter = coordinate;
        out->first_lower = out->last_lower = lower;
    }
    if (lower == out->last_lower)
        return true;
    out->last_lower = lower;
    if (!LODE_GROW(out->toggles, out->toggle_count, out->toggle_cap))
        return false;
    out->toggles[out->toggle_count++] = coordinate;
    return true;
}

/* Case changes in p[0, n), whose counters are sum. Uniform stretches cost one step. */
static bool look_at_case(struct lode_composed *out, const uint8_t *p, size_t n, uint64_t coordinate,
                         uint64_t sum)
{
    const bool uniform = COUNT(sum, LOWER) == 0 || COUNT(sum, LOWER) == n;
    const bool lower = COUNT(sum, LOWER) != 0;
    if (uniform && out->any_letter && out->last_lower == lower)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (!is_letter(p[i]))
            continue;
        if (!letter(out, coordinate + i, (p[i] & 0x20) != 0))
            return false;
        if (uniform)
            return true;
    }
    return true;
}

/* One more base other than A C G T at this coordinate. */
static bool extend_run(struct eye *eye, uint64_t coordinate, uint64_t length, uint8_t byte)
{
    struct lode_composed *out = eye->out;
    struct lode_run_row *last = out->run_count > 0 ? &out->runs[out->run_count - 1] : NULL;
    if (eye->run_open && eye->run_end == coordinate && last->byte == byte) {
        last->length += length;
    } else {
        if (!LODE_GROW(out->runs, out->run_count, out->run_cap))
            return false;
        const struct lode_run_row run = {coordinate, length, byte};
        out->runs[out->run_count++] = run;
    }
    eye->run_open = true;
    eye->run_end = coordinate + length;
    return true;
}

static uint8_t upper(uint8_t c)
{
    return is_letter(c) ? (uint8_t)(c & 0xDF) : c;
}

static bool look_at_runs(struct eye *eye, const uint8_t *p, size_t n, uint64_t coordinate,
                         uint64_t sum)
{
    const uint64_t exceptional = ONE(N) | ONE(OTHER) | ONE(U);
    if (COUNT(sum, N) + COUNT(sum, OTHER) + COUNT(sum, U) == 0)
        return true;
    if (COUNT(sum, N) == n)
        return extend_run(eye, coordinate, n, 'N');
    for (size_t i = 0; i < n; i++)
        if ((weight[p[i]] & exceptional) != 0 && !extend_run(eye, coordinate + i, 1, upper(p[i])))
            return false;
    return true;
}

static struct lode_bin_counts *bin_of(struct lode_composed *out, uint64_t coordinate)
{
    static const struct lode_bin_counts zero;
    const uint64_t bin = coordinate >> LODE_BIN_LOG2;
    if (out->bin_count == 0)
        out->first_bin = bin;
    const size_t i = (size_t)(bin - out->first_bin);
    if (!lode_grow(&out->bins, &out->bin_cap, i + 1, sizeof *out->bins))
        return NULL;
    while (out->bin_count <= i)
        out->bins[out->bin_count++] = zero;
    return &out->bins[i];
}

static uint64_t weigh(const uint8_t *p, size_t n)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a += weight[p[i]];
        b += weight[p[i + 1]];
        c += weight[p[i + 2]];
        d += weight[p[i + 3]];
    }
    for (; i < n; i++)
        a += weight[p[i]];
    return a + b + c + d;
}

/* Case changes among n letters. */
static bool look_at_cases(struct lode_composed *out, const struct lode_acgt *acgt, size_t n,
                          uint64_t coordinate)
{
    if (!letter(out, coordinate, (acgt->cases[0] & 1) != 0))
        return false;
    if (acgt->lower == 0 || acgt->lower == n)
        return true;
    for (size_t at = 0; at < n; at += 64) {
        const uint64_t cases = acgt->cases[at / 64], before = out->last_lower;
        uint64_t changes = cases ^ (cases << 1 | before);
        if (n - at < 64)
            changes &= (1ULL << (n - at)) - 1;
        for (; changes != 0; changes &= changes - 1)
            if (!letter(out, coordinate + at + (size_t)__builtin_ctzll(changes), !out->last_lower))
                return false;
    }
    return true;
}

/* At most SEGMENT bases of one bin. NOMEM, or FORMAT when a byte is not allowed. */
static int look_at_segment(struct eye *eye, const uint8_t *p, size_t n, uint64_t coordinate)
{
    struct lode_bin_counts *bin = bin_of(eye->out, coordinate);
    struct lode_acgt acgt;
    if (bin == NULL)
        return LODE_E_NOMEM;
    if (lode_acgt_look(p, n, &acgt)) {
        bin->gc += acgt.gc;
        bin->lower += acgt.lower;
        eye->part.t |= acgt.t;
        return look_at_cases(eye->out, &acgt, n, coordinate) ? LODE_OK : LODE_E_NOMEM;
    }
    const uint64_t sum = weigh(p, n);
    if (COUNT(sum, BAD) != 0)
        return LODE_E_FORMAT;
    bin->n += COUNT(sum, N);
    bin->gc += COUNT(sum, GC);
    bin->lower += COUNT(sum, LOWER);
    bin->other += COUNT(sum, OTHER);
    eye->part.t |= COUNT(sum, T) != 0;
    eye->part.u |= COUNT(sum, U) != 0;
    return look_at_case(eye->out, p, n, coordinate, sum) && look_at_runs(eye, p, n, coordinate, sum)
               ? LODE_OK
               : LODE_E_NOMEM;
}

/* Bases of one line, or part of one. */
static int look_at_line(struct eye *eye, const uint8_t *p, size_t n, uint64_t coordinate)
{
    const uint64_t bin = 1u << LODE_BIN_LOG2;
    while (n > 0) {
        const uint64_t room = bin - (coordinate & (bin - 1));
        size_t k = n < SEGMENT ? n : SEGMENT;
        if (k > room)
            k = (size_t)room;
        const int status = look_at_segment(eye, p, k, coordinate);
        if (status != LODE_OK)
            return status;
        p += k;
        n -= k;
        coordinate += k;
    }
    return LODE_OK;
}

static int bad_byte(const uint8_t *p, size_t n, const char *path, uint64_t line,
                    struct lode_diag *diag)
{
    size_t i = 0;
    while (i + 1 < n && (weight[p[i]] & ONE(BAD)) == 0)
        i++;
    const char *what = p[i] == '>'                   ? "'>'"
                       : p[i] == ' ' || p[i] == '\t' ? "white space"
                       : p[i] == '\r'                ? "a carriage return"
                       : p[i] < 0x20 || p[i] == 0x7F ? "a control byte"
                       : p[i] >= 0x80                ? "a byte beyond ASCII"
                                                     : "a byte that is not allowed";
    return lode_diag_set(diag, LODE_E_FORMAT, "%s: line %llu: %s (0x%02X) inside the sequence",
                         path, (unsigned long long)line, what, p[i]);
}

static int look_at_item(struct eye *eye, const struct lode_seq_item *item, const uint8_t *text,
                        const char *path, struct lode_diag *diag)
{
    if (item->starts_contig)
        eye->run_open = false;
    for (uint64_t k = 0; k < item->lines; k++) {
        const uint8_t *p = text + item->begin + k * item->width;
        const int status =
            look_at_line(eye, p, item->content, item->coordinate + k * item->content);
        if (status == LODE_E_FORMAT)
            return bad_byte(p, item->content, path, item->line_no + k, diag);
        if (status != LODE_OK)
            return lode_diag_set(diag, status, "%s: out of memory", path);
    }
    return LODE_OK;
}

static int end_part(struct eye *eye, bool ends, const char *path, struct lode_diag *diag)
{
    struct lode_composed *out = eye->out;
    if (!LODE_GROW(out->parts, out->part_count, out->part_cap))
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", path);
    eye->part.runs_end = out->run_count;
    eye->part.ends = ends;
    out->parts[out->part_count++] = eye->part;
    eye->part.t = eye->part.u = false;
    eye->run_open = false;
    return LODE_OK;
}

int lode_compose(struct lode_composed *out, const struct lode_stretch *stretch, const uint8_t *text,
                 const char *path, struct lode_diag *diag)
{
    struct eye eye = {.out = out};
    out->bin_count = out->toggle_count = out->run_count = out->part_count = 0;
    out->any_letter = out->last_lower = false;
    out->run_continues =
        stretch->item_count > 0 && stretch->items[0].lines > 0 && !stretch->items[0].starts_contig;
    for (size_t i = 0; i < stretch->item_count; i++) {
        const struct lode_seq_item *item = &stretch->items[i];
        const int status = item->lines > 0 ? look_at_item(&eye, item, text, path, diag)
                                           : end_part(&eye, true, path, diag);
        if (status != LODE_OK)
            return status;
    }
    return end_part(&eye, false, path, diag);
}
