/* Owns what "all usable" threads are. */
#ifndef LODE_TOOL_THREADS_H
#define LODE_TOOL_THREADS_H

#include <stdint.h>

/* 0 = the CPUs this process may run on. */
int tool_threads(int64_t wanted);

#endif
