/* Owns the library's worker threads: one pool a process, made when first wanted, kept until exit.
 */
#ifndef LODE_LIB_POOL_H
#define LODE_LIB_POOL_H

#include <stdint.h>

enum { LODE_POOL_MAX = 256 };

/* fn(arg, i) once for each i in [0, n), on this thread and on up to threads - 1 workers (capped at
 * LODE_POOL_MAX); returns when all are done. This thread always works too: where no worker can be
 * had it does everything. Any number of threads may call at the same time, and fn may call again.
 * fn must return: no exit, longjmp or cancellation out of it.
 *
 * Fork: a child never touches its parent's pool, whatever the parent's threads were doing at that
 * moment, and makes its own. */
void lode_pool_run(int threads, void (*fn)(void *arg, int64_t i), void *arg, int64_t n);

/* Workers started in this process so far. */
int lode_pool_workers(void);

#endif
