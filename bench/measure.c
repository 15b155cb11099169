#include "measure.h"

#include "bench.h"

#include <malloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool cpu_clock, single;

void measure_by_cpu_clock(void)
{
    cpu_clock = true;
}

double measure_now(void)
{
    struct timespec now;
    clock_gettime(cpu_clock && single ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return n == 0 ? 0 : n % 2 != 0 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The number after "key" in a /proc file of "Key:  N kB" lines. */
static double proc_kib(const char *file, const char *key)
{
    char line[256];
    double value = -1;
    FILE *in = fopen(file, "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtod(line + strlen(key), NULL);
    if (in != NULL)
        fclose(in);
    if (value < 0)
        bench_die("%s has no line %s", file, key);
    return value;
}

double measure_private_kib(void)
{
    return proc_kib("/proc/self/smaps_rollup", "Pss:") + proc_kib("/proc/self/status", "VmPTE:");
}

double measure_growth_kib(void (*work)(void *ctx), void *ctx)
{
    int ends[2];
    double growth = 0;
    if (pipe(ends) != 0)
        bench_die("no pipe");
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        measure_private_kib(); /* its own buffers are in place then */
        const double before = measure_private_kib();
        work(ctx);
        growth = measure_private_kib() - before;
        _exit(write(ends[1], &growth, sizeof growth) == sizeof growth ? 0 : 1);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &growth, sizeof growth) != sizeof growth)
        bench_die("the measuring child failed");
    close(ends[0]);
    waitpid(child, NULL, 0);
    return growth;
}

/* A child that works, tells so, and lives until done is closed. */
static pid_t start_worker(void (*work)(void *ctx), void *ctx, const int told[2], const int done[2])
{
    char byte = 0;
    const pid_t child = fork();
    if (child != 0)
        return child;
    close(done[1]);
    work(ctx);
    if (write(told[1], &byte, 1) != 1)
        _exit(1);
    _exit(read(done[0], &byte, 1) == 0 ? 0 : 1);
}

double measure_worker_kib(void (*work)(void *ctx), void *ctx, int workers)
{
    int told[2], done[2];
    char byte;
    if (pipe(told) != 0 || pipe(done) != 0)
        bench_die("no pipe");
    fflush(stdout);
    /* As in a process that is new: large blocks are not taken from what the rows before left. */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    for (int i = 1; i < workers; i++)
        if (start_worker(work, ctx, told, done) < 0 || read(told[0], &byte, 1) != 1)
            bench_die("a worker failed");
    const double growth = measure_growth_kib(work, ctx);
    close(done[0]), close(done[1]);
    close(told[0]), close(told[1]);
    while (wait(NULL) > 0) {
    }
    return growth;
}

void measure_pair(struct measure_pair *pair, size_t rounds, double (*ours)(void *ctx),
                  double (*peer)(void *ctx), void *ctx)
{
    pair->rounds = rounds < MEASURE_ROUNDS_MAX ? rounds : MEASURE_ROUNDS_MAX;
    for (size_t i = 0; i < pair->rounds; i++) {
        if (i % 2 == 0)
            pair->ours[i] = ours(ctx);
        pair->peer[i] = peer(ctx);
        if (i % 2 != 0)
            pair->ours[i] = ours(ctx);
    }
}

void measure_single(struct measure_pair *pair, size_t rounds, double (*ours)(void *ctx),
                    double (*peer)(void *ctx), void *ctx)
{
    cpu_set_t all, one;
    const int cpu = sched_getcpu();
    const bool pin = cpu >= 0 && sched_getaffinity(0, sizeof all, &all) == 0;
    CPU_ZERO(&one);
    if (pin) {
        CPU_SET((size_t)cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    single = true;
    measure_pair(pair, rounds, ours, peer, ctx);
    single = false;
    if (pin)
        sched_setaffinity(0, sizeof all, &all);
}
