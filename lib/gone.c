#include "gone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD = 3 }; /* sources of a set that are named */

static int by_locator(const void *key, const void *input)
{
    return strcmp(key, ((const struct lode_input *)input)->locator);
}

static bool is_input(const struct lode_building *b, const char *locator)
{
    return bsearch(locator, b->inputs.inputs, b->inputs.count, sizeof *b->inputs.inputs,
                   by_locator) != NULL;
}

/* Of an index by itself, as far as it was opened to be re-used. */
static void tell_of_index(const struct lode_building *b)
{
    const struct lode_seqindex *old = b->reuse.index != NULL ? &b->reuse.index->seq : NULL;
    uint64_t gone = 0;
    char first[256] = "", text[400];
    for (uint64_t i = 0; old != NULL && i < old->source_count; i++) {
        struct lode_source source;
        struct lode_bytes locator, name;
        if (lode_source_get(old, i, &source, NULL) != LODE_FMT_OK ||
            lode_source_strings(old, &source, &locator, &name, NULL) != LODE_FMT_OK ||
            is_input(b, (const char *)locator.data))
            continue;
        if (gone++ == 0)
            snprintf(first, sizeof first, "%.200s", (const char *)locator.data);
    }
    if (gone == 0)
        return;
    snprintf(text, sizeof text, "no longer among the inputs, so not in the index: %s%s", first,
             gone > 1 ? " and others" : "");
    b->options.message(b->options.ctx, old->packed ? LODE_WARNING : LODE_NOTE, text);
}

/* A set was put together piece by piece: who makes it anew from one of the pieces may not know of
 * the others. */
static void tell_of_set(const struct lode_building *b, const lode_index *set, int64_t sources)
{
    char locator[4096], first[3 * 210] = "", more[48] = "", text[800];
    int64_t gone = 0;
    for (int64_t i = 0; i < sources; i++) {
        const size_t len = strlen(first);
        if (lode_source_path(set, i, locator, sizeof locator, NULL) == LODE_OK &&
            !is_input(b, locator) && gone++ < TOLD)
            snprintf(first + len, sizeof first - len, "%s%.200s", len > 0 ? ", " : "", locator);
    }
    if (gone == 0)
        return;
    if (gone > TOLD)
        snprintf(more, sizeof more, " and %" PRId64 " more", gone - TOLD);
    snprintf(text, sizeof text,
             "%" PRId64 " of %" PRId64 " sources of the set that is replaced %s not among the "
             "inputs: %s%s; 'lode index --add' brings %s back",
             gone, sources, gone == 1 ? "is" : "are", first, more, gone == 1 ? "it" : "them");
    b->options.message(b->options.ctx, LODE_WARNING, text);
}

void lode_gone_tell(const struct lode_building *b)
{
    struct lode_info info = {.struct_size = sizeof info};
    lode_index *old = NULL;
    if (b->options.message == NULL)
        return;
    tell_of_index(b);
    /* a set is locked while it is replaced: others are not opened once more */
    if (b->lock < 0 || b->options.add || lode_open(b->inputs.out, NULL, &old, NULL) != LODE_OK)
        return;
    if (lode_index_info(old, &info) == LODE_OK && info.members > 0)
        tell_of_set(b, old, info.sources);
    lode_close(old);
}
