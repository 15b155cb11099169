/* lode_order: every number once, the same from whatever position, evenly spread, and in stretches
 * where that is asked for. */
#include "lode.h"
#include "support.h"

#include <stdlib.h>

static int64_t *all_of(const struct lode_order *order)
{
    int64_t *numbers = malloc((size_t)(order->n + 1) * sizeof *numbers);
    assert_non_null(numbers);
    assert_int_equal(lode_order_numbers(order, 0, order->n, numbers), LODE_OK);
    return numbers;
}

static struct lode_order order_of(int64_t n, int64_t stretch, int64_t window, uint64_t seed)
{
    struct lode_order order = LODE_ORDER_INIT;
    order.n = n;
    order.stretch = stretch;
    order.window = window;
    order.seed = seed;
    return order;
}

/* Each number once; and asked for in parts, the same. */
static void check_order(const struct lode_order *order, struct rng *rng)
{
    int64_t *numbers = all_of(order);
    char *seen = calloc((size_t)order->n + 1, 1);
    assert_non_null(seen);
    for (int64_t i = 0; i < order->n; i++) {
        assert_in_range(numbers[i], 0, order->n - 1);
        assert_int_equal(seen[numbers[i]]++, 0);
    }
    for (int k = 0; k < 20; k++) {
        int64_t part[50];
        const int64_t first = (int64_t)rng_below(rng, (uint64_t)order->n + 1);
        const int64_t left = order->n - first, count = left < 50 ? left : 50;
        assert_int_equal(lode_order_numbers(order, first, count, part), LODE_OK);
        assert_memory_equal(part, numbers + first, (size_t)count * sizeof *part);
    }
    free(seen);
    free(numbers);
}

static void test_every_number_once(void **state)
{
    (void)state;
    struct rng rng = {3};
    static const int64_t sizes[] = {0,   1,   2,   3,   7,   8,    9,    255,  256,
                                    257, 258, 511, 512, 513, 1000, 4096, 5000, 65537};
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        const int64_t n = sizes[s];
        static const int64_t stretches[] = {0, 1, 2, 3, 64, 100, 999, 1 << 20};
        for (size_t k = 0; k < COUNT_OF(stretches); k++)
            for (int64_t window = 1; window < 400; window = window * 3 + 1) {
                const struct lode_order order =
                    order_of(n, stretches[k], window, rng_below(&rng, UINT64_MAX));
                check_order(&order, &rng);
            }
    }
    for (int i = 0; i < 500; i++) {
        const struct lode_order order =
            order_of((int64_t)rng_below(&rng, 3000), (int64_t)rng_below(&rng, 700),
                     1 + (int64_t)rng_below(&rng, 20), rng_below(&rng, UINT64_MAX));
        check_order(&order, &rng);
    }
}

/* Where number x comes, and what comes behind it, over many seeds: as evenly as dice. The sum of
 * (seen - due)^2 / due has a mean of cells - 1 and a variance of twice that. */
static void check_even(const uint32_t *seen, int cells, double due)
{
    double sum = 0;
    for (int i = 0; i < cells; i++)
        sum += (seen[i] - due) * (seen[i] - due) / due;
    const double off = (sum - (cells - 1)) * (sum - (cells - 1)) / (2.0 * (cells - 1));
    if (off > 25)
        fail_msg("%d cells: %.1f is %.1f deviations off", cells, sum, off);
}

static void spread(int64_t n, int64_t stretch, int64_t window)
{
    enum { SEEDS = 20000, CELLS = 16 };
    static uint32_t first[CELLS], pair[CELLS][CELLS], back[CELLS];
    memset(first, 0, sizeof first);
    memset(pair, 0, sizeof pair);
    memset(back, 0, sizeof back);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const struct lode_order order = order_of(n, stretch, window, seed);
        int64_t at[3];
        assert_int_equal(lode_order_numbers(&order, 0, 2, at), LODE_OK);
        assert_int_equal(lode_order_numbers(&order, n / 2, 1, &at[2]), LODE_OK);
        first[at[0] * CELLS / n]++;
        back[at[2] * CELLS / n]++;
        pair[at[0] * CELLS / n][at[1] * CELLS / n]++;
    }
    check_even(first, CELLS, (double)SEEDS / CELLS);
    check_even(back, CELLS, (double)SEEDS / CELLS);
    if (stretch == 0 && n > 1000)
        check_even(pair[0], CELLS * CELLS, (double)SEEDS / CELLS / CELLS);
}

/* Every number at every position, over many seeds; and how many stay where they are: 1 is due. */
static void test_every_cell(void **state)
{
    (void)state;
    enum { N = 300, SEEDS = 30000 };
    static uint32_t cells[N][N];
    double sum = 0, stay = 0;
    const double due = (double)SEEDS / N;
    for (int s = 0; s < SEEDS; s++) {
        int64_t numbers[N];
        const struct lode_order order = order_of(N, 0, 1, (uint64_t)s);
        assert_int_equal(lode_order_numbers(&order, 0, N, numbers), LODE_OK);
        for (int i = 0; i < N; i++) {
            cells[i][numbers[i]]++;
            stay += numbers[i] == i;
        }
    }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            sum += (cells[i][k] - due) * (cells[i][k] - due) / due;
            if (cells[i][k] > due + 6.5 * 10 || cells[i][k] < due - 6.5 * 10) /* 10: its root */
                fail_msg("%d at %d: %u times", k, i, cells[i][k]);
        }
    const double off = (sum - (N - 1) * (N - 1)) / (1.4143 * (N - 1));
    if (off > 5 || off < -5)
        fail_msg("%.1f deviations off", off);
    assert_true(stay / SEEDS > 0.97 && stay / SEEDS < 1.03);
}

/* One place of a large order: a number comes there as rarely as any. */
static void test_no_number_stays(void **state)
{
    (void)state;
    enum { SEEDS = 200000 };
    for (int64_t n = 1000; n <= 1 << 20; n *= 8) {
        int64_t hits = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct lode_order order = order_of(n, 0, 1, 7);
            int64_t at;
            order.epoch = seed;
            assert_int_equal(lode_order_numbers(&order, 7, 1, &at), LODE_OK);
            hits += at == 7;
        }
        const double due = (double)SEEDS / (double)n;
        if ((double)hits > due + 5 * (1 + due / 4) || (double)hits < due - 5 * (1 + due / 4))
            fail_msg("%lld of %lld: %lld times", 7ll, (long long)n, (long long)hits);
    }
}

static void test_evenly_spread(void **state)
{
    (void)state;
    spread(16, 0, 1);
    spread(48, 0, 1);
    spread(256, 0, 1);
    spread(272, 0, 1);
    spread(1600, 0, 1);
    spread(1 << 20, 0, 1);
    spread((1ll << 40) - 1616, 0, 1);
    spread(1600, 10, 4);
    spread(1 << 20, 1 << 10, 6);
}

/* Lines that go up or down are as many as in a shuffled deck: a third each way of three in a row is
 * a turn; seeds and epochs give other orders. */
static void test_epochs_differ(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct lode_order order = order_of(N, 0, 1, 1);
    int64_t *one = all_of(&order), turns = 0, same = 0;
    order.epoch = 1;
    int64_t *two = all_of(&order);
    for (int i = 0; i < N; i++)
        same += one[i] == two[i];
    for (int i = 1; i < N - 1; i++)
        turns += (one[i] > one[i - 1]) == (one[i] > one[i + 1]);
    assert_true(same < 12); /* 1 is due */
    assert_in_range(turns, (N - 2) * 2 / 3 - 150, (N - 2) * 2 / 3 + 150);
    order = order_of(N, 0, 1, 0);
    order.epoch = 1;
    int64_t *three = all_of(&order);
    assert_memory_not_equal(one, three, N * sizeof *one);
    free(one);
    free(two);
    free(three);
}

/* A group of stretches is over before the next begins. */
static void test_stretches_stay_together(void **state)
{
    (void)state;
    enum { N = 10050, STRETCH = 100, WINDOW = 6 };
    for (uint64_t seed = 0; seed < 50; seed++) {
        const struct lode_order order = order_of(N, STRETCH, WINDOW, seed);
        int64_t *numbers = all_of(&order), at = 0;
        int where[N / STRETCH + 1], groups = 0;
        memset(where, -1, sizeof where);
        while (at < N) {
            int open = 0;
            int64_t left = 0;
            for (; at < N && (left > 0 || open < WINDOW || where[numbers[at] / STRETCH] == groups);
                 at++) {
                int *of = &where[numbers[at] / STRETCH];
                if (*of < 0) {
                    *of = groups;
                    open++;
                    left += numbers[at] / STRETCH == N / STRETCH ? N % STRETCH : STRETCH;
                }
                assert_int_equal(*of, groups);
                left--;
            }
            assert_true(open <= WINDOW && left == 0);
            groups++;
        }
        assert_int_equal(groups, (N / STRETCH + 1 + WINDOW - 1) / WINDOW);
        free(numbers);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    struct lode_order order = order_of(10, 0, 1, 0);
    int64_t numbers[11];
    assert_int_equal(lode_order_numbers(NULL, 0, 0, numbers), LODE_E_ARG);
    assert_int_equal(lode_order_numbers(&order, 0, 1, NULL), LODE_E_ARG);
    assert_int_equal(lode_order_numbers(&order, 0, 0, NULL), LODE_OK);
    assert_int_equal(lode_order_numbers(&order, 10, 0, numbers), LODE_OK);
    assert_int_equal(lode_order_numbers(&order, 0, 11, numbers), LODE_E_RANGE);
    assert_int_equal(lode_order_numbers(&order, 10, 1, numbers), LODE_E_RANGE);
    assert_int_equal(lode_order_numbers(&order, -1, 1, numbers), LODE_E_RANGE);
    assert_int_equal(lode_order_numbers(&order, INT64_MAX, INT64_MAX, numbers), LODE_E_RANGE);
    order.window = 0;
    assert_int_equal(lode_order_numbers(&order, 0, 1, numbers), LODE_E_ARG);
    order = order_of(-1, 0, 1, 0);
    assert_int_equal(lode_order_numbers(&order, 0, 0, numbers), LODE_E_ARG);
    order = order_of(10, -1, 1, 0);
    assert_int_equal(lode_order_numbers(&order, 0, 1, numbers), LODE_E_ARG);
    order = order_of(INT64_MAX, 0, 1, 0);
    assert_int_equal(lode_order_numbers(&order, INT64_MAX - 2, 2, numbers), LODE_OK);
    assert_true(numbers[0] >= 0 && numbers[1] >= 0 && numbers[0] != numbers[1]);
    order = order_of(INT64_MAX, INT64_MAX, INT64_MAX, 0);
    assert_int_equal(lode_order_numbers(&order, INT64_MAX - 2, 2, numbers), LODE_OK);
    assert_true(numbers[0] >= 0 && numbers[1] >= 0 && numbers[0] != numbers[1]);
    order = order_of(INT64_MAX, 1ll << 40, INT64_MAX, 0);
    assert_int_equal(lode_order_numbers(&order, 5, 2, numbers), LODE_OK);
    order.struct_size = 0;
    assert_int_equal(lode_order_numbers(&order, 5, 2, numbers), LODE_E_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_once),       cmocka_unit_test(test_evenly_spread),
        cmocka_unit_test(test_epochs_differ),           cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_stretches_stay_together), cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_no_number_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
