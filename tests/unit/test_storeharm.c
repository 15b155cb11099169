/* Damaged stores: each bit flipped, each length, rows with nasty values and right sums. What is
 * read is what was put, or a status; verify finds every flip. */
#include "bytes.h"
#include "guard.h"
#include "hostile.h"
#include "recstore.h"
#include "reseal.h"

enum { RECORDS = 24 };

static struct bytes images[3]; /* by codec */
static struct guard guard;

static size_t value_of(int i, uint8_t *out)
{
    const size_t n = (size_t)(i * 37 % 150);
    for (size_t k = 0; k < n; k++)
        out[k] = (uint8_t)(i + (int)(k / 7 % 5));
    return n;
}

static void make_image(int codec)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    uint8_t value[200];
    options.codec = codec;
    options.keys = codec == LODE_STORE_RAW ? LODE_STORE_INTEGERS : LODE_STORE_TEXT;
    options.shuffle = codec == LODE_STORE_ZSTD ? 4 : 0;
    options.block_size = 300;
    options.name = "harm";
    assert_int_equal(lode_store_create(tmp_path("h.lode"), &options, &writer, &diag), LODE_OK);
    for (int i = 0; i < RECORDS; i++) {
        char key[16] = {0};
        const size_t n = value_of(i, value);
        const int len = snprintf(key, sizeof key, "k%d", i * i);
        const size_t key_len = codec == LODE_STORE_RAW ? 8 : (size_t)len;
        assert_int_equal(lode_store_put(writer, key, key_len, value, n, i % 3 ? "t" : NULL, &diag),
                         LODE_OK);
    }
    assert_int_equal(lode_store_publish(writer, NULL, &diag), LODE_OK);
    images[codec] = file_read(tmp_path("h.lode"));
}

/* Opens the image, which ends at a forbidden page, and asks it everything. sums: they were not made
 * right again, so that what is answered must be true. */
static void ask(int codec, const uint8_t *image, size_t n, bool sums)
{
    struct lode_diag diag;
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    uint8_t dst[200], value[200];
    if (lode_store_open_buffer(guard_copy(&guard, image, n), n, NULL, &store, &diag) != LODE_OK) {
        assert_null(store);
        assert_true(diag.status < 0 && diag.message[0] != 0);
        return;
    }
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    for (int i = 0; i < RECORDS; i++) {
        char key[16] = {0};
        struct lode_stored stored;
        const size_t size = value_of(i, value);
        const int len = snprintf(key, sizeof key, "k%d", i * i);
        const size_t key_len = codec == LODE_STORE_RAW ? 8 : (size_t)len;
        const int64_t number = lode_store_find(store, key, key_len, &diag);
        if (number >= 0 && sums)
            assert_int_equal(number, i);
        const int64_t got = lode_store_get(reader, i, dst, sizeof dst, &diag);
        if (sums && got >= 0 && ((size_t)got != size || memcmp(dst, value, size) != 0))
            fail_msg("record %d is not what was put", i);
        if (lode_store_at(store, i, &stored, &diag) == LODE_OK && stored.data != NULL && sums)
            assert_memory_equal(stored.data, value, size);
    }
    lode_store_reader_free(reader);
    lode_store_close(store);
}

static int verify(const uint8_t *image, size_t n)
{
    lode_store *store = NULL;
    struct lode_diag diag;
    int status = lode_store_open_buffer(guard_copy(&guard, image, n), n, NULL, &store, &diag);
    if (status == LODE_OK)
        status = lode_store_verify(store, NULL, NULL, &diag);
    lode_store_close(store);
    return status;
}

static void test_bits(void **state)
{
    (void)state;
    const size_t step = hostile_step(5);
    for (int codec = 0; codec < 3; codec++) {
        struct bytes *b = &images[codec];
        assert_int_equal(verify(b->p, b->n), LODE_OK);
        for (size_t bit = 0; bit < 8 * b->n; bit += step) {
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            ask(codec, b->p, b->n, true);
            if (verify(b->p, b->n) == LODE_OK)
                fail_msg("codec %d: nobody sees that bit %zu is flipped", codec, bit);
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void test_lengths(void **state)
{
    (void)state;
    for (int codec = 0; codec < 3; codec++)
        for (size_t n = 1; n < images[codec].n; n += hostile_step(7))
            assert_int_not_equal(verify(images[codec].p, n), LODE_OK);
}

/* Fields of rows set to values that break programs, with all sums right: no crash, no write
 * outside, no wrong bytes; verify finds what matters. */
static void sweep(int codec, uint32_t id, uint32_t stride)
{
    struct bytes *b = &images[codec];
    struct lode_container box;
    struct lode_section s;
    assert_int_equal(lode_container_parse(b->p, b->n, &box, NULL), LODE_FMT_OK);
    if (!lode_container_find(&box, id, 0, &s))
        return;
    static const uint64_t values[] = {0,          1,          1ull << 31, UINT32_MAX,
                                      1ull << 32, 1ull << 47, UINT64_MAX, 1ull << 63};
    uint8_t *copy = malloc(b->n);
    assert_non_null(copy);
    for (uint64_t at = 0; at + 8 <= s.len; at += 4)
        for (size_t v = 0; v < COUNT_OF(values) && stride > 1; v++)
            for (int width = 1; width <= 8; width *= 2) {
                uint8_t value[8];
                memcpy(copy, b->p, b->n);
                lode_put64(value, values[v]);
                memcpy(copy + s.off + at, value, (size_t)width);
                if (memcmp(copy, b->p, b->n) == 0)
                    continue;
                reseal(copy, b->n);
                ask(codec, copy, b->n, false);
                if (verify(copy, b->n) == LODE_OK && id != LODE_ID_RINF && id != LODE_ID_ROFF)
                    fail_msg("codec %d: section %.4s at %llu: not found", codec, (char *)&id,
                             (unsigned long long)at);
            }
    free(copy);
}

static void test_rows(void **state)
{
    (void)state;
    for (int codec = 0; codec < 3; codec++) {
        sweep(codec, LODE_ID_RINF, LODE_STRIDE_RINF);
        sweep(codec, LODE_ID_RTYP, LODE_STRIDE_RTYP);
        sweep(codec, LODE_ID_RBLK, LODE_STRIDE_RBLK);
        sweep(codec, LODE_ID_ROFF, LODE_STRIDE_ROFF);
        sweep(codec, LODE_ID_RSLT, LODE_STRIDE_RSLT);
    }
}

/* ---- fields that agree with each other and not with SPEC --------------------------------------
 */

static int stop_at_once(void *ctx, const struct lode_diag *finding)
{
    (void)finding;
    ++*(int *)ctx;
    return 1;
}

/* Damages a copy of an image, with right sums: the rule must be found first, or at opening; and who
 * wants to hear of one finding alone, does. */
static void expect(int codec, void (*damage)(uint8_t *image), const char *rule)
{
    const struct bytes *b = &images[codec];
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    int heard = 0;
    uint8_t *copy = malloc(b->n);
    assert_non_null(copy);
    memcpy(copy, b->p, b->n);
    damage(copy);
    reseal(copy, b->n);
    if (lode_store_open_buffer(guard_copy(&guard, copy, b->n), b->n, NULL, &store, &diag) ==
        LODE_OK) {
        assert_true(lode_store_verify(store, stop_at_once, &heard, &diag) < 0);
        assert_int_equal(heard, 1);
    }
    assert_string_equal(diag.rule, rule);
    lode_store_close(store);
    ask(codec, copy, b->n, false);
    free(copy);
}

static uint8_t *entry_of(uint8_t *image, uint32_t id)
{
    return reseal_entry(image, id);
}

static void set_stride(uint8_t *image, uint32_t id, uint32_t stride)
{
    uint8_t *entry = entry_of(image, id);
    lode_put64(entry + LODE_ENTRY_COUNT, lode_get64(entry + LODE_ENTRY_LENGTH) / stride);
    lode_put32(entry + LODE_ENTRY_STRIDE, stride);
}

static void rows_of_half_size(uint8_t *image)
{
    set_stride(image, LODE_ID_ROFF, LODE_STRIDE_ROFF / 2);
}

static void two_rows_of_info(uint8_t *image)
{
    set_stride(image, LODE_ID_RINF, LODE_STRIDE_RINF / 2);
}

static void no_rows(uint8_t *image)
{
    lode_put32(entry_of(image, LODE_ID_ROFF), LODE_ID('A', 'A', 'A', 'A'));
    lode_put32(entry_of(image, LODE_ID('A', 'A', 'A', 'A')) + LODE_ENTRY_FLAGS, 0);
}

static void one_record_more(uint8_t *image)
{
    lode_put64(reseal_row(image, LODE_ID_RINF, 0) + LODE_RINF_RECORDS, RECORDS + 1);
}

static void long_probe(uint8_t *image)
{
    lode_put32(entry_of(image, LODE_ID_RSLT) + LODE_ENTRY_PARAM, 1025 << 8);
}

static void longer_probe(uint8_t *image)
{
    uint8_t *param = entry_of(image, LODE_ID_RSLT) + LODE_ENTRY_PARAM;
    lode_put32(param, lode_get32(param) + (1 << 8));
}

static void odd_shuffle(uint8_t *image)
{
    reseal_row(image, LODE_ID_RINF, 0)[LODE_RINF_SHUFFLE] = 3;
}

static void no_shuffle(uint8_t *image)
{
    reseal_row(image, LODE_ID_RINF, 0)[LODE_RINF_SHUFFLE] = 1;
}

static void reserved_byte(uint8_t *image)
{
    reseal_row(image, LODE_ID_RINF, 0)[LODE_RINF_RESERVED + 5] = 1;
}

static void name_that_overlaps(uint8_t *image)
{
    lode_put32(reseal_row(image, LODE_ID_RINF, 0) + LODE_RINF_NAME_OFF, 1);
    lode_put32(reseal_row(image, LODE_ID_RINF, 0) + LODE_RINF_NAME_LEN, 3);
}

static void name_outside(uint8_t *image)
{
    lode_put32(reseal_row(image, LODE_ID_RINF, 0) + LODE_RINF_NAME_LEN, 1000);
}

static void shorter_type(uint8_t *image)
{
    lode_put32(reseal_row(image, LODE_ID_RTYP, 0) + LODE_RTYP_LEN, 0);
}

static void dictionary_that_is_not_there(uint8_t *image)
{
    uint8_t *flags = reseal_row(image, LODE_ID_ROFF, 5) + LODE_ROFF_FLAGS;
    lode_put16(flags, (uint16_t)(lode_get16(flags) | LODE_RECORD_DICTIONARY));
}

/* Of the first record that is packed. */
static void dictionary_of_packed(uint8_t *image)
{
    for (uint64_t i = 0; i < RECORDS; i++) {
        uint8_t *flags = reseal_row(image, LODE_ID_ROFF, i) + LODE_ROFF_FLAGS;
        if ((lode_get16(flags) & LODE_RECORD_PACKED) == 0)
            continue;
        lode_put16(flags, (uint16_t)(lode_get16(flags) | LODE_RECORD_DICTIONARY));
        return;
    }
}

static void block_with_dictionary(uint8_t *image)
{
    lode_put32(reseal_row(image, LODE_ID_RBLK, 0) + LODE_RBLK_FLAGS, LODE_RECORD_DICTIONARY);
}

static void blocks_out_of_order(uint8_t *image)
{
    uint8_t *a = reseal_row(image, LODE_ID_RBLK, 0), *b = reseal_row(image, LODE_ID_RBLK, 1);
    uint8_t swap[LODE_STRIDE_RBLK];
    memcpy(swap, a, sizeof swap);
    memcpy(a, b, sizeof swap);
    memcpy(b, swap, sizeof swap);
}

static void keys_swapped(uint8_t *image)
{
    const struct lode_section slots = reseal_section(image, LODE_ID_RSLT);
    uint8_t *first = NULL;
    for (uint64_t k = 0; k < slots.count; k++) {
        uint8_t *slot = image + slots.off + 8 * k;
        if (lode_get64(slot) == 0)
            continue;
        if (first != NULL) {
            const uint64_t word = lode_get64(first);
            lode_put64(first, lode_get64(slot));
            lode_put64(slot, word);
            return;
        }
        first = slot;
    }
}

static void key_missing(uint8_t *image)
{
    const struct lode_section slots = reseal_section(image, LODE_ID_RSLT);
    uint64_t last = 0;
    for (uint64_t k = 0; k < slots.count; k++)
        last = lode_get64(image + slots.off + 8 * k) != 0 ? k : last;
    lode_put64(image + slots.off + 8 * last, 0);
}

static void key_twice(uint8_t *image)
{
    const struct lode_section slots = reseal_section(image, LODE_ID_RSLT);
    uint64_t before = 0;
    for (uint64_t k = 0; k < slots.count; k++) {
        uint8_t *slot = image + slots.off + 8 * k;
        if (before != 0 && lode_get64(slot) != 0) {
            lode_put64(slot, before);
            return;
        }
        before = lode_get64(slot);
    }
}

static void end_row_with_a_sum(uint8_t *image)
{
    lode_put32(reseal_row(image, LODE_ID_ROFF, RECORDS) + LODE_ROFF_SUM, 1);
}

static void sizes_that_do_not_add_up(uint8_t *image)
{
    uint8_t *bytes = reseal_row(image, LODE_ID_RINF, 0) + LODE_RINF_BYTES;
    lode_put64(bytes, lode_get64(bytes) + 1);
}

static void no_keys_but_a_table(uint8_t *image)
{
    reseal_row(image, LODE_ID_RINF, 0)[LODE_RINF_KEYS] = LODE_KEYS_NONE;
}

static void test_corners(void **state)
{
    (void)state;
    expect(LODE_CODEC_RAW, rows_of_half_size, "E-2");
    expect(LODE_CODEC_RAW, two_rows_of_info, "E-2");
    expect(LODE_CODEC_RAW, no_rows, "E-1");
    expect(LODE_CODEC_RAW, one_record_more, "E-4");
    expect(LODE_CODEC_RAW, long_probe, "N-4");
    expect(LODE_CODEC_RAW, longer_probe, "N-4");
    expect(LODE_CODEC_RAW, odd_shuffle, "E-3");
    expect(LODE_CODEC_RAW, reserved_byte, "E-16");
    expect(LODE_CODEC_RAW, name_that_overlaps, "E-19");
    expect(LODE_CODEC_RAW, name_outside, "E-11");
    expect(LODE_CODEC_RAW, shorter_type, "E-19");
    expect(LODE_CODEC_RAW, dictionary_that_is_not_there, "E-7");
    expect(LODE_CODEC_ZSTD, dictionary_of_packed, "E-15");
    expect(LODE_CODEC_ZSTD, no_shuffle, "E-15");
    expect(LODE_CODEC_BLOCKS, block_with_dictionary, "E-15");
    expect(LODE_CODEC_BLOCKS, blocks_out_of_order, "E-12");
    expect(LODE_CODEC_RAW, keys_swapped, "N-2");
    expect(LODE_CODEC_RAW, key_twice, "N-2");
    expect(LODE_CODEC_RAW, end_row_with_a_sum, "E-14");
    expect(LODE_CODEC_RAW, sizes_that_do_not_add_up, "E-14");
    expect(LODE_CODEC_RAW, no_keys_but_a_table, "E-13");
    expect(LODE_CODEC_RAW, key_missing, "N-5");
}

/* The group of no store. */
static void test_other_group(void **state)
{
    (void)state;
    struct lode_container box;
    struct lode_recstore store;
    const struct bytes *b = &images[0];
    uint32_t groups[2] = {9, 9};
    assert_int_equal(lode_container_parse(b->p, b->n, &box, NULL), LODE_FMT_OK);
    assert_int_equal(lode_recstore_parse(&box, 7, &store, NULL), LODE_FMT_NOT_FOUND);
    assert_int_equal(lode_recstore_parse(&box, 0, &store, NULL), LODE_FMT_OK);
    assert_int_equal(lode_recstore_groups(&box, groups, 2), 1);
    assert_int_equal(groups[0], 0);
    assert_int_equal(lode_recstore_groups(&box, NULL, 0), 1);
    assert_int_equal(lode_recstore_verify(&store, NULL, NULL), LODE_FMT_OK);
}

static int make(void **state)
{
    if (tmp_make(state) != 0 || !guard_new(&guard, 1 << 20))
        return -1;
    for (int codec = 0; codec < 3; codec++)
        make_image(codec);
    return 0;
}

static int drop(void **state)
{
    for (int codec = 0; codec < 3; codec++)
        bytes_free(&images[codec]);
    guard_free(&guard);
    return tmp_drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_rows),        cmocka_unit_test(test_corners),
        cmocka_unit_test(test_other_group),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
