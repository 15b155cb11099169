/* What a reader costs once it is warm: no memory is asked for, and a read is one pread at most. */
#include "batch_support.h"

#include <stdlib.h>
#include <sys/types.h>

enum { READS = 300, ROOM = 70000 };

static int64_t allocations, preads;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
ssize_t __real_pread(int fd, void *buf, size_t n, off_t off);
ssize_t __wrap_pread(int fd, void *buf, size_t n, off_t off);
ssize_t __real_pread64(int fd, void *buf, size_t n, off_t off);
ssize_t __wrap_pread64(int fd, void *buf, size_t n, off_t off);

void *__wrap_malloc(size_t n)
{
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
    return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
    return __real_realloc(p, n);
}

ssize_t __wrap_pread(int fd, void *buf, size_t n, off_t off)
{
    __atomic_fetch_add(&preads, 1, __ATOMIC_RELAXED);
    return __real_pread(fd, buf, n, off);
}

ssize_t __wrap_pread64(int fd, void *buf, size_t n, off_t off)
{
    __atomic_fetch_add(&preads, 1, __ATOMIC_RELAXED);
    return __real_pread64(fd, buf, n, off);
}

static char dst[ROOM];

/* The longest contig of a source. */
static struct lode_contig long_contig(int source)
{
    struct lode_contig best = {0}, contig;
    for (int64_t i = (int64_t)source * RECORDS; i < (source + 1) * RECORDS; i++) {
        assert_int_equal(lode_contig_at(many_index, i, &contig, NULL), LODE_OK);
        best = contig.length > best.length ? contig : best;
    }
    return best;
}

/* Short and long ones, going from source to source, so that little is there from the read before.
 */
static void test_single_reads(void **state)
{
    (void)state;
    struct rng rng = {501};
    struct lode_contig contigs[SOURCES];
    lode_reader *reader = reader_ok(many_index);
    for (int s = 0; s < SOURCES; s++) {
        contigs[s] = long_contig(s);
        const int64_t most = contigs[s].length < ROOM ? contigs[s].length : ROOM;
        assert_int_equal(lode_fetch_at(reader, &contigs[s], 0, most, dst, ROOM, 0, 0, NULL), most);
    }
    preads = allocations = 0;
    for (int i = 0; i < READS; i++) {
        const struct lode_contig *contig = &contigs[i % SOURCES];
        const int64_t most = contig->length < ROOM ? contig->length : ROOM, before = preads;
        const int64_t length = i % 3 == 0 ? (int64_t)rng_below(&rng, (uint64_t)most + 1) : 60;
        const int64_t begin = (int64_t)rng_below(&rng, (uint64_t)(contig->length - length + 1));
        assert_int_equal(
            lode_fetch_at(reader, contig, begin, begin + length, dst, ROOM, 0, 0, NULL), length);
        assert_int_equal(allocations, 0);
        assert_true(preads <= before + 1);
    }
    assert_true(preads > READS / 2);
    lode_reader_free(reader);
}

/* A batch keeps its memory too; with threads it asks for some, however many requests there are. */
static void test_batches(void **state)
{
    (void)state;
    static struct lode_request q[READS];
    static char room[READS][100];
    struct rng rng = {502};
    struct lode_batch o = LODE_BATCH_INIT;
    for (int threads = 1; threads <= 3; threads += 2) {
        lode_reader *reader = reader_ok(many_index);
        int64_t first = 0;
        o.threads = threads;
        for (int round = 0; round < 5; round++) {
            const int n = round < 2 ? READS : READS - 60 * (round - 1);
            for (int i = 0; i < READS; i++) {
                const struct lode_contig contig = long_contig((int)rng_below(&rng, SOURCES));
                const int64_t begin = (int64_t)rng_below(&rng, (uint64_t)contig.length - 99);
                q[i] = (struct lode_request){.contig = contig.id,
                                             .begin = begin,
                                             .end = begin + 99,
                                             .dst = room[i],
                                             .dst_size = 99};
            }
            allocations = 0;
            assert_int_equal(lode_fetch_many(reader, q, n, &o, NULL), 0);
            if (round == 0)
                first = allocations;
            else if (threads == 1)
                assert_true(allocations <= 1); /* a plan of more chains than ever before */
            else
                assert_true(allocations <= 12);
        }
        assert_true(first > 0);
        lode_reader_free(reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_reads),
        cmocka_unit_test(test_batches),
    };
    return cmocka_run_group_tests(tests, many_make, many_drop);
}
