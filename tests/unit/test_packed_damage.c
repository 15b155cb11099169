/* Packed indexes that are damaged, lie, are cut short or made anew: right bases or a status. */
#include "packed_support.h"
#include "reseal.h"

#include "layout.h"

#include <unistd.h>

/* ---- damage --------------------------------------------------------------------------------- */

static int judge(const lode_index *index, const struct fasta *fasta, int64_t id, int64_t begin,
                 int64_t end)
{
    struct lode_contig contig;
    const int status = lode_contig_at(index, id, &contig, NULL);
    if (status != LODE_OK)
        return status; /* its row lies on a damaged page */
    lode_reader *reader = reader_ok(index);
    const int verdict = read_judged(reader, &contig, &fasta->records[id], begin, end);
    lode_reader_free(reader);
    return verdict;
}

/* A flipped bit of BASE, CASE or EXCP: right bases where it is not used, else PAGE_SUM. */
static void test_flipped_bits(void **state)
{
    (void)state;
    struct rng rng = {12};
    struct fasta fasta = packed_hard_text(&rng);
    lode_close(packed_of(&fasta, "f.fa", 0));
    struct bytes image = file_read(tmp_path("f.fa.lode"));
    static const uint32_t ids[] = {LODE_ID_BASE, LODE_ID_CASE, LODE_ID_EXCP, LODE_ID_BINS};
    int refused = 0;
    for (int i = 0; i < 40; i++) {
        const struct lode_section s = reseal_section(image.p, ids[i % 4]);
        const uint64_t at = s.off + rng_below(&rng, s.len);
        const uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));
        const int64_t begin = (int64_t)rng_below(&rng, 5000000);
        lode_index *index;
        image.p[at] ^= bit;
        file_write(tmp_path("f2.lode"), image.p, image.n);
        index = open_ok(tmp_path("f2.lode"));
        const int whole = judge(index, &fasta, 0, 0, fasta.records[0].length);
        const int part = judge(index, &fasta, 0, begin, begin + 60);
        assert_true(whole == LODE_E_PAGE_SUM || whole == LODE_OK);
        assert_true(part == LODE_E_PAGE_SUM || part == LODE_OK);
        refused += whole == LODE_E_PAGE_SUM;
        lode_close(index);
        image.p[at] ^= bit;
    }
    assert_true(refused >= 12);
    bytes_free(&image);
    fasta_free(&fasta);
}

/* Rows and bases that lie, under sums made right again: reads stay inside memory, verify tells. */
static void test_lies_are_refused(void **state)
{
    (void)state;
    struct rng rng = {13};
    const struct style style = {.records = 4,
                                .max_length = 200000,
                                .max_width = 60,
                                .letters = style_letters[1],
                                .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_close(packed_of(&fasta, "l.fa", 0));
    struct bytes clean = file_read(tmp_path("l.fa.lode"));
    static const uint32_t ids[] = {LODE_ID_BASE, LODE_ID_CASE, LODE_ID_EXCP, LODE_ID_BINS};
    uint8_t *copy = malloc(clean.n);
    int told = 0;
    assert_non_null(copy);
    for (int i = 0; i < 160; i++) {
        const struct lode_section s = reseal_section(clean.p, ids[i % 4]);
        const uint64_t room = i % 4 == 0 ? s.len - LODE_BASE_TAIL : s.len;
        const uint64_t at = s.off + rng_below(&rng, room);
        struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
        struct lode_verify_options level = LODE_VERIFY_OPTIONS_INIT;
        struct lode_diag diag = {0};
        lode_index *index = NULL;
        memcpy(copy, clean.p, clean.n);
        copy[at] = (uint8_t)(copy[at] + 1 + rng_below(&rng, 255));
        reseal(copy, clean.n);
        how.source_root = tmp_root;
        assert_int_equal(lode_open_buffer(copy, clean.n, &how, &index, &diag), LODE_OK);
        int whole = LODE_OK; /* any verdict, no crash */
        for (int64_t k = 0; k < 4 && whole == LODE_OK; k++)
            whole = judge(index, &fasta, k, 0, 200000);
        for (int k = 0; k < 10; k++) {
            const int64_t begin = (int64_t)rng_below(&rng, 199900);
            (void)judge(index, &fasta, 0, begin, begin + 60);
        }
        /* What verify lets pass gives the right bases: bits under a run, counts of a bin. */
        const int status = lode_verify(index, &level, &diag);
        assert_true(status == LODE_E_CORRUPT || (status == LODE_OK && whole == LODE_OK));
        told += status == LODE_E_CORRUPT;
        lode_close(index);
    }
    assert_true(told > 100);
    free(copy);
    bytes_free(&clean);
    fasta_free(&fasta);
}

/* Reads the text of a copy of e.fa's index in which bits were set in the flags of a row. */
static void expect_no_text(int64_t row, unsigned flags)
{
    struct bytes image = file_read(tmp_path("e.fa.lode"));
    char dst[64];
    struct lode_diag diag = {0};
    struct lode_source_info info = {.struct_size = sizeof info};
    lode_index *index = NULL;
    uint8_t *p = reseal_row(image.p, LODE_ID_CTIG, (uint64_t)row) + LODE_CTIG_FLAGS;
    *p |= (uint8_t)flags;
    reseal(image.p, image.n);
    assert_int_equal(lode_open_buffer(image.p, image.n, NULL, &index, &diag), LODE_OK);
    assert_int_equal(lode_source_info(index, 0, &info, &diag), LODE_OK);
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_fetch_text(reader, 0, 0, info.text_size, dst, &diag), LODE_E_CORRUPT);
    assert_string_equal(diag.rule, "C-8");
    lode_reader_free(reader);
    lode_close(index);
    bytes_free(&image);
}

/* Line ends that cannot be, under sums made right. Found by the fuzzer: bytes behind an empty
 * string were copied into the text, and lines of no bases divided by zero. */
static void test_line_ends_that_are_none(void **state)
{
    (void)state;
    static const char text[] = ">a\nACGT\nAC\n>b\nACGT\n>empty\n";
    file_write(tmp_path("e.fa"), text, strlen(text));
    packed_build(tmp_path("e.fa"), tmp_path("e.fa.lode"), 1);
    expect_no_text(1, 3u << LODE_CTIG_EOL_HEADER_SHIFT);
    expect_no_text(1, 3u << LODE_CTIG_EOL_LAST_SHIFT);
    expect_no_text(2, 1u << LODE_CTIG_EOL_LAST_SHIFT);
}

static void test_index_cut_short(void **state)
{
    (void)state;
    struct rng rng = {14};
    struct fasta fasta = packed_hard_text(&rng);
    lode_close(packed_of(&fasta, "c.fa", 0));
    const char *path = tmp_path("c.fa.lode");
    struct bytes image = file_read(path);
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    how.map_mode = LODE_MAP_GUARDED;
    assert_int_equal(lode_open(path, &how, &index, NULL), LODE_OK);
    assert_int_equal(truncate(path, 4096), 0);
    assert_int_equal(judge(index, &fasta, 0, 1000000, 1000060), LODE_E_TRUNCATED);
    assert_int_equal(judge(index, &fasta, 0, 1000000, 1050000), LODE_E_TRUNCATED);
    lode_close(index);
    bytes_free(&image);
    fasta_free(&fasta);
}

/* The same bytes whatever the threads, and taken over from an older index of the same options. */
static void test_builds_are_equal(void **state)
{
    (void)state;
    struct rng rng = {15};
    struct fasta fasta = packed_hard_text(&rng);
    const char *path = tmp_path("b.fa"), *out = tmp_path("b.lode");
    file_write(path, fasta.text.p, fasta.text.n);
    packed_build(path, out, 1);
    struct bytes one = file_read(out);
    packed_build(path, out, 2); /* re-uses */
    struct bytes again = file_read(out);
    assert_int_equal(unlink(out), 0);
    packed_build(path, out, 4);
    struct bytes four = file_read(out);
    assert_int_equal(one.n, four.n);
    assert_memory_equal(one.p, four.p, one.n);
    assert_int_equal(one.n, again.n);
    assert_memory_equal(one.p, again.p, one.n);
    bytes_free(&one);
    bytes_free(&four);
    bytes_free(&again);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_flipped_bits),
        TMP_TEST(test_lies_are_refused),
        TMP_TEST(test_line_ends_that_are_none),
        TMP_TEST(test_index_cut_short),
        TMP_TEST(test_builds_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
