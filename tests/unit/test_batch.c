/* Batches: each request has its own outcome, the same as a single read would have. */
#include "support.h"

enum { RECORDS = 8, N = 300 };

static struct fasta fasta;
static lode_index *ix;
static lode_reader *reader, *single;

static int make_index(void **state)
{
    struct rng rng = {91};
    const struct style style = {.records = RECORDS,
                                .max_length = 3000,
                                .max_width = 61,
                                .letters = style_letters[2],
                                .same_length = true};
    if (tmp_make(state) != 0)
        return -1;
    fasta = fasta_random(&rng, &style);
    ix = index_of(&fasta, "b.fa.gz", 1000);
    reader = reader_ok(ix);
    single = reader_ok(ix);
    return 0;
}

static int drop_index(void **state)
{
    lode_reader_free(reader);
    lode_reader_free(single);
    lode_close(ix);
    fasta_free(&fasta);
    return tmp_drop(state);
}

static char room[N][4096];

static struct lode_request request(int64_t contig, int64_t begin, int64_t end, int slot)
{
    memset(room[slot], '?', sizeof room[slot]);
    const struct lode_request q = {.contig = contig,
                                   .begin = begin,
                                   .end = end,
                                   .dst = room[slot],
                                   .dst_size = 4000,
                                   .status = 12345,
                                   .written = 12345};
    return q;
}

/* What a single read makes of the same range; every field of the answer. */
static void check_request(const struct lode_request *q, int slot, int bounds)
{
    static char want[4096];
    struct lode_contig contig;
    memset(want, '?', sizeof want);
    int64_t n = lode_contig_at(ix, q->contig, &contig, NULL);
    if (n == LODE_OK)
        n = lode_fetch_at(single, &contig, q->begin, q->end, want, q->dst_size, bounds, q->flags,
                          NULL);
    assert_ptr_equal(q->dst, room[slot]);
    assert_memory_equal(room[slot], want, sizeof want);
    if (n < 0) {
        assert_int_equal(q->status, n);
        assert_int_equal(q->written, 0);
        return;
    }
    const int64_t left = q->begin < 0 ? (q->end < 0 ? q->end : 0) - q->begin : 0;
    const int64_t right =
        q->end > contig.length ? q->end - (q->begin > contig.length ? q->begin : contig.length) : 0;
    const bool inside = q->begin >= 0 && q->end <= contig.length;
    assert_int_equal(q->status, inside                       ? LODE_OK
                                : bounds == LODE_BOUNDS_CLIP ? LODE_CLIPPED
                                                             : LODE_PADDED);
    assert_int_equal(q->written, n);
    assert_int_equal(q->left_pad, left);
    assert_int_equal(q->right_pad, right);
}

/* Random requests, good ones and all kinds of bad ones, in an order far from that of the file. */
static void test_equals_single_reads(void **state)
{
    (void)state;
    struct rng rng = {92};
    static struct lode_request q[N], before[N];
    for (int round = 0; round < 60; round++) {
        const int64_t n = (int64_t)rng_range(&rng, 1, N);
        struct lode_batch o = LODE_BATCH_INIT;
        struct lode_diag diag = {0};
        int64_t failed = 0, first = -1;
        o.bounds = round % 3;
        o.threads = round % 2;
        for (int i = 0; i < n; i++) {
            const int64_t begin = (int64_t)rng_below(&rng, 3200) - 100;
            q[i] = request((int64_t)rng_below(&rng, RECORDS + 1) - (rng_below(&rng, 50) == 0),
                           begin, begin + (int64_t)rng_below(&rng, 200) - 5, i);
            q[i].flags = (uint32_t)rng_below(&rng, 4);
            if (rng_below(&rng, 10) == 0)
                q[i].dst_size = (int64_t)rng_below(&rng, 50);
            before[i] = q[i];
        }
        const int64_t got = lode_fetch_many(reader, q, n, &o, &diag);
        for (int i = 0; i < n; i++) {
            assert_true(q[i].contig == before[i].contig && q[i].begin == before[i].begin &&
                        q[i].end == before[i].end && q[i].flags == before[i].flags);
            check_request(&q[i], i, o.bounds);
            failed += q[i].status < 0;
            first = first < 0 && q[i].status < 0 ? i : first;
        }
        assert_int_equal(got, failed);
        if (first >= 0)
            assert_int_equal(diag.status, q[first].status);
    }
}

/* Requests whose fields this version does not allow fail alone. */
static void test_bad_fields(void **state)
{
    (void)state;
    struct lode_request q[8];
    for (int i = 0; i < 8; i++)
        q[i] = request(i % RECORDS, 10, 20, i);
    q[1].flags = 4;
    q[2].flags = 1u << 31;
    q[3].reserved[0] = 1;
    q[4].reserved[1] = -1;
    q[5].dst_size = -1;
    q[6].dst = NULL;
    assert_int_equal(lode_fetch_many(reader, q, 8, NULL, NULL), 6);
    for (int i = 0; i < 8; i++) {
        const bool good = i == 0 || i == 7;
        assert_int_equal(q[i].status, good ? LODE_OK : LODE_E_ARG);
        assert_int_equal(q[i].written, good ? 10 : 0);
        if (i != 6)
            assert_int_equal(room[i][0] == '?', !good);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    struct lode_request q = request(0, 0, 10, 0);
    struct lode_batch o = LODE_BATCH_INIT;
    assert_int_equal(lode_fetch_many(NULL, &q, 1, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_many(reader, NULL, 1, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_many(reader, &q, -1, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_fetch_many(reader, NULL, 0, NULL, NULL), 0);
    o.bounds = 3;
    assert_int_equal(lode_fetch_many(reader, &q, 1, &o, NULL), LODE_E_ARG);
    o.bounds = 0;
    o.threads = -1;
    assert_int_equal(lode_fetch_many(reader, &q, 1, &o, NULL), LODE_E_ARG);
    o.threads = 1;
    o.struct_size = 0;
    assert_int_equal(lode_fetch_many(reader, &q, 1, &o, NULL), LODE_E_ARG);
    assert_int_equal(q.status, LODE_E_ARG);
    assert_int_equal(room[0][0], '?'); /* nothing was done */
}

static void test_pad_byte(void **state)
{
    (void)state;
    struct lode_batch o = LODE_BATCH_INIT;
    struct lode_request q[2] = {request(2, -3, 4, 0), request(2, -3, 4, 1)};
    o.bounds = LODE_BOUNDS_PAD;
    o.pad = 'R';
    q[1].flags = LODE_REVERSE_COMPLEMENT; /* of the pads too */
    assert_int_equal(lode_fetch_many(reader, q, 2, &o, NULL), 0);
    assert_memory_equal(room[0], "RRR", 3);
    assert_memory_equal(room[0] + 3, fasta.records[2].bases, 4);
    assert_memory_equal(room[1] + 4, "YYY", 3);
    assert_int_equal(q[0].left_pad, 3);
    assert_int_equal(q[0].right_pad, 0);
}

/* ---- encodings ------------------------------------------------------------------------------ */

static void test_table(void **state)
{
    (void)state;
    struct rng rng = {93};
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (uint8_t)(rng_next(&rng) >> 17);
    const struct lode_encoding e = {
        .struct_size = sizeof e, .kind = LODE_ENCODE_TABLE, .dtype = LODE_U8, .table = table};
    struct lode_batch o = LODE_BATCH_INIT;
    struct lode_request q = request(3, -2, 3002, 0);
    o.encoding = &e;
    o.bounds = LODE_BOUNDS_PAD;
    assert_int_equal(lode_fetch_many(reader, &q, 1, &o, NULL), 0);
    assert_int_equal(q.written, 3004);
    for (int64_t i = 0; i < 3004; i++) {
        const int64_t p = i - 2;
        const uint8_t base = p < 0 || p >= 3000 ? 'N' : (uint8_t)fasta.records[3].bases[p];
        assert_int_equal((uint8_t)room[0][i], table[base]);
    }
}

static void test_refused_encodings(void **state)
{
    (void)state;
    static const uint8_t table[256 * 4 * 4];
    const struct lode_encoding good = {.struct_size = sizeof good,
                                       .kind = LODE_ENCODE_ONEHOT,
                                       .dtype = LODE_F32,
                                       .table = table,
                                       .channels = 4};
    struct lode_encoding bad[7];
    struct lode_batch o = LODE_BATCH_INIT;
    for (int i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].struct_size = 8;
    bad[1].kind = 3;
    bad[2].dtype = 7;
    bad[3].table = NULL;
    bad[4].channels = 0;
    bad[5].position_stride = 8; /* positions would overlap */
    bad[6].channel_stride = -4;
    for (int i = 0; i < 7; i++) {
        struct lode_request q = request(0, 0, 10, 0);
        o.encoding = &bad[i];
        assert_int_equal(lode_fetch_many(reader, &q, 1, &o, NULL), LODE_E_ARG);
        assert_int_equal(q.status, LODE_E_ARG);
        assert_int_equal(q.written, 0);
        assert_int_equal(room[0][0], '?');
    }
    struct lode_request q = request(0, 0, 10, 0);
    q.dst_size = 159; /* 10 x 4 x 4 */
    o.encoding = &good;
    assert_int_equal(lode_fetch_many(reader, &q, 1, &o, NULL), 1);
    assert_int_equal(q.status, LODE_E_SPACE);
    assert_int_equal(room[0][0], '?');
}

/* ---- stopping, overlapping ------------------------------------------------------------------ */

static void test_cancelled_before(void **state)
{
    (void)state;
    const int cancel = 1;
    struct lode_batch o = LODE_BATCH_INIT;
    struct lode_request q[5];
    struct lode_diag diag = {0};
    for (int i = 0; i < 5; i++)
        q[i] = request(i, 0, 10, i);
    o.cancel = &cancel;
    assert_int_equal(lode_fetch_many(reader, q, 5, &o, &diag), 5);
    assert_int_equal(diag.status, LODE_E_CANCELLED);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(q[i].status, LODE_E_CANCELLED);
        assert_int_equal(q[i].written, 0);
        assert_int_equal(room[i][0], '?');
    }
}

/* The same range twice, ranges inside others, back to back: each has all of its bases. */
static void test_overlapping_ranges(void **state)
{
    (void)state;
    struct lode_request q[N];
    for (int i = 0; i < N; i++)
        q[i] = request(i % 3, (i * 37) % 2000, (i * 37) % 2000 + i % 900, i);
    assert_int_equal(lode_fetch_many(reader, q, N, NULL, NULL), 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(q[i].written, i % 900);
        assert_memory_equal(room[i], fasta.records[i % 3].bases + (i * 37) % 2000,
                            (size_t)(i % 900));
        assert_int_equal(room[i][i % 900], '?');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_single_reads),
        cmocka_unit_test(test_bad_fields),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_pad_byte),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_refused_encodings),
        cmocka_unit_test(test_cancelled_before),
        cmocka_unit_test(test_overlapping_ranges),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
