#include "indexadd.h"

#include "building.h"
#include "carry.h"
#include "diag.h"
#include "guard.h"
#include "lock.h"
#include "setindex.h"
#include "setwrite.h"
#include "sourcefile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An addition on its way. */
struct addition {
    struct lode_building b;
    lode_index *old; /* what stands there: a set, or an index that becomes the first member */
    int lock;        /* of its file, for as long as this takes */
    struct lode_set_plan plan;
    int64_t there; /* inputs that the set has already */
};

/* ---- inputs ---------------------------------------------------------------------------------- */

/* Is the file of an input what source number `source` of the set was made from? */
static bool same_source(const struct addition *a, int64_t source, const struct lode_input *input)
{
    char path[4096];
    struct lode_source_info info = {.struct_size = sizeof info};
    uint64_t fingerprint = 0;
    if (lode_source_path(a->old, source, path, sizeof path, NULL) != LODE_OK ||
        strcmp(path, input->locator) != 0 ||
        lode_source_info(a->old, source, &info, NULL) != LODE_OK ||
        (uint64_t)info.file_size != input->size)
        return false;
    const int fd = open(input->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool known = fd >= 0 && lode_sourcefile_fingerprint(fd, input->size, &fingerprint) == 0;
    if (fd >= 0)
        close(fd);
    return known && fingerprint == info.fingerprint;
}

/* Leaves out what the set has; another file of a name that it has is an error. */
static int keep_new(struct addition *a, struct lode_diag *diag)
{
    struct lode_collection *c = &a->b.inputs;
    size_t kept = 0;
    int status = LODE_OK;
    for (size_t i = 0; i < c->count; i++) {
        const struct lode_input input = c->inputs[i];
        int64_t source;
        const int found = status == LODE_OK
                              ? lode_find_source(a->old, input.name, strlen(input.name), &source)
                              : LODE_E_NOT_FOUND;
        if (found == LODE_OK && same_source(a, source, &input)) {
            free(input.path);
            free(input.locator);
            free(input.name);
            c->total_size -= (int64_t)input.size;
            a->there++;
            continue;
        }
        c->inputs[kept++] = input;
        if (found == LODE_OK)
            status = lode_diag_set(diag, LODE_E_DUPLICATE,
                                   "%s: the set has a source '%s' already, of another file or of "
                                   "what this one was: make the whole index anew ('lode index')",
                                   input.path, input.name);
        else if (found != LODE_E_NOT_FOUND)
            status = lode_diag_set(diag, found, "%s: %s", c->out, lode_status_text(found));
    }
    c->count = kept;
    return status;
}

/* Sequence is not added to tracks, nor tracks to sequence: who opens the one meets no other. */
static int same_kind(const struct addition *a, struct lode_diag *diag)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    const bool tracks = a->b.options.track != LODE_TRACK_NONE;
    if (a->old->seq.source_count == 0)
        return LODE_OK;
    const int status = lode_source_info(a->old, 0, &info, diag);
    if (status != LODE_OK || (info.track != LODE_TRACK_NONE) == tracks)
        return status;
    return lode_diag_set(diag, LODE_E_ARG,
                         tracks ? "%s: is an index of sequence: tracks have one of their own"
                                : "%s: is an index of tracks: sequence has one of its own",
                         a->b.inputs.out);
}

/* ---- steps ----------------------------------------------------------------------------------- */

/* Locks and opens what stands there. */
static int take_old(struct addition *a, struct lode_diag *diag)
{
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    int status = LODE_OK;
    how.map_mode = lode_guard_asked() ? LODE_MAP_GUARDED : LODE_MAP_SHARED;
    a->lock = lode_lock_file(a->b.inputs.out, &status, diag);
    if (a->lock < 0)
        return status;
    status = lode_open(a->b.inputs.out, &how, &a->old, diag);
    if (status != LODE_OK || a->old->set == NULL)
        return status;
    return lode_set_plan_from(&a->plan, &a->old->set->table, &a->old->map, a->b.inputs.out, diag);
}

/* An index by itself becomes the first member; nothing shows yet. */
static int adopt_old(struct addition *a, struct lode_diag *diag)
{
    char name[LODE_MEMBER_NAME_MAX + 1];
    const struct lode_seqindex *seq = &a->old->seq;
    uint64_t size;
    if (a->plan.count > 0)
        return LODE_OK;
    a->plan.kind = LODE_MEMBER_INDEX;
    const int status =
        lode_set_adopt(a->b.inputs.out, a->lock, seq->box.content_id, name, &size, diag);
    return status == LODE_OK ? lode_set_plan_add(&a->plan, name, seq->box.content_id, size,
                                                 (int64_t)seq->contig_count,
                                                 (int64_t)seq->source_count, a->b.inputs.out, diag)
                             : status;
}

/* The members, new ones last; then the set that names them. */
static int publish_all(struct addition *a, struct lode_diag *diag)
{
    char name[LODE_MEMBER_NAME_MAX + 1];
    const struct lode_merge *m = &a->b.merge;
    const char *out = a->b.inputs.out;
    uint64_t size;
    int status = adopt_old(a, diag);
    if (status != LODE_OK)
        return status;
    lode_building_stamp(&a->b);
    status = lode_set_publish_member(&a->b.pub, a->b.content_id, name, &size, diag);
    if (status == LODE_OK)
        status = lode_set_plan_add(&a->plan, name, a->b.content_id, size, (int64_t)m->end.contig,
                                   (int64_t)m->source_count, out, diag);
    return status == LODE_OK ? lode_set_publish(&a->plan, out, a->lock, &a->b.content_id, diag)
                             : status;
}

static int publish(struct addition *a, struct lode_diag *diag)
{
    const struct lode_indexset *set = a->old->set;
    const int status = publish_all(a, diag);
    if (status != LODE_OK)
        lode_set_undo(a->b.inputs.out, a->lock, set != NULL ? set->table.rows : NULL,
                      set != NULL ? set->table.count : 0);
    return status;
}

static int run(struct addition *a, const char *const *inputs, size_t n, struct lode_diag *diag)
{
    struct lode_building *b = &a->b;
    int status = lode_building_place(b, inputs, n, diag);
    if (status == LODE_OK)
        status = take_old(a, diag);
    if (status == LODE_OK)
        status = same_kind(a, diag);
    if (status == LODE_OK)
        status = lode_collect(&b->inputs, inputs, n, &b->options, diag);
    if (status == LODE_OK)
        status = keep_new(a, diag);
    if (status != LODE_OK || b->inputs.count == 0)
        return status;
    if (a->plan.count == LODE_MEMBERS_MAX) /* before the work, not behind it */
        return lode_set_plan_add(&a->plan, "", 0, 0, 0, 0, b->inputs.out, diag);
    status = lode_set_name_fits(b->inputs.out, diag);
    if (status == LODE_OK)
        status = lode_building_prepare(b, diag);
    if (status != LODE_OK)
        return status;
    lode_carry_find(&b->reuse, &b->inputs, b->dir_fd, b->threads, b->origins, &b->begun);
    status = lode_building_scan(b, diag);
    if (status == LODE_OK)
        status = lode_building_write(b, diag);
    return status == LODE_OK ? publish(a, diag) : status;
}

int lode_index_add(const char *const *inputs, size_t n, const struct lode_build_options *options,
                   struct lode_build_result *result, struct lode_diag *diag)
{
    struct addition *a = calloc(1, sizeof *a);
    if (a == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    a->lock = -1;
    lode_building_start(&a->b, options);
    int status = run(a, inputs, n, diag);
    a->b.counts.reused = a->there;
    if (status == LODE_OK && a->b.inputs.count == 0)
        a->b.content_id = a->old->seq.box.content_id;
    if (status == LODE_OK && !lode_building_result(&a->b, result))
        status = lode_diag_set(diag, LODE_E_ARG, "lode_build: struct_size is not set");
    if (status == LODE_OK)
        status = lode_building_left_out(&a->b, diag);
    lode_building_free(&a->b);
    lode_close(a->old);
    lode_set_plan_free(&a->plan);
    if (a->lock >= 0)
        lode_unlock_file(a->lock);
    free(a);
    return status;
}
