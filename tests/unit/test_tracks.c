/* Tracks: the bytes that were written come back, what is made for bases is refused, rows that lie
 * are found. */
#include "bytes.h"
#include "layout.h"
#include "reseal.h"
#include "support.h"

enum { FIRST = 30000, SECOND = 1000 }; /* values of f32 */

static float values[FIRST + SECOND];

/* Contigs of FIRST, 0 and SECOND values; the index of the test. */
static int make(void **state)
{
    struct rng rng = {31};
    char idx[100];
    if (tmp_make(state) != 0)
        return -1;
    for (size_t i = 0; i < COUNT_OF(values); i++)
        values[i] = (float)rng_below(&rng, 1000) / 7;
    file_write(tmp_path("raw"), values, sizeof values);
    compress_ok(tmp_path("raw"), tmp_path("t.track.gz"), 5000);
    snprintf(idx, sizeof idx, "one\t0\nnone\t%zu\ntwo\t%zu\n\t%zu\n", (size_t)FIRST * 4,
             (size_t)FIRST * 4, sizeof values);
    file_write(tmp_path("t.track.gz.idx"), idx, strlen(idx));
    const char *input = tmp_path("t.track.gz"), *out = tmp_path("t.lode");
    const struct lode_build_options options = {
        .struct_size = sizeof options, .out = out, .threads = 2, .track = LODE_TRACK_F32};
    struct lode_diag diag = {0};
    if (lode_build(&input, 1, &options, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    reseal_clean = file_read(out);
    return 0;
}

static int drop(void **state)
{
    bytes_free(&reseal_clean);
    return tmp_drop(state);
}

static struct lode_contig found(const lode_index *index, const char *name)
{
    struct lode_contig contig;
    assert_int_equal(lode_find(index, -1, name, strlen(name), &contig, NULL), LODE_OK);
    return contig;
}

static void test_values_come_back(void **state)
{
    (void)state;
    static float got[FIRST];
    struct rng rng = {32};
    struct lode_source_info info = {.struct_size = sizeof info};
    lode_index *index = open_ok(tmp_path("t.lode"));
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_source_info(index, 0, &info, NULL), LODE_OK);
    assert_int_equal(info.track, LODE_TRACK_F32);
    assert_int_equal(info.contigs, 3);
    const struct lode_contig one = found(index, "one"), two = found(index, "two");
    assert_int_equal(one.track, LODE_TRACK_F32);
    assert_int_equal(one.length, FIRST * 4);
    assert_int_equal(found(index, "none").length, 0);
    for (int k = 0; k < 300; k++) {
        const bool first = rng_below(&rng, 2) == 0;
        const int64_t limit = first ? FIRST : SECOND;
        const int64_t begin = (int64_t)rng_below(&rng, (uint64_t)limit + 1);
        const int64_t n = (int64_t)rng_below(&rng, (uint64_t)(limit - begin) + 1);
        assert_int_equal(lode_fetch_at(reader, first ? &one : &two, 4 * begin, 4 * (begin + n), got,
                                       sizeof got, LODE_BOUNDS_ERROR, 0, NULL),
                         4 * n);
        assert_memory_equal(got, values + (first ? 0 : FIRST) + begin, (size_t)n * 4);
    }
    assert_int_equal(
        lode_fetch_at(reader, &two, 0, SECOND * 4 + 4, got, sizeof got, LODE_BOUNDS_ERROR, 0, NULL),
        LODE_E_RANGE);
    lode_reader_free(reader);
    lode_close(index);
}

static int fetch_many(lode_reader *reader, const struct lode_batch *how, uint32_t flags, void *mask)
{
    static float room[8];
    struct lode_request q = {.contig = 0,
                             .begin = 0,
                             .end = 4,
                             .dst = room,
                             .dst_size = sizeof room,
                             .flags = flags,
                             .mask = mask};
    assert_true(lode_fetch_many(reader, &q, 1, how, NULL) >= 0);
    return q.status;
}

static void test_refused(void **state)
{
    (void)state;
    static const float table[256] = {0};
    static uint8_t mask[4];
    const uint64_t seed = 1;
    const struct lode_encoding e = {
        .struct_size = sizeof e, .kind = LODE_ENCODE_TABLE, .dtype = LODE_F32, .table = table};
    lode_index *index = open_ok(tmp_path("t.lode"));
    lode_reader *reader = reader_ok(index);
    const struct lode_contig one = found(index, "one");
    struct lode_composition sum;
    struct lode_interval interval;
    struct lode_batch how = LODE_BATCH_INIT;
    uint8_t dst[4];
    assert_int_equal(fetch_many(reader, &how, 0, NULL), LODE_OK);
    assert_int_equal(fetch_many(reader, &how, LODE_UPPER, NULL), LODE_E_ARG);
    assert_int_equal(fetch_many(reader, &how, LODE_REVERSE_COMPLEMENT, NULL), LODE_E_ARG);
    assert_int_equal(fetch_many(reader, &how, 0, mask), LODE_E_ARG);
    how.n_seed = &seed;
    assert_int_equal(fetch_many(reader, &how, 0, NULL), LODE_E_ARG);
    how.n_seed = NULL;
    how.encoding = &e;
    assert_int_equal(fetch_many(reader, &how, 0, NULL), LODE_E_ARG);
    how.encoding = NULL;
    how.bounds = LODE_BOUNDS_PAD;
    assert_int_equal(fetch_many(reader, &how, 0, NULL), LODE_E_ARG);
    for (uint32_t flags = 0; flags < 2; flags++)
        assert_int_equal(lode_fetch_at(reader, &one, 0, 4, dst, 4,
                                       flags ? LODE_BOUNDS_ERROR : LODE_BOUNDS_PAD, flags, NULL),
                         LODE_E_ARG);
    assert_int_equal(lode_composition_at(reader, &one, 0, 4, &sum, NULL), LODE_E_ARG);
    assert_int_equal(lode_intervals(index, &one, LODE_FEATURE_N, 0, 4, &interval, 1, NULL),
                     LODE_E_ARG);
    lode_reader_free(reader);
    lode_close(index);
}

static void test_refused_builds(void **state)
{
    (void)state;
    const char *input = tmp_path("t.track.gz");
    struct lode_build_options o = LODE_BUILD_OPTIONS_INIT;
    o.out = tmp_path("other.lode");
    o.track = LODE_TRACK_F64 + 1;
    assert_int_equal(lode_build(&input, 1, &o, NULL, NULL), LODE_E_ARG);
    o.track = LODE_TRACK_F32;
    o.pack = 1;
    assert_int_equal(lode_build(&input, 1, &o, NULL, NULL), LODE_E_ARG);
    o.pack = 0;
    o.digest = 1;
    assert_int_equal(lode_build(&input, 1, &o, NULL, NULL), LODE_E_ARG);
    o.digest = 0;
    o.track = LODE_TRACK_F64; /* whole ones, too */
    assert_int_equal(lode_build(&input, 1, &o, NULL, NULL), LODE_OK);
    assert_int_equal(remove(tmp_path("t.track.gz.idx")), 0);
    assert_int_equal(lode_build(&input, 1, &o, NULL, NULL), LODE_E_MISSING);
}

/* Fields of rows that lie, sums made right again. */
static void test_rows_that_lie(void **state)
{
    (void)state;
    static const struct damage damages[] = {
        {LODE_ID_SRCE, 0, LODE_SRCE_FLAGS, 2, 2 << LODE_SOURCE_DTYPE_SHIFT, "S-8"}, /* 13 */
        {LODE_ID_SRCE, 0, LODE_SRCE_FLAGS, 2, -(11 << LODE_SOURCE_DTYPE_SHIFT), "C-15"},
        {LODE_ID_SRCE, 0, LODE_SRCE_FLAGS, 2, 1 << LODE_SOURCE_DTYPE_SHIFT, "C-15"}, /* f64 */
        {LODE_ID_CTIG, 0, LODE_CTIG_ENCODING, 1, -1, "C-15"},
        {LODE_ID_CTIG, 0, LODE_CTIG_ENCODING, 1, 1, "C-3"},
        {LODE_ID_CTIG, 0, LODE_CTIG_LEAD, 1, 1, "C-15"},
        {LODE_ID_CTIG, 0, LODE_CTIG_LENGTH, 8, -2, "C-4"},
        {LODE_ID_CTIG, 0, LODE_CTIG_LENGTH, 8, 4, "C-4"},
        {LODE_ID_CTIG, 0, LODE_CTIG_LINE_BASES, 8, -4, "C-4"},
        {LODE_ID_CTIG, 0, LODE_CTIG_DEFLINE_LEN, 4, 1, "C-6"},
        {LODE_ID_CTIG, 0, LODE_CTIG_DESC_OFF, 8, 1, "C-6"},
        {LODE_ID_CTIG, 0, LODE_CTIG_FLAGS, 2, 1, "C-8"},
        {LODE_ID_CTIG, 1, LODE_CTIG_TEXT_OFF, 8, 4, "G-4"},
        {LODE_ID_CTIG, 2, LODE_CTIG_LENGTH, 8, -4, "C-4"},
        {LODE_ID_CTIG, 0, LODE_CTIG_BASE_OFF, 8, 1, "C-9"},
    };
    struct bytes image = reseal_copy();
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 1), LODE_OK);
    uint8_t *row = reseal_row(image.p, LODE_ID_CTIG, 0); /* half a value */
    lode_put64(row + LODE_CTIG_LENGTH, FIRST * 4 - 2);
    lode_put64(row + LODE_CTIG_LINE_BASES, FIRST * 4 - 2);
    reseal_expect(&image, LODE_VERIFY_INDEX, "C-15");
    bytes_free(&image);
    reseal_check(damages, COUNT_OF(damages), LODE_VERIFY_INDEX);
}

/* Values that changed behind the index's back. */
static void test_changed_values(void **state)
{
    (void)state;
    struct bytes file = file_read(tmp_path("t.track.gz"));
    struct bytes image = reseal_copy();
    lode_index *index = open_ok(tmp_path("t.lode"));
    lode_reader *reader = reader_ok(index);
    const struct lode_contig one = found(index, "one");
    uint8_t dst[4];
    file.p[file.n / 2] ^= 1;
    file_write(tmp_path("t.track.gz"), file.p, file.n);
    int refused = 0;
    for (int64_t at = 0; at < FIRST * 4; at += 4) {
        const int64_t n =
            lode_fetch_at(reader, &one, at, at + 4, dst, 4, LODE_BOUNDS_ERROR, 0, NULL);
        refused += n < 0;
        if (n == 4)
            assert_memory_equal(dst, (const uint8_t *)values + at, 4);
    }
    assert_true(refused > 0);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 1), LODE_E_DAMAGED);
    lode_reader_free(reader);
    lode_close(index);
    bytes_free(&image);
    bytes_free(&file);
}

#define TRACK_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRACK_TEST(test_values_come_back), TRACK_TEST(test_refused),
        TRACK_TEST(test_refused_builds),   TRACK_TEST(test_rows_that_lie),
        TRACK_TEST(test_changed_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
