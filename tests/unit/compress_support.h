/* Owns what the tests of compression share: inputs to compress, made without randomness, and zlib's
 * inflate as the judge of what came out. */
#ifndef LODE_TESTS_COMPRESS_SUPPORT_H
#define LODE_TESTS_COMPRESS_SUPPORT_H

#include "bgzf.h"
#include "io.h"
#include "lode.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { BLOCK = 65280 };

struct bytes {
    uint8_t *p;
    size_t n;
};

enum kind { FASTA, RANDOM, RUN, KINDS };

static inline uint8_t next_byte(enum kind kind, size_t i, uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    if (kind == FASTA)
        return i % 61 == 60 ? '\n' : (uint8_t) "ACGT"[*seed >> 62];
    return kind == RANDOM ? (uint8_t)(*seed >> 56) : 'N';
}

static inline struct bytes make_text(enum kind kind, size_t n)
{
    struct bytes b = {malloc(n + 1), n};
    assert_non_null(b.p);
    uint64_t seed = n + 1;
    for (size_t i = 0; i < n; i++)
        b.p[i] = next_byte(kind, i, &seed);
    if (n > 0)
        b.p[0] = '>'; /* never gzip's magic */
    return b;
}

static inline void append(struct bytes *b, const void *p, size_t n)
{
    b->p = realloc(b->p, b->n + n + 1);
    assert_non_null(b->p);
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

/* Adds one gzip member of text[0, n). */
static inline void append_gzip(struct bytes *b, const uint8_t *text, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t bound = deflateBound(&z, (uLong)n);
    uint8_t *packed = malloc(bound);
    assert_non_null(packed);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)n;
    z.next_out = packed;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    append(b, packed, bound - z.avail_out);
    deflateEnd(&z);
    free(packed);
}

static inline void write_file(const char *path, struct bytes b)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(lode_write_full(fd, b.p, b.n), 0);
    assert_int_equal(close(fd), 0);
}

static inline struct bytes read_file(const char *path)
{
    struct stat st;
    const int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    struct bytes b = {malloc((size_t)st.st_size + 1), (size_t)st.st_size};
    assert_non_null(b.p);
    assert_int_equal(lode_read_full(fd, b.p, b.n), b.n);
    close(fd);
    return b;
}

/* Inflates one whole gzip member by zlib, which checks CRC and size; text bytes. */
static inline size_t inflate_member(const uint8_t *p, size_t n, uint8_t *text)
{
    z_stream z = {0};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = text;
    z.avail_out = 65536;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    inflateEnd(&z);
    return 65536 - z.avail_out;
}

/* Is packed the BGZF of text: every block of block_size bytes but the last, and the end marker? */
static inline void assert_bgzf_of(struct bytes packed, struct bytes text, size_t block_size)
{
    static uint8_t buf[65536];
    size_t at = 0, done = 0;
    while (packed.n - at > LODE_BGZF_EOF_SIZE) {
        struct lode_bgzf_block block;
        assert_int_equal(lode_bgzf_header(packed.p + at, packed.n - at, &block), LODE_BGZF_OK);
        assert_true(block.header == 18 && block.size <= packed.n - at);
        const size_t n = inflate_member(packed.p + at, block.size, buf);
        assert_int_equal(n, text.n - done < block_size ? text.n - done : block_size);
        assert_memory_equal(buf, text.p + done, n);
        assert_true(block.size <= n + 31);
        done += n;
        at += block.size;
    }
    assert_int_equal(done, text.n);
    assert_int_equal(packed.n - at, LODE_BGZF_EOF_SIZE);
    assert_memory_equal(packed.p + at, lode_bgzf_eof, LODE_BGZF_EOF_SIZE);
}

static char dir[512]; /* each test's own, removed afterwards */
static char in_path[1024], out_path[1024];

static inline int make_dir(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/lode-compress-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(in_path, sizeof in_path, "%s/in", dir);
    snprintf(out_path, sizeof out_path, "%s/out.gz", dir);
    return 0;
}

/* Fails when a test left anything but its two files: a temporary, say. */
static inline int drop_dir(void **state)
{
    (void)state;
    unlink(in_path);
    unlink(out_path);
    return rmdir(dir);
}

/* Level 1: most of the tests' time is compression. */
static inline struct lode_compress_options with(int threads, int block_size)
{
    const struct lode_compress_options o = {
        .struct_size = sizeof o, .level = 1, .threads = threads, .block_size = block_size};
    return o;
}

/* Compresses the file at in_path to out_path. */
static inline int run(const struct lode_compress_options *options, struct lode_diag *diag)
{
    const int fd = open(in_path, O_RDONLY);
    assert_true(fd >= 0);
    const int status = lode_compress(fd, in_path, out_path, options, diag);
    assert_int_equal(fcntl(fd, F_GETFD) >= 0, 1); /* still the caller's */
    close(fd);
    return status;
}

static inline struct bytes pack(struct bytes in, const struct lode_compress_options *options)
{
    struct lode_diag diag = {0};
    write_file(in_path, in);
    assert_int_equal(run(options, &diag), LODE_OK);
    return read_file(out_path);
}

/* The bytes made of in by 1 to 4 threads are the same, and the BGZF of text. */
static inline void check(struct bytes in, struct bytes text, int block_size)
{
    struct lode_compress_options o = with(1, block_size);
    const struct bytes one = pack(in, &o);
    assert_bgzf_of(one, text, block_size > 0 ? (size_t)block_size : BLOCK);
    for (o.threads = 2; o.threads <= 4; o.threads++) {
        const struct bytes more = pack(in, &o);
        assert_int_equal(more.n, one.n);
        assert_memory_equal(more.p, one.p, one.n);
        free(more.p);
    }
    free(one.p);
}

#endif
