/* An index opened before a fork serves both sides, and so do readers that are not shared by two
 * processes at once: nothing in them has a position. */
#include "support.h"

#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 4, READS = 2000, THREADS = 2, BATCH = 40, FORKS = 200 };

static struct fasta fasta;
static lode_index *ix;

static int make_index(void **state)
{
    struct rng rng = {121};
    const struct style style = {.records = 15, .max_length = 60000, .max_width = 70};
    if (tmp_make(state) != 0)
        return -1;
    fasta = fasta_random(&rng, &style);
    ix = index_of(&fasta, "f.fa", 3000);
    return 0;
}

static int drop_index(void **state)
{
    lode_close(ix);
    fasta_free(&fasta);
    return tmp_drop(state);
}

static int read_much(lode_reader *reader, uint64_t seed)
{
    struct rng rng = {seed};
    return read_randomly(ix, reader, &fasta, &rng, READS, 300);
}

/* Runs read_much in a child, with this reader or one of its own. */
static pid_t start(lode_reader *reader, uint64_t seed)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    int verdict = LODE_OK;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing is left of a test that was stopped */
    if (reader == NULL)
        verdict = lode_reader_new(ix, NULL, &reader);
    if (verdict == LODE_OK)
        verdict = read_much(reader, seed);
    _exit(verdict == LODE_OK ? 0 : 1);
}

static void wait_all(const pid_t *pids)
{
    for (int i = 0; i < CHILDREN; i++) {
        int how = -1;
        assert_true(pids[i] > 0);
        assert_int_equal(waitpid(pids[i], &how, 0), pids[i]);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
}

static void test_readers_made_before(void **state)
{
    (void)state;
    pid_t pids[CHILDREN];
    lode_reader *reader = reader_ok(ix);
    assert_int_equal(read_much(reader, 1), LODE_OK); /* holds a descriptor and text by now */
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = start(reader, 10 + (uint64_t)i);
    assert_int_equal(read_much(reader, 2), LODE_OK);
    wait_all(pids);
    assert_int_equal(read_much(reader, 3), LODE_OK);
    lode_reader_free(reader);
}

static void test_readers_made_after(void **state)
{
    (void)state;
    pid_t pids[CHILDREN];
    lode_reader *reader = reader_ok(ix);
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = start(NULL, 20 + (uint64_t)i);
    assert_int_equal(read_much(reader, 4), LODE_OK);
    wait_all(pids);
    lode_reader_free(reader);
}

/* The parent closes everything while the children still read. */
static void test_parent_closes(void **state)
{
    (void)state;
    pid_t pids[CHILDREN];
    lode_reader *reader = reader_ok(ix);
    assert_int_equal(read_much(reader, 5), LODE_OK);
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = start(i % 2 == 0 ? reader : NULL, 30 + (uint64_t)i);
    lode_reader_free(reader);
    lode_close(ix);
    wait_all(pids);
    ix = open_ok(tmp_path("f.fa.lode"));
}

struct work {
    uint64_t seed;
    int verdict;
};

static void *read_in_thread(void *arg)
{
    struct work *w = arg;
    lode_reader *reader = NULL;
    w->verdict = lode_reader_new(ix, NULL, &reader);
    if (w->verdict == LODE_OK)
        w->verdict = read_much(reader, w->seed);
    lode_reader_free(reader);
    return NULL;
}

/* Forks while threads read. Not under AddressSanitizer: its allocator is left locked in the child
 * when another thread was inside it (GCC 12), so that the child waits for ever. */
#if defined(__SANITIZE_ADDRESS__)
#define ALLOCATOR_SURVIVES_FORK false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOCATOR_SURVIVES_FORK false
#endif
#endif
#ifndef ALLOCATOR_SURVIVES_FORK
#define ALLOCATOR_SURVIVES_FORK true
#endif

static void test_threads_and_forks(void **state)
{
    (void)state;
    if (!ALLOCATOR_SURVIVES_FORK)
        skip();
    pid_t pids[CHILDREN];
    pthread_t threads[THREADS];
    struct work work[THREADS];
    lode_reader *reader = reader_ok(ix);
    for (int i = 0; i < THREADS; i++) {
        work[i] = (struct work){40 + (uint64_t)i, LODE_OK};
        assert_int_equal(pthread_create(&threads[i], NULL, read_in_thread, &work[i]), 0);
    }
    for (int i = 0; i < CHILDREN; i++)
        pids[i] = start(i % 2 == 0 ? reader : NULL, 50 + (uint64_t)i);
    wait_all(pids);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(work[i].verdict, LODE_OK);
    }
    lode_reader_free(reader);
}

/* ---- batches -------------------------------------------------------------------------------- */

/* Reads every contig in stretches, on three threads. */
static int run_batch(lode_reader *reader)
{
    static _Thread_local char room[BATCH][20000];
    struct lode_request q[BATCH] = {{0}};
    struct lode_batch o = LODE_BATCH_INIT;
    o.threads = 3;
    for (int i = 0; i < BATCH; i++) {
        const struct record *record = &fasta.records[(size_t)i % fasta.count];
        q[i].contig = i % (int)fasta.count;
        q[i].begin = record->length / 3 * (i % 3);
        q[i].end = q[i].begin + record->length / 3;
        q[i].dst = room[i];
        q[i].dst_size = sizeof room[i];
    }
    if (lode_fetch_many(reader, q, BATCH, &o, NULL) != 0)
        return WRONG_BASES;
    for (int i = 0; i < BATCH; i++)
        if (memcmp(room[i], fasta.records[q[i].contig].bases + q[i].begin, (size_t)q[i].written) !=
            0)
            return WRONG_BASES;
    return LODE_OK;
}

static int stop;

static void *run_batches(void *arg)
{
    struct work *w = arg;
    lode_reader *reader = NULL;
    w->verdict = lode_reader_new(ix, NULL, &reader);
    while (w->verdict == LODE_OK && __atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
        w->verdict = run_batch(reader);
    lode_reader_free(reader);
    return NULL;
}

/* Children run batches on threads of their own, with a reader whose helpers the parent made, while
 * threads of the parent are in the middle of theirs. */
static void test_batches_and_forks(void **state)
{
    (void)state;
    if (!ALLOCATOR_SURVIVES_FORK)
        skip();
    pthread_t threads[THREADS];
    struct work work[THREADS];
    lode_reader *reader = reader_ok(ix);
    assert_int_equal(run_batch(reader), LODE_OK);
    assert_true(lode_pool_workers() > 0); /* there is work enough for several threads */
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_batches, &work[i]), 0);
    for (int i = 0; i < FORKS; i++) {
        int how = -1;
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            alarm(120); /* ends a child that waits for what it does not have */
            _exit(run_batch(reader) == LODE_OK && run_batch(reader) == LODE_OK ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(work[i].verdict, LODE_OK);
    }
    assert_int_equal(run_batch(reader), LODE_OK);
    lode_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readers_made_before), cmocka_unit_test(test_readers_made_after),
        cmocka_unit_test(test_parent_closes),       cmocka_unit_test(test_threads_and_forks),
        cmocka_unit_test(test_batches_and_forks),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
