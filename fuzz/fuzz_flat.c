/* Any bytes as a schema of FlatBuffers, and as payloads: whatever they are, no crash, no read
 * outside them, no long loop, nothing said without a place; and what is asked twice is answered
 * the same. The input is a schema, a payload by it, the payload's size in four bytes, and a byte
 * that steers: bit 1 says that all is payload, by the sound schema of flat_zoo.h. */
#include "base64.h"
#include "bytes.h"
#include "flat_zoo.h"
#include "guard.h"
#include "lode.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

/* What flat_zoo.h has, read once. */
static const lode_schema *sound_schema(void)
{
    static lode_schema *schema;
    static uint8_t bytes[sizeof flat_herd_bfbs];
    size_t n;
    if (schema == NULL) {
        fuzz_check(lode_base64_decode(flat_herd_bfbs, sizeof flat_herd_bfbs - 1, bytes, &n));
        fuzz_check(lode_schema_new(bytes, n, &schema, NULL) == LODE_OK);
    }
    return schema;
}

static void ask(const lode_schema *schema, const uint8_t *data, size_t n)
{
    struct guard guard;
    struct lode_diag diag = {0};
    fuzz_check(guard_new(&guard, n + 1));
    const uint8_t *p = guard_copy(&guard, data, n);
    const int status = lode_schema_check(schema, p, n, &diag);
    fuzz_check(status == LODE_OK || (status == LODE_E_CORRUPT && diag.status == status));
    fuzz_check(status == LODE_OK || (diag.offset <= n && diag.message[0] != 0));
    fuzz_check(lode_schema_check(schema, p, n, NULL) == status);
    guard_free(&guard);
}

/* A type's text has the schema whole. */
static void ask_type(const lode_schema *schema, const uint8_t *bfbs, size_t n)
{
    size_t len = 0, size = 0;
    fuzz_check(lode_schema_type(schema, NULL, 0, &len) == LODE_E_SPACE);
    char *text = malloc(len);
    uint8_t *bytes = malloc(len);
    fuzz_check(text != NULL && bytes != NULL);
    fuzz_check(lode_schema_type(schema, text, len, NULL) == LODE_OK);
    fuzz_check(lode_base64_decode(text + 19, len - 19, bytes, &size));
    fuzz_check(size == n && memcmp(bytes, bfbs, n) == 0);
    free(bytes);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lode_schema *schema = NULL;
    struct lode_diag diag = {0};
    if (size < 5)
        return 0;
    const size_t n = size - 5;
    if ((data[size - 1] & 2) != 0) {
        ask(sound_schema(), data, n);
        return 0;
    }
    const uint32_t told = lode_get32(data + n);
    const size_t payload = told < n ? told : n;
    const int status = lode_schema_new(data, n - payload, &schema, &diag);
    if (status != LODE_OK) {
        fuzz_check(status == LODE_E_CORRUPT || status == LODE_E_FEATURE);
        fuzz_check(schema == NULL && diag.status == status && diag.message[0] != 0);
        return 0;
    }
    ask_type(schema, data, n - payload);
    ask(schema, data + n - payload, payload);
    ask(schema, data, n); /* another one that is hardly right */
    lode_schema_free(schema);
    return 0;
}
