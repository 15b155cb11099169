/* Every field of every row, set to values that break programs, with all sums made right: each is
 * refused, with the statuses and under the rules of this table and no others. LODE_STEP=1: every
 * row; by default some of each section. */
#include "bytes.h"
#include "hostile.h"
#include "layout.h"
#include "reseal.h"

/* Statuses besides CORRUPT that a field may lead to. */
enum { ONLY_CORRUPT = 0, FEATURE = 1, STALE = 2, DAMAGED = 4 };

struct field {
    const char *name;
    uint32_t id;
    int off, size; /* bytes; of longer ones the first eight */
    const char
        *rules; /* those that may be found broken, between blanks; "  " is a status without */
    int statuses;
};

#define LODE_FIELD_SIZE(row, name, off, size, meaning) SIZE_##row##_##name = (size),
enum {
    LODE_SRCE_FIELDS(LODE_FIELD_SIZE) LODE_CTIG_FIELDS(LODE_FIELD_SIZE)
        LODE_BLOK_FIELDS(LODE_FIELD_SIZE) LODE_BINS_FIELDS(LODE_FIELD_SIZE)
            LODE_EXCP_FIELDS(LODE_FIELD_SIZE) LODE_GAPS_FIELDS(LODE_FIELD_SIZE)
                LODE_DIGS_FIELDS(LODE_FIELD_SIZE) LODE_MSET_FIELDS(LODE_FIELD_SIZE)
};
#define FIELD(row, field) #row "." #field, LODE_ID_##row, LODE_##row##_##field, SIZE_##row##_##field
#define ROW(row, size)    #row, LODE_ID_##row, 0, size

static const struct field fields[] = {
    {FIELD(SRCE, PATH_OFF), " S-11 S-18 ", 0},
    {FIELD(SRCE, PATH_LEN), " S-11 S-18 ", 0},
    {FIELD(SRCE, NAME_LEN), " S-11 S-18 ", 0},
    {FIELD(SRCE, FILE_SIZE), " B-4 S-10 S-18 S-9  ", STALE},
    {FIELD(SRCE, FINGERPRINT), " S-18  ", STALE},
    {FIELD(SRCE, TEXT_LEN), " B-4 C-4 G-2 G-4 S-10 S-18 S-19 S-9 T-4 ", DAMAGED},
    {FIELD(SRCE, TEXT_CRC), " B-4 B-6 K-13 S-18 S-19 ", DAMAGED},
    {FIELD(SRCE, KIND), " B-1 S-18 S-23 S-25 S-8 ", FEATURE},
    {FIELD(SRCE, FLAGS), " C-15 S-18 S-23 S-25 S-8 T-3 T-4 ", DAMAGED | FEATURE},
    {FIELD(SRCE, CONTIG), " C-11 C-13 C-9 G-4 G-6 N-1 N-2 S-12 S-7 ", 0},
    {FIELD(SRCE, BLOCK), " B-1 B-3 B-4 B-5 B-6 S-12 S-7 T-4 ", STALE},
    {FIELD(SRCE, SUM), " K-13 S-12 S-7 T-3 T-4 ", DAMAGED},
    {FIELD(SRCE, SLOT), " N-2 N-3 S-12 S-7 ", 0},
    {FIELD(SRCE, NAME), " C-13 C-5 S-12 S-7 ", 0},
    {FIELD(SRCE, DESC), " C-13 C-7 C-9 G-2 G-3 G-4 K-13 S-12 S-7 ", 0},
    {FIELD(SRCE, BASE), " C-14 C-9 K-1 K-13 K-14 K-8 S-12 S-7 ", 0},
    {FIELD(SRCE, BIN), " K-1 K-4 S-12 S-7 ", 0},
    {FIELD(SRCE, TOGGLE), " K-11 K-2 K-5 K-7 S-12 S-7 ", 0},
    {FIELD(SRCE, RUN), " K-2 K-5 K-9 S-12 S-7 ", 0},
    {FIELD(CTIG, TEXT_OFF), " C-13 C-4 C-9 G-4 K-13 ", 0},
    {FIELD(CTIG, LENGTH), " C-13 C-14 C-4 C-8 C-9 G-4 K-13 ", 0},
    {FIELD(CTIG, LINE_BASES), " C-13 C-4 G-4 K-13 ", 0},
    {FIELD(CTIG, BASE_OFF), " C-14 C-9 K-13 ", 0},
    {FIELD(CTIG, NAME_OFF), " C-5 C-9 K-13 N-2 ", 0},
    {FIELD(CTIG, NAME_LEN), " C-12 C-13 C-5 ", 0},
    {FIELD(CTIG, DEFLINE_LEN), " C-13 C-6 C-7 C-9 G-4 K-13 ", 0},
    {FIELD(CTIG, SOURCE), " C-1 ", 0},
    {FIELD(CTIG, FLAGS), " C-13 C-3 C-4 C-8 C-9 G-4 K-13 ", FEATURE},
    {FIELD(CTIG, ENCODING), " C-11 C-15 C-3 C-9 K-13 ", FEATURE},
    {FIELD(CTIG, LEAD), " C-13 C-15 C-6 K-13 ", 0},
    {FIELD(CTIG, DESC_OFF), " C-6 C-7 C-9 K-13 ", 0},
    {FIELD(BLOK, TEXT_OFF), " B-2 B-3 B-4 B-5 B-6 T-2 T-5 ", STALE},
    {FIELD(BLOK, CRC_LOW), " B-4 B-5 B-6 ", STALE},
    {FIELD(BLOK, FILE_OFF), " B-2 B-3 B-4 B-5 T-5 ", STALE},
    {FIELD(BLOK, CRC_HIGH), " B-4 B-5 B-6 ", STALE},
    {FIELD(BINS, TOGGLE), " K-10 K-11 K-13 K-2 K-5 K-6 K-7 ", 0},
    {FIELD(BINS, RUN), " K-12 K-13 K-2 K-5 K-9 ", 0},
    {FIELD(BINS, N), " K-2 K-3 K-4 ", 0},
    {FIELD(BINS, GC), " K-2 K-3 K-4 ", 0},
    {FIELD(BINS, LOWER), " K-2 K-3 K-4 ", 0},
    {FIELD(BINS, OTHER), " K-2 K-3 K-4 ", 0},
    {FIELD(EXCP, START), " K-13 K-8 K-9 ", 0},
    {FIELD(EXCP, BYTE), " K-13 K-4 K-9 ", 0},
    {FIELD(EXCP, RESERVED), " K-8 K-9 ", 0},
    {FIELD(EXCP, LENGTH), " K-13 K-4 K-8 K-9 ", 0},
    {FIELD(GAPS, SOURCE), " C-9 G-1 G-4 G-5 ", 0},
    {FIELD(GAPS, LENGTH), " C-9 G-1 G-2 G-3 G-4 G-5 K-13 ", 0},
    {FIELD(GAPS, TEXT_OFF), " C-9 G-1 G-2 G-4 G-5 ", 0},
    {FIELD(GAPS, DESC_OFF), " C-9 G-2 G-3 G-4 G-5 K-13 ", 0},
    {FIELD(DIGS, MD5), " G-6 ", 0},
    {FIELD(DIGS, SHA512T24), " G-6 ", 0},
    {FIELD(DIGS, RESERVED), " G-6 ", 0},
    {FIELD(MSET, PATH_OFF), " M-10 M-5 ", 0},
    {FIELD(MSET, PATH_LEN), " M-10 M-5 ", 0},
    {FIELD(MSET, KIND), " M-10 M-4 ", FEATURE},
    {FIELD(MSET, CONTENT_ID), " M-10  ", STALE},
    {FIELD(MSET, FILE_SIZE), " M-10  ", STALE},
    {FIELD(MSET, FIRST), " M-6  ", 0},
    {FIELD(MSET, SOURCE), " M-6  ", 0},
    {FIELD(MSET, RESERVED), " M-10 ", 0},
    {ROW(SUMS, 4), " K-13 T-2 T-3 T-5 T-6 ", DAMAGED},
    {ROW(TNAM, 8), " N-1 N-2 N-3 N-5 ", 0},
    {ROW(SNAM, 8), " N-1 N-2 N-3 N-5 ", 0},
    {ROW(CASE, 2), " K-11 K-13 K-6 K-7 ", 0},
};

/* The values: around what stands there, around the file's size, at the edges of words. */
static size_t values_of(uint64_t old, uint64_t file, uint64_t values[16])
{
    const uint64_t all[] = {
        0,         1,          1ull << 31, (1ull << 31) - 1, 1ull << 32, UINT32_MAX, 1ull << 63,
        INT64_MAX, UINT64_MAX, old + 1,    old - 1,          file + 1,   file - 1,   file};
    memcpy(values, all, sizeof all);
    return COUNT_OF(all);
}

static const struct field *at_hand;
static uint64_t value_at_hand;
static const char *kind_at_hand;

static void judge(void *ctx, const struct lode_diag *finding)
{
    char rule[16];
    (void)ctx;
    const int status = finding->status;
    snprintf(rule, sizeof rule, " %s ", finding->rule);
    if (strstr(at_hand->rules, rule) == NULL)
        fail_msg("%s of %s = %llu: rule%sis not expected: %s", at_hand->name, kind_at_hand,
                 (unsigned long long)value_at_hand, rule, finding->message);
    if (status != LODE_E_CORRUPT && (status != LODE_E_FEATURE || !(at_hand->statuses & FEATURE)) &&
        (status != LODE_E_STALE || !(at_hand->statuses & STALE)) &&
        (status != LODE_E_DAMAGED || !(at_hand->statuses & DAMAGED)))
        fail_msg("%s of %s = %llu: %s is not expected: %s", at_hand->name, kind_at_hand,
                 (unsigned long long)value_at_hand, lode_status_name(status), finding->message);
}

/* SPEC 5.1: flag 1 says that records were left out on purpose, which no row contradicts. */
static bool is_allowed(const struct field *field, uint64_t old, uint64_t value)
{
    return strcmp(field->name, "SRCE.FLAGS") == 0 &&
           (uint16_t)value == ((uint16_t)old | LODE_SOURCE_FILTERED);
}

static bool has_section(const uint8_t *image, uint32_t id)
{
    const uint32_t n = lode_get32(image + LODE_HEADER_ENTRY_COUNT);
    for (uint32_t i = 0; i < n; i++)
        if (lode_get32(image + LODE_HEADER_SIZE + i * LODE_ENTRY_SIZE) == id)
            return true;
    return false;
}

static void sweep_row(const struct hostile *h, const struct field *field, size_t at, uint8_t *image)
{
    const size_t size = field->size < 8 ? (size_t)field->size : 8;
    uint8_t old[8] = {0}, value[8];
    uint64_t values[16];
    memcpy(old, image + at, size);
    const size_t n = values_of(lode_get64(old), h->image.n, values);
    for (size_t i = 0; i < n; i++) {
        struct lode_diag diag = {0};
        lode_put64(value, values[i]);
        if (memcmp(value, old, size) == 0 || is_allowed(field, lode_get64(old), values[i]))
            continue;
        memcpy(image, h->image.p, h->image.n);
        memcpy(image + at, value, size);
        reseal(image, h->image.n);
        value_at_hand = values[i];
        if (hostile_verify(image, h->image.n, LODE_VERIFY_FULL, judge, NULL, &diag) == LODE_OK)
            fail_msg("%s of %s = %llu goes unnoticed", field->name, h->name,
                     (unsigned long long)values[i]);
    }
    memcpy(image, h->image.p, h->image.n);
}

static void test_every_field(void **state)
{
    (void)state;
    for (size_t f = 0; f < COUNT_OF(fields); f++) {
        size_t tried = 0;
        at_hand = &fields[f];
        for (int k = 0; k < HOSTILE_KINDS; k++) {
            const struct hostile *h = &hostiles[k];
            if (!has_section(h->image.p, fields[f].id))
                continue;
            struct bytes image = {0};
            const struct lode_section s = reseal_section(h->image.p, fields[f].id);
            kind_at_hand = h->name;
            bytes_add(&image, h->image.p, h->image.n);
            for (uint64_t row = 0; row < s.count; row += hostile_step(1 + s.count / 3), tried++)
                sweep_row(h, &fields[f], (size_t)(s.off + row * s.stride) + (size_t)fields[f].off,
                          image.p);
            bytes_free(&image);
        }
        assert_true(tried > 0);
    }
}

/* ---- header and directory -------------------------------------------------------------------- */

struct place {
    const char *name;
    int off, size;
};
#define LODE_PLACE(row, name, off, size, meaning) {#row "." #name, off, size},
static const struct place header[] = {LODE_HEADER_FIELDS(LODE_PLACE)};
static const struct place entry[] = {LODE_ENTRY_FIELDS(LODE_PLACE)};

/* What may change and still be a good file. */
static const char *const free_fields[] = {"HEADER.MINOR", "HEADER.COMPAT", "ENTRY.FLAGS",
                                          "ENTRY.PARAM",  "ENTRY.ID",      "ENTRY.GROUP"};

/* Major version 0 are the drafts of 1, which are read as well. */
static bool is_free(const char *name, uint64_t value)
{
    if (strcmp(name, "HEADER.MAJOR") == 0 && (uint16_t)value == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(free_fields); i++)
        if (strcmp(free_fields[i], name) == 0)
            return true;
    return false;
}

static void sweep_place(const struct hostile *h, uint8_t *image, size_t base,
                        const struct place *place)
{
    uint8_t old[8] = {0}, value[8];
    uint64_t values[16];
    memcpy(old, image + base + place->off, (size_t)place->size);
    const size_t n = values_of(lode_get64(old), h->image.n, values);
    for (size_t i = 0; i < n; i++) {
        struct lode_diag diag = {0};
        lode_put64(value, values[i]);
        if (memcmp(value, old, (size_t)place->size) == 0)
            continue;
        memcpy(image, h->image.p, h->image.n);
        memcpy(image + base + place->off, value, (size_t)place->size);
        if (strcmp(place->name, "HEADER.CHECKSUM") != 0)
            reseal_header(image, h->image.n);
        const int status = hostile_verify(image, h->image.n, LODE_VERIFY_FULL, NULL, NULL, &diag);
        if (status == LODE_OK && !is_free(place->name, values[i]))
            fail_msg("%s at %zu = %llu goes unnoticed", place->name, base,
                     (unsigned long long)values[i]);
        hostile_ask(h, image, h->image.n);
    }
    memcpy(image, h->image.p, h->image.n);
}

static void test_header_and_directory(void **state)
{
    (void)state;
    const struct hostile *h = &hostiles[HOSTILE_PACKED];
    struct bytes image = {0};
    bytes_add(&image, h->image.p, h->image.n);
    for (size_t i = 0; i < COUNT_OF(header); i++)
        sweep_place(h, image.p, 0, &header[i]);
    const uint32_t entries = lode_get32(h->image.p + LODE_HEADER_ENTRY_COUNT);
    for (uint32_t e = 0; e < entries; e++)
        for (size_t i = 0; i < COUNT_OF(entry); i++)
            sweep_place(h, image.p, LODE_HEADER_SIZE + e * LODE_ENTRY_SIZE, &entry[i]);
    bytes_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_header_and_directory),
    };
    return cmocka_run_group_tests(tests, hostile_make, hostile_drop);
}
