#include "goals.h"

#include <stdio.h>
#include <string.h>

static const struct goal goals[] = {
    {"open_1m", 5000, 20000, false},
    {"open_1m_memory", 976, 0, true},
    {"lookup_1m", 0.4, 0.15, true},
    {"lookup_1m_batch", 0.15, 0.05, true},
    {"get60_bgzf_up", 2.7, 3.1, false},
    {"get60_bgzf_sm", 2.2, 2.5, false},
    {"get10k_bgzf_up", 2.7, 3.1, false},
    {"get10k_bgzf_sm", 2.2, 2.5, false},
    {"get196k_bgzf_up", 1.8, 2.0, false},
    {"get196k_bgzf_sm", 1.5, 1.65, false},
    {"batch196k_bgzf_t2_up", 3.4, 3.8, false},
    {"batch196k_bgzf_t2_sm", 2.8, 3.2, false},
    {"get60_plain", 3, 5, false},
    {"get60_packed_sm", 300, 500, false},
    {"get10k_packed_sm", 50, 85, false},
    {"get196k_packed_sm", 25, 42, false},
    {"get60_packed_up", 800, 1200, false},
    {"get196k_packed_2bit", 5, 15, false},
    {"get60_small", 2, 2.5, false},
    {"get60_small_vs_ordinary", 10, 12, false},
    {"get60_restart", 50, 110, false},
    {"index_bgzf_t2", 3.5, 5, false},
    {"index_bgzf_t2_up", 3.5, 5, false},
    {"worker_private_kb", 976, 0, true},
    {"rec_open_10m", 1000, 0, true},
    {"rec_worker_kb", 976, 0, true},
    {"rec_text", 2, 0, false},
    {"rec_small", 2, 0, false},
    {"rec_floats", 0.9, 0, false},
    {"rec_text_dict", 0.8, 0, false},
    {"rec_text_dict_size", 0.4, 0, true},
};

const struct goal *goal_of(const char *row)
{
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++)
        if (strcmp(goals[i].row, row) == 0)
            return &goals[i];
    return NULL;
}

bool goal_missed(const struct goal *goal, double ours, double ratio)
{
    return goal != NULL && (goal->value ? ours > goal->floor : ratio < goal->floor);
}

void goal_text(const struct goal *goal, const char *unit, char *out, size_t cap)
{
    char aim[32] = "";
    if (goal == NULL) {
        snprintf(out, cap, "-");
        return;
    }
    if (goal->aim > 0)
        snprintf(aim, sizeof aim, " / %g%s", goal->aim, goal->value ? "" : "x");
    snprintf(out, cap, "%g%s%s%s%s", goal->floor, goal->value ? "" : "x", aim,
             goal->value ? " " : "", goal->value ? unit : "");
}
