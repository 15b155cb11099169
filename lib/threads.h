/* Owns the running of one function on several threads. */
#ifndef LODE_LIB_THREADS_H
#define LODE_LIB_THREADS_H

/* fn(arg) on this thread and on up to threads - 1 others, until all have returned; where a thread
 * cannot be had, fewer do the same work. What fn returned here; *started (or NULL) = the others. */
void *lode_run_threads(void *(*fn)(void *arg), void *arg, int threads, int *started);

#endif
