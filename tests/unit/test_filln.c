/* Letters in place of N: against the text, and against themselves by every other way of reading. */
#include "support.h"

enum { ROOM = 9000, READS = 400 };

static uint8_t plain[ROOM], filled[ROOM], mask[ROOM], mask_plain[ROOM];
static float onehot[ROOM * 4];

/* One read of the batch API. seed NULL: N stays. */
static void read_one(lode_reader *reader, int64_t id, int64_t begin, int64_t end, uint32_t flags,
                     const uint64_t *seed, const struct lode_encoding *encoding, void *dst,
                     int64_t dst_size, uint8_t *plane)
{
    struct lode_batch how = LODE_BATCH_INIT;
    struct lode_diag diag = {0};
    struct lode_request q = {.contig = id,
                             .begin = begin,
                             .end = end,
                             .dst = dst,
                             .dst_size = dst_size,
                             .flags = flags,
                             .mask = plane};
    how.bounds = LODE_BOUNDS_PAD;
    how.n_seed = seed;
    how.encoding = encoding;
    if (lode_fetch_many(reader, &q, 1, &how, &diag) != 0)
        fail_msg("%s", diag.message);
}

static uint8_t complement(uint8_t c)
{
    const char *from = "ACGTacgt", *to = "TGCAtgca";
    const char *at = strchr(from, c);
    return c != 0 && at != NULL ? (uint8_t)to[at - from] : c;
}

/* The whole contig, filled: only N changed, to a letter of its case. Returns how many. */
static int64_t fill_contig(lode_reader *reader, int64_t id, const struct record *r, uint64_t seed,
                           uint8_t *all, int64_t count[4])
{
    int64_t n = 0;
    read_one(reader, id, 0, r->length, 0, &seed, NULL, all, r->length, NULL);
    for (int64_t i = 0; i < r->length; i++) {
        const char was = r->bases[i];
        if ((was | 0x20) != 'n') {
            assert_int_equal(all[i], (uint8_t)was);
            continue;
        }
        const char *letter = strchr(was == 'N' ? "ACGT" : "acgt", all[i]);
        assert_true(all[i] != 0 && letter != NULL);
        count[letter - strchr(was == 'N' ? "ACGT" : "acgt", was == 'N' ? 'A' : 'a')]++;
        n++;
    }
    return n;
}

/* One window by all ways, all of them given: the filled contig. */
static void check_window(lode_reader *reader, int64_t id, const struct record *r, uint64_t seed,
                         const uint8_t *all, int64_t begin, int64_t end)
{
    static float table[256][4];
    const int64_t n = end - begin;
    const struct lode_encoding e = {.struct_size = sizeof e,
                                    .kind = LODE_ENCODE_ONEHOT,
                                    .dtype = LODE_F32,
                                    .table = table,
                                    .channels = 4};
    for (int c = 0; c < 256; c++) /* tells letters and cases apart */
        for (int k = 0; k < 4; k++)
            table[c][k] = (float)(c * 4 + k);
    for (uint32_t flags = 0; flags < 4; flags++) {
        read_one(reader, id, begin, end, flags, NULL, NULL, plain, n, mask_plain);
        read_one(reader, id, begin, end, flags, &seed, NULL, filled, n, NULL);
        read_one(reader, id, begin, end, flags, &seed, &e, onehot, n * 16, mask);
        assert_memory_equal(mask, mask_plain, (size_t)n);
        for (int64_t i = 0; i < n; i++) {
            const int64_t p = (flags & LODE_REVERSE_COMPLEMENT) != 0 ? end - 1 - i : begin + i;
            const bool inside = p >= 0 && p < r->length;
            uint8_t want = plain[i];
            if (inside && (r->bases[p] | 0x20) == 'n') {
                want = (flags & LODE_REVERSE_COMPLEMENT) != 0 ? complement(all[p]) : all[p];
                if ((flags & LODE_UPPER) != 0)
                    want = (uint8_t)(want & ~0x20);
            }
            assert_int_equal(filled[i], want);
            for (int k = 0; k < 4; k++)
                assert_true(onehot[i * 4 + k] == (float)(want * 4 + k));
        }
    }
}

static void check_genome(const struct fasta *fasta, const char *path, struct rng *rng)
{
    lode_index *index = open_ok(path);
    lode_reader *reader = reader_ok(index);
    const uint64_t seed = 12345, other = 12346;
    int64_t count[4] = {0}, unused[4] = {0}, n = 0, same = 0;
    for (int64_t id = 0; id < (int64_t)fasta->count; id++) {
        const struct record *r = &fasta->records[id];
        uint8_t *all = malloc((size_t)r->length + 1), *again = malloc((size_t)r->length + 1);
        assert_true(all != NULL && again != NULL);
        n += fill_contig(reader, id, r, seed, all, count);
        fill_contig(reader, id, r, other, again, unused);
        for (int64_t i = 0; i < r->length; i++)
            same += (r->bases[i] | 0x20) == 'n' && all[i] == again[i];
        for (int k = 0; k < READS / (int)fasta->count; k++) {
            const int64_t length = (int64_t)rng_range(rng, 1, rng_below(rng, 4) == 0 ? ROOM : 90);
            const int64_t begin = (int64_t)rng_below(rng, (uint64_t)(r->length + 80)) - 40;
            check_window(reader, id, r, seed, all, begin, begin + length);
        }
        free(all);
        free(again);
    }
    assert_true(n > 10000);
    for (int k = 0; k < 4; k++) /* a quarter each, and a quarter by chance the same again */
        assert_true(count[k] > n * 23 / 100 && count[k] < n * 27 / 100);
    assert_true(same > n * 23 / 100 && same < n * 27 / 100);
    lode_reader_free(reader);
    lode_close(index);
}

static void check_letters(const char *letters)
{
    static const struct {
        int block_size;
        bool pack;
    } ways[] = {{0, false}, {5000, false}, {0, true}};
    for (size_t k = 0; k < COUNT_OF(ways); k++) {
        struct rng rng = {70 + k};
        const struct style style = {.records = 6,
                                    .max_length = 30000,
                                    .max_width = 70,
                                    .same_length = true,
                                    .letters = letters};
        struct fasta fasta = fasta_random(&rng, &style);
        const char *input = fasta_file(&fasta, "g.fa", ways[k].block_size);
        const char *out = tmp_path("g.lode");
        const struct lode_build_options options = {.struct_size = sizeof options,
                                                   .out = out,
                                                   .threads = 1,
                                                   .rescan = 1,
                                                   .pack = ways[k].pack};
        assert_int_equal(lode_build(&input, 1, &options, NULL, NULL), LODE_OK);
        check_genome(&fasta, out, &rng);
        fasta_free(&fasta);
    }
}

static void test_by_every_way(void **state)
{
    (void)state;
    check_letters("ACGTNacgtnNNnnACGTacgtNNnnACGTacgtNnR");
}

/* So many other letters that the contigs are stored as bytes. */
static void test_stored_as_bytes(void **state)
{
    (void)state;
    check_letters("ACGTNNNNNNRYKMNNNNNNACGTNNNNNNR-XMNNNNNn");
}

/* N is asparagine there. */
static void test_not_in_protein(void **state)
{
    (void)state;
    struct rng rng = {80};
    const struct style style = {.records = 3,
                                .max_length = 3000,
                                .max_width = 60,
                                .letters = "ARNDCQEGHILKMFPSTWYV",
                                .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, "p.fa", 0);
    lode_reader *reader = reader_ok(index);
    const uint64_t seed = 1;
    for (int64_t id = 0; id < 3; id++) {
        read_one(reader, id, 0, 3000, 0, &seed, NULL, filled, 3000, NULL);
        assert_memory_equal(filled, fasta.records[id].bases, 3000);
    }
    lode_reader_free(reader);
    lode_close(index);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TMP_TEST(test_by_every_way), TMP_TEST(test_stored_as_bytes),
                                       TMP_TEST(test_not_in_protein)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
