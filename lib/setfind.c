/* Owns answers of a set of indexes to questions by name: each member is asked. */
#include "setindex.h"

#include "diag.h"

#include <stdlib.h>

static struct lode_route route_of(const struct lode_indexset *set, int i)
{
    return (struct lode_route){set->members[i], set->table.rows[i].first,
                               set->table.rows[i].source};
}

/* ---- contigs --------------------------------------------------------------------------------- */

/* What one more member said, beside what was found before. */
static int join(int before, int now)
{
    if (now == LODE_E_NOT_FOUND)
        return before;
    if (before == LODE_E_NOT_FOUND)
        return now;
    return before == LODE_OK || before == LODE_E_AMBIGUOUS ? LODE_E_AMBIGUOUS : before;
}

static bool answered(int status)
{
    return status == LODE_OK || status == LODE_E_AMBIGUOUS;
}

static int find_in_all(const struct lode_indexset *set, const char *name, size_t len,
                       struct lode_contig *out, struct lode_diag *diag)
{
    int result = LODE_E_NOT_FOUND;
    for (int i = 0; i < set->table.count && result != LODE_E_AMBIGUOUS; i++) {
        const struct lode_route to = route_of(set, i);
        struct lode_contig contig;
        int status = lode_find(to.index, -1, name, len, &contig, NULL);
        if (status != LODE_E_NOT_FOUND && !answered(status)) /* once more, for the words */
            return lode_find(to.index, -1, name, len, &contig, diag);
        if (answered(status) && result == LODE_E_NOT_FOUND) {
            lode_route_up(&to, &contig);
            *out = contig;
        }
        result = join(result, status);
    }
    return result;
}

int lode_indexset_find(const lode_index *index, int64_t source, const char *name, size_t len,
                       struct lode_contig *out, struct lode_diag *diag)
{
    int status = LODE_E_NOT_FOUND;
    if (source >= 0) {
        const struct lode_route to = lode_route_source(index, source);
        if (to.index != index) {
            status = lode_find(to.index, source - to.source, name, len, out, diag);
            if (status == LODE_OK)
                lode_route_up(&to, out);
        }
    } else {
        status = find_in_all(index->set, name, len, out, diag);
    }
    return lode_find_explain(index, status, name, len, diag);
}

enum { CHUNK = 256 };

/* Names [0, n), n <= CHUNK, of which a member is to be asked, gathered and given back. */
struct chunk {
    int64_t n, at[CHUNK], sources[CHUNK];
    const char *names[CHUNK];
    size_t lens[CHUNK];
    struct lode_contig found[CHUNK];
    int status[CHUNK];
};

/* Those that member i is to be asked for: no source given, or one of its own. */
static void gather(struct chunk *c, const struct lode_indexset *set, int i, const int64_t *sources,
                   const char *const *names, const size_t *lens, int64_t n, const int *status)
{
    const struct lode_member *m = &set->table.rows[i];
    c->n = 0;
    for (int64_t k = 0; k < n; k++) {
        const int64_t source = sources != NULL ? sources[k] : -1;
        if (source != -1 ? source < m->source || source >= m[1].source
                         : status[k] == LODE_E_AMBIGUOUS)
            continue;
        c->at[c->n] = k;
        c->sources[c->n] = source < 0 ? -1 : source - m->source;
        c->names[c->n] = names[k];
        c->lens[c->n++] = lens[k];
    }
}

static void find_chunk(struct chunk *c, const struct lode_indexset *set, const int64_t *sources,
                       const char *const *names, const size_t *lens, int64_t n,
                       struct lode_contig *out, int *status)
{
    for (int64_t k = 0; k < n; k++)
        status[k] = LODE_E_NOT_FOUND;
    for (int i = 0; i < set->table.count; i++) {
        const struct lode_route to = route_of(set, i);
        gather(c, set, i, sources, names, lens, n, status);
        (void)lode_find_many(to.index, c->sources, c->names, c->lens, c->n, c->found, c->status);
        for (int64_t j = 0; j < c->n; j++) {
            const int64_t k = c->at[j];
            if (answered(c->status[j]) && status[k] == LODE_E_NOT_FOUND) {
                out[k] = c->found[j];
                lode_route_up(&to, &out[k]);
            }
            status[k] = answered(c->status[j]) || c->status[j] == LODE_E_NOT_FOUND
                            ? join(status[k], c->status[j])
                            : c->status[j];
        }
    }
}

int64_t lode_indexset_find_many(const lode_index *index, const int64_t *sources,
                                const char *const *names, const size_t *lens, int64_t n,
                                struct lode_contig *out, int *status)
{
    struct chunk *chunk = malloc(sizeof *chunk);
    int64_t failed = 0;
    for (int64_t at = 0; at < n; at += CHUNK) {
        const int64_t count = n - at < CHUNK ? n - at : CHUNK;
        if (chunk != NULL)
            find_chunk(chunk, index->set, sources != NULL ? sources + at : NULL, names + at,
                       lens + at, count, out + at, status + at);
        for (int64_t k = at; k < at + count; k++) {
            if (chunk == NULL)
                status[k] = LODE_E_NOMEM;
            failed += status[k] != LODE_OK;
        }
    }
    free(chunk);
    return failed;
}

/* ---- sources, digests ------------------------------------------------------------------------ */

int lode_indexset_find_source(const lode_index *index, const char *name, size_t len,
                              int64_t *source)
{
    const struct lode_indexset *set = index->set;
    int status = LODE_E_NOT_FOUND;
    for (int i = 0; i < set->table.count && status == LODE_E_NOT_FOUND; i++) {
        status = lode_find_source(set->members[i], name, len, source);
        if (status == LODE_OK)
            *source += set->table.rows[i].source;
    }
    return status;
}

int lode_indexset_find_digest(const lode_index *index, const char *digest, size_t len,
                              struct lode_contig *out, struct lode_diag *diag)
{
    const struct lode_indexset *set = index->set;
    int status = LODE_E_NOT_FOUND;
    for (int i = 0; i < set->table.count && status == LODE_E_NOT_FOUND; i++) {
        const struct lode_route to = route_of(set, i);
        status = lode_find_digest(to.index, digest, len, out, diag);
        if (status == LODE_OK)
            lode_route_up(&to, out);
    }
    return status;
}
