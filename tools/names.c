/* Owns names and paths fetched from an index into a buffer that grows with them. */
#include "names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int reserve(struct tool_name *name, size_t cap)
{
    if (cap <= name->cap)
        return LODE_OK;
    char *bytes = realloc(name->bytes, cap);
    if (bytes == NULL)
        return LODE_E_NOMEM;
    name->bytes = bytes;
    name->cap = cap;
    return LODE_OK;
}

int tool_name_get(struct tool_name *name, tool_name_fn get, const lode_index *index, int64_t number)
{
    int status = reserve(name, 256);
    if (status != LODE_OK)
        return status;
    status = get(index, number, name->bytes, name->cap - 1, &name->len);
    if (status == LODE_E_SPACE) {
        status = reserve(name, name->len + 1);
        if (status == LODE_OK)
            status = get(index, number, name->bytes, name->cap - 1, &name->len);
    }
    if (status == LODE_OK)
        name->bytes[name->len] = '\0';
    return status;
}

int tool_name_number(struct tool_name *name, int64_t number)
{
    const int status = reserve(name, 256);
    if (status == LODE_OK)
        name->len = (size_t)snprintf(name->bytes, name->cap, "#%" PRId64, number);
    return status;
}

void tool_name_free(struct tool_name *name)
{
    free(name->bytes);
    *name = (struct tool_name){0};
}
