/* Owns `lode stat`: what is in an index, from the index alone. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "escape.h"
#include "index_path.h"
#include "message.h"
#include "rec.h"
#include "stat.h"

/* Indexes of more sources than this get totals only. */
enum { TABLE_MAX = 20 };

/* ---------------------------------------------------------------------------------- gather -- */

static void add_source(struct tool_stat *data, const struct tool_stat_source *source)
{
    const struct lode_source_info *info = &source->info;
    const struct lode_composition *part = &source->composition;
    data->plain += info->kind == 0;
    data->bgzf += info->kind == 1;
    data->packed += info->kind == 2;
    data->blocks += info->blocks;
    data->track = info->track;
    data->source_bytes += info->file_size;
    data->text_bytes += info->text_size;
    data->total.bases += part->bases;
    data->total.n += part->n;
    data->total.gc += part->gc;
    data->total.lower += part->lower;
    data->total.other += part->other;
}

static int by_length_down(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

/* N50: contigs of this length or more hold half of all bases; L50: that many contigs do. */
static void set_n50(struct tool_stat *data, const int64_t *lengths)
{
    const int64_t bases = data->total.bases;
    int64_t sum = 0;
    for (int64_t i = 0; i < data->info.contigs; i++) {
        sum += lengths[i];
        if (sum < bases - sum)
            continue;
        data->n50 = lengths[i];
        data->l50 = i + 1;
        return;
    }
}

static int add_lengths(const lode_index *index, struct tool_stat *data, struct lode_diag *diag)
{
    const int64_t count = data->info.contigs;
    if (count == 0)
        return LODE_OK;
    int64_t *lengths = malloc((size_t)count * sizeof *lengths);
    int status = lengths != NULL ? LODE_OK : LODE_E_NOMEM;
    for (int64_t i = 0; i < count && status == LODE_OK; i++) {
        struct lode_contig contig;
        status = lode_contig_at(index, i, &contig, diag);
        lengths[i] = contig.length;
    }
    if (status == LODE_OK) {
        qsort(lengths, (size_t)count, sizeof *lengths, by_length_down);
        set_n50(data, lengths);
        data->longest = lengths[0];
        data->shortest = lengths[count - 1];
    }
    free(lengths);
    return status;
}

static int gather(const lode_index *index, struct tool_stat *data, struct lode_diag *diag)
{
    struct tool_stat_source source = {0};
    data->info.struct_size = sizeof data->info;
    int status = lode_index_info(index, &data->info);
    for (int64_t s = 0; s < data->info.sources && status == LODE_OK; s++) {
        status = tool_stat_source(index, s, &source, diag);
        if (status == LODE_OK)
            add_source(data, &source);
    }
    tool_name_free(&source.name);
    return status == LODE_OK ? add_lengths(index, data, diag) : status;
}

/* GC among A, C, G and T. */
static double gc_percent(const struct lode_composition *c)
{
    const int64_t known = c->bases - c->n - c->other;
    return known > 0 ? 100.0 * (double)c->gc / (double)known : 0.0;
}

static double percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

/* ------------------------------------------------------------------------------------ text -- */

static void print_totals(const char *path, const struct tool_stat *data)
{
    const struct lode_info *info = &data->info;
    const struct lode_composition *c = &data->total;
    printf("index        %s\n", path);
    printf("format       %d.%d, %d sections\n", info->format_major, info->format_minor,
           info->sections);
    printf("content id   %016" PRIx64 "\n", info->content_id);
    printf("index size   %" PRIu64 " bytes\n", info->file_size);
    if (info->members > 0)
        printf("files        %" PRId64 ", beside the set's own\n", info->members);
    printf("packed       %" PRId64 " bytes\n", info->packed_size);
    printf("sources      %" PRId64 " (%" PRId64 " BGZF, %" PRId64 " plain", info->sources,
           data->bgzf, data->plain);
    if (data->packed > 0)
        printf(", %" PRId64 " packed alone", data->packed);
    puts(")");
    printf("source size  %" PRId64 " bytes, %" PRId64 " of text\n", data->source_bytes,
           data->text_bytes);
    printf("blocks       %" PRId64 "\n", data->blocks);
    printf("contigs      %" PRId64 "\n", info->contigs);
    printf("N50          %" PRId64 "\n", data->n50);
    printf("L50          %" PRId64 "\n", data->l50);
    printf("longest      %" PRId64 "\n", data->longest);
    printf("shortest     %" PRId64 "\n", data->shortest);
    if (data->track != LODE_TRACK_NONE) {
        printf("values       %s, %" PRId64 " bytes (lengths above are bytes)\n",
               tool_track_name(data->track), c->bases);
        return;
    }
    printf("bases        %" PRId64 "\n", c->bases);
    printf("GC           %.2f %% of A, C, G, T\n", gc_percent(c));
    printf("N            %" PRId64 " (%.2f %%)\n", c->n, percent(c->n, c->bases));
    printf("soft-masked  %" PRId64 " (%.2f %%)\n", c->lower, percent(c->lower, c->bases));
    printf("other        %" PRId64 " (%.2f %%)\n", c->other, percent(c->other, c->bases));
}

/* The name as it stands in tables. False: out of memory. */
static bool print_name(const struct tool_name *name)
{
    char *text = malloc(4 * name->len + 1);
    if (text == NULL)
        return false;
    tool_escape_bytes(TOOL_ESCAPE_TEXT, name->bytes, name->len, text);
    fputs(text, stdout);
    free(text);
    return true;
}

static bool print_row(const struct tool_stat_source *source)
{
    const struct lode_composition *c = &source->composition;
    if (!print_name(&source->name))
        return false;
    printf("\t%" PRId64 "\t%" PRId64 "\t%.2f\t%.2f\t%.2f\n", source->info.contigs,
           source->info.bases, gc_percent(c), percent(c->n, c->bases), percent(c->lower, c->bases));
    return true;
}

static int print_table(const lode_index *index, int64_t sources, struct lode_diag *diag)
{
    struct tool_stat_source source = {0};
    int status = LODE_OK;
    puts("\n#name\tcontigs\tbases\tgc%\tn%\tsoft%");
    for (int64_t s = 0; s < sources && status == LODE_OK; s++) {
        status = tool_stat_source(index, s, &source, diag);
        if (status == LODE_OK && !print_row(&source))
            status = LODE_E_NOMEM;
    }
    tool_name_free(&source.name);
    return status;
}

/* seqcol digests, where the index stores digests of contigs. */
static int print_seqcols(const lode_index *index, int64_t sources, struct lode_diag *diag)
{
    struct lode_seqcol c = {.struct_size = sizeof c};
    struct tool_name name = {0};
    int status = lode_source_seqcol(index, 0, &c, diag);
    if (status == LODE_OK)
        puts("\n#name\tseqcol\tnames\tlengths\tsequences");
    for (int64_t s = 0; s < sources && status == LODE_OK; s++) {
        status = lode_source_seqcol(index, s, &c, diag);
        if (status == LODE_OK)
            status = tool_name_get(&name, lode_source_name, index, s);
        if (status == LODE_OK && !print_name(&name))
            status = LODE_E_NOMEM;
        if (status == LODE_OK)
            printf("\t%s\t%s\t%s\t%s\n", c.digest, c.names, c.lengths, c.sequences);
    }
    tool_name_free(&name);
    return status == LODE_E_NOT_FOUND ? LODE_OK : status;
}

static int print_stat(const struct tool_options *options, const char *path, const lode_index *index)
{
    struct tool_stat data = {0};
    struct lode_diag diag = {0};
    int status = gather(index, &data, &diag);
    if (status != LODE_OK)
        return tool_report(status, &diag);
    if (options->json)
        return tool_stat_json(path, index, &data);
    print_totals(path, &data);
    if (data.info.sources <= TABLE_MAX)
        status = print_table(index, data.info.sources, &diag);
    if (status == LODE_OK && data.info.sources <= TABLE_MAX)
        status = print_seqcols(index, data.info.sources, &diag);
    return status == LODE_OK ? TOOL_OK : tool_report(status, &diag);
}

int cmd_stat(const struct tool_options *options)
{
    char path[4096];
    lode_index *index = NULL;
    if (rec_may_be_store(options->args[0]))
        return rec_stat(options, options->args[0]);
    int status = tool_open_index(options, path, &index);
    if (status == TOOL_OK)
        status = print_stat(options, path, index);
    lode_close(index);
    return status;
}
