/* Owns the random reads of `lode bench`: drawn over all contigs without memory that grows with
 * their number. */
#include "bench.h"

#include <stdlib.h>

enum { READS = 4096 };

/* splitmix64: the same reads in every run, so that two runs compare. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* Positions of the contig where span bases begin. */
static int64_t starts_in(const struct lode_contig *contig, int64_t span)
{
    return contig->length >= span ? contig->length - span + 1 : 0;
}

static int sum_starts(const lode_index *index, int64_t contigs, int64_t span, int64_t *sum,
                      struct lode_diag *diag)
{
    *sum = 0;
    for (int64_t i = 0; i < contigs; i++) {
        struct lode_contig contig;
        const int status = lode_contig_at(index, i, &contig, diag);
        if (status != LODE_OK)
            return status;
        *sum += starts_in(&contig, span);
    }
    return LODE_OK;
}

static int up(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Turns ascending positions, counted over the starts of all contigs, into reads: one walk. */
static int place(const lode_index *index, int64_t contigs, const int64_t *at,
                 struct tool_bench_plan *plan, struct lode_diag *diag)
{
    int64_t before = 0;
    for (int64_t i = 0; i < contigs && plan->count < READS; i++) {
        struct lode_contig contig;
        const int status = lode_contig_at(index, i, &contig, diag);
        if (status != LODE_OK)
            return status;
        const int64_t behind = before + starts_in(&contig, plan->span);
        for (; plan->count < READS && at[plan->count] < behind; plan->count++)
            plan->reads[plan->count] = (struct tool_bench_read){contig, at[plan->count] - before};
        before = behind;
    }
    return LODE_OK;
}

static void shuffle(struct tool_bench_plan *plan, uint64_t *state)
{
    for (int64_t i = plan->count - 1; i > 0; i--) {
        const int64_t j = (int64_t)(next_random(state) % (uint64_t)(i + 1));
        const struct tool_bench_read read = plan->reads[i];
        plan->reads[i] = plan->reads[j];
        plan->reads[j] = read;
    }
}

static int draw(const lode_index *index, int64_t contigs, int64_t starts,
                struct tool_bench_plan *plan, struct lode_diag *diag)
{
    uint64_t state = (uint64_t)plan->span;
    int64_t *at = malloc(READS * sizeof *at);
    plan->reads = malloc(READS * sizeof *plan->reads);
    int status = at != NULL && plan->reads != NULL ? LODE_OK : LODE_E_NOMEM;
    if (status == LODE_OK) {
        for (int i = 0; i < READS; i++)
            at[i] = (int64_t)(next_random(&state) % (uint64_t)starts);
        qsort(at, READS, sizeof *at, up);
        status = place(index, contigs, at, plan, diag);
        shuffle(plan, &state);
    }
    free(at);
    return status;
}

int tool_bench_plan(const lode_index *index, int64_t span, struct tool_bench_plan *plan,
                    struct lode_diag *diag)
{
    struct lode_info info = {.struct_size = sizeof info};
    int64_t starts;
    *plan = (struct tool_bench_plan){.span = span};
    int status = lode_index_info(index, &info);
    if (status == LODE_OK)
        status = sum_starts(index, info.contigs, span, &starts, diag);
    if (status == LODE_OK && starts > 0)
        status = draw(index, info.contigs, starts, plan, diag);
    return status;
}

void tool_bench_plan_free(struct tool_bench_plan *plan)
{
    free(plan->reads);
    *plan = (struct tool_bench_plan){0};
}
