#include "building.h"

#include "cpus.h"
#include "diag.h"
#include "indexplace.h"
#include "lock.h"
#include "setwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The options that change content, as they stand in OPTS (SPEC 5.15). */
static void write_opts(struct lode_building *b)
{
    char track[16] = "";
    if (b->options.track != LODE_TRACK_NONE)
        snprintf(track, sizeof track, "track=%d\n", b->options.track);
    snprintf(b->opts, sizeof b->opts, "%sduplicates=%s\n%s%swriter=%d\n",
             b->options.digest ? "digest=yes\n" : "",
             b->options.duplicates_first ? "first" : "error", b->options.pack ? "pack=yes\n" : "",
             track, LODE_WRITER_REVISION);
}

void lode_building_start(struct lode_building *b, const struct lode_build_options *options)
{
    memset(b, 0, sizeof *b);
    b->options = *options;
    b->dir_fd = b->lock = -1;
    b->threads = lode_thread_count(options->threads);
    write_opts(b);
}

/* What stands there could not be looked at, for want of memory or descriptors: it may be anything.
 */
static bool unseen(const struct lode_building *b, int status)
{
    return status == LODE_E_NOMEM || (status == LODE_E_IO && access(b->inputs.out, F_OK) == 0);
}

/* Records are nothing that an index could be made of again; those of a set neither, of which a file
 * is gone. */
static int keep_records(const struct lode_building *b, struct lode_diag *diag)
{
    struct lode_store_open_options first = LODE_STORE_OPEN_OPTIONS_INIT;
    lode_store *old = NULL;
    first.place = 1;
    int status = lode_store_open(b->inputs.out, &first, &old, diag);
    lode_store_close(old);
    if (status != LODE_OK && !unseen(b, status))
        status = lode_members_of_stores(b->inputs.out, diag);
    if (status != LODE_OK)
        return unseen(b, status) ? status : LODE_OK;
    return lode_diag_set(diag, LODE_E_ARG,
                         "%s: holds records, which would be lost: choose another name for the "
                         "index, or remove that file first",
                         b->inputs.out);
}

/* Packed bases may be all there is of a FASTA that changed or is gone. */
static int keep_packed(const struct lode_building *b, const struct lode_info *old,
                       struct lode_diag *diag)
{
    return old->packed_size == 0 || b->options.pack
               ? LODE_OK
               : lode_diag_set(diag, LODE_E_ARG,
                               "%s: holds packed bases, which would be lost: go on storing them "
                               "with --pack, or remove that index first",
                               b->inputs.out);
}

/* What stands there will be replaced. */
static int look_at_old(struct lode_building *b, struct lode_diag *diag)
{
    struct lode_info info = {.struct_size = sizeof info};
    lode_index *old = NULL;
    bool was_set;
    if (b->options.add)
        return LODE_OK;
    /* nobody may add to a set meanwhile: its files will be removed */
    int status = lode_set_replaced(b->inputs.out, &b->lock, &was_set, diag);
    if (status != LODE_OK)
        return status;
    status = lode_open(b->inputs.out, NULL, &old, diag);
    if (status != LODE_OK)
        return unseen(b, status) ? status : LODE_OK;
    (void)lode_index_info(old, &info);
    lode_close(old);
    return keep_packed(b, &info, diag);
}

int lode_building_place(struct lode_building *b, const char *const *inputs, size_t n,
                        struct lode_diag *diag)
{
    int status = lode_place_choose(&b->inputs, inputs, n, &b->options, diag);
    if (status == LODE_OK)
        status = lode_place_check(&b->inputs, diag);
    if (status != LODE_OK)
        return status;
    status = keep_records(b, diag);
    if (status == LODE_OK)
        status = look_at_old(b, diag);
    if (status != LODE_OK)
        return status;
    b->dir_fd = open(b->inputs.out_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return b->dir_fd >= 0
               ? LODE_OK
               : lode_diag_errno(diag, "%s: cannot open the directory", b->inputs.out_dir);
}

void lode_building_warn_digests(const struct lode_building *b, bool had_digests)
{
    if (had_digests && !b->options.digest && b->options.message != NULL)
        b->options.message(b->options.ctx, LODE_WARNING,
                           "the index already there holds digests; the new one will not, unless "
                           "they are asked for (--digest)");
}

/* ---- scan ----------------------------------------------------------------------------------- */

int lode_building_prepare(struct lode_building *b, struct lode_diag *diag)
{
    const size_t n = b->inputs.count;
    b->origins = malloc((n + 1) * sizeof *b->origins);
    if (b->origins == NULL ||
        !lode_tables_init(&b->tables, b->dir_fd, b->options.digest != 0, b->options.pack != 0))
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        b->origins[i].old = b->origins[i].fresh = -1;
    return LODE_OK;
}

int lode_building_scan(struct lode_building *b, struct lode_diag *diag)
{
    const struct lode_seqindex *old = b->reuse.index != NULL ? &b->reuse.index->seq : NULL;
    int status = lode_pipeline_run(&b->inputs, old, b->origins, &b->options, b->threads, &b->tables,
                                   &b->counts, diag);
    if (status == LODE_OK)
        status = lode_merge_init(&b->merge, &b->inputs, b->origins, old, &b->tables, b->dir_fd,
                                 b->threads, diag);
    if (status == LODE_OK && b->merge.source_count == 0)
        return lode_diag_set(diag, LODE_E_FORMAT,
                             "none of the inputs could be indexed; nothing was written");
    return status;
}

/* ---- write ---------------------------------------------------------------------------------- */

/* SRCE: the rows and the row of ends. */
static int encode_sources(struct lode_building *b, struct lode_spool *srce)
{
    const struct lode_merge *m = &b->merge;
    struct lode_source_row end = {.begin = m->end};
    uint8_t bytes[LODE_STRIDE_SRCE];
    end.begin.slot = b->names.slots;
    for (uint64_t i = 0; i <= m->source_count; i++) {
        lode_source_encode(bytes, i < m->source_count ? &m->sources[i] : &end);
        if (lode_spool_append(srce, bytes, sizeof bytes) != 0)
            return -1;
    }
    return 0;
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

/* A section that is one piece: a table made for the whole index. */
static bool add_whole(struct lode_part *part, const uint8_t *data, uint64_t len)
{
    part->pieces = calloc(1, sizeof *part->pieces);
    if (part->pieces == NULL || data == NULL)
        return false;
    part->pieces[0].data = data;
    part->pieces[0].len = len;
    part->piece_count = 1;
    return true;
}

static bool add_spool(struct lode_part *part, struct lode_spool *spool)
{
    return add_whole(part, lode_spool_view(spool), lode_spool_size(spool));
}

static bool fill_part(struct lode_building *b, struct lode_spool *srce, struct lode_part *part)
{
    switch (part->id) {
    case LODE_ID_SRCE:
        return add_spool(part, srce);
    case LODE_ID_SSTR:
        return add_spool(part, &b->merge.sstr);
    case LODE_ID_OPTS:
        return add_whole(part, (const uint8_t *)b->opts, strlen(b->opts));
    case LODE_ID_SNAM:
        part->param = b->names.snam_param;
        return add_spool(part, &b->names.snam);
    case LODE_ID_TNAM:
        return lode_names_part(&b->names, &b->merge, part) == 0;
    case LODE_ID_GNAM:
        part->param = b->names.gnam_param;
        return add_spool(part, &b->names.gnam);
    default:
        part->param = part->id == LODE_ID_SUMS ? LODE_SUM_LOG2 : 0;
        return lode_merge_part(&b->merge, part) == 0;
    }
}

static int write_index(struct lode_building *b, struct lode_spool *srce, int fd,
                       struct lode_diag *diag)
{
#define PART(name, is_always)                                                                      \
    {                                                                                              \
        .id = LODE_ID_##name, .stride = LODE_STRIDE_##name, .flags = flags_of(LODE_ID_##name),     \
        .always = (is_always)                                                                      \
    }
    struct lode_part parts[] = {PART(SRCE, true),  PART(SNAM, true),  PART(SSTR, true),
                                PART(OPTS, true),  PART(CTIG, false), PART(TNAM, false),
                                PART(GNAM, false), PART(NAME, false), PART(BLOK, false),
                                PART(SUMS, false), PART(BINS, false), PART(CASE, false),
                                PART(EXCP, false), PART(GAPS, false), PART(DIGS, false),
                                PART(DESC, false), PART(BASE, false)};
#undef PART
    const size_t n = sizeof parts / sizeof parts[0];
    bool ok = true;
    errno = ENOMEM; /* what malloc does not overwrite */
    for (size_t i = 0; i < n && ok; i++)
        ok = fill_part(b, srce, &parts[i]);
    const int status =
        ok ? lode_assemble(fd, parts, n, b->threads, b->inputs.out, &b->content_id, diag)
           : lode_diag_errno(diag, "%s: cannot read the tables back", b->inputs.out);
    for (size_t i = 0; i < n; i++)
        free(parts[i].pieces);
    return status;
}

/* What was written must open before it may take the place of what was there. */
static int check_written(struct lode_building *b, int fd, struct lode_diag *diag)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    lode_index *index;
    options.source_root = b->inputs.out_dir;
    const int status = lode_open_fd(fd, &options, &index, diag);
    if (status != LODE_OK)
        return status;
    const bool same = index->seq.box.content_id == b->content_id &&
                      index->seq.contig_count == b->merge.end.contig;
    lode_close(index);
    return same ? LODE_OK
                : lode_diag_set(diag, LODE_E_IO, "%s: the written index does not read back",
                                b->inputs.out);
}

int lode_building_write(struct lode_building *b, struct lode_diag *diag)
{
    struct lode_spool srce;
    lode_spool_init(&srce, b->dir_fd);
    int status = lode_names_build(&b->names, &b->merge, b->dir_fd, b->threads, diag);
    if (status == LODE_OK)
        status = lode_publish_begin(&b->pub, b->inputs.out, diag);
    if (status == LODE_OK && encode_sources(b, &srce) != 0)
        status = lode_diag_errno(diag, "%s: cannot write", b->inputs.out);
    if (status == LODE_OK)
        status = write_index(b, &srce, b->pub.fd, diag);
    if (status == LODE_OK)
        status = check_written(b, b->pub.fd, diag);
    lode_spool_free(&srce);
    return status;
}

void lode_building_stamp(struct lode_building *b)
{
    /* The index's time says when its sources were looked at: what changes after that, even while it
     * is being built, is newer (lib/reuse.h). A file system that keeps no times only costs scans.
     */
    const struct timespec mark =
        lode_reuse_mark(&b->begun, lode_reuse_identity(b->pub.fd, b->dir_fd, b->content_id));
    const struct timespec times[2] = {mark, mark};
    (void)futimens(b->pub.fd, times);
}

static int made_meanwhile(const struct lode_building *b, struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_BUSY,
                         "%s: another writer has made it meanwhile; nothing was written",
                         b->inputs.out);
}

int lode_building_claim(struct lode_building *b, struct lode_diag *diag)
{
    struct stat st;
    int status = LODE_OK;
    if (access(b->inputs.out, F_OK) != 0)
        return LODE_OK;
    b->lock = lode_lock_file(b->inputs.out, &status, diag);
    if (b->lock < 0)
        return status;
    return fstat(b->lock, &st) == 0 && st.st_size == 0 ? LODE_OK : made_meanwhile(b, diag);
}

int lode_building_publish(struct lode_building *b, struct lode_diag *diag)
{
    bool was_set;
    int status = LODE_OK;
    lode_building_stamp(b);
    if (b->options.add) { /* as it was claimed */
        b->pub.fresh = b->lock < 0;
        if (b->lock >= 0 && !lode_lock_holds(b->inputs.out, b->lock))
            return made_meanwhile(b, diag);
    } else if (b->lock < 0) { /* it may have become a set meanwhile */
        status = lode_set_replaced(b->inputs.out, &b->lock, &was_set, diag);
    }
    if (status != LODE_OK)
        return status;
    return b->lock >= 0 ? lode_set_commit(&b->pub, b->inputs.out, NULL, 0, diag)
                        : lode_publish_commit(&b->pub, diag);
}

/* ---- end ------------------------------------------------------------------------------------ */

bool lode_building_result(const struct lode_building *b, struct lode_build_result *out)
{
    const struct lode_merge *m = &b->merge;
    struct lode_build_result result = {
        .struct_size = sizeof result,
        .sources = (int64_t)m->source_count,
        .contigs = (int64_t)m->end.contig,
        .reused = b->counts.reused,
        .skipped = b->counts.skipped + b->inputs.skipped,
        .content_id = b->content_id,
        .text_bytes = (int64_t)m->text_bytes,
        .bases = (int64_t)m->bases,
    };
    snprintf(result.path, sizeof result.path, "%s", b->inputs.out);
    return out == NULL || lode_struct_out(out, &result, sizeof result);
}

int lode_building_left_out(const struct lode_building *b, struct lode_diag *diag)
{
    const long long n = (long long)(b->counts.skipped + b->inputs.skipped);
    return n == 0 ? LODE_OK
                  : lode_diag_set(diag, LODE_E_SKIPPED, "%s: published without %lld input%s",
                                  b->inputs.out, n, n == 1 ? "" : "s");
}

void lode_building_free(struct lode_building *b)
{
    lode_publish_abort(&b->pub);
    lode_names_free(&b->names);
    lode_merge_free(&b->merge);
    lode_tables_free(&b->tables);
    lode_reuse_close(&b->reuse);
    free(b->origins);
    lode_collection_free(&b->inputs);
    if (b->dir_fd >= 0)
        close(b->dir_fd);
    if (b->lock >= 0)
        lode_unlock_file(b->lock);
}
