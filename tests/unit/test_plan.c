/* Plans against brute force: stores are cut into units of random sizes, and what a plan says is
 * compared with what comparing every want with every other one says. */
#include "plan_support.h"

/* ---- what a plan must be -------------------------------------------------------------------- */

/* Every want once, by store, begin and place of adding. */
static void check_order(const struct lode_plan *plan, int64_t n)
{
    bool there[WANTS] = {false};
    assert_int_equal(plan->count, n);
    for (int64_t k = 0; k < n; k++) {
        const struct lode_want *w = &plan->steps[k].want;
        assert_false(there[w->tag]);
        there[w->tag] = true;
        assert_memory_equal(w, &wants[w->tag], sizeof *w);
        if (k == 0)
            continue;
        const struct lode_want *before = &plan->steps[k - 1].want;
        assert_true(
            before->store < w->store ||
            (before->store == w->store &&
             (before->begin < w->begin || (before->begin == w->begin && before->tag < w->tag))));
    }
}

static void check_tasks(const struct lode_plan *plan, int64_t n, int threads)
{
    if (n == 0)
        return;
    assert_true(plan->threads >= 1 && plan->threads <= threads);
    assert_true(plan->task_count >= plan->threads);
    assert_int_equal(plan->tasks[0], 0);
    assert_int_equal(plan->tasks[plan->task_count], n);
    for (int64_t t = 0; t < plan->task_count; t++)
        assert_true(plan->tasks[t] < plan->tasks[t + 1]);
}

static int64_t task_of(const struct lode_plan *plan, int64_t step)
{
    int64_t t = 0;
    while (plan->tasks[t + 1] <= step)
        t++;
    return t;
}

static bool touches(const struct lode_want *w, int64_t store, int k)
{
    return w->store == store && w->begin < w->end && w->begin < border[store][k + 1] &&
           w->end > border[store][k];
}

/* Reach: the furthest byte of the want's last unit that it or a later want of its task wants; an
 * earlier one may have gone further already. */
static void check_reach(const struct lode_plan *plan)
{
    for (int64_t i = 0; i < plan->count; i++) {
        const struct lode_step *step = &plan->steps[i];
        const struct lode_want *w = &step->want;
        uint64_t later = w->end, any = w->end;
        if (w->begin == w->end) {
            assert_int_equal(step->reach, w->end);
            continue;
        }
        const int k = unit_number(w->store, w->end - 1);
        const uint64_t unit_end = border[w->store][k + 1];
        const int64_t task = task_of(plan, i);
        for (int64_t j = plan->tasks[task]; j < plan->tasks[task + 1]; j++) {
            const struct lode_want *v = &plan->steps[j].want;
            if (!touches(v, w->store, k))
                continue;
            const uint64_t end = v->end < unit_end ? v->end : unit_end;
            any = end > any ? end : any;
            later = j > i && end > later ? end : later;
        }
        assert_true(step->reach >= later && step->reach <= any);
    }
}

/* How many unit-task pairs there are beyond one task for each unit. */
static int shared_units(const struct lode_plan *plan)
{
    int shared = 0;
    for (int64_t s = 0; s < STORES; s++) {
        for (int k = 0; k < UNITS; k++) {
            int64_t last = -1;
            int tasks = 0;
            for (int64_t i = 0; i < plan->count; i++) {
                const int64_t t = task_of(plan, i);
                if (touches(&plan->steps[i].want, s, k) && t != last) {
                    tasks++;
                    last = t;
                }
            }
            shared += tasks > 1 ? tasks - 1 : 0;
        }
    }
    return shared;
}

/* Chains: as brute force makes them, by joining wants that touch one unit. */
static void check_chains(const struct lode_plan *plan)
{
    int64_t c = -1;
    uint64_t furthest = 0;
    for (int64_t i = 0; i < plan->count; i++) {
        const struct lode_want *w = &plan->steps[i].want;
        const bool joined =
            i > 0 && plan->steps[i - 1].want.store == w->store && w->begin < furthest;
        if (!joined) {
            c++;
            assert_int_equal(plan->chains[c].first, i);
            furthest = w->begin;
        }
        if (w->begin == w->end)
            continue;
        const uint64_t end = border[w->store][unit_number(w->store, w->end - 1) + 1];
        furthest = end > furthest ? end : furthest;
        assert_true(plan->chains[c].file_end == plan->chains[c].file_begin ||
                    plan->chains[c].file_end >= end / 10 + 7);
    }
    assert_int_equal(plan->chain_count, c + 1);
    assert_int_equal(plan->chains[plan->chain_count].first, plan->count);
}

static void check(const struct lode_plan *plan, int64_t n, int threads)
{
    check_order(plan, n);
    check_tasks(plan, n, threads);
    if (n == 0)
        return;
    check_reach(plan);
    check_chains(plan);
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* Long and short wants, cheap and dear bytes, one thread and several; one plan for all. */
static void test_random(void **state)
{
    (void)state;
    struct rng rng = {301};
    struct lode_plan plan = {0};
    int with_threads = 0, uncut = 0;
    for (int round = 0; round < 600; round++) {
        const uint64_t longest[] = {0, 3, 60, 900, 5000};
        const int threads = (int)rng_range(&rng, 1, 9);
        const int64_t n = (int64_t)rng_below(&rng, WANTS + 1);
        make_units(&rng);
        cost_of_byte = rng_below(&rng, 2) == 0 ? 1 : 200;
        add_random(&rng, n, longest[round % 5]);
        assert_true(make(&plan, n, threads));
        check(&plan, n, threads);
        with_threads += n > 0 && plan.threads > 1;
        if (n == 0)
            continue;
        /* Tasks that begin inside a chain are the only ones that may share units. */
        int inside = 0;
        for (int64_t t = 0; t < plan.task_count; t++) {
            int64_t c = 0;
            while (plan.chains[c].first < plan.tasks[t])
                c++;
            inside += plan.chains[c].first != plan.tasks[t];
        }
        if (inside == 0)
            assert_int_equal(shared_units(&plan), 0);
        uncut += inside == 0 && plan.task_count > 1;
    }
    assert_true(with_threads > 50 && uncut > 50);
    lode_plan_release(&plan, 0);
}

/* One chain from end to end is cut, so that threads have something, where little overlaps. */
static void test_one_chain(void **state)
{
    (void)state;
    struct rng rng = {302};
    struct lode_plan plan = {0};
    make_units(&rng);
    cost_of_byte = 1000;
    const uint64_t size = border[0][UNITS], step = size / WANTS;
    for (int64_t i = 0; i < WANTS; i++)
        wants[i] = (struct lode_want){0, (uint64_t)i * step, (uint64_t)(i + 1) * step + 1, i};
    assert_true(make(&plan, WANTS, 1));
    assert_int_equal(plan.chain_count, 1);
    assert_int_equal(plan.task_count, 1);
    assert_true(make(&plan, WANTS, 4));
    check(&plan, WANTS, 4);
    assert_int_equal(plan.chain_count, 1);
    assert_int_equal(plan.threads, 4);
    assert_true(plan.task_count >= 4);
    assert_true(shared_units(&plan) <= 2 * (int)(plan.task_count - 1));
    lode_plan_release(&plan, 0);
}

/* Wants that are all the whole store cannot be shared: any cut would double the work. */
static void test_all_equal(void **state)
{
    (void)state;
    struct rng rng = {303};
    struct lode_plan plan = {0};
    make_units(&rng);
    cost_of_byte = 1000;
    for (int64_t i = 0; i < WANTS; i++)
        wants[i] = (struct lode_want){1, 5, border[1][UNITS], i};
    assert_true(make(&plan, WANTS, 8));
    check(&plan, WANTS, 8);
    assert_int_equal(plan.task_count, 1);
    assert_int_equal(plan.threads, 1);
    lode_plan_release(&plan, 0);
}

static void test_little_work(void **state)
{
    (void)state;
    struct lode_plan plan = {0};
    struct rng rng = {304};
    make_units(&rng);
    cost_of_byte = 1;
    add_random(&rng, WANTS, 100);
    assert_true(make(&plan, WANTS, 8));
    assert_true(plan.work < 200000);
    assert_int_equal(plan.threads, 1);
    assert_int_equal(plan.task_count, 1);
    cost_of_byte = 250000 / plan.work + 1; /* 250,000 to 500,000 ns: for two to five threads */
    assert_true(make(&plan, WANTS, 100));
    assert_true(plan.threads >= 2 && (uint64_t)plan.threads <= plan.work / 100000);
    lode_plan_release(&plan, 0);
}

static void test_none_and_one(void **state)
{
    (void)state;
    struct rng rng = {305};
    struct lode_plan plan = {0};
    make_units(&rng);
    cost_of_byte = 1000000;
    assert_true(make(&plan, 0, 4));
    assert_int_equal(plan.task_count, 0);
    seen.count = 0;
    lode_plan_run(&(struct lode_plan_run){.plan = &plan, .ops = &ops});
    assert_int_equal(seen.count, 0);
    wants[0] = (struct lode_want){2, 17, border[2][5] - 1, 0};
    assert_true(make(&plan, 1, 4));
    check(&plan, 1, 4);
    assert_int_equal(plan.threads, 1);
    assert_int_equal(plan.steps[0].reach, wants[0].end);
    lode_plan_run(&(struct lode_plan_run){.plan = &plan, .ops = &ops});
    assert_int_equal(seen.count, 1);
    lode_plan_release(&plan, 0);
}

/* Store numbers and offsets that do not fit into one key together; units nobody knows. */
static void test_far_apart(void **state)
{
    (void)state;
    struct rng rng = {306};
    struct lode_plan plan = {0};
    make_units(&rng);
    for (int64_t i = 0; i < WANTS; i++) {
        const uint64_t begin = UINT64_MAX - 2 - rng_below(&rng, 40);
        wants[i] =
            (struct lode_want){(int64_t)rng_below(&rng, 5) * ((int64_t)1 << 50) / 1000 * 1000,
                               begin, begin + rng_below(&rng, 3), i};
    }
    assert_true(make(&plan, WANTS, 3));
    check_order(&plan, WANTS);
    check_tasks(&plan, WANTS, 3);
    for (int64_t i = 0; i < WANTS; i++)
        assert_true(plan.steps[i].reach >= plan.steps[i].want.end);
    lode_plan_release(&plan, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),       cmocka_unit_test(test_one_chain),
        cmocka_unit_test(test_all_equal),    cmocka_unit_test(test_little_work),
        cmocka_unit_test(test_none_and_one), cmocka_unit_test(test_far_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
