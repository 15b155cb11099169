/* Damage that neither a swept field nor a flipped bit makes: several fields that agree with each
 * other and not with SPEC. */
#include "bgzf.h"
#include "bytes.h"
#include "hostile.h"
#include "nametable.h"
#include "reseal.h"
#include "seqindex.h"

/* ---- finding it ------------------------------------------------------------------------------ */

static bool found;
static const char *wanted;

static void note(void *ctx, const struct lode_diag *finding)
{
    (void)ctx;
    found = found || strcmp(finding->rule, wanted) == 0;
}

static void set_table(uint8_t *image, uint32_t id, uint32_t new_id, uint32_t stride)
{
    uint8_t *entry = reseal_entry(image, id);
    const uint64_t len = lode_get64(entry + LODE_ENTRY_LENGTH);
    lode_put32(entry + LODE_ENTRY_ID, new_id);
    lode_put32(entry + LODE_ENTRY_STRIDE, stride);
    lode_put64(entry + LODE_ENTRY_COUNT, len / stride);
}

static void psum_of_half_rows(uint8_t *image)
{
    set_table(image, LODE_ID_PSUM, LODE_ID_PSUM, 4);
}

/* Damages a copy of the image with right sums: verify must name the rule. */
static void expect(enum hostile_kind kind, void (*damage)(uint8_t *image), const char *rule)
{
    const struct hostile *h = &hostiles[kind];
    struct lode_diag diag;
    uint8_t *image = malloc(h->image.n);
    assert_non_null(image);
    memcpy(image, h->image.p, h->image.n);
    damage(image);
    if (damage == psum_of_half_rows)
        reseal_header(image, h->image.n);
    else
        reseal(image, h->image.n);
    found = false;
    wanted = rule;
    if (hostile_verify(image, h->image.n, LODE_VERIFY_INDEX, note, NULL, &diag) == LODE_OK ||
        !found)
        fail_msg("%s: %s was not found, but: %s", h->name, rule, diag.message);
    hostile_ask(h, image, h->image.n);
    free(image);
}

static void cut_table(uint8_t *image, uint32_t id, uint64_t rows)
{
    uint8_t *entry = reseal_entry(image, id);
    lode_put64(entry + LODE_ENTRY_COUNT, rows);
    lode_put64(entry + LODE_ENTRY_LENGTH, rows * lode_get32(entry + LODE_ENTRY_STRIDE));
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void bins_of_half_rows(uint8_t *image)
{
    set_table(image, LODE_ID_BINS, LODE_ID_BINS, LODE_STRIDE_BINS / 2);
}

static void base_without_tail(uint8_t *image)
{
    cut_table(image, LODE_ID_BASE, LODE_BASE_TAIL - 1);
}

static void global_names_of_one_source(uint8_t *image)
{
    cut_table(image, LODE_ID_DESC, reseal_section(image, LODE_ID_DESC).count / 8 * 8);
    set_table(image, LODE_ID_DESC, LODE_ID_GNAM, 8);
}

/* The file ends where the last row of PSUM would begin. */
static void test_page_sums_one_short(void **state)
{
    (void)state;
    const struct hostile *h = &hostiles[HOSTILE_MINIMAL];
    struct lode_diag diag;
    const size_t n = h->image.n - LODE_STRIDE_PSUM;
    uint8_t *image = malloc(h->image.n);
    assert_non_null(image);
    memcpy(image, h->image.p, h->image.n);
    cut_table(image, LODE_ID_PSUM, reseal_section(image, LODE_ID_PSUM).count - 1);
    lode_put64(image + LODE_HEADER_FILE_SIZE, n);
    reseal_header(image, n);
    assert_int_equal(hostile_verify(image, n, LODE_VERIFY_INDEX, NULL, NULL, &diag), LODE_E_LAYOUT);
    assert_string_equal(diag.rule, "D-10");
    free(image);
}

static void test_tables(void **state)
{
    (void)state;
    expect(HOSTILE_MINIMAL, psum_of_half_rows, "D-10");
    expect(HOSTILE_MINIMAL, bins_of_half_rows, "S-2");
    expect(HOSTILE_PACKED, base_without_tail, "S-24");
    expect(HOSTILE_BLOCKS, global_names_of_one_source, "N-7");
}

/* ---- strings --------------------------------------------------------------------------------- */

static const char *text_to_put;

/* The locator, or OPTS, as far as the text goes. */
static void put_locator(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_SRCE, 0);
    uint8_t *path = reseal_row(image, LODE_ID_SSTR, lode_get64(row + LODE_SRCE_PATH_OFF));
    const size_t n = strlen(text_to_put);
    assert_true(n <= lode_get32(row + LODE_SRCE_PATH_LEN));
    memcpy(path, text_to_put, n);
}

static void end_locator_in_slash(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_SRCE, 0);
    uint8_t *path = reseal_row(image, LODE_ID_SSTR, lode_get64(row + LODE_SRCE_PATH_OFF));
    path[lode_get32(row + LODE_SRCE_PATH_LEN) - 1] = '/';
}

/* Locator and NAME are one string of the table: their end moves between them. */
static void empty_name(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_SRCE, 0);
    const uint32_t path = lode_get32(row + LODE_SRCE_PATH_LEN);
    const uint32_t name = lode_get32(row + LODE_SRCE_NAME_LEN);
    uint8_t *at = reseal_row(image, LODE_ID_SSTR, lode_get64(row + LODE_SRCE_PATH_OFF));
    at[path] = 'x';
    at[path + name] = 0;
    lode_put32(row + LODE_SRCE_PATH_LEN, path + name);
    lode_put32(row + LODE_SRCE_NAME_LEN, 0);
}

static void empty_locator(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_SRCE, 0);
    const uint32_t path = lode_get32(row + LODE_SRCE_PATH_LEN);
    uint8_t *at = reseal_row(image, LODE_ID_SSTR, lode_get64(row + LODE_SRCE_PATH_OFF));
    at[0] = 0;
    at[path] = 'x';
    lode_put32(row + LODE_SRCE_PATH_LEN, 0);
    lode_put32(row + LODE_SRCE_NAME_LEN, path + lode_get32(row + LODE_SRCE_NAME_LEN));
}

static void zero_in_name(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_SRCE, 0);
    uint8_t *at = reseal_row(image, LODE_ID_SSTR, lode_get64(row + LODE_SRCE_PATH_OFF));
    at[lode_get32(row + LODE_SRCE_PATH_LEN) + 2] = 0;
}

static void zero_in_locator(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_SRCE, 0);
    uint8_t *at = reseal_row(image, LODE_ID_SSTR, lode_get64(row + LODE_SRCE_PATH_OFF));
    at[2] = 0;
}

static void put_options(uint8_t *image)
{
    const struct lode_section opts = reseal_section(image, LODE_ID_OPTS);
    const size_t n = strlen(text_to_put);
    assert_true(n < opts.len);
    memcpy(image + opts.off, text_to_put, n);
    memset(image + opts.off + n, 'z', (size_t)opts.len - n);
    image[opts.off + n + 1] = '=';
    image[opts.off + opts.len - 1] = '\n';
}

static void test_strings(void **state)
{
    (void)state;
    static const char *const locators[] = {"./", "a//", "a/../", "a/./", "../a/../", "a/.x/../"};
    static const char *const options[] = {"a=1\na=12\n", "a=12\na=1\n", "a=1\na=1\n", "=1\n",
                                          "a\n",         "a=\nb\n",     "b=1\na=1\n"};
    for (size_t i = 0; i < COUNT_OF(locators); i++) {
        text_to_put = locators[i];
        expect(HOSTILE_MINIMAL, put_locator, "S-14");
    }
    expect(HOSTILE_MINIMAL, end_locator_in_slash, "S-14");
    expect(HOSTILE_MINIMAL, zero_in_locator, "S-14");
    expect(HOSTILE_MINIMAL, empty_locator, "S-14");
    expect(HOSTILE_MINIMAL, empty_name, "S-17");
    expect(HOSTILE_MINIMAL, zero_in_name, "S-17");
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        text_to_put = options[i];
        expect(HOSTILE_MINIMAL, put_options, "O-1");
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void run_of_header_signs(uint8_t *image)
{
    reseal_row(image, LODE_ID_EXCP, 0)[LODE_EXCP_BYTE] = '>';
}

static void track_with_line_ends(uint8_t *image)
{
    lode_put16(reseal_row(image, LODE_ID_CTIG, 0) + LODE_CTIG_FLAGS,
               LODE_EOL_LF << LODE_CTIG_EOL_LINES_SHIFT);
}

static void track_with_last_line_end(uint8_t *image)
{
    lode_put16(reseal_row(image, LODE_ID_CTIG, 0) + LODE_CTIG_FLAGS,
               LODE_EOL_LF << LODE_CTIG_EOL_LAST_SHIFT);
}

static void header_with_fourth_line_end(uint8_t *image)
{
    uint8_t *flags = reseal_row(image, LODE_ID_CTIG, 1) + LODE_CTIG_FLAGS;
    lode_put16(flags, (uint16_t)(lode_get16(flags) | 3 << LODE_CTIG_EOL_HEADER_SHIFT));
}

static void lines_with_fourth_line_end(uint8_t *image)
{
    uint8_t *flags = reseal_row(image, LODE_ID_CTIG, 1) + LODE_CTIG_FLAGS;
    lode_put16(flags, (uint16_t)(lode_get16(flags) | 3 << LODE_CTIG_EOL_LINES_SHIFT));
}

/* Of every contig of several lines. */
static void lines_without_line_ends(uint8_t *image)
{
    const struct lode_section ctig = reseal_section(image, LODE_ID_CTIG);
    for (uint64_t i = 0; i < ctig.count; i++) {
        uint8_t *row = image + ctig.off + i * LODE_STRIDE_CTIG;
        const uint16_t flags = lode_get16(row + LODE_CTIG_FLAGS);
        if (lode_get64(row + LODE_CTIG_LENGTH) > lode_get64(row + LODE_CTIG_LINE_BASES))
            lode_put16(row + LODE_CTIG_FLAGS,
                       (uint16_t)(flags & ~(3 << LODE_CTIG_EOL_LINES_SHIFT)));
    }
}

static void track_in_lines(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_CTIG, 0);
    lode_put64(row + LODE_CTIG_LINE_BASES, lode_get64(row + LODE_CTIG_LENGTH) / 2);
}

/* An index that holds bases cannot hold values; all else of the row is as in a track. */
static void values_beside_bases(uint8_t *image)
{
    uint8_t *row = reseal_row(image, LODE_ID_CTIG, 0);
    lode_put16(reseal_row(image, LODE_ID_SRCE, 0) + LODE_SRCE_FLAGS, 1 << LODE_SOURCE_DTYPE_SHIFT);
    row[LODE_CTIG_ENCODING] = LODE_ENCODING_VALUES;
    row[LODE_CTIG_LEAD] = 1;
    lode_put64(row + LODE_CTIG_LINE_BASES, lode_get64(row + LODE_CTIG_LENGTH));
}

static void probe_longer_than_any(uint8_t *image)
{
    uint8_t *param = reseal_entry(image, LODE_ID_TNAM) + LODE_ENTRY_PARAM;
    lode_put32(param, lode_get32(param) + (1 << 8));
}

static void test_rows(void **state)
{
    (void)state;
    expect(HOSTILE_PACKED, run_of_header_signs, "K-9");
    expect(HOSTILE_TRACK, track_with_line_ends, "C-8");
    expect(HOSTILE_TRACK, track_with_last_line_end, "C-8");
    expect(HOSTILE_BLOCKS, header_with_fourth_line_end, "C-8");
    expect(HOSTILE_BLOCKS, lines_with_fourth_line_end, "C-4");
    expect(HOSTILE_BLOCKS, lines_without_line_ends, "C-4");
    expect(HOSTILE_TRACK, track_in_lines, "C-4");
    expect(HOSTILE_PACKED, values_beside_bases, "C-15");
    expect(HOSTILE_BLOCKS, probe_longer_than_any, "N-4");
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

static struct bytes index_texts(const char *const *texts, size_t n)
{
    const char *inputs[2] = {tmp_path("g.fa"), tmp_path("h.fa")};
    for (size_t i = 0; i < n; i++)
        file_write(inputs[i], texts[i], strlen(texts[i]));
    build_ok(inputs, n, tmp_path("gaps.lode"));
    return file_read(tmp_path("gaps.lode"));
}

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

/* ---- functions ------------------------------------------------------------------------------- */

static void test_types_of_tracks(void **state)
{
    (void)state;
    assert_int_equal(lode_dtype_width(LODE_SOURCE_DTYPES), 8);
    assert_int_equal(lode_dtype_width(LODE_SOURCE_DTYPES + 1), 0);
    assert_int_equal(lode_dtype_width(15), 0);
}

/* A probe longer than its field can tell is the longest that it can. */
static void test_longest_probe(void **state)
{
    (void)state;
    uint32_t longest = 0;
    uint64_t next_free = 1ull << 33;
    assert_int_equal(lode_name_place(0, 1, &next_free, &longest), 1ull << 33);
    assert_int_equal(longest, UINT32_MAX);
}

/* Headers whose end is not in the block, with all of its bytes at hand and with fewer. */
static void test_block_headers_without_end(void **state)
{
    (void)state;
    uint8_t p[40] = {31, 139, 8, 4, 0, 0, 0, 0, 0, 0, 6, 0, 'B', 'C', 2, 0, 27, 0};
    struct lode_bgzf_block block;
    memset(p + 18, 1, sizeof p - 18);
    assert_int_equal(lode_bgzf_header((const uint8_t *)"AB", 2, &block), LODE_BGZF_NOT_GZIP);
    assert_int_equal(lode_bgzf_header(p, 1, &block), LODE_BGZF_NEED_MORE);
    assert_int_equal(lode_bgzf_header(p, 3, &block), LODE_BGZF_NEED_MORE);
    for (int flag = 8; flag <= 16; flag += 8) {
        p[3] = (uint8_t)(4 | flag); /* a name or a comment, which does not end */
        assert_int_equal(lode_bgzf_header(p, 27, &block), LODE_BGZF_NEED_MORE);
        assert_int_equal(lode_bgzf_header(p, 28, &block), LODE_BGZF_BAD);
        assert_int_equal(lode_bgzf_header(p, 40, &block), LODE_BGZF_BAD);
    }
    p[3] = 4 | 2; /* a sum of the header behind the block */
    p[16] = 17;
    assert_int_equal(lode_bgzf_header(p, 18, &block), LODE_BGZF_BAD);
    p[16] = 30;
    assert_int_equal(lode_bgzf_header(p, 19, &block), LODE_BGZF_NEED_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_page_sums_one_short),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_global_names_without_count),
        cmocka_unit_test(test_bins_that_disagree),
        cmocka_unit_test(test_lookups_of_contigs_without_source),
        cmocka_unit_test(test_names_with_equal_tags),
        cmocka_unit_test(test_gaps_of_sources_out_of_order),
        cmocka_unit_test(test_header_without_end_before_a_gap),
        cmocka_unit_test(test_text_left_out),
        cmocka_unit_test(test_missing_name_beside_duplicate),
        cmocka_unit_test(test_types_of_tracks),
        cmocka_unit_test(test_longest_probe),
        cmocka_unit_test(test_block_headers_without_end),
    };
    return cmocka_run_group_tests(tests, hostile_make, hostile_drop);
}
