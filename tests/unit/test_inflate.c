/* Inflation against zlib: every prefix that can be asked for, whole streams, and damaged ones,
 * which never write past the bound nor read past their bytes. */
#include "guard.h"
#include "inflate.h"
#include "support.h"

#include <zlib.h>

static struct lode_inflate *state_of_all;
static struct guard out_guard, in_guard;

static int make_all(void **state)
{
    (void)state;
    state_of_all = lode_inflate_new();
    return state_of_all != NULL && guard_new(&out_guard, 65536 + LODE_INFLATE_SLACK) &&
                   guard_new(&in_guard, 131072)
               ? 0
               : -1;
}

static int drop_all(void **state)
{
    (void)state;
    lode_inflate_free(state_of_all);
    guard_free(&out_guard);
    guard_free(&in_guard);
    return 0;
}

enum text_kind { BASES, NOISE, RUN, WORDS, TEXT_KINDS };

static void fill(struct rng *rng, uint8_t *p, size_t n, enum text_kind kind)
{
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case BASES:
            p[i] = i % 61 == 60 ? '\n' : (uint8_t) "ACGT"[rng_below(rng, 4)];
            break;
        case NOISE:
            p[i] = (uint8_t)rng_next(rng);
            break;
        case RUN:
            p[i] = 'N';
            break;
        default: /* repeats from far and near */
            p[i] = i > 40 && rng_below(rng, 30) != 0 ? p[i - 1 - i % 40] : (uint8_t)rng_next(rng);
        }
}

/* Raw deflate data of p[0, n), placed before a forbidden page. */
static const uint8_t *pack(const uint8_t *p, size_t n, int level, int strategy, size_t *size)
{
    static uint8_t out[131072];
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 8, strategy), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = sizeof out;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *size = sizeof out - z.avail_out;
    deflateEnd(&z);
    return guard_copy(&in_guard, out, *size);
}

static void check_part(const uint8_t *packed, size_t n, const uint8_t *text, size_t want)
{
    uint8_t *dst = guard_place(&out_guard, want);
    assert_int_equal(lode_inflate_part(state_of_all, packed, n, dst, want), want);
    assert_memory_equal(dst, text, want);
}

static void check_whole(const uint8_t *packed, size_t n, const uint8_t *text, size_t size)
{
    uint8_t *dst = guard_place(&out_guard, size + LODE_INFLATE_SLACK);
    assert_int_equal(lode_inflate_whole(state_of_all, packed, n, dst, size), 0);
    assert_memory_equal(dst, text, size);
    dst = guard_place(&out_guard, size + 1 + LODE_INFLATE_SLACK);
    assert_int_equal(lode_inflate_whole(state_of_all, packed, n, dst, size + 1), -1);
    if (size > 0) {
        dst = guard_place(&out_guard, size - 1 + LODE_INFLATE_SLACK);
        assert_int_equal(lode_inflate_whole(state_of_all, packed, n, dst, size - 1), -1);
    }
    dst = guard_place(&out_guard, size + LODE_INFLATE_SLACK);
    assert_int_equal(lode_inflate_whole(state_of_all, packed, n - 1, dst, size), -1);
    uint8_t *longer = malloc(n + 1);
    assert_non_null(longer);
    memcpy(longer, packed, n);
    longer[n] = 0;
    assert_int_equal(lode_inflate_whole(state_of_all, longer, n + 1, dst, size), -1);
    free(longer);
}

static void test_every_prefix(void **state)
{
    (void)state;
    struct rng rng = {31};
    uint8_t text[3000];
    for (int kind = 0; kind < TEXT_KINDS; kind++)
        for (int level = 0; level <= 9; level += 3)
            for (int strategy = Z_DEFAULT_STRATEGY; strategy <= Z_FIXED; strategy++) {
                size_t n;
                fill(&rng, text, sizeof text, (enum text_kind)kind);
                const uint8_t *packed = pack(text, sizeof text, level, strategy, &n);
                for (size_t want = 0; want <= sizeof text; want++)
                    check_part(packed, n, text, want);
                check_whole(packed, n, text, sizeof text);
            }
}

static void test_sizes(void **state)
{
    (void)state;
    struct rng rng = {32};
    static uint8_t text[65536];
    static const size_t sizes[] = {0,    1,    2,     3,     7,     258,  4095,
                                   4096, 4097, 32768, 65280, 65535, 65536};
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (int kind = 0; kind < TEXT_KINDS; kind++) {
            size_t n;
            fill(&rng, text, sizes[s], (enum text_kind)kind);
            const uint8_t *packed = pack(text, sizes[s], 6, Z_DEFAULT_STRATEGY, &n);
            if (sizes[s] < 65536)
                check_whole(packed, n, text, sizes[s]);
            for (size_t want = 0; want <= sizes[s]; want += want < 8 ? 1 : 4096)
                check_part(packed, n, text, want);
            check_part(packed, n, text, sizes[s]);
        }
}

/* More asked for than there is: what there is, and its number. */
static void test_short_streams(void **state)
{
    (void)state;
    struct rng rng = {33};
    uint8_t text[2000], packed[4000];
    size_t n;
    fill(&rng, text, sizeof text, BASES);
    const uint8_t *p = pack(text, sizeof text, 6, Z_DEFAULT_STRATEGY, &n);
    memcpy(packed, p, n);
    uint8_t *dst = guard_place(&out_guard, 2100);
    assert_int_equal(lode_inflate_part(state_of_all, packed, n, dst, 2100), 2000);
    assert_memory_equal(dst, text, 2000);
    for (size_t cut = 0; cut < n; cut++) {
        dst = guard_place(&out_guard, 2000);
        const size_t got =
            lode_inflate_part(state_of_all, guard_copy(&in_guard, packed, cut), cut, dst, 2000);
        assert_true(got <= 2000);
        assert_memory_equal(dst, text, got);
    }
}

/* Noise in the stream: any answer, but inside its bounds; and whole only if zlib says the same. */
static void test_damaged_streams(void **state)
{
    (void)state;
    struct rng rng = {34};
    uint8_t text[4000], bad[8192], back[4001];
    int refused = 0;
    for (int round = 0; round < 6000; round++) {
        size_t n;
        const size_t size = rng_range(&rng, 1, sizeof text);
        fill(&rng, text, size, (enum text_kind)(round % TEXT_KINDS));
        const uint8_t *good = pack(text, size, round % 10, round / 10 % 5, &n);
        memcpy(bad, good, n);
        for (uint64_t k = rng_range(&rng, 1, 4); k > 0; k--)
            bad[rng_below(&rng, n)] ^= (uint8_t)(1u << rng_below(&rng, 8));
        const uint8_t *packed = guard_copy(&in_guard, bad, n);
        const size_t want = rng_below(&rng, size + 1);
        assert_true(lode_inflate_part(state_of_all, packed, n, guard_place(&out_guard, want),
                                      want) <= want);
        uint8_t *dst = guard_place(&out_guard, size + LODE_INFLATE_SLACK);
        if (lode_inflate_whole(state_of_all, packed, n, dst, size) != 0) {
            refused++;
            continue;
        }
        z_stream z = {.next_in = bad, .avail_in = (uInt)n, .next_out = back};
        z.avail_out = sizeof back;
        assert_int_equal(inflateInit2(&z, -15), Z_OK);
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        assert_int_equal(z.total_out, size);
        assert_memory_equal(dst, back, size);
        inflateEnd(&z);
    }
    assert_true(refused > 100);
}

static void test_noise(void **state)
{
    (void)state;
    struct rng rng = {35};
    uint8_t noise[600];
    for (int round = 0; round < 20000; round++) {
        const size_t n = rng_below(&rng, sizeof noise), want = rng_below(&rng, 3000);
        fill(&rng, noise, n, NOISE);
        const uint8_t *packed = guard_copy(&in_guard, noise, n);
        assert_true(lode_inflate_part(state_of_all, packed, n, guard_place(&out_guard, want),
                                      want) <= want);
        (void)lode_inflate_whole(state_of_all, packed, n,
                                 guard_place(&out_guard, want + LODE_INFLATE_SLACK), want);
    }
}

static void test_crc(void **state)
{
    (void)state;
    struct rng rng = {36};
    uint8_t p[5000];
    assert_int_equal(lode_crc32(0, "123456789", 9), 0xCBF43926);
    fill(&rng, p, sizeof p, NOISE);
    for (int i = 0; i < 2000; i++) {
        const size_t a = rng_below(&rng, 600), b = rng_below(&rng, 4000);
        const uint32_t first = lode_crc32(0, p, a), second = lode_crc32(0, p + a, b);
        const uint32_t want = (uint32_t)crc32(0, p, (uInt)(a + b));
        assert_int_equal(lode_crc32(0, p, a + b), want);
        assert_int_equal(lode_crc32(first, p + a, b), want);
        assert_int_equal(lode_crc32_join(first, second, b), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_prefix),  cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_short_streams), cmocka_unit_test(test_damaged_streams),
        cmocka_unit_test(test_noise),         cmocka_unit_test(test_crc),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
