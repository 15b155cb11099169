/* More sources than descriptors: a reader closes what it used least, and never runs out. */
#include "support.h"

#include <dirent.h>
#include <sys/resource.h>

enum { SOURCES = 300 };

static char bases[SOURCES][16];
static lode_index *ix;

static int make_index(void **state)
{
    const char *dir = NULL;
    if (tmp_make(state) != 0)
        return -1;
    for (int i = 0; i < SOURCES; i++) {
        char text[48];
        const int n = snprintf(bases[i], sizeof bases[i], "ACGT%.*s", i % 9, "NNNNNNNNN");
        const int len = snprintf(text, sizeof text, ">s%d\n%.*s\n", i, n, bases[i]);
        file_write(tmp_path("s%03d.fa", i), text, (size_t)len);
    }
    dir = tmp_root;
    build_ok(&dir, 1, tmp_path("all.lode"));
    ix = open_ok(tmp_path("all.lode"));
    return 0;
}

static int drop_index(void **state)
{
    lode_close(ix);
    return tmp_drop(state);
}

static int open_descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 3; /* ".", "..", and the directory itself */
}

static void read_source(lode_reader *reader, int i)
{
    char dst[16] = {0};
    struct lode_contig contig;
    struct lode_diag diag = {0};
    assert_int_equal(lode_contig_at(ix, i, &contig, NULL), LODE_OK);
    const int64_t n = (int64_t)strlen(bases[i]);
    if (lode_fetch_at(reader, &contig, 0, n, dst, 16, 0, 0, &diag) != n)
        fail_msg("source %d: %s", i, diag.message);
    assert_string_equal(dst, bases[i]);
}

static rlim_t limit_to(rlim_t n)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlim_t old = limit.rlim_cur;
    limit.rlim_cur = n;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return old;
}

static void test_all_sources(void **state)
{
    (void)state;
    struct rng rng = {131};
    lode_reader *reader = reader_ok(ix);
    const rlim_t old = limit_to(64);
    for (int i = 0; i < SOURCES; i++)
        read_source(reader, i);
    for (int i = 0; i < 2000; i++)
        read_source(reader, (int)rng_below(&rng, SOURCES));
    limit_to(old);
    lode_reader_free(reader);
}

/* Two readers that share one descriptor between them. */
static void test_hardly_any_left(void **state)
{
    (void)state;
    lode_reader *a = reader_ok(ix), *b = reader_ok(ix);
    const rlim_t old = limit_to((rlim_t)open_descriptors() + 3);
    for (int i = 0; i < SOURCES; i++)
        read_source(a, i);
    lode_reader_free(a);
    for (int i = 0; i < SOURCES; i++)
        read_source(b, SOURCES - 1 - i);
    limit_to(old);
    lode_reader_free(b);
}

/* max_open is kept, and a freed reader gives everything back. */
static void test_max_open(void **state)
{
    (void)state;
    const int before = open_descriptors();
    for (int max = 1; max <= 5; max += 2) {
        const struct lode_reader_options o = {.struct_size = sizeof o, .max_open = max};
        lode_reader *reader = NULL;
        assert_int_equal(lode_reader_new(ix, &o, &reader), LODE_OK);
        for (int i = 0; i < 20; i++) {
            read_source(reader, i);
            assert_true(open_descriptors() <= before + max);
        }
        lode_reader_free(reader);
        assert_int_equal(open_descriptors(), before);
    }
    const struct lode_reader_options bad = {.struct_size = sizeof bad, .max_open = -1};
    lode_reader *none = NULL;
    assert_int_equal(lode_reader_new(ix, &bad, &none), LODE_E_ARG);
    assert_int_equal(lode_reader_new(NULL, NULL, &none), LODE_E_ARG);
    assert_int_equal(lode_reader_new(ix, NULL, NULL), LODE_E_ARG);
}

/* The same for batches over all sources, and for opening and closing indexes. */
static void test_nothing_leaks(void **state)
{
    (void)state;
    const int before = open_descriptors();
    static struct lode_request q[SOURCES];
    static char room[SOURCES][4];
    lode_reader *reader = reader_ok(ix);
    for (int i = 0; i < SOURCES; i++) {
        const struct lode_request request = {
            .contig = SOURCES - 1 - i, .end = 4, .dst = room[i], .dst_size = 4};
        q[i] = request;
    }
    const rlim_t old = limit_to(64);
    assert_int_equal(lode_fetch_many(reader, q, SOURCES, NULL, NULL), 0);
    limit_to(old);
    for (int i = 0; i < SOURCES; i++)
        assert_memory_equal(room[i], "ACGT", 4);
    lode_reader_free(reader);
    for (int i = 0; i < 50; i++)
        lode_close(open_ok(tmp_path("all.lode")));
    lode_index *none = NULL;
    assert_true(lode_open(tmp_path("s000.fa"), NULL, &none, NULL) < 0);
    assert_int_equal(open_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_sources),
        cmocka_unit_test(test_hardly_any_left),
        cmocka_unit_test(test_max_open),
        cmocka_unit_test(test_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, make_index, drop_index);
}
