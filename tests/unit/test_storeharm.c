/* Damaged stores: each bit flipped, each length, rows with nasty values and right sums. What is
 * read is what was put, or a status; verify finds every flip. */
#include "bytes.h"
#include "guard.h"
#include "hostile.h"
#include "recstore.h"
#include "reseal.h"

enum { RECORDS = 24 };

static struct bytes images[3]; /* by codec */
static struct guard guard;

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
    for (int i = 0; i < RECORDS; i++) {
        char key[16] = {0};
        const size_t n = value_of(i, value);
        const int len = snprintf(key, sizeof key, "k%d", i * i);
        const size_t key_len = codec == LODE_STORE_RAW ? 8 : (size_t)len;
        assert_int_equal(lode_store_put(writer, key, key_len, value, n, i % 3 ? "t" : NULL, &diag),
                         LODE_OK);
    }
    assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_OK);
    images[codec] = file_read(tmp_path("h.lode"));
}

/* Opens the image, which ends at a forbidden page, and asks it everything. sums: they were not made
 * right again, so that what is answered must be true. */
static void ask(int codec, const uint8_t *image, size_t n, bool sums)
{
    struct lode_diag diag;
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    uint8_t dst[200], value[200];
    if (lode_store_open_buffer(guard_copy(&guard, image, n), n, NULL, &store, &diag) != LODE_OK) {
        assert_null(store);
        assert_true(diag.status < 0 && diag.message[0] != 0);
        return;
    }
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    for (int i = 0; i < RECORDS; i++) {
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
    lode_store_close(store);
}

static int verify(const uint8_t *image, size_t n)
{
    lode_store *store = NULL;
    struct lode_diag diag;
    int status = lode_store_open_buffer(guard_copy(&guard, image, n), n, NULL, &store, &diag);
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
        struct bytes *b = &images[codec];
        assert_int_equal(verify(b->p, b->n), LODE_OK);
        for (size_t bit = 0; bit < 8 * b->n; bit += step) {
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            ask(codec, b->p, b->n, true);
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
        for (size_t n = 1; n < images[codec].n; n += hostile_step(7))
            assert_int_not_equal(verify(images[codec].p, n), LODE_OK);
}

/* Fields of rows set to values that break programs, with all sums right: no crash, no write
 * outside, no wrong bytes; verify finds what matters. */
static void sweep(int codec, uint32_t id, uint32_t stride)
{
    struct bytes *b = &images[codec];
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
                ask(codec, copy, b->n, false);
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

static int make(void **state)
{
    if (tmp_make(state) != 0 || !guard_new(&guard, 1 << 20))
        return -1;
    for (int codec = 0; codec < 3; codec++)
        make_image(codec);
    return 0;
}

static int drop(void **state)
{
    for (int codec = 0; codec < 3; codec++)
        bytes_free(&images[codec]);
    guard_free(&guard);
    return tmp_drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
