/* Codes from weights are complete, short and within their limit; restart blocks made with them are
 * deflate to zlib, and to ISA-L and libdeflate where those are there, and their header is read
 * back.
 */
#include "guard.h"
#include "huffman.h"
#include "litcode.h"
#include "support.h"

#include <zlib.h>
#ifdef LODE_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif
#ifdef LODE_HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

enum { TEXT_MAX = 65280, ROOM = TEXT_MAX * 2 + 1000 };

/* ---- codes ---------------------------------------------------------------------------------- */

/* Bits that the weights take in the best code without a limit, and how long its longest is: two
 * lightest joined, again and again. */
static uint64_t best_cost(const uint64_t *weights, size_t n, unsigned *longest)
{
    static uint64_t weight[LODE_HUFFMAN_SYMBOLS_MAX];
    static unsigned depth[LODE_HUFFMAN_SYMBOLS_MAX];
    size_t count = 0;
    uint64_t cost = 0;
    for (size_t i = 0; i < n; i++)
        if (weights[i] > 0) {
            weight[count] = weights[i];
            depth[count++] = 0;
        }
    while (count > 1) {
        for (size_t k = 0; k < 2; k++) /* the two lightest to the end */
            for (size_t i = 0; i + 1 < count - k; i++)
                if (weight[i] < weight[count - 1 - k]) {
                    const uint64_t w = weight[i];
                    const unsigned d = depth[i];
                    weight[i] = weight[count - 1 - k];
                    depth[i] = depth[count - 1 - k];
                    weight[count - 1 - k] = w;
                    depth[count - 1 - k] = d;
                }
        count--;
        weight[count - 1] += weight[count];
        depth[count - 1] = 1 + (depth[count] > depth[count - 1] ? depth[count] : depth[count - 1]);
        cost += weight[count - 1];
    }
    *longest = depth[0];
    return cost;
}

static void check_lengths(const uint64_t *weights, size_t n, unsigned limit)
{
    uint8_t lengths[LODE_HUFFMAN_SYMBOLS_MAX];
    uint16_t codes[LODE_HUFFMAN_SYMBOLS_MAX];
    uint64_t kraft = 0, cost = 0;
    unsigned longest;
    lode_huffman_lengths(weights, n, limit, lengths);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(lengths[i] == 0, weights[i] == 0);
        assert_true(lengths[i] <= limit);
        kraft += lengths[i] > 0 ? 1u << (15 - lengths[i]) : 0;
        cost += lengths[i] * weights[i];
    }
    assert_int_equal(kraft, 1 << 15);
    assert_true(lode_huffman_complete(lengths, n));
    const uint64_t best = best_cost(weights, n, &longest);
    assert_true(cost >= best);
    if (longest <= limit)
        assert_int_equal(cost, best);
    lode_huffman_codes(lengths, n, codes);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) /* no code begins with another one */
            if (i != k && lengths[i] > 0 && lengths[k] >= lengths[i])
                assert_int_not_equal(codes[k] & ((1u << lengths[i]) - 1), codes[i]);
}

static void test_codes_are_complete_short_and_limited(void **state)
{
    struct rng rng = {11};
    (void)state;
    for (int round = 0; round < 300; round++) {
        uint64_t weights[LODE_HUFFMAN_SYMBOLS_MAX] = {0};
        const size_t n = rng_range(&rng, 2, LODE_HUFFMAN_SYMBOLS_MAX);
        const unsigned spread = (unsigned)rng_range(&rng, 1, 40);
        const bool holes = rng_below(&rng, 2) == 0;
        for (size_t i = 0; i < n; i++)
            if (i < 2 || !holes || rng_below(&rng, 3) > 0)
                weights[i] = 1 + (rng_next(&rng) >> (63 - rng_below(&rng, spread)));
        check_lengths(weights, n, 15);
        if (n <= 19)
            check_lengths(weights, n, 7);
    }
}

static void test_weights_that_want_long_codes(void **state)
{
    uint64_t weights[40] = {1, 1};
    (void)state;
    for (size_t i = 2; i < COUNT_OF(weights); i++)
        weights[i] = weights[i - 1] + weights[i - 2];
    for (size_t n = 2; n <= COUNT_OF(weights); n++)
        check_lengths(weights, n, 15);
    check_lengths(weights, 19, 7);
}

static void test_what_is_no_complete_code(void **state)
{
    static const uint8_t cases[][4] = {{0}, {1}, {1, 2}, {1, 1, 1}, {2, 2, 2}, {16, 1, 1}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(lode_huffman_complete(cases[i], 4));
    assert_true(lode_huffman_complete((const uint8_t[]){0, 1, 2, 2}, 4));
}

/* ---- blocks --------------------------------------------------------------------------------- */

static uint8_t packed[ROOM], unpacked[ROOM];

static void by_zlib(size_t size, const uint8_t *text, size_t n)
{
    z_stream z = {0};
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    z.next_in = packed;
    z.avail_in = (uInt)size;
    z.next_out = unpacked;
    z.avail_out = ROOM;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    assert_int_equal(ROOM - z.avail_out, n);
    assert_memory_equal(unpacked, text, n);
    inflateEnd(&z);
}

static void by_others(size_t size, const uint8_t *text, size_t n)
{
    (void)size;
    (void)text;
    (void)n;
#ifdef LODE_HAVE_ISAL
    static struct inflate_state s;
    memset(unpacked, 0, n);
    isal_inflate_init(&s);
    s.next_in = packed;
    s.avail_in = (uint32_t)size;
    s.next_out = unpacked;
    s.avail_out = ROOM;
    s.crc_flag = ISAL_DEFLATE;
    assert_int_equal(isal_inflate_stateless(&s), ISAL_DECOMP_OK);
    assert_int_equal(s.next_out - unpacked, n);
    assert_memory_equal(unpacked, text, n);
#endif
#ifdef LODE_HAVE_LIBDEFLATE
    size_t got = 0;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    memset(unpacked, 0, n);
    assert_int_equal(libdeflate_deflate_decompress(d, packed, size, unpacked, ROOM, &got),
                     LIBDEFLATE_SUCCESS);
    assert_int_equal(got, n);
    assert_memory_equal(unpacked, text, n);
    libdeflate_free_decompressor(d);
#endif
}

/* The text packed with the code of what was counted, which may be other text. */
static void check_block(const uint64_t *counted, const uint8_t *text, size_t n)
{
    struct lode_litcode code, back;
    uint64_t counts[LODE_LITERALS] = {0};
    lode_litcode_make(counted, &code);
    lode_litcode_count(text, n, counts);
    const size_t size = lode_litcode_write(&code, text, n, packed);
    assert_int_equal(size, lode_litcode_size(&code, counts));
    assert_int_equal(
        (code.header_bits + lode_litcode_bits(&code, text, n) + code.lengths[LODE_LITERALS] + 7) /
            8,
        size);
    by_zlib(size, text, n);
    by_others(size, text, n);
    assert_true(lode_litcode_parse(packed, size, &back));
    assert_memory_equal(back.lengths, code.lengths, sizeof code.lengths);
    assert_memory_equal(back.codes, code.codes, sizeof code.codes);
    assert_int_equal(back.header_bits, code.header_bits);
    assert_memory_equal(back.header, code.header, sizeof code.header);
    assert_true(lode_litcode_same(&code, packed, size));
    for (unsigned bit = 0; bit < code.header_bits; bit += 7) {
        packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(lode_litcode_same(&code, packed, size));
        packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut * 8 < code.header_bits; cut++) {
        assert_false(lode_litcode_parse(packed, cut, &back));
        assert_false(lode_litcode_same(&code, packed, cut));
    }
}

static size_t make_text(struct rng *rng, unsigned kind, uint8_t *text)
{
    const size_t n = kind == 0 ? 0 : 1 + (size_t)rng_below(rng, rng_below(rng, 2) ? TEXT_MAX : 50);
    const uint8_t one = (uint8_t)rng_next(rng);
    for (size_t i = 0; i < n; i++)
        switch (kind) {
        case 1:
            text[i] = one;
            break;
        case 2:
            text[i] = (uint8_t)rng_next(rng);
            break;
        case 3:
            text[i] = (uint8_t)i;
            break;
        case 4: /* small numbers mostly */
            text[i] = (uint8_t)(rng_next(rng) >> (8 + rng_below(rng, 56)));
            break;
        default:
            text[i] = (uint8_t) "ACGTacgtN\n"[rng_below(rng, 10)];
        }
    return n;
}

static void test_blocks_of_any_text_are_deflate(void **state)
{
    static uint8_t text[TEXT_MAX];
    static const uint64_t nothing[LODE_LITERALS];
    struct rng rng = {12};
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        uint64_t counts[LODE_LITERALS] = {0};
        const size_t n = make_text(&rng, round % 6, text);
        lode_litcode_count(text, n, counts);
        check_block(counts, text, n);
        check_block(nothing, text, n);
        const uint64_t other[LODE_LITERALS] = {['A'] = 1ULL << 40, ['z'] = 3};
        check_block(other, text, n);
    }
}

/* So that a first block of Ns alone has room, whatever else was counted. */
static void test_letters_of_genomes_are_short_in_every_code(void **state)
{
    struct lode_litcode code;
    const uint64_t counts[LODE_LITERALS] = {['E'] = 1 << 20, ['L'] = 1 << 19, ['K'] = 1 << 19};
    (void)state;
    lode_litcode_make(counts, &code);
    for (const char *p = "ACGTNacgtn\n"; *p != 0; p++)
        assert_in_range(code.lengths[(uint8_t)*p], 1, 8);
}

static void test_ordinary_blocks_and_noise_are_no_restart_blocks(void **state)
{
    static uint8_t text[TEXT_MAX];
    struct rng rng = {13};
    struct guard guard;
    struct lode_litcode code;
    (void)state;
    assert_true(guard_new(&guard, 400));
    for (unsigned round = 0; round < 200; round++) {
        z_stream z = {0};
        const size_t n = make_text(&rng, 1 + round % 5, text);
        const int strategy = round % 3 == 0 ? Z_HUFFMAN_ONLY : round % 3 == 1 ? Z_FIXED : 0;
        assert_int_equal(deflateInit2(&z, (int)(round % 10), Z_DEFLATED, -15, 8, strategy), Z_OK);
        z.next_in = text;
        z.avail_in = (uInt)n;
        z.next_out = packed;
        z.avail_out = ROOM;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        const size_t size = ROOM - z.avail_out;
        deflateEnd(&z);
        uint64_t counts[LODE_LITERALS] = {0};
        lode_litcode_count(text, n, counts);
        bool all = true; /* then Z_HUFFMAN_ONLY may write one */
        for (size_t b = 0; b < LODE_LITERALS; b++)
            all = all && counts[b] > 0;
        if (!all)
            assert_false(lode_litcode_parse(packed, size, &code));
    }
    for (unsigned round = 0; round < 20000; round++) {
        const size_t n = (size_t)rng_below(&rng, 400);
        uint8_t *noise = guard_place(&guard, n);
        for (size_t i = 0; i < n; i++)
            noise[i] = (uint8_t)(rng_next(&rng) >> 8);
        if (n > 1) /* past the first tests */
            noise[0] = 5, noise[1] &= 0xE1;
        (void)lode_litcode_parse(noise, n, &code);
    }
    guard_free(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_complete_short_and_limited),
        cmocka_unit_test(test_weights_that_want_long_codes),
        cmocka_unit_test(test_what_is_no_complete_code),
        cmocka_unit_test(test_blocks_of_any_text_are_deflate),
        cmocka_unit_test(test_letters_of_genomes_are_short_in_every_code),
        cmocka_unit_test(test_ordinary_blocks_and_noise_are_no_restart_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
