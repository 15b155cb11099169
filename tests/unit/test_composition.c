/* Composition of ranges: against counts of the text, around and inside whole bins. */
#include "support.h"

/* By the definitions of SPEC 5.10. */
static struct lode_composition counted(const char *bases, int64_t n)
{
    struct lode_composition sum = {.bases = n};
    for (int64_t i = 0; i < n; i++) {
        const char c = bases[i];
        sum.n += c == 'N' || c == 'n';
        sum.gc += c == 'G' || c == 'g' || c == 'C' || c == 'c';
        sum.lower += c >= 'a' && c <= 'z';
        sum.other += strchr("ACGTUNacgtun", c) == NULL;
    }
    return sum;
}

static void check(lode_reader *reader, const struct lode_contig *contig, const struct record *r,
                  int64_t begin, int64_t end)
{
    struct lode_composition got = {0};
    struct lode_diag diag = {0};
    const struct lode_composition want = counted(r->bases + begin, end - begin);
    if (lode_composition_at(reader, contig, begin, end, &got, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    assert_memory_equal(&got, &want, sizeof want);
}

static void check_genome(const struct fasta *fasta, const lode_index *index, struct rng *rng)
{
    lode_reader *reader = reader_ok(index);
    for (int64_t id = 0; id < (int64_t)fasta->count; id++) {
        const struct record *r = &fasta->records[id];
        struct lode_contig contig;
        assert_int_equal(lode_contig_at(index, id, &contig, NULL), LODE_OK);
        check(reader, &contig, r, 0, r->length);
        check(reader, &contig, r, r->length, r->length);
        for (int k = 0; k < 40; k++) {
            const int64_t begin = (int64_t)rng_below(rng, (uint64_t)r->length + 1);
            check(reader, &contig, r, begin,
                  begin + (int64_t)rng_below(rng, (uint64_t)(r->length - begin) + 1));
        }
        /* ends on either side of each border of a bin */
        for (int64_t at = 65536 - 4 * contig.base_off % 65536; at < r->length; at += 65536)
            for (int64_t d = -1; d <= 1; d++) {
                if (at + d >= 0 && at + d <= r->length) {
                    check(reader, &contig, r, at + d, r->length);
                    check(reader, &contig, r, 0, at + d);
                }
            }
    }
    lode_reader_free(reader);
}

static void build(const struct fasta *fasta, int block_size, bool pack)
{
    const char *input = fasta_file(fasta, "g.fa", block_size);
    const char *out = tmp_path("g.lode");
    const struct lode_build_options options = {
        .struct_size = sizeof options, .out = out, .threads = 1, .rescan = 1, .pack = pack};
    struct lode_diag diag = {0};
    if (lode_build(&input, 1, &options, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

static void test_against_the_text(void **state)
{
    (void)state;
    static const struct {
        int block_size;
        bool pack;
    } ways[] = {{0, false}, {4000, false}, {65280, true}};
    for (size_t k = 0; k < COUNT_OF(ways); k++)
        for (size_t letters = 0; letters < 4; letters++) {
            struct rng rng = {50 + letters};
            const struct style style = {.records = 5,
                                        .max_length = 300000,
                                        .max_width = 80,
                                        .letters = style_letters[letters]};
            struct fasta fasta = fasta_random(&rng, &style);
            build(&fasta, ways[k].block_size, ways[k].pack);
            lode_index *index = open_ok(tmp_path("g.lode"));
            check_genome(&fasta, index, &rng);
            lode_close(index);
            fasta_free(&fasta);
        }
}

static void test_protein(void **state)
{
    (void)state;
    struct rng rng = {60};
    const struct style style = {.records = 4,
                                .max_length = 200000,
                                .max_width = 60,
                                .letters = "ARNDCQEGHILKMFPSTWYVXBZ*arndcqegn"};
    struct fasta fasta = fasta_random(&rng, &style);
    build(&fasta, 0, false);
    lode_index *index = open_ok(tmp_path("g.lode"));
    check_genome(&fasta, index, &rng);
    lode_close(index);
    fasta_free(&fasta);
}

/* Whole bins need no FASTA; the rest does, and says so when it is gone. */
static void test_without_the_fasta(void **state)
{
    (void)state;
    struct rng rng = {61};
    const struct style style = {
        .records = 1, .max_length = 200000, .max_width = 60, .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    lode_reader *reader = reader_ok(index);
    struct lode_contig contig;
    struct lode_composition got = {.bases = 77};
    struct lode_diag diag = {0};
    assert_int_equal(lode_contig_at(index, 0, &contig, NULL), LODE_OK);
    assert_int_equal(remove(tmp_path("g.fa")), 0);
    check(reader, &contig, &fasta.records[0], 65536, 3 * 65536);
    assert_int_equal(lode_composition_at(reader, &contig, 65535, 3 * 65536, &got, &diag),
                     LODE_E_MISSING);
    assert_int_equal(got.bases, 77);
    lode_reader_free(reader);
    lode_close(index);
    fasta_free(&fasta);
}

static void test_refused(void **state)
{
    (void)state;
    struct rng rng = {62};
    const struct style style = {
        .records = 2, .max_length = 900, .max_width = 60, .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, "g.fa", 0);
    lode_reader *reader = reader_ok(index);
    struct lode_contig contig;
    struct lode_composition got;
    assert_int_equal(lode_contig_at(index, 0, &contig, NULL), LODE_OK);
    assert_int_equal(lode_composition_at(NULL, &contig, 0, 1, &got, NULL), LODE_E_ARG);
    assert_int_equal(lode_composition_at(reader, NULL, 0, 1, &got, NULL), LODE_E_ARG);
    assert_int_equal(lode_composition_at(reader, &contig, 0, 1, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_composition_at(reader, &contig, -1, 1, &got, NULL), LODE_E_RANGE);
    assert_int_equal(lode_composition_at(reader, &contig, 2, 1, &got, NULL), LODE_E_RANGE);
    assert_int_equal(lode_composition_at(reader, &contig, 0, 901, &got, NULL), LODE_E_RANGE);
    contig.base_off += 1; /* altered */
    assert_int_equal(lode_composition_at(reader, &contig, 0, 1, &got, NULL), LODE_E_ARG);
    lode_reader_free(reader);
    lode_close(index);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_against_the_text),
        TMP_TEST(test_protein),
        TMP_TEST(test_without_the_fasta),
        TMP_TEST(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
