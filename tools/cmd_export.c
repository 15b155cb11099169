/* Owns `lode export`: what an index knows, in the formats of other tools. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "dict.h"
#include "index_path.h"
#include "message.h"
#include "names.h"
#include "outfile.h"
#include "samtools_files.h"

enum { TEXT_STEP = 1 << 20, INTERVALS = 1024 };

/* One export on its way: a source of an index, and where its rows go. */
struct export
{
    const struct tool_options *options;
    lode_index *index;
    int64_t source;
    struct lode_source_info info;
    struct tool_name name;
    FILE *out;
    struct lode_diag diag;
};

/* ---- per contig ----------------------------------------------------------------------------- */

/* One contig's rows; a status of the library. */
typedef int (*contig_fn)(struct export *e, int64_t id, const struct lode_contig *contig);

static int each_contig(struct export *e, contig_fn fn)
{
    int status = LODE_OK;
    for (int64_t i = 0; i < e->info.contigs && status == LODE_OK && !ferror(e->out); i++) {
        struct lode_contig contig;
        const int64_t id = e->info.first_contig + i;
        status = lode_contig_at(e->index, id, &contig, &e->diag);
        if (status == LODE_OK)
            status = tool_name_get(&e->name, lode_contig_name, e->index, id);
        if (status == LODE_OK)
            status = fn(e, id, &contig);
    }
    return status;
}

static int put_size(struct export *e, int64_t id, const struct lode_contig *contig)
{
    (void)id;
    fprintf(e->out, "%s\t%" PRId64 "\n", e->name.bytes, contig->length);
    return LODE_OK;
}

static int put_intervals(struct export *e, const struct lode_contig *contig, int feature)
{
    struct lode_interval found[INTERVALS];
    int64_t at = 0, n = INTERVALS, pending_begin = -1, pending_end = -1;
    while (n == INTERVALS) {
        n = lode_intervals(e->index, contig, feature, at, contig->length, found, INTERVALS,
                           &e->diag);
        if (n < 0)
            return (int)n;
        for (int64_t i = 0; i < n; i++) {
            if (found[i].begin != pending_end) {
                if (pending_end > 0)
                    fprintf(e->out, "%s\t%" PRId64 "\t%" PRId64 "\n", e->name.bytes, pending_begin,
                            pending_end);
                pending_begin = found[i].begin;
            }
            at = pending_end = found[i].end;
        }
    }
    if (pending_end > 0)
        fprintf(e->out, "%s\t%" PRId64 "\t%" PRId64 "\n", e->name.bytes, pending_begin,
                pending_end);
    return LODE_OK;
}

static int put_gaps(struct export *e, int64_t id, const struct lode_contig *contig)
{
    (void)id;
    return put_intervals(e, contig, LODE_FEATURE_N);
}

static int put_mask(struct export *e, int64_t id, const struct lode_contig *contig)
{
    (void)id;
    return put_intervals(e, contig, LODE_FEATURE_LOWER);
}

/* ---- whole sources -------------------------------------------------------------------------- */

static int export_gzi(struct export *e)
{
    if (e->info.kind == 1)
        return tool_write_gzi(e->out, e->index, e->source, 0, &e->diag);
    snprintf(e->diag.message, sizeof e->diag.message,
             "%s: --gzi is for BGZF; this source is plain text", e->options->args[0]);
    return LODE_E_ARG;
}

/* What reads the FASTA: a reader and a buffer of TEXT_STEP bytes. */
struct reading {
    lode_reader *reader;
    char *buf;
};

static int start_reading(const struct export *e, struct reading *r)
{
    r->buf = malloc(TEXT_STEP);
    r->reader = NULL;
    return r->buf == NULL ? LODE_E_NOMEM : lode_reader_new(e->index, NULL, &r->reader);
}

static void stop_reading(struct reading *r)
{
    lode_reader_free(r->reader);
    free(r->buf);
}

static int copy_text(struct export *e, const struct reading *r)
{
    for (int64_t at = 0; at < e->info.text_size && !ferror(e->out); at += TEXT_STEP) {
        const int64_t left = e->info.text_size - at;
        const int64_t got = lode_fetch_text(
            r->reader, e->source, at, at + (left < TEXT_STEP ? left : TEXT_STEP), r->buf, &e->diag);
        if (got < 0)
            return (int)got;
        fwrite(r->buf, 1, (size_t)got, e->out);
    }
    return LODE_OK;
}

static int put_dict(struct export *e, const struct reading *r)
{
    int status = LODE_OK;
    fputs("@HD\tVN:1.0\tSO:unsorted\n", e->out);
    for (int64_t i = 0; i < e->info.contigs && status == LODE_OK && !ferror(e->out); i++) {
        struct lode_contig contig;
        char md5[33];
        const int64_t id = e->info.first_contig + i;
        status = lode_contig_at(e->index, id, &contig, &e->diag);
        if (status == LODE_OK)
            status = tool_name_get(&e->name, lode_contig_name, e->index, id);
        if (status == LODE_OK)
            status = tool_md5_contig(r->reader, &contig, r->buf, TEXT_STEP, md5, &e->diag);
        if (status == LODE_OK)
            fprintf(e->out, "@SQ\tSN:%s\tLN:%" PRId64 "\tM5:%s\n", e->name.bytes, contig.length,
                    md5);
    }
    return status;
}

static int with_reader(struct export *e, int (*fn)(struct export *, const struct reading *))
{
    struct reading r;
    int status = start_reading(e, &r);
    if (status == LODE_OK)
        status = fn(e, &r);
    stop_reading(&r);
    return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run(struct export *e)
{
    switch (e->options->export) {
    case TOOL_EXPORT_FAI:
        return tool_write_fai(e->out, e->index, e->source, &e->diag);
    case TOOL_EXPORT_GZI:
        return export_gzi(e);
    case TOOL_EXPORT_DICT:
        return with_reader(e, put_dict);
    case TOOL_EXPORT_SIZES:
        return each_contig(e, put_size);
    case TOOL_EXPORT_FASTA:
        return with_reader(e, copy_text);
    case TOOL_EXPORT_GAPS:
        return each_contig(e, put_gaps);
    default:
        return each_contig(e, put_mask);
    }
}

/* The source that args[1] names, or the only one. An exit status. */
static int choose_source(struct export *e)
{
    struct lode_info info = {.struct_size = sizeof info};
    const char *index = e->options->args[0];
    const char *name = e->options->arg_count > 1 ? e->options->args[1] : NULL;
    int status = lode_index_info(e->index, &info);
    if (status == LODE_OK && name != NULL)
        status = lode_find_source(e->index, name, strlen(name), &e->source);
    if (status == LODE_E_NOT_FOUND) {
        tool_error("%s: no source '%s'; 'lode ls %s' lists them", index, name, index);
        return TOOL_NOT_FOUND;
    }
    if (status == LODE_OK && name == NULL && info.sources != 1)
        return tool_usage("export", "%s has %" PRId64 " sources: name one; 'lode ls %s' lists them",
                          index, info.sources, index);
    if (status == LODE_OK)
        status = lode_source_info(e->index, e->source, &e->info, &e->diag);
    return status == LODE_OK ? TOOL_OK : tool_report(status, &e->diag);
}

static int export_to(struct export *e, const char *index_path)
{
    int exit_status = TOOL_OK;
    const int fd = tool_outfile_open(e->options, index_path, e->index, &exit_status);
    if (fd < 0)
        return exit_status;
    exit_status = TOOL_OK;
    e->out = fdopen(fd, "w");
    if (e->out == NULL)
        return tool_write_failed(e->options->out != NULL ? e->options->out : "stdout", errno);
    const int status = run(e);
    if (status != LODE_OK)
        exit_status = tool_report(status, &e->diag);
    if (fflush(e->out) != 0 || ferror(e->out))
        exit_status = tool_worse(
            exit_status,
            tool_write_failed(e->options->out != NULL ? e->options->out : "stdout", errno));
    fclose(e->out);
    return exit_status;
}

int cmd_export(const struct tool_options *options)
{
    char path[4096];
    struct export e = {.options = options, .info = {.struct_size = sizeof e.info}};
    if (options->export == TOOL_EXPORT_NONE)
        return tool_usage("export", "say what: --fai, --gzi, --dict, --sizes, --fasta, --gaps or "
                                    "--mask");
    int exit_status = tool_open_bases(options, path, &e.index);
    if (exit_status == TOOL_OK)
        exit_status = choose_source(&e);
    if (exit_status == TOOL_OK)
        exit_status = export_to(&e, path);
    tool_name_free(&e.name);
    lode_close(e.index);
    return exit_status;
}
