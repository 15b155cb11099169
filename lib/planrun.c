#include "planrun.h"

#include "pool.h"

enum {
    AHEAD_FROM = 8,     /* ranges: fewer are not worth asking for */
    PROBES = 8,         /* ranges looked at to see whether any are missing */
    GAP_MAX = 32 << 10, /* file bytes between two ranges that are asked for as one */
    SOON = 6,           /* wants that memory is asked for before they are served */
};

/* So many file bytes may be asked for at once: more would push out what was not read yet. */
static const uint64_t ahead_most = (uint64_t)512 << 20;

/* A run that is going on. */
struct state {
    const struct lode_plan_run *run;
    int64_t ahead; /* steps before this one had their file bytes asked for */
    int64_t next;  /* task to be taken */
};

static int64_t store_of(const struct lode_plan *plan, int64_t step)
{
    return plan->steps[step].want.store;
}

static bool any_missing(const struct lode_plan_run *run, int worker, int64_t begin, int64_t end)
{
    for (int64_t p = 0; p < PROBES; p++) {
        const struct lode_chain *chain = &run->plan->chains[begin + (end - begin) * p / PROBES];
        if (chain->file_end > chain->file_begin &&
            !run->ops->resident(run->ctx, worker, store_of(run->plan, chain->first),
                                chain->file_begin, chain->file_end))
            return true;
    }
    return false;
}

/* Asks for the file bytes of chains [begin, end). */
static void ask(const struct lode_plan_run *run, int worker, int64_t begin, int64_t end)
{
    uint64_t asked = 0;
    if (end - begin < AHEAD_FROM || !any_missing(run, worker, begin, end))
        return;
    for (int64_t c = begin; c < end && asked < ahead_most;) {
        const struct lode_chain *chain = &run->plan->chains[c];
        const int64_t store = store_of(run->plan, chain->first);
        uint64_t to = chain->file_end;
        for (c++; c < end; c++) {
            const struct lode_chain *more = &run->plan->chains[c];
            if (store_of(run->plan, more->first) != store ||
                (more->file_end > more->file_begin && more->file_begin > to + GAP_MAX))
                break;
            if (more->file_end > to)
                to = more->file_end;
        }
        if (to > chain->file_begin)
            run->ops->prefetch(run->ctx, worker, store, chain->file_begin, to);
        asked += to - chain->file_begin;
    }
}

/* The first chain that begins at this step or later. */
static int64_t chain_from(const struct lode_plan *plan, int64_t step)
{
    int64_t low = 0, high = plan->chain_count;
    while (low < high) {
        const int64_t mid = low + (high - low) / 2;
        if (plan->chains[mid].first < step)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The store that step k begins, as far as this task goes. */
static void ask_store(const struct lode_plan_run *run, int worker, int64_t k, int64_t end)
{
    int64_t last = k;
    while (last < end && store_of(run->plan, last) == store_of(run->plan, k))
        last++;
    ask(run, worker, chain_from(run->plan, k), chain_from(run->plan, last));
}

static void serve_task(const struct state *state, int worker, int64_t task)
{
    const struct lode_plan_run *run = state->run;
    const struct lode_plan *plan = run->plan;
    const int64_t first = plan->tasks[task], end = plan->tasks[task + 1];
    for (int64_t k = first; k < end; k++) {
        const struct lode_step *step = &plan->steps[k];
        if (run->ops->soon != NULL && end - k > SOON)
            run->ops->soon(run->ctx, &plan->steps[k + SOON].want);
        if (k >= state->ahead && (k == first || store_of(plan, k - 1) != step->want.store))
            ask_store(run, worker, k, end);
        run->ops->serve(run->ctx, worker, &step->want, step->reach);
    }
}

static bool any_left(const struct state *state)
{
    return __atomic_load_n(&state->next, __ATOMIC_RELAXED) < state->run->plan->task_count;
}

static void work(void *arg, int64_t worker)
{
    struct state *state = arg;
    int64_t task;
    /* A worker that comes too late should not fetch its tools first. */
    if (!any_left(state) || !state->run->ops->enter(state->run->ctx, (int)worker))
        return;
    while ((task = __atomic_fetch_add(&state->next, 1, __ATOMIC_RELAXED)) <
           state->run->plan->task_count)
        serve_task(state, (int)worker, task);
}

static void ask_ahead(struct state *state)
{
    const struct lode_plan *plan = state->run->plan;
    int64_t stores = 0, chain = 0;
    for (; chain < plan->chain_count; chain++) {
        const int64_t k = plan->chains[chain].first;
        stores += k == 0 || store_of(plan, k) != store_of(plan, k - 1);
        if (stores > state->run->stores_ahead)
            break;
    }
    ask(state->run, 0, 0, chain);
    state->ahead = plan->chains[chain].first;
}

void lode_plan_run(const struct lode_plan_run *run)
{
    struct state state = {.run = run};
    const int threads = run->plan->threads;
    if (run->plan->count == 0)
        return;
    ask_ahead(&state);
    if (threads > 1 && run->host != NULL)
        run->host(run->host_ctx, work, &state, threads);
    else if (threads > 1)
        lode_pool_run(threads, work, &state, threads);
    work(&state, 0); /* one thread, or tasks that were left lying */
}
