/* Owns `lode stat --json`. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "message.h"
#include "stat.h"

static void set_number(json_t *object, const char *key, int64_t value)
{
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_composition(json_t *object, const struct lode_composition *c)
{
    set_number(object, "bases", c->bases);
    set_number(object, "gc", c->gc);
    set_number(object, "n", c->n);
    set_number(object, "lower", c->lower);
    set_number(object, "other", c->other);
}

/* Where the index stores digests. */
static int set_seqcol(json_t *row, const lode_index *index, int64_t source, struct lode_diag *diag)
{
    struct lode_seqcol c = {.struct_size = sizeof c};
    const int status = lode_source_seqcol(index, source, &c, diag);
    if (status == LODE_E_NOT_FOUND)
        return LODE_OK;
    if (status != LODE_OK)
        return status;
    json_t *seqcol = json_pack("{s:s, s:s, s:s, s:s, s:s}", "digest", c.digest, "names", c.names,
                               "lengths", c.lengths, "sequences", c.sequences,
                               "sorted_name_length_pairs", c.sorted_name_length_pairs);
    return json_object_set_new(row, "seqcol", seqcol) == 0 ? LODE_OK : LODE_E_NOMEM;
}

static int add_source(json_t *list, const lode_index *index, int64_t number,
                      struct tool_stat_source *source, struct lode_diag *diag)
{
    int status = tool_stat_source(index, number, source, diag);
    if (status != LODE_OK)
        return status;
    json_t *row = json_object();
    (void)json_object_set_new(row, "name", tool_json_bytes(source->name.bytes, source->name.len));
    set_number(row, "contigs", source->info.contigs);
    set_composition(row, &source->composition);
    status = set_seqcol(row, index, number, diag);
    if (status != LODE_OK) {
        json_decref(row);
        return status;
    }
    return json_array_append_new(list, row) == 0 ? LODE_OK : LODE_E_NOMEM;
}

static int add_sources(json_t *list, const lode_index *index, int64_t sources,
                       struct lode_diag *diag)
{
    struct tool_stat_source source = {0};
    int status = LODE_OK;
    for (int64_t s = 0; s < sources && status == LODE_OK; s++)
        status = add_source(list, index, s, &source, diag);
    tool_name_free(&source.name);
    return status;
}

static void set_index(json_t *object, const char *path, const struct lode_info *info)
{
    char id[17];
    snprintf(id, sizeof id, "%016" PRIx64, info->content_id);
    (void)json_object_set_new(object, "index", tool_json_bytes(path, strlen(path)));
    set_number(object, "format_major", info->format_major);
    set_number(object, "format_minor", info->format_minor);
    set_number(object, "sections", info->sections);
    (void)json_object_set_new(object, "content_id", json_string(id));
    set_number(object, "index_size", (int64_t)info->file_size);
    set_number(object, "packed_size", info->packed_size);
    set_number(object, "members", info->members);
}

static void set_totals(json_t *object, const struct tool_stat *data)
{
    set_number(object, "sources", data->info.sources);
    set_number(object, "bgzf_sources", data->bgzf);
    set_number(object, "plain_sources", data->plain);
    set_number(object, "packed_sources", data->packed);
    set_number(object, "source_size", data->source_bytes);
    set_number(object, "text_size", data->text_bytes);
    set_number(object, "blocks", data->blocks);
    set_number(object, "contigs", data->info.contigs);
    set_number(object, "n50", data->n50);
    set_number(object, "l50", data->l50);
    set_number(object, "longest", data->longest);
    set_number(object, "shortest", data->shortest);
    (void)json_object_set_new(object, "track", json_string(tool_track_name(data->track)));
}

int tool_stat_json(const char *path, const lode_index *index, const struct tool_stat *data)
{
    struct lode_diag diag = {0};
    json_t *object = json_object(), *list = json_array();
    set_index(object, path, &data->info);
    set_totals(object, data);
    set_composition(object, &data->total);
    int status = list != NULL ? add_sources(list, index, data->info.sources, &diag) : LODE_E_NOMEM;
    if (json_object_set_new(object, "per_source", list) != 0 && status == LODE_OK)
        status = LODE_E_NOMEM;
    if (status == LODE_OK)
        return tool_json_line(object);
    json_decref(object);
    return tool_report(status, &diag);
}
