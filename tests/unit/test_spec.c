/* SPEC.md and the constants say the same: byte tables, sections, reserved ids, statuses. The test
 * looks for the first difference, and is itself tested on texts with rows taken out and put in. */
#include "layout.h"
#include "support.h"

#include <ctype.h>

struct field {
    const char *table, *name;
    unsigned off, size;
};

#define LIST(row, name, off, size, meaning) {#row, #name, off, size},
static const struct field fields[] = {
    LODE_HEADER_FIELDS(LIST) LODE_ENTRY_FIELDS(LIST) LODE_SRCE_FIELDS(LIST) LODE_CTIG_FIELDS(LIST)
        LODE_BLOK_FIELDS(LIST) LODE_BINS_FIELDS(LIST) LODE_EXCP_FIELDS(LIST) LODE_GAPS_FIELDS(LIST)
            LODE_DIGS_FIELDS(LIST) LODE_RINF_FIELDS(LIST) LODE_RTYP_FIELDS(LIST)
                LODE_RBLK_FIELDS(LIST) LODE_ROFF_FIELDS(LIST) LODE_MSET_FIELDS(LIST)};
#undef LIST
static const char *const tables[] = {"HEADER", "ENTRY", "SRCE", "CTIG", "BLOK", "BINS", "EXCP",
                                     "GAPS",   "DIGS",  "RINF", "RTYP", "RBLK", "ROFF", "MSET"};

struct section {
    const char *name;
    unsigned stride, flags;
};
#define LIST(name, a, b, c, d, stride, flags) {#name, stride, flags},
static const struct section index_sections[] = {LODE_SECTIONS(LIST)};
static const struct section store_sections[] = {LODE_STORE_SECTIONS(LIST)};
static const struct section set_sections[] = {LODE_SET_SECTIONS(LIST)};
#undef LIST
static const struct {
    const char *table;
    const struct section *sections;
    size_t count;
} section_tables[] = {{"SECTIONS", index_sections, COUNT_OF(index_sections)},
                      {"STORE_SECTIONS", store_sections, COUNT_OF(store_sections)},
                      {"SET_SECTIONS", set_sections, COUNT_OF(set_sections)}};

static char difference[256]; /* the first one found */

static const char *differs(const char *table, const char *row)
{
    snprintf(difference, sizeof difference, "%s: %.*s", table, (int)strcspn(row, "\n"), row);
    return difference;
}

/* Cell number k of a table row, trimmed. */
static char *cell(const char *row, int k, char out[128])
{
    for (; k >= 0; k--)
        row = strchr(row, '|') + 1;
    row += strspn(row, " ");
    size_t n = strcspn(row, "|\n");
    while (n > 0 && row[n - 1] == ' ')
        n--;
    snprintf(out, 128, "%.*s", (int)n, row);
    return out;
}

static const char *next_line(const char *p)
{
    p += strcspn(p, "\n");
    return *p == '\n' ? p + 1 : p;
}

/* The first row of the table that follows the marker, past heading and rule. NULL: no such table.
 */
static const char *first_row(const char *text, const char *table)
{
    char marker[64];
    snprintf(marker, sizeof marker, "<!-- table: %s -->\n", table);
    const char *p = strstr(text, marker);
    if (p == NULL || strstr(p + 1, marker) != NULL)
        return NULL;
    return next_line(next_line(next_line(p)));
}

static bool same_name(const char *spec, const char *constant)
{
    while (*spec != 0 && toupper((unsigned char)*spec) == *constant)
        spec++, constant++;
    return *spec == 0 && *constant == 0;
}

static const char *compare_table(const char *text, const char *table)
{
    char a[128], b[128], c[128];
    const char *row = first_row(text, table);
    if (row == NULL)
        return differs(table, "the table is not there once");
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const struct field *f = &fields[i];
        if (strcmp(f->table, table) != 0)
            continue;
        if (*row != '|')
            return differs(table, f->name);
        if ((unsigned)atoi(cell(row, 0, a)) != f->off ||
            (unsigned)atoi(cell(row, 1, b)) != f->size || !same_name(cell(row, 2, c), f->name))
            return differs(table, row);
        row = next_line(row);
    }
    return *row == '|' ? differs(table, row) : NULL;
}

static unsigned flags_of(const char *words)
{
    static const char *const names[] = {"CRITICAL", "BULK", "SAFE_TO_COPY", "SORTED"};
    unsigned flags = 0;
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        flags |= strstr(words, names[i]) != NULL ? 1u << i : 0;
    return flags;
}

static const char *compare_sections(const char *text, size_t t)
{
    char a[128], b[128], c[128];
    const char *const table = section_tables[t].table;
    const char *row = first_row(text, table);
    if (row == NULL)
        return differs(table, "the table is not there once");
    for (size_t i = 0; i < section_tables[t].count; i++, row = next_line(row)) {
        const struct section *s = &section_tables[t].sections[i];
        if (*row != '|')
            return differs(table, s->name);
        if (strcmp(cell(row, 0, a), s->name) != 0 || (unsigned)atoi(cell(row, 1, b)) != s->stride ||
            flags_of(cell(row, 2, c)) != s->flags)
            return differs(table, row);
    }
    return *row == '|' ? differs(table, row) : NULL;
}

/* The first difference between the text and the constants. */
static const char *compare(const char *text)
{
    size_t markers = 0;
    const char *found = NULL;
    for (size_t i = 0; i < COUNT_OF(section_tables) && found == NULL; i++)
        found = compare_sections(text, i);
    for (size_t i = 0; i < COUNT_OF(tables) && found == NULL; i++)
        found = compare_table(text, tables[i]);
    for (const char *p = text; (p = strstr(p, "<!-- table:")) != NULL; p++)
        markers++;
    if (found == NULL && markers != COUNT_OF(tables) + COUNT_OF(section_tables))
        found = differs("SPEC.md", "a byte table that no constants stand for");
    return found;
}

static struct bytes spec_text(void)
{
    struct bytes text = file_read(LODE_SOURCE_DIR "/SPEC.md");
    bytes_add(&text, "", 1);
    return text;
}

static void test_tables(void **state)
{
    (void)state;
    struct bytes text = spec_text();
    const char *found = compare((const char *)text.p);
    if (found != NULL)
        fail_msg("SPEC.md and layout.h differ: %s", found);
    bytes_free(&text);
}

/* Takes each row of each table out, and doubles it: both must be seen. */
static void test_the_comparison(void **state)
{
    (void)state;
    struct bytes text = spec_text();
    const char *spec = (const char *)text.p;
    size_t rows = 0;
    for (size_t i = 0; i < COUNT_OF(tables) + COUNT_OF(section_tables); i++) {
        const char *row = first_row(
            spec, i < COUNT_OF(tables) ? tables[i] : section_tables[i - COUNT_OF(tables)].table);
        for (; *row == '|'; row = next_line(row), rows++) {
            struct bytes changed = {0};
            const size_t before = (size_t)(row - spec), n = (size_t)(next_line(row) - row);
            bytes_add(&changed, spec, before);
            bytes_add(&changed, row + n, text.n - before - n);
            assert_non_null(compare((const char *)changed.p));
            changed.n = before;
            bytes_add(&changed, row, n);
            bytes_add(&changed, row, text.n - before);
            assert_non_null(compare((const char *)changed.p));
            bytes_free(&changed);
        }
    }
    assert_true(rows > 80);
    bytes_free(&text);
}

static void test_reserved_ids(void **state)
{
    (void)state;
#define LIST(a, b, c, d) {a, b, c, d, 0},
    static const char reserved[][5] = {LODE_RESERVED_IDS(LIST)};
#undef LIST
    struct bytes text = spec_text();
    char a[128];
    const char *row = strstr((const char *)text.p, "### 5.17");
    assert_non_null(row);
    row = next_line(next_line(strstr(row, "\n| id |") + 1));
    for (size_t i = 0; i < COUNT_OF(reserved); i++, row = next_line(row))
        assert_string_equal(cell(row, 0, a), reserved[i]);
    assert_true(*row != '|');
    bytes_free(&text);
}

/* Appendix C lists every status that the library has, with its value. */
static void test_statuses(void **state)
{
    (void)state;
    struct bytes text = spec_text();
    char a[128], b[128];
    int listed = 0, known = 0;
    const char *unknown = lode_status_name(-999);
    const char *row = strstr((const char *)text.p, "\n| LODE_OK |");
    assert_non_null(row);
    for (row++; *row == '|'; row = next_line(row), listed++)
        assert_string_equal(lode_status_name(atoi(cell(row, 1, b))), cell(row, 0, a));
    for (int status = -200; status <= 200; status++)
        known += strcmp(lode_status_name(status), unknown) != 0;
    assert_int_equal(listed, known);
    bytes_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_the_comparison),
        cmocka_unit_test(test_reserved_ids),
        cmocka_unit_test(test_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
