#include "plan.h"

#include "radix.h"

#include <stdlib.h>

enum {
    TASKS_PER_THREAD = 8,  /* so that threads end at about the same time */
    THREADS_FROM = 200000, /* nanoseconds of work from which a second thread pays */
    THREAD_WORK = 100000,  /* and the least there is for each thread */
    TASK_WORK = 50000,
};

/* ---- memory -------------------------------------------------------------------------------- */

/* Makes *p hold n elements; what was in it is lost. */
static bool renew(void *p, int64_t n, size_t size)
{
    void **array = p;
    free(*array);
    *array = (uint64_t)n > SIZE_MAX / 2 / size ? NULL : malloc((size_t)n * size);
    return *array != NULL;
}

/* The same, and keeps it. */
static bool extend(void *p, int64_t n, size_t size)
{
    void **array = p;
    void *more = (uint64_t)n > SIZE_MAX / 2 / size ? NULL : realloc(*array, (size_t)n * size);
    if (more != NULL)
        *array = more;
    return more != NULL;
}

bool lode_plan_start(struct lode_plan *plan, int64_t n)
{
    plan->count = plan->chain_count = plan->task_count = 0;
    if (n <= plan->room)
        return true;
    plan->room = 0;
    if (!renew(&plan->wants, n, sizeof *plan->wants) ||
        !renew(&plan->keys, n, 2 * sizeof *plan->keys) ||
        !renew(&plan->steps, n, sizeof *plan->steps))
        return false;
    plan->room = n;
    return true;
}

void lode_plan_release(struct lode_plan *plan, size_t limit)
{
    const size_t held =
        (size_t)plan->room * (sizeof *plan->wants + 2 * sizeof *plan->keys + sizeof *plan->steps) +
        (size_t)plan->chain_room * sizeof *plan->chains +
        (size_t)plan->task_room * sizeof *plan->tasks;
    if (limit > 0 && held <= limit)
        return;
    free(plan->wants);
    free(plan->keys);
    free(plan->steps);
    free(plan->chains);
    free(plan->tasks);
    *plan = (struct lode_plan){0};
}

void lode_plan_add(struct lode_plan *plan, const struct lode_want *want)
{
    plan->wants[plan->count++] = *want;
}

/* ---- order --------------------------------------------------------------------------------- */

static unsigned bits_of(uint64_t v)
{
    return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

/* The wants' order, by store and begin. */
static const struct lode_keyed *order_of(struct lode_plan *plan)
{
    struct lode_keyed *keys = plan->keys, *other = keys + plan->room;
    const size_t n = (size_t)plan->count;
    uint64_t stores = 0, begins = 0;
    for (size_t i = 0; i < n; i++) {
        stores |= (uint64_t)plan->wants[i].store;
        begins |= plan->wants[i].begin;
    }
    const unsigned shift = bits_of(begins);
    const bool one_key = shift + bits_of(stores) <= 64;
    for (size_t i = 0; i < n; i++) {
        const struct lode_want *want = &plan->wants[i];
        const uint64_t store = one_key && stores != 0 ? (uint64_t)want->store << shift : 0;
        keys[i] = (struct lode_keyed){store | want->begin, (int64_t)i};
    }
    struct lode_keyed *sorted = lode_radix_sort(keys, other, n);
    if (one_key)
        return sorted;
    for (size_t i = 0; i < n; i++)
        sorted[i].key = (uint64_t)plan->wants[sorted[i].value].store;
    return lode_radix_sort(sorted, sorted == keys ? other : keys, n);
}

/* ---- units, chains -------------------------------------------------------------------------- */

/* The tenant, and the unit it named last. */
struct units {
    const struct lode_plan_ops *ops;
    void *ctx;
    int64_t store; /* -1: none */
    struct lode_unit unit;
};

/* The unit of a byte; where nobody knows, that byte alone, made from nothing. */
static const struct lode_unit *unit_of(struct units *u, int64_t store, uint64_t offset)
{
    if (u->store == store && offset >= u->unit.begin && offset < u->unit.end)
        return &u->unit;
    u->store = store;
    if (!u->ops->unit(u->ctx, store, offset, &u->unit) || offset < u->unit.begin ||
        offset >= u->unit.end)
        u->unit = (struct lode_unit){.begin = offset, .end = offset + 1};
    return &u->unit;
}

/* How far the wants of a chain reach: bytes, and the units these lie in. */
struct extent {
    uint64_t bytes, units;
};

/* Adds a want to the extent; the estimate for what is new in it. */
static uint64_t reach_out(struct units *u, struct extent *extent, const struct lode_step *step)
{
    const struct lode_want *want = &step->want;
    uint64_t decoded = 0;
    if (want->end > extent->bytes) {
        decoded = want->end - extent->bytes;
        extent->bytes = want->end;
    }
    if (step->unit_end > extent->units)
        extent->units = step->unit_end;
    return u->ops->cost(u->ctx, want->store, decoded, want->end - want->begin);
}

static bool add_chain(struct lode_plan *plan, int64_t first, const struct lode_unit *unit)
{
    if (plan->chain_count + 1 >= plan->chain_room) {
        const int64_t room = 2 * plan->chain_room + 64;
        if (!extend(&plan->chains, room, sizeof *plan->chains))
            return false;
        plan->chain_room = room;
    }
    plan->chains[plan->chain_count++] = (struct lode_chain){
        .first = first, .file_begin = unit->file_begin, .file_end = unit->file_begin};
    return true;
}

/* Fills the steps, but for their reach, and the chains. */
static bool chain_up(struct lode_plan *plan, struct units *u, const struct lode_keyed *order)
{
    struct extent extent = {0, 0};
    plan->work = 0;
    for (int64_t i = 0; i < plan->count; i++) {
        struct lode_step *step = &plan->steps[i];
        const struct lode_want *want = &step->want;
        *step = (struct lode_step){.want = plan->wants[order[i].value]};
        const bool empty = want->begin == want->end;
        if (i == 0 || want->store != step[-1].want.store || want->begin >= extent.units) {
            struct lode_unit unit = {.begin = want->begin};
            if (!empty)
                unit = *unit_of(u, want->store, want->begin);
            if (!add_chain(plan, i, &unit))
                return false;
            extent = (struct extent){unit.begin, unit.begin};
        }
        struct lode_chain *chain = &plan->chains[plan->chain_count - 1];
        step->unit_end = want->begin;
        if (!empty) {
            const struct lode_unit *last = unit_of(u, want->store, want->end - 1);
            step->unit_end = last->end;
            if (last->file_end > chain->file_end)
                chain->file_end = last->file_end;
        }
        const uint64_t cost = reach_out(u, &extent, step);
        chain->cost += cost;
        plan->work += cost;
    }
    return true;
}

/* ---- tasks --------------------------------------------------------------------------------- */

/* A task begins at this step. */
static bool add_task(struct lode_plan *plan, int64_t first)
{
    if (plan->task_count + 1 >= plan->task_room) {
        const int64_t room = 2 * plan->task_room + 16;
        if (!extend(&plan->tasks, room, sizeof *plan->tasks))
            return false;
        plan->task_room = room;
    }
    plan->tasks[plan->task_count++] = first;
    return true;
}

/* Cuts a long chain, steps [first, end). *load: the work of the last task, the chain's part of it
 * included. Looks for the least overlap from half a target on; at one and a half it cuts there, or
 * at the next place where that is cheap enough. Steps behind the cut are looked at again: each
 * three times at most, since at least half a target lies before it. */
static bool cut_chain(struct lode_plan *plan, struct units *u, int64_t first, int64_t end,
                      uint64_t target, uint64_t *load)
{
    struct extent extent = {plan->steps[first].want.begin, 0};
    int64_t best = first;
    uint64_t least = UINT64_MAX;
    for (int64_t i = first; i < end; i++) {
        const struct lode_step *step = &plan->steps[i];
        const uint64_t begin = step->want.begin;
        const uint64_t overlap = extent.units > begin ? extent.units - begin : 0;
        if (i > first && *load >= target / 2 && overlap < least) {
            best = i;
            least = overlap;
        }
        if (best > first && *load >= target + target / 2 &&
            u->ops->cost(u->ctx, step->want.store, least, 0) <= target / 4) {
            if (!add_task(plan, best))
                return false;
            first = best;
            i = best - 1;
            extent = (struct extent){plan->steps[first].want.begin, 0};
            least = UINT64_MAX;
            *load = 0;
            continue;
        }
        *load += reach_out(u, &extent, step);
    }
    return true;
}

/* Makes tasks of about the target's work. */
static bool cut(struct lode_plan *plan, struct units *u, uint64_t target)
{
    uint64_t load = 0;
    if (!add_task(plan, 0))
        return false;
    for (int64_t c = 0; c < plan->chain_count; c++) {
        const struct lode_chain *chain = &plan->chains[c];
        if (load > 0 && load + chain->cost / 2 >= target) {
            if (!add_task(plan, chain->first))
                return false;
            load = 0;
        }
        if (chain->cost <= target + target / 2)
            load += chain->cost;
        else if (!cut_chain(plan, u, chain->first, chain[1].first, target, &load))
            return false;
    }
    return true;
}

/* ---- reach --------------------------------------------------------------------------------- */

/* The last of steps [k, end) that begins before offset: galloping, since most are near. */
static int64_t last_before(const struct lode_step *steps, int64_t k, int64_t end, uint64_t offset)
{
    int64_t stride = 1;
    while (k + stride < end && steps[k + stride].want.begin < offset) {
        k += stride;
        stride *= 2;
    }
    int64_t above = k + stride < end ? k + stride : end;
    while (above - k > 1) {
        const int64_t mid = k + (above - k) / 2;
        if (steps[mid].want.begin < offset)
            k = mid;
        else
            above = mid;
    }
    return k;
}

/* Steps [first, end) are one store's of one task. Each want's last unit is decoded as far as any
 * want looks that begins before the unit's end: wants come by begin, so that is the furthest end up
 * to there. */
static void set_reach(struct lode_step *steps, int64_t first, int64_t end)
{
    uint64_t furthest = 0;
    for (int64_t k = first; k < end; k++) {
        const struct lode_want *want = &steps[k].want;
        if (want->end > furthest && want->end > want->begin)
            furthest = want->end;
        steps[k].reach = furthest; /* until its own turn below */
    }
    for (int64_t k = first; k < end; k++) {
        struct lode_step *step = &steps[k];
        if (step->want.begin == step->want.end) {
            step->reach = step->want.end;
            continue;
        }
        const uint64_t reach = steps[last_before(steps, k, end, step->unit_end)].reach;
        step->reach = reach < step->unit_end ? reach : step->unit_end;
    }
}

static void set_all_reach(struct lode_plan *plan)
{
    for (int64_t t = 0; t < plan->task_count; t++) {
        int64_t first = plan->tasks[t];
        for (int64_t k = first + 1; k <= plan->tasks[t + 1]; k++) {
            if (k < plan->tasks[t + 1] &&
                plan->steps[k].want.store == plan->steps[first].want.store)
                continue;
            set_reach(plan->steps, first, k);
            first = k;
        }
    }
}

bool lode_plan_make(struct lode_plan *plan, const struct lode_plan_ops *ops, void *ctx, int threads)
{
    struct units u = {.ops = ops, .ctx = ctx, .store = -1};
    plan->threads = 1;
    if (plan->count == 0)
        return true;
    if (!chain_up(plan, &u, order_of(plan)))
        return false;
    plan->chains[plan->chain_count] = (struct lode_chain){.first = plan->count};
    if (plan->work >= THREADS_FROM && threads > 1) {
        const uint64_t most = plan->work / THREAD_WORK;
        plan->threads = (uint64_t)threads < most ? threads : (int)most;
    }
    const uint64_t target = plan->work / ((uint64_t)plan->threads * TASKS_PER_THREAD);
    if (!cut(plan, &u,
             plan->threads == 1   ? UINT64_MAX / 2
             : target > TASK_WORK ? target
                                  : TASK_WORK))
        return false;
    plan->tasks[plan->task_count] = plan->count;
    if (plan->task_count < plan->threads)
        plan->threads = (int)plan->task_count;
    set_all_reach(plan);
    return true;
}
