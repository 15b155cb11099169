/* Owns `lode ls`: the sources of an index, or the contigs of one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "escape.h"
#include "index_path.h"
#include "json.h"
#include "message.h"
#include "names.h"

struct ls {
    const struct tool_options *options;
    lode_index *index;
    struct tool_name name, path, shown;
};

/* The name as tab-separated output shows it; valid until the next one. NULL: out of memory. */
static const char *as_text(struct ls *ls, const struct tool_name *name)
{
    const size_t cap = 4 * name->len + 1;
    if (cap > ls->shown.cap) {
        char *bytes = realloc(ls->shown.bytes, cap);
        if (bytes == NULL)
            return NULL;
        ls->shown.bytes = bytes;
        ls->shown.cap = cap;
    }
    tool_escape_bytes(TOOL_ESCAPE_TEXT, name->bytes, name->len, ls->shown.bytes);
    return ls->shown.bytes;
}

/* Prints the name; 0 or LODE_E_NOMEM. */
static int put_name(struct ls *ls, const struct tool_name *name)
{
    const char *text = as_text(ls, name);
    if (text == NULL)
        return LODE_E_NOMEM;
    fputs(text, stdout);
    return LODE_OK;
}

/* --------------------------------------------------------------------------------- sources -- */

static int print_source_text(struct ls *ls, const struct lode_source_info *info)
{
    if (put_name(ls, &ls->name) != LODE_OK)
        return tool_report(LODE_E_NOMEM, NULL);
    printf("\t%" PRId64 "\t%" PRId64 "\t", info->contigs, info->bases);
    if (put_name(ls, &ls->path) != LODE_OK)
        return tool_report(LODE_E_NOMEM, NULL);
    putchar('\n');
    return TOOL_OK;
}

static int print_source_json(struct ls *ls, const struct lode_source_info *info)
{
    static const char *const kinds[] = {"plain", "bgzf", "packed"};
    const char *kind = info->kind >= 0 && info->kind < 3 ? kinds[info->kind] : "unknown";
    const char *layout = info->restart ? "restart" : info->small ? "small" : "ordinary";
    return tool_json_line(json_pack(
        "{s:o, s:I, s:I, s:o, s:s, s:s, s:I, s:I}", "name",
        tool_json_bytes(ls->name.bytes, ls->name.len), "contigs", (json_int_t)info->contigs,
        "bases", (json_int_t)info->bases, "path", tool_json_bytes(ls->path.bytes, ls->path.len),
        "kind", kind, "layout", layout, "file_size", (json_int_t)info->file_size, "text_size",
        (json_int_t)info->text_size));
}

static int list_source(struct ls *ls, int64_t source)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    int status = lode_source_info(ls->index, source, &info, &diag);
    if (status == LODE_OK && info.bases < ls->options->min_length)
        return TOOL_OK;
    if (status == LODE_OK)
        status = tool_name_get(&ls->name, lode_source_name, ls->index, source);
    if (status == LODE_OK)
        status = tool_name_get(&ls->path, lode_source_path, ls->index, source);
    if (status != LODE_OK)
        return tool_report(status, &diag);
    return ls->options->json ? print_source_json(ls, &info) : print_source_text(ls, &info);
}

static int list_sources(struct ls *ls)
{
    struct lode_info info = {.struct_size = sizeof info};
    const int status = lode_index_info(ls->index, &info);
    if (status != LODE_OK)
        return tool_report(status, NULL);
    if (!ls->options->json)
        puts("#name\tcontigs\tbases\tpath");
    int exit_status = TOOL_OK;
    for (int64_t s = 0; s < info.sources && exit_status == TOOL_OK && !ferror(stdout); s++)
        exit_status = list_source(ls, s);
    return exit_status;
}

/* --------------------------------------------------------------------------------- contigs -- */

/* With its digests, where the index stores them. */
static int print_contig_json(struct ls *ls, const struct lode_contig *contig)
{
    struct lode_digest digest;
    json_t *row = json_pack("{s:o, s:I}", "name", tool_json_bytes(ls->name.bytes, ls->name.len),
                            "length", (json_int_t)contig->length);
    if (row != NULL && lode_contig_digest(ls->index, contig->id, &digest, NULL) == LODE_OK) {
        (void)json_object_set_new(row, "md5", json_string(digest.md5));
        (void)json_object_set_new(row, "sha512t24u", json_string(digest.sha512t24u));
    }
    return tool_json_line(row);
}

static int list_contig(struct ls *ls, int64_t id)
{
    struct lode_contig contig;
    struct lode_diag diag = {0};
    int status = lode_contig_at(ls->index, id, &contig, &diag);
    if (status == LODE_OK && contig.length < ls->options->min_length)
        return TOOL_OK;
    if (status == LODE_OK)
        status = tool_name_get(&ls->name, lode_contig_name, ls->index, id);
    if (status == LODE_OK && ls->options->json)
        return print_contig_json(ls, &contig);
    if (status == LODE_OK)
        status = put_name(ls, &ls->name);
    if (status != LODE_OK)
        return tool_report(status, &diag);
    printf("\t%" PRId64 "\n", contig.length);
    return TOOL_OK;
}

static int list_contigs(struct ls *ls, const char *name)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    int64_t source = -1;
    int status = lode_find_source(ls->index, name, strlen(name), &source);
    if (status == LODE_E_NOT_FOUND) {
        tool_error("%s: no source '%s'; 'lode ls %s' lists them", ls->options->args[0], name,
                   ls->options->args[0]);
        return TOOL_NOT_FOUND;
    }
    if (status == LODE_OK)
        status = lode_source_info(ls->index, source, &info, &diag);
    if (status != LODE_OK)
        return tool_report(status, &diag);
    int exit_status = TOOL_OK;
    for (int64_t i = 0; i < info.contigs && exit_status == TOOL_OK && !ferror(stdout); i++)
        exit_status = list_contig(ls, info.first_contig + i);
    return exit_status;
}

int cmd_ls(const struct tool_options *options)
{
    char path[4096];
    struct ls ls = {.options = options};
    int status = tool_open_index(options, path, &ls.index);
    if (status == TOOL_OK)
        status = options->arg_count > 1 ? list_contigs(&ls, options->args[1]) : list_sources(&ls);
    tool_name_free(&ls.name);
    tool_name_free(&ls.path);
    tool_name_free(&ls.shown);
    lode_close(ls.index);
    return status;
}
