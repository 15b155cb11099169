/* The constants of the format: fields tile their rows, values are those that files hold for ever,
 * and the row codecs put each field where the table says. */
#include "layout.h"
#include "rows.h"
#include "support.h"

struct field {
    const char *name;
    size_t off, size;
};

#define LIST(row, name, off, size, meaning) {#row "." #name, off, size},
static const struct field header_fields[] = {LODE_HEADER_FIELDS(LIST)};
static const struct field entry_fields[] = {LODE_ENTRY_FIELDS(LIST)};
static const struct field srce_fields[] = {LODE_SRCE_FIELDS(LIST)};
static const struct field ctig_fields[] = {LODE_CTIG_FIELDS(LIST)};
static const struct field blok_fields[] = {LODE_BLOK_FIELDS(LIST)};
static const struct field bins_fields[] = {LODE_BINS_FIELDS(LIST)};
static const struct field excp_fields[] = {LODE_EXCP_FIELDS(LIST)};
static const struct field gaps_fields[] = {LODE_GAPS_FIELDS(LIST)};
static const struct field digs_fields[] = {LODE_DIGS_FIELDS(LIST)};
static const struct field rinf_fields[] = {LODE_RINF_FIELDS(LIST)};
static const struct field rtyp_fields[] = {LODE_RTYP_FIELDS(LIST)};
static const struct field rblk_fields[] = {LODE_RBLK_FIELDS(LIST)};
static const struct field roff_fields[] = {LODE_ROFF_FIELDS(LIST)};
static const struct field mset_fields[] = {LODE_MSET_FIELDS(LIST)};
#undef LIST

static void tiles(const struct field *fields, size_t n, size_t stride)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (fields[i].off != at || fields[i].size == 0)
            fail_msg("%s stands at %zu, not at %zu", fields[i].name, fields[i].off, at);
        at += fields[i].size;
    }
    assert_int_equal(at, stride);
}

static void test_fields_tile_their_rows(void **state)
{
    (void)state;
#define TILES(fields, stride) tiles(fields, COUNT_OF(fields), stride)
    TILES(header_fields, LODE_HEADER_SIZE);
    TILES(entry_fields, LODE_ENTRY_SIZE);
    TILES(srce_fields, LODE_STRIDE_SRCE);
    TILES(ctig_fields, LODE_STRIDE_CTIG);
    TILES(blok_fields, LODE_STRIDE_BLOK);
    TILES(bins_fields, LODE_STRIDE_BINS);
    TILES(excp_fields, LODE_STRIDE_EXCP);
    TILES(gaps_fields, LODE_STRIDE_GAPS);
    TILES(digs_fields, LODE_STRIDE_DIGS);
    TILES(rinf_fields, LODE_STRIDE_RINF);
    TILES(rtyp_fields, LODE_STRIDE_RTYP);
    TILES(rblk_fields, LODE_STRIDE_RBLK);
    TILES(roff_fields, LODE_STRIDE_ROFF);
    TILES(mset_fields, LODE_STRIDE_MSET);
#undef TILES
}

#define ID_OF(name, a, b, c, d, stride, flags) LODE_ID_##name,
#define RESERVED_OF(a, b, c, d)                LODE_ID(a, b, c, d),
static const uint32_t ids[] = {LODE_SECTIONS(ID_OF) LODE_STORE_SECTIONS(ID_OF)
                                   LODE_SET_SECTIONS(ID_OF) LODE_RESERVED_IDS(RESERVED_OF)};

static void test_ids_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(ids[i], ids[k]);
}

static void test_ids_spell_their_names(void **state)
{
    (void)state;
#define SPELLS(name, a, b, c, d, stride, flags)                                                    \
    do {                                                                                           \
        uint8_t p[4];                                                                              \
        lode_put32(p, LODE_ID_##name);                                                             \
        assert_memory_equal(p, #name, 4);                                                          \
    } while (0);
    LODE_SECTIONS(SPELLS)
    LODE_STORE_SECTIONS(SPELLS)
    LODE_SET_SECTIONS(SPELLS)
#undef SPELLS
}

/* Values that stand in files: none may ever change. */
static void test_values(void **state)
{
    (void)state;
    static const uint8_t magic[] = LODE_MAGIC_BYTES;
    assert_memory_equal(magic, "\x89LODE\r\n\x1A", 8);
    assert_int_equal(LODE_ID_SRCE, 0x45435253);
    assert_int_equal(LODE_ID_PSUM, 0x4D555350);
    assert_int_equal(LODE_SECTION_CRITICAL, 1);
    assert_int_equal(LODE_SECTION_BULK, 2);
    assert_int_equal(LODE_SECTION_SAFE_TO_COPY, 4);
    assert_int_equal(LODE_SECTION_SORTED, 8);
    assert_int_equal(1 << LODE_PAGE_LOG2, 65536);
    assert_int_equal(1 << LODE_SUM_LOG2, 4096);
    assert_int_equal(1 << LODE_BIN_LOG2, 65536);
    assert_int_equal(LODE_CTIG_DUPLICATE, 64);
    assert_int_equal(LODE_CTIG_FLAGS_KNOWN, 127);
    assert_int_equal(LODE_SOURCE_FILTERED, 1);
    assert_int_equal(LODE_SOURCE_NO_EOF, 2);
    assert_int_equal(LODE_SOURCE_RESTART, 4);
    assert_int_equal(LODE_SOURCE_FINE, 8);
    assert_int_equal(1 << LODE_FINE_LOG2, 1024);
    assert_int_equal(LODE_FINE_BLOCK, 16384);
    assert_int_equal(LODE_FIRST_BLOCKS, 8);
    assert_true(LODE_TEXT_MAX == (1ULL << 48) - 1);
    assert_true(LODE_GNAM_AMBIGUOUS == 1ULL << 39);
    assert_true(LODE_BIN_LOWER == 1ULL << 63);
}

/* ---- codecs against offsets written by hand from SPEC 5 ------------------------------------- */

static void put(uint8_t *row, size_t off, size_t size, uint64_t v)
{
    for (size_t i = 0; i < size; i++)
        row[off + i] = (uint8_t)(v >> 8 * i);
}

/* Number i of a row: every byte of it is different. */
static uint64_t number(unsigned i, size_t size)
{
    const uint64_t v = 0x0123456789ABCDEFULL * (2 * i + 3);
    return size == 8 ? v : v & ((1ULL << 8 * size) - 1);
}

static void test_source_row(void **state)
{
    (void)state;
    uint8_t want[LODE_STRIDE_SRCE], got[LODE_STRIDE_SRCE];
    static const uint8_t sizes[] = {8, 4, 4, 8, 8, 8, 4, 2, 2, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8};
    uint64_t v[19];
    size_t at = 0;
    for (unsigned i = 0; i < 19; at += sizes[i++])
        put(want, at, sizes[i], v[i] = number(i, sizes[i]));
    const struct lode_source_row row = {
        .path_off = v[0],
        .path_len = (uint32_t)v[1],
        .name_len = (uint32_t)v[2],
        .file_size = v[3],
        .fingerprint = v[4],
        .text_len = v[5],
        .text_crc = (uint32_t)v[6],
        .kind = (uint16_t)v[7],
        .flags = (uint16_t)v[8],
        .begin = {v[9], v[10], v[11], v[12], v[13], v[14], v[15], v[16], v[17], v[18]},
    };
    lode_source_encode(got, &row);
    assert_memory_equal(got, want, sizeof want);
    struct lode_source_row back;
    memset(&back, 0, sizeof back);
    lode_source_decode(want, &back);
    lode_source_encode(got, &back);
    assert_memory_equal(got, want, sizeof want);
}

static void test_contig_row(void **state)
{
    (void)state;
    uint8_t want[LODE_STRIDE_CTIG], got[LODE_STRIDE_CTIG];
    static const uint8_t sizes[] = {8, 8, 8, 8, 8, 4, 4, 4, 2, 1, 1, 8};
    uint64_t v[12];
    size_t at = 0;
    for (unsigned i = 0; i < 12; at += sizes[i++])
        put(want, at, sizes[i], v[i] = number(i, sizes[i]));
    const struct lode_contig_row row = {
        .text_off = v[0],
        .length = v[1],
        .line_bases = v[2],
        .base_off = v[3],
        .name_off = v[4],
        .name_len = (uint32_t)v[5],
        .defline_len = (uint32_t)v[6],
        .source = (uint32_t)v[7],
        .flags = (uint16_t)v[8],
        .encoding = (uint8_t)v[9],
        .lead = (uint8_t)v[10],
        .desc_off = v[11],
    };
    lode_contig_encode(got, &row);
    assert_memory_equal(got, want, sizeof want);
    struct lode_contig_row back;
    lode_contig_decode(want, &back);
    lode_contig_encode(got, &back);
    assert_memory_equal(got, want, sizeof want);
}

static void test_block_row(void **state)
{
    (void)state;
    const uint8_t want[] = {1, 2, 3, 4, 5, 6, 0xCD, 0xAB, 7, 8, 9, 10, 11, 12, 0x34, 0x12};
    uint8_t got[16];
    const struct lode_block_row row = {0x060504030201, 0x0C0B0A090807, 0x1234ABCD};
    lode_block_encode(got, &row);
    assert_memory_equal(got, want, 16);
    struct lode_block_row back;
    lode_block_decode(want, &back);
    assert_true(back.text_off == row.text_off && back.file_off == row.file_off);
    assert_int_equal(back.crc, row.crc);
}

static void test_bin_row(void **state)
{
    (void)state;
    uint8_t want[LODE_STRIDE_BINS], got[LODE_STRIDE_BINS];
    for (int lower = 0; lower < 2; lower++) {
        put(want, 0, 8, 0x0000123456789ABC | (uint64_t)lower << 63);
        put(want, 8, 8, number(1, 8));
        for (unsigned i = 0; i < 4; i++)
            put(want, 16 + 4 * i, 4, number(2 + i, 4));
        struct lode_bin_row row;
        lode_bin_decode(want, &row);
        assert_true(row.toggle == 0x123456789ABC && row.run == number(1, 8));
        assert_int_equal(row.lower, lower);
        assert_int_equal(row.n, number(2, 4));
        assert_int_equal(row.gc, number(3, 4));
        assert_int_equal(row.lower_count, number(4, 4));
        assert_int_equal(row.other, number(5, 4));
        lode_bin_encode(got, &row);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void test_run_and_gap_rows(void **state)
{
    (void)state;
    const uint8_t run_bytes[] = {1, 2, 3, 4, 5, 6, 'N', 0, 8, 7, 6, 5, 4, 3, 2, 1};
    const uint8_t gap_bytes[] = {1, 2, 3, 4, 5,  6,  7,  8,  9,  10, 11, 12,
                                 0, 0, 0, 0, 13, 14, 15, 16, 17, 18, 19, 20};
    uint8_t got[LODE_STRIDE_GAPS];
    struct lode_run_row run;
    struct lode_gap_row gap;
    lode_run_decode(run_bytes, &run);
    assert_true(run.start == 0x060504030201 && run.length == 0x0102030405060708);
    assert_int_equal(run.byte, 'N');
    lode_run_encode(got, &run);
    assert_memory_equal(got, run_bytes, sizeof run_bytes);
    lode_gap_decode(gap_bytes, &gap);
    assert_int_equal(gap.source, 0x04030201);
    assert_int_equal(gap.length, 0x08070605);
    assert_true(gap.text_off == 0x0C0B0A09 && gap.desc_off == 0x14131211100F0E0D);
    lode_gap_encode(got, &gap);
    assert_memory_equal(got, gap_bytes, sizeof gap_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_tile_their_rows),
        cmocka_unit_test(test_ids_are_unique),
        cmocka_unit_test(test_ids_spell_their_names),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_source_row),
        cmocka_unit_test(test_contig_row),
        cmocka_unit_test(test_block_row),
        cmocka_unit_test(test_bin_row),
        cmocka_unit_test(test_run_and_gap_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
