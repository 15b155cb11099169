/* Records that are FlatBuffers while memory is not there: each allocation fails once, and from then
 * on. NOMEM, or the work is done; a record that was not checked is not put. */
#include "flat_support.h"
#include "nomem_support.h"

static char *type;

static int make_schema(const void *arg)
{
    struct lode_diag diag = {0};
    lode_schema *schema = NULL;
    (void)arg;
    const int status = lode_schema_new(flat_schema.p, flat_schema.n, &schema, &diag);
    assert_true((status == LODE_OK) == (schema != NULL));
    if (status == LODE_OK)
        assert_int_equal(lode_schema_check(schema, flat_payload.p, flat_payload.n, NULL), LODE_OK);
    lode_schema_free(schema);
    return nomem_told(status, &diag);
}

static int put_one(const void *arg)
{
    struct lode_diag diag = {0};
    lode_store_writer *writer = NULL;
    (void)arg;
    int status = lode_store_create(tmp_path("flat.lode"), NULL, &writer, &diag);
    if (status == LODE_OK)
        status = lode_store_put(writer, NULL, 0, flat_payload.p, flat_payload.n, type, &diag);
    if (status != LODE_OK) {
        lode_store_discard(writer);
        return nomem_told(status, &diag);
    }
    const int bad = lode_store_put(writer, NULL, 0, "123456789", 9, type, &diag);
    assert_true(bad == LODE_E_CORRUPT || bad == LODE_E_NOMEM);
    return nomem_told(lode_store_publish(writer, NULL, &diag), &diag);
}

static int ask_one(const void *arg)
{
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    lode_schema *schema = NULL;
    (void)arg;
    int status = lode_store_open(tmp_path("sound.lode"), NULL, &store, &diag);
    if (status == LODE_OK)
        status = lode_store_schema(store, 1, &schema, &diag);
    if (status == LODE_OK)
        status = lode_store_verify(store, NULL, NULL, &diag);
    lode_schema_free(schema);
    lode_store_close(store);
    return nomem_told(status, &diag);
}

static int make(void **state)
{
    if (flat_make(state) != 0)
        return -1;
    lode_schema *schema = flat_schema_of(&flat_schema);
    type = flat_type_of(schema);
    lode_schema_free(schema);
    lode_store_writer *writer = NULL;
    return lode_store_create(tmp_path("sound.lode"), NULL, &writer, NULL) == LODE_OK &&
                   lode_store_put(writer, NULL, 0, flat_payload.p, flat_payload.n, type, NULL) ==
                       LODE_OK &&
                   lode_store_publish(writer, NULL, NULL) == LODE_OK
               ? 0
               : -1;
}

static int drop(void **state)
{
    free(type);
    return flat_drop(state);
}

static void test_all(void **state)
{
    static const struct nomem_call calls[] = {
        {"schema", make_schema, NULL}, {"put", put_one, NULL}, {"ask", ask_one, NULL}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        nomem_check(&calls[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, make, drop);
}
