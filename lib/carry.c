#include "carry.h"

#include "threads.h"

#include <string.h>
#include <sys/stat.h>

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
    const struct lode_reuse *reuse;
    const struct lode_collection *inputs;
    int dir_fd;
    struct lode_origin *origins;
    size_t next;
};

/* A matched input whose file changed loses its match. */
static void prove_input(struct search *s, size_t i)
{
    struct lode_source from;
    const int64_t old = s->origins[i].old;
    if (old >= 0 &&
        (lode_source_get(&s->reuse->index->seq, (uint64_t)old, &from, NULL) != LODE_FMT_OK ||
         !lode_reuse_same(s->reuse, &from.row, s->dir_fd, s->inputs->inputs[i].locator)))
        s->origins[i].old = -1;
}

/* Inputs a thread takes at a time: neighbours in a directory, and in memory. */
enum { TAKE = 64 };

static void *prove(void *arg)
{
    struct search *s = arg;
    for (;;) {
        const size_t first = __atomic_fetch_add(&s->next, TAKE, __ATOMIC_RELAXED);
        if (first >= s->inputs->count)
            return NULL;
        for (size_t i = first; i < first + TAKE && i < s->inputs->count; i++)
            prove_input(s, i);
    }
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
    if (s->reuse->index == NULL)
        return;
    match(&s->reuse->index->seq, s->inputs, s->origins);
    (void)lode_run_threads(prove, s, threads, NULL);
}

void lode_carry_find(const struct lode_reuse *reuse, const struct lode_collection *collection,
                     int dir_fd, int threads, struct lode_origin *origins, struct timespec *begun)
{
    struct search s = {reuse, collection, dir_fd, origins, 0};
    lode_reuse_clock(dir_fd, begun);
    decide(&s, threads);
    const struct timespec newest = newest_to_scan(&s);
    const struct timespec mark = lode_reuse_mark(begun, 0);
    if (lode_reuse_older(&newest, &mark))
        return;
    /* A file that will be scanned was touched in this very tick. Once that is over, what was looked
     * at before the new moment is looked at again. */
    lode_reuse_settle(dir_fd, &newest, begun);
    if (reuse->index != NULL)
        decide(&s, threads);
}
