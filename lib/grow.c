#include "grow.h"

#include <stdlib.h>
#include <string.h>

bool lode_grow(void *data, size_t *cap, size_t need, size_t size)
{
    void *old, *grown;
    size_t want = *cap < 16 ? 16 : *cap, bytes;
    if (need <= *cap)
        return true;
    while (want < need)
        if (__builtin_mul_overflow(want, 2, &want))
            return false;
    if (__builtin_mul_overflow(want, size, &bytes))
        return false;
    memcpy(&old, data, sizeof old);
    grown = realloc(old, bytes);
    if (grown == NULL)
        return false;
    memcpy(data, &grown, sizeof grown);
    *cap = want;
    return true;
}
