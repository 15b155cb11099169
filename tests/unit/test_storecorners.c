/* Record stores whose fields agree with each other and not with SPEC 15. */
#include "bytes.h"
#include "nametable.h"
#include "recstore.h"
#include "reseal.h"
#include "store_hostile.h"

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
    const struct bytes *b = &harm_images[codec];
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    int heard = 0;
    uint8_t *copy = malloc(b->n);
    assert_non_null(copy);
    memcpy(copy, b->p, b->n);
    damage(copy);
    reseal(copy, b->n);
    if (lode_store_open_buffer(guard_copy(&harm_guard, copy, b->n), b->n, NULL, &store, &diag) ==
        LODE_OK) {
        assert_true(lode_store_verify(store, stop_at_once, &heard, &diag) < 0);
        assert_int_equal(heard, 1);
    }
    assert_string_equal(diag.rule, rule);
    lode_store_close(store);
    harm_ask(codec, copy, b->n, false);
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

static void not_even_the_end_row(uint8_t *image)
{
    uint8_t *entry = entry_of(image, LODE_ID_ROFF);
    lode_put64(entry + LODE_ENTRY_COUNT, 0);
    lode_put64(entry + LODE_ENTRY_LENGTH, 0);
}

static void one_record_more(uint8_t *image)
{
    lode_put64(reseal_row(image, LODE_ID_RINF, 0) + LODE_RINF_RECORDS, HARM_RECORDS + 1);
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
    for (uint64_t i = 0; i < HARM_RECORDS; i++) {
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

static void slots_that_end_early(uint8_t *image)
{
    uint8_t *entry = entry_of(image, LODE_ID_RSLT);
    const struct lode_section slots = reseal_section(image, LODE_ID_RSLT);
    assert_int_equal(lode_get64(image + slots.off + 8 * (slots.count - 1)), 0);
    lode_put64(entry + LODE_ENTRY_COUNT, slots.count - 1);
    lode_put64(entry + LODE_ENTRY_LENGTH, (slots.count - 1) * LODE_STRIDE_RSLT);
}

static void end_row_with_a_sum(uint8_t *image)
{
    lode_put32(reseal_row(image, LODE_ID_ROFF, HARM_RECORDS) + LODE_ROFF_SUM, 1);
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
    expect(LODE_CODEC_RAW, not_even_the_end_row, "E-4");
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
    expect(LODE_CODEC_RAW, slots_that_end_early, "N-3");
}

struct look {
    const char *rule;
    bool heard;
};

static int look_for(void *ctx, const struct lode_fault *fault)
{
    struct look *look = ctx;
    look->heard = look->heard || strcmp(fault->rule, look->rule) == 0;
    return 0;
}

/* Verifies the image with right sums: the rule must be among what is found. */
static void expect_heard(struct bytes *b, const char *rule)
{
    struct lode_container box;
    struct lode_recstore store;
    struct look look = {rule, false};
    reseal(b->p, b->n);
    assert_int_equal(lode_container_parse(b->p, b->n, &box, NULL), LODE_FMT_OK);
    assert_int_equal(lode_recstore_parse(&box, 0, &store, NULL), LODE_FMT_OK);
    assert_int_equal(lode_recstore_verify(&store, look_for, &look), LODE_FMT_CORRUPT);
    if (!look.heard)
        fail_msg("%s was not found", rule);
    assert_int_equal(lode_recstore_verify(&store, NULL, NULL), LODE_FMT_CORRUPT);
}

/* A store of records with these keys, which are their values. */
static struct bytes store_of(const char *const *keys, size_t n)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    options.keys = LODE_STORE_BYTES;
    assert_int_equal(lode_store_create(tmp_path("few.lode"), &options, &writer, NULL), LODE_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            lode_store_put(writer, keys[i], strlen(keys[i]), keys[i], strlen(keys[i]), NULL, NULL),
            LODE_OK);
    assert_int_equal(lode_store_publish(writer, NULL, NULL), LODE_OK);
    return file_read(tmp_path("few.lode"));
}

/* Nothing was hashed with it. */
static void test_seed_of_no_key(void **state)
{
    (void)state;
    struct bytes b = store_of(NULL, 0);
    lode_put32(entry_of(b.p, LODE_ID_RSLT) + LODE_ENTRY_PARAM, 255);
    expect_heard(&b, "N-4");
    bytes_free(&b);
}

/* The second key is made the empty one too, and its slot follows the first one's. */
static void test_empty_key_twice(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "x"};
    struct bytes b = store_of(keys, 2);
    const struct lode_section slots = reseal_section(b.p, LODE_ID_RSLT);
    const uint64_t hash = lode_name_hash("", 0, (uint8_t)slots.param);
    uint64_t next = 0;
    uint32_t longest = 0;
    memset(b.p + slots.off, 0, (size_t)slots.len);
    lode_put16(reseal_row(b.p, LODE_ID_ROFF, 1) + LODE_ROFF_KEY_LEN, 0);
    for (uint64_t i = 0; i < 2; i++) {
        const uint64_t at = lode_name_place(hash, 2, &next, &longest);
        assert_true(at < slots.count);
        lode_put64(b.p + slots.off + 8 * at, lode_slot_make(i, hash));
    }
    expect_heard(&b, "N-2");
    bytes_free(&b);
}

/* More types than a row can name, where a heap was. */
static void test_types_without_end(void **state)
{
    (void)state;
    enum { BIG = 8 * 65536 };
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    uint8_t *value = calloc(BIG, 1);
    assert_non_null(value);
    options.keys = LODE_STORE_NO_KEYS;
    assert_int_equal(lode_store_create(tmp_path("types.lode"), &options, &writer, NULL), LODE_OK);
    assert_int_equal(lode_store_put(writer, NULL, 0, value, BIG, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(writer, NULL, NULL), LODE_OK);
    free(value);
    struct bytes b = file_read(tmp_path("types.lode"));
    lode_put32(entry_of(b.p, LODE_ID_RHEP) + LODE_ENTRY_ID, LODE_ID_RTYP);
    set_stride(b.p, LODE_ID_RTYP, LODE_STRIDE_RTYP);
    expect_heard(&b, "E-9");
    bytes_free(&b);
}

/* The group of no store. */
static void test_other_group(void **state)
{
    (void)state;
    struct lode_container box;
    struct lode_recstore store;
    const struct bytes *b = &harm_images[0];
    uint32_t groups[2] = {9, 9};
    assert_int_equal(lode_container_parse(b->p, b->n, &box, NULL), LODE_FMT_OK);
    assert_int_equal(lode_recstore_parse(&box, 7, &store, NULL), LODE_FMT_NOT_FOUND);
    assert_int_equal(lode_recstore_parse(&box, 0, &store, NULL), LODE_FMT_OK);
    assert_int_equal(lode_recstore_groups(&box, groups, 2), 1);
    assert_int_equal(groups[0], 0);
    assert_int_equal(lode_recstore_groups(&box, NULL, 0), 1);
    assert_int_equal(lode_recstore_verify(&store, NULL, NULL), LODE_FMT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corners),         cmocka_unit_test(test_seed_of_no_key),
        cmocka_unit_test(test_empty_key_twice), cmocka_unit_test(test_types_without_end),
        cmocka_unit_test(test_other_group),
    };
    return cmocka_run_group_tests(tests, harm_make, harm_drop);
}
