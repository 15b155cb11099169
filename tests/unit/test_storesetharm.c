/* Sets of record stores that are damaged or lie: told by verifying, and no read leaves the members.
 */
#include "bytes.h"
#include "layout.h"
#include "reseal.h"
#include "storeset_support.h"

#include <unistd.h>

static int found_status(const char *path)
{
    lode_store *store = NULL;
    int status = lode_store_open(path, NULL, &store, NULL);
    if (status == LODE_OK) {
        status = lode_store_verify(store, NULL, NULL, NULL);
        lode_store_close(store);
    }
    return status;
}

static void test_every_bit(void **state)
{
    (void)state;
    char path[600];
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    struct bytes image = file_read(path);
    for (size_t bit = 0; bit < 8 * image.n; bit += bit < 8 * 700 ? 1 : 61) {
        image.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        file_write(tmp_path("bad.lode"), image.p, image.n);
        if (found_status(tmp_path("bad.lode")) == LODE_OK)
            fail_msg("bit %zu", bit);
        image.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    bytes_free(&image);
}

/* Numbers out of use that lie, sealed: told by verifying, and no read of them leaves the members.
 */
static void test_numbers_that_lie(void **state)
{
    (void)state;
    char path[600];
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    const struct bytes image = file_read(path);
    static const uint64_t lies[] = {0, 1, 5, 1u << 20, UINT64_MAX, UINT64_MAX / 2};
    for (int row = 0; row < 6; row++)
        for (size_t k = 0; k < COUNT_OF(lies); k++) {
            struct bytes copy = {0};
            lode_store *store = NULL;
            lode_store_reader *reader = NULL;
            bytes_add(&copy, image.p, image.n);
            uint8_t *p = reseal_row(copy.p, LODE_ID_MDED, (uint64_t)row);
            uint64_t old = 0;
            for (int b = 0; b < 8; b++) {
                old |= (uint64_t)p[b] << 8 * b;
                p[b] = (uint8_t)(lies[k] >> 8 * b);
            }
            reseal(copy.p, copy.n);
            file_write(tmp_path("bad.lode"), copy.p, copy.n);
            assert_true((found_status(tmp_path("bad.lode")) == LODE_OK) == (old == lies[k]));
            assert_int_equal(lode_store_open(tmp_path("bad.lode"), NULL, &store, NULL), LODE_OK);
            assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
            for (int i = 0; i < live_count; i++) {
                uint8_t room[VALUE_MAX];
                (void)lode_store_get(reader, i, room, sizeof room, NULL);
            }
            lode_store_reader_free(reader);
            lode_store_close(store);
            bytes_free(&copy);
        }
    struct bytes gone = image;
    bytes_free(&gone);
}

/* What verifying finds first in the file, and what opening says of it. */
static int keep_rule(void *ctx, const struct lode_diag *finding)
{
    snprintf(ctx, 8, "%s", finding->rule);
    return 1;
}

static void write_words(const char *path, int keys, const char *first, const char *second)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    options.keys = keys;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, first, 8, "1", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, second, 8, "2", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
}

/* The place of a record that was replaced is in use again, and another one is not: M-11. */
static void test_a_key_at_two_places(void **state)
{
    (void)state;
    char path[600], rule[8] = "";
    lode_store_writer *w = NULL;
    lode_store *store = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    write_words(path, LODE_STORE_TEXT, "the same", "another1");
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, "the same", 8, "3", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    struct bytes image = file_read(path);
    uint8_t *dead = reseal_row(image.p, LODE_ID_MDED, 0);
    assert_int_equal(dead[0], 0);
    dead[0] = 1;
    reseal(image.p, image.n);
    file_write(path, image.p, image.n);
    bytes_free(&image);
    assert_int_equal(lode_store_open(path, NULL, &store, NULL), LODE_OK);
    assert_int_equal(lode_store_verify(store, keep_rule, rule, NULL), LODE_E_CORRUPT);
    assert_string_equal(rule, "M-11");
    lode_store_close(store);
}

/* A member whose keys are of another kind than those of the first: M-8. */
static void test_keys_of_two_kinds(void **state)
{
    (void)state;
    char path[600], other[600];
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    lode_store_writer *w = NULL;
    lode_store *store = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    snprintf(other, sizeof other, "%s", tmp_path("o.lode"));
    write_words(path, LODE_STORE_TEXT, "the same", "another1");
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, "another2", 8, "3", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, "another3", 8, "4", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    write_words(other, LODE_STORE_INTEGERS, "another2", "another3");
    assert_int_equal(lode_store_open(other, NULL, &store, NULL), LODE_OK);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    lode_store_close(store);
    struct bytes image = file_read(path);
    uint8_t *row = reseal_row(image.p, LODE_ID_MSET, 1);
    uint8_t *name = reseal_row(image.p, LODE_ID_MSTR, 0) + lode_get64(row + LODE_MSET_PATH_OFF);
    assert_int_equal(rename(other, tmp_path("%s", (const char *)name)), 0);
    lode_put64(row + LODE_MSET_CONTENT_ID, info.content_id);
    lode_put64(row + LODE_MSET_FILE_SIZE, (uint64_t)info.file_size);
    reseal(image.p, image.n);
    file_write(path, image.p, image.n);
    bytes_free(&image);
    assert_int_equal(lode_store_open(path, NULL, &store, &diag), LODE_E_CORRUPT);
    assert_non_null(strstr(diag.message, "kind of keys"));
}

static void test_members_that_are_gone(void **state)
{
    (void)state;
    char path[600];
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    lode_index *index = NULL;
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    assert_int_equal(lode_open(path, NULL, &index, &diag), LODE_E_LAYOUT);
    assert_non_null(strstr(diag.message, "record stores"));
    const struct bytes image = file_read(path);
    assert_int_equal(lode_store_open_buffer(image.p, image.n, NULL, &store, NULL),
                     LODE_E_UNSUPPORTED);
    const char *member = tmp_path("%s", (const char *)reseal_row(image.p, LODE_ID_MSTR, 0));
    struct bytes first = file_read(member);
    first.p[first.n - 1] ^= 1;
    file_write(member, first.p, first.n);
    assert_true(found_status(path) < 0);
    file_write(member, first.p, first.n);
    unlink(member);
    assert_int_equal(lode_store_open(path, NULL, &store, &diag), LODE_E_MISSING);
    assert_non_null(strstr(diag.message, ".m"));
    bytes_free(&first);
    struct bytes gone = image;
    bytes_free(&gone);
}

/* ---- what a writer may not do, and keeps ----------------------------------------------------- */

static lode_store_writer *extended(const char *path, int unique)
{
    lode_store_writer *w = NULL;
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    if (unique)
        assert_int_equal(lode_store_unique(w, NULL), LODE_OK);
    return w;
}

/* A key in use is DUPLICATE, whichever member has it; one that is out of use is none. */
static void test_unique(void **state)
{
    (void)state;
    char path[600], key[32];
    struct lode_diag diag = {0};
    lode_store_writer *w = NULL;
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    const int files = count_files();
    for (int i = 0; i < live_count; i += 1 + live_count / 9) {
        const size_t n = key_of(live[i].key, key);
        w = extended(path, 1);
        assert_int_equal(lode_store_put(w, "new", 3, "", 0, NULL, NULL), LODE_OK);
        assert_int_equal(lode_store_put(w, key, n, "", 0, NULL, NULL), LODE_OK);
        assert_int_equal(lode_store_publish(w, NULL, &diag), LODE_E_DUPLICATE);
        assert_non_null(strstr(diag.message, key));
        assert_int_equal(count_files(), files);
    }
    const size_t n = key_of(live[0].key, key);
    w = extended(path, 0);
    assert_int_equal(lode_store_remove(w, key, n, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    w = extended(path, 1);
    assert_int_equal(lode_store_put(w, key, n, "again", 5, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    lode_store *store = open_store(path);
    assert_int_equal(lode_store_find(store, key, n, NULL), live_count - 1);
    lode_store_close(store);
}

/* Members are written as those before, with their dictionary; so is a copy. */
static void test_dictionary(void **state)
{
    (void)state;
    static const char words[] = "a dictionary of words that stand in each of the records";
    char path[600], got[200];
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_writer *w = NULL;
    lode_store *store = NULL, *copy = NULL;
    lode_store_reader *reader = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    options.codec = LODE_STORE_ZSTD;
    options.shuffle = 2;
    options.dictionary = words;
    options.dictionary_size = sizeof words;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, NULL, 0, words, sizeof words, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    for (int i = 0; i < 3; i++) {
        w = extended(path, 0);
        assert_int_equal(lode_store_put(w, NULL, 0, words + i, sizeof words - 3, NULL, NULL),
                         LODE_OK);
        assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    }
    store = open_store(path);
    assert_int_equal(lode_store_dictionary(store, got, sizeof got, &len), LODE_OK);
    assert_int_equal(len, sizeof words);
    assert_memory_equal(got, words, len);
    assert_int_equal(lode_store_copy(store, NULL, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, &copy, NULL), LODE_OK);
    for (const lode_store *one = store; one != NULL; one = one == store ? copy : NULL) {
        assert_int_equal(lode_store_info(one, &info), LODE_OK);
        assert_true(info.dictionary_size == sizeof words && info.shuffle == 2);
        assert_int_equal(lode_store_reader_new(one, &reader), LODE_OK);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(lode_store_get(reader, i + 1, got, sizeof got, NULL),
                             sizeof words - 3);
            assert_memory_equal(got, words + i, sizeof words - 3);
        }
        lode_store_reader_free(reader);
        assert_int_equal(lode_store_verify(one, NULL, NULL, NULL), LODE_OK);
    }
    lode_store_close(copy);
    lode_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_every_bit),
        TMP_TEST(test_numbers_that_lie),
        TMP_TEST(test_a_key_at_two_places),
        TMP_TEST(test_keys_of_two_kinds),
        TMP_TEST(test_members_that_are_gone),
        TMP_TEST(test_unique),
        TMP_TEST(test_dictionary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
