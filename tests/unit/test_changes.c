/* A FASTA changes under a reader that has it open, and under one that opens it: the right bases or
 * a refusal, as the table of SPEC 12 says; never other bases, never a crash. */
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READS = 400 };

/* Two sources, so that a read of the other one empties what a reader keeps of the first. */
struct stage {
    struct fasta fasta, other;
    const char *path;
    struct bytes file;
    lode_index *index;
    lode_reader *open;
    struct rng rng;
    int block_size;
};

static void put_source(const struct fasta *f, const char *path, int block_size)
{
    const char *plain = tmp_path("plain");
    file_write(block_size > 0 ? plain : path, f->text.p, f->text.n);
    if (block_size > 0)
        compress_ok(plain, path, block_size);
}

static void forget(struct stage *s)
{
    struct lode_contig contig;
    assert_int_equal(lode_contig_at(s->index, (int64_t)s->fasta.count, &contig, NULL), LODE_OK);
    assert_int_equal(read_judged(s->open, &contig, &s->other.records[0], 0, 50), LODE_OK);
}

static struct stage make_stage(int block_size, size_t length, uint64_t seed)
{
    struct stage s = {.rng = {seed}, .block_size = block_size};
    const struct style style = {
        .records = 6, .max_length = length, .max_width = 60, .same_length = true};
    const struct style other = {
        .records = 1, .max_length = 50, .max_width = 60, .same_length = true};
    s.fasta = fasta_random(&s.rng, &style);
    s.other = fasta_random(&s.rng, &other);
    s.path = tmp_path("main.fa");
    put_source(&s.fasta, s.path, block_size);
    put_source(&s.other, tmp_path("other.fa"), block_size);
    s.file = file_read(s.path);
    const char *inputs[] = {s.path, tmp_path("other.fa")};
    build_ok(inputs, 2, tmp_path("x.lode"));
    s.index = open_ok(tmp_path("x.lode"));
    s.open = reader_ok(s.index);
    assert_int_equal(read_randomly(s.index, s.open, &s.fasta, &s.rng, 5, 100), LODE_OK);
    forget(&s);
    return s;
}

static void free_stage(struct stage *s)
{
    lode_reader_free(s->open);
    lode_close(s->index);
    fasta_free(&s->fasta);
    fasta_free(&s->other);
    bytes_free(&s->file);
}

/* ---- changes -------------------------------------------------------------------------------- */

static void poke(const struct stage *s, size_t at, const void *data, size_t n)
{
    const int fd = open(s->path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, n, (off_t)at), n);
    close(fd);
}

static void touch(const struct stage *s)
{
    static const struct timespec times[2] = {{1, 0}, {2, 0}};
    assert_int_equal(utimensat(AT_FDCWD, s->path, times, 0), 0);
}

static void rename_away(const struct stage *s)
{
    assert_int_equal(rename(s->path, tmp_path("elsewhere")), 0);
}

static void delete (const struct stage *s)
{
    assert_int_equal(unlink(s->path), 0);
}

static void replace(const struct stage *s)
{
    struct rng rng = {4711};
    const struct style style = {.records = 6, .max_length = 9000, .max_width = 60};
    struct fasta f = fasta_random(&rng, &style);
    put_source(&f, tmp_path("new"), s->block_size);
    assert_int_equal(rename(tmp_path("new"), s->path), 0);
    fasta_free(&f);
}

static void replace_by_same(const struct stage *s)
{
    file_write(tmp_path("new"), s->file.p, s->file.n);
    assert_int_equal(rename(tmp_path("new"), s->path), 0);
}

static void replace_by_directory(const struct stage *s)
{
    delete (s);
    assert_int_equal(mkdir(s->path, 0777), 0);
}

static void cut(const struct stage *s)
{
    assert_int_equal(truncate(s->path, (off_t)(s->file.n / 2)), 0);
}

static void cut_all(const struct stage *s)
{
    assert_int_equal(truncate(s->path, 0), 0);
}

static void append(const struct stage *s)
{
    poke(s, s->file.n, ">more\nACGT\n", 11);
}

static void edit_head(const struct stage *s)
{
    poke(s, 200, "TTTTTTTT", 8);
}

/* At many places, none of them in the bytes that the fingerprint covers. */
static void edit_middle(const struct stage *s)
{
    for (size_t i = 10; i < 30; i++)
        poke(s, s->file.n / 40 * i, "NNNNNNNN", 8);
}

static void edit_tail(const struct stage *s)
{
    poke(s, s->file.n - 100, "TTTTTTTT", 8);
}

/* The same text, in other blocks, into the same file. */
static void compress_again(const struct stage *s)
{
    file_write(tmp_path("plain"), s->fasta.text.p, s->fasta.text.n);
    compress_ok(tmp_path("plain"), tmp_path("new"), s->block_size == 777 ? 65280 : 777);
    struct bytes b = file_read(tmp_path("new"));
    file_write(s->path, b.p, b.n);
    bytes_free(&b);
}

/* ---- verdicts ------------------------------------------------------------------------------- */

enum { OK = 1, STALE = 2, DAMAGED = 4, MISSING = 8, REFUSED = 16 };

static int bit_of(int verdict)
{
    switch (verdict) {
    case LODE_OK:
        return OK;
    case LODE_E_STALE:
        return STALE;
    case LODE_E_DAMAGED:
        return DAMAGED;
    case LODE_E_MISSING:
        return MISSING;
    case LODE_E_REFUSED:
        return REFUSED;
    default:
        fail_msg("verdict %d", verdict);
        return 0;
    }
}

/* Everything that came up in many short reads, each of one base at least. */
static int outcomes(struct stage *s, lode_reader *reader)
{
    int seen = 0;
    for (int i = 0; i < READS; i++) {
        const size_t k = rng_below(&s->rng, s->fasta.count);
        const struct record *record = &s->fasta.records[k];
        const int64_t begin = (int64_t)rng_below(&s->rng, (uint64_t)record->length - 150);
        struct lode_contig contig;
        assert_int_equal(lode_contig_at(s->index, (int64_t)k, &contig, NULL), LODE_OK);
        seen |= bit_of(read_judged(reader, &contig, record, begin,
                                   begin + 1 + (int64_t)rng_below(&s->rng, 150)));
    }
    return seen;
}

/* must: all of these come up; may: and these. */
struct expectation {
    int must, may;
};

static void check(const char *who, int seen, struct expectation want)
{
    if ((seen & want.must) != want.must || (seen & ~(want.must | want.may)) != 0)
        fail_msg("%s: saw %d, must %d, may %d", who, seen, want.must, want.may);
}

static void run(int block_size, void (*change)(const struct stage *), struct expectation has_open,
                struct expectation opens)
{
    struct stage s = make_stage(block_size, 20000, 101);
    change(&s);
    check("a reader that has it open", outcomes(&s, s.open), has_open);
    lode_reader *late = reader_ok(s.index);
    check("a reader that opens it", outcomes(&s, late), opens);
    lode_reader_free(late);
    free_stage(&s);
}

#define PLAIN_AND_BGZF(name, change, has_open, opens)                                              \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        static const int block_sizes[] = {0, 777, 65280};                                          \
        for (size_t i = 0; i < COUNT_OF(block_sizes); i++) {                                       \
            run(block_sizes[i], change, (struct expectation)has_open, (struct expectation)opens);  \
            drop_files();                                                                          \
        }                                                                                          \
    }
#define SET(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void drop_files(void)
{
    assert_int_equal(tmp_drop(NULL), 0);
    assert_int_equal(tmp_make(NULL), 0);
}

PLAIN_AND_BGZF(test_touched, touch, SET(OK, 0), SET(OK, 0))
PLAIN_AND_BGZF(test_renamed, rename_away, SET(OK, 0), SET(MISSING, 0))
PLAIN_AND_BGZF(test_deleted, delete, SET(OK, 0), SET(MISSING, 0))
PLAIN_AND_BGZF(test_replaced, replace, SET(OK, 0), SET(STALE, 0))
PLAIN_AND_BGZF(test_replaced_by_the_same, replace_by_same, SET(OK, 0), SET(OK, 0))
PLAIN_AND_BGZF(test_replaced_by_a_directory, replace_by_directory, SET(OK, 0), SET(REFUSED, 0))
PLAIN_AND_BGZF(test_cut, cut, SET(STALE, OK), SET(STALE, 0))
PLAIN_AND_BGZF(test_cut_to_nothing, cut_all, SET(STALE, 0), SET(STALE, 0))
PLAIN_AND_BGZF(test_appended, append, SET(OK, 0), SET(STALE, 0))
PLAIN_AND_BGZF(test_edited_at_the_head, edit_head, SET(STALE, OK), SET(STALE, 0))
PLAIN_AND_BGZF(test_edited_at_the_tail, edit_tail, SET(OK, STALE), SET(STALE, 0))
PLAIN_AND_BGZF(test_edited_in_the_middle, edit_middle, SET(DAMAGED, OK | STALE),
               SET(DAMAGED, OK | STALE))
PLAIN_AND_BGZF(test_compressed_again, compress_again, SET(STALE, 0), SET(STALE, 0))

/* Reads before the cut go on, and say so of the rest. */
static void test_before_the_cut(void **state)
{
    (void)state;
    for (int block_size = 0; block_size <= 777; block_size += 777) {
        struct stage s = make_stage(block_size, 20000, 102);
        struct lode_contig first, last;
        assert_int_equal(lode_contig_at(s.index, 0, &first, NULL), LODE_OK);
        assert_int_equal(lode_contig_at(s.index, 5, &last, NULL), LODE_OK);
        cut(&s);
        assert_int_equal(read_judged(s.open, &first, &s.fasta.records[0], 0, 20000), LODE_OK);
        assert_int_equal(read_judged(s.open, &last, &s.fasta.records[5], 0, 100), LODE_E_STALE);
        assert_int_equal(read_judged(s.open, &first, &s.fasta.records[0], 500, 900), LODE_OK);
        free_stage(&s);
        drop_files();
    }
}

/* Each byte of a small file, changed and changed back, under one open reader. */
static void flip_each_byte(int block_size)
{
    struct stage s = make_stage(block_size, 300, 103);
    int refused = 0;
    for (size_t at = 0; at < s.file.n; at++) {
        const uint8_t changed = (uint8_t)(s.file.p[at] ^ 1u << at % 8);
        poke(&s, at, &changed, 1);
        forget(&s);
        for (int64_t id = 0; id < 6; id++) {
            struct lode_contig contig;
            assert_int_equal(lode_contig_at(s.index, id, &contig, NULL), LODE_OK);
            refused += bit_of(read_judged(s.open, &contig, &s.fasta.records[id], 0, 300)) != OK;
        }
        poke(&s, at, &s.file.p[at], 1);
    }
    assert_true(refused > 300); /* all bases of it, once for each block at least */
    forget(&s);
    assert_int_equal(read_randomly(s.index, s.open, &s.fasta, &s.rng, 50, 300), LODE_OK);
    free_stage(&s);
    drop_files();
}

static void test_every_byte(void **state)
{
    (void)state;
    flip_each_byte(0);
    flip_each_byte(512);
}

static void compress_stored(const struct bytes *text, const char *out)
{
    const struct lode_compress_options o = {
        .struct_size = sizeof o, .level = 0, .block_size = 4000, .threads = 1};
    file_write(tmp_path("plain"), text->p, text->n);
    const int fd = open(tmp_path("plain"), O_RDONLY);
    assert_int_equal(lode_compress(fd, "plain", out, &o, NULL), LODE_OK);
    close(fd);
}

/* Another text in blocks of the same sizes, each of them whole and with a CRC that is right for it:
 * only the CRC that the index keeps tells that these are other bases. */
static void test_valid_blocks_of_another_text(void **state)
{
    (void)state;
    struct stage s = make_stage(777, 20000, 104);
    const char *const inputs[] = {s.path, tmp_path("other.fa")};
    compress_stored(&s.fasta.text, s.path);
    build_ok(inputs, 2, tmp_path("x.lode"));
    lode_index *index = open_ok(tmp_path("x.lode"));
    lode_reader *reader = reader_ok(index);
    struct lode_contig contig;
    assert_int_equal(lode_contig_at(index, 3, &contig, NULL), LODE_OK);
    for (size_t i = 0; i < 5000; i++) /* far from the ends, which the fingerprint covers */
        s.fasta.text.p[(size_t)contig.text_off + i] ^=
            s.fasta.text.p[(size_t)contig.text_off + i] >= 'A' ? 0x20 : 0;
    compress_stored(&s.fasta.text, tmp_path("new"));
    struct bytes b = file_read(tmp_path("new")), old = file_read(s.path);
    assert_int_equal(b.n, old.n);
    file_write(s.path, b.p, b.n);
    const struct record *r = &s.fasta.records[3];
    for (int64_t at = 0; at + 900 < 5000; at += 300) {
        assert_int_equal(read_judged(reader, &contig, r, at, at + 10), LODE_E_STALE);
        assert_int_equal(read_judged(reader, &contig, r, at, at + 900), LODE_E_STALE);
    }
    assert_int_equal(read_judged(reader, &contig, r, 0, 20000), LODE_E_STALE);
    assert_int_equal(read_judged(reader, &contig, r, 15000, 20000), LODE_OK);
    lode_reader_free(reader);
    lode_close(index);
    bytes_free(&b);
    bytes_free(&old);
    free_stage(&s);
}

/* Random damage of larger files, many bytes at a time. */
static void test_random_edits(void **state)
{
    (void)state;
    for (int round = 0; round < 12; round++) {
        struct stage s =
            make_stage(round % 2 == 0 ? 0 : 512 + 5000 * round, 20000, 200 + (uint64_t)round);
        for (int k = 0; k < 20; k++) {
            uint8_t noise[64];
            for (size_t i = 0; i < sizeof noise; i++)
                noise[i] = (uint8_t)(rng_next(&s.rng) >> 9);
            poke(&s, rng_below(&s.rng, s.file.n - 64), noise, rng_range(&s.rng, 1, 64));
            check("random edits", outcomes(&s, s.open),
                  (struct expectation){0, OK | STALE | DAMAGED});
        }
        free_stage(&s);
        drop_files();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_touched),
        TMP_TEST(test_renamed),
        TMP_TEST(test_deleted),
        TMP_TEST(test_replaced),
        TMP_TEST(test_replaced_by_the_same),
        TMP_TEST(test_replaced_by_a_directory),
        TMP_TEST(test_cut),
        TMP_TEST(test_cut_to_nothing),
        TMP_TEST(test_appended),
        TMP_TEST(test_edited_at_the_head),
        TMP_TEST(test_edited_at_the_tail),
        TMP_TEST(test_edited_in_the_middle),
        TMP_TEST(test_compressed_again),
        TMP_TEST(test_before_the_cut),
        TMP_TEST(test_every_byte),
        TMP_TEST(test_valid_blocks_of_another_text),
        TMP_TEST(test_random_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
