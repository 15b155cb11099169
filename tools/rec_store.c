/* Owns stores as `lode rec`, `lode stat` and `lode verify` see them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "message.h"
#include "rec.h"

static int open_store(const char *path, const char *name, int64_t place, lode_store **store)
{
    struct lode_store_open_options options = LODE_STORE_OPEN_OPTIONS_INIT;
    struct lode_diag diag = {0};
    options.map_mode = LODE_MAP_GUARDED;
    options.name = name;
    options.place = place;
    const int status = lode_store_open(path, &options, store, &diag);
    if (status == LODE_E_AMBIGUOUS) {
        tool_error("%s: holds several record stores: name one by --store ('lode stat' lists them)",
                   path);
        return tool_exit_of(status);
    }
    return status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
}

int rec_open(const struct tool_options *options, lode_store **store)
{
    return open_store(options->args[1], options->store, 0, store);
}

int rec_open_place(const char *path, int64_t place, lode_store **store)
{
    return open_store(path, NULL, place, store);
}

int rec_append(const struct tool_options *how, lode_store_writer **writer)
{
    const char *path = how->args[1];
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    struct lode_store_open_options options = LODE_STORE_OPEN_OPTIONS_INIT;
    options.map_mode = LODE_MAP_GUARDED; /* from now on the library guards its own maps, too */
    (void)lode_store_open(path, &options, &store, &diag);
    lode_store_close(store);
    const int status = (how->add ? lode_store_extend : lode_store_append)(path, writer, &diag);
    return status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
}

int rec_append_puts(const struct tool_options *options, lode_store_writer **writer)
{
    struct lode_diag diag = {0};
    const int status = rec_append(options, writer);
    if (status != TOOL_OK || !options->no_replace || lode_store_unique(*writer, &diag) == LODE_OK)
        return status;
    lode_store_discard(*writer);
    *writer = NULL;
    return tool_usage("rec", "%s has no keys: --no-replace is for those", options->args[1]);
}

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

int rec_put_exit(const struct lode_diag *diag)
{
    const bool is_data = diag->status == LODE_E_CORRUPT && strcmp(diag->rule, "E-20") == 0;
    return is_data ? TOOL_FAILED : tool_exit_of(diag->status);
}

int rec_put_type(const struct tool_options *options, char **type)
{
    struct lode_diag diag = {0};
    lode_schema *schema = NULL;
    size_t size, len = 0;
    *type = NULL;
    if (options->flatbuffers == NULL)
        return TOOL_OK;
    char *bfbs = rec_file(options->flatbuffers, &size);
    if (bfbs == NULL)
        return TOOL_FAILED;
    const int status = lode_schema_new(bfbs, size, &schema, &diag);
    free(bfbs);
    if (status != LODE_OK) {
        tool_error("%s: %s", options->flatbuffers, diag.message);
        return rec_put_exit(&diag);
    }
    (void)lode_schema_type(schema, NULL, 0, &len);
    *type = malloc(len + 1);
    if (*type != NULL)
        (void)lode_schema_type(schema, *type, len + 1, NULL);
    lode_schema_free(schema);
    return *type != NULL ? TOOL_OK : tool_report(LODE_E_NOMEM, NULL);
}

int rec_output_allowed(const struct tool_options *options, const char *out)
{
    for (int i = 1; i < options->arg_count; i++)
        if (same_file(options->args[i], out))
            return tool_usage("rec", "%s is read by this command: write elsewhere", out);
    return TOOL_OK;
}

int rec_stdout_allowed(const struct tool_options *options)
{
    struct stat store, out;
    if (stat(options->args[1], &store) != 0 || fstat(STDOUT_FILENO, &out) != 0 ||
        store.st_dev != out.st_dev || store.st_ino != out.st_ino)
        return TOOL_OK;
    return tool_usage("rec", "%s is read by this command: send stdout elsewhere", options->args[1]);
}

int rec_inputs_allowed(const struct tool_options *options, int first)
{
    for (int i = first; i < options->arg_count; i++)
        if (same_file(options->args[i], options->args[1]))
            return tool_usage("rec", "%s is the store that is written, and no input of itself",
                              options->args[i]);
    return TOOL_OK;
}

const char *rec_type_text(const lode_store *store, int type, size_t *len)
{
    static char *text;
    static size_t cap;
    int status = lode_store_type(store, type, text, cap, len);
    if (status == LODE_E_SPACE || (status == LODE_OK && *len >= cap)) {
        char *more = realloc(text, *len + 1);
        if (more == NULL) {
            (void)tool_report(LODE_E_NOMEM, NULL);
            return NULL;
        }
        text = more;
        cap = *len + 1;
        status = lode_store_type(store, type, text, cap, len);
    }
    if (status != LODE_OK) {
        (void)tool_report(status, NULL);
        return NULL;
    }
    return text;
}

static int try_store(const char *path)
{
    lode_store *store = NULL;
    const int status = lode_store_open(path, NULL, &store, NULL);
    lode_store_close(store);
    return status == LODE_E_AMBIGUOUS ? LODE_OK : status;
}

bool rec_is_store(const char *path)
{
    return try_store(path) == LODE_OK;
}

/* Whatever is wrong with a store, it is for the commands to say: only what is certainly none is
 * not. */
bool rec_may_be_store(const char *path)
{
    const int status = try_store(path);
    return status != LODE_E_NOT_FOUND && status != LODE_E_NOT_LODE && status != LODE_E_IO;
}

const char *rec_key_text(const lode_store *store, int64_t number, size_t *len)
{
    static char *text;
    static size_t cap;
    struct lode_store_info info = {.struct_size = sizeof info};
    int status = lode_store_info(store, &info);
    size_t n = 0;
    if (status == LODE_OK && info.keys != LODE_STORE_NO_KEYS)
        status = lode_store_key(store, number, NULL, 0, &n);
    if (status != LODE_OK && status != LODE_E_SPACE) {
        (void)tool_report(status, NULL);
        return NULL;
    }
    if (n + 32 > cap) {
        char *more = realloc(text, n + 32);
        if (more == NULL) {
            (void)tool_report(LODE_E_NOMEM, NULL);
            return NULL;
        }
        text = more;
        cap = n + 32;
    }
    if (info.keys == LODE_STORE_NO_KEYS) {
        *len = (size_t)snprintf(text, cap, "%" PRId64, number);
        return text;
    }
    status = lode_store_key(store, number, text, cap, len);
    if (status != LODE_OK) {
        (void)tool_report(status, NULL);
        return NULL;
    }
    if (info.keys == LODE_STORE_INTEGERS) {
        int64_t value = 0;
        for (int k = 7; k >= 0; k--)
            value = (int64_t)((uint64_t)value << 8 | (unsigned char)text[k]);
        *len = (size_t)snprintf(text, cap, "%" PRId64, value);
    }
    return text;
}

const void *rec_bytes(const lode_store *store, lode_store_reader *reader, int64_t number,
                      size_t *size, int *exit_status)
{
    static char *room;
    static int64_t cap;
    struct lode_stored stored;
    struct lode_diag diag = {0};
    int64_t got = lode_store_at(store, number, &stored, &diag);
    if (got == LODE_OK && stored.data == NULL && stored.size / 65536 > stored.stored)
        got = lode_store_get(reader, number, NULL, 0, &diag); /* tells that this cannot be */
    if (got == LODE_OK && (room == NULL || stored.size > cap)) {
        free(room);
        room = malloc((size_t)stored.size + 1);
        cap = room != NULL ? stored.size : 0;
        got = room != NULL ? LODE_OK : LODE_E_NOMEM;
    }
    if (got == LODE_OK)
        got = lode_store_get(reader, number, room, cap, &diag);
    if (got < 0) {
        *exit_status = tool_report((int)got, got == LODE_E_NOMEM ? NULL : &diag);
        return NULL;
    }
    *size = (size_t)got;
    return room;
}

/* ---- stat ------------------------------------------------------------------------------------ */

static const char *const key_kinds[] = {"none", "bytes", "text", "integers"};
static const char *const codecs[] = {"raw", "zstd", "blocks"};

static int stat_json(const char *path, const struct lode_store_info *info)
{
    char id[17];
    snprintf(id, sizeof id, "%016" PRIx64, info->content_id);
    json_t *row =
        json_pack("{s:o, s:s, s:[i,i], s:I, s:I, s:I, s:I, s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:i}",
                  "store", tool_json_bytes(path, strlen(path)), "content_id", id, "format",
                  info->format_major, info->format_minor, "file_size", (json_int_t)info->file_size,
                  "records", (json_int_t)info->records, "bytes", (json_int_t)info->bytes, "stored",
                  (json_int_t)info->stored, "keys", key_kinds[info->keys], "codec",
                  codecs[info->codec], "level", info->level, "align", info->align, "shuffle",
                  info->shuffle, "block_size", (json_int_t)info->block_size, "dictionary_size",
                  (json_int_t)info->dictionary_size, "types", info->types);
    if (row != NULL) {
        (void)json_object_set_new(row, "members", json_integer(info->members));
        (void)json_object_set_new(row, "dead", json_integer(info->dead));
    }
    if (row != NULL)
        (void)json_object_set_new(row, "name", tool_json_bytes(info->name, strlen(info->name)));
    return tool_json_line(row);
}

static int stat_store(const struct tool_options *options, const char *path,
                      const struct lode_store_info *info)
{
    if (options->json)
        return stat_json(path, info);
    printf("%s: record store, format %d.%d, content id %016" PRIx64 "\n", path, info->format_major,
           info->format_minor, info->content_id);
    if (info->name[0] != '\0')
        printf("name           %s\n", info->name);
    if (info->members > 0)
        printf("files          %" PRId64 ", beside the set's own\nout of use     %" PRId64
               " records, until 'lode rec compact'\n",
               info->members, info->dead);
    printf("file size      %" PRId64 "\nrecords        %" PRId64 "\nbytes          %" PRId64
           "\nstored         %" PRId64 "\nkeys           %s\ncodec          %s\n",
           info->file_size, info->records, info->bytes, info->stored, key_kinds[info->keys],
           codecs[info->codec]);
    if (info->codec != LODE_STORE_RAW)
        printf("level          %d\ndictionary     %" PRId64 "\n", info->level,
               info->dictionary_size);
    if (info->shuffle > 1)
        printf("shuffle        %d\n", info->shuffle);
    if (info->types > 0)
        printf("types          %d\n", info->types);
    return TOOL_OK;
}

int rec_stat(const struct tool_options *options, const char *path)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    int status = TOOL_OK;
    for (int64_t place = 1; status == TOOL_OK && (place == 1 || place <= info.stores); place++) {
        lode_store *store = NULL;
        status = rec_open_place(path, place, &store);
        if (status != TOOL_OK)
            return status;
        status = lode_store_info(store, &info);
        lode_store_close(store);
        if (status != LODE_OK)
            return tool_report(status, NULL);
        if (place > 1 && !options->json)
            putchar('\n');
        status = stat_store(options, path, &info);
    }
    return status;
}

/* ---- verify ---------------------------------------------------------------------------------- */

struct verify {
    const struct tool_options *options;
    int64_t findings;
    int exit_status;
    bool pages_told; /* a store of the same file was verified before */
};

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    struct verify *v = ctx;
    if (v->pages_told && finding->status == LODE_E_PAGE_SUM)
        return 0;
    v->findings++;
    v->exit_status = tool_worse(v->exit_status, tool_exit_of(finding->status));
    if (!v->options->json) {
        tool_error("%s", finding->message);
        return 0;
    }
    return tool_json_line(
        json_pack("{s:s, s:s, s:s, s:I, s:o}", "kind", lode_status_name(finding->status), "rule",
                  finding->rule, "section", finding->section, "offset", (json_int_t)finding->offset,
                  "message", tool_json_bytes(finding->message, strlen(finding->message))));
}

/* One store; that the file's pages are sound was said with the first. */
static int verify_store(struct verify *v, const char *path, int64_t place,
                        struct lode_store_info *info)
{
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    int status = rec_open_place(path, place, &store);
    if (status != TOOL_OK)
        return status;
    const int64_t before = v->findings;
    v->pages_told = place > 1;
    status = lode_store_verify(store, on_finding, v, &diag);
    (void)lode_store_info(store, info);
    lode_store_close(store);
    return status != LODE_OK && v->findings == before && !v->pages_told ? tool_report(status, &diag)
                                                                        : TOOL_OK;
}

int rec_verify(const struct tool_options *options, const char *path)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    struct verify v = {.options = options};
    int64_t records = 0;
    for (int64_t place = 1; place == 1 || place <= info.stores; place++) {
        const int status = verify_store(&v, path, place, &info);
        if (status != TOOL_OK)
            return status;
        records += info.records;
    }
    if (options->json) {
        char id[17];
        snprintf(id, sizeof id, "%016" PRIx64, info.content_id);
        return tool_worse(
            v.exit_status,
            tool_json_line(json_pack("{s:o, s:s, s:b, s:I}", "store",
                                     tool_json_bytes(path, strlen(path)), "content_id", id, "ok",
                                     v.findings == 0, "findings", (json_int_t)v.findings)));
    }
    if (v.findings == 0 && !options->quiet)
        printf("%s: ok; checked every byte, %" PRId64 " record%s; content id %016" PRIx64 "\n",
               path, records, records == 1 ? "" : "s", info.content_id);
    return v.exit_status;
}
