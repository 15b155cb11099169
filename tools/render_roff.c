/* Owns how text becomes roff. */
#include "render_roff.h"

#include <string.h>

#include "lode.h"

/* Characters that roff reads as something else, or prints as typographers like them. */
static const char *escape_of(char c)
{
    switch (c) {
    case '\\':
        return "\\e";
    case '-':
        return "\\-";
    case '\'':
        return "\\(aq";
    case '`':
        return "\\(ga";
    case '^':
        return "\\(ha";
    case '~':
        return "\\(ti";
    default:
        return NULL;
    }
}

void roff_inline(const char *text, size_t len, FILE *out)
{
    for (size_t i = 0; i < len; i++) {
        const char *escape = escape_of(text[i]);
        if (escape != NULL)
            fputs(escape, out);
        else
            putc(text[i], out);
    }
}

void roff_font(char font, const char *text, size_t len, FILE *out)
{
    fprintf(out, "\\f%c", font);
    roff_inline(text, len, out);
    fputs("\\fR", out);
}

/* A line that begins with a full stop would be a macro. */
void roff_lines(const char *text, FILE *out)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, "\n");
        if (text[0] == '.')
            fputs("\\&", out);
        roff_inline(text, len, out);
        putc('\n', out);
        text += len + (text[len] == '\n');
    }
}

/* Without a date: the same sources give the same bytes on every day. */
void roff_title(const char *name, int section, FILE *out)
{
    fputs(".\\\" Made from the option table of lode by lode_docs.\n.TH ", out);
    for (const char *c = name; *c != '\0'; c++)
        putc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, out);
    fprintf(out, " %d \"\" \"lode %s\" \"lode manual\"\n", section, LODE_VERSION_STRING);
}

/* The first paragraph of a section needs no macro, and mandoc warns of one. */
static void print_item(const struct roff_item *item, int after_section, FILE *out)
{
    switch (item->kind) {
    case ROFF_SECTION:
        fprintf(out, ".SH %s\n", item->text);
        return;
    case ROFF_TEXT:
        fputs(after_section ? "" : ".PP\n", out);
        roff_lines(item->text, out);
        return;
    case ROFF_TERM:
        fputs(".TP\n", out);
        roff_font('B', item->term, strlen(item->term), out);
        putc('\n', out);
        roff_lines(item->text, out);
        return;
    case ROFF_EXAMPLE:
        fprintf(out, "%s.RS 4\n.nf\n", after_section ? "" : ".PP\n");
        roff_lines(item->text, out);
        fputs(".fi\n.RE\n", out);
        return;
    }
}

void roff_items(const struct roff_item *items, size_t n, FILE *out)
{
    for (size_t i = 0; i < n; i++)
        print_item(&items[i], i > 0 && items[i - 1].kind == ROFF_SECTION, out);
}
