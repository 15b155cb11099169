#include "diag.h"

#include "container.h"
#include "guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void clear(struct lode_diag *diag, int status)
{
    diag->status = status;
    diag->sys_errno = 0;
    diag->rule[0] = '\0';
    diag->section[0] = '\0';
    diag->offset = 0;
    diag->message[0] = '\0';
}

int lode_diag_set(struct lode_diag *diag, int status, const char *format, ...)
{
    if (diag == NULL)
        return status;
    clear(diag, status);
    va_list args;
    va_start(args, format);
    vsnprintf(diag->message, sizeof diag->message, format, args);
    va_end(args);
    return status;
}

int lode_diag_errno(struct lode_diag *diag, const char *format, ...)
{
    const int error = errno;
    const int status = error == ENOMEM ? LODE_E_NOMEM : LODE_E_IO;
    if (diag == NULL)
        return status;
    clear(diag, status);
    diag->sys_errno = error;
    va_list args;
    va_start(args, format);
    vsnprintf(diag->message, sizeof diag->message, format, args);
    va_end(args);
    char buf[128];
    const size_t used = strlen(diag->message);
    snprintf(diag->message + used, sizeof diag->message - used, ": %s",
             strerror_r(error, buf, sizeof buf));
    errno = error;
    return status;
}

/* The four characters of a section id; what is not a printable letter of ASCII becomes '?'. */
static void section_name(uint32_t id, char name[5])
{
    for (int i = 0; i < 4; i++) {
        const unsigned c = id >> (8 * i) & 0xFF;
        name[i] = (char)(c > 0x20 && c < 0x7F ? c : '?');
    }
    name[id != 0 ? 4 : 0] = '\0';
}

/* Where the damage is: "section CTIG at offset 12". */
static void place(const struct lode_diag *diag, char *buf, size_t cap)
{
    const char *what = diag->status == LODE_FMT_PAGE_SUM ? "the page"
                       : diag->section[0] != '\0'        ? "section "
                                                         : "the header";
    snprintf(buf, cap, "%s%s at offset %llu", what, diag->section,
             (unsigned long long)diag->offset);
}

/* What the file holds, and what helps when it is damaged. */
struct kind {
    const char *noun, *advice;
};
static const struct kind an_index = {"index", "rebuild it with 'lode index --rescan'"};
static const struct kind a_store = {"record store",
                                    "take it from a copy; 'lode rec export' saves what is whole"};
/* What cannot be opened cannot be exported either. */
static const struct kind a_closed_store = {"record store",
                                           "take it from a copy, or import it again"};
static const struct kind a_file = {"file", "take it from a copy, or make it again"};

static const struct kind a_set = {"set of files", "take it from a copy, or make it anew"};

static int damaged(struct lode_diag *diag, const char *path, const struct kind *kind,
                   const char *verb)
{
    char where[64];
    place(diag, where, sizeof where);
    snprintf(diag->message, sizeof diag->message, "%s: %s is damaged: %s %s rule %s; %s", path,
             kind->noun, where, verb, diag->rule, kind->advice);
    return diag->status;
}

static int describe(struct lode_diag *diag, const char *path, const struct kind *kind)
{
    char *const text = diag->message;
    const size_t cap = sizeof diag->message;
    switch (diag->status) {
    case LODE_FMT_NOT_LODE:
        snprintf(text, cap, "%s: not a lode %s", path, kind->noun);
        return diag->status;
    case LODE_FMT_VERSION:
    case LODE_FMT_FEATURE:
        snprintf(text, cap, "%s: made by a newer lode (rule %s); upgrade lode", path, diag->rule);
        return diag->status;
    case LODE_FMT_TRUNCATED:
        snprintf(text, cap, "%s: %s is cut short at offset %llu (rule %s); %s", path, kind->noun,
                 (unsigned long long)diag->offset, diag->rule, kind->advice);
        return diag->status;
    case LODE_FMT_HEADER_SUM:
    case LODE_FMT_PAGE_SUM:
        return damaged(diag, path, kind, "fails the checksum of");
    case LODE_FMT_LAYOUT:
    case LODE_FMT_CORRUPT:
        return damaged(diag, path, kind, "breaks");
    default:
        snprintf(text, cap, "%s: %s", path, lode_status_text(diag->status));
        return diag->status;
    }
}

static int fault_of(struct lode_diag *diag, const char *path, const struct kind *kind,
                    const struct lode_fault *fault)
{
    /* a check that failed without saying how must not pass for success */
    const int status = fault->status != 0 ? fault->status : LODE_E_CORRUPT;
    if (diag == NULL)
        return status;
    clear(diag, status);
    snprintf(diag->rule, sizeof diag->rule, "%s", fault->rule != NULL ? fault->rule : "");
    section_name(fault->section, diag->section);
    diag->offset = fault->offset;
    return describe(diag, path, kind);
}

int lode_diag_fault(struct lode_diag *diag, const char *path, const struct lode_fault *fault)
{
    return fault_of(diag, path, &an_index, fault);
}

int lode_diag_store_fault(struct lode_diag *diag, const char *path, const struct lode_fault *fault)
{
    return fault_of(diag, path, &a_store, fault);
}

int lode_diag_members_fault(struct lode_diag *diag, const char *path,
                            const struct lode_fault *fault)
{
    return fault_of(diag, path, &a_set, fault);
}

/* ---- what cannot be opened ------------------------------------------------------------------- */

struct look {
    const struct lode_map *map;
    bool index, store, set;
};

static int run_look(void *arg)
{
    struct look *look = arg;
    look->index = lode_container_mentions(look->map->data, look->map->size, LODE_ID_SRCE);
    look->store = lode_container_mentions(look->map->data, look->map->size, LODE_ID_RINF);
    look->set = lode_container_mentions(look->map->data, look->map->size, LODE_ID_MSET);
    return LODE_OK;
}

int lode_diag_open_fault(struct lode_diag *diag, const char *path, const struct lode_map *map,
                         bool index, const struct lode_fault *fault)
{
    struct look look = {.map = map};
    const bool seen = lode_guard_run(map, run_look, &look) == LODE_OK && (look.index || look.store);
    if (fault->status == LODE_FMT_NOT_LODE)
        look = (struct look){.index = index, .store = !index};
    else if (!seen)
        return fault_of(diag, path, look.set ? &a_set : &a_file, fault);
    return fault_of(diag, path, look.index && (index || !look.store) ? &an_index : &a_closed_store,
                    fault);
}
