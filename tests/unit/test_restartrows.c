/* The rows of SUMS that a source with restart blocks has: what a verifier finds wrong with them,
 * what a read makes of it, and which contigs they tell about. */
#include "layout.h"
#include "reseal.h"
#include "seqindex.h"
#include "seqplace.h"

#include <fcntl.h>
#include <unistd.h>

static struct fasta fasta;

/* One source of restart blocks and, behind them, an ordinary one, in blocks of 5,000 bytes. */
static int make(void **state)
{
    struct rng rng = {31};
    const struct style style = {.records = 9, .max_length = 4000, .max_width = 70};
    struct lode_compress_options how = LODE_COMPRESS_OPTIONS_INIT;
    char text[600], packed[600], index[600];
    const char *inputs[] = {packed};
    if (tmp_make(state) != 0)
        return -1;
    snprintf(text, sizeof text, "%s", tmp_path("text"));
    snprintf(packed, sizeof packed, "%s", tmp_path("g.fa.gz"));
    snprintf(index, sizeof index, "%s", tmp_path("g.lode"));
    fasta = fasta_random(&rng, &style);
    file_write(text, fasta.text.p, fasta.text.n - 3000);
    how.layout = LODE_LAYOUT_RESTART;
    how.block_size = 5000;
    int fd = open(text, O_RDONLY);
    assert_int_equal(lode_compress(fd, "text", packed, &how, NULL), LODE_OK);
    close(fd);
    struct bytes all = file_read(packed);
    file_write(text, fasta.text.p + fasta.text.n - 3000, 3000);
    compress_ok(text, packed, 5000);
    struct bytes rest = file_read(packed);
    bytes_add(&all, rest.p, rest.n);
    file_write(packed, all.p, all.n);
    build_ok(inputs, 1, index);
    reseal_clean = file_read(index);
    bytes_free(&all);
    bytes_free(&rest);
    return 0;
}

static int drop(void **state)
{
    fasta_free(&fasta);
    return reseal_drop(state);
}

/* Rows of SUMS: slots of two rows. Blocks of 5,000 bytes have five pieces, the last of 904 bytes;
 * block 1 begins at text offset 5000, in slot 5. */
static void test_damaged_rows(void **state)
{
    static const struct damage damages[] = {
        {LODE_ID_SUMS, 1, 0, 4, 1 << 18, "T-5"},         /* a start past the block */
        {LODE_ID_SUMS, 3, 0, 4, -3000, "T-5"},           /* pieces closer than a bit a literal */
        {LODE_ID_SUMS, 5, 0, 4, 16000, "T-5"},           /* further than fifteen */
        {LODE_ID_SUMS, 13, 0, 4, -20000, "T-5"},         /* before the one before */
        {LODE_ID_SUMS, 3, 0, 4, 6200LL << 19, "T-5"},    /* a half of more bits than it can take */
        {LODE_ID_SUMS, 3, 0, 4, -(1500LL << 19), "T-5"}, /* and of fewer */
        {LODE_ID_SUMS, -1, 0, 4, 1, "T-2"},              /* of the end marker */
        {LODE_ID_SUMS, -2, 0, 4, 1, "T-2"},
        {LODE_ID_SRCE, 1, LODE_SRCE_SUM, 8, -1, "S-12"},
    };
    (void)state;
    assert_int_equal(reseal_verify(&reseal_clean, LODE_VERIFY_FULL, 2), LODE_OK);
    reseal_check(damages, COUNT_OF(damages), LODE_VERIFY_INDEX);
}

/* What only the text tells. */
static void test_wrong_rows(void **state)
{
    static const struct damage damages[] = {
        {LODE_ID_SUMS, 0, 0, 4, 1, "T-3"}, {LODE_ID_SUMS, 1, 0, 4, 1, "T-6"},
        {LODE_ID_SUMS, 6, 0, 4, 1, "T-3"}, {LODE_ID_SUMS, 7, 0, 4, -1, "T-6"},
        {LODE_ID_SUMS, 9, 0, 4, 2, "T-6"}, {LODE_ID_SUMS, 3, 0, 4, 1 << 19, "T-6"},
    };
    (void)state;
    reseal_check(damages, COUNT_OF(damages), LODE_VERIFY_FULL);
}

static void test_starts_where_there_are_none_and_none_where_there_are(void **state)
{
    struct bytes image = reseal_copy();
    const struct lode_section sums = reseal_section(image.p, LODE_ID_SUMS);
    (void)state;
    for (uint64_t slot = 0; slot < 5; slot++) /* all of block 0: it can be, and is not */
        memset(reseal_row(image.p, LODE_ID_SUMS, 2 * slot + 1), 0xFF, 4);
    reseal_expect(&image, LODE_VERIFY_FULL, "T-6");
    memset(reseal_row(image.p, LODE_ID_SUMS, 1), 0xFF, 4);
    reseal_expect(&image, LODE_VERIFY_INDEX, "T-5");
    uint64_t none = 0; /* of the ordinary blocks behind */
    while (lode_get32(reseal_row(image.p, LODE_ID_SUMS, 2 * none + 1)) != LODE_NO_START)
        assert_true(2 * ++none + 1 < sums.count);
    memset(reseal_row(image.p, LODE_ID_SUMS, 2 * none + 1), 0, 4);
    reseal_expect(&image, LODE_VERIFY_INDEX, "T-5");
    bytes_free(&image);
}

/* Random reads through the rows of the image, which are sealed again, are right. */
static void read_resealed(struct bytes *image, uint64_t seed)
{
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    struct rng rng = {seed};
    lode_index *index;
    reseal(image->p, image->n);
    how.source_root = tmp_root;
    assert_int_equal(lode_open_buffer(image->p, image->n, &how, &index, NULL), LODE_OK);
    lode_reader *reader = reader_ok(index);
    assert_int_equal(read_randomly(index, reader, &fasta, &rng, 200, 3000), LODE_OK);
    lode_reader_free(reader);
    lode_close(index);
}

/* Nothing among the first blocks has starts: there is no code. Reads inflate, and are right. */
static void test_no_code(void **state)
{
    struct bytes image = reseal_copy();
    const struct lode_section sums = reseal_section(image.p, LODE_ID_SUMS);
    (void)state;
    for (uint64_t slot = 0; slot < sums.count / 2; slot++)
        if (lode_get32(reseal_row(image.p, LODE_ID_SUMS, 2 * slot + 1)) != 0)
            memset(reseal_row(image.p, LODE_ID_SUMS, 2 * slot + 1), 0xFF, 4);
    read_resealed(&image, 33);
    reseal_expect(&image, LODE_VERIFY_INDEX, "S-23");
    bytes_free(&image);
}

/* Rows that name no start where there is one: the code is taken from the next block, reads are
 * right. */
static void test_code_of_a_later_block(void **state)
{
    struct bytes image = reseal_copy();
    (void)state;
    for (uint64_t slot = 0; slot < 5; slot++)
        memset(reseal_row(image.p, LODE_ID_SUMS, 2 * slot + 1), 0xFF, 4);
    read_resealed(&image, 34);
    bytes_free(&image);
}

static void test_flag_that_the_file_does_not_bear_out(void **state)
{
    struct bytes image = reseal_copy();
    (void)state;
    reseal_row(image.p, LODE_ID_SRCE, 0)[LODE_SRCE_FLAGS] ^= LODE_SOURCE_RESTART;
    reseal_expect(&image, LODE_VERIFY_FULL, "S-23");
    reseal_row(image.p, LODE_ID_SRCE, 0)[LODE_SRCE_FLAGS] |= LODE_SOURCE_FINE;
    reseal_expect(&image, LODE_VERIFY_INDEX, "S-25"); /* not both */
    bytes_free(&image);
}

/* A start that is wrong gives no other bases. */
static void test_reads_from_wrong_starts(void **state)
{
    struct rng rng = {32};
    const struct lode_section sums = reseal_section(reseal_clean.p, LODE_ID_SUMS);
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    size_t refused = 0;
    (void)state;
    how.source_root = tmp_root;
    for (int round = 0; round < 200; round++) {
        struct bytes image = reseal_copy();
        lode_index *index;
        uint8_t *row = reseal_row(image.p, LODE_ID_SUMS, rng_below(&rng, sums.count));
        lode_put32(row, round % 4 == 0 ? (uint32_t)rng_next(&rng)
                                       : lode_get32(row) + (uint32_t)rng_below(&rng, 20) - 10);
        reseal(image.p, image.n);
        assert_int_equal(lode_open_buffer(image.p, image.n, &how, &index, NULL), LODE_OK);
        lode_reader *reader = reader_ok(index);
        for (int64_t id = 0; id < (int64_t)fasta.count; id++) {
            struct lode_contig contig;
            assert_int_equal(lode_contig_at(index, id, &contig, NULL), LODE_OK);
            const int got = read_judged(reader, &contig, &fasta.records[id], 0, contig.length);
            assert_true(got == LODE_OK || got == LODE_E_DAMAGED || got == LODE_E_CORRUPT);
            refused += got != LODE_OK;
        }
        lode_reader_free(reader);
        lode_close(index);
        bytes_free(&image);
    }
    assert_true(refused > 50);
}

/* The `per` rows of a slot tell of the contig at its piece's text. Blocks are of 5,000 bytes. */
static void check_contigs_of_rows(const struct bytes *image, uint64_t per)
{
    struct lode_seqindex ix;
    assert_int_equal(lode_seqindex_parse(image->p, image->n, &ix, NULL), LODE_FMT_OK);
    const struct lode_section sums = reseal_section(image->p, LODE_ID_SUMS);
    for (uint64_t block = 0; block < 3; block++)
        for (uint64_t k = 0; k < 5; k++) {
            const uint64_t text = block * 5000 + k * 1024;
            const uint64_t row = per * ((block * 5000 >> 10) + block + k);
            uint64_t want = 0, first, last;
            while (want + 1 < fasta.count && fasta.records[want + 1].header_off <= text)
                want++;
            for (uint64_t i = row; i < row + per; i++) {
                const uint64_t at = sums.off + 4 * i;
                assert_int_equal(lode_seqindex_contigs_at(&ix, at, at + 4, &first, &last),
                                 LODE_FMT_OK);
                assert_int_equal(first, want);
                assert_int_equal(last, want);
            }
        }
}

static void test_contigs_of_rows(void **state)
{
    (void)state;
    check_contigs_of_rows(&reseal_clean, 2);
}

/* The same of small blocks, whose slots are one row each. */
static void test_contigs_of_fine_rows(void **state)
{
    (void)state;
    lode_close(index_of(&fasta, "small.fa.gz", 5000));
    struct bytes image = file_read(tmp_path("small.fa.gz.lode"));
    const uint8_t *flags = reseal_row(image.p, LODE_ID_SRCE, 0) + LODE_SRCE_FLAGS;
    assert_int_equal(*flags & LODE_SOURCE_FINE, LODE_SOURCE_FINE);
    check_contigs_of_rows(&image, 1);
    bytes_free(&image);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_damaged_rows),
        TEST(test_wrong_rows),
        TEST(test_starts_where_there_are_none_and_none_where_there_are),
        TEST(test_no_code),
        TEST(test_code_of_a_later_block),
        TEST(test_flag_that_the_file_does_not_bear_out),
        TEST(test_reads_from_wrong_starts),
        TEST(test_contigs_of_rows),
        TEST(test_contigs_of_fine_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
