/* Composition against a loop that looks at one base after the other. */
#include "compose.h"
#include "support.h"

enum { MAX = 200000 };

/* A stretch of contigs, laid out by hand: their bases in one text, and where each base is. */
struct scene {
    uint8_t *text;
    uint64_t *coordinate; /* of each base */
    uint8_t *base;
    size_t *contig; /* number of its contig */
    size_t n, contigs;
    struct lode_stretch stretch;
};

static void add_item(struct scene *s, struct lode_seq_item item)
{
    s->stretch.items =
        realloc(s->stretch.items, (s->stretch.item_count + 1) * sizeof *s->stretch.items);
    assert_non_null(s->stretch.items);
    s->stretch.items[s->stretch.item_count++] = item;
}

/* Letters in stretches, so that segments of one kind and mixed ones both come up. */
static void draw_letters(struct rng *rng, uint8_t *p, size_t n, const char *letters)
{
    const size_t count = strlen(letters);
    for (size_t at = 0; at < n;) {
        const bool any = rng_below(rng, 2) == 0;
        const char one = letters[rng_below(rng, count)];
        for (size_t k = rng_range(rng, 1, rng_below(rng, 3) == 0 ? 3000 : 20); k > 0 && at < n; k--)
            p[at++] = (uint8_t)(any ? letters[rng_below(rng, count)] : one);
    }
}

static void add_contig(struct scene *s, struct rng *rng, size_t *text_at, uint64_t *coordinate,
                       size_t length, const char *letters)
{
    const size_t width = rng_range(rng, 1, 300), lines = length / width, rest = length % width;
    struct lode_seq_item item = {.begin = *text_at,
                                 .coordinate = *coordinate,
                                 .lines = lines,
                                 .content = width,
                                 .width = width + 1,
                                 .starts_contig = true};
    draw_letters(rng, s->base + s->n, length, letters);
    for (size_t i = 0; i < length; i++) {
        s->text[*text_at + i + i / width] = s->base[s->n + i];
        s->coordinate[s->n + i] = *coordinate + i;
        s->contig[s->n + i] = s->contigs;
    }
    if (lines > 0)
        add_item(s, item);
    item.begin += lines * (width + 1);
    item.coordinate += lines * width;
    item.starts_contig = lines == 0;
    item.lines = 1;
    item.content = item.width = rest;
    if (rest > 0)
        add_item(s, item);
    add_item(s, (struct lode_seq_item){.lines = 0});
    *text_at += length + lines + 1;
    *coordinate += length + rng_below(rng, 4); /* the next contig starts in a new byte of BASE */
    s->n += length;
    s->contigs++;
}

static struct scene make_scene(struct rng *rng, size_t contigs, size_t max, const char *letters)
{
    struct scene s = {.text = malloc(2 * MAX),
                      .coordinate = malloc(8 * MAX),
                      .base = malloc(MAX),
                      .contig = malloc(8 * MAX)};
    size_t text_at = 0;
    uint64_t coordinate = 65536 * rng_range(rng, 0, 3) + rng_below(rng, 65536);
    assert_true(s.text != NULL && s.coordinate != NULL && s.base != NULL && s.contig != NULL);
    memset(s.text, '\n', 2 * MAX);
    for (size_t i = 0; i < contigs; i++)
        add_contig(&s, rng, &text_at, &coordinate, rng_below(rng, max + 1), letters);
    return s;
}

static void free_scene(struct scene *s)
{
    free(s->text);
    free(s->coordinate);
    free(s->base);
    free(s->contig);
    free(s->stretch.items);
}

static bool is(const struct scene *s, size_t i, const char *set)
{
    return strchr(set, s->base[i]) != NULL;
}

static bool is_letter(const struct scene *s, size_t i)
{
    return (s->base[i] >= 'a' && s->base[i] <= 'z') || (s->base[i] >= 'A' && s->base[i] <= 'Z');
}

static uint8_t upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
}

static void check_bins(const struct scene *s, const struct lode_composed *c)
{
    uint64_t counted = 0;
    for (size_t k = 0; k < c->bin_count; k++) {
        struct lode_bin_counts want = {0};
        for (size_t i = 0; i < s->n; i++) {
            if (s->coordinate[i] / 65536 != c->first_bin + k)
                continue;
            counted++;
            want.n += is(s, i, "Nn");
            want.gc += is(s, i, "GCgc");
            want.lower += is_letter(s, i) && s->base[i] >= 'a';
            want.other += !is(s, i, "ACGTUNacgtun");
        }
        assert_memory_equal(&c->bins[k], &want, sizeof want);
    }
    assert_true(counted == s->n);
}

static void check_toggles(const struct scene *s, const struct lode_composed *c)
{
    size_t k = 0, letters = 0;
    bool lower = false;
    for (size_t i = 0; i < s->n; i++) {
        if (!is_letter(s, i))
            continue;
        const bool now = s->base[i] >= 'a';
        if (letters++ == 0) {
            assert_true(c->any_letter && c->first_letter == s->coordinate[i]);
            assert_int_equal(c->first_lower, now);
        } else if (now != lower) {
            assert_true(k < c->toggle_count && c->toggles[k] == s->coordinate[i]);
            k++;
        }
        lower = now;
    }
    assert_int_equal(c->any_letter, letters > 0);
    assert_int_equal(c->toggle_count, k);
    if (letters > 0)
        assert_int_equal(c->last_lower, lower);
}

/* Maximal stretches inside one contig of one base, in either case, other than A C G T. */
static void check_runs(const struct scene *s, const struct lode_composed *c)
{
    size_t k = 0;
    for (size_t i = 0; i < s->n;) {
        size_t end = i + 1;
        while (end < s->n && s->contig[end] == s->contig[i] &&
               upper(s->base[end]) == upper(s->base[i]))
            end++;
        if (!is(s, i, "ACGTacgt")) {
            assert_true(k < c->run_count);
            assert_true(c->runs[k].start == s->coordinate[i] && c->runs[k].length == end - i);
            assert_int_equal(c->runs[k].byte, upper(s->base[i]));
            k++;
        }
        i = end;
    }
    assert_int_equal(c->run_count, k);
}

static void check_parts(const struct scene *s, const struct lode_composed *c)
{
    assert_int_equal(c->part_count, s->contigs + 1); /* an open end follows the last contig */
    assert_false(c->parts[s->contigs].ends);
    for (size_t k = 0, run = 0; k < s->contigs; run = c->parts[k++].runs_end) {
        bool t = false, u = false;
        for (size_t i = 0; i < s->n; i++) {
            t |= s->contig[i] == k && is(s, i, "Tt");
            u |= s->contig[i] == k && is(s, i, "Uu");
        }
        assert_true(c->parts[k].ends);
        assert_int_equal(c->parts[k].t, t);
        assert_int_equal(c->parts[k].u, u);
        for (; run < c->parts[k].runs_end; run++) {
            size_t i = 0;
            while (s->coordinate[i] != c->runs[run].start)
                i++;
            assert_int_equal(s->contig[i], k);
        }
    }
}

static void check_scene(struct lode_composed *c, const struct scene *s)
{
    assert_int_equal(lode_compose(c, &s->stretch, s->text, "x.fa", NULL), LODE_OK);
    check_bins(s, c);
    check_toggles(s, c);
    check_runs(s, c);
    check_parts(s, c);
}

static void test_small_scenes(void **state)
{
    (void)state;
    struct rng rng = {61};
    struct lode_composed c = {0};
    for (int round = 0; round < 400; round++) {
        struct scene s = make_scene(&rng, rng_below(&rng, 6), 300, style_letters[round % 4]);
        check_scene(&c, &s);
        free_scene(&s);
    }
    lode_composed_free(&c);
}

/* Contigs longer than a bin, of letters drawn from few and from many. */
static void test_large_scenes(void **state)
{
    (void)state;
    struct rng rng = {62};
    struct lode_composed c = {0};
    static const char *const more[] = {"acgt", "n", "N", "AN", "aN", "U", "-"};
    for (size_t round = 0; round < 4 + COUNT_OF(more); round++) {
        struct scene s =
            make_scene(&rng, 2, 90000, round < 4 ? style_letters[round] : more[round - 4]);
        check_scene(&c, &s);
        free_scene(&s);
    }
    lode_composed_free(&c);
}

/* Every byte, at every kind of place: 0x21 to 0x7E but '>' may stand in a sequence, no others. */
static void test_bytes_that_are_refused(void **state)
{
    (void)state;
    struct rng rng = {63};
    struct lode_composed c = {0};
    static uint8_t text[3 * 1100];
    const struct lode_seq_item items[] = {
        {.coordinate = 64000, .lines = 3, .content = 1099, .width = 1100, .line_no = 7},
        {.lines = 0}};
    const struct lode_stretch stretch = {.items = (void *)(uintptr_t)items, .item_count = 2};
    for (int byte = 0; byte < 256; byte++)
        for (uint64_t line = 0; line < 3; line++) {
            struct lode_diag diag = {0};
            char where[32];
            memset(text, 'A', sizeof text);
            text[line * 1100 + rng_below(&rng, 1099)] = (uint8_t)byte;
            const bool allowed = byte > 0x20 && byte < 0x7F && byte != '>';
            const int status = lode_compose(&c, &stretch, text, "some.fa", &diag);
            assert_int_equal(status, allowed ? LODE_OK : LODE_E_FORMAT);
            if (allowed)
                continue;
            snprintf(where, sizeof where, "line %d", (int)(7 + line));
            assert_non_null(strstr(diag.message, where));
            assert_non_null(strstr(diag.message, "some.fa"));
        }
    lode_composed_free(&c);
}

/* ---- the encoding that BASE would have (SPEC 5.4) ------------------------------------------- */

static int encoding_of(const struct record *r)
{
    bool t = false, u = false;
    int64_t other = 0;
    for (int64_t i = 0; i < r->length; i++) {
        t |= strchr("Tt", r->bases[i]) != NULL;
        u |= strchr("Uu", r->bases[i]) != NULL;
        other += strchr("ACGTUNacgtun", r->bases[i]) == NULL;
    }
    return other > r->length / 16 ? 2 : u && !t ? 1 : 0;
}

static void test_encoding(void **state)
{
    (void)state;
    struct rng rng = {64};
    int seen[3] = {0};
    static const char *const letters[] = {
        "ACGTACGTACGTACGTacgtnR", "ACGUacguN", "ACGTU", "ACG", "ACGRYK-*", "ACGUACGUACGUACGUR"};
    for (size_t k = 0; k < COUNT_OF(letters); k++) {
        const struct style style = {
            .records = 60, .max_length = 900, .max_width = 70, .letters = letters[k]};
        struct fasta f = fasta_random(&rng, &style);
        char leaf[16];
        snprintf(leaf, sizeof leaf, "e%zu.fa", k);
        lode_index *index = index_of(&f, leaf, 0);
        int64_t base_off = 0;
        for (size_t i = 0; i < f.count; i++) {
            struct lode_contig contig;
            const int64_t length = f.records[i].length;
            assert_int_equal(lode_contig_at(index, (int64_t)i, &contig, NULL), LODE_OK);
            assert_int_equal(contig.encoding, encoding_of(&f.records[i]));
            assert_true(contig.base_off == base_off);
            base_off += contig.encoding == 2 ? length : (length + 3) / 4;
            seen[contig.encoding]++;
        }
        lode_close(index);
        fasta_free(&f);
    }
    assert_true(seen[0] > 10 && seen[1] > 10 && seen[2] > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_scenes),
        cmocka_unit_test(test_large_scenes),
        cmocka_unit_test(test_bytes_that_are_refused),
        TMP_TEST(test_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
