#include "schema.h"

#include "base64.h"
#include "diag.h"
#include "flatcheck.h"

#include <stdlib.h>
#include <string.h>

struct lode_schema {
    struct lode_flat_schema flat;
    uint8_t *bytes; /* its own, flat.bytes.n */
};

static const char prefix[] = "flatbuffers;base64,";
enum { PREFIX = sizeof prefix - 1 };

void lode_schema_free(lode_schema *schema)
{
    if (schema == NULL)
        return;
    free(schema->flat.objects);
    free(schema->flat.fields);
    free(schema->flat.enums);
    free(schema->flat.members);
    free(schema->bytes);
    free(schema);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

static int no_schema(const struct lode_flat_fault *fault, struct lode_diag *diag)
{
    (void)(fault->status == LODE_FMT_FEATURE
               ? lode_diag_set(diag, fault->status, "a schema of FlatBuffers: byte %u: %s",
                               fault->at, fault->what)
               : lode_diag_set(diag, fault->status,
                               "not a binary schema of FlatBuffers: byte %u: %s", fault->at,
                               fault->what));
    if (diag != NULL) {
        diag->offset = fault->at;
        memcpy(diag->rule, "E-20", sizeof "E-20");
    }
    return fault->status;
}

static int no_payload(const struct lode_schema *schema, const struct lode_flat_fault *fault,
                      struct lode_diag *diag)
{
    const struct lode_flat_schema *flat = &schema->flat;
    if (fault->field == LODE_FLAT_NOWHERE) {
        (void)lode_diag_set(diag, fault->status, "not a FlatBuffer of its schema: byte %u: %s",
                            fault->at, fault->what);
    } else {
        uint32_t field_len, table_len;
        const char *field = lode_flat_name(flat, flat->fields[fault->field].name, &field_len);
        const char *table = lode_flat_name(flat, flat->objects[fault->object].name, &table_len);
        (void)lode_diag_set(
            diag, fault->status,
            "not a FlatBuffer of its schema: byte %u, in field '%.*s' of '%.*s': %s", fault->at,
            (int)(field_len < 100 ? field_len : 100), field,
            (int)(table_len < 100 ? table_len : 100), table, fault->what);
    }
    if (diag != NULL) {
        diag->offset = fault->at;
        memcpy(diag->rule, "E-20", sizeof "E-20");
    }
    return fault->status;
}

/* ---- making one ------------------------------------------------------------------------------ */

static bool make_room(struct lode_flat_schema *flat)
{
    const struct lode_flat_counts *n = &flat->counts;
    flat->objects = calloc((size_t)n->objects + 1, sizeof *flat->objects);
    flat->fields = calloc((size_t)n->fields + 1, sizeof *flat->fields);
    flat->enums = calloc((size_t)n->enums + 1, sizeof *flat->enums);
    flat->members = calloc((size_t)n->members + 1, sizeof *flat->members);
    return flat->objects != NULL && flat->fields != NULL && flat->enums != NULL &&
           flat->members != NULL;
}

/* Takes over the bytes, whatever happens; NULL: there was no memory. */
static int make(uint8_t *bytes, size_t size, lode_schema **out, struct lode_diag *diag)
{
    struct lode_flat_fault fault = {0};
    lode_schema *schema = calloc(1, sizeof *schema);
    int status = LODE_E_NOMEM;
    if (schema == NULL)
        free(bytes);
    else
        schema->bytes = bytes;
    if (schema != NULL && bytes != NULL) {
        status = lode_flat_schema_count(bytes, size, &schema->flat.counts, &fault);
        if (status == LODE_FMT_OK && !make_room(&schema->flat))
            status = LODE_E_NOMEM;
        if (status == LODE_FMT_OK)
            status = lode_flat_schema_read(bytes, size, &schema->flat, &fault);
    }
    if (status == LODE_OK) {
        *out = schema;
        return LODE_OK;
    }
    lode_schema_free(schema);
    return status == LODE_E_NOMEM ? lode_diag_set(diag, status, "out of memory")
                                  : no_schema(&fault, diag);
}

int lode_schema_new(const void *bfbs, size_t size, lode_schema **out, struct lode_diag *diag)
{
    if (out == NULL || (bfbs == NULL && size > 0))
        return lode_diag_set(diag, LODE_E_ARG, "lode_schema_new: an argument is not allowed");
    uint8_t *bytes = malloc(size + 1);
    if (bytes != NULL && size > 0)
        memcpy(bytes, bfbs, size);
    return make(bytes, size, out, diag);
}

bool lode_schema_is_type(const char *text, size_t len)
{
    return len >= PREFIX && memcmp(text, prefix, PREFIX) == 0;
}

int lode_schema_of_type(const char *text, size_t len, lode_schema **out, struct lode_diag *diag)
{
    size_t size = 0;
    uint8_t *bytes = malloc((len - PREFIX) / 4 * 3 + 1);
    if (bytes != NULL && !lode_base64_decode(text + PREFIX, len - PREFIX, bytes, &size)) {
        const struct lode_flat_fault fault = {.status = LODE_FMT_CORRUPT,
                                              .what = "its type is no base64"};
        free(bytes);
        return no_schema(&fault, diag);
    }
    return make(bytes, size, out, diag);
}

/* ---- using one ------------------------------------------------------------------------------- */

int lode_schema_type(const lode_schema *schema, char *text, size_t cap, size_t *len)
{
    if (schema == NULL || (text == NULL && cap > 0))
        return LODE_E_ARG;
    const size_t size = schema->flat.bytes.n;
    const size_t n = PREFIX + lode_base64_letters(size);
    if (len != NULL)
        *len = n;
    if (n > cap)
        return LODE_E_SPACE;
    memcpy(text, prefix, PREFIX);
    lode_base64_encode(schema->bytes, size, text + PREFIX);
    if (n < cap)
        text[n] = '\0';
    return LODE_OK;
}

int lode_schema_check(const lode_schema *schema, const void *data, size_t size,
                      struct lode_diag *diag)
{
    struct lode_flat_fault fault;
    if (schema == NULL || (data == NULL && size > 0))
        return lode_diag_set(diag, LODE_E_ARG, "lode_schema_check: an argument is not allowed");
    return lode_flat_check(&schema->flat, data, size, &fault) == LODE_FMT_OK
               ? LODE_OK
               : no_payload(schema, &fault, diag);
}
