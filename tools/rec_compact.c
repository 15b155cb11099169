/* Owns `lode rec compact`: a store written anew from the records that it has. */
#include <stdlib.h>

#include "interrupt.h"
#include "message.h"
#include "rec.h"

/* What the command line does not say stays as it is, the dictionary too. */
static int keep_options(const lode_store *store, const struct lode_store_info *info,
                        struct lode_store_options *made, char **dictionary)
{
    made->codec = info->codec;
    made->level = made->level != 0 ? made->level : info->level;
    made->shuffle = made->shuffle != 0 ? made->shuffle : info->shuffle;
    made->block_size = made->block_size != 0 ? made->block_size : info->block_size;
    if (info->dictionary_size == 0)
        return TOOL_OK;
    *dictionary = malloc((size_t)info->dictionary_size + 1);
    if (*dictionary == NULL)
        return tool_report(LODE_E_NOMEM, NULL);
    const int status = lode_store_dictionary(store, *dictionary, (size_t)info->dictionary_size + 1,
                                             &made->dictionary_size);
    made->dictionary = *dictionary;
    return status == LODE_OK ? TOOL_OK : tool_report(status, NULL);
}

static int options_of(const struct tool_options *options, const lode_store *store,
                      struct lode_store_options *made, char **dictionary)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    int status = lode_store_info(store, &info) == LODE_OK ? TOOL_OK : TOOL_FAILED;
    if (status == TOOL_OK)
        status = rec_store_options(options, made, dictionary);
    if (status == TOOL_OK && options->codec == 0 && options->dictionary == NULL)
        status = keep_options(store, &info, made, dictionary);
    return status;
}

int rec_compact(const struct tool_options *options)
{
    struct lode_store_options made = LODE_STORE_OPTIONS_INIT;
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    char *dictionary = NULL;
    int status = rec_open_place(options->args[1], 0, &store);
    if (status == TOOL_OK)
        status = options_of(options, store, &made, &dictionary);
    lode_store_close(store);
    if (status == TOOL_OK) {
        const int *cancel = tool_interrupt_catch();
        status = lode_store_compact(options->args[1], &made, cancel, &diag);
        tool_interrupt_release(status == LODE_E_CANCELLED);
        status = status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
    }
    free(dictionary);
    return status;
}
