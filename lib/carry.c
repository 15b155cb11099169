#include "carry.h"

#include "diag.h"
#include "threads.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- one source ----------------------------------------------------------------------------- */

/* One contig of a carried source: its row is sound, its name is noted. */
static bool carry_contig(struct lode_carry *c, uint64_t number, const struct lode_source *from,
                         uint64_t contig, struct lode_carried *sum)
{
    struct lode_contig_row row;
    struct lode_bytes name;
    lode_contig_decode(c->old->ctig.rows + contig * LODE_STRIDE_CTIG, &row);
    if (row.source != number || !lode_contig_check(&row, from->row.text_len) ||
        lode_contig_name_bytes(c->old, &row, from, &name, NULL) != LODE_FMT_OK)
        return false;
    c->names[contig] = (const char *)name.data;
    sum->bases += row.length;
    if ((row.flags & LODE_CTIG_DUPLICATE) == 0) {
        const struct lode_name_key key = {lode_name_hash(name.data, name.len, 0), contig};
        c->keys[from->row.begin.contig + sum->key_count++] = key;
    }
    return true;
}

static bool carry_source(struct lode_carry *c, uint64_t number, const struct lode_source *from)
{
    struct lode_carried *sum = &c->sources[number];
    memset(sum, 0, sizeof *sum);
    for (uint64_t i = from->row.begin.contig; i < from->end.contig; i++)
        if (!carry_contig(c, number, from, i, sum))
            return false;
    return lode_sort_keys(c->keys + from->row.begin.contig, (size_t)sum->key_count);
}

/* ---- all inputs ----------------------------------------------------------------------------- */

static int order(const struct lode_bytes *a, const char *b)
{
    const size_t n = strlen(b);
    const int common = memcmp(a->data, b, a->len < n ? a->len : n);
    return common != 0 ? common : (a->len > n) - (a->len < n);
}

/* Origins by locator and NAME alone: inputs and the sources of an index both ascend by locator. In
 * an index where they do not, some are not found, and scanned. */
static void match(const struct lode_seqindex *old, const struct lode_collection *inputs,
                  struct lode_origin *origins)
{
    size_t i = 0;
    for (uint64_t k = 0; k < old->source_count && i < inputs->count; k++) {
        struct lode_source source;
        struct lode_bytes locator, name;
        if (lode_source_get(old, k, &source, NULL) != LODE_FMT_OK ||
            lode_source_strings(old, &source, &locator, &name, NULL) != LODE_FMT_OK)
            continue;
        while (i < inputs->count && order(&locator, inputs->inputs[i].locator) > 0)
            i++;
        if (i < inputs->count && order(&locator, inputs->inputs[i].locator) == 0 &&
            order(&name, inputs->inputs[i].name) == 0)
            origins[i].old = (int64_t)k;
    }
}

/* What the threads share. */
struct search {
    struct lode_carry *carry;
    const struct lode_reuse *reuse;
    const struct lode_collection *inputs;
    int dir_fd;
    struct lode_origin *origins;
    size_t next;
};

/* Matched inputs whose file changed, or whose rows do not check, lose their match. */
static void *prove(void *arg)
{
    struct search *s = arg;
    for (;;) {
        const size_t i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
        struct lode_source from;
        if (i >= s->inputs->count)
            return NULL;
        const int64_t old = s->origins[i].old;
        if (old >= 0 &&
            (lode_source_get(s->carry->old, (uint64_t)old, &from, NULL) != LODE_FMT_OK ||
             !lode_reuse_same(s->reuse, &from.row, s->dir_fd, s->inputs->inputs[i].locator) ||
             !carry_source(s->carry, (uint64_t)old, &from)))
            s->origins[i].old = -1;
    }
}

static bool make_room(struct lode_carry *c)
{
    const size_t contigs = (size_t)c->old->contig_count + 1;
    c->sources = calloc((size_t)c->old->source_count + 1, sizeof *c->sources);
    c->keys = malloc(contigs * sizeof *c->keys);
    c->names = malloc(contigs * sizeof *c->names);
    return c->sources != NULL && c->keys != NULL && c->names != NULL;
}

/* When the inputs that will be scanned were last touched. */
static struct timespec newest_to_scan(const struct search *s)
{
    struct timespec newest = {0};
    for (size_t i = 0; i < s->inputs->count; i++) {
        struct stat st;
        if (s->origins[i].old < 0 && stat(s->inputs->inputs[i].path, &st) == 0 &&
            lode_reuse_older(&newest, &st.st_ctim))
            newest = st.st_ctim;
    }
    return newest;
}

static void decide(struct search *s, int threads)
{
    for (size_t i = 0; i < s->inputs->count; i++)
        s->origins[i].old = s->origins[i].fresh = -1;
    s->next = 0;
    if (s->carry->old == NULL)
        return;
    match(s->carry->old, s->inputs, s->origins);
    (void)lode_run_threads(prove, s, threads, NULL);
}

int lode_carry_find(struct lode_carry *carry, const struct lode_reuse *reuse,
                    const struct lode_collection *collection, int dir_fd, int threads,
                    struct lode_origin *origins, struct timespec *begun, struct lode_diag *diag)
{
    struct search s = {carry, reuse, collection, dir_fd, origins, 0};
    carry->old = reuse->index != NULL ? &reuse->index->seq : NULL;
    if (carry->old != NULL && !make_room(carry))
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    lode_reuse_clock(begun);
    decide(&s, threads);
    const struct timespec newest = newest_to_scan(&s);
    if (lode_reuse_older(&newest, begun))
        return LODE_OK;
    /* A file that will be scanned was touched in this very tick. Once that is over, what was looked
     * at before the new moment is looked at again. */
    lode_reuse_settle(&newest, begun);
    if (carry->old != NULL)
        decide(&s, threads);
    return LODE_OK;
}

void lode_carry_free(struct lode_carry *carry)
{
    free(carry->sources);
    free(carry->keys);
    free(carry->names);
    memset(carry, 0, sizeof *carry);
}
