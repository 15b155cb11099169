/* Sets of record stores that are damaged or lie: told by verifying, and no read leaves the members.
 */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_every_bit),
        TMP_TEST(test_numbers_that_lie),
        TMP_TEST(test_members_that_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
