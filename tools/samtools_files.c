#include "samtools_files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "names.h"

/* ---- .fai ----------------------------------------------------------------------------------- */

/* A last line without a line end counts as if it had one, as in samtools. */
static void put_fai_row(FILE *out, const char *name, int64_t length,
                        const struct lode_record *record)
{
    const int64_t width = record->line_width + (record->lines_eol == 0);
    fprintf(out, "%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n", name, length,
            record->text_bases, record->line_bases, width);
}

int tool_write_fai(FILE *out, const lode_index *index, int64_t source, struct lode_diag *diag)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    struct tool_name name = {0};
    int status = lode_source_info(index, source, &info, diag);
    for (int64_t i = 0; i < info.contigs && status == LODE_OK && !ferror(out); i++) {
        struct lode_record record = {.struct_size = sizeof record};
        struct lode_contig contig;
        const int64_t id = info.first_contig + i;
        status = lode_contig_at(index, id, &contig, diag);
        if (status == LODE_OK)
            status = lode_record_at(index, id, &record, diag);
        if (status == LODE_OK)
            status = tool_name_get(&name, lode_contig_name, index, id);
        if (status == LODE_OK && contig.length > 0 && !record.duplicate)
            put_fai_row(out, name.bytes, contig.length, &record);
    }
    tool_name_free(&name);
    return status;
}

/* ---- .gzi ----------------------------------------------------------------------------------- */

static void put_u64(FILE *out, int64_t v)
{
    for (int i = 0; i < 8; i++)
        putc((int)((uint64_t)v >> (8 * i) & 0xFF), out);
}

/* The rows, or with out NULL their number in *count: the file begins with it. */
static int walk_blocks(FILE *out, const lode_index *index, int64_t source, int64_t blocks,
                       int with_eof, int64_t *count)
{
    int64_t text, file, next_text, next_file, seen = 0;
    int status = lode_block_at(index, source, 0, &text, &file);
    *count = 0;
    for (int64_t i = 0; i < blocks && status == LODE_OK; i++) {
        status = lode_block_at(index, source, i + 1, &next_text, &next_file);
        if (status == LODE_OK && (next_text > text || (with_eof && i + 1 == blocks)) &&
            seen++ > 0) {
            ++*count;
            if (out != NULL) {
                put_u64(out, file);
                put_u64(out, text);
            }
        }
        text = next_text;
        file = next_file;
    }
    return status;
}

int tool_write_gzi(FILE *out, const lode_index *index, int64_t source, int with_eof,
                   struct lode_diag *diag)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    int64_t count = 0;
    int status = lode_source_info(index, source, &info, diag);
    if (status == LODE_OK)
        status = walk_blocks(NULL, index, source, info.blocks, with_eof, &count);
    if (status != LODE_OK)
        return status;
    put_u64(out, count);
    return walk_blocks(out, index, source, info.blocks, with_eof, &count);
}

/* ---- those that are there ------------------------------------------------------------------- */

/* Does the file at path hold exactly these bytes? */
static int holds(const char *path, const char *bytes, size_t n)
{
    char buf[65536];
    FILE *in = fopen(path, "re");
    int same = in != NULL;
    size_t at = 0, got;
    while (same && (got = fread(buf, 1, sizeof buf, in)) > 0) {
        same = got <= n - at && memcmp(buf, bytes + at, got) == 0;
        at += got;
    }
    same = same && at == n && !ferror(in);
    if (in != NULL)
        fclose(in);
    return same;
}

/* One form of a side file, in memory; NULL when the index cannot say. */
static char *made(const lode_index *index, int64_t source, int gzi, int with_eof, size_t *n)
{
    char *bytes = NULL;
    struct lode_diag diag;
    FILE *out = open_memstream(&bytes, n);
    if (out == NULL)
        return NULL;
    const int status = gzi ? tool_write_gzi(out, index, source, with_eof, &diag)
                           : tool_write_fai(out, index, source, &diag);
    if (fclose(out) == 0 && status == LODE_OK)
        return bytes;
    free(bytes);
    return NULL;
}

/* INDEX, and where it has several sources the NAME of one, as `lode export` takes them. */
struct named {
    const char *index;
    struct tool_name name; /* len 0: none needed */
};

static void check(const lode_index *index, int64_t source, const struct named *named,
                  const char *fasta, int gzi)
{
    char path[4096];
    struct stat st;
    int right = 0;
    if (snprintf(path, sizeof path, "%s.%s", fasta, gzi ? "gzi" : "fai") >= (int)sizeof path ||
        stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    for (int form = 0; form <= gzi && !right; form++) {
        size_t n = 0;
        char *bytes = made(index, source, gzi, form, &n);
        right = bytes == NULL || holds(path, bytes, n);
        free(bytes);
    }
    if (!right)
        tool_warning("%s does not describe the file beside it; lode does not use it, but others "
                     "may: make it again with 'lode export %s%s%s --%s -o %s'",
                     path, named->index, named->name.len > 0 ? " " : "",
                     named->name.len > 0 ? named->name.bytes : "", gzi ? "gzi" : "fai", path);
}

static void check_source(const lode_index *index, int64_t source, const char *index_path)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    struct lode_info all = {.struct_size = sizeof all};
    struct named named = {.index = index_path};
    struct tool_name locator = {0};
    char fasta[4096];
    const char *slash = strrchr(index_path, '/');
    const int dir = slash != NULL ? (int)(slash - index_path) + 1 : 0;
    if (lode_source_info(index, source, &info, NULL) == LODE_OK &&
        tool_name_get(&locator, lode_source_path, index, source) == LODE_OK &&
        snprintf(fasta, sizeof fasta, "%.*s%s", dir, index_path, locator.bytes) <
            (int)sizeof fasta) {
        if (lode_index_info(index, &all) == LODE_OK && all.sources > 1)
            (void)tool_name_get(&named.name, lode_source_name, index, source);
        check(index, source, &named, fasta, 0);
        if (info.kind == 1)
            check(index, source, &named, fasta, 1);
    }
    tool_name_free(&named.name);
    tool_name_free(&locator);
}

void tool_check_samtools_files(const char *path)
{
    struct lode_info info = {.struct_size = sizeof info};
    lode_index *index = NULL;
    if (lode_open(path, NULL, &index, NULL) == LODE_OK && lode_index_info(index, &info) == LODE_OK)
        for (int64_t i = 0; i < info.sources; i++)
            check_source(index, i, path);
    lode_close(index);
}
