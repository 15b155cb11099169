/* Owns the roff that manual pages are made of: man(7) macros, with all text escaped. */
#ifndef LODE_TOOL_RENDER_ROFF_H
#define LODE_TOOL_RENDER_ROFF_H

#include <stddef.h>
#include <stdio.h>

enum roff_kind {
    ROFF_SECTION, /* a heading */
    ROFF_TEXT,    /* a paragraph */
    ROFF_TERM,    /* a term, in bold, and what it means */
    ROFF_EXAMPLE, /* lines as they are */
};

/* A page that is all text is a table of these. */
struct roff_item {
    enum roff_kind kind;
    const char *term, *text; /* term: of ROFF_TERM alone */
};

void roff_title(const char *name, int section, FILE *out);
void roff_items(const struct roff_item *items, size_t n, FILE *out);

/* Text inside a line; lines of text. */
void roff_inline(const char *text, size_t len, FILE *out);
void roff_lines(const char *text, FILE *out);
/* In the font: 'B' bold, 'I' italic. */
void roff_font(char font, const char *text, size_t len, FILE *out);

#endif
