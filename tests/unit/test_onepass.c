/* lode_compress with an index, seen from C: what happens between the two names, on cancel, and what
 * the options take. The bytes are compared in tests/cli/test_compress_index.py. */
#include "compress_support.h"

#include <errno.h>
#include <sys/wait.h>

static char index_path[1100];

/* ---- between the two names ------------------------------------------------------------------- */

static int renames;           /* so far */
static int (*on_rename)(int); /* called before each; not 0: it fails with that errno */
static void (*then)(int);     /* called after each */

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

/* publish.c's renameat, by --wrap. */
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    const int error = on_rename != NULL ? on_rename(++renames) : 0;
    const int result = error == 0 ? __real_renameat(from_fd, from, to_fd, to) : -1;
    if (then != NULL)
        then(renames);
    if (error != 0)
        errno = error;
    return result;
}

static int fail_first(int n)
{
    return n == 1 ? EIO : 0;
}

static int fail_second(int n)
{
    return n == 2 ? EIO : 0;
}

static int die_at_second(int n)
{
    if (n == 2)
        _exit(9);
    return 0;
}

static int let_pass(int n)
{
    (void)n;
    return 0;
}

/* Somebody else's edit of the new file: one byte in the middle, size and ends as they were. */
static void edit(void)
{
    uint8_t byte;
    const int fd = open(out_path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(lode_pread_full(fd, &byte, 1, 50000), 1);
    byte ^= 0x55;
    assert_int_equal(lode_pwrite_full(fd, &byte, 1, 50000), 0);
    close(fd);
}

static void edit_after_first(int n)
{
    if (n == 1)
        edit();
}

static int edit_before_second(int n)
{
    if (n == 2)
        edit();
    return 0;
}

/* ---- what every test has --------------------------------------------------------------------- */

static int setup(void **state)
{
    const int failed = make_dir(state);
    snprintf(index_path, sizeof index_path, "%s.lode", out_path);
    on_rename = NULL;
    then = NULL;
    renames = 0;
    return failed;
}

static int teardown(void **state)
{
    unlink(index_path);
    return drop_dir(state);
}

/* One contig named c: a header line, then lines of 60 bases. */
static struct bytes fasta_of(uint64_t seed, size_t lines)
{
    struct bytes text = {malloc(3 + lines * 61), 3};
    assert_non_null(text.p);
    memcpy(text.p, ">c\n", 3);
    for (size_t i = 0; i < lines; i++) {
        for (size_t k = 0; k < 60; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            text.p[text.n++] = (uint8_t) "ACGT"[seed >> 62];
        }
        text.p[text.n++] = '\n';
    }
    return text;
}

static struct lode_compress_options indexed(int threads)
{
    struct lode_compress_options o = with(threads, 0);
    o.index = 1;
    return o;
}

static void make_first(uint64_t seed)
{
    const struct lode_compress_options o = indexed(2);
    struct lode_diag diag = {0};
    const struct bytes text = fasta_of(seed, 20000);
    write_file(in_path, text);
    assert_int_equal(run(&o, &diag), LODE_OK);
    free(text.p);
}

static void assert_file_is(const char *path, struct bytes wanted)
{
    const struct bytes now = read_file(path);
    assert_int_equal(now.n, wanted.n);
    assert_memory_equal(now.p, wanted.p, wanted.n);
    free(now.p);
}

static void assert_out_is(struct bytes text)
{
    const struct bytes out = read_file(out_path);
    assert_bgzf_of(out, text, BLOCK);
    free(out.p);
}

/* Status of reading the first 60 bases of c through the index. */
static int first_bases(char out[61])
{
    struct lode_diag diag;
    struct lode_contig c;
    lode_index *index = NULL;
    lode_reader *reader = NULL;
    memset(out, 0, 61);
    assert_int_equal(lode_open(index_path, NULL, &index, &diag), LODE_OK);
    assert_int_equal(lode_reader_new(index, NULL, &reader), LODE_OK);
    assert_int_equal(lode_find(index, -1, "c", 1, &c, &diag), LODE_OK);
    const int64_t got = lode_fetch_at(reader, &c, 0, 60, out, 60, LODE_BOUNDS_ERROR, 0, &diag);
    lode_reader_free(reader);
    lode_close(index);
    return got < 0 ? (int)got : LODE_OK;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_first_rename_fails(void **state)
{
    (void)state;
    make_first(1);
    const struct bytes out = read_file(out_path), index = read_file(index_path);
    const struct bytes text = fasta_of(2, 20000);
    const struct lode_compress_options o = indexed(2);
    write_file(in_path, text);
    renames = 0;
    on_rename = fail_first;
    assert_int_equal(run(&o, NULL), LODE_E_IO);
    assert_file_is(out_path, out);
    assert_file_is(index_path, index);
    free(out.p);
    free(index.p);
    free(text.p);
}

/* The new file is there with the old index, which says stale. */
static void check_second(bool dies)
{
    char bases[61];
    make_first(1);
    const struct bytes index = read_file(index_path);
    const struct bytes text = fasta_of(2, 20000);
    const struct lode_compress_options o = indexed(2);
    struct lode_diag diag = {0};
    write_file(in_path, text);
    renames = 0;
    on_rename = dies ? die_at_second : fail_second;
    if (dies) {
        int status;
        const pid_t child = fork();
        if (child == 0)
            (void)run(&o, NULL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    } else {
        assert_int_equal(run(&o, &diag), LODE_E_IO);
        assert_non_null(strstr(diag.message, index_path));
    }
    assert_out_is(text);
    assert_file_is(index_path, index);
    assert_int_equal(first_bases(bases), LODE_E_STALE);
    on_rename = NULL;
    assert_int_equal(run(&o, NULL), LODE_OK); /* takes the dead one's temporary away */
    assert_int_equal(first_bases(bases), LODE_OK);
    assert_memory_equal(bases, text.p + 3, 60);
    free(index.p);
    free(text.p);
}

static void test_second_rename_fails(void **state)
{
    (void)state;
    check_second(false);
}

static void test_killed_between(void **state)
{
    (void)state;
    check_second(true);
}

/* In the very tick in which the file got its name. */
static void test_edit_at_once_is_seen(void **state)
{
    (void)state;
    make_first(1);
    const struct bytes index = read_file(index_path);
    const struct lode_compress_options o = indexed(1);
    struct lode_diag diag = {0};
    for (int i = 0; i < 20; i++) {
        renames = 0;
        on_rename = let_pass;
        then = edit_after_first;
        assert_int_equal(run(&o, &diag), LODE_E_STALE);
        assert_non_null(strstr(diag.message, out_path));
        assert_file_is(index_path, index);
    }
    free(index.p);
}

/* The edit comes before the index has its time: nothing but the file's times can show it. */
static void test_edit_between_is_seen_by_the_next_build(void **state)
{
    (void)state;
    const char *const input = out_path;
    struct lode_build_result result = LODE_BUILD_RESULT_INIT;
    make_first(1);
    renames = 0;
    on_rename = edit_before_second;
    const struct lode_compress_options o = indexed(1);
    assert_int_equal(run(&o, NULL), LODE_OK);
    on_rename = NULL;
    assert_int_equal(lode_build(&input, 1, NULL, &result, NULL), LODE_E_FORMAT);
}

static int stop;

static void stop_half_way(void *ctx, int64_t done, int64_t total)
{
    (void)ctx;
    if (done > total / 2)
        __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
}

static void test_cancel(void **state)
{
    (void)state;
    const struct bytes text = fasta_of(3, 60000);
    write_file(in_path, text);
    for (int threads = 1; threads <= 3; threads++) {
        struct lode_compress_options o = indexed(threads);
        stop = 0;
        o.progress = stop_half_way;
        o.cancel = &stop;
        assert_int_equal(run(&o, NULL), LODE_E_CANCELLED);
        assert_int_equal(access(out_path, F_OK), -1);
        assert_int_equal(access(index_path, F_OK), -1);
    }
    free(text.p);
}

static void add_progress(void *ctx, int64_t done, int64_t total)
{
    int64_t *seen = ctx;
    assert_true(done >= seen[0]);
    seen[0] = done;
    seen[1] = total;
}

static void test_result_and_progress(void **state)
{
    (void)state;
    const struct bytes text = fasta_of(4, 30000);
    int64_t seen[2] = {0, 0};
    struct lode_build_result result = LODE_BUILD_RESULT_INIT;
    struct lode_compress_options o = indexed(3);
    o.progress = add_progress;
    o.ctx = seen;
    o.result = &result;
    write_file(in_path, text);
    assert_int_equal(run(&o, NULL), LODE_OK);
    assert_true(seen[0] == (int64_t)text.n && seen[1] == (int64_t)text.n);
    assert_true(result.sources == 1 && result.contigs == 1 && result.reused == 0);
    assert_true(result.bases == 30000 * 60 && result.text_bytes == (int64_t)text.n);
    assert_string_equal(result.path, index_path);
    assert_out_is(text);
    free(text.p);
}

static void test_arguments(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    struct lode_compress_options o = indexed(1);
    make_first(5);
    const int in = open(in_path, O_RDONLY), out = open(out_path, O_WRONLY);
    assert_int_equal(lode_compress_fd(in, in_path, out, &o, &diag), LODE_E_ARG);
    assert_non_null(strstr(diag.message, "index"));
    close(in);
    close(out);
    unlink(index_path);
    o.struct_size = offsetof(struct lode_compress_options, index); /* a caller of old */
    assert_int_equal(run(&o, NULL), LODE_OK);
    assert_int_equal(access(index_path, F_OK), -1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_first_rename_fails),
        CASE(test_second_rename_fails),
        CASE(test_killed_between),
        CASE(test_edit_at_once_is_seen),
        CASE(test_edit_between_is_seen_by_the_next_build),
        CASE(test_cancel),
        CASE(test_result_and_progress),
        CASE(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
