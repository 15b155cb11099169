#include "guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool guard_new(struct guard *guard, size_t max)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guard->room = (max + page - 1) / page * page;
    void *map =
        mmap(NULL, guard->room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    guard->map = map == MAP_FAILED ? NULL : map;
    return guard->map != NULL && mprotect(guard->map + guard->room, page, PROT_NONE) == 0;
}

void guard_free(struct guard *guard)
{
    if (guard->map != NULL)
        munmap(guard->map, guard->room + (size_t)sysconf(_SC_PAGESIZE));
    guard->map = NULL;
}

uint8_t *guard_place(struct guard *guard, size_t n)
{
    uint8_t *p = guard->map + guard->room - n;
    memset(p, 0xEE, n);
    return p;
}

uint8_t *guard_copy(struct guard *guard, const void *data, size_t n)
{
    uint8_t *p = guard->map + guard->room - n;
    if (n > 0)
        memmove(p, data, n);
    return p;
}
