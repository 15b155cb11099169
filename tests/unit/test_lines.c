/* A text scanned in one piece gives what its author put into it, and the same text cut anywhere
 * gives the same: records, names, gaps, and every base with its coordinate. */
#include "compose.h"
#include "seqindex.h"
#include "support.h"

_Static_assert(sizeof(struct lode_contig_entry) == 80, "no padding: compared as bytes");
_Static_assert(sizeof(struct lode_gap_row) == 24, "no padding: compared as bytes");

/* What all stretches of a text add up to. */
struct scan {
    struct bytes contigs, gaps, names, descs;
    struct bytes coordinates, bases; /* of every base, in order: u64, and the byte */
    struct bytes toggles, runs;      /* u64; coordinate, length and byte as u64 each */
    struct bytes letters;            /* of every contig: T and U seen */
    struct lode_bin_counts bins[64];
    bool lower, t, u, joinable;
    int status;
    struct lode_diag diag;
};

static void free_scan(struct scan *s)
{
    bytes_free(&s->contigs);
    bytes_free(&s->gaps);
    bytes_free(&s->names);
    bytes_free(&s->descs);
    bytes_free(&s->coordinates);
    bytes_free(&s->bases);
    bytes_free(&s->toggles);
    bytes_free(&s->runs);
    bytes_free(&s->letters);
}

static void add_bases(struct scan *s, const struct lode_stretch *stretch, const uint8_t *text)
{
    for (size_t i = 0; i < stretch->item_count; i++) {
        const struct lode_seq_item *item = &stretch->items[i];
        for (uint64_t k = 0; k < item->lines * item->content; k++) {
            const uint64_t coordinate = item->coordinate + k;
            const size_t at = item->begin + k / item->content * item->width + k % item->content;
            bytes_add(&s->coordinates, &coordinate, 8);
            bytes_add(&s->bases, text + at, 1);
        }
    }
}

static void add_toggle(struct scan *s, uint64_t coordinate)
{
    bytes_add(&s->toggles, &coordinate, 8);
    s->lower = !s->lower;
}

/* The first run of a stretch may be the rest of the last one of the stretch before. */
static void add_run(struct scan *s, const struct lode_run_row *run, bool continues)
{
    const uint64_t row[3] = {run->start, run->length, run->byte};
    uint64_t *last = s->runs.n > 0 ? (uint64_t *)(void *)(s->runs.p + s->runs.n - 24) : NULL;
    if (continues && s->joinable && last != NULL && last[2] == row[2] &&
        last[0] + last[1] == row[0])
        last[1] += row[1];
    else
        bytes_add(&s->runs, row, sizeof row);
}

static void add_composed(struct scan *s, const struct lode_composed *c)
{
    size_t run = 0;
    if (c->any_letter && c->first_lower != s->lower)
        add_toggle(s, c->first_letter);
    for (size_t i = 0; i < c->toggle_count; i++)
        add_toggle(s, c->toggles[i]);
    for (size_t i = 0; i < c->bin_count; i++) {
        struct lode_bin_counts *bin = &s->bins[c->first_bin + i];
        bin->n += c->bins[i].n;
        bin->gc += c->bins[i].gc;
        bin->lower += c->bins[i].lower;
        bin->other += c->bins[i].other;
    }
    for (size_t i = 0; i < c->part_count; i++) {
        for (; run < c->parts[i].runs_end; run++) {
            add_run(s, &c->runs[run], run == 0 && c->run_continues);
            s->joinable = true;
        }
        s->t |= c->parts[i].t;
        s->u |= c->parts[i].u;
        if (!c->parts[i].ends)
            continue;
        const uint8_t letters = (uint8_t)(s->t | s->u << 1);
        bytes_add(&s->letters, &letters, 1);
        s->t = s->u = s->joinable = false;
    }
    assert_int_equal(run, c->run_count);
}

static void add_stretch(struct scan *s, const struct lode_stretch *stretch, const uint8_t *text,
                        const struct lode_composed *composed)
{
    bytes_add(&s->contigs, stretch->contigs, stretch->contig_count * sizeof *stretch->contigs);
    bytes_add(&s->gaps, stretch->gaps, stretch->gap_count * sizeof *stretch->gaps);
    bytes_add(&s->names, stretch->names, stretch->names_len);
    bytes_add(&s->descs, stretch->descs, stretch->descs_len);
    add_bases(s, stretch, text);
    add_composed(s, composed);
}

/* Scans the text in stretches that end at cuts[0] <= ... <= cuts[n - 1] <= size, and at its end.
 * Each stretch lies in memory of its own. */
static void scan_text(struct scan *s, const struct bytes *text, const size_t *cuts, size_t n)
{
    struct lode_records records = {0};
    struct lode_lines lines = {0};
    struct lode_stretch stretch = {0};
    struct lode_composed composed = {0};
    memset(s, 0, sizeof *s);
    lode_records_start(&records, "x.fa");
    for (size_t i = 0, from = 0; i <= n && s->status == LODE_OK; i++) {
        const size_t to = i < n ? cuts[i] : text->n;
        uint8_t *copy = malloc(to - from + 1);
        assert_non_null(copy);
        memcpy(copy, text->p + from, to - from);
        assert_true(lode_lines_scan(&lines, copy, to - from));
        s->status =
            lode_records_walk(&records, copy, to - from, &lines, i == n, &stretch, &s->diag);
        if (s->status == LODE_OK)
            s->status = lode_compose(&composed, &stretch, copy, "x.fa", &s->diag);
        if (s->status == LODE_OK)
            add_stretch(s, &stretch, copy, &composed);
        free(copy);
        from = to;
    }
    lode_records_free(&records);
    lode_lines_free(&lines);
    lode_stretch_free(&stretch);
    lode_composed_free(&composed);
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

static const char *differs(const struct scan *a, const struct scan *b)
{
    return a->status != b->status                          ? "status"
           : !same_bytes(&a->contigs, &b->contigs)         ? "contigs"
           : !same_bytes(&a->gaps, &b->gaps)               ? "gaps"
           : !same_bytes(&a->names, &b->names)             ? "names"
           : !same_bytes(&a->descs, &b->descs)             ? "descriptions"
           : !same_bytes(&a->coordinates, &b->coordinates) ? "coordinates"
           : !same_bytes(&a->bases, &b->bases)             ? "bases"
           : !same_bytes(&a->toggles, &b->toggles)         ? "case"
           : !same_bytes(&a->runs, &b->runs)               ? "runs"
           : !same_bytes(&a->letters, &b->letters)         ? "letters"
           : memcmp(a->bins, b->bins, sizeof a->bins) != 0 ? "bins"
                                                           : NULL;
}

/* Cuts that fall on each other make empty stretches. */
static size_t random_cuts(struct rng *rng, size_t *cuts, size_t max, size_t n)
{
    const size_t count = rng_range(rng, 1, max);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t left = n - at, step = rng_below(rng, 4) == 0 ? 3 : left / (count - i) * 2;
        at += rng_below(rng, (step < left ? step : left) + 1);
        cuts[i] = at;
    }
    return count;
}

static void check_cuts(const struct bytes *text, const struct scan *whole, const size_t *cuts,
                       size_t n)
{
    struct scan cut;
    scan_text(&cut, text, cuts, n);
    const char *difference = differs(whole, &cut);
    if (difference != NULL)
        fail_msg("%s differ: %zu cuts, the first at %zu, of %zu bytes: %s", difference, n, cuts[0],
                 text->n, cut.diag.message);
    free_scan(&cut);
}

static void check_random_cuts(struct rng *rng, const struct bytes *text, const struct scan *whole,
                              int rounds)
{
    size_t cuts[40];
    for (int i = 0; i < rounds; i++)
        check_cuts(text, whole, cuts, random_cuts(rng, cuts, COUNT_OF(cuts), text->n));
}

/* ---- against what the text was made of ------------------------------------------------------ */

static void check_record(const struct lode_contig_entry *entry, const struct record *r,
                         const char *name, uint64_t coordinate)
{
    const size_t described = r->description[0] != 0 ? strlen(r->description) + 1 : 0;
    assert_string_equal(name, r->name);
    assert_true(entry->hash == lode_name_hash(r->name, strlen(r->name), 0));
    assert_true(entry->line == r->line);
    assert_true(entry->row.text_off == r->text_off);
    assert_true(entry->row.length == (uint64_t)r->length);
    assert_true(entry->row.line_bases == r->line_bases);
    assert_true(4 * entry->row.base_off == coordinate);
    assert_int_equal(entry->row.name_len, strlen(r->name));
    assert_int_equal(entry->row.defline_len, 1 + strlen(r->name) + described);
    const int lines = r->length == 0 ? 0 : r->lines_eol, last = r->length == 0 ? 0 : r->last_eol;
    assert_int_equal(entry->row.flags, r->header_eol | lines << 2 | last << 4);
}

static void check_author(const struct scan *s, const struct fasta *f)
{
    const struct lode_contig_entry *entries = (const void *)s->contigs.p;
    const char *name = (const char *)s->names.p;
    const uint64_t *coordinates = (const void *)s->coordinates.p;
    uint64_t next = 0;
    size_t base = 0;
    assert_int_equal(s->contigs.n / sizeof *entries, f->count);
    for (size_t i = 0; i < f->count; i++) {
        const struct record *r = &f->records[i];
        check_record(&entries[i], r, name, next);
        name += strlen(name) + 1;
        for (int64_t p = 0; p < r->length; p++, base++) {
            assert_true(coordinates[base] == next + (uint64_t)p);
            assert_int_equal(s->bases.p[base], (uint8_t)r->bases[p]);
        }
        next += 4 * lode_base_bytes(entries[i].row.encoding, (uint64_t)r->length);
    }
    assert_int_equal(s->bases.n, base);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    struct rng rng = {51};
    for (int round = 0; round < 400; round++) {
        const struct style style = {.records = rng_below(&rng, 12),
                                    .max_length = rng_range(&rng, 0, 900),
                                    .max_width = round % 5 == 0 ? 2000 : rng_range(&rng, 1, 90),
                                    .eol = (enum style_eol)(round % 3),
                                    .letters = style_letters[round % 4],
                                    .blank_lines = round % 2 == 0,
                                    .open_end = round % 2 == 1};
        struct fasta f = fasta_random(&rng, &style);
        struct scan whole;
        scan_text(&whole, &f.text, NULL, 0);
        if (whole.status != LODE_OK)
            fail_msg("round %d: %s", round, whole.diag.message);
        check_author(&whole, &f);
        check_random_cuts(&rng, &f.text, &whole, 20);
        free_scan(&whole);
        fasta_free(&f);
    }
}

/* Every pair of cuts of small texts with everything in them. */
static void test_every_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ">a b\r\nAC\r\nG\r\n\r\n>c\r\n>d  e\nNNNN\nnn",
        "\n\r\n>a\nACGT\nAC\n\n\n>b\nTTTT\n",
        ">longname of something\r\nACGTUNRYacgt\r\n",
        "\r\n\r\n",
        ">a\nA\r\nC\r\n>b",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct bytes text = {(uint8_t *)(uintptr_t)texts[i], strlen(texts[i]), 0};
        struct scan whole;
        scan_text(&whole, &text, NULL, 0);
        assert_int_equal(whole.status, LODE_OK);
        for (size_t a = 0; a <= text.n; a++)
            for (size_t b = a; b <= text.n; b++) {
                const size_t cuts[] = {a, b};
                check_cuts(&text, &whole, cuts, 2);
            }
        free_scan(&whole);
    }
}

/* One byte in the wrong place: refused, or not, in the same line wherever the text is cut. */
static void test_cut_bad_texts(void **state)
{
    (void)state;
    struct rng rng = {52};
    static const char bad[] = "\r\n >\t\x80";
    int refused = 0;
    for (int round = 0; round < 600; round++) {
        const struct style style = {
            .records = 3, .max_length = 60, .max_width = 20, .eol = (enum style_eol)(round % 3)};
        struct fasta f = fasta_random(&rng, &style);
        f.text.p[rng_below(&rng, f.text.n)] = (uint8_t)bad[rng_below(&rng, sizeof bad - 1)];
        struct scan whole, cut;
        size_t cuts[10];
        scan_text(&whole, &f.text, NULL, 0);
        for (int i = 0; i < 10; i++) {
            scan_text(&cut, &f.text, cuts, random_cuts(&rng, cuts, COUNT_OF(cuts), f.text.n));
            if (whole.status != cut.status)
                fail_msg("%s; cut: %s", whole.diag.message, cut.diag.message);
            if (whole.status == LODE_OK)
                assert_null(differs(&whole, &cut));
            free_scan(&cut);
        }
        refused += whole.status != LODE_OK;
        free_scan(&whole);
        fasta_free(&f);
    }
    assert_true(refused > 200);
}

/* ---- the count of other letters ------------------------------------------------------------- */

static uint64_t count_slowly(const uint8_t *p, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += p[i] > 0x20 && strchr("ACGTUNacgtun", p[i]) == NULL;
    return count;
}

static void test_count_other(void **state)
{
    (void)state;
    struct rng rng = {53};
    static uint8_t p[70000];
    for (size_t i = 0; i < sizeof p; i++)
        p[i] = (uint8_t)(i < 256 ? i : rng_next(&rng) >> 33);
    for (size_t n = 0; n < 300; n++)
        for (size_t at = 0; at < 4; at++)
            assert_true(lode_count_other(p + at, n) == count_slowly(p + at, n));
    assert_true(lode_count_other(p, sizeof p) == count_slowly(p, sizeof p));
    memset(p, '*', sizeof p); /* as many as a counter of bytes must not overflow at */
    assert_true(lode_count_other(p, sizeof p) == sizeof p);
    memset(p, 'a', sizeof p);
    assert_true(lode_count_other(p, sizeof p) == 0);
}

/* ---- lines alike ---------------------------------------------------------------------------- */

/* Lines of few widths, with bytes that end or begin lines thrown in. */
static size_t lines_alike(struct rng *rng, uint8_t *p, size_t cap)
{
    const size_t width = rng_range(rng, 28, 140);
    size_t n = 0;
    while (n + 141 < cap) {
        const size_t content = rng_below(rng, 12) == 0 ? rng_range(rng, 0, 140) : width;
        memset(p + n, 'A', content);
        n += content;
        p[n++] = '\n';
    }
    for (uint64_t k = rng_below(rng, 12); k > 0; k--)
        p[rng_below(rng, n)] = (uint8_t) "\n\r>\n"[rng_below(rng, 4)];
    return n;
}

static void expect_line(const struct lode_line_run *run, const uint8_t *p, size_t begin)
{
    const size_t feed = begin + strcspn((const char *)p + begin, "\n");
    const bool cr = feed > begin && p[feed - 1] == '\r';
    assert_int_equal(run->content, feed - begin - cr);
    assert_int_equal(run->eol, cr ? LODE_EOL_CRLF : LODE_EOL_LF);
    assert_int_equal(run->kind, p[begin] == '>'     ? LODE_LINE_HEADER
                                : run->content == 0 ? LODE_LINE_BLANK
                                                    : LODE_LINE_SEQUENCE);
}

static void test_lines_alike(void **state)
{
    (void)state;
    static uint8_t p[4000];
    struct rng rng = {54};
    struct lode_lines lines = {0};
    for (int round = 0; round < 3000; round++) {
        const size_t n = lines_alike(&rng, p, sizeof p);
        assert_true(lode_lines_scan(&lines, p, n));
        size_t at = lines.head_end;
        for (size_t i = 0; i < lines.count; i++) {
            const struct lode_line_run *run = &lines.runs[i];
            const size_t stride = run->content + (run->eol == LODE_EOL_CRLF ? 2 : 1);
            assert_int_equal(run->begin, at);
            for (uint64_t k = 0; k < run->count; k++, at += stride)
                expect_line(run, p, at);
            assert_int_equal(run->end, at);
        }
        assert_int_equal(lines.tail_begin, at);
        assert_null(memchr(p + at, '\n', n - at));
    }
    lode_lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),  cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_cut_bad_texts), cmocka_unit_test(test_count_other),
        cmocka_unit_test(test_lines_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
