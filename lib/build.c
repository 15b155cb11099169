/* Owns lode_build: inputs -> tables -> a published index. */
#include "assemble.h"
#include "collect.h"
#include "cpus.h"
#include "diag.h"
#include "namebuild.h"
#include "pipeline.h"
#include "publish.h"
#include "reuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A build on its way; each part is released whatever happened. */
struct build {
    struct lode_build_options options;
    struct lode_collection inputs;
    struct lode_reuse reuse;
    struct lode_tables tables;
    struct lode_name_tables names;
    struct lode_pipeline_result counts;
    char opts[64];
    int dir_fd;
    uint64_t content_id, slots;
};

/* The options that change content, as they stand in OPTS (SPEC 5.15). */
static void write_opts(struct build *b)
{
    snprintf(b->opts, sizeof b->opts, "%sduplicates=%s\nwriter=%d\n",
             b->options.digest ? "digest=yes\n" : "",
             b->options.duplicates_first ? "first" : "error", LODE_WRITER_REVISION);
}

static int scan(struct build *b, struct lode_diag *diag)
{
    b->dir_fd = open(b->inputs.out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->dir_fd < 0)
        return lode_diag_errno(diag, "%s: cannot open the directory", b->inputs.out_dir);
    if (!lode_tables_init(&b->tables, b->dir_fd, b->options.digest != 0))
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    if (!b->options.rescan)
        lode_reuse_open(&b->reuse, b->inputs.out, b->opts, strlen(b->opts));
    const int status =
        lode_pipeline_run(&b->inputs, &b->reuse, &b->options, lode_thread_count(b->options.threads),
                          &b->tables, &b->counts, diag);
    lode_reuse_close(&b->reuse);
    if (status == LODE_OK && b->tables.source_count == 0)
        return lode_diag_set(diag, LODE_E_FORMAT,
                             "none of the inputs could be indexed; nothing was written");
    return status;
}

/* SRCE: the rows and the row of ends. */
static int encode_sources(struct build *b, struct lode_spool *srce)
{
    struct lode_tables *t = &b->tables;
    struct lode_source_row end = {.begin = lode_tables_now(t)};
    uint8_t bytes[LODE_STRIDE_SRCE];
    end.begin.slot = b->slots;
    for (size_t i = 0; i <= t->source_count; i++) {
        lode_source_encode(bytes, i < t->source_count ? &t->sources[i] : &end);
        if (lode_spool_append(srce, bytes, sizeof bytes) != 0)
            return -1;
    }
    return 0;
}

static struct lode_part part_of(uint32_t id, uint32_t stride, uint32_t flags,
                                struct lode_spool *spool, uint32_t param, bool *ok)
{
    const struct lode_part part = {
        .id = id,
        .flags = flags,
        .stride = stride,
        .param = param,
        .data = lode_spool_view(spool),
        .len = lode_spool_size(spool),
        .always = id == LODE_ID_SRCE || id == LODE_ID_SNAM || id == LODE_ID_SSTR,
    };
    *ok = *ok && part.data != NULL;
    return part;
}

/* Flags of a section as layout.h lists them. */
static uint32_t flags_of(uint32_t id)
{
    switch (id) {
#define FLAGS(name, a, b, c, d, stride, flags)                                                     \
    case LODE_ID_##name:                                                                           \
        return flags;
        LODE_SECTIONS(FLAGS)
#undef FLAGS
    default:
        return 0;
    }
}

static int write_index(struct build *b, struct lode_spool *srce, int fd, struct lode_diag *diag)
{
    struct lode_tables *t = &b->tables;
    struct lode_name_tables *n = &b->names;
    bool ok = true;
#define PART(name, spool, param)                                                                   \
    part_of(LODE_ID_##name, LODE_STRIDE_##name, flags_of(LODE_ID_##name), spool, param, &ok)
    const struct lode_part opts = {.id = LODE_ID_OPTS,
                                   .flags = flags_of(LODE_ID_OPTS),
                                   .stride = LODE_STRIDE_OPTS,
                                   .data = (const uint8_t *)b->opts,
                                   .len = strlen(b->opts),
                                   .always = true};
    const struct lode_part parts[] = {
        PART(SRCE, srce, 0),
        PART(SNAM, &n->snam, n->snam_param),
        PART(SSTR, &t->sstr, 0),
        opts,
        PART(CTIG, &t->ctig, 0),
        PART(TNAM, &n->tnam, n->tnam_param),
        PART(GNAM, &n->gnam, n->gnam_param),
        PART(NAME, &t->name, 0),
        PART(BLOK, &t->blok, 0),
        PART(SUMS, &t->sums, LODE_SUM_LOG2),
        PART(BINS, &t->bins, 0),
        PART(CASE, &t->kase, 0),
        PART(EXCP, &t->excp, 0),
        PART(GAPS, &t->gaps, 0),
        PART(DIGS, &t->digs, 0),
        PART(DESC, &t->desc, 0),
    };
#undef PART
    if (!ok)
        return lode_diag_errno(diag, "%s: cannot read the tables back", b->inputs.out);
    return lode_assemble(fd, parts, sizeof parts / sizeof parts[0], b->inputs.out, &b->content_id,
                         diag);
}

/* What was written must open before it may take the place of what was there. */
static int check_written(struct build *b, int fd, struct lode_diag *diag)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    lode_index *index;
    options.source_root = b->inputs.out_dir;
    const int status = lode_open_fd(fd, &options, &index, diag);
    if (status != LODE_OK)
        return status;
    const bool same = index->seq.box.content_id == b->content_id &&
                      index->seq.contig_count == b->tables.contig_count;
    lode_close(index);
    return same ? LODE_OK
                : lode_diag_set(diag, LODE_E_IO, "%s: the written index does not read back",
                                b->inputs.out);
}

static int publish(struct build *b, struct lode_diag *diag)
{
    struct lode_publish pub;
    struct lode_spool srce;
    lode_spool_init(&srce, b->dir_fd);
    int status = lode_publish_begin(&pub, b->inputs.out, diag);
    if (status != LODE_OK)
        return status;
    if (encode_sources(b, &srce) != 0)
        status = lode_diag_errno(diag, "%s: cannot write", b->inputs.out);
    if (status == LODE_OK)
        status = write_index(b, &srce, pub.fd, diag);
    if (status == LODE_OK)
        status = check_written(b, pub.fd, diag);
    /* The index's time says when its sources were looked at: what changes after that, even while it
     * is being built, is newer (lib/reuse.h). A file system that keeps no times only costs scans.
     */
    const struct timespec times[2] = {b->counts.begun, b->counts.begun};
    if (status == LODE_OK)
        (void)futimens(pub.fd, times);
    if (status == LODE_OK)
        status = lode_publish_commit(&pub, diag);
    lode_publish_abort(&pub);
    lode_spool_free(&srce);
    return status;
}

static bool fill_result(const struct build *b, struct lode_build_result *out)
{
    const struct lode_tables *t = &b->tables;
    struct lode_build_result result = {
        .struct_size = sizeof result,
        .sources = (int64_t)t->source_count,
        .contigs = (int64_t)t->contig_count,
        .reused = b->counts.reused,
        .skipped = b->counts.skipped + b->inputs.skipped,
        .content_id = b->content_id,
    };
    for (size_t i = 0; i < t->source_count; i++)
        result.text_bytes += (int64_t)t->sources[i].text_len;
    result.bases = (int64_t)t->bases;
    snprintf(result.path, sizeof result.path, "%s", b->inputs.out);
    return out == NULL || lode_struct_out(out, &result, sizeof result);
}

static int run(struct build *b, const char *const *inputs, size_t n, struct lode_diag *diag)
{
    write_opts(b);
    int status = lode_collect(&b->inputs, inputs, n, &b->options, diag);
    if (status == LODE_OK)
        status = scan(b, diag);
    if (status == LODE_OK)
        status = lode_names_build(&b->names, &b->tables, b->dir_fd, &b->slots, diag);
    return status == LODE_OK ? publish(b, diag) : status;
}

int lode_build(const char *const *inputs, size_t n, const struct lode_build_options *options,
               struct lode_build_result *result, struct lode_diag *diag)
{
    struct build b = {.dir_fd = -1};
    if (inputs == NULL || n == 0 || !lode_struct_in(&b.options, sizeof b.options, options) ||
        b.options.threads < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_build: an argument is not allowed");
    for (size_t i = 0; i < n; i++)
        if (inputs[i] == NULL)
            return lode_diag_set(diag, LODE_E_ARG, "lode_build: input %zu is NULL", i);
    int status = run(&b, inputs, n, diag);
    if (status == LODE_OK && !fill_result(&b, result))
        status = lode_diag_set(diag, LODE_E_ARG, "lode_build: struct_size is not set");
    if (status == LODE_OK && b.counts.skipped + b.inputs.skipped > 0)
        status = lode_diag_set(diag, LODE_E_SKIPPED, "%s: published without %lld inputs",
                               b.inputs.out, (long long)(b.counts.skipped + b.inputs.skipped));
    lode_names_free(&b.names);
    lode_tables_free(&b.tables);
    lode_collection_free(&b.inputs);
    if (b.dir_fd >= 0)
        close(b.dir_fd);
    return status;
}
