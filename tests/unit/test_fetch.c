/* Single reads: bounds, transformations, destinations, forged contigs; every answer against the
 * bases that the text was made of. */
#include "support.h"

#include <ctype.h>

static struct fasta fasta;
static lode_index *ix;
static lode_reader *reader;

/* One record of each kind: a text of several lines, one of one line, an empty one. */
static int make_index(void **state)
{
    struct rng rng = {81};
    const struct style style = {
        .records = 6, .max_length = 400, .max_width = 60, .letters = style_letters[2]};
    if (tmp_make(state) != 0)
        return -1;
    fasta = fasta_random(&rng, &style);
    while (fasta.records[0].length < 100 || fasta.records[1].length < 10) {
        fasta_free(&fasta);
        fasta = fasta_random(&rng, &style);
    }
    ix = index_of(&fasta, "f.fa", 0);
    reader = reader_ok(ix);
    return 0;
}

static int drop_index(void **state)
{
    lode_reader_free(reader);
    lode_close(ix);
    fasta_free(&fasta);
    return tmp_drop(state);
}

static struct lode_contig contig_of(int64_t id)
{
    struct lode_contig contig;
    assert_int_equal(lode_contig_at(ix, id, &contig, NULL), LODE_OK);
    return contig;
}

/* ---- bounds --------------------------------------------------------------------------------- */

/* The positions of [begin, end), one by one; what the policy gives. -1: refused. */
static int64_t naive(const struct record *r, int64_t begin, int64_t end, int bounds, char *out)
{
    int64_t n = 0;
    if (begin > end)
        return -1;
    if (bounds == LODE_BOUNDS_ERROR && (begin < 0 || end > r->length))
        return -1;
    for (int64_t p = begin; p < end; p++) {
        if (p >= 0 && p < r->length)
            out[n++] = r->bases[p];
        else if (bounds == LODE_BOUNDS_PAD)
            out[n++] = 'N';
    }
    return n;
}

static void check_range(int64_t id, int64_t begin, int64_t end, int bounds)
{
    static char want[4096], got[4096];
    const struct lode_contig contig = contig_of(id);
    const int64_t n = naive(&fasta.records[id], begin, end, bounds, want);
    memset(got, '?', sizeof got);
    const int64_t status = lode_fetch_at(reader, &contig, begin, end, got, 4000, bounds, 0, NULL);
    assert_int_equal(status, n < 0 ? LODE_E_RANGE : n);
    if (n > 0)
        assert_memory_equal(got, want, (size_t)n);
    assert_int_equal(got[n < 0 ? 0 : n], '?');
}

static void test_bounds(void **state)
{
    (void)state;
    for (int64_t id = 0; id < 6; id++) {
        const int64_t n = fasta.records[id].length;
        const int64_t places[] = {-1000, -2, -1, 0, 1, 2, n / 2, n - 1, n, n + 1, n + 2, n + 1000};
        for (size_t i = 0; i < COUNT_OF(places) * COUNT_OF(places); i++)
            for (int bounds = LODE_BOUNDS_ERROR; bounds <= LODE_BOUNDS_PAD; bounds++)
                check_range(id, places[i % COUNT_OF(places)], places[i / COUNT_OF(places)], bounds);
    }
}

/* Ends of the number range: clipped as what they are, never overflowing, never padded for real. */
static void test_extreme_bounds(void **state)
{
    (void)state;
    static char got[4096];
    const struct lode_contig c = contig_of(0);
    const struct record *r = &fasta.records[0];
    const int64_t lo[] = {INT64_MIN, INT64_MIN + 1, -(1LL << 48)};
    const int64_t hi[] = {INT64_MAX, INT64_MAX - 1, 1LL << 48};
    for (size_t i = 0; i < 9; i++) {
        const int64_t a = lo[i % 3], b = hi[i / 3];
        assert_int_equal(lode_fetch_at(reader, &c, a, b, got, 4096, LODE_BOUNDS_ERROR, 0, NULL),
                         LODE_E_RANGE);
        assert_int_equal(lode_fetch_at(reader, &c, a, b, got, 4096, LODE_BOUNDS_CLIP, 0, NULL),
                         r->length);
        assert_memory_equal(got, r->bases, (size_t)r->length);
        assert_int_equal(lode_fetch_at(reader, &c, a, b, got, 4096, LODE_BOUNDS_PAD, 0, NULL),
                         LODE_E_SPACE);
        assert_int_equal(lode_fetch_at(reader, &c, b, a, got, 4096, LODE_BOUNDS_PAD, 0, NULL),
                         LODE_E_RANGE);
        assert_int_equal(lode_fetch_at(reader, &c, a, a, got, 0, LODE_BOUNDS_PAD, 0, NULL), 0);
        assert_int_equal(lode_fetch_at(reader, &c, b, b, got, 0, LODE_BOUNDS_CLIP, 0, NULL), 0);
        assert_int_equal(lode_fetch_at(reader, &c, b, b, got, 0, LODE_BOUNDS_ERROR, 0, NULL),
                         LODE_E_RANGE);
        assert_int_equal(lode_fetch_at(reader, &c, a, -5, got, 4096, LODE_BOUNDS_CLIP, 0, NULL), 0);
        assert_int_equal(lode_fetch_at(reader, &c, 7, b, got, 4096, LODE_BOUNDS_CLIP, 0, NULL),
                         r->length - 7);
    }
}

/* ---- transformations ------------------------------------------------------------------------ */

static char complement(char base)
{
    static const char from[] = "ACGTURYKMBVDHacgturykmbvdh";
    static const char to[] =
        "TGCAAYRMKVBHDtgcaayrmkvbhd"; /* all other bytes stand for themselves */
    const char *p = strchr(from, base);
    return p != NULL && base != 0 ? to[p - from] : base;
}

static void test_flags(void **state)
{
    (void)state;
    static char want[4096], got[4096];
    for (int64_t id = 0; id < 6; id++)
        for (int64_t pad = 0; pad < 3; pad++)
            for (uint32_t flags = 0; flags < 4; flags++) {
                const struct lode_contig c = contig_of(id);
                const int64_t n =
                    naive(&fasta.records[id], -pad, c.length + 2 * pad, LODE_BOUNDS_PAD, want);
                if (flags & LODE_REVERSE_COMPLEMENT) {
                    for (int64_t i = 0; i < n / 2; i++) {
                        const char a = want[i];
                        want[i] = want[n - 1 - i];
                        want[n - 1 - i] = a;
                    }
                    for (int64_t i = 0; i < n; i++)
                        want[i] = complement(want[i]);
                }
                for (int64_t i = 0; i < n && (flags & LODE_UPPER); i++)
                    want[i] = (char)toupper((unsigned char)want[i]);
                assert_int_equal(lode_fetch_at(reader, &c, -pad, c.length + 2 * pad, got, 4096,
                                               LODE_BOUNDS_PAD, flags, NULL),
                                 n);
                assert_memory_equal(got, want, (size_t)n);
            }
}

/* ---- arguments ------------------------------------------------------------------------------ */

static void test_destination(void **state)
{
    (void)state;
    char dst[64];
    const struct lode_contig c = contig_of(0);
    struct lode_diag diag = {0};
    memset(dst, '?', sizeof dst);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, 19, 0, 0, &diag), LODE_E_SPACE);
    assert_int_equal(diag.status, LODE_E_SPACE);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, 0, 0, 0, NULL), LODE_E_SPACE);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, NULL, 0, 0, 0, NULL), LODE_E_SPACE);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, -1, 0, 0, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, NULL, 20, 0, 0, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, 64, 3, 0, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, 64, -1, 0, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, 64, 0, 4, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_at(NULL, &c, 3, 23, dst, 64, 0, 0, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_at(reader, NULL, 3, 23, dst, 64, 0, 0, NULL), LODE_E_ARG);
    for (size_t i = 0; i < sizeof dst; i++)
        assert_int_equal(dst[i], '?');
    assert_int_equal(lode_fetch_at(reader, &c, 3, 23, dst, 20, 0, 0, NULL), 20);
    assert_int_equal(dst[20], '?');
}

/* A struct that no lookup gave. */
static void test_forged_contigs(void **state)
{
    (void)state;
    char dst[64];
    const struct lode_contig good = contig_of(0);
    struct lode_contig forged[12];
    for (size_t i = 0; i < COUNT_OF(forged); i++)
        forged[i] = good;
    forged[0].content_id ^= 1;
    forged[1].source = 1;
    forged[2].source = -1;
    forged[3].source = INT64_MAX;
    forged[4].text_off = INT64_MAX;
    forged[5].text_off = -1;
    forged[6].length = INT64_MAX;
    forged[7].line_bases = 0;
    forged[8].line_bases = -1;
    forged[9].length = (int64_t)fasta.text.n;
    forged[10].text_off = (int64_t)fasta.text.n - 1;
    forged[11].flags = 0xFFFF;
    for (size_t i = 0; i < COUNT_OF(forged); i++) {
        memset(dst, '?', sizeof dst);
        assert_int_equal(lode_fetch_at(reader, &forged[i], 5, 15, dst, 64, 0, 0, NULL), LODE_E_ARG);
        assert_int_equal(dst[0], '?');
    }
    assert_int_equal(lode_fetch_at(reader, &good, 5, 15, dst, 64, 0, 0, NULL), 10);
}

/* Geometry that fits into the text but is not that of the contig would give the bytes of header
 * lines for bases. */
static void test_forged_inside_the_text(void **state)
{
    (void)state;
    char dst[64];
    const struct lode_contig good = contig_of(1);
    struct lode_contig forged[4] = {good, good, good, good};
    forged[0].text_off -= 3;
    forged[1].text_off = 0;
    forged[2].length++;
    forged[3].line_bases++;
    for (size_t i = 0; i < COUNT_OF(forged); i++)
        assert_int_equal(lode_fetch_at(reader, &forged[i], 0, 3, dst, 64, 0, 0, NULL), LODE_E_ARG);
}

/* ---- everywhere ----------------------------------------------------------------------------- */

static void test_random_ranges(void **state)
{
    (void)state;
    static const int blocks[] = {0, 512, 1000, 4096, 65280};
    struct rng rng = {82};
    for (size_t i = 0; i < COUNT_OF(blocks); i++)
        for (int round = 0; round < 4; round++) {
            const struct style style = {.records = 5,
                                        .max_length = round == 3 ? 150000 : 9000,
                                        .max_width = round == 0 ? 100000 : 100,
                                        .eol = (enum style_eol)(round % 3),
                                        .letters = style_letters[round],
                                        .blank_lines = true};
            struct fasta f = fasta_random(&rng, &style);
            char leaf[32];
            snprintf(leaf, sizeof leaf, "r%zu.%d.fa", i, round);
            lode_index *index = index_of(&f, leaf, blocks[i]);
            lode_reader *r = reader_ok(index);
            assert_int_equal(read_randomly(index, r, &f, &rng, 500, 300), LODE_OK);
            assert_int_equal(read_randomly(index, r, &f, &rng, 30, 150000), LODE_OK);
            lode_reader_free(r);
            lode_close(index);
            fasta_free(&f);
        }
}

/* Blocks without text, here and there and many in a row, and several files one behind the other. */
static void test_empty_blocks(void **state)
{
    (void)state;
    static const uint8_t empty[28] = {31, 139, 8,   4,   0, 0, 0,  0, 0, 255,
                                      6,  0,   'B', 'C', 2, 0, 27, 0, 3};
    struct rng rng = {83};
    const struct style style = {.records = 30, .max_length = 3000, .max_width = 60};
    struct fasta f = fasta_random(&rng, &style);
    struct bytes all = {0};
    const char *path = tmp_path("e.fa.gz"), *plain = tmp_path("part"), *out = tmp_path("e.lode");
    for (size_t at = 0; at < f.text.n;) {
        size_t n = rng_range(&rng, 1, 5000);
        n = n < f.text.n - at ? n : f.text.n - at;
        file_write(plain, f.text.p + at, n);
        compress_ok(plain, path, (int)rng_range(&rng, 512, 2000));
        struct bytes part = file_read(path);
        bytes_add(&all, part.p, part.n); /* ends with an empty block */
        for (uint64_t k = rng_below(&rng, 4); k > 0; k--)
            bytes_add(&all, empty, sizeof empty);
        bytes_free(&part);
        at += n;
    }
    file_write(path, all.p, all.n);
    build_ok(&path, 1, out);
    lode_index *index = open_ok(out);
    lode_reader *r = reader_ok(index);
    assert_int_equal(read_randomly(index, r, &f, &rng, 3000, 200), LODE_OK);
    assert_int_equal(read_randomly(index, r, &f, &rng, 100, 3000), LODE_OK);
    lode_reader_free(r);
    lode_close(index);
    bytes_free(&all);
    fasta_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),         cmocka_unit_test(test_extreme_bounds),
        cmocka_unit_test(test_flags),          cmocka_unit_test(test_destination),
        cmocka_unit_test(test_forged_contigs), cmocka_unit_test(test_forged_inside_the_text),
        cmocka_unit_test(test_random_ranges),  cmocka_unit_test(test_empty_blocks),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
