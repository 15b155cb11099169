/* Owns the number of processors this process may use. */
#ifndef LODE_LIB_CPUS_H
#define LODE_LIB_CPUS_H

/* threads, or for 0 the processors that affinity leaves us; 1 .. 512. */
int lode_thread_count(int threads);

#endif
