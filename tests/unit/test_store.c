/* Stores of records: what is put comes back by number, by key and in batches, whatever the codec;
 * what is damaged is refused. */
#include "support.h"

#include <unistd.h>

enum { RECORDS = 700, LONGEST = 3000 };

/* Records made from a seed, kept beside the store as what is right. */
struct records {
    struct bytes data[RECORDS];
    char keys[RECORDS][24];
    size_t key_lens[RECORDS];
    int types[RECORDS];
    size_t count;
};
static struct records right;
static const char *const types[] = {NULL, "{\"dtype\":\"<f4\",\"shape\":[-1,3]}", "", "text"};

static void make_records(uint64_t seed, int keys)
{
    struct rng rng = {seed};
    for (size_t i = 0; i < RECORDS; i++) {
        struct bytes *b = &right.data[i];
        const size_t n = i % 50 == 0 ? 0 : (size_t)rng_below(&rng, LONGEST);
        const uint64_t letters = 1 + rng_below(&rng, 200);
        b->n = 0;
        for (size_t k = 0; k < n; k++) {
            const uint8_t byte = (uint8_t)rng_below(&rng, letters);
            bytes_add(b, &byte, 1);
        }
        if (keys == LODE_STORE_INTEGERS) {
            const int64_t key = (int64_t)(i * 7919) - 1000;
            for (int k = 0; k < 8; k++)
                right.keys[i][k] = (char)((uint64_t)key >> 8 * k);
            right.key_lens[i] = 8;
        } else if (keys == LODE_STORE_NO_KEYS) {
            right.key_lens[i] = 0;
        } else {
            right.key_lens[i] =
                (size_t)snprintf(right.keys[i], sizeof right.keys[i], "%s%zu", "key", i * i);
            if (keys == LODE_STORE_BYTES)
                right.keys[i][0] = 0; /* bytes of any kind */
        }
        if (i == 5 && keys != LODE_STORE_NO_KEYS && keys != LODE_STORE_INTEGERS)
            right.key_lens[i] = 0;
        right.types[i] = (int)rng_below(&rng, COUNT_OF(types));
    }
    right.count = RECORDS;
}

static void free_records(void)
{
    for (size_t i = 0; i < RECORDS; i++)
        bytes_free(&right.data[i]);
}

static lode_store_writer *create(const char *path, const struct lode_store_options *options)
{
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    if (lode_store_create(path, options, &writer, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return writer;
}

static void put_all(lode_store_writer *writer)
{
    struct lode_diag diag;
    for (size_t i = 0; i < right.count; i++)
        if (lode_store_put(writer, right.keys[i], right.key_lens[i], right.data[i].p,
                           right.data[i].n, types[right.types[i]], &diag) != LODE_OK)
            fail_msg("%s", diag.message);
}

static lode_store *publish(lode_store_writer *writer)
{
    struct lode_diag diag;
    lode_store *store = NULL;
    if (lode_store_publish(writer, &store, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    assert_non_null(store);
    return store;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void check_record(const lode_store *store, lode_store_reader *reader, size_t i,
                         const struct lode_store_options *options)
{
    struct lode_stored stored;
    struct lode_diag diag = {0};
    uint8_t dst[LONGEST + 8];
    char text[64];
    size_t len = 0;
    const int64_t n = (int64_t)right.data[i].n;
    assert_int_equal(lode_store_at(store, (int64_t)i, &stored, &diag), LODE_OK);
    assert_int_equal(stored.number, i);
    assert_int_equal(stored.size, n);
    if (stored.data != NULL) {
        assert_memory_equal(stored.data, right.data[i].p, (size_t)n);
        assert_int_equal((uintptr_t)stored.data % (options->align ? (unsigned)options->align : 8),
                         0);
    }
    assert_true(options->codec != LODE_STORE_RAW || stored.data != NULL);
    memset(dst, 0xEE, sizeof dst);
    assert_int_equal(lode_store_get(reader, (int64_t)i, dst, n, &diag), n);
    assert_memory_equal(dst, right.data[i].p, (size_t)n);
    assert_int_equal(dst[n], 0xEE);
    if (n > 0) {
        assert_int_equal(lode_store_get(reader, (int64_t)i, dst, n - 1, &diag), LODE_E_SPACE);
        assert_non_null(strstr(diag.message, "room for"));
    }
    assert_int_equal(lode_store_key(store, (int64_t)i, text, sizeof text, &len), LODE_OK);
    assert_int_equal(len, right.key_lens[i]);
    assert_memory_equal(text, right.keys[i], len);
    if (types[right.types[i]] == NULL) {
        assert_int_equal(stored.type, 0);
    } else {
        assert_int_equal(lode_store_type(store, stored.type, text, sizeof text, &len), LODE_OK);
        assert_string_equal(text, types[right.types[i]]);
    }
}

static void check_keys(const lode_store *store)
{
    const void *keys[RECORDS + 1];
    size_t lens[RECORDS + 1];
    int64_t numbers[RECORDS + 1];
    struct lode_stored stored;
    struct lode_diag diag = {0};
    for (size_t i = 0; i < RECORDS; i++) {
        keys[i] = right.keys[i];
        lens[i] = right.key_lens[i];
        assert_int_equal(lode_store_find(store, keys[i], lens[i], &diag), i);
        assert_int_equal(lode_store_lookup(store, keys[i], lens[i], &stored, &diag), LODE_OK);
        assert_int_equal(stored.number, i);
        assert_int_equal(stored.size, right.data[i].n);
        if (stored.data != NULL)
            assert_memory_equal(stored.data, right.data[i].p, right.data[i].n);
    }
    assert_int_equal(lode_store_lookup(store, "nowhere", 7, &stored, &diag), LODE_E_NOT_FOUND);
    keys[RECORDS] = "nowhere";
    lens[RECORDS] = 7;
    assert_int_equal(lode_store_find(store, "nowhere", 7, &diag), LODE_E_NOT_FOUND);
    assert_int_equal(diag.status, LODE_E_NOT_FOUND);
    assert_int_equal(lode_store_find_many(store, keys, lens, RECORDS + 1, numbers), 1);
    for (size_t i = 0; i < RECORDS; i++)
        assert_int_equal(numbers[i], i);
    assert_int_equal(numbers[RECORDS], LODE_E_NOT_FOUND);
}

/* Any order, some twice, one too small, one that there is not. */
static void check_batch(lode_store_reader *reader, int threads)
{
    enum { N = 2000 };
    static uint8_t dst[N][LONGEST];
    static struct lode_store_request requests[N];
    struct rng rng = {17};
    struct lode_diag diag = {0};
    for (size_t k = 0; k < N; k++)
        requests[k] = (struct lode_store_request){
            .number = (int64_t)rng_below(&rng, RECORDS), .dst = dst[k], .dst_size = LONGEST};
    requests[20].number = RECORDS;
    requests[30].number = 1;
    requests[30].dst_size = (int64_t)right.data[1].n - 1;
    assert_int_equal(lode_store_get_many(reader, requests, N, threads, &diag), 2);
    assert_int_equal(diag.status, LODE_E_RANGE);
    for (size_t k = 0; k < N; k++) {
        if (k == 20 || k == 30) {
            assert_int_equal(requests[k].status, k == 20 ? LODE_E_RANGE : LODE_E_SPACE);
            continue;
        }
        const struct bytes *b = &right.data[requests[k].number];
        assert_int_equal(requests[k].status, LODE_OK);
        assert_int_equal(requests[k].written, b->n);
        assert_memory_equal(dst[k], b->p, b->n);
    }
}

static void check_store(const lode_store *store, const struct lode_store_options *options)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_reader *reader = NULL;
    struct lode_stored stored;
    struct lode_diag diag = {0};
    int64_t bytes = 0;
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, RECORDS);
    assert_int_equal(info.keys, options->keys);
    assert_int_equal(info.codec, options->codec);
    assert_string_equal(info.name, options->name != NULL ? options->name : "");
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    for (size_t i = 0; i < RECORDS; i++) {
        check_record(store, reader, i, options);
        bytes += (int64_t)right.data[i].n;
    }
    assert_int_equal(info.bytes, bytes);
    assert_int_equal(lode_store_at(store, RECORDS, &stored, &diag), LODE_E_RANGE);
    assert_int_equal(lode_store_at(store, -1, &stored, &diag), LODE_E_RANGE);
    if (options->keys != LODE_STORE_NO_KEYS)
        check_keys(store);
    else
        assert_int_equal(lode_store_find(store, "x", 1, &diag), LODE_E_NOT_FOUND);
    int64_t numbers[RECORDS + 1], sizes[RECORDS + 1];
    for (size_t i = 0; i <= RECORDS; i++)
        numbers[i] = (int64_t)(RECORDS - i);
    assert_int_equal(lode_store_sizes(store, numbers, RECORDS + 1, sizes), 1);
    assert_int_equal(sizes[0], LODE_E_RANGE);
    for (size_t i = 1; i <= RECORDS; i++)
        assert_int_equal(sizes[i], right.data[RECORDS - i].n);
    check_batch(reader, 1);
    check_batch(reader, 3);
    if (lode_store_verify(store, NULL, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    lode_store_reader_free(reader);
}

/* ---- round trips ----------------------------------------------------------------------------- */

static uint8_t dictionary[4096];

static size_t train(void)
{
    struct bytes all = {0};
    size_t sizes[RECORDS];
    struct lode_diag diag;
    for (size_t i = 0; i < RECORDS; i++) {
        bytes_add(&all, right.data[i].p, right.data[i].n);
        sizes[i] = right.data[i].n;
    }
    const int64_t n = lode_store_train(all.p, sizes, RECORDS, dictionary, sizeof dictionary, &diag);
    if (n < 0)
        fail_msg("%s", diag.message);
    bytes_free(&all);
    return (size_t)n;
}

static void round_trip(struct lode_store_options *options)
{
    struct lode_diag diag;
    lode_store *store;
    make_records(77 + (uint64_t)options->keys, options->keys);
    lode_store_writer *writer = create(tmp_path("a.lode"), options);
    put_all(writer);
    assert_int_equal(access(tmp_path("a.lode"), F_OK), -1);
    store = publish(writer);
    check_store(store, options);
    lode_store_close(store);
    for (int mode = LODE_MAP_SHARED; mode <= LODE_MAP_GUARDED; mode++) {
        struct lode_store_open_options open = LODE_STORE_OPEN_OPTIONS_INIT;
        open.map_mode = mode;
        if (lode_store_open(tmp_path("a.lode"), &open, &store, &diag) != LODE_OK)
            fail_msg("%s", diag.message);
        check_store(store, options);
        lode_store_close(store);
    }
    writer = create(NULL, options); /* in memory */
    put_all(writer);
    store = publish(writer);
    check_store(store, options);
    lode_store_close(store);
    remove(tmp_path("a.lode"));
    free_records();
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
    make_records(79, options.keys);
    options.dictionary = dictionary;
    options.dictionary_size = train();
    free_records();
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
        lode_store *store = publish(create(tmp_path("nothing.lode"), &options));
        assert_int_equal(lode_store_info(store, &info), LODE_OK);
        assert_int_equal(info.records, 0);
        assert_int_equal(lode_store_find(store, "12345678", 8, &diag), LODE_E_NOT_FOUND);
        assert_int_equal(lode_store_verify(store, NULL, NULL, &diag), LODE_OK);
        lode_store_close(store);
    }
}

/* ---- keys ------------------------------------------------------------------------------------ */

static lode_store_writer *put_words(const char *const *words, size_t n, int unique)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    options.keys = LODE_STORE_TEXT;
    options.unique = unique;
    lode_store_writer *writer = create(tmp_path("words.lode"), &options);
    for (size_t i = 0; i < n; i++) {
        const char value = (char)('0' + i);
        assert_int_equal(lode_store_put(writer, words[i], strlen(words[i]), &value, 1, NULL, NULL),
                         LODE_OK);
    }
    return writer;
}

/* The record that was put last has the key, numbers have no holes. */
static void test_keys_put_again(void **state)
{
    (void)state;
    static const char *const words[] = {"a", "b", "a", "c", "b", "a"};
    static const char values[] = {'3', '4', '5'};
    static const char *const keys[] = {"c", "b", "a"};
    struct lode_stored stored;
    struct lode_diag diag;
    lode_store *store = publish(put_words(words, 6, 0));
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(lode_store_find(store, keys[i], 1, &diag), i);
        assert_int_equal(lode_store_at(store, i, &stored, &diag), LODE_OK);
        assert_memory_equal(stored.data, &values[i], 1);
    }
    assert_int_equal(lode_store_at(store, 3, &stored, &diag), LODE_E_RANGE);
    assert_int_equal(lode_store_verify(store, NULL, NULL, &diag), LODE_OK);
    lode_store_close(store);
    assert_int_equal(lode_store_publish(put_words(words, 6, 1), &store, &diag), LODE_E_DUPLICATE);
    assert_non_null(strstr(diag.message, "one key, '"));
    if (lode_store_open(tmp_path("words.lode"), NULL, &store, &diag) != LODE_OK)
        fail_msg("the older store is gone: %s", diag.message);
    lode_store_close(store);
}

/* ---- writing on -------------------------------------------------------------------------------
 */

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
    make_records(500, keys);
    if (codec != LODE_STORE_RAW) {
        options.dictionary = dictionary;
        options.dictionary_size = train();
    }
    lode_store_writer *writer = create(path, &options);
    right.count = RECORDS / 2;
    put_all(writer);
    lode_store *older = publish(writer);
    writer = append(path);
    for (size_t i = RECORDS / 2; i < RECORDS; i++)
        assert_int_equal(lode_store_put(writer, right.keys[i], right.key_lens[i], right.data[i].p,
                                        right.data[i].n, types[right.types[i]], NULL),
                         LODE_OK);
    lode_store *store = publish(writer);
    right.count = RECORDS;
    check_store(store, &options);
    struct lode_store_info info = {.struct_size = sizeof info};
    assert_int_equal(lode_store_info(older, &info), LODE_OK);
    assert_int_equal(info.records, RECORDS / 2);
    assert_int_equal(lode_store_verify(older, NULL, NULL, NULL), LODE_OK);
    lode_store_close(older);
    lode_store_close(store);
    free_records();
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
    lode_store_close(publish(put_words(words, 4, 0)));
    lode_store_writer *writer = append(tmp_path("words.lode"));
    assert_int_equal(lode_store_remove(writer, "a", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_remove(writer, "b", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_put(writer, "b", 1, "new", 3, NULL, &diag), LODE_OK);
    assert_int_equal(lode_store_put(writer, "e", 1, "gone", 4, NULL, &diag), LODE_OK);
    assert_int_equal(lode_store_remove(writer, "e", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_remove(writer, "f", 1, &diag), LODE_OK);
    assert_int_equal(lode_store_remove_at(writer, 3, &diag), LODE_OK);
    assert_int_equal(lode_store_remove_at(writer, 300, &diag), LODE_E_RANGE);
    lode_store *store = publish(writer);
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
    lode_store_writer *writer = create(tmp_path("n.lode"), &options);
    for (char c = 'a'; c < 'f'; c++)
        assert_int_equal(lode_store_put(writer, NULL, 0, &c, 1, NULL, NULL), LODE_OK);
    lode_store_close(publish(writer));
    writer = append(tmp_path("n.lode"));
    assert_int_equal(lode_store_remove(writer, "a", 1, NULL), LODE_E_ARG);
    assert_int_equal(lode_store_remove_at(writer, 0, NULL), LODE_OK);
    assert_int_equal(lode_store_remove_at(writer, 3, NULL), LODE_OK);
    lode_store *store = publish(writer);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(lode_store_at(store, i, &stored, NULL), LODE_OK);
        assert_int_equal(*(const char *)stored.data, "bce"[i]);
    }
    assert_int_equal(lode_store_at(store, 3, &stored, NULL), LODE_E_RANGE);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_close(store);
}

static void test_one_writer_at_a_time(void **state)
{
    (void)state;
    static const char *const words[] = {"a"};
    lode_store_writer *second = NULL;
    struct lode_diag diag;
    lode_store_close(publish(put_words(words, 1, 0)));
    lode_store_writer *first = append(tmp_path("words.lode"));
    assert_int_equal(lode_store_append(tmp_path("words.lode"), &second, &diag), LODE_E_BUSY);
    assert_non_null(strstr(diag.message, "another writer"));
    lode_store_discard(first);
    second = append(tmp_path("words.lode"));
    lode_store_close(publish(second));
    lode_store_discard(append(tmp_path("words.lode")));
    assert_int_equal(lode_store_append(tmp_path("none.lode"), &second, &diag), LODE_E_IO);
}

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
    writer = create(NULL, &options);
    assert_int_equal(lode_store_put(writer, "k", 1, "v", 1, NULL, &diag), LODE_E_ARG);
    assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_E_ARG);
    options.keys = LODE_STORE_INTEGERS;
    writer = create(NULL, &options);
    assert_int_equal(lode_store_put(writer, "1234567", 7, "v", 1, NULL, &diag), LODE_E_ARG);
    lode_store_discard(writer);
    options.keys = LODE_STORE_BYTES;
    writer = create(NULL, &options);
    assert_int_equal(lode_store_put(writer, long_key, 65536, "v", 1, NULL, &diag), LODE_E_ARG);
    assert_int_equal(lode_store_put(writer, long_key, 65535, "v", 1, NULL, &diag), LODE_OK);
    lode_store *store = publish(writer); /* a refused put does no harm */
    assert_int_equal(lode_store_find(store, long_key, 65535, &diag), 0);
    assert_int_equal(lode_store_find(store, long_key, 65536, &diag), LODE_E_NOT_FOUND);
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
    lode_store_close(publish(put_words(words, 1, 0)));
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
        TMP_TEST(test_round_trips),      TMP_TEST(test_dictionary),
        TMP_TEST(test_nothing),          TMP_TEST(test_keys_put_again),
        TMP_TEST(test_append),           TMP_TEST(test_remove),
        TMP_TEST(test_remove_by_number), TMP_TEST(test_one_writer_at_a_time),
        TMP_TEST(test_arguments),        TMP_TEST(test_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
