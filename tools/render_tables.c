#include "render_tables.h"

#include <string.h>

#include "layout.h"

#define FIELD_ROW(row, name, off, size, meaning) {(off), (size), #name, meaning},
static const struct render_field header_fields[] = {LODE_HEADER_FIELDS(FIELD_ROW)};
static const struct render_field entry_fields[] = {LODE_ENTRY_FIELDS(FIELD_ROW)};
static const struct render_field srce_fields[] = {LODE_SRCE_FIELDS(FIELD_ROW)};
static const struct render_field ctig_fields[] = {LODE_CTIG_FIELDS(FIELD_ROW)};
static const struct render_field blok_fields[] = {LODE_BLOK_FIELDS(FIELD_ROW)};
static const struct render_field bins_fields[] = {LODE_BINS_FIELDS(FIELD_ROW)};
static const struct render_field excp_fields[] = {LODE_EXCP_FIELDS(FIELD_ROW)};
static const struct render_field gaps_fields[] = {LODE_GAPS_FIELDS(FIELD_ROW)};
static const struct render_field digs_fields[] = {LODE_DIGS_FIELDS(FIELD_ROW)};
static const struct render_field rinf_fields[] = {LODE_RINF_FIELDS(FIELD_ROW)};
static const struct render_field rtyp_fields[] = {LODE_RTYP_FIELDS(FIELD_ROW)};
static const struct render_field rblk_fields[] = {LODE_RBLK_FIELDS(FIELD_ROW)};
static const struct render_field roff_fields[] = {LODE_ROFF_FIELDS(FIELD_ROW)};
static const struct render_field mset_fields[] = {LODE_MSET_FIELDS(FIELD_ROW)};

#define TABLE(name, heading)                                                                       \
    {                                                                                              \
#name, heading, name##_fields, sizeof name##_fields / sizeof *name##_fields                \
    }
const struct render_table render_tables[] = {
    TABLE(header, "The header"),
    TABLE(entry, "An entry of the directory"),
    TABLE(srce, "A row of SRCE: a source"),
    TABLE(ctig, "A row of CTIG: a contig"),
    TABLE(blok, "A row of BLOK: a BGZF block"),
    TABLE(bins, "A row of BINS: composition of 65,536 bases"),
    TABLE(excp, "A row of EXCP: a run of one letter other than A, C, G, T"),
    TABLE(gaps, "A row of GAPS: text that belongs to no record"),
    TABLE(digs, "A row of DIGS: digests of a contig"),
    TABLE(rinf, "The row of RINF: a record store"),
    TABLE(rtyp, "A row of RTYP: a type of records"),
    TABLE(rblk, "A row of RBLK: records that are packed together"),
    TABLE(roff, "A row of ROFF: a record"),
    TABLE(mset, "A row of MSET: a member of a set"),
};

const size_t render_table_count = sizeof render_tables / sizeof *render_tables;

#define SECTION_ROW(name, a, b, c, d, stride, flags) {#name, (stride), (flags)},
const struct render_section render_sections[] = {LODE_SECTIONS(SECTION_ROW)};
const size_t render_section_count = sizeof render_sections / sizeof *render_sections;
const struct render_section render_store_sections[] = {LODE_STORE_SECTIONS(SECTION_ROW)};
const size_t render_store_section_count =
    sizeof render_store_sections / sizeof *render_store_sections;

const struct render_section render_set_sections[] = {LODE_SET_SECTIONS(SECTION_ROW)};
const size_t render_set_section_count = sizeof render_set_sections / sizeof *render_set_sections;

const char *render_content_of(const char *id)
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
        {"BASE", "packed bases, two bits each (--pack)"},
        {"RINF", "about a record store"},
        {"RTYP", "types of records"},
        {"RSTR", "name of the store, texts of types"},
        {"RDIC", "dictionary of zstd"},
        {"RBLK", "blocks of records that are packed together"},
        {"ROFF", "records: where they stand, their keys and sums"},
        {"RSLT", "hash table of keys"},
        {"RKEY", "keys"},
        {"RHEP", "bytes of records"},
        {"MSET", "members of a set"},
        {"MSTR", "names of their files"},
        {"MDED", "numbers of records that are out of use"},
        {"PSUM", "XXH64 of every 65,536 bytes of the index"},
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        if (strcmp(contents[i][0], id) == 0)
            return contents[i][1];
    }
    return "see SPEC.md";
}
