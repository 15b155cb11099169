/* Owns `lode rec compact`: a store written anew from the records that it has. */
#include <stdlib.h>

#include "interrupt.h"
#include "message.h"
#include "rec.h"

/* Puts every record of the store into the writer, with its key and type. */
static int put_again(const lode_store *store, const struct lode_store_info *info,
                     lode_store_writer *writer, const int *cancel)
{
    lode_store_reader *reader = NULL;
    struct lode_diag diag = {0};
    char *key = malloc(65536);
    int status = key != NULL && lode_store_reader_new(store, &reader) == LODE_OK
                     ? TOOL_OK
                     : tool_report(LODE_E_NOMEM, NULL);
    for (int64_t i = 0; i < info->records && status == TOOL_OK; i++) {
        if (__atomic_load_n(cancel, __ATOMIC_RELAXED) != 0) {
            status = TOOL_FAILED;
            break;
        }
        struct lode_stored stored;
        const char *type = NULL;
        size_t size = 0, len = 0, type_len = 0;
        const void *bytes = rec_bytes(store, reader, i, &size, &status);
        if (bytes == NULL)
            break;
        int got = lode_store_at(store, i, &stored, &diag);
        if (got == LODE_OK)
            got = lode_store_key(store, i, key, 65536, &len);
        if (got == LODE_OK && stored.type > 0 &&
            (type = rec_type_text(store, stored.type, &type_len)) == NULL) {
            status = TOOL_FAILED;
            break;
        }
        if (got == LODE_OK)
            got = lode_store_put(writer, key, len, bytes, size, type, &diag);
        if (got != LODE_OK)
            status = tool_report(got, got == diag.status ? &diag : NULL);
    }
    free(key);
    lode_store_reader_free(reader);
    return status;
}

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

/* The lock of lode_store_append holds other writers off until the new store is in place. */
int rec_compact(const struct tool_options *options)
{
    const char *path = options->args[1];
    struct lode_store_options made = LODE_STORE_OPTIONS_INIT;
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_writer *lock = NULL, *writer = NULL;
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    char *dictionary = NULL;
    const int *cancel = tool_interrupt_catch();
    int status = rec_append(path, &lock);
    if (status == TOOL_OK)
        status = rec_open(options, &store);
    if (status == TOOL_OK && lode_store_info(store, &info) != LODE_OK)
        status = TOOL_FAILED;
    if (status == TOOL_OK)
        status = rec_store_options(options, &made, &dictionary);
    if (status == TOOL_OK && options->codec == 0 && options->dictionary == NULL)
        status = keep_options(store, &info, &made, &dictionary);
    made.keys = info.keys;
    made.align = info.align;
    made.name = info.name;
    if (status == TOOL_OK && lode_store_create(path, &made, &writer, &diag) != LODE_OK)
        status = tool_report(diag.status, &diag);
    if (status == TOOL_OK)
        status = put_again(store, &info, writer, cancel);
    const bool cancelled = __atomic_load_n(cancel, __ATOMIC_RELAXED) != 0;
    status = writer != NULL ? rec_conclude(writer, cancelled ? TOOL_FAILED : status, NULL) : status;
    lode_store_close(store);
    lode_store_discard(lock);
    free(dictionary);
    tool_interrupt_release(cancelled);
    return status;
}
