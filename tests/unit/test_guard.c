/* LODE_MAP_GUARDED: an index that is truncated while mapped gives a status, never a dead process,
 * and faults that are not the index's go to the handler that was there before. */
#include "lode.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { CONTIGS = 5000, THREADS = 8 };

static char dir[256], fasta[300], path[300];
static volatile sig_atomic_t foreign_faults;
static sigjmp_buf foreign_env;

static void foreign_handler(int number)
{
    (void)number;
    foreign_faults++;
    siglongjmp(foreign_env, 1);
}

static int make_index(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/lode-guard-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    snprintf(fasta, sizeof fasta, "%s/a.fa", dir);
    snprintf(path, sizeof path, "%s/a.fa.lode", dir);
    FILE *out = fopen(fasta, "w");
    assert_non_null(out);
    for (int i = 0; i < CONTIGS; i++)
        fprintf(out, ">contig%d\nACGTACGTAC\n", i);
    assert_int_equal(fclose(out), 0);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    unlink(path);
    unlink(fasta);
    return rmdir(dir);
}

static void build(void)
{
    const char *const inputs[] = {fasta};
    struct lode_diag diag = {0};
    assert_int_equal(lode_build(inputs, 1, NULL, NULL, &diag), LODE_OK);
}

static lode_index *open_guarded(void)
{
    /* cmocka installs a handler of its own before each test; ours goes over it, lode's over both */
    signal(SIGBUS, foreign_handler);
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    options.map_mode = LODE_MAP_GUARDED;
    assert_int_equal(lode_open(path, &options, &index, NULL), LODE_OK);
    return index;
}

/* Every answer is right or an error. Returns how many were TRUNCATED. */
static int ask_all(const lode_index *index)
{
    int truncated = 0;
    lode_reader *reader;
    if (lode_reader_new(index, NULL, &reader) != LODE_OK)
        abort();
    for (int i = 0; i < CONTIGS; i++) {
        char name[32], bases[10];
        struct lode_contig contig;
        const int len = snprintf(name, sizeof name, "contig%d", i);
        const int status = lode_find(index, -1, name, (size_t)len, &contig, NULL);
        truncated += status == LODE_E_TRUNCATED;
        if (status != LODE_OK)
            continue;
        if (contig.id != i || contig.length != 10)
            abort();
        const int64_t got =
            lode_fetch_at(reader, &contig, 0, 10, bases, 10, LODE_BOUNDS_ERROR, 0, NULL);
        truncated += got == LODE_E_TRUNCATED;
        if (got >= 0 && memcmp(bases, "ACGTACGTAC", 10) != 0)
            abort();
    }
    lode_reader_free(reader);
    return truncated;
}

static void truncated_index_gives_a_status(void **state)
{
    (void)state;
    build();
    lode_index *index = open_guarded();
    assert_int_equal(ask_all(index), 0);
    assert_int_equal(truncate(path, 8192), 0);
    assert_true(ask_all(index) > 0);
    assert_int_equal(foreign_faults, 0);
    lode_close(index);
}

static void *ask_many_times(void *arg)
{
    for (int i = 0; i < 20; i++)
        (void)ask_all(arg);
    return NULL;
}

static void truncated_under_threads_nobody_dies(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    build();
    lode_index *index = open_guarded();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_many_times, index), 0);
    assert_int_equal(truncate(path, 4096), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(ask_all(index) > 0);
    assert_int_equal(foreign_faults, 0);
    lode_close(index);
}

static void other_faults_reach_the_handler_before(void **state)
{
    (void)state;
    build();
    lode_index *index = open_guarded();
    const int fd = open(fasta, O_RDONLY);
    assert_true(fd >= 0);
    /* a page past the end of some other file */
    volatile const char *other = mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(other != MAP_FAILED);
    close(fd);
    if (sigsetjmp(foreign_env, 1) == 0) {
        const char byte = other[(1 << 20) - 1];
        fail_msg("no fault, but the byte %d", byte);
    }
    assert_int_equal(foreign_faults, 1);
    munmap((void *)(uintptr_t)other, 1 << 20);
    lode_close(index);
}

static struct sigaction older; /* than the next handler */
static volatile sig_atomic_t told;

static void tell_and_raise(int number)
{
    told++;
    sigaction(number, &older, NULL);
    raise(number);
}

/* Installed after the guard: it puts back what was there and raises the signal once more. */
static void later_handler_that_raises_again(void **state)
{
    (void)state;
    build();
    lode_index *index = open_guarded();
    struct sigaction action = {.sa_handler = tell_and_raise, .sa_flags = SA_NODEFER};
    assert_int_equal(sigaction(SIGBUS, &action, &older), 0);
    foreign_faults = 0;
    assert_int_equal(truncate(path, 4096), 0);
    assert_true(ask_all(index) > 0);
    assert_int_equal(told, 1);
    assert_int_equal(foreign_faults, 0);
    lode_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncated_index_gives_a_status),
        cmocka_unit_test(truncated_under_threads_nobody_dies),
        cmocka_unit_test(other_faults_reach_the_handler_before),
        cmocka_unit_test(later_handler_that_raises_again),
    };
    return cmocka_run_group_tests(tests, make_index, remove_all);
}
