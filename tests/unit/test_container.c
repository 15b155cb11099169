/* The container: every check of opening has its status and rule and comes in its order; damage of
 * header and directory is always seen; what later versions may add is accepted. */
#include "bytes.h"
#include "container.h"
#include "guard.h"
#include "hash.h"
#include "support.h"

/* Three sections: OPTS [256, 320), CTIG [320, 448), PSUM [448, 456). */
enum {
    ENTRIES = 3,
    DIR_END = 64 + 64 * ENTRIES,
    SIZE = 456,
    ENTRY0 = 64,
    ENTRY1 = 128,
    ENTRY2 = 192
};

static void seal(uint8_t *p, size_t dir_end)
{
    memset(p + 56, 0, 8);
    lode_put64(p + 56, lode_hash64(p, dir_end, 0));
}

static struct lode_section section(uint32_t id, uint32_t flags, uint64_t off, uint64_t count,
                                   uint32_t stride)
{
    const struct lode_section s = {.id = id,
                                   .flags = flags,
                                   .off = off,
                                   .len = count * stride,
                                   .count = count,
                                   .stride = stride};
    return s;
}

static void make(uint8_t *p)
{
    struct lode_section s[ENTRIES] = {
        section(LODE_ID_OPTS, LODE_SECTION_CRITICAL, 256, 64, 1),
        section(LODE_ID_CTIG, 0, 320, 2, 64),
        section(LODE_ID_PSUM, LODE_SECTION_CRITICAL, 448, 1, 8),
    };
    memset(p, 0, SIZE);
    for (size_t i = DIR_END; i < 448; i++)
        p[i] = (uint8_t)i;
    lode_put64(p + 448, lode_hash64(p + DIR_END, 448 - DIR_END, 0));
    s[2].sum = lode_hash64(p + 448, 8, 0);
    lode_container_encode(p, s, ENTRIES, SIZE);
}

static int parse(const uint8_t *p, size_t n, struct lode_fault *fault)
{
    struct lode_container box;
    return lode_container_parse(p, n, &box, fault);
}

static void test_good(void **state)
{
    (void)state;
    uint8_t p[SIZE];
    struct lode_container box;
    struct lode_section s;
    make(p);
    assert_int_equal(lode_container_parse(p, SIZE, &box, NULL), LODE_FMT_OK);
    assert_int_equal(box.entry_count, ENTRIES);
    assert_int_equal(box.dir_end, DIR_END);
    assert_true(box.content_id == lode_hash64(p + 448, 8, 0));
    assert_true(lode_container_find(&box, LODE_ID_CTIG, 0, &s));
    assert_true(s.off == 320 && s.len == 128 && s.count == 2 && s.stride == 64);
    assert_false(lode_container_find(&box, LODE_ID_CTIG, 1, &s));
    assert_false(lode_container_find(&box, LODE_ID_SRCE, 0, &s));
    assert_int_equal(lode_container_check_psum(&box, NULL), LODE_FMT_OK);
    assert_int_equal(lode_container_check_page(&box, 0, NULL), LODE_FMT_OK);
    assert_int_equal(lode_container_check_page(&box, 1, NULL), LODE_FMT_CORRUPT);
    assert_int_equal(lode_container_check_padding(&box, NULL), LODE_FMT_OK);
}

/* What a file that need not be sound seems to hold. */
static void test_mentions(void **state)
{
    (void)state;
    uint8_t p[SIZE];
    make(p);
    assert_true(lode_container_mentions(p, SIZE, LODE_ID_OPTS));
    assert_true(lode_container_mentions(p, SIZE, LODE_ID_PSUM));
    assert_false(lode_container_mentions(p, SIZE, LODE_ID_SRCE));
    assert_true(lode_container_mentions(p, ENTRY1, LODE_ID_OPTS)); /* as far as there is any */
    assert_false(lode_container_mentions(p, ENTRY1, LODE_ID_CTIG));
    assert_false(lode_container_mentions(p, 63, LODE_ID_OPTS));
    lode_put32(p + LODE_HEADER_ENTRY_SIZE, 0); /* the same entry over and over */
    lode_put32(p + LODE_HEADER_ENTRY_COUNT, UINT32_MAX);
    assert_false(lode_container_mentions(p, SIZE, LODE_ID_CTIG));
    p[0] = 0;
    assert_false(lode_container_mentions(p, SIZE, LODE_ID_OPTS));
}

/* ---- each check, alone and before all later ones -------------------------------------------- */

struct edit {
    size_t off, size;
    uint64_t value;
};
struct violation {
    const char *rule;
    int status;
    struct edit edits[4]; /* size 0 ends them */
};

#define HUGE_ROWS 0x8000000000000020 /* times 2 is 64, without the bit that overflows */
static const struct violation violations[] = {
    {"H-1", LODE_FMT_NOT_LODE, {{0, 1, 0x88}}},
    {"H-1", LODE_FMT_NOT_LODE, {{7, 1, 0x1B}}},
    {"H-3", LODE_FMT_LAYOUT, {{12, 4, 56}}},
    {"H-3", LODE_FMT_LAYOUT, {{12, 4, 68}}},
    {"H-3", LODE_FMT_LAYOUT, {{12, 4, 4104}}},
    {"H-4", LODE_FMT_LAYOUT, {{28, 4, 56}}},
    {"H-4", LODE_FMT_LAYOUT, {{28, 4, 68}}},
    {"H-4", LODE_FMT_LAYOUT, {{28, 4, 4104}}},
    {"H-5", LODE_FMT_LAYOUT, {{24, 4, 0}}},
    {"H-5", LODE_FMT_LAYOUT, {{24, 4, 4097}}},
    {"H-6", LODE_FMT_TRUNCATED, {{24, 4, 7}}},
    {"H-6", LODE_FMT_TRUNCATED, {{24, 4, 4096}}},
    {"H-7", LODE_FMT_HEADER_SUM, {{56, 8, 0}}},
    {"H-8", LODE_FMT_VERSION, {{8, 2, 2}}},
    {"H-8", LODE_FMT_VERSION, {{8, 2, 65535}}},
    {"H-9", LODE_FMT_FEATURE, {{16, 4, 1}}},
    {"H-9", LODE_FMT_FEATURE, {{16, 4, 0x80000000}}},
    {"H-10", LODE_FMT_LAYOUT, {{48, 8, 0x100000000000000}}},
    {"H-11", LODE_FMT_TRUNCATED, {{32, 8, SIZE + 1}}},
    {"H-11", LODE_FMT_TRUNCATED, {{32, 8, UINT64_MAX}}},
    {"H-12", LODE_FMT_LAYOUT, {{32, 8, SIZE - 1}}},
    {"D-1", LODE_FMT_LAYOUT, {{ENTRY0 + 12, 4, 1}}},
    {"D-1", LODE_FMT_LAYOUT, {{ENTRY0 + 56, 8, 1ULL << 63}}},
    {"D-2", LODE_FMT_FEATURE, {{ENTRY0, 4, 0x5A5A5A5A}}},
    {"D-3", LODE_FMT_LAYOUT, {{ENTRY0 + 16, 8, 257}}},
    {"D-3", LODE_FMT_LAYOUT, {{ENTRY0 + 16, 8, 192}}},
    {"D-4", LODE_FMT_LAYOUT, {{ENTRY0 + 24, 8, SIZE - 256 + 1}}},
    {"D-4", LODE_FMT_LAYOUT, {{ENTRY0 + 24, 8, UINT64_MAX - 255}}},
    {"D-5", LODE_FMT_LAYOUT, {{ENTRY0 + 40, 4, 0}}},
    {"D-5", LODE_FMT_LAYOUT, {{ENTRY0 + 32, 8, 63}}},
    {"D-5", LODE_FMT_LAYOUT, {{ENTRY0 + 32, 8, HUGE_ROWS}, {ENTRY0 + 40, 4, 2}}},
    {"D-7", LODE_FMT_LAYOUT, {{ENTRY0, 4, LODE_ID_PSUM}}},
    {"D-8", LODE_FMT_LAYOUT, {{ENTRY0 + 48, 8, 1}}},
    {"D-1", LODE_FMT_LAYOUT, {{ENTRY1 + 12, 4, 1}}},
    {"D-3", LODE_FMT_LAYOUT, {{ENTRY1 + 16, 8, 256}}},
    {"D-4", LODE_FMT_LAYOUT, {{ENTRY1 + 24, 8, SIZE}}},
    {"D-5", LODE_FMT_LAYOUT, {{ENTRY1 + 40, 4, 32}}},
    {"D-6", LODE_FMT_LAYOUT, {{ENTRY1, 4, LODE_ID_OPTS}}},
    {"D-8", LODE_FMT_LAYOUT, {{ENTRY1 + 48, 8, 1}}},
    {"D-7", LODE_FMT_LAYOUT, {{ENTRY2, 4, LODE_ID_SUMS}}},
    {"D-7", LODE_FMT_LAYOUT, {{ENTRY2 + 8, 4, 1}}},
    {"D-9", LODE_FMT_LAYOUT, {{ENTRY2 + 24, 8, 0}, {ENTRY2 + 32, 8, 0}}},
    {"D-10", LODE_FMT_LAYOUT, {{ENTRY2 + 40, 4, 4}, {ENTRY2 + 32, 8, 2}}},
    {"D-10", LODE_FMT_LAYOUT, {{ENTRY2 + 40, 4, 1}, {ENTRY2 + 32, 8, 8}}},
    {"D-11", LODE_FMT_LAYOUT, {{40, 8, 1}}},
};

static void apply(uint8_t *p, const struct violation *v)
{
    for (const struct edit *e = v->edits; e->size > 0; e++)
        for (size_t i = 0; i < e->size; i++)
            p[e->off + i] = (uint8_t)(e->value >> 8 * i);
}

static bool overlap(const struct violation *a, const struct violation *b)
{
    for (const struct edit *x = a->edits; x->size > 0; x++)
        for (const struct edit *y = b->edits; y->size > 0; y++)
            if (x->off < y->off + y->size && y->off < x->off + x->size)
                return true;
    return false;
}

static bool breaks_sum(const struct violation *v)
{
    return strcmp(v->rule, "H-7") == 0;
}

/* Parses an image with one or two violations; the first must be the one reported. */
static void check_violations(const struct violation *first, const struct violation *second)
{
    uint8_t p[SIZE];
    struct lode_fault fault = {0};
    make(p);
    apply(p, first);
    if (second != NULL)
        apply(p, second);
    seal(p, DIR_END);
    if (breaks_sum(first) || (second != NULL && breaks_sum(second)))
        p[56] ^= 1;
    const int status = parse(p, SIZE, &fault);
    if (status != first->status || fault.status != status || strcmp(fault.rule, first->rule) != 0)
        fail_msg("wanted %d %s, got %d %s (second: %s)", first->status, first->rule, status,
                 fault.rule != NULL ? fault.rule : "-", second != NULL ? second->rule : "none");
    assert_int_equal(parse(p, SIZE, NULL), status);
}

static void test_each_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(violations); i++)
        check_violations(&violations[i], NULL);
}

static void test_order_of_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(violations); i++)
        for (size_t k = i + 1; k < COUNT_OF(violations); k++)
            if (!overlap(&violations[i], &violations[k]))
                check_violations(&violations[i], &violations[k]);
}

static void test_truncations(void **state)
{
    (void)state;
    uint8_t p[SIZE];
    struct guard guard;
    struct lode_fault fault = {0};
    make(p);
    assert_true(guard_new(&guard, SIZE));
    for (size_t n = 0; n < SIZE; n++) {
        const int status = parse(guard_copy(&guard, p, n), n, &fault);
        const char *rule = n < 8 ? "H-1" : n < 64 ? "H-2" : n < DIR_END ? "H-6" : "H-11";
        assert_int_equal(status, n < 8 ? LODE_FMT_NOT_LODE : LODE_FMT_TRUNCATED);
        assert_string_equal(fault.rule, rule);
    }
    guard_free(&guard);
}

/* One byte more than the header says. */
static void test_trailing_byte(void **state)
{
    (void)state;
    uint8_t p[SIZE + 1] = {0};
    struct lode_fault fault = {0};
    make(p);
    assert_int_equal(parse(p, SIZE + 1, &fault), LODE_FMT_LAYOUT);
    assert_string_equal(fault.rule, "H-12");
    lode_put64(p + 32, SIZE + 1);
    seal(p, DIR_END);
    assert_int_equal(parse(p, SIZE + 1, &fault), LODE_FMT_LAYOUT);
    assert_string_equal(fault.rule, "D-9");
}

static void test_every_bit_of_the_directory(void **state)
{
    (void)state;
    uint8_t p[SIZE];
    make(p);
    for (size_t bit = 0; bit < 8 * DIR_END; bit++) {
        p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(parse(p, SIZE, NULL) < 0);
        p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(parse(p, SIZE, NULL), LODE_FMT_OK);
}

/* Sealed anew, a byte of the directory may say anything: nothing outside the file may be used. */
static void test_sealed_noise(void **state)
{
    (void)state;
    struct rng rng = {7};
    struct guard guard;
    uint8_t p[SIZE];
    assert_true(guard_new(&guard, SIZE));
    for (int i = 0; i < 20000; i++) {
        make(p);
        for (int k = 0; k < 3; k++)
            p[rng_range(&rng, 8, DIR_END - 1)] = (uint8_t)rng_next(&rng);
        seal(p, DIR_END);
        const uint8_t *q = guard_copy(&guard, p, SIZE);
        struct lode_container box;
        if (lode_container_parse(q, SIZE, &box, NULL) != LODE_FMT_OK)
            continue;
        (void)lode_container_check_psum(&box, NULL);
        (void)lode_container_check_page(&box, 0, NULL);
        (void)lode_container_check_padding(&box, NULL);
    }
    guard_free(&guard);
}

/* ---- what later versions may add ------------------------------------------------------------ */

static void test_unknown_sections(void **state)
{
    (void)state;
    uint8_t p[SIZE];
    struct lode_container box;
    struct lode_section s;
    struct lode_fault fault = {0};
    const uint32_t id = LODE_ID('Z', 'Z', 'Z', 'Z');
    make(p);
    lode_put32(p + ENTRY1, id);
    lode_put32(p + ENTRY1 + 4, 0xFFFFFFFE); /* all flags but CRITICAL, unknown ones too */
    lode_put32(p + 20, 0xFFFFFFFF);         /* compat */
    lode_put16(p + 10, 0xFFFF);             /* minor */
    seal(p, DIR_END);
    assert_int_equal(lode_container_parse(p, SIZE, &box, NULL), LODE_FMT_OK);
    assert_int_equal(box.minor, 0xFFFF);
    assert_true(lode_container_find(&box, id, 0, &s) && s.off == 320);
    lode_put32(p + ENTRY1 + 4, LODE_SECTION_CRITICAL);
    seal(p, DIR_END);
    assert_int_equal(parse(p, SIZE, &fault), LODE_FMT_FEATURE);
    assert_string_equal(fault.rule, "D-2");
    assert_int_equal(fault.section, id);
}

static void test_groups(void **state)
{
    (void)state;
    uint8_t p[SIZE];
    struct lode_container box;
    struct lode_section s;
    make(p);
    lode_put32(p + ENTRY1, LODE_ID_OPTS);
    lode_put32(p + ENTRY1 + 8, 1);
    seal(p, DIR_END);
    assert_int_equal(lode_container_parse(p, SIZE, &box, NULL), LODE_FMT_OK);
    assert_true(lode_container_find(&box, LODE_ID_OPTS, 0, &s) && s.off == 256);
    assert_true(lode_container_find(&box, LODE_ID_OPTS, 1, &s) && s.off == 320);
}

/* The image with larger header and entries, their new bytes filled with noise. */
static size_t grow(uint8_t *out, uint32_t header, uint32_t entry)
{
    uint8_t p[SIZE];
    make(p);
    const size_t dir_end = header + (size_t)ENTRIES * entry, data = (dir_end + 63) / 64 * 64;
    const size_t psum = data + 192, size = psum + 8;
    memset(out, 0xB7, dir_end);
    memset(out + dir_end, 0, size - dir_end);
    memcpy(out, p, 64);
    memcpy(out + data, p + 256, 192);
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t *e = out + header + i * entry;
        memcpy(e, p + 64 + 64 * i, 64);
        lode_put64(e + 16, lode_get64(e + 16) - 256 + data);
    }
    lode_put32(out + 12, header);
    lode_put32(out + 28, entry);
    lode_put64(out + 32, size);
    lode_put64(out + psum, lode_hash64(out + dir_end, psum - dir_end, 0));
    lode_put64(out + 40, lode_hash64(out + psum, 8, 0));
    lode_put64(out + header + (size_t)(ENTRIES - 1) * entry + 48, lode_get64(out + 40));
    seal(out, dir_end);
    return size;
}

static void test_grown_header_and_entries(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {64, 72, 128, 1000, 4096};
    static uint8_t p[5 * 4096];
    for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(sizes); i++) {
        const uint32_t header = sizes[i / COUNT_OF(sizes)], entry = sizes[i % COUNT_OF(sizes)];
        struct lode_container box;
        struct lode_section s;
        const size_t size = grow(p, header, entry);
        assert_int_equal(lode_container_parse(p, size, &box, NULL), LODE_FMT_OK);
        assert_int_equal(box.dir_end, header + ENTRIES * entry);
        assert_true(lode_container_find(&box, LODE_ID_CTIG, 0, &s));
        assert_int_equal(p[s.off], 64); /* what stood at 320 */
        assert_int_equal(lode_container_check_psum(&box, NULL), LODE_FMT_OK);
        assert_int_equal(lode_container_check_page(&box, 0, NULL), LODE_FMT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_mentions),
        cmocka_unit_test(test_each_rule),
        cmocka_unit_test(test_order_of_rules),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_trailing_byte),
        cmocka_unit_test(test_every_bit_of_the_directory),
        cmocka_unit_test(test_sealed_noise),
        cmocka_unit_test(test_unknown_sections),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_grown_header_and_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
