#include "guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* NODEFER keeps SIGBUS open while its handler runs, so the signal mask need not be saved, which
 * would cost a system call per scope. ThreadSanitizer runs handlers with signals blocked. */
#if defined(__SANITIZE_THREAD__)
enum { SAVE_MASK = 1 };
#else
enum { SAVE_MASK = 0 };
#endif

struct scope {
    sigjmp_buf env;
    uintptr_t begin, end;
};

/* initial-exec: the handler must not allocate the variable on first use. */
static _Thread_local struct scope *volatile armed __attribute__((tls_model("initial-exec")));

/* Handler to pass on to. Written under the lock, before ours is installed over it. */
static struct sigaction previous;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Address of the fault being passed on. A handler installed after ours may pass it back to us: then
 * nobody knows it. (A handler may also leave by longjmp, so a mere flag would stay set.) */
static _Thread_local void *volatile passing __attribute__((tls_model("initial-exec")));

static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction next = previous;
    if (passing == info->si_addr || next.sa_handler == SIG_DFL || next.sa_handler == SIG_IGN) {
        /* Returning repeats the fault, now with the default action: the right core dump. */
        signal(number, SIG_DFL);
        return;
    }
    passing = info->si_addr;
    if (next.sa_flags & SA_SIGINFO)
        next.sa_sigaction(number, info, context);
    else
        next.sa_handler(number);
    passing = NULL;
}

/* A handler installed after ours that puts ours back and raises the signal again, as Python's
 * faulthandler does when it has told of the fault: to repeat the load is to get the fault itself.
 */
static bool is_raised_again(const struct scope *scope, const siginfo_t *info)
{
    return scope != NULL && info->si_code == SI_TKILL && info->si_pid == getpid();
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
    struct scope *scope = armed;
    const uintptr_t address = (uintptr_t)info->si_addr;
    if (scope != NULL && info->si_code == BUS_ADRERR && address >= scope->begin &&
        address < scope->end) {
        armed = NULL;
        siglongjmp(scope->env, 1);
    }
    if (is_raised_again(scope, info))
        return;
    pass_on(number, info, context);
}

static bool asked; /* atomic */

bool lode_guard_asked(void)
{
    return __atomic_load_n(&asked, __ATOMIC_RELAXED);
}

int lode_guard_install(void)
{
    struct sigaction action, now;
    int result = 0;
    __atomic_store_n(&asked, true, __ATOMIC_RELAXED);
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_sigbus;
    /* NODEFER: the handler leaves by siglongjmp, with the signal mask as it is */
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    pthread_mutex_lock(&lock);
    if (sigaction(SIGBUS, NULL, &now) != 0) {
        result = -1;
    } else if ((now.sa_flags & SA_SIGINFO) == 0 || now.sa_sigaction != on_sigbus) {
        previous = now;
        passing = NULL;
        result = sigaction(SIGBUS, &action, NULL);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int lode_guard_run(const struct lode_map *map, int (*fn)(void *arg), void *arg)
{
    if (!map->guarded)
        return fn(arg);
    struct scope scope;
    scope.begin = (uintptr_t)map->data;
    scope.end = scope.begin + (uintptr_t)map->size;
    if (sigsetjmp(scope.env, SAVE_MASK) != 0)
        return LODE_E_TRUNCATED;
    armed = &scope;
    const int status = fn(arg);
    armed = NULL;
    return status;
}
