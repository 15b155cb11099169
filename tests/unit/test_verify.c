/* Verification: whole indexes are clean, and whatever is wrong with an index or its sources is
 * found, under the right rule. */
#include "bytes.h"
#include "verify_cases.h"

#include <unistd.h>

/* ---- clean ---------------------------------------------------------------------------------- */

static void check_clean(void)
{
    for (int level = LODE_VERIFY_QUICK; level <= LODE_VERIFY_FULL; level++) {
        for (int threads = 0; threads < 4; threads++) {
            const int status = reseal_verify(&reseal_clean, level, threads);
            if (status != LODE_OK)
                fail_msg("level %d: %s", level, seen.diag.message);
            assert_int_equal(seen.count, 0);
            assert_int_equal(seen.done, seen.total);
            assert_int_equal(seen.total > 0, level > LODE_VERIFY_QUICK);
        }
    }
}

static void test_clean(void **state)
{
    (void)state;
    check_clean();
}

static void test_arguments(void **state)
{
    (void)state;
    struct lode_verify_options how = {.struct_size = sizeof how};
    struct lode_diag diag;
    lode_index *index = open_ok(tmp_path("x.lode"));
    assert_int_equal(lode_verify(index, NULL, NULL), LODE_OK);
    assert_int_equal(lode_verify(NULL, NULL, &diag), LODE_E_ARG);
    how.level = LODE_VERIFY_FULL + 1;
    assert_int_equal(lode_verify(index, &how, &diag), LODE_E_ARG);
    how.level = LODE_VERIFY_FULL;
    how.threads = -1;
    assert_int_equal(lode_verify(index, &how, &diag), LODE_E_ARG);
    how.struct_size = 0;
    assert_int_equal(lode_verify(index, &how, &diag), LODE_E_ARG);
    lode_close(index);
}

static void test_every_flip(void **state)
{
    (void)state;
    struct bytes image = reseal_copy();
    for (size_t bit = 0; bit < 8 * image.n; bit++) {
        image.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (reseal_verify(&image, LODE_VERIFY_INDEX, 1) == LODE_OK)
            fail_msg("bit %zu of byte %zu goes unnoticed", bit % 8, bit / 8);
        image.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_INDEX, 1), LODE_OK);
    bytes_free(&image);
}

/* The message tells which rows the page holds. */
static void test_page_message(void **state)
{
    (void)state;
    struct bytes image = reseal_copy();
    reseal_row(image.p, LODE_ID_CTIG, 1500)[0] ^= 1;
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_INDEX, 2), LODE_E_PAGE_SUM);
    assert_string_equal(seen.diag.rule, "P-2");
    assert_non_null(strstr(seen.diag.message, "CTIG (contigs "));
    assert_true(seen.count >= 2); /* and the row itself */
    bytes_free(&image);
}

/* ---- damage with right checksums ------------------------------------------------------------ */

static void test_sources_damaged(void **state)
{
    (void)state;
    reseal_check(sources_damaged, COUNT_OF(sources_damaged), LODE_VERIFY_INDEX);
}

static void test_contigs_damaged(void **state)
{
    (void)state;
    reseal_check(contigs_damaged, COUNT_OF(contigs_damaged), LODE_VERIFY_INDEX);
}

static void test_blocks_and_bases_damaged(void **state)
{
    (void)state;
    reseal_check(blocks_and_bases_damaged, COUNT_OF(blocks_and_bases_damaged), LODE_VERIFY_INDEX);
}

static void test_wrong_rows(void **state)
{
    (void)state;
    reseal_check(wrong_rows, COUNT_OF(wrong_rows), LODE_VERIFY_FULL);
}

static void test_large_damaged(void **state)
{
    (void)state;
    reseal_check(large_damaged, COUNT_OF(large_damaged), LODE_VERIFY_INDEX);
}

/* ---- damage that one addition does not make ------------------------------------------------- */

/* The first used slot of a table, or the first free one. */
static uint8_t *slot(uint8_t *image, uint32_t id, bool used)
{
    for (uint64_t i = 0;; i++) {
        uint8_t *p = reseal_row(image, id, i);
        if ((lode_get64(p) != 0) == used)
            return p;
    }
}

/* What all three tables have in common. */
static void check_table(uint32_t id, uint64_t slots)
{
    struct bytes image = reseal_copy();
    uint8_t *p = slot(image.p, id, true);
    lode_put64(p, lode_get64(p) ^ 1ULL << 63);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-2");
    p = slot(image.p, id, true);
    lode_put64(p, lode_get64(p) | 0x3FFFFFFFFF);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-1");
    p = slot(image.p, id, true);
    lode_put64(p, 0);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-5");
    lode_put64(slot(image.p, id, false), 1ULL << 50);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-3");
    lode_put64(reseal_row(image.p, id, slots - 1), lode_get64(slot(image.p, id, true)));
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-2");
    p = reseal_entry(image.p, id) + LODE_ENTRY_PARAM;
    lode_put32(p, lode_get32(p) + 0x100);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-4");
    p = reseal_entry(image.p, id) + LODE_ENTRY_PARAM;
    lode_put32(p, lode_get32(p) + 1);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-2");
    bytes_free(&image);
}

static void test_names_damaged(void **state)
{
    (void)state;
    struct bytes image = reseal_copy();
    const uint64_t gnam = reseal_section(image.p, LODE_ID_GNAM).count;
    check_table(LODE_ID_SNAM, reseal_section(image.p, LODE_ID_SNAM).count);
    check_table(LODE_ID_TNAM, reseal_section(image.p, LODE_ID_TNAM).count);
    check_table(LODE_ID_GNAM, gnam - 1);
    uint8_t *p = slot(image.p, LODE_ID_GNAM, true);
    lode_put64(p, lode_get64(p) ^ LODE_GNAM_AMBIGUOUS);
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-7");
    p = reseal_row(image.p, LODE_ID_NAME, 0); /* of a contig: now found nowhere */
    *p = 'x';
    reseal_expect(&image, LODE_VERIFY_INDEX, "N-2");
    p = reseal_row(image.p, LODE_ID_SSTR, 5); /* NAME a: now both are called b */
    assert_int_equal(*p, 'a');
    *p = 'b';
    reseal_expect(&image, LODE_VERIFY_INDEX, "S-15");
    *reseal_row(image.p, LODE_ID_SSTR, 5) = 0;
    reseal_expect(&image, LODE_VERIFY_INDEX, "S-17");
    bytes_free(&image);
}

static void test_duplicates_damaged(void **state)
{
    (void)state;
    const struct damage cases[] = {
        {CTIG(2, FLAGS), 2, -LODE_CTIG_DUPLICATE, "C-10"},
        {CTIG(3, FLAGS), 2, LODE_CTIG_DUPLICATE, "C-10"},
        {CTIG(0, FLAGS), 2, LODE_CTIG_DUPLICATE, "C-10"},
    };
    reseal_check(cases, COUNT_OF(cases), LODE_VERIFY_INDEX);
}

static void test_layout_damaged(void **state)
{
    (void)state;
    struct bytes image = reseal_copy();
    const struct lode_section srce = reseal_section(image.p, LODE_ID_SRCE);
    const struct lode_section opts = reseal_section(image.p, LODE_ID_OPTS);
    image.p[opts.off + opts.len] = 1;
    reseal_expect(&image, LODE_VERIFY_INDEX, "D-13");
    /* a large section 64 bytes before its page */
    const struct lode_section ctig = reseal_section(image.p, LODE_ID_CTIG);
    assert_true(ctig.len >= LODE_BIG_SECTION && ctig.off % LODE_ALIGN_BIG == 0 &&
                opts.off + opts.len + LODE_ALIGN <= ctig.off && srce.off < ctig.off);
    memmove(image.p + ctig.off - LODE_ALIGN, image.p + ctig.off, ctig.len);
    memset(image.p + ctig.off + ctig.len - LODE_ALIGN, 0, LODE_ALIGN);
    lode_put64(reseal_entry(image.p, LODE_ID_CTIG) + LODE_ENTRY_OFFSET, ctig.off - LODE_ALIGN);
    reseal_expect(&image, LODE_VERIFY_INDEX, "D-14");
    bytes_free(&image);
}

/* Two bins that changed places as far as only the text can tell. */
static void test_swapped_bins(void **state)
{
    (void)state;
    struct bytes image = reseal_copy();
    uint8_t *a = reseal_row(image.p, LODE_ID_BINS, 0), *b = reseal_row(image.p, LODE_ID_BINS, 1);
    const uint32_t gc = lode_get32(a + LODE_BINS_GC);
    assert_int_not_equal(gc, lode_get32(b + LODE_BINS_GC));
    lode_put32(a + LODE_BINS_GC, lode_get32(b + LODE_BINS_GC));
    lode_put32(b + LODE_BINS_GC, gc);
    reseal(image.p, image.n);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_INDEX, 2), LODE_OK);
    reseal_expect(&image, LODE_VERIFY_FULL, "K-4");
    assert_int_equal(seen.count, 2);
    bytes_free(&image);
}

/* Random bytes under right checksums: any verdict, but no crash, and the same for every number of
 * threads. */
static void test_random_damage(void **state)
{
    (void)state;
    static const uint64_t extremes[] = {
        0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 1ULL << 47, (1ULL << 48) - 1, UINT64_MAX};
    struct rng rng = {42};
    const uint64_t begin = reseal_section(reseal_clean.p, LODE_ID_SRCE).off;
    const uint64_t end = reseal_section(reseal_clean.p, LODE_ID_PSUM).off;
    for (int round = 0; round < 4000; round++) {
        struct bytes image = reseal_copy();
        for (uint64_t k = rng_range(&rng, 1, 6); k > 0; k--) {
            const uint64_t at = begin + rng_below(&rng, end - begin - 8);
            if (rng_below(&rng, 2) == 0)
                image.p[at] = (uint8_t)rng_next(&rng);
            else
                lode_put64(image.p + at / 8 * 8, extremes[rng_below(&rng, COUNT_OF(extremes))]);
        }
        reseal(image.p, image.n);
        const int level = round % 8 == 0 ? LODE_VERIFY_FULL : LODE_VERIFY_INDEX;
        const int status = reseal_verify(&image, level, 1);
        const size_t count = seen.count;
        assert_int_equal(count > 0, status < 0);
        if (round % 16 == 0) {
            assert_int_equal(reseal_verify(&image, level, 3), status);
            assert_int_equal(seen.count, count);
        }
        bytes_free(&image);
    }
}

/* ---- sources -------------------------------------------------------------------------------- */

/* Changes a byte of a file in place. */
static void flip_in_file(const char *path, size_t at)
{
    struct bytes file = file_read(path);
    assert_true(at < file.n);
    file.p[at] ^= 3; /* a base stays a letter */
    file_write(path, file.p, file.n);
    bytes_free(&file);
}

static void test_source_missing(void **state)
{
    (void)state;
    unlink(tmp_path("a.fa"));
    for (int level = LODE_VERIFY_QUICK; level <= LODE_VERIFY_FULL; level++) {
        assert_int_equal(reseal_verify(&reseal_clean, level, 2), LODE_E_MISSING);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.done, seen.total);
        assert_non_null(strstr(seen.diag.message, "a.fa"));
    }
}

static void test_source_edited(void **state)
{
    (void)state;
    const size_t at = 100000;
    flip_in_file(tmp_path("large.fa"), at);
    assert_int_equal(reseal_verify(&reseal_clean, LODE_VERIFY_QUICK, 2), LODE_OK);
    assert_int_equal(reseal_verify(&reseal_clean, LODE_VERIFY_INDEX, 2), LODE_OK);
    assert_int_equal(reseal_verify(&reseal_clean, LODE_VERIFY_FULL, 2), LODE_E_DAMAGED);
    assert_string_equal(seen.diag.rule, "T-3");
    assert_int_equal(seen.diag.offset, at / 4096 * 4096);
    assert_int_equal(seen.count, 1);
}

static void test_source_recompressed(void **state)
{
    (void)state;
    reseal_write_blocked(600);
    for (int level = LODE_VERIFY_QUICK; level <= LODE_VERIFY_FULL; level++) {
        assert_int_equal(reseal_verify(&reseal_clean, level, 2), LODE_E_STALE);
        assert_non_null(strstr(seen.diag.message, "b.fa.gz"));
    }
}

/* Inside a block that neither size nor fingerprint show. */
static void test_block_edited(void **state)
{
    (void)state;
    compress_ok(tmp_path("large.fa"), tmp_path("packed.fa.gz"), 4096);
    const char *input = tmp_path("packed.fa.gz");
    build_ok(&input, 1, tmp_path("y.lode"));
    struct bytes image = file_read(tmp_path("y.lode"));
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 2), LODE_OK);
    const size_t block =
        lode_get64(reseal_row(image.p, LODE_ID_BLOK, 40) + LODE_BLOK_FILE_OFF) & LODE_U48_MASK;
    const size_t next =
        lode_get64(reseal_row(image.p, LODE_ID_BLOK, 41) + LODE_BLOK_FILE_OFF) & LODE_U48_MASK;
    assert_true(block > 4096);
    flip_in_file(input, block);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_INDEX, 2), LODE_OK);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 2), LODE_E_STALE);
    assert_string_equal(seen.diag.rule, "B-5");
    flip_in_file(input, block);
    flip_in_file(input, next - 8);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 2), LODE_E_STALE);
    assert_string_equal(seen.diag.rule, "B-5");
    flip_in_file(input, next - 8);
    flip_in_file(input, block + 200);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 2), LODE_E_DAMAGED);
    assert_string_equal(seen.diag.rule, "Z-5");
    bytes_free(&image);
}

/* The index is cut short while it is mapped: a finding, no dead process. */
static void test_truncated(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* its own handler leaves the signal blocked when the guard jumps out of it */
#endif
    const struct lode_open_options options = {.struct_size = sizeof options,
                                              .map_mode = LODE_MAP_GUARDED};
    struct lode_verify_options how = {.struct_size = sizeof how, .threads = 2};
    const char *path = tmp_path("x.lode");
    for (off_t size = 0; size <= 1 << 16; size += 1 << 14) {
        lode_index *index = NULL;
        file_write(path, reseal_clean.p, reseal_clean.n);
        assert_int_equal(lode_open(path, &options, &index, NULL), LODE_OK);
        assert_int_equal(truncate(path, size), 0);
        for (how.level = LODE_VERIFY_INDEX; how.level <= LODE_VERIFY_FULL; how.level++)
            assert_int_equal(lode_verify(index, &how, &seen.diag), LODE_E_TRUNCATED);
        how.level = LODE_VERIFY_QUICK;
        assert_int_equal(lode_verify(index, &how, &seen.diag), size ? LODE_OK : LODE_E_TRUNCATED);
        lode_close(index);
    }
}

/* Findings leave in one order, whatever the threads, and stop when they are told to. */
static void test_order(void **state)
{
    (void)state;
    static struct seen one;
    struct bytes image = reseal_copy();
    reseal_row(image.p, LODE_ID_BINS, 0)[LODE_BINS_N] ^= 64;
    reseal_row(image.p, LODE_ID_CTIG, 1)[LODE_CTIG_FLAGS] ^= LODE_CTIG_DUPLICATE;
    unlink(tmp_path("a.fa"));
    reseal_write_blocked(600);
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 1), LODE_E_PAGE_SUM);
    one = seen;
    assert_true(one.count >= 4);
    assert_int_equal(one.diags[one.count - 2].status, LODE_E_MISSING);
    assert_int_equal(one.diags[one.count - 1].status, LODE_E_STALE);
    assert_memory_equal(&one.diag, &one.diags[0], sizeof one.diag);
    for (int threads = 2; threads < 5; threads++) {
        (void)reseal_verify(&image, LODE_VERIFY_FULL, threads);
        assert_int_equal(seen.count, one.count);
        for (size_t i = 0; i < one.count; i++)
            assert_string_equal(seen.diags[i].message, one.diags[i].message);
    }
    seen.stop_at = 2;
    assert_int_equal(reseal_verify(&image, LODE_VERIFY_FULL, 2), LODE_E_PAGE_SUM);
    assert_int_equal(seen.count, 2);
    bytes_free(&image);
}

#define SMALL(test)      cmocka_unit_test_setup_teardown(test, reseal_small, reseal_drop)
#define LARGE(test)      cmocka_unit_test_setup_teardown(test, reseal_large, reseal_drop)
#define DUPLICATES(test) cmocka_unit_test_setup_teardown(test, reseal_duplicates, reseal_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SMALL(test_clean),           LARGE(test_clean),
        DUPLICATES(test_clean),      SMALL(test_arguments),
        LARGE(test_page_message),    SMALL(test_sources_damaged),
        SMALL(test_contigs_damaged), SMALL(test_blocks_and_bases_damaged),
        SMALL(test_wrong_rows),      LARGE(test_large_damaged),
        SMALL(test_names_damaged),   DUPLICATES(test_duplicates_damaged),
        LARGE(test_layout_damaged),  LARGE(test_swapped_bins),
        SMALL(test_random_damage),   SMALL(test_source_missing),
        LARGE(test_source_edited),   SMALL(test_source_recompressed),
        LARGE(test_block_edited),    LARGE(test_truncated),
        SMALL(test_order),           SMALL(test_every_flip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
