/* Several sources, bins and gaps whose rows contradict each other, with right sums: every question
 * about them says so. */
#include "bytes.h"
#include "hostile.h"
#include "nametable.h"
#include "reseal.h"
#include "seqindex.h"

static bool found;
static const char *wanted;

static void note(void *ctx, const struct lode_diag *finding)
{
    (void)ctx;
    found = found || strcmp(finding->rule, wanted) == 0;
}

static void cut_table(uint8_t *image, uint32_t id, uint64_t rows)
{
    uint8_t *entry = reseal_entry(image, id);
    lode_put64(entry + LODE_ENTRY_COUNT, rows);
    lode_put64(entry + LODE_ENTRY_LENGTH, rows * lode_get32(entry + LODE_ENTRY_STRIDE));
}

static struct bytes index_texts(const char *const *texts, size_t n)
{
    const char *inputs[2] = {tmp_path("g.fa"), tmp_path("h.fa")};
    for (size_t i = 0; i < n; i++)
        file_write(inputs[i], texts[i], strlen(texts[i]));
    build_ok(inputs, n, tmp_path("gaps.lode"));
    return file_read(tmp_path("gaps.lode"));
}

/* ---- several sources, several bins ----------------------------------------------------------- */

enum { CHANGES = 9000 }; /* of letter case in each of two bins: stored as bitmaps */

static struct bytes large;

static void make_large(void)
{
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    const char *inputs[] = {tmp_path("one.fa"), tmp_path("two.fa")};
    struct bytes text = {0};
    bytes_add(&text, ">a\n", 3);
    for (int i = 0; i < 1 << LODE_BIN_LOG2; i++)
        bytes_add(&text, i % 32768 < CHANGES && i % 2 == 0 ? "aN" : "CG", 2);
    bytes_add(&text, "\n", 1);
    file_write(inputs[0], text.p, text.n);
    file_write(inputs[1], ">b\nACGT\n>c\nACGT\n", 16);
    bytes_free(&text);
    options.out = tmp_path("large.lode");
    options.pack = 1;
    if (lode_build(inputs, 2, &options, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    large = file_read(options.out);
}

static lode_index *open_large(struct lode_diag *diag)
{
    lode_index *index = NULL;
    reseal(large.p, large.n);
    (void)lode_open_buffer(large.p, large.n, NULL, &index, diag);
    return index;
}

static void test_global_names_without_count(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    make_large();
    cut_table(large.p, LODE_ID_GNAM, 1);
    assert_null(open_large(&diag));
    assert_string_equal(diag.rule, "S-6");
    bytes_free(&large);
}

/* Rows of bins whose begins go back, or leave more changes between them than a bin has room for:
 * every question about them says so. */
static void ask_bins(int changes, int runs)
{
    struct lode_diag diag = {0};
    struct lode_interval interval;
    struct lode_contig contig;
    uint8_t dst[100];
    lode_index *index = open_large(&diag);
    assert_non_null(index);
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_contig_at(index, 0, &contig, &diag), LODE_OK);
    assert_int_equal(lode_intervals(index, &contig, LODE_FEATURE_LOWER, 65530, contig.length,
                                    &interval, 1, &diag),
                     changes < 0 ? changes : 1);
    assert_int_equal(
        lode_intervals(index, &contig, LODE_FEATURE_N, 65530, contig.length, &interval, 1, &diag),
        runs < 0 ? runs : 1);
    assert_int_equal(
        lode_fetch_at(reader, &contig, 65500, 65600, dst, sizeof dst, LODE_BOUNDS_ERROR, 0, &diag),
        changes < 0 || runs < 0 ? LODE_E_CORRUPT : (int)sizeof dst);
    lode_reader_free(reader);
    lode_close(index);
}

static void test_bins_that_disagree(void **state)
{
    (void)state;
    make_large();
    uint8_t *bin = reseal_row(large.p, LODE_ID_BINS, 1);
    const uint64_t toggle = lode_get64(bin + LODE_BINS_TOGGLE);
    const uint64_t run = lode_get64(bin + LODE_BINS_RUN);
    uint8_t *first = reseal_row(large.p, LODE_ID_BINS, 0);
    uint8_t *last = reseal_row(large.p, LODE_ID_BINS, 2);
    ask_bins(0, 0);
    lode_put64(bin + LODE_BINS_TOGGLE, lode_get64(last + LODE_BINS_TOGGLE));
    ask_bins(LODE_E_CORRUPT, 0);
    lode_put64(bin + LODE_BINS_TOGGLE, lode_get64(last + LODE_BINS_TOGGLE) + 1);
    ask_bins(LODE_E_CORRUPT, LODE_E_CORRUPT);
    lode_put64(bin + LODE_BINS_TOGGLE, toggle);
    lode_put64(bin + LODE_BINS_RUN, lode_get64(last + LODE_BINS_RUN) + 1);
    ask_bins(LODE_E_CORRUPT, LODE_E_CORRUPT);
    lode_put64(bin + LODE_BINS_RUN, run);
    lode_put64(first + LODE_BINS_TOGGLE, toggle + 1);
    ask_bins(LODE_E_CORRUPT, LODE_E_CORRUPT);
    lode_put64(first + LODE_BINS_TOGGLE, 0);
    lode_put64(first + LODE_BINS_RUN, run + 1);
    ask_bins(LODE_E_CORRUPT, LODE_E_CORRUPT);
    lode_put64(first + LODE_BINS_RUN, 0);
    lode_put64(reseal_row(large.p, LODE_ID_EXCP, run) + LODE_EXCP_LENGTH, 1ull << 60);
    ask_bins(0, LODE_E_CORRUPT);
    lode_put64(reseal_row(large.p, LODE_ID_EXCP, run) + LODE_EXCP_LENGTH, 0);
    ask_bins(0, LODE_E_CORRUPT);
    bytes_free(&large);
}

static void test_lookups_of_contigs_without_source(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    struct lode_contig contigs[3];
    int statuses[3];
    const char *const names[] = {"a", "b", "c"};
    const size_t lengths[] = {1, 1, 1};
    make_large();
    for (uint64_t i = 0; i < 3; i++)
        lode_put32(reseal_row(large.p, LODE_ID_CTIG, i) + LODE_CTIG_SOURCE, 7);
    lode_index *index = open_large(&diag);
    assert_non_null(index);
    assert_true(lode_find_many(index, NULL, names, lengths, 3, contigs, statuses) > 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(statuses[i], LODE_E_CORRUPT);
    lode_close(index);
    bytes_free(&large);
}

/* One source: the batch looks ahead at rows and names before it has checked where they lie. */
static void test_lookups_that_lead_out(void **state)
{
    (void)state;
    const char *const text = ">a\nACGT\n>b\nAC\n>c\nGT\n";
    const char *const names[] = {"a", "b", "c", "d"};
    const size_t lengths[] = {1, 1, 1, 1};
    const uint32_t ids[] = {LODE_ID_CTIG, LODE_ID_TNAM, LODE_ID_TNAM};
    for (size_t k = 0; k < COUNT_OF(ids); k++) {
        struct lode_contig contigs[4];
        int statuses[4];
        lode_index *index = NULL;
        struct bytes image = index_texts(&text, 1);
        const struct lode_section tnam = reseal_section(image.p, LODE_ID_TNAM);
        for (uint64_t i = 0; i < 3 && k == 0; i++)
            lode_put64(reseal_row(image.p, LODE_ID_CTIG, i) + LODE_CTIG_NAME_OFF, 1u << 30);
        for (uint64_t i = 0; i < tnam.count && k == 1; i++) {
            uint8_t *word = image.p + tnam.off + 8 * i;
            if (lode_get64(word) != 0)
                lode_put64(word, lode_get64(word) + 1000);
        }
        if (k == 2) { /* homes behind the source's slots */
            cut_table(image.p, LODE_ID_TNAM, 1);
            lode_put64(reseal_row(image.p, LODE_ID_SRCE, 1) + LODE_SRCE_SLOT, 1);
        }
        reseal(image.p, image.n);
        assert_int_equal(lode_open_buffer(image.p, image.n, NULL, &index, NULL), LODE_OK);
        assert_true(lode_find_many(index, NULL, names, lengths, 4, contigs, statuses) > 0);
        for (int i = 0; i < 3; i++)
            assert_int_equal(statuses[i], k < 2 ? LODE_E_CORRUPT : LODE_E_NOT_FOUND);
        assert_int_equal(statuses[3], LODE_E_NOT_FOUND);
        lode_close(index);
        bytes_free(&image);
    }
}

/* The table's 24 bits of the hash say yes, the NAME says no. */
static void test_names_with_equal_tags(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    int64_t source;
    char name[16];
    make_large();
    const struct lode_section snam = reseal_section(large.p, LODE_ID_SNAM);
    int n = 0;
    for (uint64_t slot = 0; slot < snam.count; slot++) {
        uint8_t *word = large.p + snam.off + slot * 8;
        if (lode_get64(word) == 0)
            continue;
        do
            snprintf(name, sizeof name, "n%d", n++);
        while (lode_name_home(lode_name_hash(name, strlen(name), (uint8_t)snam.param), 2) != slot);
        lode_put64(word, lode_slot_make(lode_slot_ordinal(lode_get64(word), LODE_TNAM_ORDINAL_BITS),
                                        lode_name_hash(name, strlen(name), (uint8_t)snam.param)));
        break;
    }
    lode_index *index = open_large(&diag);
    assert_non_null(index);
    assert_int_equal(lode_find_source(index, name, strlen(name), &source), LODE_E_NOT_FOUND);
    lode_close(index);
    lode_put32(reseal_row(large.p, LODE_ID_SRCE, 0) + LODE_SRCE_PATH_LEN, 1000);
    lode_put32(reseal_row(large.p, LODE_ID_SRCE, 1) + LODE_SRCE_PATH_LEN, 1000);
    index = open_large(&diag);
    assert_non_null(index);
    assert_int_equal(lode_find_source(index, name, strlen(name), &source), LODE_E_CORRUPT);
    lode_put64(reseal_row(large.p, LODE_ID_SRCE, 0) + LODE_SRCE_TEXT_LEN, UINT64_MAX);
    lode_put64(reseal_row(large.p, LODE_ID_SRCE, 1) + LODE_SRCE_TEXT_LEN, UINT64_MAX);
    lode_close(index);
    index = open_large(&diag);
    assert_non_null(index);
    assert_int_equal(lode_find_source(index, name, strlen(name), &source), LODE_E_CORRUPT);
    lode_close(index);
    bytes_free(&large);
}

/* ---- gaps ------------------------------------------------------------------------------------ */

static void expect_rule(struct bytes *image, const char *rule)
{
    struct lode_diag diag;
    reseal(image->p, image->n);
    wanted = rule;
    found = false;
    const int status = hostile_verify(image->p, image->n, LODE_VERIFY_INDEX, note, NULL, &diag);
    if (rule == NULL ? status != LODE_OK : !found)
        fail_msg("%s was not found, but: %s", rule != NULL ? rule : "nothing", diag.message);
}

static void test_gaps_of_sources_out_of_order(void **state)
{
    (void)state;
    const char *const texts[] = {"\n>a\nACGT\n", "\n>b\nACGT\n"};
    struct bytes image = index_texts(texts, 2);
    expect_rule(&image, NULL);
    lode_put32(reseal_row(image.p, LODE_ID_GAPS, 0) + LODE_GAPS_SOURCE, 1);
    lode_put32(reseal_row(image.p, LODE_ID_GAPS, 1) + LODE_GAPS_SOURCE, 0);
    expect_rule(&image, "G-1");
    bytes_free(&image);
}

/* An empty contig whose header line does not end, with text behind it. */
static void test_header_without_end_before_a_gap(void **state)
{
    (void)state;
    const char *const text = ">a\n\n";
    struct bytes image = index_texts(&text, 1);
    lode_put16(reseal_row(image.p, LODE_ID_CTIG, 0) + LODE_CTIG_FLAGS, 0);
    expect_rule(&image, "C-8");
    bytes_free(&image);
}

/* Text that no row covers is allowed where records were left out on purpose, and only there. */
static void test_text_left_out(void **state)
{
    (void)state;
    static const uint32_t tables[] = {LODE_ID_GAPS, LODE_ID_DESC};
    const char *const text = ">a\nACGT\n\n";
    struct bytes image = index_texts(&text, 1);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        const struct lode_section s = reseal_section(image.p, tables[i]);
        memset(image.p + s.off, 0, (size_t)s.len);
        cut_table(image.p, tables[i], 0);
    }
    lode_put64(reseal_row(image.p, LODE_ID_SRCE, 1) + LODE_SRCE_DESC, 0);
    expect_rule(&image, "G-4");
    lode_put16(reseal_row(image.p, LODE_ID_SRCE, 0) + LODE_SRCE_FLAGS, LODE_SOURCE_FILTERED);
    expect_rule(&image, NULL);
    bytes_free(&image);
}

/* A name that its table does not hold, beside one that stands twice. */
static void test_missing_name_beside_duplicate(void **state)
{
    (void)state;
    static const char text[] = ">a\nAC\n>a\nGT\n>b\nAC\n";
    const char *input = tmp_path("d.fa");
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    file_write(input, text, sizeof text - 1);
    options.out = tmp_path("duplicate.lode");
    options.duplicates_first = 1;
    assert_int_equal(lode_build(&input, 1, &options, NULL, &diag), LODE_OK);
    struct bytes image = file_read(options.out);
    expect_rule(&image, NULL);
    const struct lode_section tnam = reseal_section(image.p, LODE_ID_TNAM);
    for (uint64_t slot = 0; slot < tnam.count; slot++) {
        uint8_t *word = image.p + tnam.off + slot * 8;
        if (lode_slot_ordinal(lode_get64(word), LODE_TNAM_ORDINAL_BITS) == 2)
            lode_put64(word, 0);
    }
    expect_rule(&image, "N-5");
    bytes_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_global_names_without_count),
        cmocka_unit_test(test_bins_that_disagree),
        cmocka_unit_test(test_lookups_of_contigs_without_source),
        cmocka_unit_test(test_lookups_that_lead_out),
        cmocka_unit_test(test_names_with_equal_tags),
        cmocka_unit_test(test_gaps_of_sources_out_of_order),
        cmocka_unit_test(test_header_without_end_before_a_gap),
        cmocka_unit_test(test_text_left_out),
        cmocka_unit_test(test_missing_name_beside_duplicate),
    };
    return cmocka_run_group_tests(tests, hostile_make, hostile_drop);
}
