/* A set of indexes answers as the one index of the same files does: every question is asked of
 * both. The files are added in the order of their paths, so that all numbers are the same. */
#include "set_support.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- questions ------------------------------------------------------------------------------- */

static void same_string(int (*ask)(const lode_index *, int64_t, char *, size_t, size_t *),
                        int64_t number)
{
    char a[4096] = "", b[4096] = "";
    size_t n = 7, m = 8;
    assert_int_equal(ask(set_one, number, a, sizeof a, &n), ask(set_many, number, b, sizeof b, &m));
    assert_true(number < 0 || n == m || *a == '\0');
    assert_string_equal(a, b);
}

static void same_contig(struct lode_contig *a, struct lode_contig *b)
{
    a->content_id = b->content_id = 0;
    assert_memory_equal(a, b, sizeof *a);
}

static void same_sources(int64_t sources)
{
    for (int64_t s = -1; s <= sources; s++) {
        struct lode_source_info a = {.struct_size = sizeof a}, b = {.struct_size = sizeof b};
        struct lode_composition c = {0}, d = {0};
        struct lode_seqcol e = {.struct_size = sizeof e}, f = {.struct_size = sizeof f};
        int64_t u = 0, v = 0, w = 0, x = 0;
        same_string(lode_source_name, s);
        same_string(lode_source_path, s);
        assert_int_equal(lode_source_info(set_one, s, &a, NULL),
                         lode_source_info(set_many, s, &b, NULL));
        assert_memory_equal(&a, &b, sizeof a);
        assert_int_equal(lode_source_composition(set_one, s, &c, NULL),
                         lode_source_composition(set_many, s, &d, NULL));
        assert_memory_equal(&c, &d, sizeof c);
        assert_int_equal(lode_source_seqcol(set_one, s, &e, NULL),
                         lode_source_seqcol(set_many, s, &f, NULL));
        assert_memory_equal(&e, &f, sizeof e);
        for (int64_t i = 0; i <= a.blocks + 1; i++) {
            assert_int_equal(lode_block_at(set_one, s, i, &u, &v),
                             lode_block_at(set_many, s, i, &w, &x));
            assert_true(u == w && v == x);
        }
        char name[256];
        size_t len = 0;
        if (lode_source_name(set_one, s, name, sizeof name, &len) == LODE_OK) {
            assert_int_equal(lode_find_source(set_many, name, len, &u), LODE_OK);
            assert_int_equal(u, s);
        }
    }
    int64_t none;
    assert_int_equal(lode_find_source(set_many, "nobody", 6, &none), LODE_E_NOT_FOUND);
}

static void same_contigs(int64_t contigs)
{
    for (int64_t i = -1; i <= contigs; i++) {
        struct lode_contig a = {0}, b = {0};
        struct lode_record c = {.struct_size = sizeof c}, d = {.struct_size = sizeof d};
        struct lode_digest e = {{0}, {0}}, f = {{0}, {0}};
        assert_int_equal(lode_contig_at(set_one, i, &a, NULL),
                         lode_contig_at(set_many, i, &b, NULL));
        same_contig(&a, &b);
        same_string(lode_contig_name, i);
        same_string(lode_contig_description, i);
        same_string(lode_contig_defline, i);
        assert_int_equal(lode_record_at(set_one, i, &c, NULL),
                         lode_record_at(set_many, i, &d, NULL));
        assert_memory_equal(&c, &d, sizeof c);
        assert_int_equal(lode_contig_digest(set_one, i, &e, NULL),
                         lode_contig_digest(set_many, i, &f, NULL));
        assert_memory_equal(&e, &f, sizeof e);
        if (e.md5[0] == '\0')
            continue;
        assert_int_equal(lode_find_digest(set_one, e.md5, 32, &a, NULL),
                         lode_find_digest(set_many, e.md5, 32, &b, NULL));
        same_contig(&a, &b);
    }
}

/* By name alone, in each source, in none; one at a time and all at once. */
static void same_names(int64_t sources, int64_t contigs)
{
    enum { MANY = 6000 };
    static char names[MANY][64];
    static const char *list[MANY];
    static size_t lens[MANY];
    static int64_t in[MANY];
    static struct lode_contig a[MANY], b[MANY];
    static int told[MANY], said[MANY];
    int64_t n = 0;
    for (int64_t i = 0; i < contigs; i++)
        for (int64_t s = -2; s <= sources && n < MANY; s++, n++) {
            if (lode_contig_name(set_one, i, names[n], sizeof names[n], &lens[n]) != LODE_OK ||
                n % 9 == 0)
                lens[n] = (size_t)snprintf(names[n], sizeof names[n], "none%d", (int)n);
            list[n] = names[n];
            in[n] = s;
        }
    assert_true(n > 500);
    for (int given = 0; given < 2; given++) {
        const int64_t *const of = given ? in : NULL;
        assert_int_equal(lode_find_many(set_one, of, list, lens, n, a, told),
                         lode_find_many(set_many, of, list, lens, n, b, said));
        for (int64_t i = 0; i < n; i++) {
            struct lode_contig c = {0};
            assert_int_equal(told[i], said[i]);
            assert_int_equal(lode_find(set_many, given ? in[i] : -1, list[i], lens[i], &c, NULL),
                             said[i]);
            if (told[i] != LODE_OK)
                continue;
            same_contig(&a[i], &b[i]);
            c.content_id = 0;
            assert_memory_equal(&a[i], &c, sizeof c);
        }
    }
}

static void same_regions(int64_t contigs)
{
    for (int64_t i = 0; i < contigs; i++) {
        char name[64], source[64], text[3][200];
        size_t len;
        struct lode_contig at;
        assert_int_equal(lode_contig_at(set_one, i, &at, NULL), LODE_OK);
        assert_int_equal(lode_contig_name(set_one, i, name, sizeof name, &len), LODE_OK);
        assert_int_equal(lode_source_name(set_one, at.source, source, sizeof source, &len),
                         LODE_OK);
        snprintf(text[0], sizeof text[0], "%s:3-9", name);
        snprintf(text[1], sizeof text[1], "%s::%s:2", source, name);
        snprintf(text[2], sizeof text[2], "%s::nothing", source);
        for (int k = 0; k < 3; k++) {
            struct lode_contig a = {0}, b = {0};
            struct lode_diag c = {0}, d = {0};
            int64_t begin = 0, end = 0, from = 0, to = 0;
            const int want = lode_region(set_one, text[k], strlen(text[k]), &a, &begin, &end, &c);
            assert_int_equal(lode_region(set_many, text[k], strlen(text[k]), &b, &from, &to, &d),
                             want);
            assert_true(begin == from && end == to);
            if (want == LODE_OK)
                same_contig(&a, &b);
            else
                assert_string_equal(c.message, d.message);
        }
    }
}

/* ---- reads ----------------------------------------------------------------------------------- */

enum { BATCH = 300, LONGEST = 400 };

static void same_reads(struct rng *rng, lode_reader *one, lode_reader *many, int64_t contigs)
{
    static char a[2 * LONGEST], b[2 * LONGEST];
    for (int k = 0; k < 3000; k++) {
        struct lode_contig c, d;
        struct lode_composition e = {0}, f = {0};
        struct lode_interval g[20], h[20];
        const int64_t i = (int64_t)rng_below(rng, (uint64_t)contigs);
        assert_int_equal(lode_contig_at(set_one, i, &c, NULL), LODE_OK);
        assert_int_equal(lode_contig_at(set_many, i, &d, NULL), LODE_OK);
        const int64_t begin = (int64_t)rng_below(rng, (uint64_t)c.length + 40) - 20;
        const int64_t end = begin + (int64_t)rng_below(rng, LONGEST);
        const int bounds = (int)rng_below(rng, 3);
        const uint32_t flags = (uint32_t)rng_below(rng, 4);
        memset(a, 'x', sizeof a);
        memset(b, 'x', sizeof b);
        assert_int_equal(lode_fetch_at(one, &c, begin, end, a, sizeof a, bounds, flags, NULL),
                         lode_fetch_at(many, &d, begin, end, b, sizeof b, bounds, flags, NULL));
        assert_memory_equal(a, b, sizeof a);
        assert_int_equal(lode_composition_at(one, &c, begin, end, &e, NULL),
                         lode_composition_at(many, &d, begin, end, &f, NULL));
        assert_memory_equal(&e, &f, sizeof e);
        const int feature = (int)rng_below(rng, 2);
        const int64_t n = lode_intervals(set_one, &c, feature, begin, end, g, 20, NULL);
        assert_int_equal(lode_intervals(set_many, &d, feature, begin, end, h, 20, NULL), n);
        if (n > 0)
            assert_memory_equal(g, h, (size_t)n * sizeof *g);
    }
}

static void fill_batch(struct rng *rng, struct lode_request *requests, float (*dst)[4 * LONGEST],
                       uint8_t (*mask)[LONGEST], int64_t contigs)
{
    for (int i = 0; i < BATCH; i++) {
        const int64_t contig = (int64_t)rng_below(rng, (uint64_t)contigs + 2) - 1;
        const int64_t begin = (int64_t)rng_below(rng, 2000) - 20;
        requests[i] = (struct lode_request){.contig = contig,
                                            .begin = begin,
                                            .end = begin + (int64_t)rng_below(rng, LONGEST),
                                            .dst = dst[i],
                                            .dst_size = sizeof dst[i],
                                            .flags = (uint32_t)rng_below(rng, 4),
                                            .mask = mask[i]};
    }
}

static void same_batches(struct rng *rng, lode_reader *one, lode_reader *many, int64_t contigs)
{
    static float a[BATCH][4 * LONGEST], b[BATCH][4 * LONGEST], table[256][4];
    static uint8_t m[BATCH][LONGEST], w[BATCH][LONGEST];
    struct lode_encoding hot = {.struct_size = sizeof hot,
                                .kind = LODE_ENCODE_ONEHOT,
                                .dtype = LODE_F32,
                                .table = table,
                                .channels = 4};
    struct lode_request asked[BATCH], wanted[BATCH];
    const uint64_t seed = 99;
    for (int c = 0; c < 256; c++)
        table[c]["ACGT"[c & 3] & 3] = (float)c;
    for (int k = 0; k < 24; k++) {
        struct lode_batch how = LODE_BATCH_INIT;
        struct lode_diag c = {0}, d = {0};
        how.threads = 1 + k % 3;
        how.bounds = k % 3;
        how.n_seed = k % 2 ? &seed : NULL;
        how.encoding = k % 4 < 2 ? &hot : NULL;
        memset(a, 1, sizeof a);
        memset(b, 1, sizeof b);
        memset(m, 2, sizeof m);
        memset(w, 2, sizeof w);
        fill_batch(rng, asked, a, m, contigs);
        memcpy(wanted, asked, sizeof asked);
        for (int i = 0; i < BATCH; i++) {
            wanted[i].dst = b[i];
            wanted[i].mask = w[i];
        }
        assert_int_equal(lode_fetch_many(one, asked, BATCH, &how, &c),
                         lode_fetch_many(many, wanted, BATCH, &how, &d));
        assert_memory_equal(a, b, sizeof a);
        assert_memory_equal(m, w, sizeof m);
        assert_int_equal(c.status, d.status);
        for (int i = 0; i < BATCH; i++) {
            assert_int_equal(asked[i].status, wanted[i].status);
            assert_int_equal(asked[i].written, wanted[i].written);
            assert_int_equal(asked[i].left_pad, wanted[i].left_pad);
            assert_int_equal(asked[i].right_pad, wanted[i].right_pad);
        }
    }
}

static void same_texts(lode_reader *one, lode_reader *many, int64_t sources)
{
    for (int64_t s = -1; s <= sources; s++) {
        struct lode_source_info info = {.struct_size = sizeof info};
        (void)lode_source_info(set_one, s, &info, NULL);
        char *a = calloc(1, (size_t)info.text_size + 1), *b = calloc(1, (size_t)info.text_size + 1);
        assert_true(a != NULL && b != NULL);
        assert_int_equal(lode_fetch_text(one, s, 0, info.text_size, a, NULL),
                         lode_fetch_text(many, s, 0, info.text_size, b, NULL));
        assert_memory_equal(a, b, (size_t)info.text_size);
        free(a);
        free(b);
    }
}

/* Of all, of a source, of some contigs; most tries fail, or none does. */
static void same_windows(struct rng *rng, int64_t sources, int64_t contigs)
{
    enum { DRAWN = 500 };
    int64_t a[DRAWN], b[DRAWN], c[DRAWN], d[DRAWN], some[8];
    for (int i = 0; i < 8; i++)
        some[i] = contigs * i / 8;
    for (int k = 0; k < 60; k++) {
        struct lode_draw draw = LODE_DRAW_INIT;
        draw.length = (int64_t)rng_range(rng, 1, 900);
        draw.max_n = (int64_t)rng_below(rng, (uint64_t)draw.length);
        draw.source = k % 3 == 1 ? (int64_t)rng_below(rng, (uint64_t)sources) : -1;
        draw.contigs = k % 3 == 2 ? some : NULL;
        draw.contig_count = k % 3 == 2 ? 8 : 0;
        draw.seed = rng_next(rng);
        const int want = lode_random_windows(set_one, &draw, 5, DRAWN, a, b, NULL);
        assert_int_equal(lode_random_windows(set_many, &draw, 5, DRAWN, c, d, NULL), want);
        if (want == LODE_OK) {
            assert_memory_equal(a, c, sizeof a);
            assert_memory_equal(b, d, sizeof b);
        }
    }
}

static void all_the_same(struct rng *rng)
{
    struct lode_info a = {.struct_size = sizeof a}, b = {.struct_size = sizeof b};
    assert_int_equal(lode_index_info(set_one, &a), LODE_OK);
    assert_int_equal(lode_index_info(set_many, &b), LODE_OK);
    assert_true(a.sources == b.sources && a.contigs == b.contigs && a.members == 0);
    assert_true((a.packed_size > 0) == (b.packed_size > 0));
    lode_reader *one = reader_ok(set_one), *many = reader_ok(set_many);
    same_sources(a.sources);
    same_contigs(a.contigs);
    same_names(a.sources, a.contigs);
    same_regions(a.contigs);
    same_reads(rng, one, many, a.contigs);
    same_batches(rng, one, many, a.contigs);
    same_texts(one, many, a.sources);
    same_windows(rng, a.sources, a.contigs);
    lode_reader_free(one);
    lode_reader_free(many);
}

static void test_answers_as_one_index(void **state)
{
    (void)state;
    struct rng rng = {7};
    set_make(&rng, "c", 0, 1);
    all_the_same(&rng);
    set_drop();
}

static void test_answers_as_one_index_packed(void **state)
{
    (void)state;
    struct rng rng = {8};
    set_make(&rng, NULL, 1, 0);
    all_the_same(&rng);
    set_drop();
}

/* Verifying finds what is wrong in a member, and in the set's own file. */
static int count_finding(void *ctx, const struct lode_diag *finding)
{
    assert_true(finding->status < 0 && finding->message[0] != '\0');
    ++*(int *)ctx;
    return 0;
}

static int verify_many(int level, int *found)
{
    struct lode_verify_options how = LODE_VERIFY_OPTIONS_INIT;
    how.level = level;
    how.finding = count_finding;
    how.ctx = found;
    *found = 0;
    return lode_verify(set_many, &how, NULL);
}

static void test_verify(void **state)
{
    (void)state;
    struct rng rng = {9};
    int found;
    set_make(&rng, "c", 0, 0);
    for (int level = LODE_VERIFY_QUICK; level <= LODE_VERIFY_FULL; level++) {
        assert_int_equal(verify_many(level, &found), LODE_OK);
        assert_int_equal(found, 0);
    }
    struct bytes fasta = file_read(tmp_path("f2.fa"));
    fasta.p[fasta.n / 2] ^= 4;
    file_write(tmp_path("f2.fa"), fasta.p, fasta.n);
    bytes_free(&fasta);
    assert_true(verify_many(LODE_VERIFY_FULL, &found) < 0);
    assert_true(found > 0);
    set_drop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_answers_as_one_index),
        TMP_TEST(test_answers_as_one_index_packed),
        TMP_TEST(test_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
