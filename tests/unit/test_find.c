/* Finding contigs and sources by name: against a list of all names that is searched from its start.
 */
#include "support.h"

enum { SOURCES = 12 };

struct known {
    char name[64];
    int64_t source, id;
};
static struct known known[2000];
static size_t count;

/* Sources of 0 to 150 records; half of the names come from a pool that all sources share. */
static const char *build_many(struct rng *rng)
{
    const char *inputs[SOURCES];
    count = 0;
    for (int64_t s = 0; s < SOURCES; s++) {
        struct bytes text = {0};
        const size_t records = s == 3 ? 0 : rng_range(rng, 1, 150);
        bytes_add(&text, "", 0);
        for (size_t i = 0; i < records; i++) {
            struct known *k = &known[count];
            char line[80];
            if (rng_below(rng, 2) == 0)
                snprintf(k->name, sizeof k->name, "shared.%zu", i);
            else
                snprintf(k->name, sizeof k->name, "s%02d::%zu:1-%zu", (int)s, i, i);
            k->source = s;
            k->id = (int64_t)count++;
            bytes_add(&text, line, (size_t)snprintf(line, sizeof line, ">%s\nACG\n", k->name));
        }
        inputs[s] = tmp_path("s%02d.fa", (int)s);
        file_write(inputs[s], text.p, text.n);
        bytes_free(&text);
    }
    build_ok(inputs, SOURCES, tmp_path("many.lode"));
    return tmp_path("many.lode");
}

/* What lode_find has to answer; the number of the contig in *id. */
static int want(int64_t source, const char *name, int64_t *id)
{
    int64_t first = -1;
    bool other_source = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(known[i].name, name) != 0 || (source >= 0 && known[i].source != source))
            continue;
        other_source |= first >= 0 && known[i].source != known[first].source;
        if (first < 0)
            first = (int64_t)i;
    }
    *id = first;
    return first < 0 ? LODE_E_NOT_FOUND : other_source ? LODE_E_AMBIGUOUS : LODE_OK;
}

static void check_find(const lode_index *index, int64_t source, const char *name)
{
    struct lode_contig contig = {.id = -7};
    struct lode_diag diag = {.status = 77};
    int64_t id;
    const int status = want(source, name, &id);
    assert_int_equal(lode_find(index, source, name, strlen(name), &contig, &diag), status);
    assert_int_equal(diag.status, status == LODE_OK ? 77 : status);
    if (status != LODE_OK)
        assert_non_null(strstr(diag.message, name)); /* which contig */
    assert_int_equal(lode_find(index, source, name, strlen(name), &contig, NULL), status);
    if (status != LODE_E_NOT_FOUND)
        assert_int_equal(contig.id, id);
}

static void test_every_name(void **state)
{
    (void)state;
    struct rng rng = {71};
    lode_index *index = open_ok(build_many(&rng));
    int ambiguous = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t id;
        check_find(index, -1, known[i].name);
        ambiguous += want(-1, known[i].name, &id) == LODE_E_AMBIGUOUS;
        for (int64_t s = 0; s < SOURCES; s++)
            check_find(index, s, known[i].name);
    }
    assert_true(ambiguous > 10);
    lode_close(index);
}

static void test_absent_names(void **state)
{
    (void)state;
    struct rng rng = {72};
    lode_index *index = open_ok(build_many(&rng));
    struct lode_contig contig;
    for (size_t i = 0; i < count; i++) {
        char name[80];
        const size_t n = strlen(known[i].name);
        snprintf(name, sizeof name, "%s0", known[i].name);
        check_find(index, -1, name);
        /* A prefix, and a name with its NUL, are other names. */
        snprintf(name, sizeof name, "%.*s", (int)n - 1, known[i].name);
        check_find(index, known[i].source, name);
        assert_int_equal(lode_find(index, -1, known[i].name, n + 1, &contig, NULL),
                         LODE_E_NOT_FOUND);
    }
    check_find(index, -1, "");
    static const int64_t none[] = {SOURCES, -2, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_int_equal(lode_find(index, none[i], "shared.1", 8, &contig, NULL), LODE_E_NOT_FOUND);
    lode_close(index);
}

static void test_find_many_equals_find(void **state)
{
    (void)state;
    struct rng rng = {73};
    lode_index *index = open_ok(build_many(&rng));
    enum { N = 500 };
    static const char *names[N];
    static size_t lens[N];
    static int64_t sources[N];
    static struct lode_contig out[N];
    static int status[N];
    for (int round = 0; round < 20; round++) {
        const int64_t n = (int64_t)rng_below(&rng, N + 1);
        const bool any_source = round % 2 == 0;
        int64_t failed = 0;
        for (int64_t i = 0; i < n; i++) {
            names[i] = rng_below(&rng, 5) == 0 ? "absent" : known[rng_below(&rng, count)].name;
            lens[i] = strlen(names[i]);
            sources[i] = (int64_t)rng_below(&rng, SOURCES + 2) - 1;
        }
        const int64_t got =
            lode_find_many(index, any_source ? NULL : sources, names, lens, n, out, status);
        for (int64_t i = 0; i < n; i++) {
            int64_t id;
            assert_int_equal(status[i], want(any_source ? -1 : sources[i], names[i], &id));
            failed += status[i] != LODE_OK;
            if (status[i] == LODE_OK)
                assert_int_equal(out[i].id, id);
        }
        assert_int_equal(got, failed);
    }
    assert_int_equal(lode_find_many(index, NULL, NULL, NULL, 0, NULL, NULL), 0);
    assert_int_equal(lode_find_many(index, NULL, names, lens, -1, out, status), LODE_E_ARG);
    assert_int_equal(lode_find_many(index, NULL, NULL, lens, 1, out, status), LODE_E_ARG);
    lode_close(index);
}

static void test_sources(void **state)
{
    (void)state;
    struct rng rng = {74};
    lode_index *index = open_ok(build_many(&rng));
    for (int64_t s = 0; s < SOURCES; s++) {
        char name[16];
        int64_t found = -5;
        snprintf(name, sizeof name, "s%02d", (int)s);
        assert_int_equal(lode_find_source(index, name, 3, &found), LODE_OK);
        assert_int_equal(found, s);
        assert_int_equal(lode_find_source(index, name, 2, &found), LODE_E_NOT_FOUND);
        assert_int_equal(lode_find_source(index, name, 4, &found), LODE_E_NOT_FOUND);
    }
    assert_int_equal(lode_find_source(index, "", 0, &(int64_t){0}), LODE_E_NOT_FOUND);
    lode_close(index);
}

/* One source: no table over all sources, and names are found all the same. */
static void test_one_source(void **state)
{
    (void)state;
    struct rng rng = {75};
    const struct style style = {.records = 200, .max_length = 5, .max_width = 5};
    struct fasta f = fasta_random(&rng, &style);
    lode_index *index = index_of(&f, "one.fa", 0);
    for (size_t i = 0; i < f.count; i++) {
        struct lode_contig a, b;
        const char *name = f.records[i].name;
        assert_int_equal(lode_find(index, -1, name, strlen(name), &a, NULL), LODE_OK);
        assert_int_equal(lode_find(index, 0, name, strlen(name), &b, NULL), LODE_OK);
        assert_int_equal(a.id, i);
        assert_int_equal(b.id, i);
    }
    lode_close(index);
    fasta_free(&f);
}

/* With duplicates first, the first answers and the others are reached by number. */
static void test_duplicates(void **state)
{
    (void)state;
    static const char text[] = ">a\nAC\n>b\nG\n>a\nTTT\n>a\nCCCC\n";
    const char *in = tmp_path("dup.fa"), *out = tmp_path("dup.lode");
    struct lode_build_options o = {.struct_size = sizeof o, .out = out, .threads = 1};
    struct lode_diag diag = {0};
    file_write(in, text, sizeof text - 1);
    assert_int_equal(lode_build(&in, 1, &o, NULL, &diag), LODE_E_DUPLICATE);
    assert_non_null(strstr(diag.message, "1")); /* both header lines, by number */
    assert_non_null(strstr(diag.message, "5"));
    o.duplicates_first = 1;
    assert_int_equal(lode_build(&in, 1, &o, NULL, &diag), LODE_OK);
    lode_index *index = open_ok(out);
    lode_reader *reader = reader_ok(index);
    struct lode_contig contig;
    assert_int_equal(lode_find(index, -1, "a", 1, &contig, NULL), LODE_OK);
    assert_int_equal(contig.id, 0);
    static const char *const bases[] = {"AC", "G", "TTT", "CCCC"};
    for (int64_t i = 0; i < 4; i++) {
        char dst[8] = {0}, name[8];
        assert_int_equal(lode_contig_at(index, i, &contig, NULL), LODE_OK);
        assert_int_equal(lode_fetch_at(reader, &contig, 0, contig.length, dst, 8, 0, 0, NULL),
                         strlen(bases[i]));
        assert_string_equal(dst, bases[i]);
        assert_int_equal(lode_contig_name(index, i, name, 8, NULL), LODE_OK);
        assert_string_equal(name, i == 1 ? "b" : "a");
    }
    lode_reader_free(reader);
    lode_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_every_name),
        TMP_TEST(test_absent_names),
        TMP_TEST(test_find_many_equals_find),
        TMP_TEST(test_sources),
        TMP_TEST(test_one_source),
        TMP_TEST(test_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
