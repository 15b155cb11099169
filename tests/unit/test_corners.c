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
        cmocka_unit_test(test_types_of_tracks),
        cmocka_unit_test(test_longest_probe),
        cmocka_unit_test(test_block_headers_without_end),
    };
    return cmocka_run_group_tests(tests, hostile_make, hostile_drop);
}
