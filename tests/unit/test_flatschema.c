/* Schemas of FlatBuffers that contradict themselves: refused, or a check by them is as harmless as
 * by a sound one. Bytes end at a page nobody may touch. */
#include "bytes.h"
#include "flat_support.h"
#include "flatcheck.h"
#include "guard.h"
#include "status.h"

static const uint8_t nasty[] = {0, 1, 2, 4, 0x7F, 0x80, 0xFE, 0xFF};

static struct guard ends, others;

static int make(void **state)
{
    return flat_make(state) == 0 && guard_new(&ends, 1 << 20) && guard_new(&others, 1 << 16) ? 0
                                                                                             : -1;
}

static int drop(void **state)
{
    guard_free(&ends);
    guard_free(&others);
    return flat_drop(state);
}

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

/* Two bytes at a time: what vtables say. */
static void test_schema_words(void **state)
{
    (void)state;
    static const uint16_t words[] = {0, 2, 5, 60, 0xFFF0};
    struct bytes *b = &flat_schema;
    for (size_t at = 0; at + 2 <= b->n; at += 2) {
        const uint16_t old = lode_get16(b->p + at);
        for (size_t v = 0; v < COUNT_OF(words); v++) {
            lode_put16(b->p + at, words[v]);
            (void)use_schema(b->p, b->n);
        }
        lode_put16(b->p + at, old);
    }
}

/* ---- by name --------------------------------------------------------------------------------- */

/* The table of a schema whose name, or key, is this, and which has a field of that slot. */
static struct lode_flat_table table_of(const struct bytes *b, const char *name, uint32_t slot)
{
    const size_t len = strlen(name) + 1;
    const struct lode_flat_bytes all = {b->p, (uint32_t)b->n};
    struct lode_flat_table t = {0};
    for (uint32_t at = 4; at + len <= b->n; at++) {
        if (memcmp(b->p + at, name, len) != 0 || lode_get32(b->p + at - 4) != len - 1)
            continue;
        for (uint32_t f = 0; f + 4 <= b->n; f += 4)
            if (lode_flat_table_at(&all, f, &t) && lode_flat_entry(&all, &t, slot) != 0 &&
                lode_flat_target(&all, t.at + lode_flat_entry(&all, &t, 0)) == at - 4)
                return t;
    }
    fail_msg("nothing has the name %s", name);
    return t;
}

static uint8_t *field_of(struct bytes *b, const struct lode_flat_table *t, uint32_t slot)
{
    const struct lode_flat_bytes all = {b->p, (uint32_t)b->n};
    return b->p + t->at + lode_flat_entry(&all, t, slot);
}

static uint8_t *named(struct bytes *b, const char *name, uint32_t slot)
{
    const struct lode_flat_table t = table_of(b, name, slot);
    return field_of(b, &t, slot);
}

/* What its offset leads to. */
static uint8_t *led(uint8_t *offset)
{
    return offset + lode_get32(offset);
}

static int read_schema(const struct bytes *b, const char *words)
{
    lode_schema *schema = NULL;
    struct lode_diag diag = {0};
    const int status = lode_schema_new(b->p, b->n, &schema, &diag);
    if (status != LODE_OK && strstr(diag.message, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, diag.message);
    lode_schema_free(schema);
    return status;
}

/* The base type of a field. */
static uint8_t *type_base_of(struct bytes *b, const char *name)
{
    const struct lode_flat_bytes all = {b->p, (uint32_t)b->n};
    struct lode_flat_table type = {0};
    const uint8_t *at = led(named(b, name, 1));
    assert_true(lode_flat_table_at(&all, (uint32_t)(at - b->p), &type));
    return b->p + type.at + lode_flat_entry(&all, &type, 0);
}

/* A union whose members are not numbered one by one. */
static void test_sparse_union(void **state)
{
    (void)state;
    static const uint8_t types[] = {1, 2, 4, 3, 5, 6};
    struct bytes *p = &flat_payload;
    uint8_t *value = named(&flat_schema, "Second", 1);
    size_t at = 0;
    while (memcmp(p->p + at, types, sizeof types) != 0)
        at++;
    assert_int_equal(*value, 5);
    *value = 77;
    p->p[at + 4] = 77;
    assert_int_equal(use_schema(flat_schema.p, flat_schema.n), LODE_FMT_OK);
    p->p[at + 4] = 1; /* the same table by another member */
    assert_int_equal(use_schema(flat_schema.p, flat_schema.n), LODE_FMT_OK);
    p->p[at + 4] = 3; /* a table is no struct with 16 bytes to each */
    (void)use_schema(flat_schema.p, flat_schema.n);
    value[1] = 1; /* 333 */
    assert_int_equal(read_schema(&flat_schema, "0 to 255"), LODE_E_CORRUPT);
    value[1] = 0;
    *value = p->p[at + 4] = 5;
}

static void test_large_union(void **state)
{
    (void)state;
    uint8_t *values = led(named(&flat_schema, "zoo.Beast", 1));
    const uint32_t members = lode_get32(values);
    assert_int_equal(members, 7);
    lode_put32(values, 300);
    assert_int_equal(read_schema(&flat_schema, "more than 256 members"), LODE_E_CORRUPT);
    lode_put32(values, 1400);
    assert_int_equal(read_schema(&flat_schema, "shares its parts"), LODE_E_CORRUPT);
    lode_put32(values, members);
}

/* A union that is not behind its type; a root that is a struct. */
static void test_misplaced(void **state)
{
    (void)state;
    struct bytes *b = &flat_schema;
    const struct lode_flat_bytes all = {b->p, (uint32_t)b->n};
    struct lode_flat_table schema = {0};
    static const uint32_t slots[] = {2, 3}; /* id and offset, of two bytes */
    for (int turn = 0; turn < 2; turn++) {
        for (size_t k = 0; k < COUNT_OF(slots); k++) {
            uint8_t *one = named(b, "one", slots[k]), *type = named(b, "one_type", slots[k]);
            const uint16_t old = lode_get16(one);
            lode_put16(one, lode_get16(type));
            lode_put16(type, old);
        }
        assert_int_equal(read_schema(b, "not behind its type"),
                         turn == 0 ? LODE_E_CORRUPT : LODE_OK);
    }
    assert_true(lode_flat_table_at(&all, lode_get32(b->p), &schema));
    uint8_t *root = field_of(b, &schema, 4);
    const uint32_t old = lode_get32(root);
    static const char *const names[] = {"zoo.Spot", "zoo.Beast"}; /* a struct, a union */
    for (size_t k = 0; k < COUNT_OF(names); k++) {
        lode_put32(root, (uint32_t)(b->p + table_of(b, names[k], 1).at - root));
        assert_int_equal(read_schema(b, "root_type is no table"), LODE_E_CORRUPT);
    }
    lode_put32(root, old);
}

/* nested_flatbuffer of what is no table. */
static void test_nested_struct(void **state)
{
    (void)state;
    uint8_t *value = led(named(&flat_schema, "nested_flatbuffer", 1)) + 4;
    char old[8];
    memcpy(old, value, sizeof old);
    memcpy(value, memcmp(old, "park.Zoo", 8) == 0 ? "park.Box" : "Vec3", lode_get32(value - 4));
    assert_int_equal(read_schema(&flat_schema, "of a table that is not there"), LODE_E_CORRUPT);
    memcpy(value, "Nowhere!", lode_get32(value - 4));
    assert_int_equal(read_schema(&flat_schema, "of a table that is not there"), LODE_E_CORRUPT);
    memcpy(value, old, sizeof old);
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

/* The field `number` of Node once more, behind the schema, with the flag offset64. */
static void test_far(void **state)
{
    (void)state;
    enum { VTABLE = 0, TABLE = 32, NAME = 52, TYPE_VTABLE = 64, TYPE = 72, END = 80 };
    const size_t n = flat_tree.n;
    struct bytes b = {.p = calloc(n + END, 1), .n = n + END};
    assert_true(b.p != NULL && n % 4 == 0);
    memcpy(b.p, flat_tree.p, n);
    uint8_t *p = b.p + n, *fields = led(named(&b, "Node", 1));
    static const struct {
        uint32_t slot, at;
    } slots[] = {{0, 4}, {1, 8}, {2, 12}, {3, 14}, {13, 16}};
    lode_put16(p + VTABLE, 32);
    lode_put16(p + VTABLE + 2, 20);
    for (size_t k = 0; k < COUNT_OF(slots); k++)
        lode_put16(p + VTABLE + 4 + 2 * slots[k].slot, (uint16_t)slots[k].at);
    lode_put32(p + TABLE, TABLE - VTABLE);
    lode_put32(p + TABLE + 4, NAME - (TABLE + 4));
    lode_put32(p + TABLE + 8, TYPE - (TABLE + 8));
    lode_put16(p + TABLE + 12, 3);
    lode_put16(p + TABLE + 14, 4 + 2 * 3);
    lode_put32(p + NAME, 6);
    memcpy(p + NAME + 4, "number", 7);
    lode_put16(p + TYPE_VTABLE, 6);
    lode_put16(p + TYPE_VTABLE + 2, 8);
    lode_put16(p + TYPE_VTABLE + 4, 4);
    lode_put32(p + TYPE, TYPE - TYPE_VTABLE);
    p[TYPE + 4] = 9;                                   /* long */
    assert_int_equal(lode_get32(fields), NODE_FIELDS); /* by their names: it is the last */
    uint8_t *last = fields + 4 * NODE_FIELDS;
    lode_put32(last, (uint32_t)(p + TABLE - last));
    assert_int_equal(read_schema(&b, ""), LODE_OK);
    p[TABLE + 16] = 1;
    assert_int_equal(read_schema(&b, "offsets of 64 bits"), LODE_E_FEATURE);
    bytes_free(&b);
}

/* ---- at random ------------------------------------------------------------------------------- */

/* A place becomes a nasty byte, a small number, another place's word, or moves a little. */
static void change(struct rng *rng, uint8_t *p, size_t n)
{
    const size_t at = (size_t)rng_below(rng, n / 2 - 1) * 2, from = (size_t)rng_below(rng, n - 4);
    switch (rng_below(rng, 6)) {
    case 0:
        p[rng_below(rng, n)] = nasty[rng_below(rng, COUNT_OF(nasty))];
        break;
    case 1:
        lode_put16(p + at, (uint16_t)rng_below(rng, 40));
        break;
    case 2:
        memmove(p + at, p + from / 4 * 4, 4);
        break;
    case 3:
        lode_put32(p + at / 4 * 4, (uint32_t)rng_below(rng, n));
        break;
    case 4:
        p[rng_below(rng, n)] = (uint8_t)rng_below(rng, 20);
        break;
    default:
        lode_put32(p + at / 4 * 4,
                   lode_get32(p + at / 4 * 4) + (uint32_t)rng_below(rng, 17) * 4 - 32);
    }
}

static void test_random(void **state)
{
    (void)state;
    struct rng rng = {11};
    uint8_t *schema = malloc(flat_schema.n), *payload = malloc(flat_payload.n);
    size_t sound = 0, refused = 0;
    assert_true(schema != NULL && payload != NULL);
    memcpy(payload, flat_payload.p, flat_payload.n);
    for (int i = 0; i < 60000; i++) {
        memcpy(schema, flat_schema.p, flat_schema.n);
        for (uint64_t k = 1 + rng_below(&rng, 2); k > 0; k--)
            change(&rng, schema, flat_schema.n);
        if (i % 3 == 0) {
            change(&rng, flat_payload.p, flat_payload.n);
            flat_payload.p[rng_below(&rng, flat_payload.n)] = (uint8_t)rng_below(&rng, 9);
        }
        const int status = use_schema(schema, flat_schema.n);
        sound += status == LODE_FMT_OK;
        refused += status != LODE_FMT_OK;
        memcpy(flat_payload.p, payload, flat_payload.n);
    }
    assert_true(sound > 500 && refused > 1000);
    free(payload);
    free(schema);
}

/* ---- corners --------------------------------------------------------------------------------- */

static void test_callers(void **state)
{
    (void)state;
    struct lode_flat_schema s = {0};
    struct lode_flat_fault fault = {0};
    struct lode_flat_object objects[64] = {0};
    assert_int_equal(lode_flat_schema_count(flat_schema.p, 7, &s.counts, NULL), LODE_FMT_CORRUPT);
    assert_int_equal(lode_flat_schema_count(flat_schema.p, 1ull << 31, &s.counts, NULL),
                     LODE_FMT_CORRUPT);
    /* counted of other bytes */
    s.objects = objects;
    s.counts.objects = 64;
    assert_int_equal(lode_flat_schema_read(flat_schema.p, flat_schema.n, &s, &fault),
                     LODE_FMT_CORRUPT);
    assert_non_null(strstr(fault.what, "counted"));
    assert_int_equal(lode_flat_check(&s, flat_schema.p, 0, NULL), LODE_FMT_CORRUPT);
    assert_int_equal(lode_flat_schema_read(flat_schema.p, 7, &s, &fault), LODE_FMT_CORRUPT);
    for (int k = 0; k < 3; k++) {
        static struct lode_flat_field fields[1024];
        static struct lode_flat_enum enums[1024];
        static struct lode_flat_member members[1024];
        s = (struct lode_flat_schema){
            .objects = objects, .fields = fields, .enums = enums, .members = members};
        assert_int_equal(lode_flat_schema_count(flat_schema.p, flat_schema.n, &s.counts, NULL), 0);
        s.counts.enums -= k == 0;
        s.counts.fields = k == 1 ? 5 : s.counts.fields;
        s.counts.members = k == 2 ? 5 : s.counts.members;
        assert_int_equal(lode_flat_schema_read(flat_schema.p, flat_schema.n, &s, &fault),
                         LODE_FMT_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_bytes),  cmocka_unit_test(test_random),
        cmocka_unit_test(test_newer),         cmocka_unit_test(test_schema_words),
        cmocka_unit_test(test_sparse_union),  cmocka_unit_test(test_large_union),
        cmocka_unit_test(test_nested_struct), cmocka_unit_test(test_misplaced),
        cmocka_unit_test(test_far),           cmocka_unit_test(test_callers),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
