/* FlatBuffers against their schema: sound ones pass, whatever is damaged is refused or harmless,
 * and what a check costs has a limit. Bytes end at a page nobody may touch. */
#include "base64.h"
#include "bytes.h"
#include "flat_support.h"
#include "flatcheck.h"
#include "guard.h"
#include "status.h"

static const uint8_t nasty[] = {0, 1, 2, 4, 0x7F, 0x80, 0xFE, 0xFF};

static struct guard ends, others;

static int make(void **state)
{
    return flat_make(state) == 0 && guard_new(&ends, 1 << 16) && guard_new(&others, 1 << 16) ? 0
                                                                                             : -1;
}

static int drop(void **state)
{
    guard_free(&ends);
    guard_free(&others);
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

/* ---- schemas --------------------------------------------------------------------------------- */

/* A schema whose bytes end at the page, and a payload that does, by it. What it says of either. */
static int use_schema(const uint8_t *p, size_t n)
{
    static struct lode_flat_object objects[1024];
    static struct lode_flat_field fields[1024];
    static struct lode_flat_enum enums[1024];
    static struct lode_flat_member members[1024];
    struct lode_flat_schema s = {
        .objects = objects, .fields = fields, .enums = enums, .members = members};
    struct lode_flat_fault fault = {0};
    const uint8_t *bfbs = guard_copy(&others, p, n);
    int status = lode_flat_schema_count(bfbs, n, &s.counts, &fault);
    assert_true((s.counts.objects + s.counts.fields + s.counts.enums + s.counts.members) <= n / 8);
    if (status == LODE_FMT_OK)
        status = lode_flat_schema_read(bfbs, n, &s, &fault);
    assert_true(status == LODE_FMT_OK || fault.what != NULL);
    assert_true(status == LODE_FMT_OK || status == LODE_FMT_CORRUPT || status == LODE_FMT_FEATURE);
    if (status != LODE_FMT_OK)
        return status;
    status = lode_flat_check(&s, guard_copy(&ends, flat_payload.p, flat_payload.n), flat_payload.n,
                             &fault);
    if (status != LODE_FMT_OK && fault.field != LODE_FLAT_NOWHERE) {
        uint32_t len;
        assert_true(fault.object < s.counts.objects && fault.field < s.counts.fields);
        (void)lode_flat_name(&s, s.fields[fault.field].name, &len);
        assert_true(len <= n);
    }
    return status;
}

static void test_schema_bytes(void **state)
{
    (void)state;
    struct bytes *b = &flat_schema;
    size_t refused = 0;
    assert_int_equal(use_schema(b->p, b->n), LODE_FMT_OK);
    for (size_t at = 0; at < b->n; at++) {
        const uint8_t old = b->p[at];
        for (size_t v = 0; v < COUNT_OF(nasty); v++) {
            b->p[at] = nasty[v];
            refused += use_schema(b->p, b->n) != LODE_FMT_OK;
        }
        b->p[at] = old;
    }
    assert_true(refused > b->n);
    for (size_t n = 0; n < b->n; n++)
        (void)use_schema(b->p, n);
    assert_int_equal(use_schema(b->p, 0), LODE_FMT_CORRUPT);
    assert_int_equal(use_schema(b->p, b->n / 2), LODE_FMT_CORRUPT);
}

/* The place of a field's Type in the schema of tree.fbs, by the field's name. */
static uint8_t *type_base_of(struct bytes *b, const char *name)
{
    const size_t len = strlen(name) + 1;
    for (size_t at = 0; at + len <= b->n; at++) {
        if (memcmp(b->p + at, name, len) != 0 || lode_get32(b->p + at - 4) != len - 1)
            continue;
        for (size_t f = 0; f + 4 <= b->n; f += 4) { /* the Field that leads to this name */
            const struct lode_flat_bytes all = {b->p, (uint32_t)b->n};
            struct lode_flat_table t, type;
            if (!lode_flat_table_at(&all, (uint32_t)f, &t) || t.slots < 2 ||
                lode_flat_target(&all, t.at + lode_flat_entry(&all, &t, 0)) != at - 4)
                continue;
            const uint32_t to = lode_flat_target(&all, t.at + lode_flat_entry(&all, &t, 1));
            if (to != 0 && lode_flat_table_at(&all, to, &type))
                return b->p + type.at + lode_flat_entry(&all, &type, 0);
        }
    }
    fail_msg("no field %s", name);
    return NULL;
}

/* What a newer schema says and this version does not know is told so, not called damage. */
static void test_newer(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    lode_schema *schema = NULL;
    uint8_t *base = type_base_of(&flat_tree, "nodes");
    assert_int_equal(*base, 14);
    *base = 18; /* Vector64 */
    assert_int_equal(lode_schema_new(flat_tree.p, flat_tree.n, &schema, &diag), LODE_E_FEATURE);
    assert_non_null(strstr(diag.message, "not known to this version"));
    *base = 17; /* an array, which only structs have */
    assert_int_equal(lode_schema_new(flat_tree.p, flat_tree.n, &schema, &diag), LODE_E_CORRUPT);
    *base = 14;
    lode_schema_free(flat_schema_of(&flat_tree));
}

/* ---- limits ---------------------------------------------------------------------------------- */

static struct flat_build build_room(void)
{
    enum { ROOM = 1 << 22 };
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
    assert_int_equal(check_shared_names(900, 1000), LODE_OK);
    assert_int_equal(check_shared_names(400000, 400000), LODE_E_CORRUPT);
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
        cmocka_unit_test(test_words),  cmocka_unit_test(test_schema_bytes),
        cmocka_unit_test(test_newer),  cmocka_unit_test(test_depth),
        cmocka_unit_test(test_shared), cmocka_unit_test(test_circle),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
