/* Damaged stores: each bit flipped, each length, rows with nasty values and right sums. What is
 * read is what was put, or a status; verify finds every flip. */
#include "bytes.h"
#include "hostile.h"
#include "recstore.h"
#include "reseal.h"
#include "store_hostile.h"

#include <unistd.h>

static int verify(const uint8_t *image, size_t n)
{
    lode_store *store = NULL;
    struct lode_diag diag;
    int status = lode_store_open_buffer(guard_copy(&harm_guard, image, n), n, NULL, &store, &diag);
    if (status == LODE_OK)
        status = lode_store_verify(store, NULL, NULL, &diag);
    lode_store_close(store);
    return status;
}

static void test_bits(void **state)
{
    (void)state;
    const size_t step = hostile_step(5);
    for (int codec = 0; codec < 3; codec++) {
        struct bytes *b = &harm_images[codec];
        assert_int_equal(verify(b->p, b->n), LODE_OK);
        for (size_t bit = 0; bit < 8 * b->n; bit += step) {
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            harm_ask(codec, b->p, b->n, true);
            if (verify(b->p, b->n) == LODE_OK)
                fail_msg("codec %d: nobody sees that bit %zu is flipped", codec, bit);
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void test_lengths(void **state)
{
    (void)state;
    for (int codec = 0; codec < 3; codec++)
        for (size_t n = 1; n < harm_images[codec].n; n += hostile_step(7))
            assert_int_not_equal(verify(harm_images[codec].p, n), LODE_OK);
}

/* Fields of rows set to values that break programs, with all sums right: no crash, no write
 * outside, no wrong bytes; verify finds what matters. */
static void sweep(int codec, uint32_t id, uint32_t stride)
{
    struct bytes *b = &harm_images[codec];
    struct lode_container box;
    struct lode_section s;
    assert_int_equal(lode_container_parse(b->p, b->n, &box, NULL), LODE_FMT_OK);
    if (!lode_container_find(&box, id, 0, &s))
        return;
    static const uint64_t values[] = {0,          1,          1ull << 31, UINT32_MAX,
                                      1ull << 32, 1ull << 47, UINT64_MAX, 1ull << 63};
    uint8_t *copy = malloc(b->n);
    assert_non_null(copy);
    for (uint64_t at = 0; at + 8 <= s.len; at += 4)
        for (size_t v = 0; v < COUNT_OF(values) && stride > 1; v++)
            for (int width = 1; width <= 8; width *= 2) {
                uint8_t value[8];
                memcpy(copy, b->p, b->n);
                lode_put64(value, values[v]);
                memcpy(copy + s.off + at, value, (size_t)width);
                if (memcmp(copy, b->p, b->n) == 0)
                    continue;
                reseal(copy, b->n);
                harm_ask(codec, copy, b->n, false);
                if (verify(copy, b->n) == LODE_OK && id != LODE_ID_RINF && id != LODE_ID_ROFF)
                    fail_msg("codec %d: section %.4s at %llu: not found", codec, (char *)&id,
                             (unsigned long long)at);
            }
    free(copy);
}

static void test_rows(void **state)
{
    (void)state;
    for (int codec = 0; codec < 3; codec++) {
        sweep(codec, LODE_ID_RINF, LODE_STRIDE_RINF);
        sweep(codec, LODE_ID_RTYP, LODE_STRIDE_RTYP);
        sweep(codec, LODE_ID_RBLK, LODE_STRIDE_RBLK);
        sweep(codec, LODE_ID_ROFF, LODE_STRIDE_ROFF);
        sweep(codec, LODE_ID_RSLT, LODE_STRIDE_RSLT);
    }
}

/* ---- a store of many pages --------------------------------------------------------------------
 */

enum { MANY = 2000, SIZE = 300 };

static struct {
    int64_t keys[MANY], numbers[MANY];
    const void *pointers[MANY];
    size_t lens[MANY];
    uint8_t dst[MANY][SIZE];
    struct lode_store_request requests[MANY];
} many;

static void many_value(int64_t i, uint8_t value[SIZE])
{
    memset(value, (int)(i % 251), SIZE);
    memcpy(value, &i, sizeof i);
}

static void make_many(const char *path)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    uint8_t value[SIZE];
    options.keys = LODE_STORE_INTEGERS;
    assert_int_equal(lode_store_create(path, &options, &writer, &diag), LODE_OK);
    for (int64_t i = 0; i < MANY; i++) {
        many_value(i, value);
        many.keys[i] = i;
        many.pointers[i] = &many.keys[i];
        many.lens[i] = 8;
        many.requests[i] =
            (struct lode_store_request){.number = i, .dst = many.dst[i], .dst_size = SIZE};
        assert_int_equal(lode_store_put(writer, &i, 8, value, SIZE, NULL, &diag), LODE_OK);
    }
    assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_OK);
}

/* All keys and records at once: each as it was put, or with one of two statuses. How many records
 * were not. */
static int64_t ask_all(const lode_store *store, lode_store_reader *reader, int status, int other)
{
    struct lode_diag diag;
    uint8_t value[SIZE];
    int64_t bad = 0;
    (void)lode_store_find_many(store, many.pointers, many.lens, MANY, many.numbers);
    const int64_t failed = lode_store_get_many(reader, many.requests, MANY, 1, &diag);
    for (int64_t i = 0; i < MANY; i++) {
        const struct lode_store_request *q = &many.requests[i];
        assert_true(many.numbers[i] == i || many.numbers[i] == status);
        bad += q->status != LODE_OK;
        many_value(i, value);
        if (q->status == LODE_OK)
            assert_memory_equal(q->dst, value, SIZE);
        else
            assert_true(q->status == status || q->status == other);
    }
    assert_int_equal(bad, failed);
    assert_true(failed == 0 || diag.status == status || diag.status == other);
    return failed;
}

/* Cut short while it is mapped, a store answers with what it holds, or says that it is cut. */
static void test_cut(void **state)
{
    (void)state;
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    const char *path = tmp_path("cut.lode");
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    struct lode_diag diag;
    make_many(path);
    how.map_mode = LODE_MAP_GUARDED;
    assert_int_equal(lode_store_open(path, &how, &store, &diag), LODE_OK);
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    assert_int_equal(ask_all(store, reader, LODE_E_TRUNCATED, LODE_E_TRUNCATED), 0);
    for (off_t left = 512 << 10; left >= 4096; left /= 2) {
        assert_int_equal(truncate(path, left), 0);
        assert_true(ask_all(store, reader, LODE_E_TRUNCATED, LODE_E_TRUNCATED) > 0);
    }
    assert_int_equal(many.numbers[MANY - 1], LODE_E_TRUNCATED);
    lode_store_reader_free(reader);
    lode_store_close(store);
}

/* A flip in a record is seen where the rows lie on other pages, and are sound. */
static void test_flips_in_the_heap(void **state)
{
    (void)state;
    make_many(tmp_path("flip.lode"));
    struct bytes image = file_read(tmp_path("flip.lode"));
    struct lode_container box;
    struct lode_section heap;
    assert_int_equal(lode_container_parse(image.p, image.n, &box, NULL), LODE_FMT_OK);
    assert_true(lode_container_find(&box, LODE_ID_RHEP, 0, &heap));
    for (int64_t i = 0; i < MANY; i += 97) {
        lode_store *store = NULL;
        lode_store_reader *reader = NULL;
        struct lode_stored stored;
        struct lode_diag diag;
        assert_int_equal(lode_store_open_buffer(image.p, image.n, NULL, &store, &diag), LODE_OK);
        assert_int_equal(lode_store_at(store, i, &stored, &diag), LODE_OK);
        image.p[(const uint8_t *)stored.data - image.p + i % SIZE] ^= 4;
        lode_store_close(store);
        store = NULL;
        assert_int_equal(lode_store_open_buffer(image.p, image.n, NULL, &store, &diag), LODE_OK);
        assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
        assert_true(ask_all(store, reader, LODE_E_PAGE_SUM, LODE_E_CORRUPT) > 0);
        assert_int_not_equal(many.requests[i].status, LODE_OK);
        lode_store_reader_free(reader);
        lode_store_close(store);
        image.p[(const uint8_t *)stored.data - image.p + i % SIZE] ^= 4;
    }
    bytes_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flips_in_the_heap),
    };
    return cmocka_run_group_tests(tests, harm_make, harm_drop);
}
