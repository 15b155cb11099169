/* Packed bases (SPEC 5.14): the same answers as the text itself gives, without the FASTA, whatever
 * the letters, the case, the way of reading and the form of the output. */
#include "layout.h"
#include "packed_support.h"

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
        packed_check_reads(index, &fasta, &rng, 400, 4000);
        lode_close(index);
        fasta_free(&fasta);
    }
}

static void test_hard_text(void **state)
{
    (void)state;
    struct rng rng = {77};
    struct fasta fasta = packed_hard_text(&rng);
    lode_index *index = packed_of(&fasta, "h.fa", 0);
    lode_reader *reader = reader_ok(index);
    packed_check_reads(index, &fasta, &rng, 600, 300000);
    for (size_t i = 0; i < fasta.count; i++) /* whole */
        packed_check_read(reader, index, &fasta.records[i], (int64_t)i, 0, fasta.records[i].length,
                          0);
    packed_check_read(reader, index, &fasta.records[0], 0, 3, fasta.records[0].length - 1, 1);
    packed_check_read(reader, index, &fasta.records[5], 5, 3, fasta.records[5].length - 1, 3);
    packed_check_text(index, &fasta, &rng);
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
        packed_check_text(index, &fasta, &rng);
        lode_close(index);
        fasta_free(&fasta);
    }
}

/* ---- forms of output ------------------------------------------------------------------------ */

enum { READ_MAX = 9000 };

/* One batch of one request with this encoding and mask, against the text. */
static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

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
        const char base = packed_base(r, begin, end, flags, i);
        const uint8_t *row = (const uint8_t *)e->table +
                             (size_t)(uint8_t)packed_folded(base, flags) * channels * element;
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

/* ---- intervals ------------------------------------------------------------------------------ */

enum {
    INTERVAL_BIN = 65536,
    RANGE_MAX = 3 * INTERVAL_BIN,
    SAME_MAX = 1000 /* no text has as many characters on end that leave the case as it was */
};

static bool in_feature(char c, int feature, bool before)
{
    if (feature == LODE_FEATURE_N)
        return c == 'N' || c == 'n';
    return is_lower(c) || (before && !(c >= 'A' && c <= 'Z'));
}

/* What the text says of [begin, end): the intervals of the feature, cut to the range. */
static size_t intervals_of(const struct record *r, int feature, int64_t begin, int64_t end,
                           struct lode_interval *out)
{
    size_t n = 0;
    bool inside = false, before = false;
    for (int64_t i = begin < SAME_MAX ? 0 : begin - SAME_MAX; i < end; i++) {
        const bool in = in_feature(packed_base(r, 0, r->length, 0, i), feature, i > 0 && before);
        before = in;
        if (i < begin)
            continue;
        if (in && !inside)
            out[n++].begin = i;
        if (in)
            out[n - 1].end = i + 1;
        inside = in;
    }
    return n;
}

static void check_intervals(const lode_index *index, const struct record *r, int64_t id,
                            int64_t begin, int64_t end)
{
    static struct lode_interval want[RANGE_MAX], got[RANGE_MAX];
    struct lode_contig contig;
    assert_int_equal(lode_contig_at(index, id, &contig, NULL), LODE_OK);
    /* in contigs stored as bytes case goes with the contig before, until there is a letter */
    const int last = contig.encoding == LODE_ENCODING_BYTES ? LODE_FEATURE_N : LODE_FEATURE_LOWER;
    for (int feature = LODE_FEATURE_N; feature <= last; feature++) {
        const size_t n = intervals_of(r, feature, begin, end, want);
        assert_int_equal(
            lode_intervals(index, &contig, feature, begin, end, got, (int64_t)COUNT_OF(got), NULL),
            n);
        assert_memory_equal(got, want, n * sizeof *got);
    }
}

/* Ranges that begin and end anywhere, and at the borders of bins. */
static void test_intervals(void **state)
{
    (void)state;
    struct rng rng = {12};
    struct fasta fasta = packed_hard_text(&rng);
    lode_index *index = packed_of(&fasta, "i.fa", 0);
    for (size_t i = 0; i < fasta.count; i++) {
        const struct record *r = &fasta.records[i];
        for (int64_t at = 0; at < r->length; at += INTERVAL_BIN) {
            const int64_t end = at + INTERVAL_BIN < r->length ? at + INTERVAL_BIN : r->length;
            check_intervals(index, r, (int64_t)i, at, end);
            check_intervals(index, r, (int64_t)i, at > 9 ? at - 9 : 0, end);
        }
        for (int round = 0; round < 20 && r->length > 0; round++) {
            const int64_t begin = (int64_t)rng_below(&rng, (uint64_t)r->length);
            const int64_t room = r->length - begin < RANGE_MAX ? r->length - begin : RANGE_MAX;
            check_intervals(index, r, (int64_t)i, begin,
                            begin + (int64_t)rng_below(&rng, (uint64_t)room + 1));
        }
    }
    lode_close(index);
    fasta_free(&fasta);
}

/* ---- ways of opening ------------------------------------------------------------------------ */

static void test_every_map_mode(void **state)
{
    (void)state;
    struct rng rng = {9};
    struct fasta fasta = packed_hard_text(&rng);
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
        packed_check_reads(index, &fasta, &rng, 150, 300000);
        packed_check_text(index, &fasta, &rng);
        struct lode_verify_options all = LODE_VERIFY_OPTIONS_INIT;
        assert_int_equal(lode_verify(index, &all, NULL), LODE_OK);
        all.level = LODE_VERIFY_FULL;
        assert_int_equal(lode_verify(index, &all, NULL),
                         LODE_E_MISSING); /* nothing but the FASTA */
        lode_close(index);
    }
    bytes_free(&image);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_random_texts), TMP_TEST(test_hard_text), TMP_TEST(test_text_is_made_again),
        TMP_TEST(test_encodings),    TMP_TEST(test_intervals), TMP_TEST(test_every_map_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
