#include "onepass.h"

#include "bgzfout.h"
#include "building.h"
#include "diag.h"
#include "foreign.h"
#include "gone.h"
#include "grow.h"
#include "paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct onepass {
    struct lode_building b;
    struct lode_bgzfout out;
    struct lode_publish pub; /* of the compressed file */
    const char *in_name, *out_path;
    int in_fd;
};

/* The one place where options of the build come in. */
static struct lode_build_options build_options(const struct lode_compress_options *from)
{
    const struct lode_build_options options = {
        .struct_size = sizeof options,
        .threads = from->threads,
        .duplicates_first = from->duplicates_first,
        .digest = from->digest,
        .pack = from->pack,
        .message = from->message,
        .progress = from->progress,
        .ctx = from->ctx,
        .cancel = from->cancel,
    };
    return options;
}

/* ---- the source that will be ---------------------------------------------------------------- */

/* As lib/collect.h lists it once it is there, but for the path, which messages name. */
static int add_input(struct onepass *o, int64_t total, struct lode_diag *diag)
{
    struct lode_collection *c = &o->b.inputs;
    bool fasta;
    const char *slash = strrchr(o->out_path, '/');
    const char *base = slash != NULL ? slash + 1 : o->out_path;
    char *real = lode_path_real(o->out_path);
    struct lode_input input = {
        .path = strdup(o->in_name),
        .locator = real != NULL ? lode_path_relative(c->out_dir, real) : NULL,
        .name = strndup(base, lode_path_stem(base, &fasta)),
        .made = &o->out,
    };
    free(real);
    if (!input.path || !input.locator || !input.name || !LODE_GROW(c->inputs, c->count, c->cap)) {
        free(input.path);
        free(input.locator);
        free(input.name);
        return lode_diag_errno(diag, "%s: cannot resolve", o->out_path);
    }
    c->inputs[c->count++] = input;
    c->total_size = total;
    return LODE_OK;
}

static bool leads_to_input(const struct onepass *o, const char *path)
{
    struct stat in, there;
    return fstat(o->in_fd, &in) == 0 && stat(path, &there) == 0 && in.st_dev == there.st_dev &&
           in.st_ino == there.st_ino;
}

static void warn_digests(const struct onepass *o)
{
    lode_index *old = NULL;
    if (o->b.options.digest || lode_open(o->b.inputs.out, NULL, &old, NULL) != LODE_OK)
        return;
    lode_building_warn_digests(&o->b, old->seq.digs.count > 0);
    lode_close(old);
}

static int prepare(struct onepass *o, int64_t total, struct lode_diag *diag)
{
    int status = lode_building_place(&o->b, &o->out_path, 1, diag);
    if (status != LODE_OK)
        return status;
    if (leads_to_input(o, o->b.inputs.out))
        return lode_diag_set(diag, LODE_E_ARG, "%s: the index would replace the input",
                             o->b.inputs.out);
    warn_digests(o);
    status = add_input(o, total, diag);
    if (status != LODE_OK)
        return status;
    lode_gone_tell(&o->b);
    return lode_building_prepare(&o->b, diag);
}

static int open_text(struct onepass *o, const struct lode_compress_options *options,
                     struct lode_diag *diag)
{
    const int status =
        lode_bgzfout_open(&o->out, o->in_fd, o->in_name, o->pub.fd, o->out_path, options, diag);
    const struct lode_textin *in = &o->out.in;
    const char *how, *what = NULL;
    if (status == LODE_OK && !in->gzip) /* what was looked at is the file's own bytes */
        what = lode_foreign(in->ahead, in->ahead_len, &how);
    return what == NULL
               ? status
               : lode_diag_set(diag, LODE_E_FOREIGN, "%s: %s is not supported: lode indexes FASTA",
                               o->in_name, what);
}

/* ---- publishing both ------------------------------------------------------------------------ */

static int changed(const struct onepass *o, struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_STALE,
                         "%s: changed while it was being published, so it has no index; run 'lode "
                         "index' on it",
                         o->out_path);
}

/* Is the published file the one that was written, and untouched? */
static bool is_ours(const struct onepass *o, int fd, const struct stat *written)
{
    struct stat now, there;
    return fstat(fd, &now) == 0 && stat(o->out_path, &there) == 0 && now.st_dev == there.st_dev &&
           now.st_ino == there.st_ino && now.st_size == written->st_size &&
           now.st_mtim.tv_sec == written->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == written->st_mtim.tv_nsec;
}

/* A build looks at its sources after the moment b.begun; here the source was written before it. So
 * the clock must have gone on since the last write when the file gets its name, and once more when
 * b.begun is taken: what others write to it in between then shows in its modification time, and
 * what they write later is newer than the index. */
static int publish_file(struct onepass *o, int fd, struct lode_diag *diag)
{
    struct stat written, named;
    struct timespec now;
    if (fsync(fd) != 0 || fstat(fd, &written) != 0)
        return lode_diag_errno(diag, "%s: cannot publish", o->out_path);
    lode_reuse_settle(o->b.dir_fd, &written.st_mtim, &now);
    const int status = lode_publish_commit(&o->pub, diag);
    if (status != LODE_OK)
        return status;
    if (fstat(fd, &named) != 0)
        return lode_diag_errno(diag, "%s: cannot stat", o->out_path);
    lode_reuse_settle(o->b.dir_fd, &named.st_ctim, &o->b.begun);
    return is_ours(o, fd, &written) ? LODE_OK : changed(o, diag);
}

/* A link may lead from the index's name to the file's. */
static bool same_place(const struct lode_publish *a, const struct lode_publish *b)
{
    struct stat x, y;
    return strcmp(a->base, b->base) == 0 && fstat(a->dir_fd, &x) == 0 &&
           fstat(b->dir_fd, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int publish(struct onepass *o, struct lode_diag *diag)
{
    if (same_place(&o->pub, &o->b.pub))
        return lode_diag_set(diag, LODE_E_ARG, "%s: leads to %s itself", o->b.inputs.out,
                             o->out_path);
    const int fd = fcntl(o->pub.fd, F_DUPFD_CLOEXEC, 0); /* publishing closes its own */
    if (fd < 0)
        return lode_diag_errno(diag, "%s: cannot publish", o->out_path);
    int status = publish_file(o, fd, diag);
    close(fd);
    return status == LODE_OK ? lode_building_publish(&o->b, diag) : status;
}

static int run(struct onepass *o, const struct lode_compress_options *options, int64_t total,
               struct lode_diag *diag)
{
    int status = prepare(o, total, diag);
    if (status != LODE_OK)
        return status;
    status = open_text(o, options, diag);
    if (status == LODE_OK)
        status = lode_building_scan(&o->b, diag);
    lode_bgzfout_close(&o->out);
    if (status == LODE_OK)
        status = lode_building_write(&o->b, diag);
    return status == LODE_OK ? publish(o, diag) : status;
}

int lode_onepass(int in_fd, const char *in_name, const char *out_path,
                 const struct lode_compress_options *options, int64_t total, struct lode_diag *diag)
{
    struct lode_diag own;
    struct onepass o = {.in_fd = in_fd, .in_name = in_name, .out_path = out_path};
    const struct lode_build_options how = build_options(options);
    diag = diag != NULL ? diag : &own;
    lode_building_start(&o.b, &how);
    int status = lode_publish_begin(&o.pub, out_path, diag);
    if (status == LODE_OK)
        status = run(&o, options, total, diag);
    if (status == LODE_OK && !lode_building_result(&o.b, options->result))
        status = lode_diag_set(diag, LODE_E_ARG, "lode_compress: struct_size is not set");
    lode_publish_abort(&o.pub);
    lode_building_free(&o.b);
    return status;
}
