/* Owns the running of a plan: what is asked for ahead, who takes which task. */
#ifndef LODE_LIB_PLANRUN_H
#define LODE_LIB_PLANRUN_H

#include "plan.h"

/* How to run one. */
struct lode_plan_run {
    const struct lode_plan *plan;
    const struct lode_plan_ops *ops;
    void *ctx;
    int64_t stores_ahead; /* file bytes of so many stores are asked for before the first task */
    /* The host's threads instead of the pool's: calls fn(arg, i) for every i in [0, n). Or NULL. */
    void (*host)(void *host_ctx, void (*fn)(void *arg, int64_t i), void *arg, int64_t n);
    void *host_ctx;
};

/* Serves every want of a plan that was made, on this thread (worker 0, which may always enter) and
 * where plan->threads is more than 1 on others. A thread takes the next task that nobody took.
 *
 * File bytes are asked for in sorted, merged ranges: of the first stores_ahead stores before
 * anything is served, of the others by whoever comes to them. Not when they are few, nor where a
 * few ranges spread over them can be had without waiting. */
void lode_plan_run(const struct lode_plan_run *run);

#endif
