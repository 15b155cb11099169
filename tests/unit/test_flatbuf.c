/* FlatBuffers against their schema: sound ones pass, whatever is damaged is refused or harmless,
 * and what a check costs has a limit. Bytes end at a page nobody may touch. */
#include "base64.h"
#include "bytes.h"
#include "flat_support.h"
#include "flatcheck.h"
#include "guard.h"
#include "status.h"

static const uint8_t nasty[] = {0, 1, 2, 4, 0x7F, 0x80, 0xFE, 0xFF};

static struct guard ends;

static int make(void **state)
{
    return flat_make(state) == 0 && guard_new(&ends, 1 << 16) ? 0 : -1;
}

static int drop(void **state)
{
    guard_free(&ends);
    return flat_drop(state);
}

static int check(const lode_schema *schema, const uint8_t *p, size_t n)
{
    struct lode_diag diag = {0};
    const int status = lode_schema_check(schema, guard_copy(&ends, p, n), n, &diag);
    if (status == LODE_OK)
        return status;
    assert_int_equal(status, LODE_E_CORRUPT);
    assert_int_equal(diag.status, status);
    assert_string_equal(diag.rule, "E-20");
    assert_true(diag.offset <= n);
    assert_non_null(strstr(diag.message, "not a FlatBuffer of its schema: byte "));
    return status;
}

static void test_sound(void **state)
{
    (void)state;
    lode_schema *schema = flat_schema_of(&flat_schema), *again = NULL;
    assert_int_equal(check(schema, flat_payload.p, flat_payload.n), LODE_OK);
    assert_int_equal(lode_schema_check(schema, flat_payload.p, flat_payload.n, NULL), LODE_OK);

    /* from the text of its type back to it */
    char *text = flat_type_of(schema);
    size_t len = 0, n = 0;
    assert_memory_equal(text, "flatbuffers;base64,", 19);
    uint8_t *bytes = malloc(strlen(text));
    assert_non_null(bytes);
    assert_true(lode_base64_decode(text + 19, strlen(text) - 19, bytes, &n));
    assert_int_equal(n, flat_schema.n);
    assert_memory_equal(bytes, flat_schema.p, n);
    char *exact = malloc(strlen(text)); /* room for the letters alone */
    assert_non_null(exact);
    assert_int_equal(lode_schema_type(schema, exact, strlen(text), &len), LODE_OK);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(exact, text, len);
    assert_int_equal(lode_schema_type(schema, exact, len - 1, NULL), LODE_E_SPACE);
    free(exact);
    free(bytes);
    free(text);
    lode_schema_free(schema);

    assert_int_equal(lode_schema_new(NULL, 1, &again, NULL), LODE_E_ARG);
    assert_int_equal(lode_schema_new("", 0, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_schema_new(NULL, 0, &again, NULL), LODE_E_CORRUPT);
    assert_null(again);
    assert_int_equal(lode_schema_check(NULL, "", 0, NULL), LODE_E_ARG);
    assert_int_equal(lode_schema_type(NULL, NULL, 0, NULL), LODE_E_ARG);
    lode_schema_free(NULL);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void test_each_byte(void **state)
{
    (void)state;
    lode_schema *schema = flat_schema_of(&flat_schema);
    struct bytes *b = &flat_payload;
    size_t refused = 0;
    for (size_t at = 0; at < b->n; at++) {
        const uint8_t old = b->p[at];
        for (size_t v = 0; v < COUNT_OF(nasty) + 8; v++) {
            b->p[at] = (uint8_t)(v < 8 ? old ^ 1u << v : nasty[v - 8]);
            refused += check(schema, b->p, b->n) != LODE_OK;
        }
        b->p[at] = old;
    }
    assert_true(refused > 4 * b->n); /* most bytes are offsets */
    for (size_t n = 0; n < b->n; n++)
        (void)check(schema, b->p, n);
    for (size_t n = 0; n < 12; n++)
        assert_int_equal(check(schema, b->p, n), LODE_E_CORRUPT);
    lode_schema_free(schema);
}

/* Pairs of 32-bit words, whose damage one byte does not reach. */
static void test_words(void **state)
{
    (void)state;
    static const uint32_t words[] = {0,          1,          4,          0x3FFFFFFF, 0x40000000,
                                     0x40000001, 0x7FFFFFFC, 0x7FFFFFFF, 0x80000000, 0x80000001,
                                     0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFE, 0xFFFFFFFF};
    lode_schema *schema = flat_schema_of(&flat_schema);
    struct bytes *b = &flat_payload;
    for (size_t at = 0; at + 4 <= b->n; at += 2)
        for (size_t v = 0; v < COUNT_OF(words); v++) {
            const uint32_t old = lode_get32(b->p + at);
            lode_put32(b->p + at, words[v]);
            (void)check(schema, b->p, b->n);
            lode_put32(b->p + at, old);
        }
    lode_schema_free(schema);
}

/* Members of a vector of unions that are NONE, or none that the schema knows, have any offset that
 * stays inside, or zero; in a table an offset is not zero. */
static void test_none(void **state)
{
    (void)state;
    lode_schema *schema = flat_schema_of(&flat_schema);
    struct bytes *b = &flat_payload;
    const struct lode_flat_bytes all = {b->p, (uint32_t)b->n};
    struct lode_flat_table herd = {0};
    assert_true(lode_flat_table_at(&all, lode_get32(b->p), &herd));
    uint8_t *place[4];
    for (uint32_t slot = 0; slot < 4; slot++)
        place[slot] = b->p + herd.at + lode_flat_entry(&all, &herd, slot);
    uint8_t *const types[] = {place[0] + lode_get32(place[0]) + 4, place[2]};
    uint8_t *const values[] = {place[1] + lode_get32(place[1]) + 4, place[3]};
    static const uint8_t kinds[] = {0, 99};
    for (int in_table = 0; in_table < 2; in_table++)
        for (size_t k = 0; k < COUNT_OF(kinds); k++) {
            const uint8_t type = *types[in_table];
            const uint32_t value = lode_get32(values[in_table]);
            *types[in_table] = kinds[k];
            assert_int_equal(check(schema, b->p, b->n), LODE_OK);
            lode_put32(values[in_table], 0);
            assert_int_equal(check(schema, b->p, b->n), in_table ? LODE_E_CORRUPT : LODE_OK);
            lode_put32(values[in_table], (uint32_t)b->n);
            assert_int_equal(check(schema, b->p, b->n), LODE_E_CORRUPT);
            lode_put32(values[in_table], value);
            *types[in_table] = type;
        }
    lode_schema_free(schema);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static struct flat_build build_room(void)
{
    enum { ROOM = 1 << 23 };
    struct flat_build b = {.cap = ROOM, .at = ROOM};
    b.room = malloc(ROOM);
    assert_non_null(b.room);
    return b;
}

static int check_built(struct flat_build *b, size_t root, struct lode_diag *diag)
{
    lode_schema *schema = flat_schema_of(&flat_tree);
    flat_finish(b, root);
    const int status = lode_schema_check(schema, b->room + b->at, b->cap - b->at, diag);
    lode_schema_free(schema);
    free(b->room);
    return status;
}

static int check_chain(int nodes)
{
    struct flat_build b = build_room();
    struct lode_diag diag = {0};
    size_t node = 0;
    for (int i = 0; i < nodes; i++)
        node = flat_put_node(&b, node, 0, 0);
    const int status = check_built(&b, node, &diag);
    if (status != LODE_OK)
        assert_non_null(strstr(diag.message, "too deep"));
    return status;
}

static void test_depth(void **state)
{
    (void)state;
    assert_int_equal(check_chain(1), LODE_OK);
    assert_int_equal(check_chain(64), LODE_OK);
    assert_int_equal(check_chain(65), LODE_E_CORRUPT);
    assert_int_equal(check_chain(10000), LODE_E_CORRUPT);
}

/* Levels of vectors whose elements are all one table, and 8 of each: 8 to the power of levels. */
static int check_shared(int levels, size_t width)
{
    struct flat_build b = build_room();
    struct lode_diag diag = {0};
    size_t node = flat_put_node(&b, 0, 0, 0);
    for (int i = 0; i < levels; i++)
        node = flat_put_node(&b, 0, flat_put_vector(&b, width, node), 0);
    const int status = check_built(&b, node, &diag);
    if (status != LODE_OK)
        assert_non_null(strstr(diag.message, "again too many times"));
    return status;
}

/* A vector of strings that are one, in tables that share it: not tables, but as much work. */
static int check_shared_names(size_t tables, size_t names)
{
    struct flat_build b = build_room();
    (void)flat_put32(&b, 0);
    const size_t name = flat_put32(&b, 0), all = flat_put_vector(&b, names, name);
    const size_t node = flat_put_node(&b, 0, 0, all);
    const size_t nodes = flat_put_vector(&b, tables, node);
    return check_built(&b, flat_put_node(&b, 0, nodes, 0), NULL);
}

static void test_shared(void **state)
{
    (void)state;
    assert_int_equal(check_shared(3, 8), LODE_OK);
    assert_int_equal(check_shared(6, 8), LODE_OK);
    assert_int_equal(check_shared(7, 8), LODE_E_CORRUPT);
    assert_int_equal(check_shared(60, 8), LODE_E_CORRUPT);
    assert_int_equal(check_shared(60, 2), LODE_E_CORRUPT);
    assert_int_equal(check_shared(1, 900000), LODE_OK);
    assert_int_equal(check_shared_names(1, 900000), LODE_OK);
    assert_int_equal(check_shared_names(1, 1500000), LODE_OK); /* each has its own offset */
    assert_int_equal(check_shared_names(900, 1000), LODE_OK);
    assert_int_equal(check_shared_names(400000, 400000), LODE_E_CORRUPT);
}

/* Tables with many fields that are not there, used again and again: that is work, too. */
static int check_wide(uint32_t fields, uint32_t kids)
{
    struct lode_flat_object object = {.count = fields};
    struct lode_flat_schema s = {.objects = &object, .counts = {1, fields, 0, 0}};
    struct lode_flat_fault fault = {0};
    const uint32_t vtable = 8, table = vtable + 4 + 2 * fields, vector = table + 8;
    const uint32_t other = vector + 4 + 4 * kids, n = other + 8;
    s.fields = calloc(fields, sizeof *s.fields);
    uint8_t *p = calloc(n, 1);
    assert_true(s.fields != NULL && p != NULL && fields % 2 == 0);
    for (uint32_t i = 0; i < fields; i++)
        s.fields[i] = (struct lode_flat_field){.kind = LODE_FLAT_SCALAR, .size = 1, .align = 1};
    s.fields[0] = (struct lode_flat_field){.kind = LODE_FLAT_VECTOR, .element = LODE_FLAT_TABLE};
    lode_put32(p, table);
    lode_put16(p + vtable, (uint16_t)(4 + 2 * fields));
    lode_put16(p + vtable + 2, 8);
    lode_put16(p + vtable + 4, 4);
    lode_put32(p + table, table - vtable);
    lode_put32(p + table + 4, 4);
    lode_put32(p + vector, kids);
    for (uint32_t i = 0; i < kids; i++) /* all to one table, whose vector is the empty end */
        lode_put32(p + vector + 4 + 4 * i, other - (vector + 4 + 4 * i));
    lode_put32(p + other, other - vtable);
    lode_put32(p + other + 4, 0);
    s.fields[0].kind = LODE_FLAT_VECTOR;
    /* the same vtable says that the other table has a vector, which its zero offset denies */
    const int denied = lode_flat_check(&s, p, n, &fault);
    assert_int_equal(denied, kids > 0 ? LODE_FMT_CORRUPT : LODE_FMT_OK);
    uint8_t *own = calloc(n + 4 + 2 * fields, 1); /* one of its own, of fields that are not there */
    assert_non_null(own);
    memcpy(own, p, n);
    lode_put16(own + n, (uint16_t)(4 + 2 * fields));
    lode_put16(own + n + 2, 4);
    lode_put32(own + other, (uint32_t)(other - n));
    const int status = lode_flat_check(&s, own, n + 4 + 2 * fields, &fault);
    if (status != LODE_FMT_OK)
        assert_non_null(strstr(fault.what, "again too many times"));
    free(own);
    free(p);
    free(s.fields);
    return status;
}

static void test_wide(void **state)
{
    (void)state;
    assert_int_equal(check_wide(4, 0), LODE_FMT_OK);
    assert_int_equal(check_wide(4, 3), LODE_FMT_OK);
    assert_int_equal(check_wide(30000, 1000), LODE_FMT_OK);
    assert_int_equal(check_wide(30000, 3000), LODE_FMT_CORRUPT);
    assert_int_equal(check_wide(50, 900000), LODE_FMT_OK);
}

/* A table that is its own child has no end. */
static void test_circle(void **state)
{
    (void)state;
    lode_schema *schema = flat_schema_of(&flat_tree);
    /* an offset cannot lead back, but its table can begin where its vtable and field lie: each is
     * 8 bytes further on, of the same bytes */
    uint8_t bytes[4096];
    for (size_t at = 0; at + 4 <= sizeof bytes; at += 4)
        lode_put32(bytes + at, at % 8 == 0 ? 8 : 4);
    (void)check(schema, bytes, sizeof bytes);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(check(schema, bytes, sizeof bytes), LODE_E_CORRUPT);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(check(schema, bytes, sizeof bytes), LODE_E_CORRUPT);
    assert_int_equal(lode_schema_check(schema, bytes, 1ull << 31, NULL), LODE_E_CORRUPT);
    memset(bytes, 4, sizeof bytes);
    assert_int_equal(check(schema, bytes, sizeof bytes), LODE_E_CORRUPT);
    lode_schema_free(schema);
}

/* ---- base64 ---------------------------------------------------------------------------------- */

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } pairs[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}}; /* RFC 4648 */
    static const char *const bad[] = {"Z",    "Zg",     "Zg=",      "Zg==Zg==", "Zh==",
                                      "Zm9=", "====",   "Z===",     "=Zg=",     "Zg==\n",
                                      "Zm 9", "Zm9v\n", "Zm9vZm-_", "Zg=a",     "\xC3\xA4\xC3\xA4"};
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        char text[16] = {0};
        uint8_t bytes[16];
        size_t n;
        lode_base64_encode((const uint8_t *)pairs[i].bytes, strlen(pairs[i].bytes), text);
        assert_string_equal(text, pairs[i].text);
        assert_true(lode_base64_decode(text, strlen(text), bytes, &n));
        assert_int_equal(n, strlen(pairs[i].bytes));
        assert_memory_equal(bytes, pairs[i].bytes, n);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        uint8_t bytes[16];
        size_t n;
        if (lode_base64_decode(bad[i], strlen(bad[i]), bytes, &n))
            fail_msg("'%s' was taken", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),  cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_words),  cmocka_unit_test(test_none),
        cmocka_unit_test(test_depth),  cmocka_unit_test(test_shared),
        cmocka_unit_test(test_circle), cmocka_unit_test(test_wide),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
