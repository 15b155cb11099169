/* Running plans: each want once, in order, whoever brings the threads; file bytes asked for ahead.
 */
#include "plan_support.h"

static int64_t host_calls;

/* Runs the workers one after the other, the last one first. */
static void host(void *ctx, void (*fn)(void *arg, int64_t i), void *arg, int64_t n)
{
    assert_ptr_equal(ctx, &host_calls);
    host_calls++;
    for (int64_t i = n - 1; i >= 0; i--)
        fn(arg, i);
}

/* A host that forgets what it promised. */
static void idle_host(void *ctx, void (*fn)(void *arg, int64_t i), void *arg, int64_t n)
{
    (void)ctx, (void)fn, (void)arg, (void)n;
}

static void test_run(void **state)
{
    (void)state;
    struct rng rng = {307};
    struct lode_plan plan = {0};
    for (int round = 0; round < 40; round++) {
        const int64_t n = (int64_t)rng_range(&rng, 1, WANTS);
        make_units(&rng);
        cost_of_byte = 100;
        add_random(&rng, n, 700);
        assert_true(make(&plan, n, 4));
        memset(&seen, 0, sizeof seen);
        host_calls = 0;
        lode_plan_run(&(struct lode_plan_run){.plan = &plan,
                                              .ops = &ops,
                                              .host = round % 2 == 0 ? host : idle_host,
                                              .host_ctx = &host_calls});
        assert_int_equal(host_calls, round % 2 == 0 && plan.threads > 1);
        assert_int_equal(seen.count, n);
        assert_true(n < 200 || seen.announced > n / 2);
        for (int64_t k = 0; k < n; k++) {
            assert_int_equal(seen.served[k], plan.steps[k].want.tag);
            assert_int_equal(seen.reach[plan.steps[k].want.tag], plan.steps[k].reach);
        }
    }
    lode_plan_release(&plan, 0);
}

/* Every file byte of every want is asked for, ascending, once; not when all is there or little is
 * wanted; and before the first want, for as many stores as one may. */
static void test_ask_ahead(void **state)
{
    (void)state;
    struct rng rng = {308};
    struct lode_plan plan = {0};
    make_units(&rng);
    add_random(&rng, WANTS, 30);
    assert_true(make(&plan, WANTS, 1));
    for (int ahead = 0; ahead <= STORES; ahead++) {
        memset(&seen, 0, sizeof seen);
        seen.missing = true;
        const struct lode_plan_run run = {.plan = &plan, .ops = &ops, .stores_ahead = ahead};
        lode_plan_run(&run);
        assert_int_equal(seen.asks, STORES); /* gaps are small: one range for each */
        assert_int_equal(seen.served_before_ask, 0);
        for (int64_t i = 0; i < WANTS; i++) {
            if (wants[i].begin == wants[i].end)
                continue;
            const int64_t s = wants[i].store;
            const int a = unit_number(s, wants[i].begin), b = unit_number(s, wants[i].end - 1);
            assert_true(seen.asked[s][s][0] <= border[s][a] / 10 + 7);
            assert_true(seen.asked[s][s][1] >= border[s][b + 1] / 10 + 7);
        }
        seen.missing = false;
        seen.asks = 0;
        seen.count = 0;
        lode_plan_run(&run);
        assert_int_equal(seen.asks, 0);
    }
    assert_true(make(&plan, 5, 1));
    memset(&seen, 0, sizeof seen);
    seen.missing = true;
    lode_plan_run(&(struct lode_plan_run){.plan = &plan, .ops = &ops, .stores_ahead = 9});
    assert_int_equal(seen.asks, 0);
    lode_plan_release(&plan, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_ask_ahead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
