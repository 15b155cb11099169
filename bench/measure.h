/* Owns clocks, medians and the memory of this process. */
#ifndef LODE_BENCH_MEASURE_H
#define LODE_BENCH_MEASURE_H

#include <stddef.h>

/* Seconds since some moment. */
double measure_now(void);

/* For busy machines: from now on measure_single counts the time that the thread ran, not what it
 * waited for others. */
void measure_by_cpu_clock(void);

/* Sorts values; the middle one. */
double measure_median(double *values, size_t n);

/* KiB this process holds alone: proportional set size plus page tables. */
double measure_private_kib(void);

/* What work(ctx) adds to that, measured in a child of its own so that nothing earlier blurs it. */
double measure_growth_kib(void (*work)(void *ctx), void *ctx);

/* The same for the last of so many workers, while the others have done it and live. */
double measure_worker_kib(void (*work)(void *ctx), void *ctx, int workers);

enum { MEASURE_ROUNDS_MAX = 64 };

/* Rounds of both sides, taken in turn. */
struct measure_pair {
    double ours[MEASURE_ROUNDS_MAX], peer[MEASURE_ROUNDS_MAX];
    size_t rounds;
};

/* Runs both functions in turn; each returns the seconds it wants counted. Who begins changes from
 * round to round. */
void measure_pair(struct measure_pair *pair, size_t rounds, double (*ours)(void *ctx),
                  double (*peer)(void *ctx), void *ctx);

/* The same on one processor, for work of one thread: it is not moved about. */
void measure_single(struct measure_pair *pair, size_t rounds, double (*ours)(void *ctx),
                    double (*peer)(void *ctx), void *ctx);

#endif
