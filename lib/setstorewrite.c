#include "setstorewrite.h"

#include "bytes.h"
#include "diag.h"
#include "grow.h"
#include "lock.h"
#include "setstore.h"
#include "setwrite.h"
#include "storewrite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- beginning ------------------------------------------------------------------------------- */

int lode_store_options_of(const lode_store *base, struct lode_store_info *info,
                          struct lode_store_options *options, void **dictionary,
                          struct lode_diag *diag)
{
    size_t len = 0;
    *info = (struct lode_store_info){.struct_size = sizeof *info};
    (void)lode_store_info(base, info);
    int status = lode_store_name_fits(base, NULL, diag);
    if (status != LODE_OK)
        return status;
    *options = (struct lode_store_options)LODE_STORE_OPTIONS_INIT;
    options->keys = info->keys;
    options->codec = info->codec;
    options->level = info->level;
    options->align = info->align;
    options->shuffle = info->shuffle;
    options->block_size = info->block_size;
    options->name = info->name;
    if (info->dictionary_size == 0)
        return LODE_OK;
    *dictionary = malloc((size_t)info->dictionary_size + 1);
    if (*dictionary == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    status = lode_store_dictionary(base, *dictionary, (size_t)info->dictionary_size + 1, &len);
    options->dictionary = *dictionary;
    options->dictionary_size = len;
    return status == LODE_OK
               ? LODE_OK
               : lode_diag_set(diag, status, "its dictionary: %s", lode_status_text(status));
}

int lode_extension_begin(const char *path, lode_store *base, int lock, lode_store_writer **out,
                         struct lode_diag *diag)
{
    struct lode_store_info info;
    struct lode_store_options options;
    void *dictionary = NULL;
    lode_store_writer *w = NULL;
    struct lode_extension *extension = calloc(1, sizeof *extension);
    int status = extension != NULL ? lode_store_options_of(base, &info, &options, &dictionary, diag)
                                   : lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    if (status == LODE_OK && info.members == LODE_MEMBERS_MAX)
        status = lode_diag_set(diag, LODE_E_UNSUPPORTED,
                               "%s: is a set of %d files, and can have no more: compact it first",
                               path, LODE_MEMBERS_MAX);
    if (status == LODE_OK)
        status = lode_set_name_fits(path, diag);
    if (status == LODE_OK)
        status = lode_store_begin(path, &options, &w, diag);
    free(dictionary);
    if (status != LODE_OK) {
        free(extension);
        lode_store_close(base);
        lode_unlock_file(lock);
        return status;
    }
    extension->base = base;
    w->extension = extension;
    w->lock = lock;
    *out = w;
    return LODE_OK;
}

void lode_extension_free(struct lode_extension *extension)
{
    if (extension == NULL)
        return;
    lode_store_close(extension->base);
    free(extension->dead);
    free(extension);
}

/* ---- out of use ------------------------------------------------------------------------------ */

static int hide_place(struct lode_extension *e, int64_t place, struct lode_diag *diag)
{
    if (place < 0)
        return lode_diag_set(diag, (int)place, "%s: %s", e->base->path,
                             lode_status_text((int)place));
    if (!LODE_GROW(e->dead, e->dead_count, e->dead_cap))
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    e->dead[e->dead_count++] = (uint64_t)place;
    return LODE_OK;
}

int lode_extension_hide_at(struct lode_extension *e, int64_t number, struct lode_diag *diag)
{
    return hide_place(e, e->base->set != NULL ? lode_storeset_place(e->base, number) : number,
                      diag);
}

int lode_extension_hide(struct lode_extension *e, const void *key, size_t len, bool unique,
                        struct lode_diag *diag)
{
    const int64_t number = lode_store_find(e->base, key, len, NULL);
    if (number == LODE_E_NOT_FOUND)
        return LODE_OK;
    if (number < 0) /* once more, for the words */
        return (int)lode_store_find(e->base, key, len, diag);
    if (unique && !e->clash) {
        e->clash = true;
        e->clash_number = number;
    }
    return lode_extension_hide_at(e, number, diag);
}

static int refuse_clash(const lode_store_writer *w, struct lode_diag *diag)
{
    const struct lode_extension *e = w->extension;
    uint8_t key[LODE_KEY_MAX];
    size_t len = 0;
    if (lode_store_key(e->base, e->clash_number, key, sizeof key, &len) != LODE_OK)
        len = 0;
    if (w->o.keys == LODE_STORE_INTEGERS && len == 8)
        return lode_diag_set(diag, LODE_E_DUPLICATE, "%s: key %lld is there already", w->pub.path,
                             (long long)lode_get64(key));
    return lode_diag_set(diag, LODE_E_DUPLICATE, "%s: key '%.*s' is there already", w->pub.path,
                         (int)(len < 200 ? len : 200), (const char *)key);
}

/* ---- publishing ------------------------------------------------------------------------------ */

static int ascending(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Those of the plan and the new ones, each once. */
static int merge_dead(struct lode_set_plan *plan, const struct lode_extension *e,
                      struct lode_diag *diag)
{
    const size_t all = plan->dead_count + e->dead_count;
    uint64_t *dead = realloc(plan->dead, (all + 1) * sizeof *dead);
    if (dead == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    plan->dead = dead;
    if (e->dead_count > 0)
        memcpy(dead + plan->dead_count, e->dead, e->dead_count * sizeof *dead);
    qsort(dead, all, sizeof *dead, ascending);
    plan->dead_count = 0;
    for (size_t i = 0; i < all; i++)
        if (plan->dead_count == 0 || dead[i] != dead[plan->dead_count - 1])
            dead[plan->dead_count++] = dead[i];
    return LODE_OK;
}

/* The members that there are; a store by itself becomes the first. */
static int plan_base(struct lode_set_plan *plan, const lode_store_writer *w, const char *path,
                     struct lode_diag *diag)
{
    const lode_store *base = w->extension->base;
    char name[LODE_MEMBER_NAME_MAX + 1];
    uint64_t size;
    if (base->set != NULL)
        return lode_set_plan_from(plan, &base->set->table, &base->map, path, diag);
    plan->kind = LODE_MEMBER_STORE;
    const int status = lode_set_adopt(path, w->lock, base->view.box.content_id, name, &size, diag);
    return status == LODE_OK ? lode_set_plan_add(plan, name, base->view.box.content_id, size,
                                                 (int64_t)base->view.head.records, 0, path, diag)
                             : status;
}

/* What was put becomes a member, unless all of it was removed again. */
static int add_member(struct lode_set_plan *plan, lode_store_writer *w, const char *path,
                      uint64_t content_id, struct lode_diag *diag)
{
    char name[LODE_MEMBER_NAME_MAX + 1];
    uint64_t size;
    if (w->records == 0)
        return LODE_OK;
    const int status = lode_set_publish_member(&w->pub, content_id, name, &size, diag);
    return status == LODE_OK
               ? lode_set_plan_add(plan, name, content_id, size, (int64_t)w->records, 0, path, diag)
               : status;
}

static int publish_set(lode_store_writer *w, const char *path, uint64_t content_id,
                       struct lode_diag *diag)
{
    const struct lode_storeset *set = w->extension->base->set;
    struct lode_set_plan *plan = calloc(1, sizeof *plan);
    uint64_t set_id;
    if (plan == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    int status = plan_base(plan, w, path, diag);
    if (status == LODE_OK)
        status = merge_dead(plan, w->extension, diag);
    if (status == LODE_OK)
        status = add_member(plan, w, path, content_id, diag);
    if (status == LODE_OK)
        status = lode_set_publish(plan, path, w->lock, &set_id, diag);
    if (status != LODE_OK)
        lode_set_undo(path, w->lock, set != NULL ? set->table.rows : NULL,
                      set != NULL ? set->table.count : 0);
    lode_set_plan_free(plan);
    free(plan);
    return status;
}

int lode_extension_publish(lode_store_writer *w, lode_store **opened, struct lode_diag *diag)
{
    uint64_t content_id;
    const char *path = lode_store_where(w);
    if (w->extension->clash)
        return refuse_clash(w, diag);
    int status = lode_store_make_file(w, w->pub.fd, &content_id, diag);
    if (status == LODE_OK && (w->records > 0 || w->extension->dead_count > 0))
        status = publish_set(w, path, content_id, diag);
    return status == LODE_OK && opened != NULL ? lode_store_open(path, NULL, opened, diag) : status;
}
