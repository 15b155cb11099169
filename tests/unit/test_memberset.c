/* The table of a set as bytes: each rule of it, alone; numbers out of use against a plain count. */
#include "bytes.h"
#include "hash.h"
#include "memberset.h"
#include "range.h"
#include "support.h"

enum { MEMBERS = 3, ROWS = MEMBERS + 1, DEAD_MAX = 64 };

/* A set in memory, as no file holds it: rows, names and numbers where struct lode_memberset finds
 * them. */
static struct {
    uint8_t rows[ROWS * LODE_STRIDE_MSET], strings[64], dead[8 * DEAD_MAX];
} table;
static struct lode_memberset set;

/* Members of 5, 0 and 7 records called "a", "bc" and "d.e". */
static void make(uint32_t kind)
{
    static const char names[] = "a\0bc\0d.e";
    static const struct lode_member_row rows[ROWS] = {
        {.path_off = 0, .path_len = 1, .kind = 1, .content_id = 9, .file_size = 700},
        {.path_off = 2,
         .path_len = 2,
         .kind = 1,
         .content_id = 8,
         .file_size = 90,
         .first = 5,
         .source = 1},
        {.path_off = 5,
         .path_len = 3,
         .kind = 1,
         .content_id = 7,
         .file_size = 80,
         .first = 5,
         .source = 2},
        {.path_off = 9, .first = 12, .source = 3},
    };
    memset(&table, 0, sizeof table);
    for (int i = 0; i < ROWS; i++) {
        struct lode_member_row row = rows[i];
        row.kind = i < MEMBERS ? kind : 0;
        lode_member_encode(table.rows + i * LODE_STRIDE_MSET, &row);
    }
    memcpy(table.strings, names, sizeof names);
    memset(&set, 0, sizeof set);
    set.box.data = (const uint8_t *)&table;
    set.members = (struct lode_rows){table.rows, ROWS};
    set.strings = (struct lode_rows){table.strings, sizeof names};
    set.dead = (struct lode_rows){table.dead, 0};
    set.count = MEMBERS;
}

static void put_dead(const uint64_t *dead, size_t n)
{
    lode_memberset_put_dead(table.dead, dead, n);
    set.dead.count = n;
}

static uint8_t *field(int row, int off)
{
    return table.rows + row * LODE_STRIDE_MSET + off;
}

static void expect(int status, const char *rule)
{
    struct lode_fault fault = {0};
    assert_int_equal(lode_memberset_verify(&set, &fault), status);
    if (status != LODE_FMT_OK)
        assert_string_equal(fault.rule, rule);
    assert_int_equal(lode_memberset_verify(&set, NULL), status);
}

static void test_sound(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "bc", "d.e"};
    for (uint32_t kind = 1; kind <= 2; kind++) {
        make(kind);
        expect(LODE_FMT_OK, "");
        for (uint64_t i = 0; i < MEMBERS; i++) {
            struct lode_member_row row, end;
            const uint8_t *name;
            assert_int_equal(lode_memberset_member(&set, i, &row, &end, &name, NULL), LODE_FMT_OK);
            assert_string_equal((const char *)name, names[i]);
            assert_int_equal(end.first - row.first, i == 1 ? 0 : i == 0 ? 5 : 7);
            assert_int_equal(row.kind, kind);
        }
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
        bool ok;
    } names[] = {{"", 0, false},    {".", 1, false},    {"..", 2, false}, {"...", 3, true},
                 {".a", 2, true},   {"a.", 2, true},    {"a", 1, true},   {"/", 1, false},
                 {"a/b", 3, false}, {"a\0b", 3, false}, {"..a", 3, true}, {"\xFF", 1, true}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(lode_member_name_ok((const uint8_t *)names[i].name, names[i].n),
                         names[i].ok);
    uint8_t name[300];
    memset(name, 'x', sizeof name);
    assert_true(lode_member_name_ok(name, LODE_MEMBER_NAME_MAX));
    assert_false(lode_member_name_ok(name, LODE_MEMBER_NAME_MAX + 1));
}

/* A field of 4 or 8 bytes gets a value. */
static const struct {
    int row, off, size;
    uint64_t value;
    int status;
    const char *rule;
} broken[] = {
    {0, LODE_MSET_KIND, 4, 0, LODE_FMT_FEATURE, "M-4"},
    {0, LODE_MSET_KIND, 4, 3, LODE_FMT_FEATURE, "M-4"},
    {2, LODE_MSET_KIND, 4, 2, LODE_FMT_FEATURE, "M-4"},
    {0, LODE_MSET_FIRST, 8, 1, LODE_FMT_CORRUPT, "M-6"},
    {0, LODE_MSET_SOURCE, 8, 1, LODE_FMT_CORRUPT, "M-6"},
    {2, LODE_MSET_FIRST, 8, 13, LODE_FMT_CORRUPT, "M-6"},
    {2, LODE_MSET_FIRST, 8, 4, LODE_FMT_CORRUPT, "M-6"},
    {2, LODE_MSET_SOURCE, 8, 4, LODE_FMT_CORRUPT, "M-6"},
    {3, LODE_MSET_FIRST, 8, LODE_CONTIG_MAX + 1ull, LODE_FMT_CORRUPT, "M-6"},
    {3, LODE_MSET_FIRST, 8, LODE_CONTIG_MAX, LODE_FMT_OK, ""},
    {3, LODE_MSET_SOURCE, 8, LODE_SOURCE_MAX + 1ull, LODE_FMT_CORRUPT, "M-6"},
    {3, LODE_MSET_SOURCE, 8, LODE_SOURCE_MAX, LODE_FMT_OK, ""},
    {0, LODE_MSET_PATH_OFF, 8, 9, LODE_FMT_CORRUPT, "M-5"},
    {0, LODE_MSET_PATH_OFF, 8, UINT64_MAX, LODE_FMT_CORRUPT, "M-5"},
    {0, LODE_MSET_PATH_LEN, 4, UINT32_MAX, LODE_FMT_CORRUPT, "M-5"},
    {1, LODE_MSET_PATH_LEN, 4, 1, LODE_FMT_CORRUPT, "M-5"},
    {0, LODE_MSET_PATH_LEN, 4, 4, LODE_FMT_REFUSED, "M-5"},  /* with a NUL in it */
    {1, LODE_MSET_PATH_OFF, 8, 6, LODE_FMT_CORRUPT, "M-10"}, /* the end of another name */
    {1, LODE_MSET_RESERVED, 8, 1, LODE_FMT_CORRUPT, "M-10"},
    {2, LODE_MSET_RESERVED + 8, 8, 1ull << 63, LODE_FMT_CORRUPT, "M-10"},
    {3, LODE_MSET_PATH_OFF, 8, 8, LODE_FMT_CORRUPT, "M-10"},
    {3, LODE_MSET_PATH_LEN, 4, 1, LODE_FMT_CORRUPT, "M-10"},
    {3, LODE_MSET_KIND, 4, 1, LODE_FMT_CORRUPT, "M-10"},
    {3, LODE_MSET_CONTENT_ID, 8, 1, LODE_FMT_CORRUPT, "M-10"},
    {3, LODE_MSET_FILE_SIZE, 8, 1, LODE_FMT_CORRUPT, "M-10"},
    {3, LODE_MSET_RESERVED, 8, 1, LODE_FMT_CORRUPT, "M-10"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        make(LODE_MEMBER_INDEX);
        uint8_t value[8];
        lode_put64(value, broken[i].value);
        memcpy(field(broken[i].row, broken[i].off), value, (size_t)broken[i].size);
        expect(broken[i].status, broken[i].rule);
    }
    make(LODE_MEMBER_INDEX);
    set.strings.count++; /* a byte that is no name's */
    expect(LODE_FMT_CORRUPT, "M-10");
    make(LODE_MEMBER_INDEX);
    table.strings[0] = '/';
    expect(LODE_FMT_REFUSED, "M-5");
}

static void test_out_of_use(void **state)
{
    (void)state;
    static const struct {
        uint64_t dead[3];
        size_t n;
        int status;
    } cases[] = {{{0, 4, 11}, 3, LODE_FMT_OK},
                 {{0, 4, 12}, 3, LODE_FMT_CORRUPT},
                 {{4, 4, 5}, 3, LODE_FMT_CORRUPT},
                 {{5, 4, 6}, 3, LODE_FMT_CORRUPT},
                 {{UINT64_MAX}, 1, LODE_FMT_CORRUPT}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make(LODE_MEMBER_STORE);
        put_dead(cases[i].dead, cases[i].n);
        expect(cases[i].status, "M-9");
        make(LODE_MEMBER_INDEX);
        put_dead(cases[i].dead, cases[i].n);
        expect(LODE_FMT_CORRUPT, "M-9");
    }
}

static void test_counting(void **state)
{
    (void)state;
    struct rng rng = {4};
    for (int round = 0; round < 300; round++) {
        uint64_t dead[DEAD_MAX], rank = 0, below = 0;
        bool gone[DEAD_MAX + 8] = {false};
        size_t n = 0;
        const uint64_t all = 1 + rng_below(&rng, DEAD_MAX), density = rng_below(&rng, 5);
        make(LODE_MEMBER_STORE);
        for (uint64_t i = 0; i < all; i++)
            if (rng_below(&rng, 4) < density) {
                gone[i] = true;
                dead[n++] = i;
            }
        put_dead(dead, n);
        for (uint64_t i = 0; i < all + 8; i++) {
            assert_int_equal(lode_memberset_dead_below(&set, i), below);
            below += gone[i];
            if (!gone[i])
                assert_int_equal(lode_memberset_nth(&set, rank++), i);
        }
        for (size_t i = 0; i < n; i++)
            assert_int_equal(lode_memberset_dead_at(&set, i), dead[i]);
    }
}

/* ---- in a container -------------------------------------------------------------------------- */

enum { IMAGE = 1 << 16 };
static uint8_t image[IMAGE];

/* A sealed file with these sections behind one another, zeros; the last entry is PSUM's. */
static int parse(const struct lode_section *given, size_t n)
{
    struct lode_section s[4] = {{0}};
    struct lode_container box;
    struct lode_memberset parsed;
    struct lode_fault fault = {0};
    uint64_t at = lode_align_up(LODE_HEADER_SIZE + (n + 1) * LODE_ENTRY_SIZE, 64);
    const uint64_t begin = LODE_HEADER_SIZE + (n + 1) * LODE_ENTRY_SIZE;
    memset(image, 0, sizeof image);
    for (size_t i = 0; i < n; i++) {
        s[i] = given[i];
        s[i].off = at;
        s[i].len = s[i].count * s[i].stride;
        at = lode_align_up(at + s[i].len, 64);
    }
    s[n] = (struct lode_section){.id = LODE_ID_PSUM,
                                 .flags = LODE_SECTION_CRITICAL,
                                 .off = at,
                                 .len = 8,
                                 .count = 1,
                                 .stride = 8};
    assert_true(at + 8 < IMAGE);
    lode_put64(image + at, lode_hash64(image + begin, (size_t)(at - begin), 0));
    s[n].sum = lode_hash64(image + at, 8, 0);
    lode_container_encode(image, s, (uint32_t)n + 1, at + 8);
    assert_int_equal(lode_container_parse(image, at + 8, &box, &fault), LODE_FMT_OK);
    const int status = lode_memberset_parse(&box, &parsed, &fault);
    assert_int_equal(lode_memberset_parse(&box, &parsed, NULL), status);
    if (status == LODE_FMT_OK)
        assert_int_equal(parsed.count, given[0].count - 1);
    else
        assert_true(fault.rule[0] == 'M');
    return status;
}

static struct lode_section section(uint32_t id, uint64_t count, uint32_t stride)
{
    return (struct lode_section){
        .id = id, .flags = LODE_SECTION_CRITICAL, .count = count, .stride = stride};
}

static void test_parse(void **state)
{
    (void)state;
    const struct lode_section strings = section(LODE_ID_MSTR, 9, 1),
                              dead = section(LODE_ID_MDED, 2, 8),
                              options = section(LODE_ID_OPTS, 9, 1);
    for (uint64_t rows = 1; rows <= 259; rows += rows == 3 ? 253 : 1) {
        const struct lode_section s[] = {section(LODE_ID_MSET, rows, 64), strings, dead};
        const bool ok = rows >= 2 && rows <= LODE_MEMBERS_MAX + 1;
        for (size_t n = 2; n <= 3; n++)
            assert_int_equal(parse(s, n), ok ? LODE_FMT_OK : LODE_FMT_LAYOUT);
    }
    const struct lode_section set_alone[] = {section(LODE_ID_MSET, 3, 64), options};
    assert_int_equal(parse(set_alone, 2), LODE_FMT_LAYOUT);
    assert_int_equal(parse(&options, 1), LODE_FMT_NOT_FOUND);
    const struct lode_section wide[] = {section(LODE_ID_MSET, 3, 128), strings, dead};
    assert_int_equal(parse(wide, 3), LODE_FMT_LAYOUT);
    const struct lode_section pairs[] = {section(LODE_ID_MSET, 3, 64), section(LODE_ID_MSTR, 4, 2),
                                         dead};
    assert_int_equal(parse(pairs, 3), LODE_FMT_LAYOUT);
    const struct lode_section halves[] = {section(LODE_ID_MSET, 3, 64), strings,
                                          section(LODE_ID_MDED, 4, 4)};
    assert_int_equal(parse(halves, 3), LODE_FMT_LAYOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_rows),     cmocka_unit_test(test_out_of_use),
        cmocka_unit_test(test_counting), cmocka_unit_test(test_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
