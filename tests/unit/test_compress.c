/* Compression: whatever goes in comes out of zlib's inflate again, in blocks of the size asked for,
 * the same bytes for any number of threads; options, progress and cancelling do what they say. */
#include "compress_support.h"

#include <errno.h>

static void test_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 511, 512, 65279, 65280, 65281, 1000000};
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            const struct bytes text = make_text((enum kind)kind, sizes[i]);
            check(text, text, 0);
            free(text.p);
        }
}

static void test_block_sizes(void **state)
{
    (void)state;
    static const int blocks[] = {512, 1000, 65280};
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < 3; i++) {
            const struct bytes text = make_text((enum kind)kind, 600001);
            check(text, text, blocks[i]);
            free(text.p);
        }
}

/* Many more jobs than the ring holds, and a last one that is exactly full. */
static void test_many_jobs(void **state)
{
    (void)state;
    static const size_t sizes[] = {8 * BLOCK * 12, 8 * BLOCK * 12 + 17};
    for (size_t i = 0; i < 2; i++) {
        const struct bytes text = make_text(RUN, sizes[i]);
        check(text, text, 0);
        free(text.p);
    }
}

static void test_levels(void **state)
{
    (void)state;
    const bool libdeflate = strstr(lode_features(), "deflate=libdeflate") != NULL;
    const struct bytes text = make_text(FASTA, 200000);
    struct lode_compress_options o = with(2, 0);
    for (o.level = -1; o.level <= (libdeflate ? 12 : 9); o.level++) {
        const struct bytes packed = pack(text, &o);
        assert_bgzf_of(packed, text, BLOCK);
        free(packed.p);
    }
    assert_int_equal(run(&o, NULL), LODE_E_ARG);
    free(text.p);
}

/* Default options, by NULL, are level 6, all threads. */
static void test_defaults(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 300000);
    struct lode_compress_options o = with(1, BLOCK);
    o.level = 6;
    const struct bytes a = pack(text, &o), b = pack(text, NULL);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    free(a.p);
    free(b.p);
    free(text.p);
}

static void test_to_descriptor(void **state)
{
    (void)state;
    const struct bytes text = make_text(FASTA, 2000000);
    write_file(in_path, text);
    const struct lode_compress_options o = with(3, 0);
    struct lode_diag diag;
    int in = open(in_path, O_RDONLY), out = open(out_path, O_RDWR | O_CREAT, 0666);
    assert_int_equal(lseek(in, 1000, SEEK_SET), 1000); /* from where it stands */
    assert_int_equal(lode_compress_fd(in, in_path, out, &o, NULL), LODE_OK);
    const struct bytes packed = read_file(out_path);
    assert_bgzf_of(packed, (struct bytes){text.p + 1000, text.n - 1000}, BLOCK);
    close(out);
    out = open("/dev/full", O_WRONLY);
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    assert_int_equal(lode_compress_fd(in, in_path, out, &o, &diag), LODE_E_IO);
    assert_int_equal(diag.sys_errno, ENOSPC);
    close(out);
    close(in);
    free(packed.p);
    free(text.p);
}

/* What the progress callback saw. */
struct seen {
    int64_t last, total;
    int calls, cancel;
    bool backwards, cancels;
};

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    struct seen *seen = ctx;
    seen->backwards |= done < seen->last;
    seen->last = done;
    seen->total = total;
    seen->calls++;
    if (seen->cancels)
        __atomic_store_n(&seen->cancel, 1, __ATOMIC_RELAXED);
}

static void test_progress(void **state)
{
    (void)state;
    const struct bytes text = make_text(RUN, 5000000);
    for (int threads = 1; threads <= 4; threads++) {
        struct seen seen = {0};
        struct lode_compress_options o = with(threads, 0);
        o.progress = on_progress;
        o.ctx = &seen;
        free(pack(text, &o).p);
        assert_false(seen.backwards);
        assert_true(seen.calls > 0);
        assert_int_equal(seen.last, text.n);
        assert_int_equal(seen.total, text.n);
    }
    free(text.p);
}

static void test_cancel(void **state)
{
    (void)state;
    const struct bytes text = make_text(RUN, 9000000);
    write_file(in_path, text);
    for (int threads = 1; threads <= 4; threads++) {
        struct seen seen = {.cancels = true};
        struct lode_compress_options o = with(threads, 65280);
        o.progress = on_progress;
        o.ctx = &seen;
        o.cancel = &seen.cancel;
        struct lode_diag diag;
        const int status = run(&o, &diag);
        /* With several threads the caller's first turn to report may come after the work. */
        assert_true(status == LODE_E_CANCELLED || (status == LODE_OK && threads > 1));
        assert_int_equal(access(out_path, F_OK) == 0, status == LODE_OK);
        unlink(out_path);
    }
    free(text.p);
}

/* A pipe that never says anything does not keep a cancel from being seen. */
static void test_cancel_on_silent_pipe(void **state)
{
    (void)state;
    int ends[2];
    const int cancel = 1;
    assert_int_equal(pipe(ends), 0);
    struct lode_compress_options o = with(2, 0);
    o.cancel = &cancel;
    assert_int_equal(lode_compress(ends[0], "-", out_path, &o, NULL), LODE_E_CANCELLED);
    close(ends[0]);
    close(ends[1]);
}

static void test_same_file(void **state)
{
    (void)state;
    write_file(in_path, (struct bytes){(uint8_t *)(uintptr_t) ">a\nACGT\n", 8});
    assert_int_equal(symlink(in_path, out_path), 0);
    struct lode_diag diag;
    assert_int_equal(run(NULL, &diag), LODE_E_ARG);
    assert_non_null(strstr(diag.message, in_path));
    const int in = open(in_path, O_RDONLY), out = open(in_path, O_WRONLY);
    assert_int_equal(lode_compress_fd(in, in_path, out, NULL, NULL), LODE_E_ARG);
    close(in);
    close(out);
    const struct bytes same = read_file(in_path);
    assert_int_equal(same.n, 8);
    free(same.p);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    write_file(in_path, (struct bytes){(uint8_t *)(uintptr_t) ">a\n", 3});
    struct lode_compress_options o[] = {with(-1, 0), with(1, 511), with(1, 65281),
                                        with(1, -1), with(1, 0),   with(1, 0),
                                        with(1, 0),  with(1, 0),   with(1, 0)};
    o[4].level = 13;
    o[5].level = -2;
    o[6].struct_size = 0;
    o[7].layout = -1;
    o[8].layout = LODE_LAYOUT_RESTART + 1;
    for (size_t i = 0; i < sizeof o / sizeof o[0]; i++)
        assert_int_equal(run(&o[i], NULL), LODE_E_ARG);
    assert_int_equal(lode_compress(0, NULL, out_path, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_compress(0, "-", NULL, NULL, NULL), LODE_E_ARG);
    assert_int_equal(lode_compress(-1, "x", out_path, NULL, NULL), LODE_E_IO);
    assert_int_equal(access(out_path, F_OK), -1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        CASE(test_sizes),     CASE(test_block_sizes),   CASE(test_many_jobs),
        CASE(test_levels),    CASE(test_defaults),      CASE(test_to_descriptor),
        CASE(test_progress),  CASE(test_cancel),        CASE(test_cancel_on_silent_pipe),
        CASE(test_same_file), CASE(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
