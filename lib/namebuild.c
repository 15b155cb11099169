#include "namebuild.h"

#include "diag.h"
#include "namemerge.h"
#include "nameslots.h"
#include "nametable.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int failed(struct lode_diag *diag)
{
    return lode_diag_errno(diag, "cannot keep the name tables of the index being built");
}

static int flooded(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_FORMAT,
                         "names collide in the hash under every seed: made to slow readers down?");
}

struct tnam_work {
    struct lode_spool *spool;
    const struct lode_name_set *set;
    struct lode_merge *merge;
};

/* TNAM with one seed. */
static int tnam_pass(struct tnam_work *w, uint8_t seed, uint32_t *longest)
{
    const struct lode_name_set *set = w->set;
    struct lode_source_row *sources = w->merge->sources;
    *longest = 0;
    if (lode_spool_truncate(w->spool, 0) != 0)
        return -1;
    for (uint64_t s = 0; s < w->merge->source_count; s++) {
        const uint64_t first = sources[s].begin.contig;
        const uint64_t end =
            s + 1 < w->merge->source_count ? sources[s + 1].begin.contig : set->contig_count;
        struct lode_name_key *keys = set->keys + first;
        const size_t n = (size_t)set->key_counts[s];
        if (seed > 0) { /* else by hash since they came in */
            lode_keys_hash(keys, n, set->names, seed);
            if (!lode_sort_keys(keys, n)) {
                errno = ENOMEM;
                return -1;
            }
        }
        if (!lode_keys_order_ties(keys, n, set->names)) {
            *longest = UINT32_MAX;
            return 0;
        }
        sources[s].begin.slot = lode_spool_size(w->spool) / LODE_STRIDE_TNAM;
        if (lode_keys_emit(w->spool, keys, n, end - first, first, longest) != 0)
            return -1;
    }
    return 0;
}

static int build_tnam(struct tnam_work *w, uint32_t *param, struct lode_diag *diag)
{
    uint32_t longest = 0;
    for (uint8_t seed = 0; seed <= LODE_NAME_SEED_MAX; seed++) {
        if (tnam_pass(w, seed, &longest) != 0)
            return failed(diag);
        *param = lode_nametable_param(seed, longest);
        if (longest <= LODE_NAME_PROBE_MAX)
            return LODE_OK;
    }
    return flooded(diag);
}

/* A table over keys, which carry the hashes of seed 0, with the first seed that fits. *count = the
 * names in it: of several keys of one name the first is kept. */
static int build_table(struct lode_spool *spool, struct lode_name_key *keys, size_t n,
                       const char *const *names, uint64_t *count, uint32_t *param,
                       struct lode_diag *diag)
{
    for (uint8_t seed = 0; seed <= LODE_NAME_SEED_MAX; seed++) {
        uint32_t longest = 0;
        if (seed > 0)
            lode_keys_hash(keys, n, names, seed);
        if (!lode_sort_keys(keys, n)) {
            errno = ENOMEM;
            return failed(diag);
        }
        const bool ordered =
            seed == 0 ? lode_keys_distinct(keys, &n, names) : lode_keys_order_ties(keys, n, names);
        if (!ordered)
            break; /* what collides under one seed of XXH64 on purpose does so under all */
        if (lode_spool_truncate(spool, 0) != 0 ||
            lode_keys_emit(spool, keys, n, n, 0, &longest) != 0)
            return failed(diag);
        *count = n;
        *param = lode_nametable_param(seed, longest);
        if (longest <= LODE_NAME_PROBE_MAX)
            return LODE_OK;
    }
    return flooded(diag);
}

/* GNAM on its way, on a thread of its own: it needs nothing of the other tables but the names. */
struct gnam_work {
    struct lode_name_tables *out;
    const char *const *names;
    struct lode_name_key *keys;
    size_t n;
    int status;
    struct lode_diag diag;
};

static void *run_gnam(void *arg)
{
    struct gnam_work *w = arg;
    uint64_t count;
    uint8_t last[8]; /* GNAM ends with the number of its names */
    w->status =
        build_table(&w->out->gnam, w->keys, w->n, w->names, &count, &w->out->gnam_param, &w->diag);
    lode_put64(last, count);
    if (w->status == LODE_OK && lode_spool_append(&w->out->gnam, last, sizeof last) != 0)
        w->status = failed(&w->diag);
    return NULL;
}

/* TNAM here, GNAM beside it where a thread can be had. */
static int build_both(struct lode_name_tables *out, struct tnam_work *tnam, struct lode_diag *diag)
{
    struct gnam_work w = {.out = out, .names = tnam->set->names};
    pthread_t thread;
    w.keys = lode_names_keys(tnam->set, tnam->merge, &w.n);
    if (w.keys == NULL) {
        errno = ENOMEM;
        return failed(diag);
    }
    const bool beside = pthread_create(&thread, NULL, run_gnam, &w) == 0;
    int status = build_tnam(tnam, &out->tnam_param, diag);
    if (beside)
        pthread_join(thread, NULL);
    else
        run_gnam(&w);
    if (status == LODE_OK && w.status != LODE_OK) {
        status = w.status;
        if (diag != NULL)
            *diag = w.diag;
    }
    free(w.keys);
    return status;
}

/* TNAM and GNAM from the names of all sources. */
static int build_anew(struct lode_name_tables *out, struct lode_merge *m, int threads,
                      struct lode_diag *diag)
{
    struct lode_name_set set = {0};
    struct tnam_work tnam = {&out->tnam, &set, m};
    out->extends = false;
    int status = lode_names_gather(&set, m, true, threads, diag);
    if (status == LODE_OK)
        status = m->source_count > 1 ? build_both(out, &tnam, diag)
                                     : build_tnam(&tnam, &out->tnam_param, diag);
    out->slots = lode_spool_size(&out->tnam) / LODE_STRIDE_TNAM;
    lode_names_drop(&set);
    return status;
}

static int build_snam(struct lode_name_tables *out, const char *const *names, uint64_t n,
                      struct lode_diag *diag)
{
    struct lode_name_key *keys = calloc((size_t)n + 1, sizeof *keys);
    uint64_t count;
    if (keys == NULL)
        return failed(diag);
    for (uint64_t i = 0; i < n; i++)
        keys[i].contig = i;
    lode_keys_hash(keys, (size_t)n, names, 0);
    const int status =
        build_table(&out->snam, keys, (size_t)n, names, &count, &out->snam_param, diag);
    free(keys);
    return status;
}

int lode_names_build(struct lode_name_tables *out, struct lode_merge *m, int dir_fd, int threads,
                     struct lode_diag *diag)
{
    bool done;
    lode_spool_init(&out->tnam, dir_fd);
    lode_spool_init(&out->gnam, dir_fd);
    lode_spool_init(&out->snam, dir_fd);
    int status = lode_names_extend(out, m, threads, &done, diag);
    if (status == LODE_OK && !done)
        status = build_anew(out, m, threads, diag);
    return status == LODE_OK ? build_snam(out, m->source_names, m->source_count, diag) : status;
}

int lode_names_part(struct lode_name_tables *t, const struct lode_merge *m, struct lode_part *part)
{
    const uint8_t *fresh = lode_spool_view(&t->tnam);
    part->param = t->tnam_param;
    part->pieces = calloc(m->run_count + 1, sizeof *part->pieces);
    if (part->pieces == NULL || fresh == NULL)
        return -1;
    if (!t->extends) {
        part->pieces[0].data = fresh;
        part->pieces[0].len = lode_spool_size(&t->tnam);
        part->piece_count = 1;
        return 0;
    }
    for (size_t i = 0; i < m->run_count; i++) {
        const struct lode_merge_run *run = &m->runs[i];
        const uint64_t end =
            i + 1 < m->run_count ? m->sources[m->runs[i + 1].number].begin.slot : t->slots;
        const uint64_t len = (end - m->sources[run->number].begin.slot) * LODE_STRIDE_TNAM;
        struct lode_source head;
        lode_merge_source(m, run->fresh, run->first, &head);
        const struct lode_piece piece = {
            run->fresh ? fresh : m->old->tnam.rows + head.row.begin.slot * LODE_STRIDE_TNAM, len,
            0};
        part->pieces[part->piece_count++] = piece;
        fresh += run->fresh ? len : 0;
    }
    return 0;
}

void lode_names_free(struct lode_name_tables *names)
{
    lode_spool_free(&names->tnam);
    lode_spool_free(&names->gnam);
    lode_spool_free(&names->snam);
}
