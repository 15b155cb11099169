/* Owns `lode rec join`: stores of several files, in one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "rec.h"

struct join {
    lode_store_writer *writers[LODE_STORES_MAX];
    int64_t n;
};

/* The store's name: what the command line says, or the one that it has, or else that of its file
 * without .lode. *freed is to be freed. False when there is no memory. */
static bool choose_name(const char *given, const char *path, const struct lode_store_info *info,
                        const char **name, char **freed)
{
    *freed = NULL;
    *name = given;
    if (given != NULL || info->name[0] != '\0')
        return true; /* NULL keeps it, whatever its length */
    const char *slash = strrchr(path, '/');
    *name = *freed = strdup(slash != NULL ? slash + 1 : path);
    char *end = *freed != NULL ? strrchr(*freed, '.') : NULL;
    if (end != NULL && end != *freed && strcmp(end, ".lode") == 0)
        *end = '\0';
    return *freed != NULL;
}

static int add_store(struct join *join, const lode_store *store, const char *given,
                     const char *path)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    const char *name;
    char *freed;
    if (join->n == LODE_STORES_MAX)
        return tool_usage("rec", "more than %d stores do not fit into one file", LODE_STORES_MAX);
    if (lode_store_info(store, &info) != LODE_OK || !choose_name(given, path, &info, &name, &freed))
        return tool_report(LODE_E_NOMEM, NULL);
    const int status = lode_store_copy(store, name, &join->writers[join->n], &diag);
    free(freed);
    if (status != LODE_OK)
        return tool_report(status, &diag);
    join->n++;
    return TOOL_OK;
}

/* NAME=FILE or FILE, one store or several. */
static int add_file(struct join *join, const char *word)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    const char *equals = strchr(word, '=');
    const bool named = equals != NULL && access(word, F_OK) != 0;
    const char *path = named ? equals + 1 : word;
    char *name = named ? strndup(word, (size_t)(equals - word)) : NULL;
    int status = named && name == NULL ? tool_report(LODE_E_NOMEM, NULL) : TOOL_OK;
    for (int64_t place = 1; status == TOOL_OK && (place == 1 || place <= info.stores); place++) {
        lode_store *store = NULL;
        status = rec_open_place(path, place, &store);
        if (status == TOOL_OK && place == 1)
            (void)lode_store_info(store, &info);
        if (status == TOOL_OK && named && info.stores > 1)
            status = tool_usage("rec", "%s holds several stores, which have names", path);
        if (status == TOOL_OK)
            status = add_store(join, store, name, path);
        lode_store_close(store);
    }
    free(name);
    return status;
}

int rec_join(const struct tool_options *options)
{
    struct join join = {.n = 0};
    struct lode_diag diag = {0};
    int status = TOOL_OK;
    if (access(options->args[1], F_OK) == 0 && !rec_is_store(options->args[1]))
        return tool_usage("rec", "%s is there, and no record store: it is not replaced",
                          options->args[1]);
    for (int i = 2; i < options->arg_count && status == TOOL_OK; i++)
        status = add_file(&join, options->args[i]);
    if (status == TOOL_OK)
        return lode_store_publish_all(join.writers, join.n, options->args[1], &diag) == LODE_OK
                   ? TOOL_OK
                   : tool_report(diag.status, &diag);
    for (int64_t i = 0; i < join.n; i++)
        lode_store_discard(join.writers[i]);
    return status;
}
