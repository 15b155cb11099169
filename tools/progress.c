/* Owns the progress line: on a terminal only, and only for what takes longer than a second. */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define WAIT_SECONDS  1.0
#define EVERY_SECONDS 0.2

/* The one that stands on the terminal: messages wipe it first. */
static struct tool_progress *on_screen;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void wipe(void)
{
    if (on_screen == NULL || !on_screen->visible)
        return;
    on_screen->visible = false;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}

void tool_progress_start(struct tool_progress *progress, const char *what, bool quiet)
{
    *progress = (struct tool_progress){.what = what, .started = now()};
    progress->enabled = !quiet && isatty(STDERR_FILENO);
    on_screen = progress;
    tool_message_hook(wipe);
}

/* "1:02:03", "2:03". */
static void format_time(double seconds, char *out, size_t cap)
{
    const long s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, cap, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, cap, "%ld:%02ld", s / 60, s % 60);
}

void tool_progress_step(void *ctx, int64_t done, int64_t total)
{
    struct tool_progress *progress = ctx;
    if (!progress->enabled)
        return;
    const double at = now(), elapsed = at - progress->started;
    if (elapsed < WAIT_SECONDS || at - progress->shown < EVERY_SECONDS)
        return;
    progress->shown = at;
    const double rate = (double)done / elapsed;
    char eta[32];
    if (total > 0 && rate > 0) {
        format_time((double)(total - done) / rate, eta, sizeof eta);
        fprintf(stderr, "\r\033[K%s: %5.1f %% of %.1f MB, %.1f MB/s, %s left", progress->what,
                100.0 * (double)done / (double)total, (double)total * 1e-6, rate * 1e-6, eta);
    } else {
        fprintf(stderr, "\r\033[K%s: %.1f MB, %.1f MB/s", progress->what, (double)done * 1e-6,
                rate * 1e-6);
    }
    fflush(stderr);
    progress->visible = true;
}

void tool_progress_end(struct tool_progress *progress)
{
    wipe();
    progress->enabled = false;
    on_screen = NULL;
    tool_message_hook(NULL);
}
