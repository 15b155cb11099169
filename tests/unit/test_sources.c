/* Where a source is looked for, and what is refused: links, moved directories, locators that lead
 * outside, and files that are none. */
#include "reseal.h"
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

static const char text[] = ">a\nACGTACGT\n";

/* What a read of the first contig gives. */
static int64_t read_first(const lode_index *index)
{
    char dst[8];
    struct lode_contig contig;
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_contig_at(index, 0, &contig, NULL), LODE_OK);
    const int64_t n = lode_fetch_at(reader, &contig, 0, 8, dst, 8, LODE_BOUNDS_ERROR, 0, NULL);
    if (n == 8)
        assert_memory_equal(dst, "ACGTACGT", 8);
    lode_reader_free(reader);
    return n;
}

static int64_t read_with(const char *path, int policy, const char *root)
{
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    o.source_policy = policy;
    o.source_root = root;
    assert_int_equal(lode_open(path, &o, &index, NULL), LODE_OK);
    const int64_t n = read_first(index);
    lode_close(index);
    return n;
}

/* A directory with a.fa and its index. */
static const char *make_dir(const char *name)
{
    const char *fa = tmp_path("%s/a.fa", name), *out = tmp_path("%s/a.lode", name);
    assert_int_equal(mkdir(tmp_path("%s", name), 0777), 0);
    file_write(fa, text, sizeof text - 1);
    build_ok(&fa, 1, out);
    return out;
}

static void test_moved_directory(void **state)
{
    (void)state;
    lode_index *index = open_ok(make_dir("before"));
    assert_int_equal(rename(tmp_path("before"), tmp_path("after")), 0);
    assert_int_equal(read_first(index), 8); /* opened before it moved */
    lode_close(index);
    assert_int_equal(read_with(tmp_path("after/a.lode"), 0, NULL), 8);
}

static void test_change_of_directory(void **state)
{
    (void)state;
    char old[4096];
    assert_non_null(getcwd(old, sizeof old));
    make_dir("d");
    assert_int_equal(chdir(tmp_path("d")), 0);
    lode_index *index = open_ok("a.lode");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(read_first(index), 8);
    lode_close(index);
    assert_int_equal(chdir(old), 0);
}

/* The index reached through a link: sources are where it really is, or else next to the link. */
static void test_linked_index(void **state)
{
    (void)state;
    make_dir("real");
    assert_int_equal(mkdir(tmp_path("links"), 0777), 0);
    assert_int_equal(symlink("../real/a.lode", tmp_path("links/b.lode")), 0);
    assert_int_equal(read_with(tmp_path("links/b.lode"), 0, NULL), 8);
    assert_int_equal(rename(tmp_path("real/a.fa"), tmp_path("links/a.fa")), 0);
    assert_int_equal(read_with(tmp_path("links/b.lode"), 0, NULL), 8);
    assert_int_equal(read_with(tmp_path("real/a.lode"), 0, NULL), LODE_E_MISSING);
    /* A wrong file in the real directory does not hide the right one. */
    file_write(tmp_path("real/a.fa"), ">a\nTTTTTTTT\n", sizeof text - 1);
    assert_int_equal(read_with(tmp_path("links/b.lode"), 0, NULL), 8);
}

static void test_linked_source(void **state)
{
    (void)state;
    make_dir("d");
    assert_int_equal(rename(tmp_path("d/a.fa"), tmp_path("store.fa")), 0);
    assert_int_equal(symlink("../store.fa", tmp_path("d/a.fa")), 0);
    assert_int_equal(read_with(tmp_path("d/a.lode"), 0, NULL), 8);
    assert_int_equal(unlink(tmp_path("store.fa")), 0);
    assert_int_equal(read_with(tmp_path("d/a.lode"), 0, NULL), LODE_E_MISSING);
    assert_int_equal(unlink(tmp_path("d/a.fa")), 0);
    assert_int_equal(symlink("a.fa", tmp_path("d/a.fa")), 0); /* of itself */
    assert_int_equal(read_with(tmp_path("d/a.lode"), 0, NULL), LODE_E_IO);
}

static void test_source_root(void **state)
{
    (void)state;
    const char *path = make_dir("d");
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    assert_int_equal(mkdir(tmp_path("other"), 0777), 0);
    assert_int_equal(read_with(path, 0, tmp_path("other")), LODE_E_MISSING);
    assert_int_equal(rename(tmp_path("d/a.fa"), tmp_path("other/a.fa")), 0);
    assert_int_equal(read_with(path, 0, tmp_path("other")), 8);
    assert_int_equal(read_with(path, 0, NULL), LODE_E_MISSING);
    o.source_root = tmp_path("absent");
    assert_int_equal(lode_open(path, &o, &index, NULL), LODE_E_IO);
}

/* ---- policies ------------------------------------------------------------------------------- */

/* An index beside the directory of its source: the locator is "../data/a.fa". */
static const char *make_outside(void)
{
    const char *fa = tmp_path("data/a.fa"), *out = tmp_path("index/x.lode");
    char locator[32];
    assert_int_equal(mkdir(tmp_path("data"), 0777), 0);
    assert_int_equal(mkdir(tmp_path("index"), 0777), 0);
    file_write(fa, text, sizeof text - 1);
    build_ok(&fa, 1, out);
    lode_index *index = open_ok(out);
    assert_int_equal(lode_source_path(index, 0, locator, sizeof locator, NULL), LODE_OK);
    assert_string_equal(locator, "../data/a.fa");
    lode_close(index);
    return out;
}

static void test_outside(void **state)
{
    (void)state;
    const char *path = make_outside();
    assert_int_equal(read_with(path, LODE_SOURCES_BENEATH, NULL), LODE_E_REFUSED);
    assert_int_equal(read_with(path, LODE_SOURCES_OWNER, NULL), 8);
    assert_int_equal(read_with(path, LODE_SOURCES_ANYWHERE, NULL), 8);
}

/* Only root can give a file away. */
static void test_outside_of_another_owner(void **state)
{
    (void)state;
    const char *path = make_outside();
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_int_equal(read_with(path, LODE_SOURCES_OWNER, NULL), LODE_E_REFUSED);
    assert_int_equal(read_with(path, LODE_SOURCES_ANYWHERE, NULL), 8);
}

/* Writes other bytes over the locator in the index file; opening does not look at them. */
static void forge_locator(const char *path, const char *old, const char *new)
{
    struct bytes file = file_read(path);
    uint8_t *at = memmem(file.p, file.n, old, strlen(old));
    assert_non_null(at);
    assert_int_equal(strlen(old), strlen(new));
    memcpy(at, new, strlen(new));
    reseal(file.p, file.n);
    file_write(path, file.p, file.n);
    bytes_free(&file);
}

static void test_forged_locators(void **state)
{
    (void)state;
    static const char *const bad[] = {"/data//a.fa1", "../../..//..", "x/../../a.fa",
                                      "xxxxxxxxx/..", "..//data/a.f"};
    const char *path = make_outside();
    const char *now = "../data/a.fa";
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        forge_locator(path, now, bad[i]);
        now = bad[i];
        assert_int_equal(read_with(path, LODE_SOURCES_BENEATH, NULL), LODE_E_REFUSED);
    }
    forge_locator(path, now, "/data//a.fa1");
    assert_int_equal(read_with(path, LODE_SOURCES_OWNER, NULL), LODE_E_REFUSED);
}

/* A locator from the root of the file system, as long as the relative one it replaces. */
static void test_absolute_locator(void **state)
{
    (void)state;
    char dir[512], relative[600];
    const size_t n = strlen(tmp_root);
    memset(dir, 'd', n);
    dir[n] = 0;
    snprintf(relative, sizeof relative, "%s/a.fa", dir);
    assert_int_equal(mkdir(tmp_path("%s", dir), 0777), 0);
    const char *fa = tmp_path("%s", relative), *path = tmp_path("x.lode");
    const char *absolute = tmp_path("a.fa");
    file_write(fa, text, sizeof text - 1);
    build_ok(&fa, 1, path);
    assert_int_equal(rename(fa, absolute), 0);
    forge_locator(path, relative, absolute);
    assert_int_equal(read_with(path, LODE_SOURCES_BENEATH, NULL), LODE_E_REFUSED);
    assert_int_equal(read_with(path, LODE_SOURCES_OWNER, NULL), LODE_E_REFUSED);
    assert_int_equal(read_with(path, LODE_SOURCES_ANYWHERE, NULL), 8);
    assert_int_equal(read_with(path, LODE_SOURCES_BENEATH, "/"), LODE_E_REFUSED);
}

/* A NUL inside the locator would name another file than the one that was checked. */
static void test_locator_with_nul(void **state)
{
    (void)state;
    const char *path = make_dir("d");
    struct bytes file = file_read(path);
    uint8_t *at = memmem(file.p, file.n, "a.fa\0a", 6);
    assert_non_null(at);
    at[1] = 0;
    reseal(file.p, file.n);
    file_write(path, file.p, file.n);
    file_write(tmp_path("d/a"), text, sizeof text - 1);
    assert_int_equal(read_with(path, 0, NULL), LODE_E_REFUSED);
    bytes_free(&file);
}

/* ---- files that are none -------------------------------------------------------------------- */

static void test_fifo(void **state)
{
    (void)state;
    const char *path = make_dir("d");
    assert_int_equal(unlink(tmp_path("d/a.fa")), 0);
    assert_int_equal(mkfifo(tmp_path("d/a.fa"), 0666), 0);
    assert_int_equal(read_with(path, 0, NULL), LODE_E_REFUSED); /* no writer, and no waiting */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0666), 0);
    lode_index *index = NULL;
    assert_true(lode_open(path, NULL, &index, NULL) < 0);
}

static void test_device_and_directory(void **state)
{
    (void)state;
    const char *path = make_dir("d");
    assert_int_equal(unlink(tmp_path("d/a.fa")), 0);
    assert_int_equal(symlink("/dev/zero", tmp_path("d/a.fa")), 0);
    assert_int_equal(read_with(path, 0, NULL), LODE_E_REFUSED);
    assert_int_equal(unlink(tmp_path("d/a.fa")), 0);
    assert_int_equal(mkdir(tmp_path("d/a.fa"), 0777), 0);
    assert_int_equal(read_with(path, 0, NULL), LODE_E_REFUSED);
    assert_int_equal(rmdir(tmp_path("d/a.fa")), 0);
    assert_int_equal(read_with(path, 0, NULL), LODE_E_MISSING);
}

/* Compresses the file and indexes it in the same pass. */
static void compress_indexed(const char *in, const char *out)
{
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    struct lode_diag diag;
    FILE *f = fopen(in, "rb");
    assert_non_null(f);
    options.index = 1;
    assert_int_equal(lode_compress(fileno(f), in, out, &options, &diag), LODE_OK);
    fclose(f);
}

/* Text without a record gives an index without contigs, on each way: there are no rows to point
 * at. */
static void test_text_without_records(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "\n\r\n\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *plain = tmp_path("plain.fa");
        file_write(plain, texts[i], strlen(texts[i]));
        compress_indexed(plain, tmp_path("made.fa.gz"));
        build_ok(&plain, 1, tmp_path("plain.fa.lode"));
        const char *const paths[] = {tmp_path("made.fa.gz.lode"), tmp_path("plain.fa.lode")};
        for (size_t k = 0; k < COUNT_OF(paths); k++) {
            struct lode_info info = {.struct_size = sizeof info};
            lode_index *index = open_ok(paths[k]);
            assert_int_equal(lode_index_info(index, &info), LODE_OK);
            assert_true(info.sources == 1 && info.contigs == 0);
            lode_close(index);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_moved_directory),
        TMP_TEST(test_change_of_directory),
        TMP_TEST(test_linked_index),
        TMP_TEST(test_linked_source),
        TMP_TEST(test_source_root),
        TMP_TEST(test_outside),
        TMP_TEST(test_outside_of_another_owner),
        TMP_TEST(test_forged_locators),
        TMP_TEST(test_absolute_locator),
        TMP_TEST(test_locator_with_nul),
        TMP_TEST(test_fifo),
        TMP_TEST(test_text_without_records),
        TMP_TEST(test_device_and_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
