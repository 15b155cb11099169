/* Every kernel gives what unpacking one base at a time gives, reads no further than it may and
 * writes no byte beside its destination; so does packing. */
#include "pack.h"
#include "unpack.h"

#include "guard.h"
#include "support.h"

#include <sys/mman.h>
#include <unistd.h>

extern const struct lode_unpack lode_unpack_avx512_simde, lode_unpack_neon_simde;

static const struct lode_unpack *kernel_at(size_t i)
{
    size_t native = 0;
    while (lode_unpack_at(native) != NULL)
        native++;
    if (i < native)
        return lode_unpack_at(i);
#if defined(LODE_HAVE_SIMDE)
    static const struct lode_unpack *const simde[] = {&lode_unpack_avx512_simde,
                                                      &lode_unpack_neon_simde};
    return i - native < COUNT_OF(simde) ? simde[i - native] : NULL;
#else
    return NULL;
#endif
}

static struct guard src_guard, dst_guard;
static uint8_t *after_guard; /* the first byte after a page nobody may touch */

enum { MOST = 400000 };

static int make_guards(void **state)
{
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    after_guard =
        mmap(NULL, MOST + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (after_guard == MAP_FAILED || mprotect(after_guard, page, PROT_NONE) != 0)
        return -1;
    after_guard += page;
    return guard_new(&src_guard, MOST) && guard_new(&dst_guard, MOST) ? 0 : -1;
}

static int free_guards(void **state)
{
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(after_guard - page, MOST + 2 * page);
    guard_free(&src_guard);
    guard_free(&dst_guard);
    return 0;
}

struct read {
    size_t begin, n;
    bool reverse;
    uint8_t letters[4];
};

/* Base begin + i of src, one at a time. */
static uint8_t letter_of(const struct read *read, const uint8_t *src, size_t i)
{
    const size_t k = read->begin + i;
    return read->letters[src[k / 4] >> k % 4 * 2 & 3];
}

/* dst[-before, 0) and dst[n, n + behind) hold the fill that must stay. */
static void check(const struct lode_unpack *kernel, const struct read *read, const uint8_t *src,
                  uint8_t *dst, size_t before, size_t behind)
{
    const uint8_t fill = (uint8_t)~read->letters[0];
    memset(dst - before, fill, before + read->n + behind);
    (read->reverse ? kernel->reverse : kernel->forward)(dst, src, read->begin, read->n,
                                                        read->letters);
    size_t wrong = 0;
    for (size_t i = 0; i < read->n; i++)
        wrong += dst[read->reverse ? read->n - 1 - i : i] != letter_of(read, src, i);
    for (size_t i = 0; i < before; i++)
        wrong += *(dst - 1 - i) != fill;
    for (size_t i = 0; i < behind; i++)
        wrong += dst[read->n + i] != fill;
    if (wrong != 0)
        fail_msg("%s %s: begin %zu n %zu: %zu bytes wrong", kernel->name,
                 read->reverse ? "reverse" : "forward", read->begin, read->n, wrong);
}

/* src of a read of this size, with the slack that is allowed and not a byte more. */
static uint8_t *random_src(struct rng *rng, size_t begin, size_t n)
{
    const size_t bytes = n == 0 ? 0 : (begin + n + 3) / 4 + LODE_UNPACK_SLACK;
    uint8_t *src = guard_place(&src_guard, bytes);
    for (size_t i = 0; i < bytes; i++)
        src[i] = (uint8_t)rng_next(rng);
    return src;
}

static void random_letters(struct rng *rng, struct read *read)
{
    for (size_t i = 0; i < 4; i++)
        read->letters[i] = (uint8_t)rng_next(rng);
}

/* In the middle, before a page nobody may touch, and after one. */
static void check_everywhere(const struct lode_unpack *kernel, const struct read *read,
                             const uint8_t *src, size_t align)
{
    check(kernel, read, src, dst_guard.map + 128 + align, 128, 128);
    check(kernel, read, src, dst_guard.map + dst_guard.room - read->n, 64, 0);
    check(kernel, read, src, after_guard, 0, 64);
}

static void test_small(void **state)
{
    (void)state;
    struct rng rng = {1001};
    const struct lode_unpack *kernel;
    for (size_t i = 0; (kernel = kernel_at(i)) != NULL; i++)
        for (size_t begin = 0; begin < 64; begin++)
            for (size_t n = 0; n <= 300; n++) {
                const uint8_t *src = random_src(&rng, begin, n);
                struct read read = {begin, n, false, {0}};
                random_letters(&rng, &read);
                check_everywhere(kernel, &read, src, (begin + n) % 64);
                read.reverse = true;
                check_everywhere(kernel, &read, src, (begin + n) % 64);
            }
}

static void test_large(void **state)
{
    (void)state;
    struct rng rng = {1002};
    const struct lode_unpack *kernel;
    for (size_t i = 0; (kernel = kernel_at(i)) != NULL; i++)
        for (int k = 0; k < 200; k++) {
            const size_t most = k % 10 == 0 ? MOST - 4096 : 5000;
            struct read read = {rng_below(&rng, 1000), rng_below(&rng, most), k % 2 != 0, {0}};
            random_letters(&rng, &read);
            const uint8_t *src = random_src(&rng, read.begin, read.n);
            check_everywhere(kernel, &read, src, rng_below(&rng, 64));
        }
}

/* The code of a base as SPEC 5.14 has it. */
static unsigned code_of(uint8_t base)
{
    switch (base) {
    case 'C':
    case 'c':
        return 1;
    case 'G':
    case 'g':
        return 2;
    case 'T':
    case 't':
    case 'U':
    case 'u':
        return 3;
    default:
        return 0;
    }
}

/* All that a call may write, one base at a time. */
static void pack_slowly(uint8_t *dst, size_t begin, const uint8_t *bases, size_t n)
{
    for (size_t k = begin; k < begin + n; k++) {
        if (k == begin || k % 4 == 0)
            dst[k / 4] &= (uint8_t)((1 << k % 4 * 2) - 1);
        dst[k / 4] |= (uint8_t)(code_of(bases[k - begin]) << k % 4 * 2);
    }
}

static void check_pack(struct rng *rng, size_t begin, size_t n, const char *letters)
{
    uint8_t *bases = guard_place(&src_guard, n), *want = malloc(n / 4 + 66);
    const size_t room = (begin + n + 3) / 4;
    for (size_t i = 0; i < n; i++)
        bases[i] = letters == NULL ? (uint8_t)rng_next(rng)
                                   : (uint8_t)letters[rng_below(rng, strlen(letters))];
    uint8_t *dst = guard_place(&dst_guard, n == 0 ? 0 : room);
    for (size_t i = 0; i < 64; i++)
        (dst - 64)[i] = 0xA5;
    memcpy(want, dst - 64, 64 + (n == 0 ? 0 : room));
    pack_slowly(want + 64, begin, bases, n);
    lode_pack(dst, begin, bases, n);
    if (memcmp(want, dst - 64, 64 + (n == 0 ? 0 : room)) != 0)
        fail_msg("pack: begin %zu n %zu", begin, n);
    free(want);
}

static void test_pack(void **state)
{
    (void)state;
    static const char *const letters[] = {NULL, "ACGT", "acgtuU", "ACGTacgtNn"};
    struct rng rng = {1003};
    for (size_t l = 0; l < COUNT_OF(letters); l++)
        for (size_t begin = 0; begin < 4; begin++) {
            for (size_t n = 0; n <= 600; n++)
                check_pack(&rng, begin, n, letters[l]);
            check_pack(&rng, begin, rng_range(&rng, 100000, MOST - 4096), letters[l]);
        }
}

/* Every byte at every place of a group. */
static void test_pack_bytes(void **state)
{
    (void)state;
    uint8_t bases[256 + 128], packed[(256 + 128) / 4];
    for (size_t from = 0; from < 128; from++) {
        for (size_t i = 0; i < sizeof bases; i++)
            bases[i] = (uint8_t)(from + i);
        lode_pack(packed, 0, bases, sizeof bases);
        for (size_t i = 0; i < sizeof bases; i++)
            assert_int_equal(packed[i / 4] >> i % 4 * 2 & 3, code_of(bases[i]));
    }
}

/* Stretches packed one after the other, and what every kernel makes of them. */
static void test_round_trip(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rng rng = {1004};
    uint8_t *bases = malloc(N), *packed = calloc(N / 4 + 1 + LODE_UNPACK_SLACK, 1),
            *out = malloc(N);
    for (size_t i = 0; i < N; i++)
        bases[i] = (uint8_t) "ACGT"[rng_below(&rng, 4)];
    for (size_t at = 0, n; at < N; at += n) {
        n = rng_range(&rng, 1, rng_below(&rng, 20) == 0 ? 5000 : 300);
        n = n > N - at ? N - at : n;
        lode_pack(packed + at / 4, at % 4, bases + at, n);
    }
    const struct lode_unpack *kernel;
    for (size_t i = 0; (kernel = kernel_at(i)) != NULL; i++) {
        memset(out, 0, N);
        kernel->forward(out, packed, 0, N, (const uint8_t *)"ACGT");
        assert_memory_equal(out, bases, N);
    }
    free(bases);
    free(packed);
    free(out);
}

static void test_choice(void **state)
{
    (void)state;
    assert_string_equal(lode_unpack_at(0)->name, "portable");
    size_t best = 0, count = 0;
    for (; lode_unpack_at(count) != NULL; count++)
        best += lode_unpack_at(count) == lode_unpack_best();
    assert_int_equal(best, 1);
    assert_null(lode_unpack_at(count + 1));
    assert_null(lode_unpack_at(SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),      cmocka_unit_test(test_large),
        cmocka_unit_test(test_choice),     cmocka_unit_test(test_pack),
        cmocka_unit_test(test_pack_bytes), cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, make_guards, free_guards);
}
