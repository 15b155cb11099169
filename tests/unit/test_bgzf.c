/* The framing of BGZF blocks, on members that zlib wrote with every kind of header RFC 1952 knows.
 */
#include "bgzf.h"
#include "bytes.h"
#include "guard.h"
#include "support.h"

#include <zlib.h>

static const char text[] = ">a\nACGTACGTTTGGCA\n";

enum { BEFORE = 1, AFTER = 2, NAME = 4, COMMENT = 8, HCRC = 16, NO_BC = 32, SHAPES = 32 };

static const uint8_t other_subfield[] = {'R', 'A', 3, 0, 'x', 'y', 'z'};
static const uint8_t bc[] = {'B', 'C', 2, 0, 0, 0};

/* The extra field; returns its size, and where the value of BC is. */
static unsigned make_extra(uint8_t *extra, unsigned shape, size_t *value)
{
    unsigned n = 0;
    if (shape & BEFORE) {
        memcpy(extra, other_subfield, sizeof other_subfield);
        n += sizeof other_subfield;
    }
    if (!(shape & NO_BC)) {
        memcpy(extra + n, bc, sizeof bc);
        *value = 12 + n + 4;
        n += sizeof bc;
    }
    if (shape & AFTER) {
        memcpy(extra + n, other_subfield, sizeof other_subfield);
        n += sizeof other_subfield;
    }
    return n;
}

/* A gzip member of the text with this header, written by zlib; its size. */
static size_t make_member(uint8_t *out, unsigned shape)
{
    static uint8_t extra[64];
    static char name[] = "genome.fa", comment[] = "of a mouse";
    size_t value = 0;
    gz_header head = {.extra = extra};
    z_stream z = {0};
    head.extra_len = make_extra(extra, shape, &value);
    head.name = shape & NAME ? (Bytef *)name : NULL;
    head.comment = shape & COMMENT ? (Bytef *)comment : NULL;
    head.hcrc = (shape & HCRC) != 0;
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflateSetHeader(&z, &head), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = sizeof text - 1;
    z.next_out = out;
    z.avail_out = 1024;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    const size_t n = 1024 - z.avail_out;
    deflateEnd(&z);
    if (value > 0)
        lode_put16(out + value, (uint16_t)(n - 1));
    return n;
}

/* The text again, from the deflate data that the header says follow it. */
static void check_data(const uint8_t *p, const struct lode_bgzf_block *block)
{
    uint8_t back[64];
    z_stream z = {0};
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)(p + block->header);
    z.avail_in = block->size - block->header - LODE_BGZF_TRAILER;
    z.next_out = back;
    z.avail_out = sizeof back;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    assert_int_equal(sizeof back - z.avail_out, sizeof text - 1);
    assert_memory_equal(back, text, sizeof text - 1);
    inflateEnd(&z);
}

static void test_headers(void **state)
{
    (void)state;
    uint8_t p[1024];
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        struct lode_bgzf_block block;
        uint32_t crc, isize;
        const size_t n = make_member(p, shape);
        assert_int_equal(lode_bgzf_header(p, n, &block), LODE_BGZF_OK);
        assert_int_equal(block.size, n);
        check_data(p, &block);
        lode_bgzf_trailer(p, &block, &crc, &isize);
        assert_int_equal(isize, sizeof text - 1);
        assert_int_equal(crc, crc32(0, (const Bytef *)text, sizeof text - 1));
        assert_true(lode_is_gzip(p, n));
    }
}

/* Cut inside the header: more is needed, whatever was cut. Cut behind it: the header is whole. */
static void test_truncated_headers(void **state)
{
    (void)state;
    uint8_t p[1024];
    struct guard guard;
    assert_true(guard_new(&guard, sizeof p));
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        struct lode_bgzf_block whole, block;
        const size_t size = make_member(p, shape);
        assert_int_equal(lode_bgzf_header(p, size, &whole), LODE_BGZF_OK);
        for (size_t n = 0; n <= size; n++) {
            const int got = lode_bgzf_header(guard_copy(&guard, p, n), n, &block);
            const int want = n < whole.header ? LODE_BGZF_NEED_MORE : LODE_BGZF_OK;
            if (got != want)
                fail_msg("header of shape %u, %u bytes, cut at %zu: got %d", shape, whole.header, n,
                         got);
        }
    }
    guard_free(&guard);
}

static void test_not_bgzf(void **state)
{
    (void)state;
    uint8_t p[1024];
    struct lode_bgzf_block block;
    for (unsigned shape = 0; shape < SHAPES; shape++) { /* extra field, but no BC in it */
        const size_t n = make_member(p, shape | NO_BC);
        assert_int_equal(lode_bgzf_header(p, n, &block), LODE_BGZF_PLAIN_GZIP);
        assert_true(lode_is_gzip(p, n));
    }
    const uint8_t plain[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(lode_bgzf_header(plain, sizeof plain, &block), LODE_BGZF_PLAIN_GZIP);
    assert_int_equal(lode_bgzf_header((const uint8_t *)text, sizeof text, &block),
                     LODE_BGZF_NOT_GZIP);
    assert_false(lode_is_gzip((const uint8_t *)text, sizeof text));
    assert_false(lode_is_gzip(plain, 1));
    assert_false(lode_is_gzip(plain, 0));
}

/* Each fixed byte of the header (SPEC Z-1). */
static void test_fixed_bytes(void **state)
{
    (void)state;
    uint8_t p[1024];
    struct lode_bgzf_block block;
    const size_t n = make_member(p, 0);
    static const struct {
        size_t at;
        uint8_t value;
        int status;
    } cases[] = {
        {0, 0x1E, LODE_BGZF_NOT_GZIP},     {1, 0x8C, LODE_BGZF_NOT_GZIP},
        {2, 7, LODE_BGZF_NOT_GZIP},        {3, 4 | 0x20, LODE_BGZF_NOT_GZIP},
        {3, 4 | 0x40, LODE_BGZF_NOT_GZIP}, {3, 4 | 0x80, LODE_BGZF_NOT_GZIP},
        {3, 0, LODE_BGZF_PLAIN_GZIP},      {3, 4 | 1, LODE_BGZF_OK}, /* FTEXT */
        {4, 0xFF, LODE_BGZF_OK},           {8, 0xFF, LODE_BGZF_OK},  /* MTIME, XFL */
        {9, 0xFF, LODE_BGZF_OK},           {12, 'X', LODE_BGZF_PLAIN_GZIP},
        {13, 'X', LODE_BGZF_PLAIN_GZIP},   {14, 3, LODE_BGZF_PLAIN_GZIP},
        {14, 1, LODE_BGZF_PLAIN_GZIP},     {15, 1, LODE_BGZF_PLAIN_GZIP},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const uint8_t old = p[cases[i].at];
        p[cases[i].at] = cases[i].value;
        assert_int_equal(lode_bgzf_header(p, n, &block), cases[i].status);
        p[cases[i].at] = old;
    }
}

/* Header, one byte of data and trailer have to fit into the size that BC gives. */
static void test_sizes(void **state)
{
    (void)state;
    uint8_t p[1024];
    for (unsigned shape = 0; shape < SHAPES; shape++) {
        struct lode_bgzf_block block;
        const size_t n = make_member(p, shape), value = shape & BEFORE ? 12 + 7 + 4 : 12 + 4;
        assert_int_equal(lode_bgzf_header(p, n, &block), LODE_BGZF_OK);
        const uint32_t header = block.header;
        for (uint32_t size = 1; size <= 65536; size += size < 200 ? 1 : 997) {
            lode_put16(p + value, (uint16_t)(size - 1));
            const int want = size >= header + 9 ? LODE_BGZF_OK : LODE_BGZF_BAD;
            assert_int_equal(lode_bgzf_header(p, n, &block), want);
            if (want == LODE_BGZF_OK)
                assert_int_equal(block.size, size);
        }
    }
}

/* The first BC of two bytes counts. */
static void test_which_subfield(void **state)
{
    (void)state;
    static const uint8_t extra[] = {'B', 'C', 3, 0,   9,   9, 9, 'B', 'C', 2,
                                    0,   99,  0, 'B', 'C', 2, 0, 50,  0};
    uint8_t p[128] = {0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF, sizeof extra, 0};
    struct lode_bgzf_block block;
    memcpy(p + 12, extra, sizeof extra);
    assert_int_equal(lode_bgzf_header(p, sizeof p, &block), LODE_BGZF_OK);
    assert_int_equal(block.size, 100);
    p[12 + 2] = 200; /* the subfield before runs over the end of the extra field */
    assert_int_equal(lode_bgzf_header(p, sizeof p, &block), LODE_BGZF_PLAIN_GZIP);
}

static void test_end_marker(void **state)
{
    (void)state;
    struct lode_bgzf_block block;
    uint32_t crc, isize;
    assert_int_equal(lode_bgzf_header(lode_bgzf_eof, LODE_BGZF_EOF_SIZE, &block), LODE_BGZF_OK);
    assert_int_equal(block.size, 28);
    assert_int_equal(block.header, 18);
    lode_bgzf_trailer(lode_bgzf_eof, &block, &crc, &isize);
    assert_int_equal(crc, 0);
    assert_int_equal(isize, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),    cmocka_unit_test(test_truncated_headers),
        cmocka_unit_test(test_not_bgzf),   cmocka_unit_test(test_fixed_bytes),
        cmocka_unit_test(test_sizes),      cmocka_unit_test(test_which_subfield),
        cmocka_unit_test(test_end_marker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
