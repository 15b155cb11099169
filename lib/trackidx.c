#include "trackidx.h"

#include "diag.h"
#include "grow.h"
#include "nametable.h"
#include "seqindex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad_line(const struct lode_trackidx *idx, uint64_t line, const char *why,
                    struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_FORMAT,
                         "%s: line %llu: %s; lines are 'contig<TAB>byte offset', the last one "
                         "without a contig",
                         idx->path, (unsigned long long)line, why);
}

/* A decimal number of at most 15 digits, which is below 2^50. */
static bool parse_offset(const char *text, size_t n, uint64_t *offset)
{
    *offset = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *offset = *offset * 10 + (uint64_t)(text[i] - '0');
    }
    return n > 0 && n <= 15 && *offset <= LODE_TEXT_MAX;
}

/* Ends the contig before, which began at its text_off. */
static const char *end_last(struct lode_trackidx *idx, uint64_t offset, unsigned width)
{
    if (idx->count == 0)
        return offset == 0 ? NULL : "the first contig does not begin at 0";
    struct lode_contig_row *last = &idx->contigs[idx->count - 1].row;
    if (offset < last->text_off)
        return "the offset is below the one before";
    last->length = last->line_bases = offset - last->text_off;
    return last->length % width == 0 ? NULL
                                     : "the contig before does not hold a whole number of values";
}

static const char *check_name(const char *name, size_t len)
{
    if (len > LODE_STRING_MAX - 1)
        return "the name is too long";
    for (size_t i = 0; i < len; i++)
        if ((uint8_t)name[i] < 0x21)
            return "the name holds a blank or a control character";
    return NULL;
}

static bool begin_contig(struct lode_trackidx *idx, const char *name, size_t len, uint64_t offset,
                         uint64_t line, int track)
{
    if (!LODE_GROW(idx->contigs, idx->count, idx->cap) ||
        !lode_grow(&idx->names, &idx->names_cap, idx->names_len + len + 1, 1))
        return false;
    struct lode_contig_entry *entry = &idx->contigs[idx->count++];
    *entry = (struct lode_contig_entry){.line = line, .hash = lode_name_hash(name, len, 0)};
    entry->row.text_off = offset;
    entry->row.name_off = idx->names_len;
    entry->row.name_len = (uint32_t)len;
    entry->row.encoding = LODE_ENCODING_VALUES;
    entry->row.lead = (uint8_t)track;
    memcpy(idx->names + idx->names_len, name, len);
    idx->names[idx->names_len + len] = 0;
    idx->names_len += len + 1;
    return true;
}

static int take_line(struct lode_trackidx *idx, const char *text, size_t n, uint64_t line,
                     int track, struct lode_diag *diag)
{
    uint64_t offset;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (n == 0)
        return LODE_OK;
    const char *tab = memchr(text, '\t', n);
    if (idx->ended)
        return bad_line(idx, line, "there are lines behind the one without a contig", diag);
    if (tab == NULL || !parse_offset(tab + 1, n - (size_t)(tab + 1 - text), &offset))
        return bad_line(idx, line, "no offset", diag);
    const size_t len = (size_t)(tab - text);
    const char *why = end_last(idx, offset, lode_dtype_width((unsigned)track));
    if (why == NULL)
        why = check_name(text, len);
    if (why != NULL)
        return bad_line(idx, line, why, diag);
    idx->ended = len == 0;
    idx->end = offset;
    if (!idx->ended && !begin_contig(idx, text, len, offset, line, track))
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    return LODE_OK;
}

static int read_lines(struct lode_trackidx *idx, FILE *file, int track, struct lode_diag *diag)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    uint64_t line = 0;
    int status = LODE_OK;
    while (status == LODE_OK && (n = getline(&text, &cap, file)) >= 0)
        status = take_line(idx, text, (size_t)n, ++line, track, diag);
    if (status == LODE_OK && !feof(file)) /* getline ends as well where memory does */
        status = lode_diag_errno(diag, "%s: cannot read", idx->path);
    free(text);
    if (status == LODE_OK && !idx->ended)
        return bad_line(idx, line, "the file ends before the line without a contig", diag);
    return status;
}

int lode_trackidx_read(struct lode_trackidx *idx, const char *path, int track,
                       struct lode_diag *diag)
{
    memset(idx, 0, sizeof *idx);
    if (asprintf(&idx->path, "%s.idx", path) < 0) {
        idx->path = NULL;
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    }
    FILE *file = fopen(idx->path, "re");
    if (file == NULL && errno == ENOENT)
        return lode_diag_set(diag, LODE_E_MISSING,
                             "%s: no such file: it says where in the track each contig begins",
                             idx->path);
    if (file == NULL)
        return lode_diag_errno(diag, "%s: cannot open", idx->path);
    const int status = read_lines(idx, file, track, diag);
    fclose(file);
    return status;
}

int lode_trackidx_take(struct lode_trackidx *idx, uint64_t text_len, struct lode_stretch *stretch,
                       struct lode_diag *diag)
{
    if (idx->end != text_len)
        return lode_diag_set(diag, LODE_E_FORMAT,
                             "%s: the last offset is %llu, but the track holds %llu bytes",
                             idx->path, (unsigned long long)idx->end, (unsigned long long)text_len);
    for (size_t i = 0; i < idx->count; i++) {
        if (!LODE_GROW(stretch->contigs, stretch->contig_count, stretch->contig_cap))
            return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
        stretch->contigs[stretch->contig_count++] = idx->contigs[i];
    }
    if (!lode_grow(&stretch->names, &stretch->names_cap, idx->names_len, 1))
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    if (idx->names_len > 0)
        memcpy(stretch->names, idx->names, idx->names_len);
    stretch->names_len = idx->names_len;
    return LODE_OK;
}

void lode_trackidx_free(struct lode_trackidx *idx)
{
    free(idx->path);
    free(idx->contigs);
    free(idx->names);
    memset(idx, 0, sizeof *idx);
}
