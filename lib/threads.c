#include "threads.h"

#include <pthread.h>
#include <stdlib.h>

void *lode_run_threads(void *(*fn)(void *arg), void *arg, int threads, int *started)
{
    pthread_t *ids = threads > 1 ? calloc((size_t)threads - 1, sizeof *ids) : NULL;
    int others = 0;
    while (ids != NULL && others < threads - 1 && pthread_create(&ids[others], NULL, fn, arg) == 0)
        others++;
    void *result = fn(arg);
    for (int i = 0; i < others; i++)
        pthread_join(ids[i], NULL);
    free(ids);
    if (started != NULL)
        *started = others;
    return result;
}
