/* Page sums and padding: the pages partition the file, and a changed byte is found in its page. */
#include "bytes.h"
#include "container.h"
#include "hash.h"
#include "support.h"

enum { PAGE = 65536 };

/* Walks the bytes one by one and starts a page at each multiple of 65,536. */
static void check_partition(uint64_t dir_end, uint64_t psum_off)
{
    uint64_t pages = 0;
    for (uint64_t at = dir_end; at < psum_off; pages++) {
        uint64_t begin, end, next = at + 1;
        while (next < psum_off && next % PAGE != 0)
            next++;
        lode_page_span(dir_end, psum_off, pages, &begin, &end);
        assert_true(begin == at && end == next);
        at = next;
    }
    assert_true(lode_page_count(dir_end, psum_off) == pages);
}

static void test_spans_partition_the_file(void **state)
{
    (void)state;
    struct rng rng = {3};
    static const uint64_t edges[] = {128,      960,          PAGE - 1, PAGE,         PAGE + 1,
                                     2 * PAGE, 2 * PAGE + 1, 5 * PAGE, 5 * PAGE + 64};
    check_partition(960, 70016); /* the example of SPEC 4.3 */
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t k = 0; k < COUNT_OF(edges); k++)
            check_partition(edges[i], edges[k]);
    for (int i = 0; i < 100; i++)
        check_partition(rng_range(&rng, 128, 3 * PAGE), rng_range(&rng, 128, 8 * PAGE));
}

/* No file is longer than 2^63 - 1. */
static void test_spans_of_huge_files(void **state)
{
    (void)state;
    const uint64_t psum = (1ULL << 63) - 64;
    const uint64_t pages = lode_page_count(128, psum);
    uint64_t begin, end;
    assert_true(pages == 1ULL << 47);
    lode_page_span(128, psum, pages - 1, &begin, &end);
    assert_true(begin == (1ULL << 63) - 65536);
    assert_true(end == psum);
}

/* A file of one section of n bytes, from the first multiple of 4,096 after the directory. */
static struct bytes make(size_t n)
{
    struct bytes b = {0};
    const uint64_t off = 4096, psum = (off + n + 63) / 64 * 64;
    const uint64_t pages = lode_page_count(192, psum);
    b.n = b.cap = psum + 8 * pages;
    b.p = calloc(1, b.n);
    assert_non_null(b.p);
    for (size_t i = 0; i < n; i++)
        b.p[off + i] = (uint8_t)(i * 7 >> 3);
    for (uint64_t i = 0; i < pages; i++) {
        const uint64_t begin = i == 0 ? 192 : i * PAGE;
        const uint64_t end = (i + 1) * PAGE < psum ? (i + 1) * PAGE : psum;
        lode_put64(b.p + psum + 8 * i, lode_hash64(b.p + begin, end - begin, 0));
    }
    const struct lode_section s[] = {
        {.id = LODE_ID_NAME, .stride = 1, .off = off, .len = n, .count = n},
        {.id = LODE_ID_PSUM,
         .stride = 8,
         .off = psum,
         .len = 8 * pages,
         .count = pages,
         .sum = lode_hash64(b.p + psum, 8 * pages, 0)}};
    lode_container_encode(b.p, s, 2, b.n);
    return b;
}

/* Which pages fail? The number of the first, or -1; no more than one may. */
static int failing_page(const struct lode_container *box, uint64_t pages)
{
    int found = -1;
    for (uint64_t i = 0; i < pages; i++) {
        struct lode_fault fault = {0};
        if (lode_container_check_page(box, i, &fault) == LODE_FMT_OK)
            continue;
        assert_int_equal(fault.status, LODE_FMT_PAGE_SUM);
        assert_string_equal(fault.rule, "P-2");
        assert_true(fault.offset == (i == 0 ? 192 : i * PAGE));
        assert_int_equal(found, -1);
        found = (int)i;
    }
    return found;
}

static void test_changed_bytes(void **state)
{
    (void)state;
    struct bytes b = make(200000);
    struct lode_container box;
    struct lode_section psum;
    struct lode_fault fault = {0};
    struct rng rng = {9};
    assert_int_equal(lode_container_parse(b.p, b.n, &box, NULL), LODE_FMT_OK);
    assert_true(lode_container_find(&box, LODE_ID_PSUM, 0, &psum));
    assert_int_equal(failing_page(&box, psum.count), -1);
    assert_int_equal(lode_container_check_psum(&box, NULL), LODE_FMT_OK);
    for (int i = 0; i < 300; i++) {
        const size_t at =
            i < 2 ? (i == 0 ? 192 : psum.off - 1) : rng_range(&rng, 192, psum.off - 1);
        b.p[at] ^= 0x10;
        assert_int_equal(failing_page(&box, psum.count), at / PAGE);
        b.p[at] ^= 0x10;
    }
    for (size_t at = psum.off; at < b.n; at++) {
        b.p[at] ^= 1;
        assert_int_equal(lode_container_check_psum(&box, &fault), LODE_FMT_PAGE_SUM);
        assert_string_equal(fault.rule, "P-1");
        b.p[at] ^= 1;
    }
    bytes_free(&b);
}

static void test_padding(void **state)
{
    (void)state;
    struct bytes b = make(1000);
    struct lode_container box;
    struct lode_fault fault = {0};
    assert_int_equal(lode_container_parse(b.p, b.n, &box, NULL), LODE_FMT_OK);
    assert_int_equal(lode_container_check_padding(&box, NULL), LODE_FMT_OK);
    static const size_t holes[] = {192, 4095, 5096, 5119};
    for (size_t i = 0; i < COUNT_OF(holes); i++) {
        b.p[holes[i]] = 1;
        assert_int_equal(lode_container_check_padding(&box, &fault), LODE_FMT_LAYOUT);
        assert_string_equal(fault.rule, "D-13");
        assert_true(fault.offset == holes[i]);
        b.p[holes[i]] = 0;
    }
    bytes_free(&b);
}

/* 4,096 bytes between sections is room to hide something in. */
static void test_holes(void **state)
{
    (void)state;
    static uint8_t p[16384];
    for (uint64_t hole = 4032; hole <= 4096; hole += 64) {
        const uint64_t off = 192 + hole, psum = off + 64;
        const struct lode_section s[] = {
            {.id = LODE_ID_NAME, .stride = 1, .off = off, .len = 64, .count = 64},
            {.id = LODE_ID_PSUM, .stride = 8, .off = psum, .len = 8, .count = 1}};
        struct lode_container box;
        struct lode_fault fault = {0};
        memset(p, 0, sizeof p);
        lode_container_encode(p, s, 2, psum + 8);
        assert_int_equal(lode_container_parse(p, psum + 8, &box, NULL), LODE_FMT_OK);
        const int status = lode_container_check_padding(&box, &fault);
        assert_int_equal(status, hole < 4096 ? LODE_FMT_OK : LODE_FMT_LAYOUT);
        if (status != LODE_FMT_OK)
            assert_string_equal(fault.rule, "D-12");
    }
}

static void test_alignment_of_sections(void **state)
{
    (void)state;
    assert_int_equal(lode_section_align(0), 64);
    assert_int_equal(lode_section_align(65535), 64);
    assert_int_equal(lode_section_align(65536), 4096);
    assert_int_equal(lode_section_align(UINT64_MAX), 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans_partition_the_file),
        cmocka_unit_test(test_spans_of_huge_files),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_holes),
        cmocka_unit_test(test_alignment_of_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
