#include "namemerge.h"

#include "diag.h"
#include "nameslots.h"
#include "nametable.h"
#include "threads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The tables on their way. */
struct extension {
    struct lode_name_tables *out;
    struct lode_merge *merge;
    struct lode_name_set set; /* of scanned sources; names of GNAM's contigs are added */
    struct lode_name_key
        *old; /* GNAM's entries, in its order; contigs of the older index at first */
    struct lode_name_key *fresh; /* distinct names of scanned sources */
    struct lode_name_key *keys;  /* both, merged */
    size_t old_count, fresh_count, count;
    uint64_t *moved; /* per source of the older index: first contig here */
    size_t next;
    int damaged;
};

static int failed(struct lode_diag *diag)
{
    return lode_diag_errno(diag, "cannot keep the name tables of the index being built");
}

static bool open_way(const struct lode_merge *m)
{
    const struct lode_seqindex *old = m->old;
    return old != NULL && old->source_count > 1 && m->carried == old->source_count &&
           (old->tnam_param & 0xFF) == 0 && (old->gnam_param & 0xFF) == 0;
}

/* ---- TNAM ----------------------------------------------------------------------------------- */

/* Segments of scanned sources into the spool; slot begins of all. Segments of the older index stay
 * as they are: a slot counts contigs within its source. */
static int extend_tnam(struct extension *x)
{
    struct lode_merge *m = x->merge;
    uint32_t longest = m->old->tnam_param >> 8;
    uint64_t slot = 0;
    for (uint64_t s = 0; s < m->source_count; s++) {
        struct lode_source from;
        uint64_t i;
        const bool fresh = lode_merge_origin(m, s, &i);
        lode_merge_source(m, fresh, i, &from);
        m->sources[s].begin.slot = slot;
        if (!fresh) {
            x->moved[i] = m->sources[s].begin.contig;
            slot += from.end.slot - from.row.begin.slot;
            continue;
        }
        const uint64_t first = m->sources[s].begin.contig, before = lode_spool_size(&x->out->tnam);
        struct lode_name_key *keys = x->set.keys + first;
        const size_t n = (size_t)x->set.key_counts[s];
        if (!lode_keys_order_ties(keys, n, x->set.names))
            longest = LODE_NAME_PROBE_MAX + 1; /* the long way tells what is wrong */
        if (lode_keys_emit(&x->out->tnam, keys, n, from.end.contig - from.row.begin.contig, first,
                           &longest) != 0)
            return -1;
        slot += (lode_spool_size(&x->out->tnam) - before) / LODE_STRIDE_TNAM;
    }
    x->out->slots = slot;
    x->out->tnam_param = lode_nametable_param(0, longest);
    return 0;
}

/* ---- GNAM ----------------------------------------------------------------------------------- */

static bool list_old(struct extension *x)
{
    const struct lode_rows *gnam = &x->merge->old->gnam;
    const uint64_t mask = (1ULL << LODE_GNAM_ORDINAL_BITS) - 1;
    for (uint64_t i = 0; i + 1 < gnam->count; i++) {
        const uint64_t word = lode_get64(gnam->rows + i * LODE_STRIDE_GNAM);
        if (word == 0)
            continue;
        const uint64_t contig = (word & mask) - 1;
        if (contig >= x->merge->old->contig_count || x->old_count >= x->merge->old->gnam_names)
            return false;
        x->old[x->old_count].hash =
            word >> (LODE_GNAM_ORDINAL_BITS + 1); /* what it should end in */
        x->old[x->old_count++].contig =
            contig | ((word & LODE_GNAM_AMBIGUOUS) != 0 ? LODE_KEY_MORE : 0);
    }
    return x->old_count == x->merge->old->gnam_names;
}

/* Name, hash and number here of one entry of the older GNAM. */
static bool look_up(struct extension *x, struct lode_name_key *key)
{
    const struct lode_seqindex *old = x->merge->old;
    const uint64_t contig = key->contig & ~LODE_KEY_MORE, tag = key->hash;
    struct lode_contig_row row;
    struct lode_source source;
    struct lode_bytes name;
    if (lode_contig_get(old, contig, &row, &source, NULL) != LODE_FMT_OK ||
        lode_contig_name_bytes(old, &row, &source, &name, NULL) != LODE_FMT_OK)
        return false;
    const uint64_t here = x->moved[row.source] + contig - source.row.begin.contig;
    key->hash = lode_name_hash(name.data, name.len, 0);
    key->contig = here | (key->contig & LODE_KEY_MORE);
    x->set.names[here] = (const char *)name.data;
    return (key->hash & 0xFFFFFF) == tag;
}

static void *look_up_old(void *arg)
{
    enum { TAKE = 1024 };
    struct extension *x = arg;
    size_t first;
    while ((first = __atomic_fetch_add(&x->next, TAKE, __ATOMIC_RELAXED)) < x->old_count)
        for (size_t i = first; i < first + TAKE && i < x->old_count; i++)
            if (!look_up(x, &x->old[i]))
                __atomic_store_n(&x->damaged, 1, __ATOMIC_RELAXED);
    return NULL;
}

static int compare(const struct extension *x, const struct lode_name_key *a,
                   const struct lode_name_key *b)
{
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return strcmp(x->set.names[a->contig & ~LODE_KEY_MORE],
                  x->set.names[b->contig & ~LODE_KEY_MORE]);
}

static bool in_order(const struct extension *x)
{
    for (size_t i = 1; i < x->old_count; i++)
        if (compare(x, &x->old[i - 1], &x->old[i]) >= 0)
            return false;
    return true;
}

/* A name of both has its first contig in one of them, and more in the other. */
static struct lode_name_key both(const struct lode_name_key *a, const struct lode_name_key *b)
{
    const uint64_t x = a->contig & ~LODE_KEY_MORE, y = b->contig & ~LODE_KEY_MORE;
    const struct lode_name_key key = {a->hash, (x < y ? x : y) | LODE_KEY_MORE};
    return key;
}

static void merge_keys(struct extension *x)
{
    size_t i = 0, k = 0;
    while (i < x->old_count || k < x->fresh_count) {
        const int order = i == x->old_count     ? 1
                          : k == x->fresh_count ? -1
                                                : compare(x, &x->old[i], &x->fresh[k]);
        x->keys[x->count++] = order < 0   ? x->old[i]
                              : order > 0 ? x->fresh[k]
                                          : both(&x->old[i], &x->fresh[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

static int emit_gnam(struct extension *x)
{
    uint8_t last[8];
    uint32_t longest = 0;
    lode_put64(last, x->count);
    if (lode_keys_emit(&x->out->gnam, x->keys, x->count, x->count, 0, &longest) != 0 ||
        lode_spool_append(&x->out->gnam, last, sizeof last) != 0)
        return -1;
    x->out->gnam_param = lode_nametable_param(0, longest);
    return 0;
}

/* *done = false: the older GNAM is not what a build makes. */
static int extend_gnam(struct extension *x, int threads, bool *done)
{
    *done = list_old(x);
    if (!*done)
        return 0;
    (void)lode_run_threads(look_up_old, x, x->old_count > 4096 ? threads : 1, NULL);
    *done = !x->damaged && in_order(x);
    if (!*done)
        return 0;
    if (!lode_sort_keys(x->fresh, x->fresh_count)) {
        errno = ENOMEM;
        return -1;
    }
    *done = lode_keys_distinct(x->fresh, &x->fresh_count, x->set.names);
    if (!*done)
        return 0;
    x->keys = malloc((x->old_count + x->fresh_count + 1) * sizeof *x->keys);
    if (x->keys == NULL)
        return -1;
    merge_keys(x);
    return emit_gnam(x);
}

/* ---- both ----------------------------------------------------------------------------------- */

static int extend(struct extension *x, int threads, bool *done)
{
    const struct lode_seqindex *old = x->merge->old;
    x->old = malloc(((size_t)old->gnam_names + 1) * sizeof *x->old);
    x->moved = malloc((size_t)old->source_count * sizeof *x->moved);
    x->fresh = lode_names_keys(&x->set, x->merge, &x->fresh_count);
    errno = ENOMEM;
    if (x->old == NULL || x->moved == NULL || x->fresh == NULL || extend_tnam(x) != 0 ||
        extend_gnam(x, threads, done) != 0)
        return -1;
    *done = *done && x->out->tnam_param >> 8 <= LODE_NAME_PROBE_MAX &&
            x->out->gnam_param >> 8 <= LODE_NAME_PROBE_MAX;
    x->out->extends = *done;
    return *done ? 0
                 : lode_spool_truncate(&x->out->tnam, 0) | lode_spool_truncate(&x->out->gnam, 0);
}

int lode_names_extend(struct lode_name_tables *out, struct lode_merge *m, int threads, bool *done,
                      struct lode_diag *diag)
{
    struct extension x = {.out = out, .merge = m};
    *done = false;
    if (!open_way(m))
        return LODE_OK;
    int status = lode_names_gather(&x.set, m, false, threads, diag);
    if (status == LODE_OK && extend(&x, threads, done) != 0)
        status = failed(diag);
    lode_names_drop(&x.set);
    free(x.old);
    free(x.fresh);
    free(x.keys);
    free(x.moved);
    return status;
}
