/* One index, many threads, each with a reader of its own: every read is right. */
#include "support.h"

#include <pthread.h>

enum { THREADS = 8, READS = 2000 };

static struct fasta fasta;

struct work {
    const lode_index *index;
    uint64_t seed;
    int verdict;
};

static void *read_much(void *arg)
{
    struct work *w = arg;
    struct rng rng = {w->seed};
    lode_reader *reader = NULL;
    w->verdict = lode_reader_new(w->index, NULL, &reader);
    if (w->verdict == LODE_OK)
        w->verdict = read_randomly(w->index, reader, &fasta, &rng, READS, 400);
    lode_reader_free(reader);
    return NULL;
}

/* Finds every name, one by one and in a batch. */
static void *find_much(void *arg)
{
    struct work *w = arg;
    struct rng rng = {w->seed};
    for (int i = 0; i < READS && w->verdict == LODE_OK; i++) {
        const size_t k = rng_below(&rng, fasta.count);
        const char *name = fasta.records[k].name;
        const size_t len = strlen(name);
        struct lode_contig contig, many;
        int status;
        w->verdict = lode_find(w->index, -1, name, len, &contig, NULL);
        if (lode_find_many(w->index, NULL, &name, &len, 1, &many, &status) != 0 ||
            contig.id != (int64_t)k || many.id != (int64_t)k)
            w->verdict = WRONG_BASES;
    }
    return NULL;
}

static void run(const lode_index *index, void *(*fn)(void *))
{
    struct work work[THREADS] = {{0}};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        work[i].index = index;
        work[i].seed = 1000 + (uint64_t)i;
        assert_int_equal(pthread_create(&threads[i], NULL, fn, &work[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(work[i].verdict, LODE_OK);
}

static void run_on(int block_size, int map_mode, void *(*fn)(void *))
{
    struct rng rng = {111};
    const struct style style = {.records = 20, .max_length = 30000, .max_width = 80};
    struct lode_open_options o = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    fasta = fasta_random(&rng, &style);
    lode_close(index_of(&fasta, "t.fa", block_size));
    o.map_mode = map_mode;
    assert_int_equal(lode_open(tmp_path("t.fa.lode"), &o, &index, NULL), LODE_OK);
    run(index, fn);
    lode_close(index);
    fasta_free(&fasta);
}

static void test_plain(void **state)
{
    (void)state;
    run_on(0, LODE_MAP_SHARED, read_much);
}

static void test_bgzf(void **state)
{
    (void)state;
    run_on(4000, LODE_MAP_SHARED, read_much);
}

static void test_guarded_map(void **state)
{
    (void)state;
    run_on(4000, LODE_MAP_GUARDED, read_much);
}

static void test_names(void **state)
{
    (void)state;
    run_on(0, LODE_MAP_SHARED, find_much);
    run_on(0, LODE_MAP_GUARDED, find_much);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_plain),
        TMP_TEST(test_bgzf),
        TMP_TEST(test_guarded_map),
        TMP_TEST(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
