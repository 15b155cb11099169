/* Owns lode_verify of a set of indexes: its own file, then each member. */
#include "setindex.h"

#include "diag.h"

#include <stdio.h>
#include <stdlib.h>

struct relay {
    const struct lode_verify_options *options;
    int64_t done, total; /* bytes of the members before, of all */
    int status;          /* of the first finding */
    bool stop;
    struct lode_diag *diag;
};

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    struct relay *r = ctx;
    if (r->status == LODE_OK) {
        r->status = finding->status;
        if (r->diag != NULL)
            *r->diag = *finding;
    }
    if (r->options->finding != NULL && r->options->finding(r->options->ctx, finding) != 0)
        r->stop = true;
    return r->stop;
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    struct relay *r = ctx;
    (void)total;
    r->options->progress(r->options->ctx, r->done + done, r->total);
}

static void on_more(void *ctx, int status, int64_t count)
{
    const struct relay *r = ctx;
    r->options->more(r->options->ctx, status, count);
}

/* ---- the file of the set --------------------------------------------------------------------- */

static void verify_own(struct relay *r, const lode_index *index)
{
    struct lode_fault fault = {0};
    struct lode_diag finding;
    if (lode_members_verify(&index->set->table, &index->map, &fault) == LODE_OK)
        return;
    (void)lode_diag_members_fault(&finding, index->path, &fault);
    (void)on_finding(r, &finding);
}

/* ---- members --------------------------------------------------------------------------------- */

/* Bytes that verifying looks at. */
static int64_t bytes_of(const lode_index *member, int level)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_source_info source = {.struct_size = sizeof source};
    if (level < LODE_VERIFY_INDEX || lode_index_info(member, &info) != LODE_OK)
        return 0;
    int64_t bytes = (int64_t)info.file_size;
    for (int64_t s = 0; s < info.sources && level >= LODE_VERIFY_FULL; s++)
        if (lode_source_info(member, s, &source, NULL) == LODE_OK && bytes < INT64_MAX / 4)
            bytes += source.file_size;
    return bytes;
}

/* The name of a source, to be freed. NULL: it cannot be had, which was told of the member, or there
 * is no memory. */
static char *name_of(const lode_index *member, int64_t source, size_t *len)
{
    int status = lode_source_name(member, source, NULL, 0, len);
    char *name = status == LODE_OK || status == LODE_E_SPACE ? malloc(*len + 1) : NULL;
    if (name == NULL)
        return NULL;
    status = lode_source_name(member, source, name, *len + 1, len);
    if (status == LODE_OK)
        return name;
    free(name);
    return NULL;
}

/* M-12 of one source of member m. */
static void verify_name(struct relay *r, const lode_index *index, int m, int64_t source)
{
    const struct lode_indexset *set = index->set;
    struct lode_diag finding;
    int64_t other;
    size_t len;
    char *name = name_of(set->members[m], source, &len);
    for (int i = 0; i < m && name != NULL; i++) {
        if (lode_find_source(set->members[i], name, len, &other) != LODE_OK)
            continue;
        (void)lode_diag_set(&finding, LODE_E_CORRUPT,
                            "%s: two of its files, %s and %s, have a source '%.200s' (M-12): make "
                            "it anew from the sources ('lode index')",
                            index->path, set->members[i]->path, set->members[m]->path, name);
        snprintf(finding.rule, sizeof finding.rule, "M-12");
        (void)on_finding(r, &finding);
        break;
    }
    free(name);
}

static void verify_names(struct relay *r, const lode_index *index)
{
    const struct lode_indexset *set = index->set;
    for (int m = 1; m < set->table.count; m++)
        for (int64_t s = 0; s < (int64_t)set->members[m]->seq.source_count && !r->stop; s++)
            verify_name(r, index, m, s);
}

int lode_indexset_verify(const lode_index *index, const struct lode_verify_options *options,
                         struct lode_diag *diag)
{
    const struct lode_indexset *set = index->set;
    struct relay relay = {.options = options, .diag = diag};
    struct lode_verify_options how = *options;
    how.finding = on_finding;
    how.progress = options->progress != NULL ? on_progress : NULL;
    how.more = options->more != NULL ? on_more : NULL;
    how.ctx = &relay;
    int64_t bytes[LODE_MEMBERS_MAX];
    for (int i = 0; i < set->table.count; i++)
        relay.total += bytes[i] = bytes_of(set->members[i], how.level);
    if (how.level >= LODE_VERIFY_INDEX)
        verify_own(&relay, index);
    int failure = LODE_OK;
    for (int i = 0; i < set->table.count && !relay.stop && failure == LODE_OK; i++) {
        const int status = lode_verify(set->members[i], &how, NULL);
        if (status != LODE_OK && relay.status == LODE_OK)
            failure = status; /* it could not be looked at */
        relay.done += bytes[i];
    }
    if (how.level >= LODE_VERIFY_INDEX && failure == LODE_OK)
        verify_names(&relay, index);
    if (failure != LODE_OK)
        return lode_diag_set(diag, failure, "%s: %s", index->path, lode_status_text(failure));
    return relay.status;
}
