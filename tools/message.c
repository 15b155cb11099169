/* Owns what the user is told on stderr, and the exit status that goes with it. */
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer messages are cut: names in them come from files. */
enum { MESSAGE_MAX = 4096 };

static void (*before_message)(void);

void tool_message_hook(void (*before)(void))
{
    before_message = before;
}

int tool_exit_of(int status)
{
    if (status >= LODE_OK)
        return TOOL_OK;
    switch (status) {
    case LODE_E_ARG:
    case LODE_E_RANGE:
    case LODE_E_AMBIGUOUS:
    case LODE_E_GRAMMAR:
    case LODE_E_UNSUPPORTED:
    case LODE_E_FOREIGN:
        return TOOL_USAGE;
    case LODE_E_NOT_FOUND:
        return TOOL_NOT_FOUND;
    case LODE_E_NOT_LODE:
    case LODE_E_TRUNCATED:
    case LODE_E_HEADER_SUM:
    case LODE_E_LAYOUT:
    case LODE_E_CORRUPT:
    case LODE_E_PAGE_SUM:
        return TOOL_CORRUPT;
    case LODE_E_VERSION:
    case LODE_E_FEATURE:
    case LODE_E_STALE:
        return TOOL_STALE;
    default:
        return TOOL_FAILED;
    }
}

int tool_worse(int a, int b)
{
    return a > b ? a : b;
}

/* Control characters could move the cursor or hide text on a terminal. */
static void put_safely(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7F)
            fprintf(out, "\\x%02x", c);
        else
            putc(c, out);
    }
}

static void say(const char *prefix, const char *tail, const char *format, va_list args)
{
    char text[MESSAGE_MAX];
    vsnprintf(text, sizeof text, format, args);
    if (before_message != NULL)
        before_message();
    flockfile(stderr);
    fputs(prefix, stderr);
    put_safely(text, stderr);
    fprintf(stderr, "%s\n", tail);
    funlockfile(stderr);
}

void tool_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("lode: ", "", format, args);
    va_end(args);
}

void tool_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("lode: ", "", format, args);
    va_end(args);
}

void tool_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("lode: warning: ", "", format, args);
    va_end(args);
}

int tool_usage(const char *command, const char *format, ...)
{
    char prefix[64], tail[64];
    snprintf(prefix, sizeof prefix, "lode%s%s: ", command ? " " : "", command ? command : "");
    snprintf(tail, sizeof tail, "; see 'lode %s%s--help'", command ? command : "",
             command ? " " : "");
    va_list args;
    va_start(args, format);
    say(prefix, tail, format, args);
    va_end(args);
    return TOOL_USAGE;
}

int tool_report(int status, const struct lode_diag *diag)
{
    if (diag != NULL && diag->message[0] != '\0')
        tool_error("%s", diag->message);
    else
        tool_error("%s", lode_status_text(status));
    return tool_exit_of(status);
}

int tool_write_failed(const char *path, int error)
{
    if (error != EPIPE)
        tool_error("%s: cannot write: %s", path, strerror(error));
    return TOOL_FAILED;
}
