#include "left_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index_path.h"
#include "message.h"

enum { SHOWN = 3 };

void tool_left_out_look(struct tool_left_out *left, const struct tool_options *options, int inputs,
                        const char *out)
{
    struct lode_info info = {.struct_size = sizeof info};
    left->old = NULL;
    if (out != NULL)
        snprintf(left->path, sizeof left->path, "%s", out);
    else if (inputs != 1 || tool_index_path(options, options->args[0], left->path) != TOOL_OK)
        return;
    if (options->add || lode_open(left->path, NULL, &left->old, NULL) != LODE_OK)
        return;
    if (lode_index_info(left->old, &info) == LODE_OK && info.members > 0)
        return;
    lode_close(left->old);
    left->old = NULL;
}

/* The name of a source, to be freed; NULL: it cannot be had. */
static char *name_of(const lode_index *index, int64_t source, size_t *len)
{
    int status = lode_source_name(index, source, NULL, 0, len);
    char *name = status == LODE_OK || status == LODE_E_SPACE ? malloc(*len + 1) : NULL;
    if (name != NULL && lode_source_name(index, source, name, *len + 1, len) == LODE_OK)
        return name;
    free(name);
    return NULL;
}

static void tell(const struct tool_left_out *left, const lode_index *now)
{
    struct lode_info info = {.struct_size = sizeof info};
    char names[SHOWN][64];
    int64_t missing = 0;
    (void)lode_index_info(left->old, &info);
    for (int64_t s = 0; s < info.sources; s++) {
        int64_t there;
        size_t len;
        char *name = name_of(left->old, s, &len);
        if (name != NULL && lode_find_source(now, name, len, &there) == LODE_E_NOT_FOUND) {
            if (missing < SHOWN)
                snprintf(names[missing], sizeof names[missing], "%.60s", name);
            missing++;
        }
        free(name);
    }
    if (missing == 0)
        return;
    for (int64_t i = missing; i < SHOWN; i++)
        names[i][0] = '\0';
    tool_warning("%s: %lld of the sources that it had are not among the inputs, and out of it now: "
                 "%s%s%s%s%s%s; 'lode index --add' brings them back",
                 left->path, (long long)missing, names[0], missing > 1 ? ", " : "", names[1],
                 missing > 2 ? ", " : "", names[2], missing > SHOWN ? ", ..." : "");
}

void tool_left_out_tell(struct tool_left_out *left, bool built)
{
    lode_index *now = NULL;
    if (left->old != NULL && built && lode_open(left->path, NULL, &now, NULL) == LODE_OK)
        tell(left, now);
    lode_close(now);
    lode_close(left->old);
}
