/* Random windows: against every window there is, judged by the text itself. */
#include "support.h"

enum { MANY = 4000 };

static int64_t got_contigs[MANY], got_begins[MANY];

/* Letters of one case or both, and long runs of N. */
static struct fasta genome(struct rng *rng, size_t records, size_t max_length)
{
    const struct style style = {
        .records = records, .max_length = max_length, .max_width = 70, .letters = "ACGTNNacgtnN"};
    return fasta_random(rng, &style);
}

static int64_t count_n(const char *bases, int64_t n)
{
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        found += (bases[i] | 0x20) == 'n';
    return found;
}

static bool may_be(const struct record *r, int64_t begin, int64_t length, int64_t max_n)
{
    return begin >= 0 && length <= r->length && begin <= r->length - length &&
           count_n(r->bases + begin, length) <= max_n;
}

static struct lode_draw draw_of(int64_t length, int64_t max_n, uint64_t seed)
{
    struct lode_draw draw = LODE_DRAW_INIT;
    draw.length = length;
    draw.max_n = max_n;
    draw.seed = seed;
    return draw;
}

static void draw_ok(const lode_index *index, const struct lode_draw *draw, int64_t first, int64_t n)
{
    struct lode_diag diag = {0};
    if (lode_random_windows(index, draw, first, n, got_contigs, got_begins, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

static void check_all_may_be(const struct fasta *fasta, const struct lode_draw *draw, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        assert_in_range(got_contigs[i], 0, fasta->count - 1);
        assert_true(
            may_be(&fasta->records[got_contigs[i]], got_begins[i], draw->length, draw->max_n));
    }
}

/* Windows of a genome that may be. */
static int64_t count_all(const struct fasta *fasta, const struct lode_draw *draw)
{
    int64_t n = 0;
    for (size_t i = 0; i < fasta->count; i++)
        for (int64_t at = 0; at < fasta->records[i].length; at++)
            n += may_be(&fasta->records[i], at, draw->length, draw->max_n);
    return n;
}

static void test_only_windows_that_may_be(void **state)
{
    (void)state;
    struct rng rng = {41};
    struct fasta fasta = genome(&rng, 60, 900);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    int drawn = 0, none = 0;
    for (int k = 0; k < 60; k++) {
        const int64_t length = (int64_t)rng_range(&rng, 1, 800);
        const struct lode_draw draw =
            draw_of(length, (int64_t)rng_below(&rng, (uint64_t)length + 2), rng_next(&rng));
        if (count_all(&fasta, &draw) == 0) {
            assert_int_equal(
                lode_random_windows(index, &draw, 0, 10, got_contigs, got_begins, NULL),
                LODE_E_RANGE);
            none++;
            continue;
        }
        draw_ok(index, &draw, 0, 300);
        check_all_may_be(&fasta, &draw, 300);
        drawn++;
    }
    assert_true(drawn > 20 && none > 0);
    lode_close(index);
    fasta_free(&fasta);
}

/* Contigs with so many other letters that they are stored as bytes, packed and in the FASTA. */
static void test_stored_as_bytes(void **state)
{
    (void)state;
    struct rng rng = {47};
    const struct style style = {
        .records = 20, .max_length = 900, .max_width = 70, .letters = "ACGTNNacgtnNRYk-"};
    struct fasta fasta = fasta_random(&rng, &style);
    for (int pack = 0; pack < 2; pack++) {
        const char *input = fasta_file(&fasta, "g.fa", pack ? 0 : 5000), *out = tmp_path("g.lode");
        const struct lode_build_options options = {
            .struct_size = sizeof options, .out = out, .threads = 1, .rescan = 1, .pack = pack};
        assert_int_equal(lode_build(&input, 1, &options, NULL, NULL), LODE_OK);
        lode_index *index = open_ok(out);
        const struct lode_draw few = draw_of(12, 3, 8), rare = draw_of(20, 0, 9);
        draw_ok(index, &few, 0, 1000);
        check_all_may_be(&fasta, &few, 1000);
        assert_true(count_all(&fasta, &rare) > 0); /* found by the long way */
        draw_ok(index, &rare, 0, 300);
        check_all_may_be(&fasta, &rare, 300);
        lode_close(index);
        remove(out);
    }
    fasta_free(&fasta);
}

/* In protein N is a letter as the others. */
static void test_protein(void **state)
{
    (void)state;
    struct rng rng = {48};
    const struct style style = {
        .records = 5, .max_length = 900, .max_width = 70, .letters = "NNNDCQEGHNNN"};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, "p.fa", 0);
    const struct lode_draw draw = draw_of(50, 0, 1);
    draw_ok(index, &draw, 0, 100);
    lode_close(index);
    fasta_free(&fasta);
}

/* Draws until each window that may be was expected `each` times: all are found, and about as often
 * as the others. */
static void check_even(const struct fasta *fasta, const lode_index *index,
                       const struct lode_draw *draw, int64_t windows, int64_t each)
{
    int64_t *hits = calloc((size_t)fasta->count * 1000, sizeof *hits);
    double chi2 = 0;
    assert_non_null(hits);
    assert_in_range(windows, 20, 100000);
    for (int64_t done = 0; done < windows * each; done += MANY) {
        draw_ok(index, draw, done, MANY);
        check_all_may_be(fasta, draw, MANY);
        for (int i = 0; i < MANY; i++)
            hits[got_contigs[i] * 1000 + got_begins[i]]++;
    }
    const int64_t rounds = (windows * each + MANY - 1) / MANY;
    const double expected = (double)(rounds * MANY) / (double)windows;
    for (size_t i = 0; i < fasta->count; i++)
        for (int64_t at = 0; at < fasta->records[i].length; at++) {
            const double off = (double)hits[i * 1000 + (size_t)at] - expected;
            if (may_be(&fasta->records[i], at, draw->length, draw->max_n))
                chi2 += off * off / expected;
        }
    free(hits);
    /* mean windows - 1, variance twice that: six standard deviations either way */
    const double spread = (chi2 - (double)(windows - 1)) / (double)(windows - 1);
    assert_true(spread * spread * (double)(windows - 1) / 2 < 36);
}

static void test_even_by_tries(void **state)
{
    (void)state;
    struct rng rng = {42};
    struct fasta fasta = genome(&rng, 8, 700);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    const struct lode_draw any = draw_of(30, 30, 7), few = draw_of(12, 3, 8);
    check_even(&fasta, index, &any, count_all(&fasta, &any), 60);
    check_even(&fasta, index, &few, count_all(&fasta, &few), 60);
    lode_close(index);
    fasta_free(&fasta);
}

/* Where one in hundreds of places will do, tries fail and all windows are counted. */
static void test_even_where_rare(void **state)
{
    (void)state;
    struct rng rng = {43};
    const struct style style = {.records = 25,
                                .max_length = 999,
                                .max_width = 70,
                                .letters = "NNNNnnnACgTNNNnnNNNNNNNnnnN"};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    int64_t length = 2, windows;
    struct lode_draw draw;
    do {
        draw = draw_of(length, length / 5, 9);
        length++;
        windows = count_all(&fasta, &draw);
    } while (windows > 60);
    check_even(&fasta, index, &draw, windows, 200);
    lode_close(index);
    fasta_free(&fasta);
}

static void test_a_function_of_the_number(void **state)
{
    (void)state;
    static int64_t contigs[300], begins[300];
    struct rng rng = {44};
    struct fasta fasta = genome(&rng, 40, 900);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    const int64_t some[2] = {3, 30};
    struct lode_draw draw = draw_of(50, 10, 1);
    for (int k = 0; k < 2; k++) { /* by tries; nearly all of them the long way */
        draw.contigs = k == 0 ? NULL : some;
        draw.contig_count = k == 0 ? 0 : 2;
        draw_ok(index, &draw, 1000, 300);
        memcpy(contigs, got_contigs, sizeof contigs);
        memcpy(begins, got_begins, sizeof begins);
        for (int64_t i = 0; i < 300; i++) {
            draw_ok(index, &draw, 1000 + i, 1);
            assert_int_equal(got_contigs[0], contigs[i]);
            assert_int_equal(got_begins[0], begins[i]);
        }
        draw.seed++;
        draw_ok(index, &draw, 1000, 300);
        assert_memory_not_equal(begins, got_begins, sizeof begins);
    }
    lode_close(index);
    fasta_free(&fasta);
}

/* Of one source, of a list, of both; sources without bases between them. */
static void test_parts(void **state)
{
    (void)state;
    struct rng rng = {45};
    struct fasta a = genome(&rng, 20, 600), b = genome(&rng, 30, 600);
    const char *inputs[4] = {fasta_file(&a, "a.fa", 0), tmp_path("b.fa"), fasta_file(&b, "c.fa", 0),
                             tmp_path("d.fa")};
    file_write(inputs[1], ">empty\n>another\n", 16);
    file_write(inputs[3], ">none\n", 6);
    build_ok(inputs, 4, tmp_path("all.lode"));
    lode_index *index = open_ok(tmp_path("all.lode"));
    const int64_t list[] = {1, 19, 20, 23, 24, 50};
    struct lode_draw draw = draw_of(20, 5, 3);
    int of_a = 0, of_c = 0;
    draw_ok(index, &draw, 0, 1000);
    for (int i = 0; i < 1000; i++) {
        of_a += got_contigs[i] < 20;
        of_c += got_contigs[i] >= 22 && got_contigs[i] < 52;
    }
    assert_int_equal(of_a + of_c, 1000);
    assert_true(of_a > 100 && of_c > 100);
    draw.source = 2;
    draw_ok(index, &draw, 0, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(got_contigs[i] >= 22 &&
                    may_be(&b.records[got_contigs[i] - 22], got_begins[i], 20, 5));
    draw.source = -1;
    draw.contigs = list;
    draw.contig_count = 6;
    draw_ok(index, &draw, 0, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(got_contigs[i] == 1 || got_contigs[i] == 19 || got_contigs[i] == 23 ||
                    got_contigs[i] == 24 || got_contigs[i] == 50);
    draw.contigs = NULL;
    draw.contig_count = 0;
    draw.source = 1; /* no bases */
    assert_int_equal(lode_random_windows(index, &draw, 0, 1, got_contigs, got_begins, NULL),
                     LODE_E_RANGE);
    lode_close(index);
    fasta_free(&a);
    fasta_free(&b);
}

static void test_refused(void **state)
{
    (void)state;
    struct rng rng = {46};
    struct fasta fasta = genome(&rng, 5, 600);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    struct lode_diag diag = {0};
    const int64_t unsorted[2] = {2, 1}, beyond[2] = {1, 5}, below[1] = {-1};
    struct lode_draw draw = draw_of(10, 10, 0);
#define STATUS(first, n) lode_random_windows(index, &draw, first, n, got_contigs, got_begins, &diag)
    assert_int_equal(STATUS(0, 0), LODE_OK);
    assert_int_equal(STATUS(-1, 1), LODE_E_ARG);
    assert_int_equal(STATUS(0, -1), LODE_E_ARG);
    assert_int_equal(STATUS(INT64_MAX, 2), LODE_E_ARG);
    draw.length = 0;
    assert_int_equal(STATUS(0, 1), LODE_E_ARG);
    draw.length = 10;
    draw.max_n = -1;
    assert_int_equal(STATUS(0, 1), LODE_E_ARG);
    draw.max_n = 10;
    draw.source = 1;
    assert_int_equal(STATUS(0, 1), LODE_E_RANGE);
    draw.source = -1;
    draw.contig_count = 2;
    draw.contigs = unsorted;
    assert_int_equal(STATUS(0, 1), LODE_E_RANGE);
    draw.contigs = beyond;
    assert_int_equal(STATUS(0, 1), LODE_E_RANGE);
    draw.contig_count = 1;
    draw.contigs = below;
    assert_int_equal(STATUS(0, 1), LODE_E_RANGE);
    draw = draw_of(INT64_MAX, 0, 0);
    assert_int_equal(STATUS(0, 1), LODE_E_RANGE);
    assert_non_null(strstr(diag.message, "no window of"));
#undef STATUS
    lode_close(index);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_only_windows_that_may_be),
        TMP_TEST(test_stored_as_bytes),
        TMP_TEST(test_protein),
        TMP_TEST(test_even_by_tries),
        TMP_TEST(test_even_where_rare),
        TMP_TEST(test_a_function_of_the_number),
        TMP_TEST(test_parts),
        TMP_TEST(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
