/* Loads, stores and predicates on numbers from a file: any alignment, any value, no overflow. */
#include "bytes.h"
#include "range.h"
#include "support.h"

__extension__ typedef unsigned __int128 u128; /* wide enough for the plain arithmetic */

static const uint64_t extremes[] = {
    0,
    1,
    2,
    3,
    7,
    8,
    63,
    64,
    65,
    4095,
    4096,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x100000000,
    0xFFFFFFFFFFFF,
    0x1000000000000,
    0x5555555555555555,
    0x7FFFFFFFFFFFFFFF,
    0x8000000000000000,
    0x8000000000000001,
    0xFFFFFFFFFFFFFFFE,
    0xFFFFFFFFFFFFFFFF,
};

static const uint8_t pattern[8] = {0xF1, 0x02, 0x83, 0x04, 0xA5, 0x06, 0x87, 0xC8};

static void test_get(void **state)
{
    (void)state;
    uint8_t room[24];
    for (size_t at = 0; at < 9; at++) {
        memset(room, 0x5A, sizeof room);
        memcpy(room + at, pattern, 8);
        assert_int_equal(lode_get16(room + at), 0x02F1);
        assert_int_equal(lode_get32(room + at), 0x048302F1);
        assert_true(lode_get64(room + at) == 0xC88706A5048302F1);
    }
}

/* A store of n bytes changes these and no others. */
static void check_put(const uint8_t *room, size_t at, size_t n)
{
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(room[i], i >= at && i < at + n ? pattern[i - at] : 0x5A);
}

static void test_put(void **state)
{
    (void)state;
    uint8_t room[24];
    for (size_t at = 0; at < 9; at++) {
        memset(room, 0x5A, sizeof room);
        lode_put16(room + at, 0x02F1);
        check_put(room, at, 2);
        memset(room, 0x5A, sizeof room);
        lode_put32(room + at, 0x048302F1);
        check_put(room, at, 4);
        memset(room, 0x5A, sizeof room);
        lode_put64(room + at, 0xC88706A5048302F1);
        check_put(room, at, 8);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    struct rng rng = {1};
    uint8_t room[16];
    for (int i = 0; i < 10000; i++) {
        const uint64_t v = rng_next(&rng);
        const size_t at = rng_below(&rng, 8);
        lode_put64(room + at, v);
        assert_true(lode_get64(room + at) == v);
        for (unsigned k = 0; k < 8; k++)
            assert_int_equal(room[at + k], (v >> 8 * k) & 0xFF);
    }
}

static void test_range_ok(void **state)
{
    (void)state;
    const size_t n = COUNT_OF(extremes);
    for (size_t i = 0; i < n * n * n; i++) {
        const uint64_t off = extremes[i % n], len = extremes[i / n % n],
                       limit = extremes[i / n / n];
        assert_int_equal(lode_range_ok(off, len, limit), (u128)off + len <= limit);
    }
}

static void test_array_ok(void **state)
{
    (void)state;
    const size_t n = COUNT_OF(extremes);
    for (size_t i = 0; i < n * n; i++) {
        const uint64_t count = extremes[i % n], stride = extremes[i / n];
        const u128 product = (u128)count * stride;
        for (size_t k = 0; k < n; k++)
            assert_int_equal(lode_array_ok(count, stride, extremes[k]),
                             stride != 0 && product == extremes[k]);
        /* What the product wraps to must not pass for it. */
        assert_int_equal(lode_array_ok(count, stride, (uint64_t)product),
                         stride != 0 && product <= UINT64_MAX);
    }
}

static void test_align_up(void **state)
{
    (void)state;
    for (uint64_t align = 1; align <= 4096; align *= 2) {
        for (size_t i = 0; i < COUNT_OF(extremes); i++) {
            const uint64_t v = extremes[i];
            if (v > UINT64_MAX - align)
                continue;
            const uint64_t up = lode_align_up(v, align);
            assert_int_equal(up % align, 0);
            assert_true(up >= v && up - v < align);
        }
    }
}

static void test_ceil_div(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(extremes); i++)
        for (size_t k = 1; k < COUNT_OF(extremes); k++) {
            const u128 rows = lode_ceil_div(extremes[i], extremes[k]);
            assert_true(rows * extremes[k] >= extremes[i]);
            assert_true(rows == 0 || (rows - 1) * extremes[k] < extremes[i]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),        cmocka_unit_test(test_put),
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_range_ok),
        cmocka_unit_test(test_array_ok),   cmocka_unit_test(test_align_up),
        cmocka_unit_test(test_ceil_div),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
