/* Every encoding writes table[base] where its strides say, and no byte anywhere else. */
#include "encode.h"

#include "guard.h"
#include "support.h"

static const int dtypes[] = {LODE_U8, LODE_I8, LODE_I32, LODE_I64, LODE_F16, LODE_BF16, LODE_F32};
static const size_t sizes[] = {1, 1, 4, 8, 2, 2, 4};

static struct guard dst_guard, bases_guard, table_guard;

static int make_guards(void **state)
{
    (void)state;
    return guard_new(&dst_guard, (size_t)1 << 23) && guard_new(&bases_guard, 1 << 16) &&
                   guard_new(&table_guard, 256 * 256 * 8)
               ? 0
               : -1;
}

static int free_guards(void **state)
{
    (void)state;
    guard_free(&dst_guard);
    guard_free(&bases_guard);
    guard_free(&table_guard);
    return 0;
}

/* What tables are like: anything at all, a few rows among all bytes, rows for letters alone, the
 * same but for one byte or for all above 0x7F. */
enum fill { ANYTHING, FEW_ROWS, LETTERS, LETTERS_AND_ONE, LETTERS_AND_HIGH, FILLS };

static const void *make_table(struct rng *rng, size_t row, enum fill fill)
{
    uint8_t *table = guard_place(&table_guard, 256 * row);
    const size_t rows = rng_range(rng, 1, 20), odd = rng_below(rng, 256);
    uint8_t *few = malloc(rows * row);
    for (size_t i = 0; i < rows * row; i++)
        few[i] = (uint8_t)rng_next(rng);
    for (size_t i = 0; i < 256 * row; i++)
        table[i] = (uint8_t)rng_next(rng);
    for (size_t base = 0; base < 256; base++) {
        const bool letter = (base >= 'A' && base <= 'Z') || (base >= 'a' && base <= 'z');
        if (fill == ANYTHING || (fill == LETTERS_AND_ONE && base == odd))
            continue;
        size_t from = 0;
        if (fill == FEW_ROWS || letter)
            from = rng_below(rng, rows);
        else if (fill == LETTERS_AND_HIGH && base > 0x7F)
            from = rows - 1;
        memcpy(table + base * row, few + from * row, row);
    }
    free(few);
    return table;
}

static uint8_t *make_bases(struct rng *rng, size_t n)
{
    uint8_t *bases = guard_place(&bases_guard, n);
    const bool any = rng_below(rng, 2) != 0;
    for (size_t i = 0; i < n; i++)
        bases[i] = any ? (uint8_t)rng_next(rng) : (uint8_t) "ACGTacgtNn"[rng_below(rng, 10)];
    return bases;
}

/* Where the layout of the call puts things. */
struct layout {
    int64_t position, channel; /* as they must come out */
};

/* The bytes of dst after n positions from first on, one element at a time. */
static void encode_slowly(uint8_t *dst, const struct lode_encoding *encoding, size_t element,
                          const struct layout *at, const uint8_t *bases, size_t n, int64_t first)
{
    const size_t channels = encoding->kind == LODE_ENCODE_ONEHOT ? (size_t)encoding->channels : 1;
    const uint8_t *table = encoding->table;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < channels; c++)
            for (size_t b = 0; b < element; b++)
                dst[(first + (int64_t)i) * at->position + (int64_t)c * at->channel + (int64_t)b] =
                    table == NULL ? bases[i] : table[(bases[i] * channels + c) * element + b];
}

static void check(struct rng *rng, const struct lode_encoding *encoding, size_t element,
                  const struct layout *at, int64_t total)
{
    struct lode_encoder e;
    assert_int_equal(lode_encoder_init(&e, encoding), LODE_OK);
    e.streaming = rng_below(rng, 2) != 0;
    const int64_t channels = encoding->kind == LODE_ENCODE_ONEHOT ? encoding->channels : 1;
    const int64_t bytes =
        (total - 1) * at->position + (channels - 1) * at->channel + (int64_t)element;
    assert_int_equal(lode_encoder_bytes(&e, total), bytes);
    assert_int_equal(lode_encoder_bytes(&e, 0), 0);
    const int64_t first = (int64_t)rng_below(rng, 2) * (int64_t)rng_below(rng, (uint64_t)total);
    const size_t n =
        (size_t)(rng_below(rng, 2) != 0 ? total - first
                                        : (int64_t)rng_below(rng, (uint64_t)(total - first) + 1));
    const uint8_t *bases = make_bases(rng, n);
    uint8_t *dst = guard_place(&dst_guard, (size_t)bytes), *want = malloc((size_t)bytes + 64);
    memset(dst - 64, 0xEE, 64);
    memset(want, 0xEE, (size_t)bytes + 64);
    encode_slowly(want + 64, encoding, element, at, bases, n, first);
    lode_encode(&e, bases, n, dst, first);
    if (memcmp(want, dst - 64, (size_t)bytes + 64) != 0)
        fail_msg("kind %d dtype %d channels %lld position %lld channel %lld: %zu from %lld wrong",
                 encoding->kind, encoding->dtype, (long long)channels, (long long)at->position,
                 (long long)at->channel, n, (long long)first);
    free(want);
}

static int64_t random_total(struct rng *rng)
{
    const uint64_t most[] = {5, 100, 700, 5000};
    return (int64_t)rng_range(rng, 1, most[rng_below(rng, 4)]);
}

static void test_bytes_and_tables(void **state)
{
    (void)state;
    struct rng rng = {2001};
    for (int i = 0; i < 4000; i++) {
        const size_t d = rng_below(&rng, COUNT_OF(dtypes)), element = sizes[d];
        struct lode_encoding encoding = {
            sizeof encoding, LODE_ENCODE_TABLE, dtypes[d], NULL, 0, 0, 0};
        if (element == 1 && i % 4 == 0)
            encoding.kind = LODE_ENCODE_BYTES;
        else
            encoding.table = make_table(&rng, element, (enum fill)rng_below(&rng, FILLS));
        struct layout at = {(int64_t)element, 0};
        if (i % 3 != 0)
            encoding.position_stride = at.position = (int64_t)(element + rng_below(&rng, 20));
        check(&rng, &encoding, element, &at, random_total(&rng));
    }
}

static void test_one_hot(void **state)
{
    (void)state;
    struct rng rng = {2002};
    for (int i = 0; i < 6000; i++) {
        const size_t d = rng_below(&rng, COUNT_OF(dtypes)), element = sizes[d];
        const uint64_t widths[] = {4, 4, 4, 5, 8, 256};
        const size_t channels = rng_range(&rng, 1, widths[rng_below(&rng, COUNT_OF(widths))]);
        const int64_t total = channels > 8 ? 1 + (int64_t)rng_below(&rng, 200) : random_total(&rng);
        const int64_t e = (int64_t)element, c = (int64_t)channels;
        const int64_t spare = (int64_t)rng_below(&rng, 2) * (int64_t)rng_below(&rng, 13);
        struct lode_encoding encoding = {
            sizeof encoding, LODE_ENCODE_ONEHOT, dtypes[d], NULL, (int)channels, 0, 0};
        struct layout at;
        switch (i % 4) {
        case 0: /* packed rows */
            at = (struct layout){c * e, e};
            break;
        case 1: /* rows with something between them, and between channels */
            at.channel = e + spare;
            at.position = (c - 1) * at.channel + e + (int64_t)rng_below(&rng, 9);
            encoding.channel_stride = at.channel;
            encoding.position_stride = at.position;
            break;
        case 2: /* planes */
            at.position = e + spare;
            at.channel = (total - 1) * at.position + e + (int64_t)rng_below(&rng, 9);
            at.channel = at.channel < at.position ? at.position : at.channel;
            encoding.channel_stride = at.channel;
            encoding.position_stride = at.position;
            break;
        default: /* the distance of positions left out */
            at.channel = e + spare;
            at.position = c * at.channel;
            encoding.channel_stride = at.channel;
        }
        if (channels == 1) { /* no next channel: its distance is nobody's business */
            at.channel = e;
            if (encoding.position_stride == 0)
                at.position = e;
        }
        encoding.table = make_table(&rng, channels * element, (enum fill)rng_below(&rng, FILLS));
        check(&rng, &encoding, element, &at, total);
    }
}

static void test_in_place(void **state)
{
    (void)state;
    struct rng rng = {2003};
    for (int i = 0; i < 400; i++) {
        const uint8_t *table = make_table(&rng, 1, (enum fill)(i % FILLS)), *found = NULL;
        const struct lode_encoding encoding = {
            sizeof encoding, LODE_ENCODE_TABLE, LODE_I8, table, 0, 0, 0};
        struct lode_encoder e;
        assert_int_equal(lode_encoder_init(&e, &encoding), LODE_OK);
        assert_true(lode_encoder_table8(&e, &found));
        assert_ptr_equal(found, table);
        const size_t n = rng_below(&rng, 3000);
        uint8_t *bases = make_bases(&rng, n), *want = malloc(n + 1);
        for (size_t k = 0; k < n; k++)
            want[k] = table[bases[k]];
        lode_encode(&e, bases, n, bases, 0);
        assert_memory_equal(bases, want, n);
        free(want);
    }
}

static void test_shortcuts(void **state)
{
    (void)state;
    static const uint8_t table[256 * 4 * 8];
    struct lode_encoder e;
    const uint8_t *found = NULL;
    assert_int_equal(lode_encoder_init(&e, NULL), LODE_OK);
    assert_true(lode_encoder_is_bytes(&e));
    assert_false(lode_encoder_table8(&e, &found));
    struct lode_encoding encoding = {sizeof encoding, LODE_ENCODE_BYTES, LODE_U8, NULL, 0, 2, 0};
    assert_int_equal(lode_encoder_init(&e, &encoding), LODE_OK);
    assert_false(lode_encoder_is_bytes(&e));
    encoding = (struct lode_encoding){sizeof encoding, LODE_ENCODE_TABLE, LODE_U8, table, 0, 2, 0};
    assert_int_equal(lode_encoder_init(&e, &encoding), LODE_OK);
    assert_false(lode_encoder_table8(&e, &found));
    encoding.position_stride = 0;
    encoding.dtype = LODE_F16;
    assert_int_equal(lode_encoder_init(&e, &encoding), LODE_OK);
    assert_false(lode_encoder_table8(&e, &found));
    assert_false(lode_encoder_is_bytes(&e));
}

static int status_of(int kind, int dtype, const void *table, int channels, int64_t position,
                     int64_t channel)
{
    const struct lode_encoding encoding = {sizeof encoding, kind,     dtype,  table,
                                           channels,        position, channel};
    struct lode_encoder e;
    return lode_encoder_init(&e, &encoding);
}

static void test_refused(void **state)
{
    (void)state;
    static const uint8_t t[256 * 4 * 8];
    enum { B = LODE_ENCODE_BYTES, T = LODE_ENCODE_TABLE, H = LODE_ENCODE_ONEHOT };
    struct lode_encoding encoding = {sizeof encoding - 1, B, LODE_U8, NULL, 0, 0, 0};
    struct lode_encoder e;
    assert_int_equal(lode_encoder_init(&e, &encoding), LODE_E_ARG);
    assert_int_equal(status_of(-1, LODE_U8, NULL, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(3, LODE_U8, t, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(B, LODE_U8, t, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(B, LODE_F32, NULL, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(T, LODE_U8, NULL, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_U8, NULL, 4, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(T, -1, t, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(T, 7, t, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_U8, t, 0, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_U8, t, 257, 0, 0), LODE_E_ARG);
    assert_int_equal(status_of(T, LODE_U8, t, 0, -1, 0), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_U8, t, 4, 4, -1), LODE_E_ARG);
    assert_int_equal(status_of(T, LODE_F32, t, 0, 3, 0), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_F32, t, 4, 15, 4), LODE_E_ARG); /* rows that overlap */
    assert_int_equal(status_of(H, LODE_F32, t, 4, 4, 0), LODE_E_ARG);  /* planes, not said where */
    assert_int_equal(status_of(H, LODE_F32, t, 4, 16, 3), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_F32, t, 4, 0, INT64_MAX / 2), LODE_E_ARG);
    assert_int_equal(status_of(H, LODE_F32, t, 4, 16, 4), LODE_OK);
    assert_int_equal(status_of(H, LODE_F32, t, 4, 4, 4), LODE_OK);   /* planes of one position */
    assert_int_equal(status_of(T, LODE_F32, t, -5, 0, -7), LODE_OK); /* not of this kind */
}

static void test_bytes_needed(void **state)
{
    (void)state;
    static const uint8_t t[256 * 4 * 4];
    struct lode_encoding encoding = {sizeof encoding, LODE_ENCODE_ONEHOT, LODE_F32, t, 4, 4, 400};
    struct lode_encoder e;
    assert_int_equal(lode_encoder_init(&e, &encoding), LODE_OK);
    assert_int_equal(lode_encoder_bytes(&e, 100), 1600);
    assert_int_equal(lode_encoder_bytes(&e, 101), INT64_MAX); /* would run into the next plane */
    assert_int_equal(lode_encoder_bytes(&e, INT64_MAX), INT64_MAX);
    encoding.position_stride = encoding.channel_stride = 0;
    assert_int_equal(lode_encoder_init(&e, &encoding), LODE_OK);
    assert_int_equal(lode_encoder_bytes(&e, INT64_MAX / 16), INT64_MAX / 16 * 16);
    assert_int_equal(lode_encoder_bytes(&e, INT64_MAX / 16 + 2), INT64_MAX);
    assert_int_equal(lode_encoder_bytes(&e, INT64_MIN), 0);
}

static void test_lower(void **state)
{
    (void)state;
    struct rng rng = {2004};
    for (size_t n = 0; n < 700; n++) {
        uint8_t *bases = make_bases(&rng, n), *mask = guard_place(&dst_guard, n);
        lode_bases_lower(bases, n, mask);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(mask[i], bases[i] >= 'a' && bases[i] <= 'z');
        lode_bases_lower(bases, n, bases);
        assert_memory_equal(bases, mask, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_and_tables),
        cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_shortcuts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bytes_needed),
        cmocka_unit_test(test_lower),
    };
    return cmocka_run_group_tests(tests, make_guards, free_guards);
}
