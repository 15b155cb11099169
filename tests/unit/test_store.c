/* Stores of records: what is put comes back by number, by key and in batches, whatever the codec.
 */
#include "store_support.h"

#include <unistd.h>

/* ---- round trips ----------------------------------------------------------------------------- */

static void round_trip(struct lode_store_options *options)
{
    struct lode_diag diag;
    lode_store *store;
    records_make(77 + (uint64_t)options->keys, options->keys);
    lode_store_writer *writer = store_create(tmp_path("a.lode"), options);
    store_put_all(writer);
    assert_int_equal(access(tmp_path("a.lode"), F_OK), -1);
    store = store_publish(writer);
    store_check(store, options);
    lode_store_close(store);
    for (int mode = LODE_MAP_SHARED; mode <= LODE_MAP_GUARDED; mode++) {
        struct lode_store_open_options open = LODE_STORE_OPEN_OPTIONS_INIT;
        open.map_mode = mode;
        if (lode_store_open(tmp_path("a.lode"), &open, &store, &diag) != LODE_OK)
            fail_msg("%s", diag.message);
        store_check(store, options);
        lode_store_close(store);
    }
    writer = store_create(NULL, options); /* in memory */
    store_put_all(writer);
    store = store_publish(writer);
    store_check(store, options);
    lode_store_close(store);
    remove(tmp_path("a.lode"));
    records_free();
}

static void test_round_trips(void **state)
{
    (void)state;
    static const int aligns[] = {0, 1, 64};
    for (int codec = LODE_STORE_RAW; codec <= LODE_STORE_BLOCKS; codec++)
        for (int keys = LODE_STORE_NO_KEYS; keys <= LODE_STORE_INTEGERS; keys++) {
            struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
            options.codec = codec;
            options.keys = keys;
            options.align = aligns[keys % 3];
            options.name = keys % 2 == 0 ? "a name" : NULL;
            options.shuffle = codec == LODE_STORE_ZSTD && keys > 0 ? 1 << keys : 0; /* 2, 4, 8 */
            round_trip(&options);
        }
}

static void test_dictionary(void **state)
{
    (void)state;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    options.keys = LODE_STORE_TEXT;
    records_make(79, options.keys);
    options.dictionary = store_dictionary;
    options.dictionary_size = store_train();
    records_free();
    for (int codec = LODE_STORE_ZSTD; codec <= LODE_STORE_BLOCKS; codec++) {
        options.codec = codec;
        round_trip(&options);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_diag diag;
    for (options.keys = 0; options.keys <= LODE_STORE_INTEGERS; options.keys++) {
        lode_store *store = store_publish(store_create(tmp_path("nothing.lode"), &options));
        assert_int_equal(lode_store_info(store, &info), LODE_OK);
        assert_int_equal(info.records, 0);
        assert_int_equal(lode_store_find(store, "12345678", 8, &diag), LODE_E_NOT_FOUND);
        assert_int_equal(lode_store_verify(store, NULL, NULL, &diag), LODE_OK);
        lode_store_close(store);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The record that was put last has the key, numbers have no holes. */
static void test_keys_put_again(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b", "a", "c", "b", "a"};
    static const char values[] = {'3', '4', '5'};
    static const char *const keys[] = {"c", "b", "a"};
    struct lode_stored stored;
    struct lode_diag diag;
    lode_store *store = store_publish(store_put_words(words, 6, 0));
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(lode_store_find(store, keys[i], 1, &diag), i);
        assert_int_equal(lode_store_at(store, i, &stored, &diag), LODE_OK);
        assert_memory_equal(stored.data, &values[i], 1);
    }
    assert_int_equal(lode_store_at(store, 3, &stored, &diag), LODE_E_RANGE);
    assert_int_equal(lode_store_verify(store, NULL, NULL, &diag), LODE_OK);
    lode_store_close(store);
    assert_int_equal(lode_store_publish(store_put_words(words, 6, 1), &store, &diag),
                     LODE_E_DUPLICATE);
    assert_non_null(strstr(diag.message, "one key, '"));
    if (lode_store_open(tmp_path("words.lode"), NULL, &store, &diag) != LODE_OK)
        fail_msg("the older store is gone: %s", diag.message);
    lode_store_close(store);
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void test_arguments(void **state)
{
    (void)state;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    struct lode_diag diag = {0};
    static const char long_key[70000];
    options.align = 3;
    assert_int_equal(lode_store_create(NULL, &options, &writer, &diag), LODE_E_ARG);
    options.align = 0;
    options.dictionary = "x";
    options.dictionary_size = 1;
    assert_int_equal(lode_store_create(NULL, &options, &writer, &diag), LODE_E_ARG);
    options = (struct lode_store_options)LODE_STORE_OPTIONS_INIT;
    assert_null(writer);
    writer = store_create(NULL, &options);
    assert_int_equal(lode_store_put(writer, "k", 1, "v", 1, NULL, &diag), LODE_E_ARG);
    assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_E_ARG);
    options.keys = LODE_STORE_INTEGERS;
    writer = store_create(NULL, &options);
    assert_int_equal(lode_store_put(writer, "1234567", 7, "v", 1, NULL, &diag), LODE_E_ARG);
    lode_store_discard(writer);
    options.keys = LODE_STORE_BYTES;
    writer = store_create(NULL, &options);
    assert_int_equal(lode_store_put(writer, long_key, 65536, "v", 1, NULL, &diag), LODE_E_ARG);
    assert_int_equal(lode_store_put(writer, long_key, 65535, "v", 1, NULL, &diag), LODE_OK);
    lode_store *store = store_publish(writer); /* a refused put does no harm */
    assert_int_equal(lode_store_find(store, long_key, 65535, &diag), 0);
    assert_int_equal(lode_store_find(store, long_key, 65536, &diag), LODE_E_NOT_FOUND);
    lode_store_reader *reader = NULL;
    char room[4] = "abc";
    struct lode_store_request requests[] = {{.dst = room, .dst_size = -1},
                                            {.dst = NULL, .dst_size = 4},
                                            {.dst = room, .dst_size = 4},
                                            {.dst = NULL, .dst_size = 0}};
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    assert_int_equal(lode_store_get_many(reader, requests, 4, 1, &diag), 3);
    assert_int_equal(requests[0].status, LODE_E_ARG);
    assert_int_equal(requests[1].status, LODE_E_ARG);
    assert_int_equal(requests[2].status, LODE_OK);
    assert_int_equal(requests[3].status, LODE_E_SPACE);
    assert_string_equal(room, "vbc");
    const void *keys[] = {NULL, NULL, long_key};
    const size_t lens[] = {2, 0, 65535};
    int64_t numbers[3];
    assert_int_equal(lode_store_find_many(store, keys, lens, 3, numbers), 2);
    assert_true(numbers[0] == LODE_E_ARG && numbers[1] == LODE_E_NOT_FOUND && numbers[2] == 0);
    assert_int_equal(lode_store_find(store, NULL, 0, &diag), LODE_E_NOT_FOUND);
    assert_int_equal(lode_store_find(store, NULL, 1, &diag), LODE_E_ARG);
    memset(&diag, 0, sizeof diag);
    assert_int_equal(lode_store_get_many(reader, &requests[2], 1, 1, &diag), 0);
    assert_true(diag.status == 0 && diag.message[0] == 0);
    lode_store_reader_free(reader);
    lode_store_close(store);
    assert_int_equal(lode_store_create("/nowhere/at/all", NULL, &writer, &diag), LODE_E_IO);
    lode_store_discard(NULL);
    lode_store_close(NULL);
    lode_store_reader_free(NULL);
}

/* ---- other files ----------------------------------------------------------------------------- */

static void test_other_files(void **state)
{
    (void)state;
    struct rng rng = {3};
    const struct style style = {.records = 2, .max_length = 100, .max_width = 10};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, "a.fa", 0);
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    struct lode_store_open_options open = LODE_STORE_OPEN_OPTIONS_INIT;
    lode_close(index);
    assert_int_equal(lode_store_open(tmp_path("a.fa.lode"), NULL, &store, &diag), LODE_E_NOT_FOUND);
    assert_non_null(strstr(diag.message, "holds no records"));
    assert_int_equal(lode_store_open(tmp_path("a.fa"), NULL, &store, &diag), LODE_E_NOT_LODE);
    assert_int_equal(lode_store_open(tmp_path("none"), NULL, &store, &diag), LODE_E_IO);
    static const char *const words[] = {"a"};
    lode_store_close(store_publish(store_put_words(words, 1, 0)));
    assert_int_equal(lode_open(tmp_path("words.lode"), NULL, &index, &diag), LODE_E_LAYOUT);
    open.name = "other";
    assert_int_equal(lode_store_open(tmp_path("words.lode"), &open, &store, &diag),
                     LODE_E_NOT_FOUND);
    open.name = "";
    open.content_id = 1;
    assert_int_equal(lode_store_open(tmp_path("words.lode"), &open, &store, &diag), LODE_E_STALE);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_round_trips),    TMP_TEST(test_dictionary), TMP_TEST(test_nothing),
        TMP_TEST(test_keys_put_again), TMP_TEST(test_arguments),  TMP_TEST(test_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
