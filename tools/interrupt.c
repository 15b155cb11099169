/* Owns Ctrl-C, SIGTERM and SIGHUP while something is being written. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static int caught; /* the signal's number */

static void on_signal(int number)
{
    __atomic_store_n(&caught, number, __ATOMIC_RELAXED);
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

const int *tool_interrupt_catch(void)
{
    /* A second signal kills at once: SA_RESETHAND. What the parent ignores (nohup) stays ignored.
     */
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    return &caught;
}

void tool_interrupt_release(bool cancelled)
{
    const int number = __atomic_load_n(&caught, __ATOMIC_RELAXED);
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == on_signal)
            signal(signals[i], SIG_DFL);
    }
    if (cancelled && number != 0)
        raise(number);
}
