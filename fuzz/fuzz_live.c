/* An index whose bytes change while it is used, by another thread: what a row said when it was
 * checked is what is used, so that whatever comes in between, no call leaves its memory, hangs or
 * writes past what it was given. Bases may be wrong then; nothing is promised of them (SPEC 8.5).
 * pair.h tells how the input is cut, and all of it chooses the places that change. */
#include "pair.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { PLACES = 16, ROUNDS = 30, READ_BYTES = 2000 };

struct change {
    volatile uint8_t *at[PLACES];
    uint8_t value[PLACES];
    size_t n;
    bool stop;
};

/* Each place holds its own value and another in turn. */
static void *change(void *arg)
{
    struct change *c = arg;
    while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED))
        for (size_t i = 0; i < c->n; i++)
            *c->at[i] ^= c->value[i];
    return NULL;
}

static void choose_places(struct change *c, const struct pair *pair, struct fuzz_rng *rng)
{
    static const uint8_t values[] = {1, 0x80, 0xFF, 0x10};
    const size_t head = pair->size < 64 ? pair->size : 64;
    for (c->n = 0; c->n < PLACES && pair->size > head; c->n++) {
        c->at[c->n] = pair->image + head + fuzz_below(rng, pair->size - head);
        c->value[c->n] = values[fuzz_below(rng, 4)];
    }
}

static void ask(const struct pair *pair, lode_reader *reader, struct fuzz_rng *rng,
                struct guard *room, int64_t contigs)
{
    struct lode_contig contig, found;
    struct lode_composition composition;
    struct lode_interval intervals[8];
    char name[64];
    size_t len = 0;
    const int64_t id = (int64_t)fuzz_below(rng, (uint64_t)contigs);
    const size_t size = (size_t)fuzz_below(rng, READ_BYTES);
    uint8_t *dst = guard_place(room, size);
    if (lode_contig_at(pair->index, id, &contig, NULL) != LODE_OK)
        return;
    const int64_t begin = (int64_t)fuzz_below(rng, (uint64_t)contig.length);
    (void)lode_fetch_at(reader, &contig, begin, begin + (int64_t)size, dst, (int64_t)size,
                        LODE_BOUNDS_PAD, (unsigned)fuzz_below(rng, 4), NULL);
    (void)lode_composition_at(reader, &contig, begin, contig.length, &composition, NULL);
    (void)lode_intervals(pair->index, &contig, LODE_FEATURE_LOWER, 0, contig.length, intervals, 8,
                         NULL);
    if (lode_contig_name(pair->index, id, name, sizeof name, &len) == LODE_OK && len <= sizeof name)
        (void)lode_find(pair->index, -1, name, len, &found, NULL);
}

static void use(const struct pair *pair, struct fuzz_rng *rng)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag;
    struct guard room;
    lode_reader *reader = NULL;
    fuzz_check(lode_index_info(pair->index, &info) == LODE_OK);
    fuzz_check(lode_reader_new(pair->index, NULL, &reader) == LODE_OK);
    fuzz_check(guard_new(&room, READ_BYTES));
    for (int i = 0; i < ROUNDS; i++)
        ask(pair, reader, rng, &room, info.contigs);
    options.level = LODE_VERIFY_FULL;
    options.threads = 1;
    (void)lode_verify(pair->index, &options, &diag);
    guard_free(&room);
    lode_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair pair;
    struct change c = {0};
    struct fuzz_rng rng = fuzz_rng_of(data, size);
    pthread_t thread;
    pair_open(&pair, data, size);
    if (pair.index != NULL) {
        choose_places(&c, &pair, &rng);
        fuzz_check(pthread_create(&thread, NULL, change, &c) == 0);
        use(&pair, &rng);
        __atomic_store_n(&c.stop, true, __ATOMIC_RELAXED);
        fuzz_check(pthread_join(thread, NULL) == 0);
    }
    pair_close(&pair);
    return 0;
}
