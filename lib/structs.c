#include "structs.h"

#include <stdint.h>
#include <string.h>

bool lode_struct_in(void *dst, size_t size, const void *src)
{
    size_t theirs;
    if (src == NULL)
        return true;
    memcpy(&theirs, src, sizeof theirs);
    if (theirs < sizeof theirs)
        return false;
    for (size_t i = size; i < theirs; i++)
        if (((const uint8_t *)src)[i] != 0)
            return false;
    memcpy(dst, src, theirs < size ? theirs : size);
    return true;
}

bool lode_struct_out(void *dst, const void *src, size_t size)
{
    size_t theirs;
    memcpy(&theirs, dst, sizeof theirs);
    if (theirs < sizeof theirs)
        return false;
    const size_t n = theirs < size ? theirs : size;
    memcpy((uint8_t *)dst + sizeof theirs, (const uint8_t *)src + sizeof theirs, n - sizeof theirs);
    return true;
}
