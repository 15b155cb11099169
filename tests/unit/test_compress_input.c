/* Inputs of compression: plain, gzip and BGZF from files and pipes; what is damaged, cut short or
 * followed by garbage gives an error and no file. */
#include "compress_support.h"

#include <sys/wait.h>

static void test_gzip_input(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 1500000);
    static const size_t cuts[] = {0, 0, 1, 65280, 700000, 700000, 1500000, 1500000};
    struct bytes in = {0};
    for (size_t i = 0; i + 1 < sizeof cuts / sizeof cuts[0]; i++)
        append_gzip(&in, text.p + cuts[i], cuts[i + 1] - cuts[i]);
    check(in, text, 0);
    free(in.p);
    free(text.p);
}

static void test_bgzf_input(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 900000);
    const struct lode_compress_options small = with(1, 777);
    const struct bytes packed = pack(text, &small);
    check(packed, text, 0);
    check(packed, text, 777);
    free(packed.p);
    free(text.p);
}

/* in must be refused as malformed, by a message with the input's name and the offset off; no file
 * is left, and one that was there stays. */
static void assert_malformed(struct bytes in, uint64_t off, int threads)
{
    const struct lode_compress_options o = with(threads, 0);
    struct lode_diag diag = {0};
    write_file(in_path, in);
    unlink(out_path);
    assert_int_equal(run(&o, &diag), LODE_E_FORMAT);
    assert_int_equal(access(out_path, F_OK), -1);
    assert_int_equal(diag.status, LODE_E_FORMAT);
    assert_non_null(strstr(diag.message, in_path));
    if (off != UINT64_MAX) {
        char number[32];
        snprintf(number, sizeof number, "offset %llu", (unsigned long long)off);
        assert_non_null(strstr(diag.message, number));
        assert_int_equal(diag.offset, off);
    }
    assert_int_equal(run(&o, NULL), LODE_E_FORMAT);
}

static void test_truncated_gzip(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 300);
    struct bytes in = {0};
    append_gzip(&in, text.p, text.n);
    const size_t first = in.n;
    append_gzip(&in, text.p, text.n);
    for (size_t n = 2; n < in.n; n++)
        if (n != first)
            assert_malformed((struct bytes){in.p, n}, n, 2);
    free(in.p);
    free(text.p);
}

static void test_truncated_large_gzip(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 3000000);
    struct bytes in = {0};
    append_gzip(&in, text.p, text.n);
    for (int threads = 1; threads <= 4; threads++)
        assert_malformed((struct bytes){in.p, in.n - 1}, in.n - 1, threads);
    free(in.p);
    free(text.p);
}

static void test_damaged_gzip(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 300);
    struct bytes in = {0};
    append_gzip(&in, text.p, text.n);
    const size_t spots[] = {2, in.n - 8, in.n - 1}; /* method, CRC, size */
    for (size_t i = 0; i < 3; i++) {
        in.p[spots[i]] ^= 0x40;
        assert_malformed(in, UINT64_MAX, 1);
        in.p[spots[i]] ^= 0x40;
    }
    free(in.p);
    free(text.p);
}

static void test_garbage_after_gzip(void **state)
{
    (void)state;
    static const char *const tails[] = {"x", "garbage", "\x1f", "\x1f?", "\0\0\0"};
    static const size_t sizes[] = {1, 7, 1, 2, 3};
    const struct bytes text = make_text(FASTA, 300);
    for (size_t i = 0; i < 5; i++) {
        struct bytes in = {0};
        append_gzip(&in, text.p, text.n);
        const size_t end = in.n;
        append(&in, tails[i], sizes[i]);
        assert_malformed(in, sizes[i] > 1 ? end : in.n, 1);
        free(in.p);
    }
    free(text.p);
}

static void test_old_file_stays(void **state)
{
    (void)state;
    write_file(out_path, (struct bytes){(uint8_t *)(uintptr_t) "old", 3});
    write_file(in_path, (struct bytes){(uint8_t *)(uintptr_t) "\x1f\x8b\x08", 3});
    assert_int_equal(run(NULL, NULL), LODE_E_FORMAT);
    const struct bytes old = read_file(out_path);
    assert_int_equal(old.n, 3);
    assert_memory_equal(old.p, "old", 3);
    free(old.p);
}

/* Writes b to a pipe from a child, the first bytes one by one; the pipe's read end. */
static int feed(struct bytes b, pid_t *pid)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *pid = fork();
    assert_true(*pid >= 0);
    if (*pid == 0) {
        close(ends[0]);
        size_t at = 0;
        while (at < b.n) {
            const size_t part = at < 40 ? 1 : b.n - at < 4000 ? b.n - at : 4000;
            if (lode_write_full(ends[1], b.p + at, part) != 0)
                _exit(1);
            at += part;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static void check_pipe(struct bytes in, struct bytes text)
{
    for (int threads = 1; threads <= 3; threads += 2) {
        const struct lode_compress_options o = with(threads, 0);
        pid_t pid;
        int child;
        const int fd = feed(in, &pid);
        assert_int_equal(lode_compress(fd, "-", out_path, &o, NULL), LODE_OK);
        close(fd);
        assert_int_equal(waitpid(pid, &child, 0), pid);
        assert_int_equal(child, 0);
        const struct bytes packed = read_file(out_path);
        assert_bgzf_of(packed, text, BLOCK);
        free(packed.p);
    }
}

static void test_pipe_input(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 1200000);
    struct bytes gz = {0};
    append_gzip(&gz, text.p, 700);
    append_gzip(&gz, text.p + 700, text.n - 700);
    check_pipe(text, text);
    check_pipe(gz, text);
    check_pipe((struct bytes){text.p, 1}, (struct bytes){text.p, 1});
    check_pipe((struct bytes){text.p, 0}, (struct bytes){text.p, 0});
    free(gz.p);
    free(text.p);
}

static void test_standard_input_name(void **state)
{
    (void)state;
    pid_t pid;
    struct lode_diag diag;
    const int fd = feed((struct bytes){(uint8_t *)(uintptr_t) "\x1f\x8b\x08", 3}, &pid);
    assert_int_equal(lode_compress(fd, "-", out_path, NULL, &diag), LODE_E_FORMAT);
    assert_non_null(strstr(diag.message, "standard input"));
    close(fd);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        CASE(test_gzip_input),           CASE(test_bgzf_input),   CASE(test_truncated_gzip),
        CASE(test_truncated_large_gzip), CASE(test_damaged_gzip), CASE(test_garbage_after_gzip),
        CASE(test_old_file_stays),       CASE(test_pipe_input),   CASE(test_standard_input_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
