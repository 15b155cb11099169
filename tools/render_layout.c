/* Owns the picture of an index file, as SVG: its sections from front to back, and the rows that a
 * read goes through, made from the tables that the constants are made from. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "render.h"
#include "render_tables.h"

enum {
    LINE = 18,  /* height of a line of 8 bytes, or of a section */
    LETTER = 6, /* width of a letter of a field's name */
    BYTE = 34,  /* width of a byte */
    STRIP_X = 16,
    STRIP_WIDTH = 372,
    GRID_X = 412,
    GRID_STEP = 8 * BYTE + 24,
    TOP = 34,
    TITLE = 26,
    WIDTH = GRID_X + 2 * GRID_STEP,
    HEIGHT = 536,
};

static void print_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        fprintf(out, "%s%.*s",
                *text == '<'   ? "&lt;"
                : *text == '>' ? "&gt;"
                : *text == '&' ? "&amp;"
                               : "",
                strchr("<>&", *text) == NULL, text);
}

static void print_text(int x, int y, const char *class, const char *text, FILE *out)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    print_escaped(text, out);
    fputs("</text>\n", out);
}

/* One part of the file: what it is called, how long its rows are, what it holds. */
static void print_part(int *y, const char *class, const char *name, unsigned stride,
                       const char *content, FILE *out)
{
    char row[32] = "";
    if (stride > 1)
        snprintf(row, sizeof row, "%u", stride);
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\"/>\n", STRIP_X, *y,
            STRIP_WIDTH, LINE, class);
    print_text(STRIP_X + 8, *y + 13, "id", name, out);
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"num\">%s</text>\n", STRIP_X + 86, *y + 13, row);
    print_text(STRIP_X + 98, *y + 13, "what", content, out);
    *y += LINE + 4;
}

static void print_strip(FILE *out)
{
    int y = TOP;
    print_text(STRIP_X, TOP - 10, "title", "The file, front to back (id, bytes a row, content)",
               out);
    print_part(&y, "head", "header", 64, "magic, version, sizes, content id, checksum", out);
    print_part(&y, "head", "directory", 64, "where every section is; under the same checksum", out);
    for (size_t i = 0; i < render_section_count; i++) {
        const struct render_section *s = &render_sections[i];
        const bool read = strstr("SRCE CTIG TNAM NAME BLOK SUMS", s->id) != NULL;
        print_part(&y, read ? "path" : "part", s->id, s->stride, render_content_of(s->id), out);
    }
    print_text(STRIP_X, y + 14, "what", "Darker: what one read touches. Every 65,536 bytes stand",
               out);
    print_text(STRIP_X, y + 28, "what", "under one sum of PSUM, PSUM under the header's.", out);
    print_text(STRIP_X, y + 48, "what", "Right: rows in lines of 8 bytes.", out);
}

/* A box of n bytes of a line; names that do not fit are made small. */
static void print_box(int x, int y, unsigned n, const char *name, FILE *out)
{
    const int width = (int)n * BYTE;
    const int letters = (int)strlen(name);
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"box\"/>\n", x, y,
            width, LINE);
    fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"field\"", x + width / 2, y + 13);
    if (letters * LETTER > width - 4)
        fprintf(out, " style=\"font-size:%dpx\"", 10 * (width - 4) / (letters * LETTER));
    putc('>', out);
    for (; *name != '\0'; name++)
        putc(tolower((unsigned char)*name), out);
    fputs("</text>\n", out);
}

/* A record as lines of 8 bytes. Returns where it ends. */
static int print_grid(const char *name, int column, int y, FILE *out)
{
    const int x = GRID_X + column * GRID_STEP;
    const struct render_table *table = render_tables;
    unsigned end = 0;
    while (strcmp(table->name, name) != 0)
        table++;
    print_text(x, y - 8, "title", table->heading, out);
    for (size_t i = 0; i < table->count; i++) {
        const struct render_field *field = &table->fields[i];
        for (unsigned at = field->offset; at < field->offset + field->size;) {
            const unsigned line_end = at / 8 * 8 + 8, field_end = field->offset + field->size;
            const unsigned stop = line_end < field_end ? line_end : field_end;
            print_box(x + (int)(at % 8) * BYTE, y + (int)(at / 8) * LINE, stop - at, field->name,
                      out);
            at = stop;
        }
        end = field->offset + field->size;
    }
    return y + (int)((end + 7) / 8) * LINE + TITLE;
}

void render_layout(FILE *out)
{
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" role=\"img\">\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    fputs(
        "<title>Layout of a lode index</title>\n"
        "<style>text{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:10px;fill:#1b2733}"
        ".title{font-family:system-ui,sans-serif;font-size:11px;font-weight:600}"
        ".id{font-weight:700}.num{text-anchor:end}.what{font-family:system-ui,sans-serif}"
        ".field{text-anchor:middle}rect{stroke:#6b7f93;stroke-width:.7}.head{fill:#f5e6c8}"
        ".part{fill:#eef3f7}.path{fill:#b9d7ea}.box{fill:#fff}</style>\n"
        "<rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n",
        out);
    print_strip(out);
    int left = TOP, right = TOP;
    left = print_grid("header", 0, left, out);
    left = print_grid("entry", 0, left, out);
    print_grid("ctig", 0, left, out);
    right = print_grid("srce", 1, right, out);
    right = print_grid("blok", 1, right, out);
    print_grid("bins", 1, right, out);
    fputs("</svg>\n", out);
}
