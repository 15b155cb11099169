/* Owns lode.5, the manual page of the file format, made from the tables of format/layout.h. */
#include <ctype.h>
#include <string.h>

#include "layout.h"
#include "render.h"
#include "render_roff.h"
#include "render_tables.h"

static void print_flags(unsigned flags, FILE *out)
{
    static const char *const names[] = {"CRITICAL", "BULK", "SAFE_TO_COPY", "SORTED"};
    const char *space = "";
    for (unsigned bit = 0; bit < sizeof names / sizeof *names; bit++) {
        if (flags & 1u << bit) {
            fprintf(out, "%s%s", space, names[bit]);
            space = " ";
        }
    }
    if (flags == 0)
        fputs("\\-", out);
}

/* A cell that tbl(1) breaks into lines. */
static void print_cell(const char *text, FILE *out)
{
    fputs("\tT{\n", out);
    roff_lines(text, out);
    fputs("T}\n", out);
}

static void print_sections(const struct render_section *sections, size_t n, FILE *out)
{
    fputs(".TS\nlb lb lb lbx\nl r l lx.\nid\tstride\tflags\tcontent\n", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s\t%u\t", sections[i].id, sections[i].stride);
        print_flags(sections[i].flags, out);
        print_cell(render_content_of(sections[i].id), out);
    }
    fputs(".TE\n", out);
}

static void print_table(const struct render_table *table, FILE *out)
{
    fprintf(out, ".SS %s\n.TS\nlb lb lb lbx\nr r l lx.\noffset\tsize\tfield\tmeaning\n",
            table->heading);
    for (size_t i = 0; i < table->count; i++) {
        const struct render_field *field = &table->fields[i];
        fprintf(out, "%u\t%u\t", field->offset, field->size);
        for (const char *c = field->name; *c != '\0'; c++)
            putc(tolower((unsigned char)*c), out);
        print_cell(field->meaning, out);
    }
    fputs(".TE\n", out);
}

static void print_version(FILE *out)
{
    fprintf(out, "This page tells of format version %d.%d.\n", LODE_FORMAT_MAJOR,
            LODE_FORMAT_MINOR);
}

void render_man_format(FILE *out)
{
    static const struct roff_item opening[] = {
        {ROFF_SECTION, NULL, "NAME"},
        {ROFF_TEXT, NULL, "lode - the file format of lode indexes"},
        {ROFF_SECTION, NULL, "DESCRIPTION"},
        {ROFF_TEXT, NULL,
         "A lode file is a container: a header, a directory, sections, page sums. The header and\n"
         "the directory stand under one checksum, and every 65,536 bytes of what follows under\n"
         "one each. Sections are tables of rows of one size. All integers are unsigned and\n"
         "little-endian; offsets and lengths are in bytes, counts in rows, positions in bases,\n"
         "all from 0.\n"},
        {ROFF_TEXT, NULL,
         "The container carries a sequence index: where every base of every contig of a set of\n"
         "FASTA files stands, and sums that prove it. The FASTA files stay where they are. A\n"
         "base is found in four steps: the name in TNAM or GNAM gives a row of CTIG; line width\n"
         "and line ends there give the offset in the text; BLOK gives the compressed block, in a\n"
         "source that is BGZF; SUMS proves the 4,096 bytes of text that were read.\n"},
        {ROFF_TEXT, NULL,
         "Or it carries record stores: records of any length, by number or by key. RSLT gives the\n"
         "row of ROFF of a key, and that the bytes in RHEP, raw or as a zstd frame.\n"},
        {ROFF_TEXT, NULL,
         "Or it is a set: MSET names other lode files beside it, which answer together.\n"},
    };
    static const struct roff_item closing[] = {
        {ROFF_SECTION, NULL, "VERSIONS"},
        {ROFF_TEXT, NULL,
         "A reader refuses a major version that it does not know, and accepts every minor version\n"
         "of one that it knows. Sections that it does not know are passed over unless CRITICAL.\n"},
        {ROFF_SECTION, NULL, "STANDARDS"},
        {ROFF_TEXT, NULL,
         "SPEC.md of the project is normative, and enough to write a reader. Its sections 3 and 4\n"
         "define the container, 5 the sections, 6 the way from a position to proven bases, 12\n"
         "what is promised when a FASTA file changes, 15 record stores, 16 sets.\n"},
    };
    fputs("'\\\" t\n", out);
    roff_title("lode", 5, out);
    roff_items(opening, sizeof opening / sizeof *opening, out);
    fputs(".PP\n", out);
    print_version(out);
    fputs(".SH SECTIONS\n", out);
    print_sections(render_sections, render_section_count, out);
    fputs(".PP\nA record store has, in a group of its own:\n", out);
    print_sections(render_store_sections, render_store_section_count, out);
    fputs(".PP\nA set of files has:\n", out);
    print_sections(render_set_sections, render_set_section_count, out);
    fputs(".SH ROWS\n", out);
    for (size_t i = 0; i < render_table_count; i++)
        print_table(&render_tables[i], out);
    roff_items(closing, sizeof closing / sizeof *closing, out);
    fputs(".SH SEE ALSO\n\\fBlode\\fR(1),\n\\fBlode\\fR(7)\n", out);
}
