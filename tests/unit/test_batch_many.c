/* Batches over several sources, for any number of threads and with the host's own: the same
 * outcome as single reads and as the text; each block inflated once, no further than it must. */
#include "batch_support.h"

#include "pool.h"

#include <sys/resource.h>
#include <unistd.h>

enum { N = 250, ROOM = 31000 };

/* How batches are run: on so many threads, or as the host likes. */
static const int ways[] = {1, 2, 3, 8, -8};

static int host_calls;

/* The host's: the last worker first, all in this thread. */
static void host(void *ctx, void (*fn)(void *arg, int64_t i), void *arg, int64_t n)
{
    assert_ptr_equal(ctx, &host_calls);
    host_calls++;
    for (int64_t i = n - 1; i >= 0; i--)
        fn(arg, i);
}

static struct lode_batch way(int threads, int bounds)
{
    struct lode_batch o = LODE_BATCH_INIT;
    o.threads = threads < 0 ? -threads : threads;
    o.bounds = bounds;
    if (threads < 0) {
        o.run = host;
        o.run_ctx = &host_calls;
    }
    return o;
}

static struct lode_request q[N], want_q[N];
static char *room, *want_room; /* N destinations of ROOM bytes */

static void touch_rooms(char *to)
{
    memset(to, '?', (size_t)N * ROOM);
}

static int make_rooms(void **state)
{
    room = malloc((size_t)N * ROOM);
    want_room = malloc((size_t)N * ROOM);
    return room != NULL && want_room != NULL ? many_make(state) : -1;
}

static int drop_rooms(void **state)
{
    free(room);
    free(want_room);
    return many_drop(state);
}

/* ---- requests ------------------------------------------------------------------------------- */

static struct lode_request good_request(struct rng *rng, int64_t longest)
{
    int64_t contig = 0, length = 0;
    while (length == 0) {
        contig = (int64_t)rng_below(rng, CONTIGS);
        length = many_record(contig)->length;
    }
    const int64_t begin = (int64_t)rng_below(rng, (uint64_t)length);
    const int64_t most = length - begin < longest ? length - begin : longest;
    return (struct lode_request){.contig = contig,
                                 .begin = begin,
                                 .end = begin + (int64_t)rng_below(rng, (uint64_t)most + 1)};
}

/* A request of any kind, good ones for the most part. */
static struct lode_request any_request(struct rng *rng, int64_t longest)
{
    struct lode_request r = good_request(rng, longest);
    r.flags = rng_below(rng, 3) == 0 ? (uint32_t)rng_below(rng, 4) : 0;
    switch (rng_below(rng, 20)) {
    case 0:
        r.end = r.begin;
        break;
    case 1:
        r.begin -= 100000, r.end -= 90000;
        break;
    case 2:
        r.end += 300;
        break;
    case 3:
        r.end = r.begin - 1;
        break;
    case 4:
        r.contig = CONTIGS + (int64_t)rng_below(rng, 3);
        break;
    case 5:
        r.contig = -1;
        break;
    case 6:
        r.flags = 8;
        break;
    case 7:
        r.begin -= 400;
        break;
    default:
        break;
    }
    return r;
}

static int by_contig(const void *a, const void *b)
{
    const struct lode_request *x = a, *y = b;
    if (x->contig != y->contig)
        return x->contig < y->contig ? -1 : 1;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static void swap(struct lode_request *a, struct lode_request *b)
{
    const struct lode_request t = *a;
    *a = *b;
    *b = t;
}

/* As they came, sorted, sorted backwards, many of them the same. */
static void arrange(struct lode_request *r, int n, int how)
{
    if (how == 1 || how == 2)
        qsort(r, (size_t)n, sizeof *r, by_contig);
    for (int i = 0; how == 2 && i < n / 2; i++)
        swap(&r[i], &r[n - 1 - i]);
    for (int i = 0; how == 3 && i < n; i++)
        r[i] = r[i / 7 * 7];
}

static void give_room(struct lode_request *r, int n, char *to)
{
    for (int i = 0; i < n; i++) {
        r[i].dst = to + (size_t)i * ROOM;
        r[i].dst_size = ROOM - 10;
        r[i].status = 12345;
    }
}

/* ---- the same as single reads, and as the text ----------------------------------------------- */

/* What lode_fetch_at makes of want_q, each with a reader that has read nothing yet when fresh. */
static int64_t read_singly(int n, int bounds, bool fresh)
{
    lode_reader *reader = reader_ok(many_index);
    int64_t failed = 0;
    for (int i = 0; i < n; i++) {
        struct lode_request *r = &want_q[i];
        struct lode_contig contig;
        if (fresh) {
            lode_reader_free(reader);
            reader = reader_ok(many_index);
        }
        int64_t got = lode_contig_at(many_index, r->contig, &contig, NULL);
        if (got == LODE_OK || (r->flags & 8) != 0)
            got = (r->flags & 8) != 0 ? LODE_E_ARG
                                      : lode_fetch_at(reader, &contig, r->begin, r->end, r->dst,
                                                      r->dst_size, bounds, r->flags, NULL);
        const bool inside = got >= 0 && r->begin >= 0 && r->end <= contig.length;
        r->status = got < 0                     ? (int32_t)got
                    : inside                    ? LODE_OK
                    : bounds == LODE_BOUNDS_PAD ? LODE_PADDED
                                                : LODE_CLIPPED;
        r->written = got < 0 ? 0 : got;
        failed += got < 0;
        if (inside && r->flags == 0)
            assert_memory_equal(r->dst, many_record(r->contig)->bases + r->begin, (size_t)got);
    }
    lode_reader_free(reader);
    return failed;
}

static int first_failure(int n)
{
    for (int i = 0; i < n; i++)
        if (want_q[i].status < 0)
            return i;
    return -1;
}

/* Runs q in every way; all must give what want_q holds, and one diagnosis. */
static void check_all_ways(lode_reader *reader, int n, int bounds, int64_t failed)
{
    struct lode_diag first = {0};
    for (size_t k = 0; k < COUNT_OF(ways); k++) {
        const struct lode_batch o = way(ways[k], bounds);
        struct lode_diag diag = {0};
        touch_rooms(room);
        give_room(q, n, room);
        assert_int_equal(lode_fetch_many(reader, q, n, &o, &diag), failed);
        assert_memory_equal(room, want_room, (size_t)N * ROOM);
        for (int i = 0; i < n; i++) {
            assert_int_equal(q[i].status, want_q[i].status);
            assert_int_equal(q[i].written, want_q[i].written);
        }
        if (failed > 0)
            assert_int_equal(diag.status, want_q[first_failure(n)].status);
        if (k == 0)
            first = diag;
        assert_int_equal(diag.status, first.status);
        assert_string_equal(diag.message, first.message);
    }
}

static void test_equals_single_reads(void **state)
{
    (void)state;
    struct rng rng = {402};
    lode_reader *reader = reader_ok(many_index);
    for (int round = 0; round < 16; round++) {
        const int64_t longest[] = {60, 300, 3000, 30000};
        const int n = round < 4 ? round : (int)rng_range(&rng, N / 2, N), bounds = round % 3;
        for (int i = 0; i < n; i++)
            q[i] = any_request(&rng, longest[rng_below(&rng, 4)]);
        arrange(q, n, round / 3 % 4);
        memcpy(want_q, q, sizeof q);
        touch_rooms(want_room);
        give_room(want_q, n, want_room);
        check_all_ways(reader, n, bounds, read_singly(n, bounds, false));
    }
    assert_true(host_calls > 5);
    assert_true(lode_pool_workers() >= 2);
    lode_reader_free(reader);
}

/* ---- what is inflated ------------------------------------------------------------------------ */

static int64_t run_good(lode_reader *reader, int n, int threads)
{
    const struct lode_batch o = way(threads, LODE_BOUNDS_ERROR);
    give_room(q, n, room);
    inflations_reset();
    assert_int_equal(lode_fetch_many(reader, q, n, &o, NULL), 0);
    for (int i = 0; i < n; i++)
        assert_memory_equal(q[i].dst, many_record(q[i].contig)->bases + q[i].begin,
                            (size_t)(q[i].end - q[i].begin));
    return inflations_now().calls - inflations_now().streams;
}

/* Short reads leave room between them: no block is inflated by two threads. Reads that overlap in
 * long chains are cut between threads, at a few blocks for each of up to eight tasks a thread. */
static void test_each_block_once(void **state)
{
    (void)state;
    struct rng rng = {403};
    for (int round = 0; round < 15; round++) {
        const int64_t longest = round % 3 == 0 ? 60 : round % 3 == 1 ? 1500 : 20000;
        for (int i = 0; i < N; i++)
            q[i] = good_request(&rng, longest);
        for (size_t k = 0; k < COUNT_OF(ways); k++) {
            lode_reader *reader = reader_ok(many_index);
            const int64_t twice = run_good(reader, N, ways[k]);
            assert_true(inflations_now().streams > 5);
            if (ways[k] == 1 || longest == 60)
                assert_int_equal(twice, 0);
            else
                assert_true(twice <= 8 * (ways[k] < 0 ? -ways[k] : ways[k]) * 22);
            lode_reader_free(reader);
        }
    }
}

/* Of a block of 65,280 bytes just the pieces up to the last one that somebody wants. */
static void test_early_stop(void **state)
{
    (void)state;
    lode_reader *reader = reader_ok(many_index);
    const uint64_t block = 65280; /* of source 1 */
    struct lode_contig c = {0};
    int64_t contig = RECORDS;
    do
        assert_int_equal(lode_contig_at(many_index, contig++, &c, NULL), LODE_OK);
    while (c.length < 21000 || (uint64_t)c.text_off % block > 40000);
    contig = c.id;
    assert_int_equal(c.source, 1);
    const int64_t last = 20000, line = c.line_bases;
    q[0] = (struct lode_request){.contig = contig, .begin = last, .end = last + 60};
    q[1] = (struct lode_request){.contig = contig, .begin = 100, .end = 160};
    q[2] = (struct lode_request){.contig = contig, .begin = 150, .end = 9000};
    assert_int_equal(run_good(reader, 3, 1), 0);
    const struct inflations seen = inflations_now();
    const uint64_t text_end = (uint64_t)(c.text_off + (last + 59) + (last + 59) / line + 1);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.bytes, (text_end % block + 4095) / 4096 * 4096);
    lode_reader_free(reader);
}

/* ---- stopping -------------------------------------------------------------------------------- */

static void test_cancelled_in_the_middle(void **state)
{
    (void)state;
    struct rng rng = {404};
    for (size_t k = 0; k < COUNT_OF(ways); k++) {
        int cancel = 0;
        int64_t stopped = 0;
        lode_reader *reader = reader_ok(many_index);
        struct lode_batch o = way(ways[k], LODE_BOUNDS_ERROR);
        o.cancel = &cancel;
        for (int i = 0; i < N; i++)
            q[i] = good_request(&rng, 2000);
        touch_rooms(room);
        give_room(q, N, room);
        inflations_reset();
        inflations_signal(40, &cancel);
        const int64_t failed = lode_fetch_many(reader, q, N, &o, NULL);
        touch_rooms(want_room);
        for (int i = 0; i < N; i++) {
            const size_t length = (size_t)(q[i].end - q[i].begin);
            const bool done = q[i].status == LODE_OK;
            if (!done)
                assert_int_equal(q[i].status, LODE_E_CANCELLED);
            assert_int_equal(q[i].written, done ? length : 0);
            stopped += !done;
            if (done)
                memcpy(want_room + (size_t)i * ROOM, many_record(q[i].contig)->bases + q[i].begin,
                       length);
        }
        assert_memory_equal(room, want_room, (size_t)N * ROOM);
        assert_int_equal(failed, stopped);
        assert_true(stopped > 0 && stopped < N);
        lode_reader_free(reader);
    }
}

/* ---- trouble --------------------------------------------------------------------------------- */

/* A flipped byte fails the requests that touch what it spoils, and no others: the same ones as a
 * reader that reads nothing else would fail. */
static void test_damage(void **state)
{
    (void)state;
    struct rng rng = {405};
    for (int round = 0; round < 10; round++) {
        const int source = round % SOURCES;
        struct bytes file = file_read(many_path(source));
        const size_t at = (size_t)rng_range(&rng, 5000, file.n - 5000);
        file.p[at] ^= 0x10;
        file_write(many_path(source), file.p, file.n);
        lode_reader *reader = reader_ok(many_index);
        for (int i = 0; i < N; i++) {
            q[i] = good_request(&rng, round % 2 == 0 ? 3000 : 100);
            q[i].contig = q[i].contig % RECORDS + source * RECORDS;
        }
        memcpy(want_q, q, sizeof q);
        touch_rooms(want_room);
        give_room(want_q, N, want_room);
        check_all_ways(reader, N, LODE_BOUNDS_CLIP, read_singly(N, LODE_BOUNDS_CLIP, true));
        lode_reader_free(reader);
        file.p[at] ^= 0x10;
        file_write(many_path(source), file.p, file.n);
        bytes_free(&file);
    }
}

/* One descriptor left, and eight threads that would like one. */
static void test_few_descriptors(void **state)
{
    (void)state;
    struct rng rng = {406};
    struct rlimit limit;
    lode_reader *reader = reader_ok(many_index);
    for (int i = 0; i < N; i++)
        q[i] = good_request(&rng, 2000);
    const int next = dup(0);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit less = {(rlim_t)next + 1, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
    (void)run_good(reader, N, 8);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    lode_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_single_reads),
        cmocka_unit_test(test_each_block_once),
        cmocka_unit_test(test_early_stop),
        cmocka_unit_test(test_cancelled_in_the_middle),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_few_descriptors),
    };
    return cmocka_run_group_tests(tests, make_rooms, drop_rooms);
}
