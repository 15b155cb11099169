#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* One call of lode_pool_run, on its caller's stack. next is claimed without the lock; the rest is
 * the pool lock's. */
struct job {
    void (*fn)(void *arg, int64_t i);
    void *arg;
    int64_t next, n;
    int places; /* workers that may still join; linked while above 0 */
    int inside; /* workers that joined and have not left */
    pthread_cond_t left;
    struct job *link;
};

struct pool {
    pid_t pid; /* whose workers these are */
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct job *jobs; /* oldest first */
    int places;       /* sum over jobs */
    int workers, busy;
};

/* The one mutable global beside the SIGBUS handler's: workers outlive every index and reader, and
 * all users of a process should share them. It is an atomic pointer and not a pool with a static
 * lock because a fork copies a lock in whatever state it is: a child that finds another process's
 * number behind the pointer (or none) leaves that pool alone and puts its own there. */
static struct pool *current;

static struct pool *new_pool(pid_t pid)
{
    struct pool *pool =
        mmap(NULL, sizeof *pool, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool == MAP_FAILED)
        return NULL;
    /* Zero in children, where the system can: numbers of processes are given out again. */
    (void)madvise(pool, sizeof *pool, MADV_WIPEONFORK);
    pool->pid = pid;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wanted, NULL);
    return pool;
}

/* This process's pool; NULL when out of memory. */
static struct pool *own_pool(void)
{
    const pid_t pid = getpid();
    struct pool *pool = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    if (pool != NULL && pool->pid == pid)
        return pool;
    struct pool *fresh = new_pool(pid);
    if (fresh == NULL || __atomic_compare_exchange_n(&current, &pool, fresh, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    /* Another thread of this process was first. */
    munmap(fresh, sizeof *fresh);
    return pool;
}

static void work_on(struct job *job)
{
    int64_t i;
    while ((i = __atomic_fetch_add(&job->next, 1, __ATOMIC_RELAXED)) < job->n)
        job->fn(job->arg, i);
}

static void unlink_job(struct pool *pool, const struct job *job)
{
    struct job **at = &pool->jobs;
    while (*at != job)
        at = &(*at)->link;
    *at = job->link;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->jobs == NULL)
            pthread_cond_wait(&pool->wanted, &pool->lock);
        struct job *job = pool->jobs;
        pool->places--;
        pool->busy++;
        job->inside++;
        if (--job->places == 0)
            unlink_job(pool, job);
        pthread_mutex_unlock(&pool->lock);
        work_on(job);
        pthread_mutex_lock(&pool->lock);
        pool->busy--;
        if (--job->inside == 0)
            pthread_cond_signal(&job->left);
    }
    return NULL;
}

/* Signals meant for the process go to the host's threads; faults stay with who made them. */
static void block_signals(sigset_t *before)
{
    static const int faults[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&set, faults[i]);
    pthread_sigmask(SIG_SETMASK, &set, before);
}

/* Starts workers until each open place has an idle one. Under the lock. */
static void grow(struct pool *pool)
{
    pthread_attr_t attr;
    sigset_t before;
    if (pool->workers - pool->busy >= pool->places || pool->workers >= LODE_POOL_MAX ||
        pthread_attr_init(&attr) != 0)
        return;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    block_signals(&before);
    pthread_t id;
    while (pool->workers - pool->busy < pool->places && pool->workers < LODE_POOL_MAX &&
           pthread_create(&id, &attr, worker, pool) == 0)
        pool->workers++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

static void offer(struct pool *pool, struct job *job, int places)
{
    pthread_mutex_lock(&pool->lock);
    struct job **at = &pool->jobs;
    while (*at != NULL)
        at = &(*at)->link;
    *at = job;
    job->places = places;
    pool->places += places;
    grow(pool);
    for (int i = 0; i < places; i++)
        pthread_cond_signal(&pool->wanted);
    pthread_mutex_unlock(&pool->lock);
}

/* No worker may join any more; waits for those inside. */
static void withdraw(struct pool *pool, struct job *job)
{
    pthread_mutex_lock(&pool->lock);
    if (job->places > 0) {
        unlink_job(pool, job);
        pool->places -= job->places;
    }
    while (job->inside > 0)
        pthread_cond_wait(&job->left, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void lode_pool_run(int threads, void (*fn)(void *arg, int64_t i), void *arg, int64_t n)
{
    struct job job = {.fn = fn, .arg = arg, .n = n};
    const int64_t helpers = (threads < n ? threads : n) - 1;
    struct pool *pool = helpers > 0 ? own_pool() : NULL;
    if (pool == NULL || pthread_cond_init(&job.left, NULL) != 0) {
        work_on(&job);
        return;
    }
    offer(pool, &job, helpers < LODE_POOL_MAX ? (int)helpers : LODE_POOL_MAX);
    work_on(&job);
    withdraw(pool, &job);
    pthread_cond_destroy(&job.left);
}

int lode_pool_workers(void)
{
    struct pool *pool = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    if (pool == NULL || pool->pid != getpid())
        return 0;
    pthread_mutex_lock(&pool->lock);
    const int workers = pool->workers;
    pthread_mutex_unlock(&pool->lock);
    return workers;
}
