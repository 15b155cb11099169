/* Stores that are written on: what is put and removed later, beside readers of what was there, by
 * one writer at a time. */
#include "store_support.h"

static lode_store_writer *append(const char *path)
{
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    if (lode_store_append(path, &writer, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return writer;
}

/* The second half is put later; what was there is read on meanwhile, and so is what comes. */
static void check_append(int codec, int keys)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    const char *path = tmp_path("on.lode");
    options.codec = codec;
    options.keys = keys;
    options.name = "on";
    records_make(500, keys);
    if (codec != LODE_STORE_RAW) {
        options.dictionary = store_dictionary;
        options.dictionary_size = store_train();
    }
    lode_store_writer *writer = store_create(path, &options);
    right.count = RECORDS / 2;
    store_put_all(writer);
    lode_store *older = store_publish(writer);
    writer = append(path);
    for (size_t i = RECORDS / 2; i < RECORDS; i++)
        assert_int_equal(lode_store_put(writer, right.keys[i], right.key_lens[i], right.data[i].p,
                                        right.data[i].n, record_types[right.types[i]], NULL),
                         LODE_OK);
    lode_store *store = store_publish(writer);
    right.count = RECORDS;
    store_check(store, &options);
    struct lode_store_info info = {.struct_size = sizeof info};
    assert_int_equal(lode_store_info(older, &info), LODE_OK);
    assert_int_equal(info.records, RECORDS / 2);
    assert_int_equal(lode_store_verify(older, NULL, NULL, NULL), LODE_OK);
    lode_store_close(older);
    lode_store_close(store);
    records_free();
}

static void test_append(void **state)
{
    (void)state;
    for (int codec = LODE_STORE_RAW; codec <= LODE_STORE_BLOCKS; codec++)
        for (int keys = LODE_STORE_NO_KEYS; keys <= LODE_STORE_INTEGERS; keys++)
            check_append(codec, keys);
}

/* Removed, removed and put again, put and removed, removed without having been there. */
static void test_remove(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b", "c", "d"};
    struct lode_stored stored;
    struct lode_diag diag;
    lode_store_close(store_publish(store_put_words(words, 4, 0)));
    lode_store_writer *writer = append(tmp_path("words.lode"));
    assert_int_equal(lode_store_remove(writer, "a", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_remove(writer, "b", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_put(writer, "b", 1, "new", 3, NULL, &diag), LODE_OK);
    assert_int_equal(lode_store_put(writer, "e", 1, "gone", 4, NULL, &diag), LODE_OK);
    assert_int_equal(lode_store_remove(writer, "e", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_remove(writer, "f", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_remove_at(writer, 3, &diag), LODE_OK);
    assert_int_equal(lode_store_remove_at(writer, 300, &diag), LODE_E_RANGE);
    lode_store *store = store_publish(writer);
    assert_int_equal(lode_store_find(store, "c", 1, &diag), 0);
    assert_int_equal(lode_store_find(store, "b", 1, &diag), 1);
    assert_int_equal(lode_store_at(store, 1, &stored, &diag), LODE_OK);
    assert_int_equal(stored.size, 3);
    assert_memory_equal(stored.data, "new", 3);
    assert_int_equal(lode_store_at(store, 2, &stored, &diag), LODE_E_RANGE);
    for (const char *gone = "adef"; *gone != 0; gone++)
        assert_int_equal(lode_store_find(store, gone, 1, &diag), LODE_E_NOT_FOUND);
    assert_int_equal(lode_store_verify(store, NULL, NULL, &diag), LODE_OK);
    lode_store_close(store);
}

static void test_remove_by_number(void **state)
{
    (void)state;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    struct lode_stored stored;
    lode_store_writer *writer = store_create(tmp_path("n.lode"), &options);
    for (char c = 'a'; c < 'f'; c++)
        assert_int_equal(lode_store_put(writer, NULL, 0, &c, 1, NULL, NULL), LODE_OK);
    lode_store_close(store_publish(writer));
    writer = append(tmp_path("n.lode"));
    assert_int_equal(lode_store_remove(writer, "a", 1, NULL), LODE_E_ARG);
    assert_int_equal(lode_store_remove_at(writer, 0, NULL), LODE_OK);
    assert_int_equal(lode_store_remove_at(writer, 3, NULL), LODE_OK);
    lode_store *store = store_publish(writer);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(lode_store_at(store, i, &stored, NULL), LODE_OK);
        assert_int_equal(*(const char *)stored.data, "bce"[i]);
    }
    assert_int_equal(lode_store_at(store, 3, &stored, NULL), LODE_E_RANGE);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_close(store);
}

/* Neither what was there nor what was put before is replaced. */
static void test_unique(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b"};
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    struct lode_diag diag;
    lode_store_close(store_publish(store_put_words(words, 2, 0)));
    for (const char *key = "bc"; *key != 0; key++) {
        lode_store_writer *writer = append(tmp_path("words.lode"));
        assert_int_equal(lode_store_unique(writer, &diag), LODE_OK);
        for (int i = 0; i < 2; i++)
            assert_int_equal(lode_store_put(writer, key, 1, "x", 1, NULL, &diag), LODE_OK);
        assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_E_DUPLICATE);
        assert_non_null(strstr(diag.message, tmp_path("words.lode")));
        assert_non_null(strstr(diag.message, *key == 'b' ? "'b'" : "'c'"));
    }
    lode_store_writer *writer = append(tmp_path("words.lode"));
    assert_int_equal(lode_store_unique(writer, &diag), LODE_OK);
    assert_int_equal(lode_store_put(writer, "c", 1, "x", 1, NULL, &diag), LODE_OK);
    lode_store *store = store_publish(writer);
    assert_int_equal(lode_store_find(store, "c", 1, &diag), 2);
    lode_store_close(store);
    assert_int_equal(lode_store_unique(NULL, &diag), LODE_E_ARG);
    writer = store_create(tmp_path("n.lode"), &options);
    assert_int_equal(lode_store_unique(writer, &diag), LODE_E_ARG);
    lode_store_discard(writer);
}

static void test_one_writer_at_a_time(void **state)
{
    (void)state;
    static const char *const words[] = {"a"};
    lode_store_writer *second = NULL;
    struct lode_diag diag;
    lode_store_close(store_publish(store_put_words(words, 1, 0)));
    lode_store_writer *first = append(tmp_path("words.lode"));
    assert_int_equal(lode_store_append(tmp_path("words.lode"), &second, &diag), LODE_E_BUSY);
    assert_non_null(strstr(diag.message, "another writer"));
    lode_store_discard(first);
    second = append(tmp_path("words.lode"));
    lode_store_close(store_publish(second));
    lode_store_discard(append(tmp_path("words.lode")));
    assert_int_equal(lode_store_append(tmp_path("none.lode"), &second, &diag), LODE_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_append),
        TMP_TEST(test_remove),
        TMP_TEST(test_remove_by_number),
        TMP_TEST(test_unique),
        TMP_TEST(test_one_writer_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
