/* The pool: every index once, from many threads, across forks, and no signal of the host's. */
#include "support.h"

#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 1000, HOSTS = 6, FORKS = 200 };

struct tally {
    int count[N];
    int threads; /* to nest with; 0: not */
    int inner;   /* calls of nested runs */
};

static void add_inner(void *arg, int64_t i)
{
    (void)i;
    __atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
}

static void add(void *arg, int64_t i)
{
    struct tally *tally = arg;
    __atomic_fetch_add(&tally->count[i], 1, __ATOMIC_RELAXED);
    if (tally->threads > 0)
        lode_pool_run(tally->threads, add_inner, &tally->inner, 3);
}

/* All indices once, seen by this thread without further ado. */
static bool all_once(int threads, int64_t n, int nested)
{
    struct tally tally = {.threads = nested};
    lode_pool_run(threads, add, &tally, n);
    for (int64_t i = 0; i < N; i++)
        if (tally.count[i] != (i < n))
            return false;
    return tally.inner == (nested > 0 ? 3 * n : 0);
}

static void test_one_thread(void **state)
{
    (void)state;
    assert_true(all_once(1, N, 0));
    assert_true(all_once(0, N, 0));
    assert_true(all_once(-5, N, 0));
    assert_true(all_once(8, 1, 0));
    assert_true(all_once(8, 0, 0));
    assert_int_equal(lode_pool_workers(), 0); /* nobody was needed */
}

static void test_all_once(void **state)
{
    (void)state;
    for (int64_t n = 0; n <= N; n += n < 20 ? 1 : 97)
        for (int threads = 2; threads <= 9; threads++)
            assert_true(all_once(threads, n, 0));
    assert_true(lode_pool_workers() >= 8 && lode_pool_workers() <= 16);
    assert_true(all_once(4, 50, 3));
}

static void test_limit(void **state)
{
    (void)state;
    assert_true(all_once(5000, N, 0));
    assert_true(lode_pool_workers() <= LODE_POOL_MAX);
}

/* Two calls that can only end together show that another thread works. */
static void meet(void *arg, int64_t i)
{
    int *here = arg;
    (void)i;
    __atomic_fetch_add(here, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(here, __ATOMIC_SEQ_CST) < 3)
        sched_yield();
}

static void test_really_parallel(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        int here = 0;
        lode_pool_run(3, meet, &here, 3);
        assert_int_equal(here, 3);
    }
}

static int stop;

static void *keep_running(void *arg)
{
    bool *good = arg;
    *good = true;
    do {
        *good = *good && all_once(3, 40, 0) && all_once(2, N, 0);
    } while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0);
    return NULL;
}

struct hosts {
    pthread_t ids[HOSTS];
    bool good[HOSTS];
};

static void start_hosts(struct hosts *hosts, int n)
{
    __atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
    for (int i = 0; i < n; i++)
        assert_int_equal(pthread_create(&hosts->ids[i], NULL, keep_running, &hosts->good[i]), 0);
}

static void end_hosts(struct hosts *hosts, int n)
{
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < n; i++) {
        assert_int_equal(pthread_join(hosts->ids[i], NULL), 0);
        assert_true(hosts->good[i]);
    }
}

static void test_many_hosts(void **state)
{
    (void)state;
    struct hosts hosts;
    start_hosts(&hosts, HOSTS);
    for (int round = 0; round < 100; round++)
        assert_true(all_once(4, 200, 0));
    end_hosts(&hosts, HOSTS);
}

/* Children of a process whose threads are in the middle of runs have a pool of their own, and so do
 * theirs. A child that waited for its parent's pool would be killed by the alarm. */
static void test_forks(void **state)
{
    (void)state;
    struct hosts hosts;
    start_hosts(&hosts, 2);
    for (int round = 0; round < FORKS; round++) {
        int how = -1;
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            alarm(60);
            bool good = lode_pool_workers() == 0 && all_once(3, 100, 0);
            if (round % 10 == 0) {
                const pid_t inner = fork();
                if (inner == 0)
                    _exit(all_once(3, 100, 0) ? 0 : 1);
                good = good && waitpid(inner, &how, 0) == inner && how == 0;
            }
            _exit(good && all_once(2, N, 0) ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &how, 0), pid);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
    end_hosts(&hosts, 2);
}

/* ---- signals -------------------------------------------------------------------------------- */

static pthread_t host_thread;
static int elsewhere;

static void on_signal(int number)
{
    (void)number;
    if (!pthread_equal(pthread_self(), host_thread))
        elsewhere++;
}

/* Which signals a worker lets through. */
static void record_mask(void *arg, int64_t i)
{
    int *here = arg;
    sigset_t set;
    meet(here, i);
    if (pthread_equal(pthread_self(), host_thread))
        return;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    static const int blocked[] = {SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGUSR1, SIGPROF, SIGPIPE};
    static const int open[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
    bool good = true;
    for (size_t k = 0; k < COUNT_OF(blocked); k++)
        good = good && sigismember(&set, blocked[k]) == 1;
    for (size_t k = 0; k < COUNT_OF(open); k++)
        good = good && sigismember(&set, open[k]) == 0;
    if (!good)
        __atomic_fetch_add(&here[1], 1, __ATOMIC_SEQ_CST);
}

static void test_signals(void **state)
{
    (void)state;
    int here[2] = {0, 0};
    sigset_t before, after;
    host_thread = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    lode_pool_run(3, record_mask, here, 3);
    assert_int_equal(here[1], 0);
    assert_true(all_once(40, N, 0)); /* starts more */
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < 32; number++)
        assert_int_equal(sigismember(&after, number), sigismember(&before, number));
    const struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old;
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    for (int i = 0; i < 20; i++)
        kill(getpid(), SIGUSR1);
    assert_true(all_once(3, N, 0));
    sigaction(SIGUSR1, &old, NULL);
    assert_int_equal(elsewhere, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_thread),      cmocka_unit_test(test_all_once),
        cmocka_unit_test(test_really_parallel), cmocka_unit_test(test_many_hosts),
        cmocka_unit_test(test_forks),           cmocka_unit_test(test_signals),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
