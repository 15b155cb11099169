/* Every bit and every length of an index of each kind: verify objects, and whoever does not verify
 * gets right bases or a status, and reads nothing outside. LODE_STEP=1: really every one. */
#include "hostile.h"

static void flip(const struct hostile *h, uint8_t *image, size_t bit)
{
    struct lode_diag diag;
    image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (hostile_verify(image, h->image.n, LODE_VERIFY_INDEX, NULL, NULL, &diag) == LODE_OK)
        fail_msg("%s: bit %zu of byte %zu goes unnoticed", h->name, bit % 8, bit / 8);
    if (h->fasta.count > 0)
        hostile_ask(h, image, h->image.n);
    image[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void test_every_bit(void **state)
{
    (void)state;
    for (int i = 0; i < HOSTILE_KINDS; i++) {
        const struct hostile *h = &hostiles[i];
        struct lode_diag diag;
        struct bytes image = {0};
        const size_t step = i == HOSTILE_MINIMAL ? 1 : hostile_step(53);
        bytes_add(&image, h->image.p, h->image.n);
        for (size_t bit = 0; bit < 8 * image.n; bit += step)
            flip(h, image.p, bit);
        assert_int_equal(hostile_verify(image.p, image.n, LODE_VERIFY_FULL, NULL, NULL, &diag),
                         LODE_OK);
        bytes_free(&image);
    }
}

static void expect_refused(const struct hostile *h, const uint8_t *image, size_t n)
{
    struct lode_diag diag;
    lode_index *index = NULL;
    const int status = lode_open_buffer(image, n, NULL, &index, &diag);
    if (status != LODE_E_TRUNCATED && status != LODE_E_NOT_LODE && status != LODE_E_LAYOUT &&
        status != LODE_E_HEADER_SUM)
        fail_msg("%s: %zu of %zu bytes: %s", h->name, n, h->image.n, lode_status_name(status));
}

static void test_every_length(void **state)
{
    (void)state;
    for (int i = 0; i < HOSTILE_KINDS; i++) {
        const struct hostile *h = &hostiles[i];
        struct bytes longer = {0};
        const uint8_t zeros[64] = {0};
        bytes_add(&longer, h->image.p, h->image.n);
        bytes_add(&longer, zeros, sizeof zeros);
        for (size_t n = 0; n < h->image.n; n += n < 2000 ? 1 : hostile_step(7)) {
            uint8_t *exact = malloc(n + 1); /* for AddressSanitizer: not a byte more */
            assert_non_null(exact);
            memcpy(exact, longer.p, n);
            expect_refused(h, exact, n);
            free(exact);
        }
        for (size_t n = h->image.n + 1; n <= longer.n; n++)
            expect_refused(h, longer.p, n);
        bytes_free(&longer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_length),
    };
    return cmocka_run_group_tests(tests, hostile_make, hostile_drop);
}
