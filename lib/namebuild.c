#include "namebuild.h"

#include "diag.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Where the names are, and how a key finds its own. */
struct names {
    const char *bytes;
    const uint64_t *offs; /* per ordinal; NULL: the sources' NAMEs */
    const struct lode_source_row *sources;
};

static const char *name_of(const struct names *names, uint64_t ordinal)
{
    if (names->offs != NULL)
        return names->bytes + names->offs[ordinal];
    return names->bytes + names->sources[ordinal].path_off + names->sources[ordinal].path_len + 1;
}

static int failed(struct lode_diag *diag)
{
    return lode_diag_errno(diag, "cannot keep the name tables of the index being built");
}

/* Equal hashes are next to never different names, but may be: then the names decide. Keys by hash.
 */
static void order_ties(struct lode_name_key *keys, size_t n, const struct names *names)
{
    for (size_t i = 1; i < n; i++) {
        const struct lode_name_key key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1].hash == key.hash &&
               strcmp(name_of(names, keys[at - 1].contig), name_of(names, key.contig)) > 0;
             at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* Keys in (hash, name) order, hashed with this seed. hashed: they carry the hashes of seed 0. */
static bool sort(struct lode_name_key *keys, size_t n, const struct names *names, uint8_t seed,
                 bool hashed)
{
    for (size_t i = 0; i < n && (seed > 0 || !hashed); i++) {
        const char *name = name_of(names, keys[i].contig);
        keys[i].hash = lode_name_hash(name, strlen(name), seed);
    }
    if (!lode_sort_keys(keys, n))
        return false;
    order_ties(keys, n, names);
    return true;
}

/* Appends one table for name_count names, entries from sorted keys. Key ordinals are taken relative
 * to base; those with ambiguous[i] set carry GNAM's mark. */
static int emit(struct lode_spool *spool, const struct lode_name_key *keys, size_t n,
                uint64_t name_count, uint64_t base, const bool *ambiguous, uint32_t *longest)
{
    uint64_t next_free = 0, written = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t slot = lode_name_place(keys[i].hash, name_count, &next_free, longest);
        uint64_t word = lode_slot_make(keys[i].contig - base, keys[i].hash);
        uint8_t bytes[8];
        if (ambiguous != NULL && ambiguous[i])
            word |= LODE_GNAM_AMBIGUOUS;
        lode_put64(bytes, word);
        if (lode_spool_zeros(spool, 8 * (slot - written)) != 0 ||
            lode_spool_append(spool, bytes, sizeof bytes) != 0)
            return -1;
        written = slot + 1;
    }
    return lode_spool_zeros(spool, 8 * (lode_name_slots(name_count, next_free) - written));
}

static int flooded(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_FORMAT,
                         "names collide in the hash under every seed: made to slow readers down?");
}

/* TNAM with one seed. keys: of all sources, sorted within each. */
static int tnam_pass(struct lode_name_tables *out, struct lode_tables *t, uint32_t *longest)
{
    const struct lode_name_key *key = t->names, *end = t->names + t->name_count;
    if (lode_spool_truncate(&out->tnam, 0) != 0)
        return -1;
    *longest = 0;
    for (size_t s = 0; s < t->source_count; s++) {
        const uint64_t first = t->sources[s].begin.contig;
        const uint64_t last =
            s + 1 < t->source_count ? t->sources[s + 1].begin.contig : t->contig_count;
        const struct lode_name_key *from = key;
        while (key < end && key->contig < last)
            key++;
        t->sources[s].begin.slot = lode_spool_size(&out->tnam) / 8;
        if (emit(&out->tnam, from, (size_t)(key - from), last - first, first, NULL, longest) != 0)
            return -1;
    }
    return 0;
}

static bool sort_sources(struct lode_tables *t, const struct names *names, uint8_t seed)
{
    size_t from = 0;
    for (size_t s = 0; s < t->source_count; s++) {
        const uint64_t last =
            s + 1 < t->source_count ? t->sources[s + 1].begin.contig : t->contig_count;
        size_t to = from;
        while (to < t->name_count && t->names[to].contig < last)
            to++;
        /* by hash since they came in, where the seed is 0 */
        if (seed == 0)
            order_ties(t->names + from, to - from, names);
        else if (!sort(t->names + from, to - from, names, seed, true))
            return false;
        from = to;
    }
    return true;
}

static int build_tnam(struct lode_name_tables *out, struct lode_tables *t,
                      const struct names *names, struct lode_diag *diag)
{
    uint32_t longest = 0;
    for (uint8_t seed = 0; seed <= LODE_NAME_SEED_MAX; seed++) {
        if (!sort_sources(t, names, seed)) {
            errno = ENOMEM;
            return failed(diag);
        }
        if (tnam_pass(out, t, &longest) != 0)
            return failed(diag);
        out->tnam_param = lode_nametable_param(seed, longest);
        if (longest <= LODE_NAME_PROBE_MAX)
            return LODE_OK;
    }
    return flooded(diag);
}

/* Keeps the first key of each name (keys in (hash, name) order, equal names in contig order) and
 * notes which names had more. */
static size_t keep_distinct(struct lode_name_key *keys, size_t n, const struct names *names,
                            bool *ambiguous)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && keys[kept - 1].hash == keys[i].hash &&
            strcmp(name_of(names, keys[kept - 1].contig), name_of(names, keys[i].contig)) == 0) {
            ambiguous[kept - 1] = true;
            continue;
        }
        ambiguous[kept] = false;
        keys[kept++] = keys[i];
    }
    return kept;
}

/* A table over keys with the first seed that fits. ambiguous as emit takes it, in key order. */
static int build_table(struct lode_spool *spool, struct lode_name_key *keys, size_t n,
                       const struct names *names, bool *ambiguous, uint32_t *param,
                       struct lode_diag *diag)
{
    for (uint8_t seed = 0; seed <= LODE_NAME_SEED_MAX; seed++) {
        uint32_t longest = 0;
        if (lode_spool_truncate(spool, 0) != 0)
            return failed(diag);
        if (!sort(keys, n, names, seed, ambiguous != NULL)) {
            errno = ENOMEM;
            return failed(diag);
        }
        const size_t kept = ambiguous != NULL ? keep_distinct(keys, n, names, ambiguous) : n;
        if (emit(spool, keys, kept, kept, 0, ambiguous, &longest) != 0)
            return failed(diag);
        *param = lode_nametable_param(seed, longest);
        if (longest <= LODE_NAME_PROBE_MAX) {
            uint8_t count[8];
            lode_put64(count, kept);
            return ambiguous == NULL || lode_spool_append(spool, count, sizeof count) == 0
                       ? LODE_OK
                       : failed(diag);
        }
    }
    return flooded(diag);
}

/* GNAM on its way, on a thread of its own: it needs nothing of the other tables but the names. */
struct gnam_work {
    struct lode_name_tables *out;
    const struct names *names;
    struct lode_name_key *keys;
    bool *ambiguous;
    size_t n;
    int status;
    struct lode_diag diag;
};

static void *run_gnam(void *arg)
{
    struct gnam_work *w = arg;
    w->status = build_table(&w->out->gnam, w->keys, w->n, w->names, w->ambiguous,
                            &w->out->gnam_param, &w->diag);
    return NULL;
}

/* TNAM here, GNAM beside it where a thread can be had. */
static int build_both(struct lode_name_tables *out, struct lode_tables *t,
                      const struct names *names, struct lode_diag *diag)
{
    struct gnam_work w = {.out = out, .names = names, .n = t->name_count};
    pthread_t thread;
    w.keys = malloc((w.n + 1) * sizeof *w.keys);
    w.ambiguous = malloc(w.n + 1);
    int status = LODE_E_NOMEM;
    if (w.keys != NULL && w.ambiguous != NULL) {
        if (w.n > 0)
            memcpy(w.keys, t->names, w.n * sizeof *w.keys);
        const bool beside = pthread_create(&thread, NULL, run_gnam, &w) == 0;
        status = build_tnam(out, t, names, diag);
        if (beside)
            pthread_join(thread, NULL);
        else
            run_gnam(&w);
        if (status == LODE_OK && w.status != LODE_OK) {
            status = w.status;
            if (diag != NULL)
                *diag = w.diag;
        }
    } else {
        errno = ENOMEM;
        status = failed(diag);
    }
    free(w.keys);
    free(w.ambiguous);
    return status;
}

static int build_snam(struct lode_name_tables *out, struct lode_tables *t, struct lode_diag *diag)
{
    const uint8_t *bytes = lode_spool_view(&t->sstr);
    struct lode_name_key *keys = calloc(t->source_count + 1, sizeof *keys);
    int status;
    if (bytes == NULL || keys == NULL) {
        status = failed(diag);
    } else {
        const struct names names = {(const char *)bytes, NULL, t->sources};
        for (size_t i = 0; i < t->source_count; i++)
            keys[i].contig = i;
        status =
            build_table(&out->snam, keys, t->source_count, &names, NULL, &out->snam_param, diag);
    }
    free(keys);
    return status;
}

int lode_names_build(struct lode_name_tables *out, struct lode_tables *t, int dir_fd,
                     uint64_t *slots, struct lode_diag *diag)
{
    lode_spool_init(&out->tnam, dir_fd);
    lode_spool_init(&out->gnam, dir_fd);
    lode_spool_init(&out->snam, dir_fd);
    const uint8_t *bytes = lode_spool_view(&t->name);
    if (bytes == NULL)
        return failed(diag);
    const struct names names = {(const char *)bytes, t->name_offs, NULL};
    const int status =
        t->source_count > 1 ? build_both(out, t, &names, diag) : build_tnam(out, t, &names, diag);
    *slots = lode_spool_size(&out->tnam) / 8;
    return status == LODE_OK ? build_snam(out, t, diag) : status;
}

void lode_names_free(struct lode_name_tables *names)
{
    lode_spool_free(&names->tnam);
    lode_spool_free(&names->gnam);
    lode_spool_free(&names->snam);
}
