#include "cpus.h"

#include <sched.h>

enum { THREADS_MAX = 512 };

int lode_thread_count(int threads)
{
    cpu_set_t set;
    if (threads == 0)
        threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
}
