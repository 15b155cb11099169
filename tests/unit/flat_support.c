#include "flat_support.h"

#include "base64.h"
#include "bytes.h"
#include "flat_zoo.h"

struct bytes flat_schema, flat_payload, flat_tree;

static struct bytes decoded(const char *text)
{
    struct bytes b = {0};
    b.p = malloc(strlen(text));
    assert_non_null(b.p);
    assert_true(lode_base64_decode(text, strlen(text), b.p, &b.n));
    return b;
}

int flat_make(void **state)
{
    flat_schema = decoded(flat_herd_bfbs);
    flat_payload = decoded(flat_herd_bin);
    flat_tree = decoded(flat_tree_bfbs);
    return tmp_make(state);
}

int flat_drop(void **state)
{
    bytes_free(&flat_schema);
    bytes_free(&flat_payload);
    bytes_free(&flat_tree);
    return tmp_drop(state);
}

lode_schema *flat_schema_of(const struct bytes *bfbs)
{
    lode_schema *schema = NULL;
    struct lode_diag diag = {0};
    if (lode_schema_new(bfbs->p, bfbs->n, &schema, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return schema;
}

char *flat_type_of(const lode_schema *schema)
{
    size_t len = 0;
    assert_int_equal(lode_schema_type(schema, NULL, 0, &len), LODE_E_SPACE);
    char *text = malloc(len + 1);
    assert_non_null(text);
    assert_int_equal(lode_schema_type(schema, text, len + 1, &len), LODE_OK);
    assert_int_equal(strlen(text), len);
    return text;
}

/* ---- by hand --------------------------------------------------------------------------------- */

static size_t put(struct flat_build *b, const void *bytes, size_t n)
{
    assert_true(n <= b->at);
    b->at -= n;
    if (n > 0)
        memcpy(b->room + b->at, bytes, n);
    return b->cap - b->at;
}

size_t flat_put32(struct flat_build *b, uint32_t v)
{
    uint8_t bytes[4];
    lode_put32(bytes, v);
    return put(b, bytes, 4);
}

size_t flat_put_offset(struct flat_build *b, size_t to)
{
    const size_t own = b->cap - b->at + 4;
    return flat_put32(b, (uint32_t)(own - to));
}

size_t flat_put_node(struct flat_build *b, size_t next, size_t nodes, size_t names)
{
    const size_t to[] = {next, nodes, names};
    uint8_t vtable[4 + 2 * NODE_FIELDS] = {0};
    lode_put16(vtable, sizeof vtable);
    lode_put16(vtable + 2, 16);
    for (size_t k = 3; k > 0; k--) {
        if (to[k - 1] == 0)
            (void)flat_put32(b, 0);
        else
            (void)flat_put_offset(b, to[k - 1]);
        lode_put16(vtable + 4 + 2 * (k - 1), to[k - 1] != 0 ? (uint16_t)(4 * k) : 0);
    }
    const size_t at = flat_put32(b, sizeof vtable); /* it stands before the table */
    (void)put(b, vtable, sizeof vtable);
    return at;
}

size_t flat_put_vector(struct flat_build *b, size_t n, size_t to)
{
    for (size_t k = 0; k < n; k++)
        (void)flat_put_offset(b, to);
    return flat_put32(b, (uint32_t)n);
}

void flat_finish(struct flat_build *b, size_t root)
{
    if ((b->cap - b->at) % 8 == 0) /* with the offset a multiple of 8 */
        (void)flat_put32(b, 0);
    (void)flat_put_offset(b, root);
}
