/* Sets at their corners: of nothing, of one thing twice, of long names, at odd paths; hostile ones
 * that name themselves or lie about what is out of use; and damaged ones, which nobody replaces. */
#include "layout.h"
#include "reseal.h"
#include "set_support.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char all[600];

static int make(void **state)
{
    const int status = tmp_make(state);
    snprintf(all, sizeof all, "%s", tmp_path("all.lode"));
    return status;
}
#define CORNER_TEST(test) cmocka_unit_test_setup_teardown(test, make, tmp_drop)

static int count_files(void)
{
    int n = 0;
    DIR *dir = opendir(tmp_root);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static int add_text(const char *out, const char *leaf, const char *text, int track)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("%s", leaf);
    file_write(input, text, strlen(text));
    how.out = out;
    how.add = 1;
    how.track = track;
    return lode_build(&input, 1, &how, NULL, NULL);
}

/* ---- stores ---------------------------------------------------------------------------------- */

static lode_store_writer *created(const char *path, const char *name)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    options.keys = LODE_STORE_TEXT;
    options.name = name;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    return w;
}

static lode_store_writer *extended(const char *path)
{
    lode_store_writer *w = NULL;
    struct lode_diag diag = {0};
    if (lode_store_extend(path, &w, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return w;
}

static void put(lode_store_writer *w, const char *key, const char *value)
{
    assert_int_equal(lode_store_put(w, key, strlen(key), value, strlen(value), NULL, NULL),
                     LODE_OK);
}

static void publish(lode_store_writer *w)
{
    struct lode_diag diag = {0};
    if (lode_store_publish(w, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

static lode_store *opened(const char *path)
{
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    if (lode_store_open(path, NULL, &store, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return store;
}

/* key=value pairs, in order, and nothing more. */
static void check(const char *path, const char *const *pairs, int64_t members)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store *store = opened(path);
    lode_store_reader *reader = NULL;
    int64_t n = 0;
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    for (; pairs[2 * n] != NULL; n++) {
        char value[64] = "";
        const char *key = pairs[2 * n];
        assert_int_equal(lode_store_find(store, key, strlen(key), NULL), n);
        assert_int_equal(lode_store_get(reader, n, value, sizeof value, NULL),
                         strlen(pairs[2 * n + 1]));
        assert_string_equal(value, pairs[2 * n + 1]);
    }
    assert_int_equal(lode_store_get(reader, n, NULL, 0, NULL), LODE_E_RANGE);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, n);
    assert_int_equal(info.members, members);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_reader_free(reader);
    lode_store_close(store);
}

/* Two members of the same content are one file. */
static void test_the_same_again(void **state)
{
    (void)state;
    static const char *const values[] = {"v", "w", "v", "w", "v"};
    lode_store_writer *w = created(all, NULL);
    put(w, "k", "v");
    publish(w);
    for (int i = 1; i < 5; i++) {
        w = extended(all);
        put(w, "k", values[i]);
        publish(w);
        check(all, (const char *const[]){"k", values[i], NULL}, i + 1);
        assert_int_equal(count_files(), 3);
    }
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    static const char *const nothing[] = {NULL};
    lode_store_writer *w = created(all, NULL);
    publish(w);
    check(all, nothing, 0);
    w = extended(all); /* of a store that holds nothing */
    put(w, "a", "1");
    put(w, "b", "2");
    publish(w);
    check(all, (const char *const[]){"a", "1", "b", "2", NULL}, 2);
    w = extended(all);
    put(w, "c", "3");
    assert_int_equal(lode_store_remove(w, "c", 1, NULL), LODE_OK);
    assert_int_equal(lode_store_remove(w, "a", 1, NULL), LODE_OK);
    assert_int_equal(lode_store_remove_at(w, 1, NULL), LODE_OK);
    publish(w);
    check(all, nothing, 2);
    w = extended(all);
    put(w, "b", "4");
    publish(w);
    check(all, (const char *const[]){"b", "4", NULL}, 3);
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    w = extended(all);
    assert_int_equal(lode_store_remove_at(w, 0, NULL), LODE_OK);
    publish(w);
    assert_int_equal(lode_store_compact(all, &options, NULL, NULL), LODE_OK);
    check(all, nothing, 0);
    assert_int_equal(count_files(), 1);
}

/* By a name alone, beside the working directory, and through a link. */
static void test_paths(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(tmp_path("d"), 0777), 0);
    assert_int_equal(symlink("d/s.lode", tmp_path("link")), 0);
    assert_int_equal(chdir(tmp_path("d")), 0);
    lode_store_writer *w = created("s.lode", "words");
    put(w, "a", "1");
    publish(w);
    w = extended("s.lode");
    put(w, "b", "2");
    publish(w);
    check("s.lode", (const char *const[]){"a", "1", "b", "2", NULL}, 2);
    assert_int_equal(chdir(tmp_root), 0);
    check("d/s.lode", (const char *const[]){"a", "1", "b", "2", NULL}, 2);
    w = extended("link");
    put(w, "a", "3");
    publish(w);
    check("link", (const char *const[]){"b", "2", "a", "3", NULL}, 3);
    assert_int_equal(count_files(), 2); /* the directory and the link, still one */
    assert_int_equal(chdir(before), 0);
    /* by the name of the store that it is */
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    lode_store *store = NULL;
    for (how.map_mode = 0; how.map_mode < 3; how.map_mode++) {
        how.name = "words";
        assert_int_equal(lode_store_open(tmp_path("link"), &how, &store, NULL), LODE_OK);
        lode_store_close(store);
        how.name = "wordS";
        assert_int_equal(lode_store_open(tmp_path("link"), &how, &store, NULL), LODE_E_NOT_FOUND);
    }
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    assert_int_equal(lode_store_compact(tmp_path("link"), &options, NULL, NULL), LODE_OK);
    for (const char *p[] = {"d/s.lode", "d"}, **at = p; at < p + 2; at++)
        assert_int_equal(remove(tmp_path("%s", *at)), 0); /* nothing else is in it */
}

/* What is too long is told before the work is done, and nothing lies about. */
static void test_long_names(void **state)
{
    (void)state;
    for (int n = 237; n < 256; n += n == 238 ? 17 : 1) {
        char leaf[300], path[900];
        struct lode_diag diag = {0};
        lode_store_writer *w = NULL;
        memset(leaf, 'x', sizeof leaf);
        leaf[n] = '\0';
        snprintf(path, sizeof path, "%s/%s", tmp_root, leaf);
        w = created(path, NULL);
        put(w, "a", "1");
        publish(w);
        const int status = lode_store_extend(path, &w, &diag);
        assert_int_equal(status, n == 237 ? LODE_OK : LODE_E_ARG);
        if (status == LODE_OK) {
            put(w, "b", "2");
            publish(w);
            check(path, (const char *const[]){"a", "1", "b", "2", NULL}, 2);
            struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
            assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_OK);
        }
        unlink(path);
        assert_int_equal(add_text(path, "a.fa", ">a\nAC\n", 0), LODE_OK);
        assert_int_equal(add_text(path, "b.fa", ">b\nAC\n", 0), n == 237 ? LODE_OK : LODE_E_ARG);
        assert_int_equal(count_files(), n == 237 ? 5 : 3);
        struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
        const char *input = tmp_path("a.fa");
        how.out = path;
        assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
        unlink(path);
        assert_int_equal(count_files(), 2);
    }
}

/* A name of a store that is longer than one that lode gives would be cut short. */
static void test_long_name_of_a_store(void **state)
{
    (void)state;
    char name[256];
    struct lode_diag diag = {0};
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    lode_store_writer *w = created(all, name);
    put(w, "abc", "def");
    publish(w);
    struct bytes image = file_read(all);
    uint8_t *info = reseal_row(image.p, LODE_ID_RINF, 0);
    /* it ends behind a type's text; there is none, so what follows is padding */
    reseal_entry(image.p, LODE_ID_RSTR)[LODE_ENTRY_LENGTH] = 0;
    reseal_entry(image.p, LODE_ID_RSTR)[LODE_ENTRY_LENGTH + 1] = 1;
    reseal_entry(image.p, LODE_ID_RSTR)[LODE_ENTRY_COUNT] = 0;
    reseal_entry(image.p, LODE_ID_RSTR)[LODE_ENTRY_COUNT + 1] = 1;
    info[LODE_RINF_NAME_LEN] = 0;
    info[LODE_RINF_NAME_LEN + 1] = 1;
    reseal(image.p, image.n);
    file_write(all, image.p, image.n);
    bytes_free(&image);
    lode_store_close(opened(all));
    assert_int_equal(lode_store_extend(all, &w, &diag), LODE_E_ARG);
    assert_non_null(strstr(diag.message, "256 bytes"));
    assert_int_equal(lode_store_append(all, &w, &diag), LODE_E_ARG);
}

/* ---- hostile --------------------------------------------------------------------------------- */

static void put_bytes(uint8_t *p, uint64_t v, int n)
{
    for (int k = 0; k < n; k++)
        p[k] = (uint8_t)(v >> 8 * k);
}

static void make_set(void)
{
    lode_store_writer *w = created(all, NULL);
    put(w, "a", "1");
    put(w, "b", "2");
    put(w, "c", "3");
    publish(w);
    w = extended(all);
    put(w, "b", "4");
    put(w, "d", "5");
    publish(w);
    w = extended(all);
    put(w, "c", "6");
    publish(w);
}

/* Opening it ends, however many descriptors and however much stack there is. */
static void test_a_set_of_itself(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    make_set();
    struct bytes image = file_read(all);
    uint8_t *row = reseal_row(image.p, LODE_ID_MSET, 0);
    memcpy(reseal_row(image.p, LODE_ID_MSTR, 0), "self", 5);
    put_bytes(row + LODE_MSET_PATH_LEN, 4, 4);
    put_bytes(row + LODE_MSET_FILE_SIZE, image.n, 8);
    reseal(image.p, image.n);
    file_write(tmp_path("self"), image.p, image.n);
    bytes_free(&image);
    assert_int_equal(lode_store_open(tmp_path("self"), NULL, &store, &diag), LODE_E_LAYOUT);
    assert_non_null(strstr(diag.message, "a set itself"));
}

/* Whatever MDED says: a number that is answered is one of a record, and nothing is built on it. */
static void test_lies_about_what_is_out_of_use(void **state)
{
    (void)state;
    static const uint64_t lies[][2] = {{0, 0}, {5, 5}, {UINT64_MAX, UINT64_MAX}, {4, 0}, {2, 1},
                                       {1, 6}, {7, 8}, {1, UINT64_MAX}};
    make_set();
    const struct bytes image = file_read(all);
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        struct lode_store_info info = {.struct_size = sizeof info};
        const char *const keys[] = {"a", "b", "c", "d", "e"};
        const size_t lens[] = {1, 1, 1, 1, 1};
        int64_t numbers[5];
        lode_store_writer *w = NULL;
        struct bytes copy = {0};
        bytes_add(&copy, image.p, image.n);
        for (uint64_t k = 0; k < 2; k++)
            put_bytes(reseal_row(copy.p, LODE_ID_MDED, k), lies[i][k], 8);
        reseal(copy.p, copy.n);
        file_write(all, copy.p, copy.n);
        bytes_free(&copy);
        lode_store *store = opened(all);
        assert_int_equal(lode_store_info(store, &info), LODE_OK);
        assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_E_CORRUPT);
        (void)lode_store_find_many(store, (const void *const *)keys, lens, 5, numbers);
        for (int k = 0; k < 5; k++) {
            const int64_t n = lode_store_find(store, keys[k], 1, NULL);
            assert_int_equal(n, numbers[k]);
            assert_true(n < 0 ? n == LODE_E_NOT_FOUND || n == LODE_E_CORRUPT : n < info.records);
        }
        lode_store_close(store);
        assert_int_equal(lode_store_extend(all, &w, NULL), LODE_OK);
        put(w, "e", "7");
        assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_E_CORRUPT);
        assert_int_equal(count_files(), 4);
    }
    struct bytes gone = image;
    bytes_free(&gone);
}

/* ---- damaged --------------------------------------------------------------------------------- */

/* One file of it is gone: the records of the others are no less there. */
static void test_records_are_not_replaced(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("a.fa");
    make_set();
    file_write(input, ">a\nAC\n", 6);
    struct bytes image = file_read(all);
    assert_int_equal(unlink(tmp_path("%s", (char *)reseal_row(image.p, LODE_ID_MSTR, 0))), 0);
    how.out = all;
    for (how.add = 0; how.add < 2; how.add++)
        assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_E_ARG);
    struct bytes after = file_read(all);
    assert_int_equal(after.n, image.n);
    assert_memory_equal(after.p, image.p, image.n);
    assert_int_equal(count_files(), 4);
    bytes_free(&after);
    bytes_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CORNER_TEST(test_the_same_again),
        CORNER_TEST(test_nothing_is_left),
        CORNER_TEST(test_paths),
        CORNER_TEST(test_long_names),
        CORNER_TEST(test_long_name_of_a_store),
        CORNER_TEST(test_a_set_of_itself),
        CORNER_TEST(test_lies_about_what_is_out_of_use),
        CORNER_TEST(test_records_are_not_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
