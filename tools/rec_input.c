/* Owns the inputs of `lode rec`: what is a record of which kind of file, and its key. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line_in.h"
#include "message.h"
#include "rec.h"

enum { PATH_BYTES = 4096, DEEPEST = 64 };

static bool ends_with(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n >= m && strcasecmp(path + n - m, end) == 0;
}

/* The name, without .gz or .bgz, ends in one of them. */
static bool is_kind(const char *path, const char *const *ends)
{
    char name[PATH_BYTES];
    snprintf(name, sizeof name, "%s", path);
    if (ends_with(name, ".gz") || ends_with(name, ".bgz"))
        *strrchr(name, '.') = '\0';
    for (; *ends != NULL; ends++)
        if (ends_with(name, *ends))
            return true;
    return false;
}

static bool is_lines(const char *path)
{
    static const char *const ends[] = {".jsonl", ".ndjson", NULL};
    return is_kind(path, ends);
}

static bool is_fastq(const char *path)
{
    static const char *const ends[] = {".fastq", ".fq", NULL};
    return is_kind(path, ends);
}

static bool is_tar(const char *path)
{
    static const char *const ends[] = {".tar", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", NULL};
    return is_kind(path, ends);
}

bool rec_has_keys(const struct tool_options *options, const char *path)
{
    return !options->no_keys && (!is_lines(path) || options->key_field != NULL);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int rec_key_allowed(const struct tool_options *options, int first)
{
    for (int i = first; i < options->arg_count && options->key_field != NULL; i++) {
        const char *path = options->args[i];
        const char *what = is_directory(path) ? "a directory"
                           : is_tar(path)     ? "a tar"
                           : is_fastq(path)   ? "FASTQ"
                                              : NULL;
        if (what != NULL)
            return tool_usage(
                "rec",
                "--key names a field of JSON lines: %s is %s, whose records have keys "
                "of their own",
                path, what);
    }
    return TOOL_OK;
}

char *rec_file(const char *path, size_t *size)
{
    const bool own = strcmp(path, "-") != 0;
    FILE *f = own ? fopen(path, "rb") : stdin;
    size_t cap = 0;
    char *bytes = NULL;
    *size = 0;
    if (f == NULL) {
        tool_error("%s: cannot open: %s", path, strerror(errno));
        return NULL;
    }
    for (;;) {
        if (*size == cap) {
            char *more = realloc(bytes, cap = cap * 2 + 65536);
            if (more == NULL)
                break;
            bytes = more;
        }
        const size_t got = fread(bytes + *size, 1, cap - *size, f);
        *size += got;
        if (got == 0)
            break;
    }
    const bool bad = ferror(f) != 0 || *size == cap;
    if (bad)
        tool_error("%s: cannot read: %s", path, strerror(errno != 0 ? errno : ENOMEM));
    if (own)
        fclose(f);
    if (bad) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

static int read_file(const char *path, const char *key, rec_record_fn record, void *ctx)
{
    size_t size;
    char *bytes = rec_file(path, &size);
    if (bytes == NULL)
        return TOOL_FAILED;
    const int status = record(ctx, key, strlen(key), bytes, size);
    free(bytes);
    return status;
}

/* ---- directories ----------------------------------------------------------------------------- */

struct walk {
    rec_record_fn record;
    void *ctx;
    size_t root; /* bytes of the directory's path with its slash: keys begin behind it */
    const struct stat *written; /* the store that is there and goes on, or NULL */
};

/* The process whose unfinished file has this name, ".BASE.PID.RANDOM.tmp" as lib/publish.c makes
 * it; 0: it is no such name. */
static long writer_of(const char *path)
{
    static const char hex[] = "0123456789abcdef", end[] = ".tmp";
    enum { RANDOM = 16, END = sizeof end - 1 };
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const size_t n = strlen(name);
    if (name[0] != '.' || n < RANDOM + END + 5 || strcmp(name + n - END, end) != 0)
        return 0;
    const char *random = name + n - END - RANDOM, *pid = random - 1;
    if (strspn(random, hex) != RANDOM || *pid != '.')
        return 0;
    while (pid > name && pid[-1] >= '0' && pid[-1] <= '9')
        pid--;
    return pid - name >= 3 && pid[-1] == '.' ? strtol(pid, NULL, 10) : 0;
}

/* What is no content of the directory but of the store that is made of it: a store would hold its
 * own beginning. Said, but for the file of this very process. */
static bool is_left_out(const struct walk *walk, const char *path, const struct stat *st)
{
    const struct stat *written = walk->written;
    const bool store =
        written != NULL && written->st_dev == st->st_dev && written->st_ino == st->st_ino;
    const long writer = store ? 0 : writer_of(path);
    if (store)
        tool_warning("%s: left out: it is the store that is written", path);
    else if (writer != 0 && writer != (long)getpid())
        tool_warning("%s: left out: an unfinished file of lode", path);
    return store || writer != 0;
}

static int read_directory(const struct walk *walk, const char *path, int depth);

static int read_entry(const struct walk *walk, const char *path, int depth)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        tool_error("%s: cannot stat: %s", path, strerror(errno));
        return TOOL_FAILED;
    }
    if (S_ISDIR(st.st_mode))
        return read_directory(walk, path, depth + 1);
    if (!S_ISREG(st.st_mode)) {
        tool_warning("%s: left out: not a regular file", path);
        return TOOL_OK;
    }
    if (is_left_out(walk, path, &st))
        return TOOL_OK;
    return read_file(path, path + walk->root, walk->record, walk->ctx);
}

static int read_directory(const struct walk *walk, const char *path, int depth)
{
    struct dirent **entries;
    char child[PATH_BYTES];
    if (depth > DEEPEST) {
        tool_error("%s: more than %d directories deep", path, DEEPEST);
        return TOOL_FAILED;
    }
    const int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) {
        tool_error("%s: cannot read the directory: %s", path, strerror(errno));
        return TOOL_FAILED;
    }
    int status = TOOL_OK;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        if (status == TOOL_OK && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            const int len = snprintf(child, sizeof child, "%s/%s", path, name);
            if (len >= (int)sizeof child) {
                tool_error("%s/%s: the path is too long", path, name);
                status = TOOL_FAILED;
            } else {
                status = read_entry(walk, child, depth);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* The key of a line of JSON: a string, which may hold any character, or a number at the top level.
 * NULL after having said why. */
static char *key_of_line(const struct tool_lines *lines, const char *field, size_t *len)
{
    json_error_t error;
    char *key = NULL;
    json_t *object = json_loadb(lines->line, lines->len, JSON_ALLOW_NUL, &error);
    const json_t *value = json_object_get(object, field);
    if (object == NULL) {
        tool_error("%s: line %lld: not JSON: %s", lines->path, (long long)lines->number,
                   error.text);
    } else if (json_is_string(value)) {
        *len = json_string_length(value);
        key = malloc(*len + 1);
        if (key != NULL)
            memcpy(key, json_string_value(value), *len);
    } else if (json_is_integer(value)) {
        key = malloc(32);
        if (key != NULL)
            *len = (size_t)snprintf(key, 32, "%lld", (long long)json_integer_value(value));
    } else {
        tool_error("%s: line %lld: no string or whole number '%s'", lines->path,
                   (long long)lines->number, field);
    }
    json_decref(object);
    return key;
}

static int read_lines(const struct tool_options *options, const char *path, rec_record_fn record,
                      void *ctx)
{
    struct tool_lines lines;
    int status = tool_lines_open(&lines, path);
    if (status != TOOL_OK)
        return status;
    int more;
    while (status == TOOL_OK && (more = tool_lines_next(&lines)) != 0) {
        char *key = NULL;
        size_t key_len = 0;
        if (more < 0 || (options->key_field != NULL && !options->no_keys &&
                         (key = key_of_line(&lines, options->key_field, &key_len)) == NULL))
            status = TOOL_FAILED;
        else
            status = record(ctx, key, key_len, lines.line, lines.len);
        free(key);
    }
    tool_lines_close(&lines);
    return status;
}

/* ---- reads ----------------------------------------------------------------------------------- */

struct read {
    char *text; /* four lines, each with its end */
    size_t len, cap;
};

static bool add_line(struct read *r, const struct tool_lines *lines)
{
    if (r->len + lines->len + 1 > r->cap) {
        char *more = realloc(r->text, r->cap = 2 * r->cap + lines->len + 256);
        if (more == NULL)
            return false;
        r->text = more;
    }
    memcpy(r->text + r->len, lines->line, lines->len);
    r->len += lines->len;
    r->text[r->len++] = '\n';
    return true;
}

/* What is wrong with line k of a read, or NULL. */
static const char *bad_line(const struct tool_lines *lines, int k, size_t bases)
{
    if (k == 0 && (lines->len < 2 || lines->line[0] != '@'))
        return "a read begins with '@' and a name";
    if (k == 2 && (lines->len < 1 || lines->line[0] != '+'))
        return "the third line of a read begins with '+'";
    if (k == 3 && lines->len != bases)
        return "a read has as many qualities as bases";
    return NULL;
}

/* Four lines, which become the record. 1: a read, 0: the end, -1: reported. */
static int next_read(struct tool_lines *lines, struct read *r)
{
    size_t bases = 0;
    r->len = 0;
    for (int k = 0; k < 4; k++) {
        const int more = tool_lines_next(lines);
        if (more == 0 && k == 0)
            return 0;
        const char *why = more == 0 ? "the last read is cut short" : NULL;
        if (more > 0)
            why = bad_line(lines, k, bases);
        if (more > 0 && k == 1)
            bases = lines->len;
        if (why != NULL)
            tool_error("%s: line %lld: %s", lines->path, (long long)lines->number, why);
        if (more < 0 || why != NULL)
            return -1;
        if (!add_line(r, lines)) {
            tool_error("%s: out of memory", lines->path);
            return -1;
        }
    }
    return 1;
}

/* Bytes of the name of a read, which ends at a blank: other bytes, NUL too, are of it. */
static size_t name_length(const struct read *r)
{
    size_t n = 0;
    while (1 + n < r->len && memchr(" \t\n", r->text[1 + n], 3) == NULL)
        n++;
    return n;
}

static int read_fastq(const char *path, rec_record_fn record, void *ctx)
{
    struct tool_lines lines;
    struct read r = {0};
    int status = tool_lines_open(&lines, path);
    if (status != TOOL_OK)
        return status;
    int more;
    while (status == TOOL_OK && (more = next_read(&lines, &r)) != 0)
        status = more < 0 ? TOOL_FAILED : record(ctx, r.text + 1, name_length(&r), r.text, r.len);
    tool_lines_close(&lines);
    free(r.text);
    return status;
}

int rec_read(const struct tool_options *options, const char *path, rec_record_fn record, void *ctx)
{
    struct stat st;
    if (strcmp(path, "-") != 0 && stat(path, &st) != 0) {
        tool_error("%s: cannot open: %s", path, strerror(errno));
        return TOOL_FAILED;
    }
    if (is_directory(path)) {
        struct stat store;
        const bool written =
            strcmp(options->args[0], "import") == 0 && stat(options->args[1], &store) == 0;
        const struct walk walk = {record, ctx, strlen(path) + 1, written ? &store : NULL};
        return read_directory(&walk, path, 0);
    }
    if (is_tar(path))
        return rec_read_tar(path, record, ctx);
    if (is_lines(path) || options->key_field != NULL) /* whoever names a field has such lines */
        return read_lines(options, path, record, ctx);
    if (is_fastq(path))
        return read_fastq(path, record, ctx);
    const char *slash = strrchr(path, '/');
    return read_file(path, slash != NULL ? slash + 1 : path, record, ctx);
}
