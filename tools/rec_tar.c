/* Owns tars among the inputs of `lode rec`. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "rec.h"

#ifdef LODE_HAVE_ARCHIVE
#include <archive_entry.h>

#include "tar_in.h"

/* A member that a hard link names. Its bytes are held from where it stands to its last link. */
struct target {
    char *name;
    char *bytes;
    size_t size;
    int64_t links; /* that are still to come */
    enum { NOT_MET, HELD, NO_FILE } state;
};

/* Most tars hold no links, and one reading does. The first link stops it: then all targets are
 * looked up, and a second reading goes on where the first one stopped, now holding the targets. */
struct reading {
    const char *path;
    rec_record_fn record;
    void *ctx;
    struct tool_tar_in in;
    bool again;           /* the second reading */
    int64_t done, passed; /* files of the first reading; those that the second one met */
    struct target *targets;
    size_t count, room;
    int64_t left_out; /* entries that are no regular files */
    char first_left_out[256];
};

enum { LINK_MET = -1 };      /* beside the exit statuses */
enum { HOLE_MAX = 1 << 30 }; /* bytes that a header may claim without that any come */

static int failed(const struct reading *r)
{
    tool_error("%s: cannot read: %s", r->path, tool_tar_in_why(&r->in));
    return TOOL_FAILED;
}

static int no_memory(const struct reading *r, const char *name)
{
    tool_error("%s: %s: out of memory", r->path, name);
    return TOOL_FAILED;
}

static void leave_out(struct reading *r, const char *name)
{
    if (r->left_out++ == 0)
        snprintf(r->first_left_out, sizeof r->first_left_out, "%s", name);
}

/* A tar of a directory with links has fewer records than the directory: not in silence. */
static void tell_left_out(const struct reading *r)
{
    if (r->left_out > 0)
        tool_warning("%s: left out: %" PRId64 " that are no regular files (symbolic links, pipes, "
                     "devices), the first is '%s'",
                     r->path, r->left_out, r->first_left_out);
}

/* ---- targets of links ------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct target *)a)->name, ((const struct target *)b)->name);
}

/* NULL: no link that is still to come names it. */
static struct target *find_target(const struct reading *r, char *name)
{
    const struct target wanted = {.name = name};
    struct target *found =
        r->count > 0 ? bsearch(&wanted, r->targets, r->count, sizeof wanted, by_name) : NULL;
    return found != NULL && found->links > 0 ? found : NULL;
}

static void let_go(struct target *target)
{
    free(target->bytes);
    target->bytes = NULL;
    target->size = 0;
}

/* Of two members with one name a link means the one before it that is nearest. */
static void hold(struct target *target, char *bytes, size_t size)
{
    let_go(target);
    target->bytes = bytes;
    target->size = size;
    target->state = HELD;
}

/* Sorts the targets, each once. */
static void count_links(struct reading *r)
{
    size_t n = 0;
    if (r->count > 0)
        qsort(r->targets, r->count, sizeof *r->targets, by_name);
    for (size_t i = 0; i < r->count; i++) {
        if (n > 0 && by_name(&r->targets[n - 1], &r->targets[i]) == 0) {
            r->targets[n - 1].links++;
            free(r->targets[i].name);
        } else {
            r->targets[n++] = r->targets[i];
        }
    }
    r->count = n;
}

static void free_targets(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        let_go(&r->targets[i]);
        free(r->targets[i].name);
    }
    free(r->targets);
}

/* ---- entries --------------------------------------------------------------------------------- */

/* Names with and without ./ are the same. */
static char *plain_name(const char *name)
{
    return strdup(strncmp(name, "./", 2) == 0 ? name + 2 : name);
}

/* What the entry links to when its bytes are not in it. NULL: they are, as pax allows, or it is no
 * link. */
static const char *link_of(struct archive_entry *entry)
{
    const char *to = archive_entry_hardlink_utf8(entry);
    if (to == NULL)
        to = archive_entry_hardlink(entry);
    return to != NULL && archive_entry_size(entry) == 0 ? to : NULL;
}

/* What the entry holds: by what comes, not by what its header claims. But for a hole at the end of
 * a sparse file: nothing comes of it. */
static int read_bytes(struct reading *r, struct archive_entry *entry, const char *name,
                      char **bytes, size_t *size)
{
    size_t cap = 0;
    la_ssize_t got = 1;
    for (*bytes = NULL, *size = 0; got > 0; *size += got > 0 ? (size_t)got : 0) {
        if (*size == cap) {
            char *more = realloc(*bytes, cap = 2 * cap + 65536);
            if (more == NULL)
                return no_memory(r, name);
            *bytes = more;
        }
        got = archive_read_data(r->in.tar, *bytes + *size, cap - *size);
    }
    if (got < 0)
        return failed(r);
    const int64_t claimed = archive_entry_size(entry);
    if (claimed < 0 || (uint64_t)claimed <= *size)
        return TOOL_OK;
    if ((uint64_t)claimed - *size > HOLE_MAX) {
        tool_error("%s: %s: a hole of more than 1 GiB at its end: unpack the tar", r->path, name);
        return TOOL_FAILED;
    }
    char *more = realloc(*bytes, (size_t)claimed);
    if (more == NULL)
        return no_memory(r, name);
    memset(more + *size, 0, (size_t)claimed - *size);
    *bytes = more;
    *size = (size_t)claimed;
    return TOOL_OK;
}

static int take_file(struct reading *r, struct archive_entry *entry, char *name)
{
    char *bytes;
    size_t size;
    struct target *target = find_target(r, name);
    const bool known = r->again && r->passed++ < r->done;
    if (!r->again)
        r->done++;
    if (known && target == NULL)
        return TOOL_OK;
    int status = read_bytes(r, entry, name, &bytes, &size);
    if (status == TOOL_OK && !known)
        status = r->record(r->ctx, name, strlen(name), bytes, size);
    if (status == TOOL_OK && target != NULL)
        hold(target, bytes, size);
    else
        free(bytes);
    return status;
}

/* The record of a link whose target is there; other links may name the link. */
static int copy_target(struct reading *r, const struct target *target, char *name)
{
    struct target *own = find_target(r, name);
    if (own == target)
        return TOOL_OK; /* the same file twice, as `tar cf x.tar a a` stores it */
    const int status = r->record(r->ctx, name, strlen(name), target->bytes, target->size);
    if (status != TOOL_OK || own == NULL)
        return status;
    char *bytes = malloc(target->size + 1);
    if (bytes == NULL)
        return no_memory(r, name);
    if (target->size > 0)
        memcpy(bytes, target->bytes, target->size);
    hold(own, bytes, target->size);
    return TOOL_OK;
}

static int take_link(struct reading *r, char *name, char *to)
{
    struct target *target = find_target(r, to);
    if (target == NULL || target->state == NOT_MET) {
        tool_error("%s: %s: a hard link to '%s', which is not in the tar before it", r->path, name,
                   to);
        return TOOL_FAILED;
    }
    int status = TOOL_OK;
    if (target->state == HELD)
        status = copy_target(r, target, name);
    else
        leave_out(r, name);
    if (--target->links == 0)
        let_go(target);
    return status;
}

static int met_link(struct reading *r, char *name, const char *to)
{
    struct stat st;
    if (!r->again && stat(r->path, &st) == 0 && S_ISREG(st.st_mode))
        return LINK_MET;
    if (!r->again) {
        tool_error("%s: %s: a hard link, which cannot be followed: the tar is not a regular file",
                   r->path, name);
        return TOOL_FAILED;
    }
    char *plain = plain_name(to);
    const int status = plain != NULL ? take_link(r, name, plain) : no_memory(r, name);
    free(plain);
    return status;
}

static int take_entry(struct reading *r, struct archive_entry *entry, char *name)
{
    const char *to = link_of(entry);
    if (to != NULL)
        return met_link(r, name, to);
    if (archive_entry_filetype(entry) == AE_IFREG)
        return take_file(r, entry, name);
    if (archive_entry_filetype(entry) != AE_IFDIR)
        leave_out(r, name);
    struct target *target = find_target(r, name);
    if (target != NULL) {
        let_go(target);
        target->state = NO_FILE;
    }
    return TOOL_OK;
}

static int note_link(struct reading *r, struct archive_entry *entry, char *name)
{
    const char *to = link_of(entry);
    if (to == NULL)
        return TOOL_OK;
    if (r->count == r->room) {
        struct target *more =
            reallocarray(r->targets, r->room = 2 * r->room + 64, sizeof *r->targets);
        if (more == NULL)
            return no_memory(r, name);
        r->targets = more;
    }
    char *plain = plain_name(to);
    if (plain == NULL)
        return no_memory(r, name);
    r->targets[r->count++] = (struct target){.name = plain, .links = 1};
    return TOOL_OK;
}

/* ---- readings -------------------------------------------------------------------------------- */

typedef int (*entry_fn)(struct reading *r, struct archive_entry *entry, char *name);

static int visit(struct reading *r, struct archive_entry *entry, entry_fn each)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (name == NULL)
        name = archive_entry_pathname(entry);
    if (name == NULL)
        return TOOL_OK;
    char *plain = plain_name(name);
    const int status = plain != NULL ? each(r, entry, plain) : no_memory(r, name);
    free(plain);
    return status;
}

static int each_entry(struct reading *r, entry_fn each)
{
    struct archive_entry *entry;
    int next = ARCHIVE_OK, status = tool_tar_in_open(&r->in, r->path);
    /* a warning is about a name that the locale does not know: here names are bytes */
    while (status == TOOL_OK &&
           ((next = archive_read_next_header(r->in.tar, &entry)) == ARCHIVE_OK ||
            next == ARCHIVE_WARN))
        status = visit(r, entry, each);
    if (status == TOOL_OK)
        status = next == ARCHIVE_EOF ? tool_tar_in_end(&r->in) : failed(r);
    tool_tar_in_close(&r->in);
    return status;
}

int rec_read_tar(const char *path, rec_record_fn record, void *ctx)
{
    struct reading r = {.path = path, .record = record, .ctx = ctx};
    int status = each_entry(&r, take_entry);
    if (status == LINK_MET) {
        r.again = true;
        r.left_out = 0;
        status = each_entry(&r, note_link);
        count_links(&r);
        if (status == TOOL_OK)
            status = each_entry(&r, take_entry);
        free_targets(&r);
    }
    if (status == TOOL_OK)
        tell_left_out(&r);
    return status;
}

#else

int rec_read_tar(const char *path, rec_record_fn record, void *ctx)
{
    (void)record, (void)ctx;
    tool_error("%s: this lode was built without libarchive: unpack the tar, and import the "
               "directory",
               path);
    return TOOL_FAILED;
}

#endif
