/* Owns what "all usable" threads are. */
#include "threads.h"

#include <sched.h>

int tool_threads(int64_t wanted)
{
    cpu_set_t set;
    if (wanted > 0)
        return (int)wanted;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}
