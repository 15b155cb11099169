/* Adding to sets of indexes, and building over them: what is there is not added again, there is one
 * writer, and whoever has a set open, or opens it meanwhile, goes on. */
#include "layout.h"
#include "set_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bytes clean; /* many.lode */

static int make(void **state)
{
    struct rng rng = {11};
    if (tmp_make(state) != 0)
        return -1;
    set_make(&rng, "c", 0, 0);
    clean = file_read(tmp_path("many.lode"));
    return 0;
}

static int drop(void **state)
{
    set_drop();
    bytes_free(&clean);
    clean = (struct bytes){0};
    return tmp_drop(state);
}
#define SET_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

static void check_opened(lode_index *index)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_contig contig;
    char a[100], b[100];
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    assert_int_equal(info.members, 4);
    lode_reader *reader = reader_ok(index);
    for (int64_t i = 0; i < info.contigs; i++) {
        const struct record *r = &set_fasta[i / 12].records[i % 12];
        const int64_t n = r->length < 100 ? r->length : 100;
        assert_int_equal(lode_contig_at(index, i, &contig, NULL), LODE_OK);
        assert_int_equal(lode_fetch_at(reader, &contig, 0, n, a, 100, 0, 0, NULL), n);
        memcpy(b, r->bases, (size_t)n);
        assert_memory_equal(a, b, (size_t)n);
    }
    lode_reader_free(reader);
    lode_close(index);
}

static int count_members(void)
{
    int n = 0;
    DIR *dir = opendir(tmp_root);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strncmp(e->d_name, "many.lode.m", 11) == 0;
    closedir(dir);
    return n;
}

static void check_same_file(void)
{
    struct bytes now = file_read(tmp_path("many.lode"));
    assert_int_equal(now.n, clean.n);
    assert_memory_equal(now.p, clean.p, clean.n);
    bytes_free(&now);
}

static void test_what_is_there_is_not_added(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    assert_int_equal(set_add(0, SET_FILES, tmp_path("many.lode"), 0, 0, &diag), LODE_OK);
    check_same_file();
    assert_int_equal(count_members(), 4);
    /* the same name, another text */
    struct bytes fasta = file_read(set_file(2));
    fasta.p[fasta.n - 5] ^= 1;
    file_write(set_file(2), fasta.p, fasta.n);
    assert_int_equal(set_add(0, SET_FILES, tmp_path("many.lode"), 0, 0, &diag), LODE_E_DUPLICATE);
    assert_non_null(strstr(diag.message, "f2"));
    bytes_free(&fasta);
    check_same_file();
    assert_int_equal(count_members(), 4);
}

static void test_one_writer(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = set_file(0);
    const int fd = open(tmp_path("many.lode"), O_RDONLY);
    file_write(tmp_path("new.fa"), ">n\nACGT\n", 8);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(set_add(0, 1, tmp_path("many.lode"), 0, 0, NULL), LODE_E_BUSY);
    how.out = tmp_path("many.lode");
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_E_BUSY);
    check_same_file();
    close(fd);
}

/* A build over the set removes its files, adding those that nobody names. Who has the set open goes
 * on. */
static void test_members_go(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("new.fa");
    file_write(input, ">n\nACGT\n", 8);
    file_write(tmp_path("many.lode.m0123456789abcdef"), "litter", 6);
    file_write(tmp_path("many.lode.mine"), "no litter", 9);
    assert_int_equal(count_members(), 6);
    how.out = tmp_path("many.lode");
    how.add = 1;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    assert_int_equal(count_members(), 6); /* one more, one less */
    assert_int_equal(access(tmp_path("many.lode.m0123456789abcdef"), F_OK), -1);
    how.add = 0;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    assert_int_equal(count_members(), 1);
    assert_int_equal(access(tmp_path("many.lode.mine"), F_OK), 0);
    check_opened(set_many);
    set_many = open_ok(tmp_path("many.lode"));
}

/* Packed bases of a member may be all there is of a FASTA. */
static void test_packed_bases_are_kept(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("new.fa");
    struct lode_diag diag = {0};
    file_write(input, ">n\nACGT\n", 8);
    how.out = tmp_path("many.lode");
    how.pack = how.add = 1;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    how.pack = how.add = 0;
    assert_int_equal(lode_build(&input, 1, &how, NULL, &diag), LODE_E_ARG);
    assert_non_null(strstr(diag.message, "packed"));
    how.add = 1;
    how.out = NULL;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_E_ARG);
}

static void test_there_is_an_end(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag = {0};
    char out[600];
    snprintf(out, sizeof out, "%s", tmp_path("long.lode"));
    how.out = out;
    how.add = 1;
    for (int i = 0; i <= LODE_MEMBERS_MAX; i++) {
        char leaf[32], text[32];
        snprintf(leaf, sizeof leaf, "l%03d.fa", i);
        snprintf(text, sizeof text, ">n%d\nACGT\n", i);
        const char *input = tmp_path("%s", leaf);
        file_write(input, text, strlen(text));
        assert_int_equal(lode_build(&input, 1, &how, NULL, &diag),
                         i < LODE_MEMBERS_MAX ? LODE_OK : LODE_E_UNSUPPORTED);
    }
    assert_non_null(strstr(diag.message, "256"));
    lode_index *index = open_ok(out);
    struct lode_contig contig;
    assert_int_equal(lode_find(index, -1, "n255", 4, &contig, NULL), LODE_OK);
    assert_int_equal(contig.id, 255);
    lode_close(index);
}

/* Others open while the set becomes one index and a set again, all the time: always whole. */
static void open_all_the_time(const char *path, int64_t least)
{
    for (int i = 0; i < 400; i++) {
        struct lode_info info = {.struct_size = sizeof info};
        lode_index *index = NULL;
        if (lode_open(path, NULL, &index, NULL) != LODE_OK ||
            lode_index_info(index, &info) != LODE_OK || info.contigs < least)
            _exit(1);
        lode_close(index);
    }
    _exit(0);
}

static void test_opened_while_it_changes(void **state)
{
    (void)state;
    enum { READERS = 3 };
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    static char own[600], path[600]; /* tmp_path lends its room to few at a time */
    const char *input = own;
    int left = READERS;
    snprintf(own, sizeof own, "%s", set_file(0));
    snprintf(path, sizeof path, "%s", tmp_path("many.lode"));
    how.out = path;
    for (int i = 0; i < READERS; i++)
        if (fork() == 0)
            open_all_the_time(path, 12);
    while (left > 0) {
        int status;
        assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
        for (int k = 1; k < 4; k++)
            assert_int_equal(set_add(k, k + 1, path, 0, 0, NULL), LODE_OK);
        while (left > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            left--;
        }
    }
}

static int add_text(const char *out, const char *leaf, const char *text)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("%s", leaf);
    file_write(input, text, strlen(text));
    how.out = out;
    how.add = 1;
    return lode_build(&input, 1, &how, NULL, NULL);
}

static int beside = -1; /* status of the other addition; 1: it is still to come */

static void add_beside(void *ctx, int64_t done, int64_t total)
{
    (void)ctx, (void)done, (void)total;
    if (beside == 1)
        beside = add_text(tmp_path("all.lode"), "c.fa", ">c\nAC\n");
}

/* Two who add where there is nothing, or an empty file: who is second does not replace the first.
 */
static void test_first_additions_at_once(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    struct lode_contig contig;
    const char *input = tmp_path("b.fa");
    file_write(input, ">b\nAC\n", 6);
    how.out = tmp_path("all.lode");
    how.add = how.threads = 1;
    how.progress = add_beside;
    for (int empty = 0; empty < 2; empty++) {
        unlink(how.out);
        if (empty)
            file_write(how.out, "", 0);
        beside = 1;
        assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), empty ? LODE_OK : LODE_E_BUSY);
        assert_int_equal(beside, empty ? LODE_E_BUSY : LODE_OK);
        lode_index *index = open_ok(how.out);
        assert_int_equal(lode_find(index, -1, empty ? "b" : "c", 1, &contig, NULL), LODE_OK);
        lode_close(index);
    }
}

/* Members without contigs first, last and between. */
static void test_members_without_contigs(void **state)
{
    (void)state;
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_source_info source = {.struct_size = sizeof source};
    struct lode_verify_options how = LODE_VERIFY_OPTIONS_INIT;
    struct lode_draw draw = LODE_DRAW_INIT;
    struct lode_contig contig;
    int64_t contigs[50], begins[50], number;
    const char *const texts[] = {"", ">a\nACGT\n>b\nGG\n", "", "", ">c\nTTTTT\n", ""};
    assert_int_equal(add_text(tmp_path("all.lode"), "e0.fa", ""), LODE_OK);
    for (int i = 1; i < 6; i++) {
        char leaf[16];
        snprintf(leaf, sizeof leaf, "e%d.fa", i);
        assert_int_equal(add_text(tmp_path("all.lode"), leaf, texts[i]), LODE_OK);
    }
    lode_index *index = open_ok(tmp_path("all.lode"));
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    assert_int_equal(info.contigs, 3);
    assert_int_equal(info.sources, 6);
    assert_int_equal(info.members, 6);
    static const int64_t first[] = {0, 0, 2, 2, 2, 3};
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "e%d", i);
        assert_int_equal(lode_find_source(index, name, 2, &number), LODE_OK);
        assert_int_equal(number, i);
        assert_int_equal(lode_source_info(index, i, &source, NULL), LODE_OK);
        assert_int_equal(source.first_contig, first[i]);
    }
    for (int i = 0; i < 3; i++) {
        char bases[8] = "";
        static const char *const want[] = {"ACGT", "GG", "TTTTT"};
        assert_int_equal(lode_contig_at(index, i, &contig, NULL), LODE_OK);
        assert_int_equal(contig.id, i);
        assert_int_equal(contig.source, i < 2 ? 1 : 4);
        assert_int_equal(
            lode_fetch_at(reader, &contig, 0, contig.length, bases, sizeof bases, 0, 0, NULL),
            strlen(want[i]));
        assert_memory_equal(bases, want[i], strlen(want[i]));
    }
    assert_int_equal(lode_contig_at(index, 3, &contig, NULL), LODE_E_RANGE);
    draw.length = 2;
    assert_int_equal(lode_random_windows(index, &draw, 0, 50, contigs, begins, NULL), LODE_OK);
    how.level = LODE_VERIFY_FULL;
    assert_int_equal(lode_verify(index, &how, NULL), LODE_OK);
    lode_reader_free(reader);
    lode_close(index);
}

/* Values of two types, each in a member of its own; bases do not come among them. */
static void test_tracks_in_a_set(void **state)
{
    (void)state;
    enum { VALUES = 3000 };
    static const int64_t begins[] = {0, 1200, VALUES};
    static uint8_t values[VALUES], got[VALUES];
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    struct lode_verify_options full = LODE_VERIFY_OPTIONS_INIT;
    struct lode_contig contig;
    const char *out = tmp_path("all.lode");
    for (size_t i = 0; i < VALUES; i++)
        values[i] = (uint8_t)(i * 7 >> 2);
    file_write(tmp_path("raw"), values, VALUES);
    how.out = out;
    how.add = 1;
    for (int i = 0; i < 2; i++) {
        const char *input = tmp_path("t%d.track.gz", i);
        const char *idx = i == 0 ? "a\t0\nb\t1200\n\t3000\n" : "a\t0\nc\t1200\n\t3000\n";
        compress_ok(tmp_path("raw"), input, 512);
        file_write(tmp_path("t%d.track.gz.idx", i), idx, strlen(idx));
        how.track = i == 0 ? LODE_TRACK_U8 : LODE_TRACK_U16;
        assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    }
    assert_int_equal(add_text(out, "b.fa", ">d\nAC\n"), LODE_E_ARG);
    lode_index *index = open_ok(out);
    lode_reader *reader = reader_ok(index);
    for (int i = 0; i < 4; i++) {
        const int64_t begin = begins[i % 2], n = begins[i % 2 + 1] - begin;
        assert_int_equal(lode_contig_at(index, i, &contig, NULL), LODE_OK);
        assert_int_equal(contig.track, i < 2 ? LODE_TRACK_U8 : LODE_TRACK_U16);
        assert_int_equal(contig.length, n);
        assert_int_equal(lode_fetch_at(reader, &contig, 0, n, got, VALUES, 0, 0, NULL), n);
        assert_memory_equal(got, values + begin, (size_t)n);
    }
    assert_int_equal(lode_find(index, -1, "a", 1, &contig, NULL), LODE_E_AMBIGUOUS);
    full.level = LODE_VERIFY_FULL;
    assert_int_equal(lode_verify(index, &full, NULL), LODE_OK);
    lode_reader_free(reader);
    lode_close(index);
}

/* Something lies where the first member will be. */
static void test_litter_in_the_way(void **state)
{
    (void)state;
    char member[800], out[600];
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_contig contig;
    snprintf(out, sizeof out, "%s", tmp_path("all.lode"));
    for (int i = 0; i < 2; i++) {
        unlink(out);
        assert_int_equal(add_text(out, "a.fa", ">a\nACGT\n"), LODE_OK);
        lode_index *index = open_ok(out);
        assert_int_equal(lode_index_info(index, &info), LODE_OK);
        lode_close(index);
        snprintf(member, sizeof member, "%s.m%016llx", out, (unsigned long long)info.content_id);
        unlink(member);
        if (i == 0)
            file_write(member, "litter", 6);
        else
            assert_int_equal(symlink("a.fa", member), 0);
        assert_int_equal(add_text(out, "b.fa", ">b\nACGT\n"), LODE_OK);
        index = open_ok(out);
        assert_int_equal(lode_find(index, -1, "a", 1, &contig, NULL), LODE_OK);
        assert_int_equal(lode_find(index, -1, "b", 1, &contig, NULL), LODE_OK);
        lode_close(index);
    }
    struct bytes a = file_read(tmp_path("a.fa")); /* what the link led to */
    assert_int_equal(a.n, 8);
    bytes_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SET_TEST(test_what_is_there_is_not_added),
        SET_TEST(test_one_writer),
        SET_TEST(test_members_go),
        SET_TEST(test_packed_bases_are_kept),
        SET_TEST(test_there_is_an_end),
        TMP_TEST(test_first_additions_at_once),
        TMP_TEST(test_members_without_contigs),
        TMP_TEST(test_tracks_in_a_set),
        TMP_TEST(test_litter_in_the_way),
        SET_TEST(test_opened_while_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
