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
        char key[16] = {0};
        const size_t n = value_of(i, value);
        const int len = snprintf(key, sizeof key, "k%d", i * i);
        const size_t key_len = codec == LODE_STORE_RAW ? 8 : (size_t)len;
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

void harm_ask(int codec, const uint8_t *image, size_t n, bool sums)
{
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
    for (int i = 0; i < HARM_RECORDS; i++) {
        char key[16] = {0};
        struct lode_stored stored;
        const size_t size = value_of(i, value);
        const int len = snprintf(key, sizeof key, "k%d", i * i);
        const size_t key_len = codec == LODE_STORE_RAW ? 8 : (size_t)len;
        const int64_t number = lode_store_find(store, key, key_len, &diag);
        if (number >= 0 && sums)
            assert_int_equal(number, i);
        const int64_t got = lode_store_get(reader, i, dst, sizeof dst, &diag);
        if (sums && got >= 0 && ((size_t)got != size || memcmp(dst, value, size) != 0))
            fail_msg("record %d is not what was put", i);
        if (lode_store_at(store, i, &stored, &diag) == LODE_OK && stored.data != NULL && sums)
            assert_memory_equal(stored.data, value, size);
    }
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
