/* Owns what each row must reach, and aims at. */
#ifndef LODE_BENCH_GOALS_H
#define LODE_BENCH_GOALS_H

#include <stdbool.h>
#include <stddef.h>

struct goal {
    const char *row;
    double floor, aim; /* aim 0: none beyond the floor */
    bool value;        /* of lode's own figure, which must not be above it; else of the ratio */
};

/* NULL when nothing is asked of the row. */
const struct goal *goal_of(const char *row);

bool goal_missed(const struct goal *goal, double ours, double ratio);

/* "2.7x / 3.1x", or "0.4 / 0.15 us". */
void goal_text(const struct goal *goal, const char *unit, char *out, size_t cap);

#endif
