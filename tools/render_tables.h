/* Owns the tables of format/layout.h in the form that pages and pictures are made from. */
#ifndef LODE_TOOL_RENDER_TABLES_H
#define LODE_TOOL_RENDER_TABLES_H

#include <stddef.h>

struct render_field {
    unsigned offset, size; /* bytes */
    const char *name, *meaning;
};

/* A row of a section, the header, or an entry of the directory. */
struct render_table {
    const char *name, *heading;
    const struct render_field *fields;
    size_t count;
};

struct render_section {
    const char *id;
    unsigned stride, flags;
};

extern const struct render_table render_tables[];
extern const size_t render_table_count;
extern const struct render_section render_sections[]; /* in file order */
extern const size_t render_section_count;
extern const struct render_section render_store_sections[]; /* of a record store */
extern const size_t render_store_section_count;
extern const struct render_section render_set_sections[]; /* of a set */
extern const size_t render_set_section_count;

/* What a section holds. */
const char *render_content_of(const char *id);

#endif
