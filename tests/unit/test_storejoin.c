/* Several record stores in one file: each is found by its name or place and answers as it did in a
 * file of its own. */
#include "store_support.h"

#include <unistd.h>

enum { KINDS = 12 }; /* codecs x kinds of keys */

static struct lode_store_options options_of(int kind, char name[16])
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    options.codec = kind / 4;
    options.keys = kind % 4;
    snprintf(name, 16, "store %d", kind);
    options.name = name;
    if (options.codec == LODE_STORE_ZSTD) {
        options.dictionary = store_dictionary;
        options.dictionary_size = store_train();
    }
    return options;
}

static lode_store *open_named(const char *path, const char *name, int64_t place, int want)
{
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    how.name = name;
    how.place = place;
    const int status = lode_store_open(path, &how, &store, &diag);
    if (status != want)
        fail_msg("%s %lld: %d %s", name, (long long)place, status, diag.message);
    return store;
}

/* Store by store: found under its name and in its place, and right. */
static void check_all(const char *path)
{
    for (int kind = 0; kind < KINDS; kind++) {
        char name[16];
        records_make(600 + (uint64_t)kind, kind % 4);
        const struct lode_store_options options = options_of(kind, name);
        for (int by_place = 0; by_place < 2; by_place++) {
            struct lode_store_info info = {.struct_size = sizeof info};
            lode_store *store =
                open_named(path, by_place ? NULL : name, by_place ? kind + 1 : 0, LODE_OK);
            store_check(store, &options);
            assert_int_equal(lode_store_info(store, &info), LODE_OK);
            assert_int_equal(info.stores, KINDS);
            assert_string_equal(info.name, name);
            assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
            lode_store_close(store);
        }
        records_free();
    }
}

static void publish(lode_store_writer **writers, int64_t n, const char *path)
{
    struct lode_diag diag;
    if (lode_store_publish_all(writers, n, path, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

/* Put one by one, and copied out of the file that this made. */
static void test_several(void **state)
{
    (void)state;
    const char *path = tmp_path("all.lode"), *again = tmp_path("again.lode");
    lode_store_writer *writers[KINDS];
    char name[16];
    for (int kind = 0; kind < KINDS; kind++) {
        records_make(600 + (uint64_t)kind, kind % 4);
        const struct lode_store_options options = options_of(kind, name);
        writers[kind] = store_create(kind % 2 == 0 ? NULL : tmp_path("unused.lode"), &options);
        store_put_all(writers[kind]);
        records_free();
    }
    publish(writers, KINDS, path);
    assert_int_equal(access(tmp_path("unused.lode"), F_OK), -1);
    check_all(path);
    for (int kind = 0; kind < KINDS; kind++) {
        lode_store *store = open_named(path, NULL, kind + 1, LODE_OK);
        assert_int_equal(lode_store_copy(store, NULL, &writers[kind], NULL), LODE_OK);
        lode_store_close(store);
    }
    publish(writers, KINDS, again);
    check_all(again);
    struct bytes one = file_read(path), other = file_read(again);
    assert_int_equal(one.n, other.n);
    assert_memory_equal(one.p, other.p, one.n);
    bytes_free(&one);
    bytes_free(&other);
    assert_null(open_named(path, "store", 0, LODE_E_NOT_FOUND));
    assert_null(open_named(path, NULL, KINDS + 1, LODE_E_NOT_FOUND));
    assert_null(open_named(path, NULL, -1, LODE_E_ARG));
    assert_null(open_named(path, "store 1", 1, LODE_E_ARG));
    assert_null(open_named(path, NULL, 0, LODE_E_AMBIGUOUS));
    lode_store_writer *writer = NULL;
    assert_int_equal(lode_store_append(path, &writer, NULL), LODE_E_AMBIGUOUS);
}

static lode_store_writer *named(const char *name)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    options.keys = LODE_STORE_TEXT;
    options.name = name;
    lode_store_writer *writer = store_create(NULL, &options);
    assert_int_equal(lode_store_put(writer, "key", 3, name, strlen(name), NULL, NULL), LODE_OK);
    return writer;
}

/* Nothing is written, what was there stays, and every writer is gone (the sanitizers tell). */
static void test_refused(void **state)
{
    (void)state;
    const char *path = tmp_path("kept.lode");
    lode_store_writer *writers[LODE_STORES_MAX + 1] = {named("a")};
    publish(writers, 1, path);
    struct bytes before = file_read(path);
    writers[0] = named("a");
    writers[1] = named("a");
    assert_int_equal(lode_store_publish_all(writers, 2, path, NULL), LODE_E_DUPLICATE);
    writers[0] = writers[1] = named("a");
    assert_int_equal(lode_store_publish_all(writers, 2, path, NULL), LODE_E_DUPLICATE);
    writers[0] = named("a");
    writers[1] = NULL;
    assert_int_equal(lode_store_publish_all(writers, 2, path, NULL), LODE_E_ARG);
    writers[0] = named("a");
    assert_int_equal(lode_store_publish_all(writers, 1, NULL, NULL), LODE_E_ARG);
    for (int i = 0; i <= LODE_STORES_MAX; i++)
        writers[i] = named("a");
    assert_int_equal(lode_store_publish_all(writers, LODE_STORES_MAX + 1, path, NULL), LODE_E_ARG);
    writers[0] = named("a");
    assert_int_equal(lode_store_publish_all(writers, 1, tmp_path("no/such"), NULL), LODE_E_IO);
    assert_int_equal(lode_store_publish_all(NULL, 1, path, NULL), LODE_E_ARG);
    assert_int_equal(lode_store_copy(NULL, "a", &writers[0], NULL), LODE_E_ARG);
    struct bytes after = file_read(path);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    bytes_free(&before);
    bytes_free(&after);
}

/* As many as there may be, one without a name. */
static void test_most(void **state)
{
    (void)state;
    const char *path = tmp_path("most.lode");
    lode_store_writer *writers[LODE_STORES_MAX];
    char name[16] = "";
    for (int i = 0; i < LODE_STORES_MAX; i++) {
        writers[i] = named(name);
        snprintf(name, sizeof name, "%d", i + 1);
    }
    publish(writers, LODE_STORES_MAX, path);
    for (int i = 0; i < LODE_STORES_MAX; i++) {
        struct lode_stored stored;
        snprintf(name, sizeof name, "%d", i);
        name[i == 0 ? 0 : sizeof name - 1] = '\0';
        lode_store *store = open_named(path, name, 0, LODE_OK);
        assert_int_equal(lode_store_lookup(store, "key", 3, &stored, NULL), LODE_OK);
        assert_int_equal(stored.size, strlen(name));
        assert_memory_equal(stored.data, name, strlen(name));
        lode_store_close(store);
    }
}

/* A byte of the heap is wrong: the copy is refused, not sealed anew. */
static void test_damage_is_not_copied(void **state)
{
    (void)state;
    const char *path = tmp_path("harm.lode");
    lode_store_writer *writer = named("find this");
    publish(&writer, 1, path);
    struct bytes image = file_read(path);
    uint8_t *at = memmem(image.p, image.n, "find this", 9);
    assert_non_null(at);
    for (uint8_t *next = at; next != NULL;
         next = memmem(at + 1, image.n - (size_t)(at + 1 - image.p), "find this", 9))
        at = next; /* the name stands before the record */
    at[0] ^= 1;
    file_write(path, image.p, image.n);
    bytes_free(&image);
    lode_store *store = open_named(path, NULL, 0, LODE_OK);
    assert_int_equal(lode_store_copy(store, NULL, &writer, NULL), LODE_E_PAGE_SUM);
    lode_store_close(store);
}

/* Cut short while it is copied, the dictionary too: a status, where the guard was asked for. */
static void test_cut_short_is_told(void **state)
{
    (void)state;
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    const char *path = tmp_path("cut.lode");
    for (int kind = 0; kind < KINDS; kind++) {
        char name[16];
        lode_store_writer *writer = NULL;
        lode_store *store = NULL;
        records_make(600, kind % 4);
        const struct lode_store_options options = options_of(kind, name);
        writer = store_create(path, &options);
        store_put_all(writer);
        records_free();
        publish(&writer, 1, path);
        how.map_mode = LODE_MAP_GUARDED;
        assert_int_equal(lode_store_open(path, &how, &store, NULL), LODE_OK);
        assert_int_equal(truncate(path, 0), 0);
        assert_int_equal(lode_store_copy(store, NULL, &writer, NULL), LODE_E_TRUNCATED);
        lode_store_close(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_several),
        TMP_TEST(test_refused),
        TMP_TEST(test_most),
        TMP_TEST(test_damage_is_not_copied),
        TMP_TEST(test_cut_short_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
