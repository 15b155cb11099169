/* Owns the stores that plans are tested with: cut into units of random sizes, random wants, and a
 * record of what running a plan asked of them. */
#ifndef LODE_TESTS_PLAN_SUPPORT_H
#define LODE_TESTS_PLAN_SUPPORT_H

#include "support.h"

#include "planrun.h"

enum { STORES = 3, UNITS = 64, WANTS = 120, UNIT_MAX = 1000 };

/* Units of each store: border[k] .. border[k + 1]. Their file bytes are a tenth, from 7 on. */
static uint64_t border[STORES][UNITS + 1];
static uint64_t cost_of_byte = 1;

static int unit_number(int64_t store, uint64_t offset)
{
    for (int k = 0; k < UNITS; k++)
        if (offset >= border[store][k] && offset < border[store][k + 1])
            return k;
    return -1;
}

static bool unit(void *ctx, int64_t store, uint64_t offset, struct lode_unit *out)
{
    (void)ctx;
    const int64_t s = store % 1000;
    const int k = unit_number(s, offset);
    if (k < 0)
        return false;
    *out = (struct lode_unit){border[s][k], border[s][k + 1], border[s][k] / 10 + 7,
                              border[s][k + 1] / 10 + 7};
    return true;
}

static uint64_t cost(void *ctx, int64_t store, uint64_t decoded, uint64_t handed)
{
    (void)ctx, (void)store, (void)handed;
    return decoded * cost_of_byte;
}

/* What a run did, for all tests. */
static struct {
    int64_t served[WANTS];
    uint64_t reach[WANTS];
    int64_t count;
    bool missing;
    uint64_t asked[STORES][UNITS + 1][2];
    int asks;
    int64_t served_before_ask;
    int64_t announced, last_announced;
} seen;

static bool enter(void *ctx, int worker)
{
    (void)ctx, (void)worker;
    return true;
}

static bool resident(void *ctx, int worker, int64_t store, uint64_t begin, uint64_t end)
{
    (void)ctx, (void)worker, (void)store;
    assert_true(begin < end);
    return !seen.missing;
}

static void prefetch(void *ctx, int worker, int64_t store, uint64_t begin, uint64_t end)
{
    (void)ctx, (void)worker;
    assert_true(begin < end && seen.asks <= UNITS);
    seen.asked[store][seen.asks][0] = begin;
    seen.asked[store][seen.asks++][1] = end;
    if (seen.asks == 1)
        seen.served_before_ask = seen.count;
}

/* Of a want that was served already, or twice, it would be noise. */
static void soon(void *ctx, const struct lode_want *want)
{
    (void)ctx;
    for (int64_t i = 0; i < seen.count; i++)
        assert_int_not_equal(seen.served[i], want->tag);
    assert_true(seen.announced == 0 || want->tag != seen.last_announced);
    seen.last_announced = want->tag;
    seen.announced++;
}

static void serve(void *ctx, int worker, const struct lode_want *want, uint64_t reach)
{
    (void)ctx, (void)worker;
    seen.served[seen.count++] = want->tag;
    seen.reach[want->tag] = reach;
}

static const struct lode_plan_ops ops = {unit, cost, enter, resident, prefetch, soon, serve};

static void make_units(struct rng *rng)
{
    for (int s = 0; s < STORES; s++)
        for (int k = 0; k < UNITS; k++)
            border[s][k + 1] = border[s][k] + rng_range(rng, 1, UNIT_MAX);
}

static struct lode_want wants[WANTS];

static void add_random(struct rng *rng, int64_t n, uint64_t longest)
{
    for (int64_t i = 0; i < n; i++) {
        const int64_t store = (int64_t)rng_below(rng, STORES);
        const uint64_t size = border[store][UNITS];
        const uint64_t begin = rng_below(rng, size), most = size - begin;
        const uint64_t length = rng_below(rng, longest + 1);
        wants[i] = (struct lode_want){store, begin, begin + (length < most ? length : most), i};
    }
}

static bool make(struct lode_plan *plan, int64_t n, int threads)
{
    if (!lode_plan_start(plan, n))
        return false;
    for (int64_t i = 0; i < n; i++)
        lode_plan_add(plan, &wants[i]);
    return lode_plan_make(plan, &ops, NULL, threads);
}

#endif
