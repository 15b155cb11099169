#include "setindex.h"

#include "diag.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- opening --------------------------------------------------------------------------------- */

/* A member is what the set was made with, and has the numbers that the set says. */
static int check_member(const lode_index *ix, const struct lode_indexset *set, int i,
                        struct lode_diag *diag)
{
    const struct lode_member *m = &set->table.rows[i];
    const struct lode_seqindex *seq = &set->members[i]->seq;
    if (seq->box.content_id != m->content_id)
        return lode_diag_set(diag, LODE_E_STALE,
                             "%s: its file '%s' is not the one that belongs to the set: it holds "
                             "content %016llx",
                             ix->path, m->name, (unsigned long long)seq->box.content_id);
    if (seq->contig_count != (uint64_t)(m[1].first - m->first) ||
        seq->source_count != (uint64_t)(m[1].source - m->source))
        return lode_diag_set(diag, LODE_E_CORRUPT,
                             "%s: says other numbers of contigs and sources than its file '%s'",
                             ix->path, m->name);
    return LODE_OK;
}

static int open_member(lode_index *ix, struct lode_indexset *set, int i, int dir_fd, int map_mode,
                       struct lode_diag *diag)
{
    const struct lode_member *m = &set->table.rows[i];
    const int fd = lode_members_open(&set->table, i, dir_fd, ix->path, diag);
    if (fd < 0)
        return fd;
    char *path = lode_members_path(ix->path, m->name);
    int status = path != NULL ? lode_index_member(ix, fd, path, map_mode, &set->members[i], diag)
                              : lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", ix->path);
    free(path);
    close(fd);
    if (status == LODE_OK)
        status = check_member(ix, set, i, diag);
    if (status == LODE_OK)
        set->members[i]->contigs_before = m->first;
    return status;
}

int lode_indexset_open(lode_index *ix, int dir_fd, const struct lode_open_options *options,
                       struct lode_diag *diag)
{
    struct lode_indexset *set = calloc(1, sizeof *set);
    if (set == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", ix->path);
    ix->set = set;
    int status = lode_members_read(&set->table, &ix->map, ix->path, diag);
    if (status != LODE_OK)
        return status;
    if (set->table.kind != LODE_MEMBER_INDEX)
        return lode_diag_set(diag, LODE_E_LAYOUT,
                             "%s: is a set of record stores and holds no sequence: "
                             "lode_store_open and 'lode rec' read them",
                             ix->path);
    set->members = calloc((size_t)set->table.count, sizeof(lode_index *));
    if (set->members == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", ix->path);
    for (int i = 0; i < set->table.count && status == LODE_OK; i++)
        status = open_member(ix, set, i, dir_fd, options->map_mode, diag);
    ix->seq.box = set->table.view.box;
    ix->seq.contig_count = (uint64_t)set->table.rows[set->table.count].first;
    ix->seq.source_count = (uint64_t)set->table.rows[set->table.count].source;
    return status;
}

void lode_indexset_close(struct lode_indexset *set)
{
    if (set == NULL)
        return;
    for (int i = 0; i < set->table.count && set->members != NULL; i++)
        lode_close(set->members[i]);
    free(set->members);
    lode_members_free(&set->table);
    free(set);
}

/* ---- the way --------------------------------------------------------------------------------- */

struct lode_route lode_indexset_route(const lode_index *index, int64_t number, bool by_source)
{
    const struct lode_indexset *set = index->set;
    const uint64_t limit = by_source ? index->seq.source_count : index->seq.contig_count;
    if (number < 0 || (uint64_t)number >= limit)
        return (struct lode_route){index, 0, 0};
    const int i = lode_members_of(&set->table, number, by_source);
    const struct lode_member *m = &set->table.rows[i];
    return (struct lode_route){set->members[i], m->first, m->source};
}
