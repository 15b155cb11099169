/* Packed bases (SPEC 5.14): the same answers as the text itself gives, without the FASTA, whatever
 * the letters, the case, the way of reading and the form of the output. */
#include "reseal.h"

#include "layout.h"

#include <unistd.h>

/* ---- the text itself ------------------------------------------------------------------------ */

/* A record with the bases that are given; lines of width. */
static void add_record(struct fasta *f, const char *bases, size_t n, size_t width)
{
    struct record *r;
    f->records = realloc(f->records, (f->count + 1) * sizeof *f->records);
    assert_non_null(f->records);
    r = &f->records[f->count];
    memset(r, 0, sizeof *r);
    snprintf(r->name, sizeof r->name, "r%zu", f->count++);
    r->length = (int64_t)n;
    r->bases = malloc(n + 1);
    assert_non_null(r->bases);
    memcpy(r->bases, bases, n);
    bytes_add(&f->text, ">", 1);
    bytes_add(&f->text, r->name, strlen(r->name));
    bytes_add(&f->text, "\n", 1);
    for (size_t at = 0; at < n; at += width) {
        bytes_add(&f->text, bases + at, n - at < width ? n - at : width);
        bytes_add(&f->text, "\n", 1);
    }
}

/* The complement as a table of pairs says. */
static char complement(char c)
{
    static const char pairs[] = "ATTAUACGGCBVVBDHHDKMMKRYYRattauacggcbvvbdhhdkmmkryyr";
    for (size_t i = 0; i + 1 < sizeof pairs; i += 2)
        if (pairs[i] == c)
            return pairs[i + 1];
    return c;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Base i of the output of a read of [begin, end), before folding; pads are N. */
static char base_of(const struct record *r, int64_t begin, int64_t end, uint32_t flags, int64_t i)
{
    const bool reverse = (flags & LODE_REVERSE_COMPLEMENT) != 0;
    const int64_t at = reverse ? end - 1 - i : begin + i;
    const char c = at < 0 || at >= r->length ? 'N' : r->bases[at];
    return reverse ? complement(c) : c;
}

static char folded(char c, uint32_t flags)
{
    return (flags & LODE_UPPER) != 0 && is_lower(c) ? (char)(c - 32) : c;
}

/* ---- indexes -------------------------------------------------------------------------------- */

static void build_packed(const char *path, const char *out, int threads)
{
    struct lode_diag diag = {0};
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    how.out = out;
    how.pack = 1;
    how.threads = threads;
    if (lode_build(&path, 1, &how, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

/* The packed index of a FASTA that is gone by the time it is read. */
static lode_index *packed_of(const struct fasta *fasta, const char *leaf, int block_size)
{
    const char *path = tmp_path("%s", leaf), *plain = tmp_path("%s.plain", leaf);
    const char *out = tmp_path("%s.lode", leaf);
    file_write(block_size > 0 ? plain : path, fasta->text.p, fasta->text.n);
    if (block_size > 0)
        compress_ok(plain, path, block_size);
    build_packed(path, out, 3);
    assert_int_equal(unlink(path), 0);
    return open_ok(out);
}

/* ---- reads ---------------------------------------------------------------------------------- */

static void check_read(lode_reader *reader, const lode_index *index, const struct record *r,
                       int64_t id, int64_t begin, int64_t end, uint32_t flags)
{
    struct lode_contig contig;
    struct lode_diag diag = {0};
    const int64_t n = end - begin;
    char *got = malloc((size_t)n + 2);
    assert_non_null(got);
    memset(got, '?', (size_t)n + 2);
    assert_int_equal(lode_contig_at(index, id, &contig, NULL), LODE_OK);
    if (lode_fetch_at(reader, &contig, begin, end, got + 1, n, LODE_BOUNDS_PAD, flags, &diag) != n)
        fail_msg("%s", diag.message);
    assert_true(got[0] == '?' && got[n + 1] == '?');
    for (int64_t i = 0; i < n; i++)
        if (got[1 + i] != folded(base_of(r, begin, end, flags, i), flags))
            fail_msg("contig %lld [%lld, %lld) flags %u: base %lld is %c", (long long)id,
                     (long long)begin, (long long)end, flags, (long long)i, got[1 + i]);
    free(got);
}

/* Around the contig's ends, bin borders, and anywhere. */
static void check_reads(const lode_index *index, const struct fasta *fasta, struct rng *rng,
                        int count, int64_t max)
{
    lode_reader *reader = reader_ok(index);
    for (int i = 0; i < count; i++) {
        const int64_t id = (int64_t)rng_below(rng, fasta->count);
        const struct record *r = &fasta->records[id];
        int64_t begin = (int64_t)rng_below(rng, (uint64_t)r->length + 4) - 2;
        if (rng_below(rng, 4) == 0 && r->length > 65536)
            begin = (int64_t)(rng_below(rng, (uint64_t)r->length >> 16) << 16) +
                    (int64_t)rng_below(rng, 9) - 4;
        const int64_t n = (int64_t)rng_below(rng, rng_below(rng, 4) == 0 ? (uint64_t)max : 90);
        check_read(reader, index, r, id, begin, begin + n, (uint32_t)rng_below(rng, 4));
    }
    lode_reader_free(reader);
}

static void test_random_texts(void **state)
{
    (void)state;
    struct rng rng = {1401};
    for (int round = 0; round < 24; round++) {
        struct style style = {.records = 1 + rng_below(&rng, 9),
                              .max_length = 4000,
                              .max_width = 1 + rng_below(&rng, 90),
                              .eol = STYLE_EITHER,
                              .letters = style_letters[round % 4],
                              .blank_lines = round % 3 == 0,
                              .open_end = round % 2 == 0};
        struct fasta fasta = fasta_random(&rng, &style);
        lode_index *index = packed_of(&fasta, "t.fa", round % 2 == 0 ? 700 : 0);
        check_reads(index, &fasta, &rng, 400, 4000);
        lode_close(index);
        fasta_free(&fasta);
    }
}

/* Longer than a stretch of a build, a bin, what is loaded at a time; case and runs at their worst.
 */
static struct fasta hard_text(struct rng *rng)
{
    enum { LONG = 5500000, BINS = 300000 };
    struct fasta f = {0};
    char *bases = malloc(LONG);
    assert_non_null(bases);
    for (size_t i = 0; i < LONG; i++)
        bases[i] = "ACGTacgtN"[rng_below(rng, 9)];
    add_record(&f, bases, LONG, 60); /* bit maps of case, 6 of 9 bins with 65,536 runs */
    for (size_t i = 0; i < BINS; i++)
        bases[i] = i % 2 ? 'n' : 'A';
    add_record(&f, bases, BINS, BINS);
    memset(bases, 'N', BINS);
    add_record(&f, bases, BINS, 70);
    add_record(&f, bases, 0, 70);
    memset(bases, 'g', BINS);
    memset(bases + 65530, 'R', 20);
    add_record(&f, bases, BINS, 1);
    /* bases first, protein behind: that it is stored as bytes shows when most of it is packed */
    for (size_t i = 0; i < LONG; i++)
        bases[i] = i < LONG / 5 * 4 ? "ACGTacgtNnUu"[rng_below(rng, 12)]
                                    : "MKVLAEQwyn*-"[rng_below(rng, 12)];
    add_record(&f, bases, LONG, 61);
    /* RNA, and one that holds both T and U */
    for (size_t i = 0; i < BINS; i++)
        bases[i] = "ACGUacgu"[rng_below(rng, 8)];
    add_record(&f, bases, BINS, 50);
    bases[BINS - 1] = 'T';
    add_record(&f, bases, BINS, 50);
    /* the odd letters of encoding 0, some of which case must not touch */
    for (size_t i = 0; i < BINS; i++)
        bases[i] = rng_below(rng, 40) == 0 ? "@[\\]^_`{|}~*-.RYkm"[rng_below(rng, 18)]
                                           : "ACGTacgt"[rng_below(rng, 2) * 4 + i / 50 % 4];
    add_record(&f, bases, BINS, 50);
    free(bases);
    return f;
}

static void check_text(const lode_index *index, const struct fasta *fasta, struct rng *rng)
{
    lode_reader *reader = reader_ok(index);
    uint8_t *dst = malloc(fasta->text.n + 1);
    assert_non_null(dst);
    for (int i = 0; i < 40; i++) {
        const size_t begin = i == 0 ? 0 : (size_t)rng_below(rng, fasta->text.n + 1);
        const size_t room = fasta->text.n - begin;
        const size_t n = i == 0 ? room : (size_t)rng_below(rng, (room < 300 ? room : 300) + 1);
        dst[n] = 0xEE;
        assert_int_equal(
            lode_fetch_text(reader, 0, (int64_t)begin, (int64_t)(begin + n), dst, NULL), n);
        assert_memory_equal(dst, fasta->text.p + begin, n);
        assert_int_equal(dst[n], 0xEE);
    }
    assert_int_equal(lode_fetch_text(reader, 0, 0, (int64_t)fasta->text.n + 1, dst, NULL),
                     LODE_E_RANGE);
    free(dst);
    lode_reader_free(reader);
}

static void test_hard_text(void **state)
{
    (void)state;
    struct rng rng = {77};
    struct fasta fasta = hard_text(&rng);
    lode_index *index = packed_of(&fasta, "h.fa", 0);
    lode_reader *reader = reader_ok(index);
    check_reads(index, &fasta, &rng, 600, 300000);
    for (size_t i = 0; i < fasta.count; i++) /* whole */
        check_read(reader, index, &fasta.records[i], (int64_t)i, 0, fasta.records[i].length, 0);
    check_read(reader, index, &fasta.records[0], 0, 3, fasta.records[0].length - 1, 1);
    check_read(reader, index, &fasta.records[5], 5, 3, fasta.records[5].length - 1, 3);
    check_text(index, &fasta, &rng);
    lode_reader_free(reader);
    lode_close(index);
    fasta_free(&fasta);
}

static void test_text_is_made_again(void **state)
{
    (void)state;
    struct rng rng = {5};
    for (int round = 0; round < 30; round++) {
        struct style style = {.records = rng_below(&rng, 12),
                              .max_length = 400,
                              .max_width = 1 + rng_below(&rng, 70),
                              .eol = STYLE_EITHER,
                              .letters = style_letters[round % 4],
                              .blank_lines = round % 2 == 0,
                              .open_end = true};
        struct fasta fasta = fasta_random(&rng, &style);
        lode_index *index = packed_of(&fasta, "x.fa", round % 3 == 0 ? 600 : 0);
        check_text(index, &fasta, &rng);
        lode_close(index);
        fasta_free(&fasta);
    }
}

/* ---- forms of output ------------------------------------------------------------------------ */

enum { READ_MAX = 9000 };

/* One batch of one request with this encoding and mask, against the text. */
static void check_encoded(lode_reader *reader, const struct record *r, int64_t id, int64_t begin,
                          int64_t end, uint32_t flags, const struct lode_encoding *e,
                          size_t element)
{
    static uint8_t dst[READ_MAX * 16 + 64], mask[READ_MAX + 1];
    const int64_t n = end - begin;
    const size_t channels = e->kind == LODE_ENCODE_ONEHOT ? (size_t)e->channels : 1;
    const bool planes = e->channel_stride != 0;
    struct lode_batch how = LODE_BATCH_INIT;
    struct lode_request q = {.contig = id,
                             .begin = begin,
                             .end = end,
                             .dst = dst,
                             .dst_size = sizeof dst,
                             .flags = flags,
                             .mask = mask};
    how.bounds = LODE_BOUNDS_PAD;
    how.encoding = e;
    memset(dst, 0xEE, sizeof dst);
    memset(mask, 0xEE, sizeof mask);
    assert_int_equal(lode_fetch_many(reader, &q, 1, &how, NULL), 0);
    assert_int_equal(q.written, n);
    for (int64_t i = 0; i < n; i++) {
        const char base = base_of(r, begin, end, flags, i);
        const uint8_t *row =
            (const uint8_t *)e->table + (size_t)(uint8_t)folded(base, flags) * channels * element;
        assert_int_equal(mask[i], is_lower(base));
        for (size_t c = 0; c < channels; c++) {
            const uint8_t *at = planes ? dst + c * (size_t)e->channel_stride + (size_t)i * element
                                       : dst + ((size_t)i * channels + c) * element;
            assert_memory_equal(at, row + c * element, element);
        }
    }
    assert_int_equal(mask[n], 0xEE);
}

static void test_encodings(void **state)
{
    (void)state;
    static const size_t elements[] = {1, 1, 4, 8, 2, 2, 4};
    static uint8_t table[256 * 4 * 8];
    struct rng rng = {31};
    const struct style style = {.records = 5,
                                .max_length = READ_MAX,
                                .max_width = 60,
                                .letters = style_letters[2],
                                .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *packed = packed_of(&fasta, "e.fa", 0);
    lode_index *text = index_of(&fasta, "e2.fa.gz", 5000);
    lode_reader *readers[2] = {reader_ok(packed), reader_ok(text)};
    for (size_t i = 0; i < sizeof table; i++)
        table[i] = (uint8_t)rng_next(&rng);
    for (int round = 0; round < 400; round++) {
        const int64_t id = (int64_t)rng_below(&rng, 5);
        const int64_t begin = (int64_t)rng_below(&rng, READ_MAX) - 20;
        const int64_t n = (int64_t)rng_below(&rng, round % 4 ? 70 : 8000);
        const int64_t end = begin + n < READ_MAX + 20 ? begin + n : READ_MAX + 20;
        struct lode_encoding e = {.struct_size = sizeof e,
                                  .kind = 1 + (int)rng_below(&rng, 2),
                                  .dtype = (int)rng_below(&rng, 7),
                                  .table = table,
                                  .channels = 4};
        if (e.kind == LODE_ENCODE_ONEHOT && elements[e.dtype] == 8)
            e.dtype = LODE_F32;
        if (e.kind == LODE_ENCODE_ONEHOT && rng_below(&rng, 2) == 0) { /* (4, L) */
            e.position_stride = (int64_t)elements[e.dtype];
            e.channel_stride = READ_MAX * (int64_t)elements[e.dtype];
        }
        for (int k = 0; k < 2; k++)
            check_encoded(readers[k], &fasta.records[id], id, begin, end,
                          (uint32_t)rng_below(&rng, 4), &e, elements[e.dtype]);
    }
    for (int k = 0; k < 2; k++)
        lode_reader_free(readers[k]);
    lode_close(packed);
    lode_close(text);
    fasta_free(&fasta);
}

/* ---- ways of opening ------------------------------------------------------------------------ */

static void test_every_map_mode(void **state)
{
    (void)state;
    struct rng rng = {9};
    struct fasta fasta = hard_text(&rng);
    lode_close(packed_of(&fasta, "m.fa", 0));
    const char *path = tmp_path("m.fa.lode");
    struct bytes image = file_read(path);
    for (int mode = 0; mode < 4; mode++) {
        struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
        lode_index *index = NULL;
        how.map_mode = mode % 3;
        const int status = mode < 3 ? lode_open(path, &how, &index, NULL)
                                    : lode_open_buffer(image.p, image.n, NULL, &index, NULL);
        assert_int_equal(status, LODE_OK);
        check_reads(index, &fasta, &rng, 150, 300000);
        check_text(index, &fasta, &rng);
        struct lode_verify_options all = LODE_VERIFY_OPTIONS_INIT;
        assert_int_equal(lode_verify(index, &all, NULL),
                         LODE_E_MISSING); /* nothing but the FASTA */
        lode_close(index);
    }
    bytes_free(&image);
    fasta_free(&fasta);
}

/* ---- damage --------------------------------------------------------------------------------- */

static int judge(const lode_index *index, const struct fasta *fasta, int64_t id, int64_t begin,
                 int64_t end)
{
    struct lode_contig contig;
    const int status = lode_contig_at(index, id, &contig, NULL);
    if (status != LODE_OK)
        return status; /* its row lies on a damaged page */
    lode_reader *reader = reader_ok(index);
    const int verdict = read_judged(reader, &contig, &fasta->records[id], begin, end);
    lode_reader_free(reader);
    return verdict;
}

/* A flipped bit of BASE, CASE or EXCP: right bases where it is not used, else PAGE_SUM. */
static void test_flipped_bits(void **state)
{
    (void)state;
    struct rng rng = {12};
    struct fasta fasta = hard_text(&rng);
    lode_close(packed_of(&fasta, "f.fa", 0));
    struct bytes image = file_read(tmp_path("f.fa.lode"));
    static const uint32_t ids[] = {LODE_ID_BASE, LODE_ID_CASE, LODE_ID_EXCP, LODE_ID_BINS};
    int refused = 0;
    for (int i = 0; i < 40; i++) {
        const struct lode_section s = reseal_section(image.p, ids[i % 4]);
        const uint64_t at = s.off + rng_below(&rng, s.len);
        const uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));
        const int64_t begin = (int64_t)rng_below(&rng, 5000000);
        lode_index *index;
        image.p[at] ^= bit;
        file_write(tmp_path("f2.lode"), image.p, image.n);
        index = open_ok(tmp_path("f2.lode"));
        const int whole = judge(index, &fasta, 0, 0, fasta.records[0].length);
        const int part = judge(index, &fasta, 0, begin, begin + 60);
        assert_true(whole == LODE_E_PAGE_SUM || whole == LODE_OK);
        assert_true(part == LODE_E_PAGE_SUM || part == LODE_OK);
        refused += whole == LODE_E_PAGE_SUM;
        lode_close(index);
        image.p[at] ^= bit;
    }
    assert_true(refused >= 12);
    bytes_free(&image);
    fasta_free(&fasta);
}

/* Rows and bases that lie, under sums made right again: reads stay inside memory, verify tells. */
static void test_lies_are_refused(void **state)
{
    (void)state;
    struct rng rng = {13};
    const struct style style = {.records = 4,
                                .max_length = 200000,
                                .max_width = 60,
                                .letters = style_letters[1],
                                .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_close(packed_of(&fasta, "l.fa", 0));
    struct bytes clean = file_read(tmp_path("l.fa.lode"));
    static const uint32_t ids[] = {LODE_ID_BASE, LODE_ID_CASE, LODE_ID_EXCP, LODE_ID_BINS};
    uint8_t *copy = malloc(clean.n);
    int told = 0;
    assert_non_null(copy);
    for (int i = 0; i < 160; i++) {
        const struct lode_section s = reseal_section(clean.p, ids[i % 4]);
        const uint64_t room = i % 4 == 0 ? s.len - LODE_BASE_TAIL : s.len;
        const uint64_t at = s.off + rng_below(&rng, room);
        struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
        struct lode_verify_options level = LODE_VERIFY_OPTIONS_INIT;
        struct lode_diag diag = {0};
        lode_index *index = NULL;
        memcpy(copy, clean.p, clean.n);
        copy[at] = (uint8_t)(copy[at] + 1 + rng_below(&rng, 255));
        reseal(copy, clean.n);
        how.source_root = tmp_root;
        assert_int_equal(lode_open_buffer(copy, clean.n, &how, &index, &diag), LODE_OK);
        int whole = LODE_OK; /* any verdict, no crash */
        for (int64_t k = 0; k < 4 && whole == LODE_OK; k++)
            whole = judge(index, &fasta, k, 0, 200000);
        for (int k = 0; k < 10; k++) {
            const int64_t begin = (int64_t)rng_below(&rng, 199900);
            (void)judge(index, &fasta, 0, begin, begin + 60);
        }
        /* What verify lets pass gives the right bases: bits under a run, counts of a bin. */
        const int status = lode_verify(index, &level, &diag);
        assert_true(status == LODE_E_CORRUPT || (status == LODE_E_MISSING && whole == LODE_OK));
        told += status == LODE_E_CORRUPT;
        lode_close(index);
    }
    assert_true(told > 100);
    free(copy);
    bytes_free(&clean);
    fasta_free(&fasta);
}

static void test_index_cut_short(void **state)
{
    (void)state;
    struct rng rng = {14};
    struct fasta fasta = hard_text(&rng);
    lode_close(packed_of(&fasta, "c.fa", 0));
    const char *path = tmp_path("c.fa.lode");
    struct bytes image = file_read(path);
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    how.map_mode = LODE_MAP_GUARDED;
    assert_int_equal(lode_open(path, &how, &index, NULL), LODE_OK);
    assert_int_equal(truncate(path, 4096), 0);
    assert_int_equal(judge(index, &fasta, 0, 1000000, 1000060), LODE_E_TRUNCATED);
    assert_int_equal(judge(index, &fasta, 0, 1000000, 1050000), LODE_E_TRUNCATED);
    lode_close(index);
    bytes_free(&image);
    fasta_free(&fasta);
}

/* The same bytes whatever the threads, and taken over from an older index of the same options. */
static void test_builds_are_equal(void **state)
{
    (void)state;
    struct rng rng = {15};
    struct fasta fasta = hard_text(&rng);
    const char *path = tmp_path("b.fa"), *out = tmp_path("b.lode");
    file_write(path, fasta.text.p, fasta.text.n);
    build_packed(path, out, 1);
    struct bytes one = file_read(out);
    build_packed(path, out, 2); /* re-uses */
    struct bytes again = file_read(out);
    assert_int_equal(unlink(out), 0);
    build_packed(path, out, 4);
    struct bytes four = file_read(out);
    assert_int_equal(one.n, four.n);
    assert_memory_equal(one.p, four.p, one.n);
    assert_int_equal(one.n, again.n);
    assert_memory_equal(one.p, again.p, one.n);
    bytes_free(&one);
    bytes_free(&four);
    bytes_free(&again);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_random_texts),       TMP_TEST(test_hard_text),
        TMP_TEST(test_text_is_made_again), TMP_TEST(test_encodings),
        TMP_TEST(test_every_map_mode),     TMP_TEST(test_flipped_bits),
        TMP_TEST(test_lies_are_refused),   TMP_TEST(test_index_cut_short),
        TMP_TEST(test_builds_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
