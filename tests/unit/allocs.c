#include "allocs.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static long count;     /* allocations since allocs_fail */
static long fail_at;   /* the number of the one that fails; 0 = none */
static bool all_after; /* those behind it too */
static bool did_fail, paused;
static size_t largest, together;

void allocs_fail(long at, bool after)
{
    fail_at = 0;
    count = 0;
    did_fail = false;
    largest = together = 0;
    all_after = after;
    fail_at = at;
}

void allocs_stop(void)
{
    fail_at = 0;
}

void allocs_pause(bool pause)
{
    paused = pause;
}

bool allocs_failed(void)
{
    return __atomic_load_n(&did_fail, __ATOMIC_RELAXED);
}

size_t allocs_largest(void)
{
    return __atomic_load_n(&largest, __ATOMIC_RELAXED);
}

size_t allocs_together(void)
{
    return __atomic_load_n(&together, __ATOMIC_RELAXED);
}

static void note(size_t bytes)
{
    size_t most = __atomic_load_n(&largest, __ATOMIC_RELAXED);
    __atomic_fetch_add(&together, bytes, __ATOMIC_RELAXED);
    while (bytes > most && !__atomic_compare_exchange_n(&largest, &most, bytes, true,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static bool fails(size_t bytes)
{
    if (paused)
        return false;
    const long n = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    note(bytes);
    if (fail_at == 0 || (all_after ? n < fail_at : n != fail_at))
        return false;
    __atomic_store_n(&did_fail, true, __ATOMIC_RELAXED);
    errno = ENOMEM;
    return true;
}

static size_t product(size_t n, size_t size)
{
    return size != 0 && n > SIZE_MAX / size ? SIZE_MAX : n * size;
}

/* The library's calls come here (--wrap). */
#define WRAP(type, name, none, bytes, params, ...)                                                 \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        return fails(bytes) ? (none) : __real_##name(__VA_ARGS__);                                 \
    }
WRAP(void *, malloc, NULL, n, (size_t n), n)
WRAP(void *, calloc, NULL, product(n, size), (size_t n, size_t size), n, size)
WRAP(void *, realloc, NULL, n, (void *p, size_t n), p, n)
WRAP(void *, reallocarray, NULL, product(n, size), (void *p, size_t n, size_t size), p, n, size)
WRAP(void *, aligned_alloc, NULL, n, (size_t align, size_t n), align, n)
WRAP(char *, strdup, NULL, strlen(s), (const char *s), s)
WRAP(char *, strndup, NULL, n, (const char *s, size_t n), s, n)
WRAP(char *, realpath, NULL, 0, (const char *path, char *out), path, out)
WRAP(DIR *, opendir, NULL, 0, (const char *path), path)
WRAP(void *, EVP_MD_CTX_new, NULL, 0, (void), )
WRAP(FILE *, fopen, NULL, 0, (const char *path, const char *mode), path, mode)
WRAP(DIR *, fdopendir, NULL, 0, (int fd), fd)
WRAP(ssize_t, getline, -1, 0, (char **line, size_t *cap, FILE *f), line, cap, f)

FILE *allocs_fopen(const char *path, const char *mode)
{
    return __real_fopen(path, mode);
}
