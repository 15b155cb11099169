#include "namebuild.h"

#include "diag.h"
#include "nametable.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int failed(struct lode_diag *diag)
{
    return lode_diag_errno(diag, "cannot keep the name tables of the index being built");
}

/* In a key: its name has more of them, this is the first. */
#define MORE (1ULL << 63)

static const char *name_of(const char *const *names, const struct lode_name_key *key)
{
    return names[key->contig & ~MORE];
}

static void hash_again(struct lode_name_key *keys, size_t n, const char *const *names, uint8_t seed)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = name_of(names, &keys[i]);
        keys[i].hash = lode_name_hash(name, strlen(name), seed);
    }
}

/* Equal hashes are next to never different names, but may be: then the names decide. Keys by hash.
 */
static void order_ties(struct lode_name_key *keys, size_t n, const char *const *names)
{
    for (size_t i = 1; i < n; i++) {
        const struct lode_name_key key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1].hash == key.hash &&
               strcmp(name_of(names, &keys[at - 1]), name_of(names, &key)) > 0;
             at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* The same, but of each name only the first key is kept, which tells whether there were more. Equal
 * hashes are in contig order. The number of keys kept. */
static size_t keep_distinct(struct lode_name_key *keys, size_t n, const char *const *names)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const struct lode_name_key key = keys[i];
        size_t at = kept;
        int order = -1;
        while (at > 0 && keys[at - 1].hash == key.hash &&
               (order = strcmp(name_of(names, &keys[at - 1]), name_of(names, &key))) > 0)
            at--;
        if (order == 0) {
            keys[at - 1].contig |= MORE;
            continue;
        }
        memmove(keys + at + 1, keys + at, (kept - at) * sizeof *keys);
        keys[at] = key;
        kept++;
    }
    return kept;
}

/* Slots on their way into a spool, many at a time. */
struct slot_writer {
    struct lode_spool *spool;
    uint64_t written; /* slots of the table, those in the buffer too */
    size_t n;
    uint8_t bytes[8 * 512];
};

static int flush_slots(struct slot_writer *w)
{
    const size_t n = w->n;
    w->n = 0;
    return lode_spool_append(w->spool, w->bytes, n);
}

static int put_slot(struct slot_writer *w, uint64_t word)
{
    if (w->n == sizeof w->bytes && flush_slots(w) != 0)
        return -1;
    lode_put64(w->bytes + w->n, word);
    w->n += 8;
    w->written++;
    return 0;
}

static int put_empty_up_to(struct slot_writer *w, uint64_t slot)
{
    while (w->written < slot)
        if (put_slot(w, 0) != 0)
            return -1;
    return 0;
}

/* Appends one table for name_count names, entries from sorted keys. Key ordinals are taken relative
 * to base. */
static int emit(struct lode_spool *spool, const struct lode_name_key *keys, size_t n,
                uint64_t name_count, uint64_t base, uint32_t *longest)
{
    struct slot_writer w;
    uint64_t next_free = 0;
    w.spool = spool;
    w.written = w.n = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t slot = lode_name_place(keys[i].hash, name_count, &next_free, longest);
        uint64_t word = lode_slot_make((keys[i].contig & ~MORE) - base, keys[i].hash);
        if ((keys[i].contig & MORE) != 0)
            word |= LODE_GNAM_AMBIGUOUS;
        if (put_empty_up_to(&w, slot) != 0 || put_slot(&w, word) != 0)
            return -1;
    }
    return put_empty_up_to(&w, lode_name_slots(name_count, next_free)) == 0 ? flush_slots(&w) : -1;
}

static int flooded(struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_FORMAT,
                         "names collide in the hash under every seed: made to slow readers down?");
}

struct tnam_work {
    struct lode_spool *spool;
    const struct lode_name_set *set;
    struct lode_source_row *sources;
    uint64_t source_count;
};

/* TNAM with one seed. */
static int tnam_pass(struct tnam_work *w, uint8_t seed, uint32_t *longest)
{
    const struct lode_name_set *set = w->set;
    *longest = 0;
    if (lode_spool_truncate(w->spool, 0) != 0)
        return -1;
    for (uint64_t s = 0; s < w->source_count; s++) {
        const uint64_t first = w->sources[s].begin.contig;
        const uint64_t end =
            s + 1 < w->source_count ? w->sources[s + 1].begin.contig : set->contig_count;
        struct lode_name_key *keys = set->keys + first;
        const size_t n = (size_t)set->key_counts[s];
        if (seed > 0) { /* else by hash since they came in */
            hash_again(keys, n, set->names, seed);
            if (!lode_sort_keys(keys, n)) {
                errno = ENOMEM;
                return -1;
            }
        }
        order_ties(keys, n, set->names);
        w->sources[s].begin.slot = lode_spool_size(w->spool) / 8;
        if (emit(w->spool, keys, n, end - first, first, longest) != 0)
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
            hash_again(keys, n, names, seed);
        if (!lode_sort_keys(keys, n)) {
            errno = ENOMEM;
            return failed(diag);
        }
        if (seed == 0)
            n = keep_distinct(keys, n, names);
        else
            order_ties(keys, n, names);
        if (lode_spool_truncate(spool, 0) != 0 || emit(spool, keys, n, n, 0, &longest) != 0)
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

static bool gnam_init(struct gnam_work *w, const struct tnam_work *from)
{
    const struct lode_name_set *set = from->set;
    w->keys = malloc(((size_t)set->contig_count + 1) * sizeof *w->keys);
    if (w->keys == NULL)
        return false;
    for (uint64_t s = 0; s < from->source_count; s++) {
        const struct lode_name_key *keys = set->keys + from->sources[s].begin.contig;
        memcpy(w->keys + w->n, keys, (size_t)set->key_counts[s] * sizeof *keys);
        w->n += (size_t)set->key_counts[s];
    }
    return true;
}

/* TNAM here, GNAM beside it where a thread can be had. */
static int build_both(struct lode_name_tables *out, struct tnam_work *tnam, struct lode_diag *diag)
{
    struct gnam_work w = {.out = out, .names = tnam->set->names};
    pthread_t thread;
    int status;
    if (gnam_init(&w, tnam)) {
        const bool beside = pthread_create(&thread, NULL, run_gnam, &w) == 0;
        status = build_tnam(tnam, &out->tnam_param, diag);
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
    hash_again(keys, (size_t)n, names, 0);
    const int status =
        build_table(&out->snam, keys, (size_t)n, names, &count, &out->snam_param, diag);
    free(keys);
    return status;
}

int lode_names_build(struct lode_name_tables *out, const struct lode_name_set *set,
                     struct lode_source_row *sources, const char **source_names,
                     uint64_t source_count, int dir_fd, uint64_t *slots, struct lode_diag *diag)
{
    struct tnam_work tnam = {&out->tnam, set, sources, source_count};
    lode_spool_init(&out->tnam, dir_fd);
    lode_spool_init(&out->gnam, dir_fd);
    lode_spool_init(&out->snam, dir_fd);
    const int status =
        source_count > 1 ? build_both(out, &tnam, diag) : build_tnam(&tnam, &out->tnam_param, diag);
    *slots = lode_spool_size(&out->tnam) / 8;
    return status == LODE_OK ? build_snam(out, source_names, source_count, diag) : status;
}

void lode_names_free(struct lode_name_tables *names)
{
    lode_spool_free(&names->tnam);
    lode_spool_free(&names->gnam);
    lode_spool_free(&names->snam);
}
