#include "collect.h"

#include "diag.h"
#include "grow.h"
#include "layout.h"
#include "namesfile.h"
#include "paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 128 };

/* A directory on the way down, to notice symbolic links that lead back up. */
struct level {
    const struct level *up;
    dev_t dev;
    ino_t ino;
    int depth;
};

struct search {
    struct lode_collection *out;
    const struct lode_build_options *options;
    struct lode_diag *diag;
    /* the INPUT being searched, as given and its real path, and the entry in hand below it: every
     * other path is a join of these */
    const char *root, *real_root;
    char *inside;
    size_t inside_len, inside_cap;
};

/* Bytes of a path without what makes it an input; *wanted: does it look like one? */
static size_t stem(const struct search *s, const char *path, bool *wanted)
{
    return s->options->track != LODE_TRACK_NONE ? lode_path_track_stem(path, wanted)
                                                : lode_path_stem(path, wanted);
}

static int no_memory(struct search *s)
{
    return lode_diag_set(s->diag, LODE_E_NOMEM, "out of memory");
}

bool lode_input_skippable(const struct lode_diag *diag)
{
    switch (diag->status) {
    case LODE_E_FORMAT:
    case LODE_E_NOT_BGZF:
    case LODE_E_DUPLICATE:
    case LODE_E_FOREIGN:
    case LODE_E_MISSING:
    case LODE_E_REFUSED:
    case LODE_E_STALE:
        return true;
    default: /* IO: only what asks for other rights, or is gone */
        return diag->sys_errno == EACCES || diag->sys_errno == ENOENT || diag->sys_errno == ELOOP;
    }
}

/* Lenient builds report and go on; others stop. */
static int skip_or_stop(struct search *s, int status)
{
    if (!s->options->lenient || !lode_input_skippable(s->diag))
        return status;
    s->out->skipped++;
    if (s->options->message != NULL)
        s->options->message(s->options->ctx, LODE_WARNING, s->diag->message);
    return LODE_OK;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Adds the file `path`, known inside its INPUT as `inside`. Takes path and locator over. */
static int add_file(struct search *s, char *path, char *locator, const char *inside, uint64_t size)
{
    struct lode_collection *c = s->out;
    bool wanted;
    struct lode_input input = {
        .path = path,
        .locator = locator,
        .name = strndup(inside, stem(s, inside, &wanted)),
        .size = size,
    };
    if (!input.path || !input.locator || !input.name || !LODE_GROW(c->inputs, c->count, c->cap)) {
        free(input.path);
        free(input.locator);
        free(input.name);
        return no_memory(s);
    }
    c->total_size += (int64_t)size;
    c->inputs[c->count++] = input;
    return LODE_OK;
}

/* ---- directories ---------------------------------------------------------------------------- */

static char *entry_locator(const struct search *s)
{
    if (strcmp(s->real_root, s->out->out_dir) == 0)
        return strdup(s->inside);
    char *real = lode_path_join(s->real_root, s->inside);
    char *locator = real != NULL ? lode_path_relative(s->out->out_dir, real) : NULL;
    free(real);
    return locator;
}

/* One step down; the way back is to cut inside to the length it had. */
static bool enter(struct search *s, const char *name)
{
    const size_t slash = s->inside_len > 0, n = strlen(name);
    if (!lode_grow(&s->inside, &s->inside_cap, s->inside_len + slash + n + 1, 1))
        return false;
    if (slash)
        s->inside[s->inside_len] = '/';
    memcpy(s->inside + s->inside_len + slash, name, n + 1);
    s->inside_len += slash + n;
    return true;
}

static void leave(struct search *s, size_t len)
{
    s->inside_len = len;
    s->inside[len] = 0;
}

static int search_dir(struct search *s, const char *path, const struct level *up);

/* An entry whose kind only stat tells. */
static int search_entry(struct search *s, char *path, const struct level *level)
{
    struct stat st;
    bool wanted;
    int status = LODE_OK;
    (void)stem(s, path, &wanted);
    if (stat(path, &st) != 0) {
        if (wanted) /* a dangling link, most likely */
            status = skip_or_stop(s, lode_diag_errno(s->diag, "%s: cannot stat", path));
    } else if (S_ISDIR(st.st_mode)) {
        status = search_dir(s, path, level);
    } else if (wanted && S_ISREG(st.st_mode)) {
        return add_file(s, path, entry_locator(s), s->inside, (uint64_t)st.st_size);
    }
    free(path);
    return status;
}

/* Entries a search never looks at: hidden ones, and files whose name is not one of an input. */
static bool of_interest(const struct search *s, const struct dirent *e)
{
    bool wanted;
    if (e->d_name[0] == '.')
        return false;
    (void)stem(s, e->d_name, &wanted);
    return wanted || e->d_type == DT_DIR || e->d_type == DT_LNK || e->d_type == DT_UNKNOWN;
}

static int search_child(struct search *s, const struct dirent *e, const struct level *level)
{
    const size_t len = s->inside_len;
    char *path = enter(s, e->d_name) ? lode_path_join(s->root, s->inside) : NULL;
    if (path == NULL)
        return no_memory(s);
    /* The size is for the progress bar alone; without one the entry's type spares a system call. */
    const bool plain = e->d_type == DT_REG && s->options->progress == NULL;
    const int status =
        plain ? add_file(s, path, entry_locator(s), s->inside, 0) : search_entry(s, path, level);
    leave(s, len);
    return status;
}

static int check_level(struct search *s, const char *path, struct level *level)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return lode_diag_errno(s->diag, "%s: cannot stat", path);
    level->dev = st.st_dev;
    level->ino = st.st_ino;
    for (const struct level *l = level->up; l != NULL; l = l->up)
        if (l->dev == level->dev && l->ino == level->ino)
            return lode_diag_set(s->diag, LODE_E_REFUSED,
                                 "%s: a symbolic link that leads back to a directory above it",
                                 path);
    if (level->depth > DEPTH_MAX)
        return lode_diag_set(s->diag, LODE_E_REFUSED, "%s: more than %d directories deep", path,
                             DEPTH_MAX);
    return LODE_OK;
}

static int search_dir(struct search *s, const char *path, const struct level *up)
{
    struct level level = {.up = up, .depth = up != NULL ? up->depth + 1 : 0};
    int status = check_level(s, path, &level);
    if (status != LODE_OK)
        return skip_or_stop(s, status);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return skip_or_stop(s, lode_diag_errno(s->diag, "%s: cannot read the directory", path));
    const struct dirent *e;
    while (status == LODE_OK && (errno = 0, e = readdir(dir)) != NULL)
        if (of_interest(s, e))
            status = search_child(s, e, &level);
    if (status == LODE_OK && errno != 0)
        status = lode_diag_errno(s->diag, "%s: cannot read the directory", path);
    closedir(dir);
    return status;
}

static int search_root(struct search *s, const char *input, const char *real)
{
    s->root = input;
    s->real_root = real;
    s->inside_len = 0;
    const int status = search_dir(s, input, NULL);
    free(s->inside);
    s->inside = NULL;
    s->inside_cap = 0;
    return status;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static bool looks_like_url(const char *input)
{
    const char *scheme = strstr(input, "://");
    return scheme != NULL && scheme != input && strcspn(input, "/") > (size_t)(scheme - input);
}

static int add_input(struct search *s, const char *input)
{
    struct stat st;
    if (strcmp(input, "-") == 0)
        return lode_diag_set(
            s->diag, LODE_E_FOREIGN,
            "standard input cannot be indexed, for it cannot be read at random; write "
            "a file first: lode compress - -o OUT.fa.gz");
    if (looks_like_url(input))
        return lode_diag_set(s->diag, LODE_E_FOREIGN,
                             "%s: URLs are not supported: fetch the file first", input);
    if (stat(input, &st) != 0)
        return errno == ENOENT
                   ? lode_diag_set(s->diag, LODE_E_MISSING, "%s: no such file or directory", input)
                   : lode_diag_errno(s->diag, "%s: cannot stat", input);
    const bool dir = S_ISDIR(st.st_mode);
    if (!dir && !S_ISREG(st.st_mode))
        return lode_diag_set(s->diag, LODE_E_REFUSED, "%s: not a regular file or directory", input);
    char *real = dir ? realpath(input, NULL) : lode_path_real(input);
    if (real == NULL)
        return lode_diag_errno(s->diag, "%s: cannot resolve", input);
    const char *base = strrchr(input, '/') != NULL ? strrchr(input, '/') + 1 : input;
    const int status = dir ? search_root(s, input, real)
                           : add_file(s, strdup(input), lode_path_relative(s->out->out_dir, real),
                                      base, (uint64_t)st.st_size);
    free(real);
    return status;
}

/* ---- order ---------------------------------------------------------------------------------- */

static int compare_locators(const void *a, const void *b)
{
    return strcmp(((const struct lode_input *)a)->locator, ((const struct lode_input *)b)->locator);
}

/* By NAME, then in the order of the inputs, so that which one is left out does not hang on qsort.
 */
static int compare_names(const void *a, const void *b)
{
    const struct lode_input *x = *(const struct lode_input *const *)a;
    const struct lode_input *y = *(const struct lode_input *const *)b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x > y) - (x < y);
}

static void free_input(struct lode_input *input)
{
    free(input->path);
    free(input->locator);
    free(input->name);
}

/* The same file named twice is one source. */
static void drop_repeats(struct lode_collection *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (kept > 0 && compare_locators(&c->inputs[kept - 1], &c->inputs[i]) == 0)
            free_input(&c->inputs[i]);
        else
            c->inputs[kept++] = c->inputs[i];
    }
    c->count = kept;
}

/* The second of two inputs of one NAME: stops the build, or is left out of a lenient one. */
static int refuse_name(struct search *s, const struct lode_input *first, struct lode_input *second)
{
    const int status = lode_diag_set(s->diag, LODE_E_DUPLICATE,
                                     "%s and %s: both would be named '%s'; leave one out, or name "
                                     "them with --names FILE",
                                     first->path, second->path, second->name);
    const int result = skip_or_stop(s, status);
    if (result == LODE_OK) {
        free_input(second);
        second->path = NULL;
    }
    return result;
}

static void drop_refused(struct lode_collection *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->inputs[i].path != NULL)
            c->inputs[kept++] = c->inputs[i];
    c->count = kept;
}

static int check_names(struct search *s)
{
    struct lode_collection *c = s->out;
    struct lode_input **sorted = malloc((c->count + 1) * sizeof *sorted);
    int status = LODE_OK;
    if (sorted == NULL)
        return no_memory(s);
    for (size_t i = 0; i < c->count; i++)
        sorted[i] = &c->inputs[i];
    /* as locators stand, names often do */
    bool in_order = true;
    for (size_t i = 1; i < c->count && in_order; i++)
        in_order = compare_names(&sorted[i - 1], &sorted[i]) < 0;
    if (!in_order)
        qsort(sorted, c->count, sizeof(struct lode_input *), compare_names);
    size_t first = 0;
    for (size_t i = 1; i < c->count && status == LODE_OK; i++) {
        if (strcmp(sorted[first]->name, sorted[i]->name) == 0)
            status = refuse_name(s, sorted[first], sorted[i]);
        else
            first = i;
    }
    free(sorted);
    drop_refused(c);
    return status;
}

int lode_collect(struct lode_collection *c, const char *const *inputs, size_t n,
                 const struct lode_build_options *options, struct lode_diag *diag)
{
    struct search s = {.out = c, .options = options, .diag = diag};
    int status = LODE_OK;
    for (size_t i = 0; i < n && status == LODE_OK; i++) {
        status = add_input(&s, inputs[i]);
        if (status != LODE_OK && n > 1)
            status = skip_or_stop(&s, status);
    }
    if (status == LODE_OK && options->names_file != NULL)
        status = lode_names_file_apply(options->names_file, c, diag);
    if (status != LODE_OK)
        return status;
    if (c->count == 0)
        return lode_diag_set(diag, LODE_E_MISSING, "%s: no %s", n > 0 ? inputs[0] : "no input",
                             options->track != LODE_TRACK_NONE
                                 ? "track found (.track.gz)"
                                 : "FASTA found (.fna .fa .fasta .fas, each also .gz or .bgz)");
    qsort(c->inputs, c->count, sizeof *c->inputs, compare_locators);
    drop_repeats(c);
    return check_names(&s);
}

void lode_collection_free(struct lode_collection *c)
{
    for (size_t i = 0; i < c->count; i++)
        free_input(&c->inputs[i]);
    free(c->inputs);
    free(c->out);
    free(c->out_dir);
    memset(c, 0, sizeof *c);
}
