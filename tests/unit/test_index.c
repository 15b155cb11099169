/* Opening an index in each way, and the questions it answers without its sources. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const texts[][2] = {
    {"one.fa", ">chr1 first  of\tall\nACGTACGTAC\nGTA\n>chr2\n>both\tin two\r\nNNNN\r\n"},
    {"two.fa", ">both\nGGGG\n>only\nTTTTTTTTTTTTTTTTT\n"},
    {"three.fa", ">  \tlead some\n\n>x\nA\n"},
};

/* The index of all three, all.lode; sources come sorted by locator: one, three, two. */
static const char *build_all(void)
{
    const char *inputs[COUNT_OF(texts)];
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        inputs[i] = tmp_path("%s", texts[i][0]);
        file_write(inputs[i], texts[i][1], strlen(texts[i][1]));
    }
    const char *out = tmp_path("all.lode");
    build_ok(inputs, COUNT_OF(texts), out);
    return out;
}

/* ---- ways to open --------------------------------------------------------------------------- */

static void check_reads(lode_index *index, bool sources)
{
    struct lode_contig contig;
    char dst[8] = {0};
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_find(index, -1, "only", 4, &contig, NULL), LODE_OK);
    assert_int_equal(contig.length, 17);
    const int64_t got = lode_fetch_at(reader, &contig, 1, 5, dst, 8, LODE_BOUNDS_ERROR, 0, NULL);
    assert_int_equal(got, sources ? 4 : LODE_E_MISSING);
    if (sources)
        assert_string_equal(dst, "TTTT");
    lode_reader_free(reader);
    lode_close(index);
}

static void test_map_modes(void **state)
{
    (void)state;
    const char *path = build_all();
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    for (o.map_mode = LODE_MAP_SHARED; o.map_mode <= LODE_MAP_GUARDED; o.map_mode++) {
        lode_index *index = NULL;
        assert_int_equal(lode_open(path, &o, &index, NULL), LODE_OK);
        check_reads(index, true);
    }
    lode_index *none = (lode_index *)&o;
    assert_int_equal(lode_open(path, &o, &none, NULL), LODE_E_ARG);
    o.map_mode = -1;
    assert_int_equal(lode_open(path, &o, &none, NULL), LODE_E_ARG);
    assert_ptr_equal(none, &o); /* set on success only */
}

static void test_descriptor(void **state)
{
    (void)state;
    const int fd = open(build_all(), O_RDONLY);
    lode_index *index = NULL;
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    assert_int_equal(lode_open_fd(fd, &o, &index, NULL), LODE_E_ARG); /* no source_root */
    assert_int_equal(lode_open_fd(fd, NULL, &index, NULL), LODE_E_ARG);
    o.source_root = tmp_root;
    assert_int_equal(lode_open_fd(-1, &o, &index, NULL), LODE_E_ARG);
    assert_int_equal(lode_open_fd(fd, &o, &index, NULL), LODE_OK);
    assert_int_equal(close(fd), 0); /* still the caller's */
    check_reads(index, true);
}

static void test_buffer(void **state)
{
    (void)state;
    struct bytes file = file_read(build_all()), odd = {0};
    lode_index *index = NULL;
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    assert_int_equal(lode_open_buffer(NULL, 0, NULL, &index, NULL), LODE_E_ARG);
    assert_int_equal(lode_open_buffer(file.p, file.n, NULL, &index, NULL), LODE_OK);
    check_reads(index, false);
    o.source_root = tmp_root;
    bytes_add(&odd, "x", 1);
    bytes_add(&odd, file.p, file.n);
    assert_int_equal(lode_open_buffer(odd.p + 1, file.n, &o, &index, NULL), LODE_OK);
    check_reads(index, true); /* from an odd address */
    assert_int_equal(lode_open_buffer("", 0, NULL, &index, NULL), LODE_E_NOT_LODE);
    bytes_free(&file);
    bytes_free(&odd);
}

static void test_what_is_no_index(void **state)
{
    (void)state;
    const char *path = build_all();
    lode_index *index = NULL;
    struct lode_diag diag;
    memset(&diag, 0, sizeof diag);
    assert_int_equal(lode_open(tmp_path("none"), NULL, &index, &diag), LODE_E_IO);
    assert_int_equal(diag.sys_errno, ENOENT);
    assert_non_null(strstr(diag.message, "none"));
    assert_int_equal(lode_open(tmp_path("one.fa"), NULL, &index, &diag), LODE_E_NOT_LODE);
    assert_string_equal(diag.rule, "H-1");
    file_write(tmp_path("empty"), "", 0);
    assert_int_equal(lode_open(tmp_path("empty"), NULL, &index, &diag), LODE_E_NOT_LODE);
    assert_true(lode_open(tmp_root, NULL, &index, NULL) < 0);
    assert_int_equal(lode_open(NULL, NULL, &index, NULL), LODE_E_ARG);
    assert_int_equal(lode_open(path, NULL, NULL, NULL), LODE_E_ARG);
    assert_null(index);
    lode_close(NULL);
    lode_reader_free(NULL);
}

static void test_content_id(void **state)
{
    (void)state;
    const char *path = build_all();
    lode_index *index = open_ok(path);
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    lode_close(index);
    o.content_id = info.content_id;
    assert_int_equal(lode_open(path, &o, &index, NULL), LODE_OK);
    lode_close(index);
    o.content_id ^= 1;
    assert_int_equal(lode_open(path, &o, &index, NULL), LODE_E_STALE);
}

/* Structs of callers that were compiled against an older or a newer library. */
static void test_struct_sizes(void **state)
{
    (void)state;
    const char *path = build_all();
    lode_index *index = NULL;
    struct {
        struct lode_open_options o;
        uint8_t tail[24];
    } newer = {.o = LODE_OPEN_OPTIONS_INIT};
    newer.o.struct_size = sizeof newer;
    assert_int_equal(lode_open(path, &newer.o, &index, NULL), LODE_OK);
    lode_close(index);
    newer.tail[23] = 1;
    assert_int_equal(lode_open(path, &newer.o, &index, NULL), LODE_E_ARG);
    struct lode_open_options older = LODE_OPEN_OPTIONS_INIT;
    older.content_id = 12345; /* beyond what this caller says it knows */
    older.struct_size = offsetof(struct lode_open_options, content_id);
    assert_int_equal(lode_open(path, &older, &index, NULL), LODE_OK);
    older.struct_size = 0;
    lode_index *none = NULL;
    assert_int_equal(lode_open(path, &older, &none, NULL), LODE_E_ARG);
    struct lode_info info;
    memset(&info, 0x7E, sizeof info);
    info.struct_size = offsetof(struct lode_info, contigs);
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    assert_int_equal(info.sources, 3);
    assert_true(info.contigs == 0x7E7E7E7E7E7E7E7E); /* not this caller's memory */
    info.struct_size = 4;
    assert_int_equal(lode_index_info(index, &info), LODE_E_ARG);
    lode_close(index);
}

/* ---- what it knows -------------------------------------------------------------------------- */

static void test_info(void **state)
{
    (void)state;
    lode_index *index = open_ok(build_all());
    struct lode_info info = {.struct_size = sizeof info};
    struct bytes file = file_read(tmp_path("all.lode"));
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    assert_int_equal(info.sources, 3);
    assert_int_equal(info.contigs, 7);
    assert_true(info.file_size == file.n);
    assert_int_equal(info.format_major, 1);
    assert_int_equal(info.format_minor, 0);
    assert_int_equal(info.sections, file.p[24]);
    struct lode_source_info source = {.struct_size = sizeof source};
    assert_int_equal(lode_source_info(index, 2, &source, NULL), LODE_OK);
    assert_int_equal(source.first_contig, 5);
    assert_int_equal(source.contigs, 2);
    assert_int_equal(source.bases, 21);
    assert_int_equal(source.file_size, strlen(texts[1][1]));
    assert_int_equal(source.text_size, strlen(texts[1][1]));
    assert_int_equal(source.kind, 0);
    assert_int_equal(source.blocks, 0);
    assert_int_equal(lode_source_info(index, 3, &source, NULL), LODE_E_RANGE);
    assert_int_equal(lode_source_info(index, -1, &source, NULL), LODE_E_RANGE);
    bytes_free(&file);
    lode_close(index);
}

static void test_composition(void **state)
{
    (void)state;
    lode_index *index = open_ok(build_all());
    struct lode_composition c;
    assert_int_equal(lode_source_composition(index, 0, &c, NULL), LODE_OK);
    assert_int_equal(c.bases, 17);
    assert_int_equal(c.n, 4);
    assert_int_equal(c.gc, 6);
    assert_int_equal(c.lower, 0);
    assert_int_equal(c.other, 0);
    assert_int_equal(lode_source_composition(index, 3, &c, NULL), LODE_E_RANGE);
    lode_close(index);
}

typedef int (*copy_fn)(const lode_index *, int64_t, char *, size_t, size_t *);

/* Copies with every capacity from 0 to length + 2. */
static void check_copy(copy_fn copy, const lode_index *index, int64_t id, const char *want)
{
    const size_t n = strlen(want);
    for (size_t cap = 0; cap <= n + 2; cap++) {
        char buf[64];
        size_t len = 999;
        memset(buf, '?', sizeof buf);
        const int status = copy(index, id, cap > 0 ? buf : NULL, cap, &len);
        assert_int_equal(status, cap < n ? LODE_E_SPACE : LODE_OK);
        assert_int_equal(len, n);
        for (size_t i = cap; i < sizeof buf; i++)
            assert_int_equal(buf[i], '?');
        if (cap >= n)
            assert_memory_equal(buf, want, n);
        if (cap > n)
            assert_int_equal(buf[n], 0);
    }
    assert_int_equal(copy(index, id, NULL, 0, NULL), n == 0 ? LODE_OK : LODE_E_SPACE);
    assert_int_equal(copy(index, id, NULL, 1, NULL), LODE_E_ARG);
    assert_int_equal(copy(index, -1, NULL, 0, NULL), LODE_E_RANGE);
    assert_int_equal(copy(index, 1000, NULL, 0, NULL), LODE_E_RANGE);
    assert_int_equal(copy(index, INT64_MIN, NULL, 0, NULL), LODE_E_RANGE);
}

static void test_strings(void **state)
{
    (void)state;
    static const char *const names[] = {"chr1", "chr2", "both", "lead", "x", "both", "only"};
    static const char *const rests[] = {"first  of\tall", "", "in two", "some", "", "", ""};
    static const char *const sources[] = {"one", "three", "two"};
    lode_index *index = open_ok(build_all());
    for (int64_t i = 0; i < 7; i++) {
        check_copy(lode_contig_name, index, i, names[i]);
        check_copy(lode_contig_description, index, i, rests[i]);
    }
    for (int64_t i = 0; i < 3; i++) {
        char path[16];
        snprintf(path, sizeof path, "%s.fa", sources[i]);
        check_copy(lode_source_name, index, i, sources[i]);
        check_copy(lode_source_path, index, i, path);
    }
    lode_close(index);
}

static void test_contig_at(void **state)
{
    (void)state;
    static const int64_t lengths[] = {13, 0, 4, 0, 1, 4, 17};
    lode_index *index = open_ok(build_all());
    struct lode_contig contig;
    for (int64_t i = 0; i < 7; i++) {
        assert_int_equal(lode_contig_at(index, i, &contig, NULL), LODE_OK);
        assert_int_equal(contig.id, i);
        assert_int_equal(contig.length, lengths[i]);
        assert_int_equal(contig.source, i < 3 ? 0 : i < 5 ? 1 : 2);
    }
    static const int64_t none[] = {-1, 7, INT64_MIN, INT64_MAX, 1LL << 32};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_int_equal(lode_contig_at(index, none[i], &contig, NULL), LODE_E_RANGE);
    assert_int_equal(lode_contig_at(index, 0, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_contig_at(NULL, 0, &contig, NULL), LODE_E_ARG);
    lode_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_map_modes),  TMP_TEST(test_descriptor),
        TMP_TEST(test_buffer),     TMP_TEST(test_what_is_no_index),
        TMP_TEST(test_content_id), TMP_TEST(test_struct_sizes),
        TMP_TEST(test_info),       TMP_TEST(test_composition),
        TMP_TEST(test_strings),    TMP_TEST(test_contig_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
