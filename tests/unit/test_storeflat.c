/* Stores whose types say FlatBuffers (SPEC 15.1): what is no FlatBuffer is not put, and E-20 finds
 * what got in by another way. */
#include "bytes.h"
#include "flat_support.h"
#include "recstore.h"
#include "reseal.h"
#include "storewrite.h"

static char *herd_type; /* of flat_schema */

static int make(void **state)
{
    if (flat_make(state) != 0)
        return -1;
    lode_schema *schema = flat_schema_of(&flat_schema);
    herd_type = flat_type_of(schema);
    lode_schema_free(schema);
    return 0;
}

static int drop(void **state)
{
    free(herd_type);
    return flat_drop(state);
}

static lode_store_writer *create(const char *path, int keys, int codec)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    struct lode_diag diag = {0};
    lode_store_writer *writer = NULL;
    options.keys = keys;
    options.codec = codec;
    if (lode_store_create(path, &options, &writer, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return writer;
}

static lode_store *publish(lode_store_writer *writer)
{
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    if (lode_store_publish(writer, &store, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return store;
}

static int put(lode_store_writer *writer, const char *key, const void *data, size_t n,
               const char *type, struct lode_diag *diag)
{
    return lode_store_put(writer, key, key != NULL ? strlen(key) : 0, data, n, type, diag);
}

/* Refused, with the rule and these words; also without a diag. */
static void refused(lode_store_writer *writer, const char *key, const void *data, size_t n,
                    const char *type, const char *words)
{
    struct lode_diag diag = {0};
    assert_int_equal(put(writer, key, data, n, type, &diag), LODE_E_CORRUPT);
    assert_string_equal(diag.rule, "E-20");
    if (strstr(diag.message, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, diag.message);
    assert_int_equal(put(writer, key, data, n, type, NULL), LODE_E_CORRUPT);
}

/* ---- putting --------------------------------------------------------------------------------- */

static void put_some(int codec)
{
    static const char no_letters[] = "flatbuffers;base64,!!!!",
                      no_schema[] = "flatbuffers;base64,QkZCUw==";
    const struct bytes *b = &flat_payload;
    lode_store_writer *w = create(tmp_path("some.lode"), LODE_STORE_TEXT, codec);
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_stored stored;
    refused(w, "early", b->p, b->n - 4, herd_type,
            "record 'early': not a FlatBuffer of its schema");
    refused(w, "k", b->p, b->n, no_letters, "base64");
    refused(w, "k", b->p, b->n, no_schema, "not a binary schema");
    assert_int_equal(put(w, "one", b->p, b->n, herd_type, NULL), LODE_OK);
    refused(w, "empty", NULL, 0, herd_type, "record 'empty'");
    refused(w, "text", "not a FlatBuffer at all", 23, herd_type, "record 'text'");
    assert_int_equal(put(w, "other", "text", 4, "{}", NULL), LODE_OK);
    assert_int_equal(put(w, "two", b->p, b->n, herd_type, NULL), LODE_OK);
    lode_store *store = publish(w);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, 3);
    assert_int_equal(info.types, 2); /* of those that were refused nothing is left */
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_lookup(store, "two", 3, &stored, NULL), LODE_OK);
    if (codec == LODE_STORE_RAW) { /* in place */
        lode_schema *schema = NULL;
        assert_int_equal(lode_store_schema(store, stored.type, &schema, NULL), LODE_OK);
        assert_int_equal((uintptr_t)stored.data % 8, 0);
        assert_int_equal(lode_schema_check(schema, stored.data, (size_t)stored.size, NULL),
                         LODE_OK);
        lode_schema_free(schema);
    }
    lode_store_close(store);
}

static void test_put(void **state)
{
    (void)state;
    for (int codec = LODE_STORE_RAW; codec <= LODE_STORE_BLOCKS; codec++)
        put_some(codec);
}

/* Without keys a record is called by the number that it would have had; integers are shown. */
static void test_names(void **state)
{
    (void)state;
    const struct bytes *b = &flat_payload;
    const int64_t key = -5;
    struct lode_diag diag = {0};
    lode_store_writer *w = create(NULL, LODE_STORE_NO_KEYS, LODE_STORE_RAW);
    assert_int_equal(put(w, NULL, b->p, b->n, herd_type, NULL), LODE_OK);
    refused(w, NULL, b->p, 9, herd_type, "record 1: not");
    lode_store_discard(w);
    w = create(NULL, LODE_STORE_INTEGERS, LODE_STORE_RAW);
    assert_int_equal(lode_store_put(w, &key, 8, b->p, 9, herd_type, &diag), LODE_E_CORRUPT);
    assert_non_null(strstr(diag.message, "record -5: not"));
    lode_store_discard(w);
}

static void test_schema_of_store(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    lode_schema *schema = NULL;
    lode_store_writer *w = create(NULL, LODE_STORE_TEXT, LODE_STORE_RAW);
    assert_int_equal(put(w, "a", "x", 1, "{}", NULL), LODE_OK);
    assert_int_equal(put(w, "b", flat_payload.p, flat_payload.n, herd_type, NULL), LODE_OK);
    lode_store *store = publish(w);
    assert_int_equal(lode_store_schema(store, 1, &schema, &diag), LODE_E_NOT_FOUND);
    assert_int_equal(diag.status, LODE_E_NOT_FOUND);
    assert_int_equal(lode_store_schema(store, 0, &schema, &diag), LODE_E_RANGE);
    assert_int_equal(lode_store_schema(store, 3, &schema, NULL), LODE_E_RANGE);
    assert_int_equal(lode_store_schema(NULL, 1, &schema, NULL), LODE_E_ARG);
    assert_int_equal(lode_store_schema(store, 2, NULL, NULL), LODE_E_ARG);
    assert_null(schema);
    assert_int_equal(lode_store_schema(store, 2, &schema, &diag), LODE_OK);
    lode_store_close(store); /* the schema stays */
    char *text = flat_type_of(schema);
    assert_string_equal(text, herd_type);
    free(text);
    lode_schema_free(schema);
}

/* ---- verifying ------------------------------------------------------------------------------- */

struct found {
    int count, other;
    struct lode_diag first;
};

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    struct found *found = ctx;
    if (strcmp(finding->rule, "E-20") != 0)
        found->other++;
    else if (found->count++ == 0)
        found->first = *finding;
    return 0;
}

static struct found verify(const lode_store *store)
{
    struct found found = {0};
    struct lode_diag diag = {0};
    const int status = lode_store_verify(store, on_finding, &found, &diag);
    assert_int_equal(status, found.count + found.other > 0 ? found.first.status : LODE_OK);
    assert_int_equal(found.other, 0);
    return found;
}

/* A store of three records, the second of which is damaged and has its sums made right again. */
static struct bytes damaged(void)
{
    const struct bytes *b = &flat_payload;
    const char *path = tmp_path("damaged.lode");
    lode_store_writer *w = create(path, LODE_STORE_TEXT, LODE_STORE_RAW);
    assert_int_equal(put(w, "one", b->p, b->n, herd_type, NULL), LODE_OK);
    assert_int_equal(put(w, "two", b->p, b->n, herd_type, NULL), LODE_OK);
    assert_int_equal(put(w, "none", b->p, 7, NULL, NULL), LODE_OK);
    lode_store_close(publish(w));
    struct bytes image = file_read(path);
    uint8_t *row = reseal_row(image.p, LODE_ID_ROFF, 1);
    struct lode_record_row decoded;
    lode_record_decode(row, &decoded);
    uint8_t *record = image.p + reseal_section(image.p, LODE_ID_RHEP).off + decoded.begin;
    assert_memory_equal(record, b->p, b->n);
    record[0] ^= 0x40; /* the root is elsewhere */
    decoded.sum = lode_record_sum(record, b->n);
    lode_record_encode(row, &decoded);
    reseal(image.p, image.n);
    file_write(path, image.p, image.n);
    return image;
}

static void test_verify(void **state)
{
    (void)state;
    struct bytes image = damaged();
    lode_store *store = NULL;
    struct lode_stored stored;
    struct lode_diag diag = {0};
    assert_int_equal(lode_store_open(tmp_path("damaged.lode"), NULL, &store, &diag), LODE_OK);
    struct found found = verify(store);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.first.status, LODE_E_CORRUPT);
    assert_string_equal(found.first.section, "RHEP");
    assert_non_null(strstr(found.first.message, "record 'two' breaks rule E-20"));
    /* bytes are given as they are: reading does not look into them */
    assert_int_equal(lode_store_at(store, 1, &stored, &diag), LODE_OK);
    assert_true(found.first.offset >= reseal_section(image.p, LODE_ID_RHEP).off);

    /* compacting, copying and appending carry it along, packed or not, and verify finds it there */
    lode_store_close(store);
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    for (options.codec = LODE_STORE_BLOCKS; options.codec >= LODE_STORE_RAW; options.codec--) {
        assert_int_equal(lode_store_compact(tmp_path("damaged.lode"), &options, NULL, &diag),
                         LODE_OK);
        assert_int_equal(lode_store_open(tmp_path("damaged.lode"), NULL, &store, &diag), LODE_OK);
        found = verify(store);
        assert_int_equal(found.count, 1);
        assert_string_equal(found.first.section, options.codec == LODE_STORE_RAW ? "RHEP" : "ROFF");
        lode_store_close(store);
    }
    lode_store_writer *w = NULL;
    assert_int_equal(lode_store_append(tmp_path("damaged.lode"), &w, &diag), LODE_OK);
    assert_int_equal(put(w, "four", flat_payload.p, flat_payload.n, herd_type, NULL), LODE_OK);
    refused(w, "five", "12345678", 8, herd_type, "record 'five'");
    store = publish(w);
    assert_int_equal(verify(store).count, 1);
    lode_store_close(store);
    bytes_free(&image);
}

/* A type whose schema nobody can read: carried, told by verify once, and nothing more is put. */
static void test_bad_schema(void **state)
{
    (void)state;
    static const char bad[] = "flatbuffers;base64,AAAA";
    struct lode_diag diag = {0};
    lode_schema *schema = NULL;
    lode_store_writer *w = create(tmp_path("bad.lode"), LODE_STORE_TEXT, LODE_STORE_RAW);
    for (int i = 0; i < 3; i++)
        assert_int_equal(lode_store_carry(w, &"abc"[i], 1, "x", 1, bad, NULL), LODE_OK);
    lode_store *store = publish(w);
    const struct found found = verify(store);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.first.section, "RTYP");
    assert_int_equal(lode_store_schema(store, 1, &schema, &diag), LODE_E_CORRUPT);
    assert_string_equal(diag.rule, "E-20");
    lode_store_close(store);
    assert_int_equal(lode_store_append(tmp_path("bad.lode"), &w, &diag), LODE_OK);
    refused(w, "d", "x", 1, bad, "a type of records");
    assert_int_equal(put(w, "d", "x", 1, NULL, NULL), LODE_OK);
    store = publish(w);
    assert_int_equal(verify(store).count, 1);
    lode_store_close(store);
}

/* Of a set: types are numbered over its members, and each member is verified. */
static void test_set(void **state)
{
    (void)state;
    const struct bytes *b = &flat_payload;
    struct lode_diag diag = {0};
    struct lode_stored stored;
    lode_schema *schema = NULL;
    lode_store_writer *w = create(tmp_path("set.lode"), LODE_STORE_TEXT, LODE_STORE_RAW);
    assert_int_equal(put(w, "a", "x", 1, "{}", NULL), LODE_OK);
    lode_store_close(publish(w));
    assert_int_equal(lode_store_extend(tmp_path("set.lode"), &w, &diag), LODE_OK);
    assert_int_equal(put(w, "b", b->p, b->n, herd_type, NULL), LODE_OK);
    refused(w, "c", b->p, 8, herd_type, "record 'c'");
    lode_store *store = publish(w);
    assert_int_equal(verify(store).count, 0);
    assert_int_equal(lode_store_lookup(store, "b", 1, &stored, &diag), LODE_OK);
    assert_int_equal(lode_store_schema(store, stored.type, &schema, &diag), LODE_OK);
    assert_int_equal(lode_schema_check(schema, stored.data, (size_t)stored.size, &diag), LODE_OK);
    lode_schema_free(schema);
    assert_int_equal(lode_store_schema(store, 1, &schema, &diag), LODE_E_NOT_FOUND);
    lode_store_close(store);

    assert_int_equal(lode_store_extend(tmp_path("set.lode"), &w, &diag), LODE_OK);
    assert_int_equal(lode_store_carry(w, "d", 1, "no FlatBuffer", 13, herd_type, &diag), LODE_OK);
    store = publish(w);
    const struct found found = verify(store);
    assert_int_equal(found.count, 1);
    assert_non_null(strstr(found.first.message, "record 'd' breaks rule E-20"));
    lode_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_schema_of_store),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_bad_schema),
        cmocka_unit_test(test_set),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
