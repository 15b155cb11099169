/* Damaged stores: each bit flipped, each length, rows with nasty values and right sums. What is
 * read is what was put, or a status; verify finds every flip. */
#include "bytes.h"
#include "hostile.h"
#include "recstore.h"
#include "reseal.h"
#include "store_hostile.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, harm_make, harm_drop);
}
