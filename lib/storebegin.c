/* Owns the begin and the end of a store's writer, and what it may do in between. */
#include "storewrite.h"

#include "diag.h"
#include "lock.h"
#include "setstorewrite.h"
#include "storeschema.h"
#include "structs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK_SIZE = 16384,
    BLOCK_MAX = 1 << 30,
    LEVEL = 3,
};

static struct lode_spool *spool_at(lode_store_writer *w, int i)
{
    struct lode_spool *const all[] = {&w->heap,  &w->rows,    &w->keys, &w->blocks,
                                      &w->types, &w->strings, &w->slots};
    return i < (int)(sizeof all / sizeof all[0]) ? all[i] : NULL;
}

void lode_store_release(lode_store_writer *w)
{
    for (int i = 0; spool_at(w, i) != NULL; i++)
        lode_spool_free(spool_at(w, i));
    if (w->in_memory && w->dir_fd >= 0)
        close(w->dir_fd);
    lode_publish_abort(&w->pub);
    lode_extension_free(w->extension);
    if (w->lock >= 0 && w->owner == getpid())
        lode_unlock_file(w->lock);
    else if (w->lock >= 0)
        close(w->lock); /* the lock is the same in both processes */
    free(w->cwd);
    free(w->whole);
    ZSTD_freeCCtx(w->context);
    ZSTD_freeCDict(w->cdict);
    for (size_t i = 0; i < w->type_count; i++) {
        free(w->type_names[i].text);
        lode_schema_free(w->type_names[i].schema);
    }
    free(w->type_names);
    free(w->dictionary);
    free(w->frame);
    free(w->planes);
    free(w->block);
}

void lode_store_discard(lode_store_writer *w)
{
    const int saved = errno;
    if (w == NULL)
        return;
    lode_store_release(w);
    free(w);
    errno = saved;
}

static bool take_options(lode_store_writer *w, const struct lode_store_options *given,
                         struct lode_store_options *own)
{
    if (!lode_struct_in(own, sizeof *own, given))
        return false;
    w->o.keys = own->keys;
    w->o.codec = own->codec;
    w->o.level = own->level == 0 ? LEVEL : own->level;
    w->o.align_log2 = own->align == 1 ? 0 : own->align == 64 ? 6 : 3;
    w->o.shuffle = own->shuffle == 0 ? 1 : (unsigned)own->shuffle;
    w->o.block_size = own->block_size == 0 ? BLOCK_SIZE : (size_t)own->block_size;
    w->o.unique = own->unique;
    return own->keys >= LODE_STORE_NO_KEYS && own->keys <= LODE_STORE_INTEGERS &&
           own->codec >= LODE_STORE_RAW && own->codec <= LODE_STORE_BLOCKS &&
           (own->align == 0 || own->align == 1 || own->align == 8 || own->align == 64) &&
           (w->o.shuffle == 1 || w->o.shuffle == 2 || w->o.shuffle == 4 || w->o.shuffle == 8) &&
           own->block_size >= 0 && own->block_size <= BLOCK_MAX && own->level >= ZSTD_minCLevel() &&
           own->level <= ZSTD_maxCLevel() &&
           (own->dictionary != NULL) == (own->dictionary_size > 0) &&
           own->dictionary_size <= INT_MAX &&
           (own->name == NULL || strlen(own->name) < LODE_STORE_NAME_ROOM) &&
           (own->dictionary == NULL || own->codec != LODE_STORE_RAW) &&
           (own->unique == 0 || own->unique == 1);
}

/* The contexts of zstd, with the dictionary digested. */
static bool make_tools(lode_store_writer *w, const struct lode_store_options *o)
{
    if (w->o.codec == LODE_STORE_RAW)
        return true;
    w->context = ZSTD_createCCtx();
    if (w->context == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(w->context, ZSTD_c_compressionLevel, w->o.level)))
        return false;
    if (o->dictionary == NULL)
        return true;
    w->dictionary = malloc(o->dictionary_size);
    if (w->dictionary == NULL)
        return false;
    memcpy(w->dictionary, o->dictionary, o->dictionary_size);
    w->dictionary_size = o->dictionary_size;
    w->cdict = ZSTD_createCDict(w->dictionary, w->dictionary_size, w->o.level);
    return w->cdict != NULL && !ZSTD_isError(ZSTD_CCtx_refCDict(w->context, w->cdict));
}

/* A store in memory keeps what outgrows a few MiB in unnamed files, too. */
static int open_place(lode_store_writer *w, const char *path, bool fresh, struct lode_diag *diag)
{
    if (path != NULL) {
        if (fresh && access(path, F_OK) == 0)
            return lode_diag_set(diag, LODE_E_BUSY, "%s: is there already", path);
        const int status = lode_publish_begin(&w->pub, path, diag);
        w->pub.fresh = fresh;
        w->dir_fd = w->pub.dir_fd;
        return status;
    }
    w->in_memory = true;
    snprintf(w->pub.path, sizeof w->pub.path, "(memory)");
    w->dir_fd = open(P_tmpdir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return w->dir_fd >= 0 ? LODE_OK : lode_diag_errno(diag, "%s: cannot open", P_tmpdir);
}

int lode_store_usable(const lode_store_writer *w, struct lode_diag *diag)
{
    if (w == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "a writer must not be NULL");
    if (w->owner != getpid())
        return lode_diag_set(diag, LODE_E_ARG,
                             "%s: its writer belongs to process %ld, which began it", w->pub.path,
                             (long)w->owner);
    return w->broken
               ? lode_diag_set(diag, LODE_E_ARG,
                               "%s: its writer failed before, and can only be discarded: what "
                               "was put since it was published last is lost",
                               w->pub.path)
               : LODE_OK;
}

static void note_place(lode_store_writer *w, const char *path)
{
    w->owner = getpid();
    if (path != NULL && path[0] != '/')
        w->cwd = getcwd(NULL, 0);
}

const char *lode_store_where(lode_store_writer *w)
{
    char *now = w->cwd != NULL ? getcwd(NULL, 0) : NULL;
    const bool moved = w->cwd != NULL && (now == NULL || strcmp(now, w->cwd) != 0);
    free(now);
    if (moved && w->whole == NULL && asprintf(&w->whole, "%s/%s", w->cwd, w->pub.path) < 0)
        w->whole = NULL;
    return moved && w->whole != NULL ? w->whole : w->pub.path;
}

int lode_store_create(const char *path, const struct lode_store_options *options,
                      lode_store_writer **out, struct lode_diag *diag)
{
    struct lode_diag why = {0};
    int status = LODE_OK, lock = -1;
    if (path != NULL) /* what is not there, or cannot be locked, has no writer to wait for */
        lock = lode_lock_file(path, &status, &why);
    if (status == LODE_E_BUSY) {
        if (diag != NULL)
            *diag = why;
        return status;
    }
    status = lode_store_begin(path, options, out, diag);
    if (status == LODE_OK)
        (*out)->lock = lock;
    else if (lock >= 0)
        lode_unlock_file(lock);
    return status;
}

int lode_store_begin(const char *path, const struct lode_store_options *options,
                     lode_store_writer **out, struct lode_diag *diag)
{
    struct lode_store_options own = {0};
    lode_store_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    w->pub.fd = w->pub.dir_fd = w->dir_fd = w->lock = -1;
    note_place(w, path);
    int status = LODE_OK;
    if (out == NULL || !take_options(w, options, &own))
        status = lode_diag_set(diag, LODE_E_ARG, "lode_store_create: an option is not allowed");
    else
        status = open_place(w, path, own.fresh != 0, diag);
    if (status == LODE_OK && !make_tools(w, &own))
        status = lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory for zstd, or not a dictionary",
                               w->pub.path);
    for (int i = 0; status == LODE_OK && spool_at(w, i) != NULL; i++)
        lode_spool_init(spool_at(w, i), w->dir_fd);
    if (status == LODE_OK && own.name != NULL) {
        w->name_len = strlen(own.name);
        if (lode_spool_append(&w->strings, own.name, w->name_len) != 0)
            status = lode_diag_errno(diag, "%s: cannot keep the name", w->pub.path);
    }
    if (status == LODE_OK)
        *out = w;
    else
        lode_store_discard(w);
    return status;
}
