/* Owns the actions of `lode rec` on many records: import, export, train. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "interrupt.h"
#include "message.h"
#include "progress.h"
#include "rec.h"

int rec_store_options(const struct tool_options *options, struct lode_store_options *store,
                      char **dictionary)
{
    store->codec = options->codec > 0            ? options->codec - 1
                   : options->dictionary != NULL ? LODE_STORE_ZSTD
                                                 : LODE_STORE_RAW;
    if (options->dictionary != NULL && store->codec != LODE_STORE_ZSTD)
        return tool_usage("rec", "--dict is for --codec zstd");
    store->level = (int)options->zstd_level;
    store->shuffle = (int)options->shuffle;
    store->block_size = options->record_block;
    if (options->dictionary == NULL)
        return TOOL_OK;
    *dictionary = rec_file(options->dictionary, &store->dictionary_size);
    store->dictionary = *dictionary;
    if (*dictionary != NULL && store->dictionary_size > 0)
        return TOOL_OK;
    if (*dictionary != NULL)
        tool_error("%s: an empty file is no dictionary", options->dictionary);
    return TOOL_FAILED;
}

int rec_conclude(lode_store_writer *writer, int status, lode_store **opened)
{
    struct lode_diag diag = {0};
    if (status != TOOL_OK) {
        lode_store_discard(writer);
        return status;
    }
    return lode_store_publish(writer, opened, &diag) == LODE_OK ? TOOL_OK
                                                                : tool_report(diag.status, &diag);
}

/* ---- import ---------------------------------------------------------------------------------- */

struct import {
    lode_store_writer *writer;
    struct tool_progress progress;
    const char *input;
    char *type;                     /* of the records that come, or NULL */
    bool keys;                      /* of the store */
    int64_t before, records, bytes; /* in the store; that came */
    const int *cancel;
};

static int import_record(void *ctx, const char *key, size_t key_len, const void *data, size_t size)
{
    struct import *im = ctx;
    struct lode_diag diag = {0};
    if (__atomic_load_n(im->cancel, __ATOMIC_RELAXED) != 0)
        return TOOL_FAILED; /* of the signal, before the status is seen */
    if (im->keys && key == NULL) {
        tool_error("%s: its records have no keys, the store's have: give --key FIELD", im->input);
        return TOOL_USAGE;
    }
    if (lode_store_put(im->writer, im->keys ? key : NULL, im->keys ? key_len : 0, data, size,
                       im->type, &diag) != LODE_OK) {
        if (diag.rule[0] != '\0') /* it says which record */
            tool_error("%s: %s", im->input, diag.message);
        else
            tool_error("%s: record '%.*s': %s", im->input, (int)(key_len < 200 ? key_len : 200),
                       key != NULL ? key : "", diag.message);
        return rec_put_exit(&diag);
    }
    im->records++;
    im->bytes += (int64_t)size;
    tool_progress_step(&im->progress, im->bytes, -1);
    return TOOL_OK;
}

static bool made_options_given(const struct tool_options *o)
{
    return o->codec != 0 || o->zstd_level != 0 || o->dictionary != NULL || o->shuffle != 0 ||
           o->record_block != 0;
}

/* On the store that is there, or on a new one. */
static int begin_import(const struct tool_options *options, struct import *im)
{
    const char *path = options->args[1];
    struct lode_store_options made = LODE_STORE_OPTIONS_INIT;
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    char *dictionary = NULL;
    lode_store *store = NULL;
    int status;
    if (access(path, F_OK) == 0) {
        if (made_options_given(options))
            return tool_usage("rec",
                              "%s is there: how it stores records was said when it was made; "
                              "'lode rec compact' changes it",
                              path);
        status = rec_append_puts(options, &im->writer);
        if (status != TOOL_OK)
            return status;
        status = rec_open(options, &store); /* what the writer began with: it is locked */
        if (status == TOOL_OK)
            (void)lode_store_info(store, &info);
        else
            lode_store_discard(im->writer);
        lode_store_close(store);
        im->keys = info.keys != LODE_STORE_NO_KEYS;
        im->before = info.records;
        if (status == TOOL_OK && !im->keys && options->key_field != NULL) {
            lode_store_discard(im->writer);
            return tool_usage("rec", "--key: %s has no keys: its records are known by number",
                              path);
        }
        return status;
    }
    im->keys = rec_has_keys(options, options->args[2]);
    status = rec_store_options(options, &made, &dictionary);
    made.keys = im->keys ? LODE_STORE_TEXT : LODE_STORE_NO_KEYS;
    made.unique = 1;
    made.fresh = 1;
    if (status == TOOL_OK && lode_store_create(path, &made, &im->writer, &diag) != LODE_OK)
        status = tool_report(diag.status, &diag);
    free(dictionary);
    return status;
}

static void tell_imported(const char *path, const struct import *im, const lode_store *store)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    char replaced[64] = "";
    if (lode_store_info(store, &info) == LODE_OK && info.records < im->before + im->records)
        snprintf(replaced, sizeof replaced, "; %" PRId64 " replaced one with the same key",
                 im->before + im->records - info.records);
    tool_note("%s: %" PRId64 " records, %" PRId64 " bytes%s", path, im->records, im->bytes,
              replaced);
}

int rec_import(const struct tool_options *options)
{
    int status = rec_inputs_allowed(options, 2);
    if (status == TOOL_OK)
        status = rec_key_allowed(options, 2);
    if (status != TOOL_OK)
        return status;
    struct import im = {.cancel = tool_interrupt_catch()}; /* before there is a temporary file */
    status = rec_put_type(options, &im.type);
    if (status == TOOL_OK)
        status = begin_import(options, &im);
    if (status != TOOL_OK) {
        free(im.type);
        tool_interrupt_release(__atomic_load_n(im.cancel, __ATOMIC_RELAXED) != 0);
        return status;
    }
    tool_progress_start(&im.progress, "importing", options->quiet);
    for (int i = 2; i < options->arg_count && status == TOOL_OK; i++) {
        im.input = options->args[i];
        status = rec_read(options, im.input, import_record, &im);
    }
    tool_progress_end(&im.progress);
    const bool cancelled = __atomic_load_n(im.cancel, __ATOMIC_RELAXED) != 0;
    lode_store *store = NULL;
    free(im.type);
    status = rec_conclude(im.writer, cancelled ? TOOL_FAILED : status, &store);
    tool_interrupt_release(cancelled);
    if (status == TOOL_OK && !options->quiet)
        tell_imported(options->args[1], &im, store);
    lode_store_close(store);
    return status;
}

/* ---- train ----------------------------------------------------------------------------------- */

struct samples {
    char *bytes;
    size_t *sizes;
    size_t len, cap, count, room;
};

enum { SAMPLES_BYTES = 256 << 20 }; /* more do not make a better dictionary */

static int sample(void *ctx, const char *key, size_t key_len, const void *data, size_t size)
{
    struct samples *s = ctx;
    (void)key, (void)key_len;
    if (s->len + size > SAMPLES_BYTES)
        return TOOL_OK;
    if (s->len + size > s->cap) {
        char *more = realloc(s->bytes, s->cap = 2 * s->cap + size + 65536);
        if (more == NULL)
            return tool_report(LODE_E_NOMEM, NULL);
        s->bytes = more;
    }
    if (s->count == s->room) {
        size_t *more = realloc(s->sizes, (s->room = 2 * s->room + 1024) * sizeof *more);
        if (more == NULL)
            return tool_report(LODE_E_NOMEM, NULL);
        s->sizes = more;
    }
    if (size > 0)
        memcpy(s->bytes + s->len, data, size);
    s->len += size;
    s->sizes[s->count++] = size;
    return TOOL_OK;
}

int rec_write_whole(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        return tool_write_failed(path, errno);
    const bool good = fwrite(bytes, 1, n, f) == n && fflush(f) == 0;
    const int error = errno;
    return fclose(f) == 0 && good ? TOOL_OK : tool_write_failed(path, error);
}

int rec_train(const struct tool_options *options)
{
    struct samples s = {0};
    struct lode_diag diag = {0};
    int status = TOOL_OK;
    if (options->out == NULL)
        return tool_usage("rec", "train needs -o DICT");
    status = rec_output_allowed(options, options->out);
    for (int i = 1; i < options->arg_count && status == TOOL_OK; i++)
        status = rec_read(options, options->args[i], sample, &s);
    const size_t cap = (size_t)options->dictionary_size;
    char *dictionary = malloc(cap);
    if (status == TOOL_OK && dictionary == NULL)
        status = tool_report(LODE_E_NOMEM, NULL);
    if (status == TOOL_OK && s.count == 0) {
        tool_error("%s: no records to train on", options->args[1]);
        status = TOOL_FAILED;
    }
    if (status == TOOL_OK) {
        const int64_t n = lode_store_train(s.bytes, s.sizes, s.count, dictionary, cap, &diag);
        status = n < 0 ? tool_report((int)n, &diag)
                       : rec_write_whole(options->out, dictionary, (size_t)n);
    }
    free(dictionary);
    free(s.bytes);
    free(s.sizes);
    return status;
}

/* ---- export ---------------------------------------------------------------------------------- */

/* May this key be the path of a file below a directory? */
static bool is_safe(const char *key, size_t len)
{
    if (len == 0 || len > 4000 || key[0] == '/' || memchr(key, '\0', len) != NULL)
        return false;
    for (size_t at = 0; at <= len;) {
        const char *slash = at < len ? memchr(key + at, '/', len - at) : NULL;
        const size_t n = slash != NULL ? (size_t)(slash - (key + at)) : len - at;
        if (n == 0 || (n == 1 && key[at] == '.') ||
            (n == 2 && key[at] == '.' && key[at + 1] == '.'))
            return false;
        at += n + 1;
    }
    return true;
}

/* Writes below dir, whose own links are followed and others not. */
static int export_file(const char *dir, const char *key, size_t len, const void *bytes, size_t size)
{
    char path[8192];
    if (!is_safe(key, len)) {
        tool_error("record '%.*s': its key cannot be the name of a file",
                   (int)(len < 200 ? len : 200), key);
        return TOOL_FAILED;
    }
    const size_t root = (size_t)snprintf(path, sizeof path, "%s/%.*s", dir, (int)len, key) - len;
    for (char *at = path + root; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        struct stat st;
        const bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        const bool good = made && lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
        if (!good)
            return tool_write_failed(path, made ? ENOTDIR : errno);
        *at = '/';
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return tool_write_failed(path, errno);
    FILE *f = fdopen(fd, "wb");
    const bool good = f != NULL && fwrite(bytes, 1, size, f) == size && fflush(f) == 0;
    const int error = errno;
    if (f != NULL)
        fclose(f);
    else
        close(fd);
    return good ? TOOL_OK : tool_write_failed(path, error);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int export_all(const struct tool_options *options, const lode_store *store,
                      lode_store_reader *reader, int64_t records)
{
    const char *dir = options->arg_count > 2 ? options->args[2] : NULL;
    int status = TOOL_OK;
    for (int64_t i = 0; i < records && !ferror(stdout); i++) {
        size_t size, len;
        int failed = TOOL_OK;
        const void *bytes = rec_bytes(store, reader, i, &size, &failed);
        status = tool_worse(status, failed);
        if (bytes == NULL)
            continue; /* the others may be whole */
        if (dir == NULL) {
            if (fwrite(bytes, 1, size, stdout) != size)
                break;
            if (options->lines)
                putchar('\n');
            continue;
        }
        const char *key = rec_key_text(store, i, &len);
        status =
            tool_worse(status, key != NULL ? export_file(dir, key, len, bytes, size) : TOOL_FAILED);
    }
    return status;
}

int rec_export(const struct tool_options *options)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    const char *dir = options->arg_count > 2 ? options->args[2] : NULL;
    int status = dir == NULL ? rec_stdout_allowed(options) : TOOL_OK;
    if (status == TOOL_OK)
        status = rec_open(options, &store);
    if (status != TOOL_OK)
        return status;
    if (dir != NULL && !is_directory(dir) && mkdir(dir, 0777) != 0)
        status = tool_write_failed(dir, errno == EEXIST ? ENOTDIR : errno);
    else if (lode_store_info(store, &info) != LODE_OK ||
             lode_store_reader_new(store, &reader) != LODE_OK)
        status = tool_report(LODE_E_NOMEM, NULL);
    if (status == TOOL_OK)
        status = export_all(options, store, reader, info.records);
    lode_store_reader_free(reader);
    lode_store_close(store);
    return status;
}
