/* Owns `lode rec`: its actions by name, and those on single records. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "escape.h"
#include "json.h"
#include "message.h"
#include "rec.h"

/* ---- keys ------------------------------------------------------------------------------------ */

/* A word of the command line as a key of the store. False when it cannot be one: reported. */
static bool key_of(const char *word, int keys, uint8_t integer[8], const void **key, size_t *len)
{
    char *end;
    *key = word;
    *len = strlen(word);
    if (keys != LODE_STORE_INTEGERS)
        return true;
    errno = 0;
    const long long value = strtoll(word, &end, 10);
    if (errno != 0 || end == word || *end != '\0') {
        tool_error("'%s': a key of this store is a whole number", word);
        return false;
    }
    for (int k = 0; k < 8; k++)
        integer[k] = (uint8_t)((uint64_t)value >> 8 * k);
    *key = integer;
    *len = 8;
    return true;
}

/* The number of a record by the word that stands for it. Negative: an exit status, reported, with
 * its sign turned. */
static int64_t number_of(const struct tool_options *options, const lode_store *store, int keys,
                         const char *word)
{
    uint8_t integer[8];
    const void *key;
    size_t len;
    struct lode_diag diag = {0};
    if (options->number || keys == LODE_STORE_NO_KEYS) {
        char *end;
        errno = 0;
        const long long value = strtoll(word, &end, 10);
        struct lode_store_info info = {.struct_size = sizeof info};
        (void)lode_store_info(store, &info);
        if (errno == 0 && end != word && *end == '\0' && value >= 0 && value < info.records)
            return value;
        if (errno == 0 && end != word && *end == '\0' && value >= 0) {
            tool_error("%s: no record %lld: there are %" PRId64, options->args[1], value,
                       info.records);
            return -TOOL_NOT_FOUND;
        }
        return -tool_usage("rec", "'%s' is no number of a record, from 0", word);
    }
    if (!key_of(word, keys, integer, &key, &len))
        return -TOOL_USAGE;
    const int64_t number = lode_store_find(store, key, len, &diag);
    if (number == LODE_E_NOT_FOUND) {
        tool_error("%s: no record '%s'", options->args[1], word);
        return -TOOL_NOT_FOUND;
    }
    return number >= 0 ? number : -tool_report((int)number, &diag);
}

static int keys_of(const lode_store *store)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    return lode_store_info(store, &info) == LODE_OK ? info.keys : LODE_STORE_NO_KEYS;
}

/* ---- get, ls --------------------------------------------------------------------------------- */

/* The records of the command line, one behind the other. */
static int write_records(const struct tool_options *options, const lode_store *store,
                         lode_store_reader *reader, FILE *out)
{
    int status = TOOL_OK;
    const int keys = keys_of(store);
    for (int i = 2; i < options->arg_count; i++) {
        size_t size;
        int failed = TOOL_OK;
        const int64_t number = number_of(options, store, keys, options->args[i]);
        const void *bytes = number >= 0 ? rec_bytes(store, reader, number, &size, &failed) : NULL;
        status = tool_worse(status, number >= 0 ? failed : (int)-number);
        if (bytes != NULL && fwrite(bytes, 1, size, out) != size)
            break;
    }
    return status;
}

/* Records to a file by way of memory: where one is not had, what the file held stays. */
static int write_file(const struct tool_options *options, const lode_store *store,
                      lode_store_reader *reader)
{
    char *bytes = NULL;
    size_t size = 0;
    int status = rec_output_allowed(options, options->out);
    FILE *f = status == TOOL_OK ? open_memstream(&bytes, &size) : NULL;
    if (status != TOOL_OK)
        return status;
    if (f == NULL)
        return tool_report(LODE_E_NOMEM, NULL);
    status = write_records(options, store, reader, f);
    const bool full = ferror(f) != 0;
    if (fclose(f) != 0 || full)
        status = tool_worse(status, tool_report(LODE_E_NOMEM, NULL));
    if (status == TOOL_OK)
        status = rec_write_whole(options->out, bytes, size);
    free(bytes);
    return status;
}

static int get(const struct tool_options *options)
{
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    const bool to_file = options->out != NULL && strcmp(options->out, "-") != 0;
    int status = to_file ? TOOL_OK : rec_stdout_allowed(options);
    if (status == TOOL_OK)
        status = rec_open(options, &store);
    if (status != TOOL_OK)
        return status;
    if (lode_store_reader_new(store, &reader) != LODE_OK)
        status = tool_report(LODE_E_NOMEM, NULL);
    else if (to_file)
        status = write_file(options, store, reader);
    else
        status = write_records(options, store, reader, stdout);
    lode_store_reader_free(reader);
    lode_store_close(store);
    return status;
}

/* What a listing says of a type: of a FlatBuffer it leaves out the schema, which takes some kB. */
static json_t *listed_type(const char *type, size_t len)
{
    static const char name[] = "flatbuffers", before[] = "flatbuffers;base64,";
    if (len >= sizeof before - 1 && memcmp(type, before, sizeof before - 1) == 0)
        len = sizeof name - 1;
    return tool_json_bytes(type, len);
}

static int list_record(const struct tool_options *options, const lode_store *store, int64_t number)
{
    struct lode_stored stored;
    struct lode_diag diag = {0};
    const char *type = "";
    size_t len, type_len = 0;
    const int status = lode_store_at(store, number, &stored, &diag);
    if (status != LODE_OK)
        return tool_report(status, &diag);
    const char *key = rec_key_text(store, number, &len);
    if (key == NULL)
        return TOOL_FAILED;
    if (stored.type > 0 && (type = rec_type_text(store, stored.type, &type_len)) == NULL)
        return TOOL_FAILED;
    if (options->json)
        return tool_json_line(
            json_pack("{s:I, s:o, s:I, s:I, s:o}", "number", (json_int_t)number, "key",
                      tool_json_bytes(key, len), "size", (json_int_t)stored.size, "stored",
                      (json_int_t)stored.stored, "type", listed_type(type, type_len)));
    char *shown = malloc(4 * len + 1);
    if (shown == NULL)
        return tool_report(LODE_E_NOMEM, NULL);
    tool_escape_bytes(TOOL_ESCAPE_TEXT, key, len, shown);
    printf("%s\t%" PRId64 "\n", shown, stored.size);
    free(shown);
    return TOOL_OK;
}

static int list(const struct tool_options *options)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store *store = NULL;
    int status = rec_open(options, &store);
    if (status == TOOL_OK && lode_store_info(store, &info) != LODE_OK)
        status = TOOL_FAILED;
    for (int64_t i = 0; i < info.records && status == TOOL_OK && !ferror(stdout); i++)
        status = list_record(options, store, i);
    lode_store_close(store);
    return status;
}

/* ---- put, rm --------------------------------------------------------------------------------- */

/* Does the store at the path have keys where put has one, and none where it has none? */
static int keys_agree(const struct tool_options *options, int *keys)
{
    lode_store *store = NULL;
    int status = rec_open_place(options->args[1], 1, &store);
    if (status != TOOL_OK)
        return status;
    *keys = keys_of(store);
    const bool keyed = *keys != LODE_STORE_NO_KEYS;
    lode_store_close(store);
    if (keyed == !options->no_keys)
        return TOOL_OK;
    return tool_usage("rec",
                      keyed ? "%s has keys: put STORE KEY [FILE]"
                            : "%s has no keys: put --no-keys STORE [FILE]",
                      options->args[1]);
}

/* A writer on the store, which is made when it is not there. */
static int begin_put(const struct tool_options *options, lode_store_writer **writer, int *keys)
{
    struct lode_store_options made = LODE_STORE_OPTIONS_INIT;
    struct lode_diag diag = {0};
    char *dictionary = NULL;
    int status;
    if (access(options->args[1], F_OK) == 0) {
        status = keys_agree(options, keys);
        return status == TOOL_OK ? rec_append_puts(options, writer) : status;
    }
    status = rec_store_options(options, &made, &dictionary);
    made.keys = *keys = options->no_keys ? LODE_STORE_NO_KEYS : LODE_STORE_TEXT;
    made.fresh = 1;
    if (status == TOOL_OK && lode_store_create(options->args[1], &made, writer, &diag) != LODE_OK)
        status = tool_report(diag.status, &diag);
    free(dictionary);
    return status;
}

static int put_record(const struct tool_options *options, lode_store_writer *writer, int keys,
                      const char *bytes, size_t size, const char *type)
{
    const void *key = NULL;
    uint8_t integer[8];
    size_t len = 0;
    struct lode_diag diag = {0};
    if (!options->no_keys && !key_of(options->args[2], keys, integer, &key, &len))
        return TOOL_USAGE;
    const int status = lode_store_put(writer, key, len, bytes, size, type, &diag);
    if (status == LODE_OK)
        return TOOL_OK;
    (void)tool_report(status, &diag);
    return rec_put_exit(&diag);
}

static int put(const struct tool_options *options)
{
    const bool keyed = !options->no_keys;
    lode_store_writer *writer = NULL;
    struct lode_diag diag = {0};
    size_t size;
    int keys;
    if (options->arg_count < (keyed ? 3 : 2) || options->arg_count > (keyed ? 4 : 3))
        return tool_usage("rec", "put takes STORE %s[FILE]", keyed ? "KEY " : "");
    const int at = keyed ? 3 : 2;
    int status = rec_inputs_allowed(options, at);
    if (status != TOOL_OK)
        return status;
    char *type;
    status = rec_put_type(options, &type);
    if (status != TOOL_OK)
        return status;
    char *bytes = rec_file(options->arg_count > at ? options->args[at] : "-", &size);
    if (bytes == NULL) {
        free(type);
        return TOOL_FAILED;
    }
    status = begin_put(options, &writer, &keys);
    if (status == TOOL_OK)
        status = put_record(options, writer, keys, bytes, size, type);
    if (status == TOOL_OK) {
        if (lode_store_publish(writer, NULL, &diag) != LODE_OK)
            status = tool_report(diag.status, &diag);
    } else {
        lode_store_discard(writer);
    }
    free(bytes);
    free(type);
    return status;
}

/* All or none: a record that is not there stops it. */
static int drop(const struct tool_options *options)
{
    lode_store *store = NULL;
    lode_store_writer *writer = NULL;
    struct lode_diag diag = {0};
    int status = rec_append(options, &writer);
    if (status != TOOL_OK)
        return status;
    status = rec_open(options, &store); /* what the writer began with: it is locked */
    const int keys = status == TOOL_OK ? keys_of(store) : LODE_STORE_NO_KEYS;
    for (int i = 2; i < options->arg_count && store != NULL; i++) {
        const int64_t number = number_of(options, store, keys, options->args[i]);
        if (number < 0)
            status = tool_worse(status, (int)-number);
        else if (lode_store_remove_at(writer, number, &diag) != LODE_OK)
            status = tool_worse(status, tool_report(diag.status, &diag));
    }
    lode_store_close(store);
    if (status != TOOL_OK) {
        lode_store_discard(writer);
        return status;
    }
    return lode_store_publish(writer, NULL, &diag) == LODE_OK ? TOOL_OK
                                                              : tool_report(diag.status, &diag);
}

/* ---- actions --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int min_args, max_args; /* behind the action; -1: any */
    const char *takes;
    int (*run)(const struct tool_options *options);
} actions[] = {
    {"put", 1, 3, "STORE KEY [FILE]", put},
    {"get", 2, -1, "STORE KEY...", get},
    {"ls", 1, 1, "STORE", list},
    {"rm", 2, -1, "STORE KEY...", drop},
    {"import", 2, -1, "STORE INPUT...", rec_import},
    {"export", 1, 2, "STORE [DIR]", rec_export},
    {"train", 1, -1, "INPUT... -o DICT", rec_train},
    {"compact", 1, 1, "STORE", rec_compact},
    {"join", 2, -1, "OUT [NAME=]STORE...", rec_join},
};

static const char *action_name(size_t i)
{
    return actions[i].name;
}

int cmd_rec(const struct tool_options *options)
{
    const size_t n = sizeof actions / sizeof actions[0];
    const char *word = options->args[0];
    for (size_t i = 0; i < n; i++) {
        if (strcmp(actions[i].name, word) != 0)
            continue;
        const int given = options->arg_count - 1;
        if (given < actions[i].min_args ||
            (actions[i].max_args >= 0 && given > actions[i].max_args))
            return tool_usage("rec", "%s takes %s", word, actions[i].takes);
        return actions[i].run(options);
    }
    const char *near = tool_nearest(word, n, action_name);
    return near != NULL ? tool_usage("rec", "no action '%s' (did you mean '%s'?)", word, near)
                        : tool_usage("rec", "no action '%s'", word);
}
