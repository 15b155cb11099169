#include "store_support.h"

struct records right;
const char *const record_types[RECORD_TYPES] = {NULL, "{\"dtype\":\"<f4\",\"shape\":[-1,3]}", "",
                                                "text"};

void records_make(uint64_t seed, int keys)
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
        right.types[i] = (int)rng_below(&rng, COUNT_OF(record_types));
    }
    right.count = RECORDS;
}

void records_free(void)
{
    for (size_t i = 0; i < RECORDS; i++)
        bytes_free(&right.data[i]);
}

lode_store_writer *store_create(const char *path, const struct lode_store_options *options)
{
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    if (lode_store_create(path, options, &writer, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return writer;
}

void store_put_all(lode_store_writer *writer)
{
    struct lode_diag diag;
    for (size_t i = 0; i < right.count; i++)
        if (lode_store_put(writer, right.keys[i], right.key_lens[i], right.data[i].p,
                           right.data[i].n, record_types[right.types[i]], &diag) != LODE_OK)
            fail_msg("%s", diag.message);
}

lode_store *store_publish(lode_store_writer *writer)
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
    if (record_types[right.types[i]] == NULL) {
        assert_int_equal(stored.type, 0);
    } else {
        assert_int_equal(lode_store_type(store, stored.type, text, sizeof text, &len), LODE_OK);
        assert_string_equal(text, record_types[right.types[i]]);
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

void store_check(const lode_store *store, const struct lode_store_options *options)
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

uint8_t store_dictionary[4096];

size_t store_train(void)
{
    struct bytes all = {0};
    size_t sizes[RECORDS];
    struct lode_diag diag;
    for (size_t i = 0; i < RECORDS; i++) {
        bytes_add(&all, right.data[i].p, right.data[i].n);
        sizes[i] = right.data[i].n;
    }
    const int64_t n =
        lode_store_train(all.p, sizes, RECORDS, store_dictionary, sizeof store_dictionary, &diag);
    if (n < 0)
        fail_msg("%s", diag.message);
    bytes_free(&all);
    return (size_t)n;
}

lode_store_writer *store_put_words(const char *const *words, size_t n, int unique)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    options.keys = LODE_STORE_TEXT;
    options.unique = unique;
    lode_store_writer *writer = store_create(tmp_path("words.lode"), &options);
    for (size_t i = 0; i < n; i++) {
        const char value = (char)('0' + i);
        assert_int_equal(lode_store_put(writer, words[i], strlen(words[i]), &value, 1, NULL, NULL),
                         LODE_OK);
    }
    return writer;
}
