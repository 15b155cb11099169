/* Owns Ctrl-C and SIGTERM while something is being written. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static int caught; /* the signal's number */

static void on_signal(int number)
{
    __atomic_store_n(&caught, number, __ATOMIC_RELAXED);
}

const int *tool_interrupt_catch(void)
{
    /* A second signal kills at once: SA_RESETHAND. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return &caught;
}

void tool_interrupt_release(void)
{
    const int number = __atomic_load_n(&caught, __ATOMIC_RELAXED);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (number != 0)
        raise(number);
}
