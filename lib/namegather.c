#include "namegather.h"

#include "diag.h"
#include "nametable.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>

/* What the threads share. */
struct gathering {
    struct lode_name_set *set;
    const struct lode_merge *merge;
    const char *fresh; /* bytes of the scanned tables' names */
    bool all;
    uint64_t next;
    int status; /* of the first failure */
};

/* Names of source i of the older index, number `number` here. */
static int gather_old(const struct gathering *g, uint64_t i, uint64_t number)
{
    const struct lode_seqindex *old = g->merge->old;
    const uint64_t to = g->merge->sources[number].begin.contig;
    struct lode_name_key *const keys = g->set->keys + to, *end = keys;
    struct lode_source from;
    lode_merge_source(g->merge, false, i, &from);
    const uint64_t begin = from.row.begin.contig;
    for (uint64_t k = begin; k < from.end.contig; k++) {
        struct lode_contig_row row;
        struct lode_bytes name;
        lode_contig_decode(old->ctig.rows + k * LODE_STRIDE_CTIG, &row);
        if (lode_contig_name_bytes(old, &row, &from, &name, NULL) != LODE_FMT_OK)
            return LODE_E_CORRUPT;
        g->set->names[to + k - begin] = (const char *)name.data;
        if ((row.flags & LODE_CTIG_DUPLICATE) == 0) {
            end->hash = lode_name_hash(name.data, name.len, 0);
            end++->contig = to + k - begin;
        }
    }
    g->set->key_counts[number] = (uint64_t)(end - keys);
    return lode_sort_keys(keys, (size_t)(end - keys)) ? LODE_OK : LODE_E_NOMEM;
}

/* First key of the scanned tables that belongs to contig or a later one: keys ascend by source. */
static size_t first_key(const struct lode_tables *t, uint64_t contig)
{
    size_t lo = 0, hi = t->name_count;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (t->names[mid].contig < contig)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Names of scanned source i; its keys are sorted already. */
static void gather_fresh(const struct gathering *g, uint64_t i, uint64_t number)
{
    const struct lode_tables *t = g->merge->fresh;
    const uint64_t to = g->merge->sources[number].begin.contig;
    struct lode_name_key *const keys = g->set->keys + to, *end = keys;
    struct lode_source from;
    lode_merge_source(g->merge, true, i, &from);
    const uint64_t begin = from.row.begin.contig;
    for (uint64_t k = begin; k < from.end.contig; k++)
        g->set->names[to + k - begin] = g->fresh + t->name_offs[k];
    for (size_t k = first_key(t, begin); k < t->name_count && t->names[k].contig < from.end.contig;
         k++, end++) {
        end->hash = t->names[k].hash;
        end->contig = t->names[k].contig - begin + to;
    }
    g->set->key_counts[number] = (uint64_t)(end - keys);
}

static void *gather(void *arg)
{
    struct gathering *g = arg;
    uint64_t first, i;
    while ((first = __atomic_fetch_add(&g->next, LODE_MERGE_TAKE, __ATOMIC_RELAXED)) <
           g->merge->source_count)
        for (uint64_t k = first; k < first + LODE_MERGE_TAKE && k < g->merge->source_count; k++) {
            int status = LODE_OK;
            if (lode_merge_origin(g->merge, k, &i))
                gather_fresh(g, i, k);
            else if (g->all)
                status = gather_old(g, i, k);
            if (status != LODE_OK)
                __atomic_store_n(&g->status, status, __ATOMIC_RELAXED);
        }
    return NULL;
}

int lode_names_gather(struct lode_name_set *set, const struct lode_merge *m, bool all, int threads,
                      struct lode_diag *diag)
{
    const size_t contigs = (size_t)m->end.contig + 1;
    struct gathering g = {.set = set, .merge = m, .all = all};
    set->contig_count = m->end.contig;
    set->names = malloc(contigs * sizeof *set->names);
    set->keys = malloc(contigs * sizeof *set->keys);
    set->key_counts = calloc((size_t)m->source_count + 1, sizeof *set->key_counts);
    g.fresh = (const char *)lode_spool_view(&m->fresh->name);
    if (g.fresh == NULL)
        return lode_diag_errno(diag, "cannot keep the tables of the index being built");
    if (set->names == NULL || set->keys == NULL || set->key_counts == NULL)
        g.status = LODE_E_NOMEM;
    else
        (void)lode_run_threads(gather, &g, m->source_count > LODE_MERGE_TAKE ? threads : 1, NULL);
    if (g.status == LODE_E_NOMEM)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    return g.status == LODE_OK ? LODE_OK : lode_merge_damaged(diag);
}

void lode_names_drop(struct lode_name_set *set)
{
    free(set->names);
    free(set->keys);
    free(set->key_counts);
    memset(set, 0, sizeof *set);
}

struct lode_name_key *lode_names_keys(const struct lode_name_set *set, const struct lode_merge *m,
                                      size_t *n)
{
    uint64_t count = 0;
    *n = 0;
    for (uint64_t s = 0; s < m->source_count; s++)
        count += set->key_counts[s];
    struct lode_name_key *keys = malloc(((size_t)count + 1) * sizeof *keys);
    for (uint64_t s = 0; keys != NULL && s < m->source_count; s++) {
        const size_t k = (size_t)set->key_counts[s];
        memcpy(keys + *n, set->keys + m->sources[s].begin.contig, k * sizeof *keys);
        *n += k;
    }
    return keys;
}
