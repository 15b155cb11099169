/* Places of findings, by questions to the index. */
#include "finding_place.h"

#include <stdio.h>
#include <string.h>

enum { PIECE = 4096, PAGE = 65536 }; /* of text, of the index: what is under one sum */

/* Does the message begin with the path: DIR, a slash and the locator? */
static bool is_about(const char *message, const char *dir, size_t dir_len,
                     const struct tool_name *locator)
{
    if (strncmp(message, dir, dir_len) != 0)
        return false;
    message += dir_len;
    while (dir_len > 0 && *message == '/')
        message++;
    return strncmp(message, locator->bytes, locator->len) == 0 &&
           strncmp(message + locator->len, ": ", 2) == 0;
}

static bool is_of_source(struct tool_place *place, int64_t source, const char *message)
{
    const char *root = place->root != NULL ? place->root : place->index_path;
    const char *slash = strrchr(place->index_path, '/');
    const size_t len = place->root != NULL ? strlen(root)
                       : slash != NULL     ? (size_t)(slash - root)
                                           : 0;
    if (tool_name_get(&place->locator, lode_source_path, place->index, source) != LODE_OK)
        return false;
    return is_about(message, root, len, &place->locator) ||
           is_about(message, "", 0, &place->locator);
}

/* Findings come in the order of sources, so that all searches together are one walk. */
static bool find_source(struct tool_place *place, const char *message)
{
    struct lode_info info = {.struct_size = sizeof info};
    if (lode_index_info(place->index, &info) != LODE_OK)
        return false;
    for (int64_t n = 0; n < info.sources; n++) {
        const int64_t source = (place->source + n) % info.sources;
        if (is_of_source(place, source, message)) {
            place->source = source;
            return true;
        }
    }
    return false;
}

/* The text of the BGZF block that starts at a place in the file. */
static bool block_text(const struct tool_place *place, const struct lode_source_info *info,
                       int64_t file_off, int64_t *begin, int64_t *end)
{
    int64_t lo = 0, hi = info->blocks, file;
    while (lo < hi) {
        const int64_t middle = lo + (hi - lo) / 2;
        if (lode_block_at(place->index, place->source, middle, begin, &file) != LODE_OK)
            return false;
        if (file < file_off)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo < info->blocks &&
           lode_block_at(place->index, place->source, lo, begin, &file) == LODE_OK &&
           file == file_off &&
           lode_block_at(place->index, place->source, lo + 1, end, &file) == LODE_OK;
}

/* Name of the last contig whose record begins at `at` or before it. */
static bool name_contig(const struct tool_place *place, const struct lode_source_info *info,
                        int64_t at, struct tool_name *name)
{
    int64_t lo = 0, hi = info->contigs;
    while (lo < hi) {
        struct lode_record record = {.struct_size = sizeof record};
        const int64_t middle = lo + (hi - lo) / 2;
        if (lode_record_at(place->index, info->first_contig + middle, &record, NULL) != LODE_OK)
            return false;
        if (record.text_begin <= at)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo > 0 && tool_name_get(name, lode_contig_name, place->index,
                                   info->first_contig + lo - 1) == LODE_OK;
}

/* What T-3 names is a place in the text, what Z-5 and B-5 name one in the file (SPEC). */
static bool place_in_source(struct tool_place *place, const struct lode_diag *finding, bool in_file)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    int64_t begin = (int64_t)finding->offset, end = begin + PIECE;
    if (!find_source(place, finding->message) ||
        lode_source_info(place->index, place->source, &info, NULL) != LODE_OK)
        return false;
    if (in_file && !block_text(place, &info, (int64_t)finding->offset, &begin, &end))
        return false;
    return name_contig(place, &info, begin, &place->first) &&
           name_contig(place, &info, end > begin ? end - 1 : begin, &place->last);
}

static bool name_or_number(const struct tool_place *place, int64_t contig, struct tool_name *name)
{
    return tool_name_get(name, lode_contig_name, place->index, contig) == LODE_OK ||
           tool_name_number(name, contig) == LODE_OK;
}

/* A row of a section, or a page of 64 KiB. */
static bool place_in_index(struct tool_place *place, const struct lode_diag *finding)
{
    int64_t first, last;
    const int64_t begin = (int64_t)finding->offset;
    const bool page = finding->status == LODE_E_PAGE_SUM;
    const int64_t end = page ? (begin / PAGE + 1) * PAGE : begin + 1;
    return lode_contigs_at(place->index, begin, end, &first, &last) == LODE_OK &&
           name_or_number(place, first, &place->first) && name_or_number(place, last, &place->last);
}

bool tool_place_contigs(struct tool_place *place, const struct lode_diag *finding)
{
    const bool in_text = strcmp(finding->rule, "T-3") == 0;
    const bool in_file = strcmp(finding->rule, "Z-5") == 0 ||
                         (strcmp(finding->rule, "B-5") == 0 && finding->section[0] == '\0');
    if (finding->offset > INT64_MAX - PAGE)
        return false;
    if (in_text || in_file)
        return place_in_source(place, finding, in_file);
    return finding->section[0] != '\0' && place_in_index(place, finding);
}

void tool_place_free(struct tool_place *place)
{
    tool_name_free(&place->locator);
    tool_name_free(&place->first);
    tool_name_free(&place->last);
}
