#include "store_hostile.h"

struct bytes harm_images[3];
struct guard harm_guard;

static size_t value_of(int i, uint8_t *out)
{
    const size_t n = (size_t)(i * 37 % 150);
    for (size_t k = 0; k < n; k++)
        out[k] = (uint8_t)(i + (int)(k / 7 % 5));
    return n;
}

static size_t key_of(int codec, int i, char key[16])
{
    memset(key, 0, 16);
    const int len = snprintf(key, 16, "k%d", i * i);
    return codec == LODE_STORE_RAW ? 8 : (size_t)len;
}

static void make_image(int codec)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    uint8_t value[200];
    options.codec = codec;
    options.keys = codec == LODE_STORE_RAW ? LODE_STORE_INTEGERS : LODE_STORE_TEXT;
    options.shuffle = codec == LODE_STORE_ZSTD ? 4 : 0;
    options.block_size = 300;
    options.name = "harm";
    assert_int_equal(lode_store_create(tmp_path("h.lode"), &options, &writer, &diag), LODE_OK);
    for (int i = 0; i < HARM_RECORDS; i++) {
        char key[16];
        const size_t n = value_of(i, value), key_len = key_of(codec, i, key);
        assert_int_equal(lode_store_put(writer, key, key_len, value, n, i % 3 ? "t" : NULL, &diag),
                         LODE_OK);
    }
    assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_OK);
    harm_images[codec] = file_read(tmp_path("h.lode"));
}

/* Carried over, a row is used without another look: a store whose rows lie is refused, or all that
 * it says is as sound in the copy. */
static void ask_copy(const lode_store *store)
{
    struct lode_diag diag = {0};
    lode_store_writer *writer = NULL;
    lode_store *copy = NULL;
    if (lode_store_copy(store, NULL, &writer, &diag) != LODE_OK) {
        assert_true(diag.status < 0 && diag.message[0] != 0);
        return;
    }
    if (lode_store_publish(writer, &copy, &diag) == LODE_OK) {
        const int status = lode_store_verify(copy, NULL, NULL, &diag);
        if (status != LODE_OK && strcmp(diag.rule, "E-17") != 0 && strcmp(diag.rule, "E-18") != 0)
            fail_msg("the copy is not sound: %s", diag.message);
    }
    lode_store_close(copy);
}

/* All keys at once, then all records, and one that there is not. */
static void ask_many(int codec, const lode_store *store, lode_store_reader *reader, bool sums)
{
    static uint8_t dst[HARM_RECORDS + 1][200];
    static char keys[HARM_RECORDS + 1][16];
    struct lode_store_request requests[HARM_RECORDS + 1];
    const void *pointers[HARM_RECORDS + 1];
    size_t lens[HARM_RECORDS + 1];
    int64_t numbers[HARM_RECORDS + 1], failed = 0;
    struct lode_diag diag;
    for (int i = 0; i <= HARM_RECORDS; i++) {
        pointers[i] = keys[i];
        lens[i] = key_of(codec, i, keys[i]);
        requests[i] =
            (struct lode_store_request){.number = i, .dst = dst[i], .dst_size = sizeof dst[i]};
    }
    assert_true(lode_store_find_many(store, pointers, lens, HARM_RECORDS + 1, numbers) > 0);
    assert_true(numbers[HARM_RECORDS] < 0);
    const int64_t told = lode_store_get_many(reader, requests, HARM_RECORDS + 1, 1, &diag);
    for (int i = 0; i <= HARM_RECORDS; i++) {
        uint8_t value[200];
        const size_t size = value_of(i, value);
        failed += requests[i].status != LODE_OK;
        if (sums && i < HARM_RECORDS && numbers[i] >= 0)
            assert_int_equal(numbers[i], i);
        if (!sums || requests[i].status != LODE_OK)
            continue;
        assert_int_equal(requests[i].written, size);
        assert_memory_equal(dst[i], value, size);
    }
    assert_int_equal(told, failed);
}

void harm_ask(int codec, const uint8_t *image, size_t n, bool sums)
{
    static unsigned turn;
    struct lode_diag diag;
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    uint8_t dst[200], value[200];
    if (lode_store_open_buffer(guard_copy(&harm_guard, image, n), n, NULL, &store, &diag) !=
        LODE_OK) {
        assert_null(store);
        assert_true(diag.status < 0 && diag.message[0] != 0);
        return;
    }
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    const bool many_first = turn++ % 2 == 0; /* what comes first meets pages that nobody proved */
    if (many_first)
        ask_many(codec, store, reader, sums);
    for (int i = 0; i < HARM_RECORDS; i++) {
        char key[16];
        struct lode_stored stored;
        const size_t size = value_of(i, value), key_len = key_of(codec, i, key);
        const int64_t number = lode_store_find(store, key, key_len, &diag);
        if (number >= 0 && sums)
            assert_int_equal(number, i);
        const int64_t got = lode_store_get(reader, i, dst, sizeof dst, &diag);
        if (sums && got >= 0 && ((size_t)got != size || memcmp(dst, value, size) != 0))
            fail_msg("record %d is not what was put", i);
        if (lode_store_at(store, i, &stored, &diag) == LODE_OK && stored.data != NULL && sums)
            assert_memory_equal(stored.data, value, size);
    }
    if (!many_first)
        ask_many(codec, store, reader, sums);
    lode_store_reader_free(reader);
    if (!sums)
        ask_copy(store);
    lode_store_close(store);
}

int harm_make(void **state)
{
    if (tmp_make(state) != 0 || !guard_new(&harm_guard, 1 << 20))
        return -1;
    for (int codec = 0; codec < 3; codec++)
        make_image(codec);
    return 0;
}

int harm_drop(void **state)
{
    for (int codec = 0; codec < 3; codec++)
        bytes_free(&harm_images[codec]);
    guard_free(&harm_guard);
    return tmp_drop(state);
}
