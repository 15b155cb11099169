/* Owns lode.5, the manual page of the file format, made from the tables of format/layout.h. */
#include <ctype.h>
#include <string.h>

#include "layout.h"
#include "render.h"
#include "render_roff.h"

struct field {
    unsigned offset, size;
    const char *name, *meaning;
};

struct record_table {
    const char *name, *heading;
    const struct field *fields;
    size_t count;
};

#define FIELD_ROW(row, name, off, size, meaning) {(off), (size), #name, meaning},
static const struct field header_fields[] = {LODE_HEADER_FIELDS(FIELD_ROW)};
static const struct field entry_fields[] = {LODE_ENTRY_FIELDS(FIELD_ROW)};
static const struct field srce_fields[] = {LODE_SRCE_FIELDS(FIELD_ROW)};
static const struct field ctig_fields[] = {LODE_CTIG_FIELDS(FIELD_ROW)};
static const struct field blok_fields[] = {LODE_BLOK_FIELDS(FIELD_ROW)};
static const struct field bins_fields[] = {LODE_BINS_FIELDS(FIELD_ROW)};
static const struct field excp_fields[] = {LODE_EXCP_FIELDS(FIELD_ROW)};
static const struct field gaps_fields[] = {LODE_GAPS_FIELDS(FIELD_ROW)};
#ifdef LODE_DIGS_FIELDS
static const struct field digs_fields[] = {LODE_DIGS_FIELDS(FIELD_ROW)};
#endif

#define TABLE(name, heading)                                                                       \
    {                                                                                              \
#name, heading, name##_fields, sizeof name##_fields / sizeof *name##_fields                \
    }
static const struct record_table tables[] = {
    TABLE(header, "The header"),
    TABLE(entry, "An entry of the directory"),
    TABLE(srce, "A row of SRCE: a source"),
    TABLE(ctig, "A row of CTIG: a contig"),
    TABLE(blok, "A row of BLOK: a BGZF block"),
    TABLE(bins, "A row of BINS: composition of 65,536 bases"),
    TABLE(excp, "A row of EXCP: a run of one letter other than A, C, G, T"),
    TABLE(gaps, "A row of GAPS: text that belongs to no record"),
#ifdef LODE_DIGS_FIELDS
    TABLE(digs, "A row of DIGS: digests of a contig"),
#endif
};

struct section_row {
    const char *id;
    unsigned stride, flags;
};

#define SECTION_ROW(name, a, b, c, d, stride, flags) {#name, (stride), (flags)},
static const struct section_row sections[] = {LODE_SECTIONS(SECTION_ROW)};

/* What a section holds; SPEC.md explains those that are not here. */
static const char *content_of(const char *id)
{
    static const char *const contents[][2] = {
        {"SRCE", "sources: the FASTA files"},
        {"SNAM", "hash table of the sources' NAMEs"},
        {"SSTR", "paths and NAMEs of sources"},
        {"OPTS", "options that made the content, and the writer"},
        {"CTIG", "contigs"},
        {"TNAM", "hash tables of contig names, one for each source"},
        {"GNAM", "hash table of contig names over all sources"},
        {"NAME", "names of contigs"},
        {"BLOK", "BGZF blocks: where they stand, and their CRC-32"},
        {"SUMS", "a 32-bit sum of every 4,096 bytes of text"},
        {"BINS", "composition of every 65,536 bases"},
        {"CASE", "where the letter case changes"},
        {"EXCP", "runs of letters other than A, C, G, T"},
        {"GAPS", "text that belongs to no record"},
        {"DIGS", "digests of contigs"},
        {"DESC", "rests of header lines, and the bytes of gaps"},
        {"PSUM", "XXH64 of every 65,536 bytes of the index"},
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        if (strcmp(contents[i][0], id) == 0)
            return contents[i][1];
    }
    return "see SPEC.md";
}

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

static void print_sections(FILE *out)
{
    fputs(".TS\nlb lb lb lbx\nl r l lx.\nid\tstride\tflags\tcontent\n", out);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        fprintf(out, "%s\t%u\t", sections[i].id, sections[i].stride);
        print_flags(sections[i].flags, out);
        print_cell(content_of(sections[i].id), out);
    }
    fputs(".TE\n", out);
}

static void print_table(const struct record_table *table, FILE *out)
{
    fprintf(out, ".SS %s\n.TS\nlb lb lb lbx\nr r l lx.\noffset\tsize\tfield\tmeaning\n",
            table->heading);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
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
         "what is promised when a FASTA file changes.\n"},
    };
    fputs("'\\\" t\n", out);
    roff_title("lode", 5, out);
    roff_items(opening, sizeof opening / sizeof *opening, out);
    fputs(".PP\n", out);
    print_version(out);
    fputs(".SH SECTIONS\n", out);
    print_sections(out);
    fputs(".SH ROWS\n", out);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        print_table(&tables[i], out);
    roff_items(closing, sizeof closing / sizeof *closing, out);
    fputs(".SH SEE ALSO\n\\fBlode\\fR(1),\n\\fBlode\\fR(7)\n", out);
}
