/* Writes the seed corpora: indexes that the library builds from small FASTA files and damaged forms
 * of them, and BGZF blocks of every kind of header and deflate block. The same bytes at every run.
 */
#include "bgzf.h"
#include "bytes.h"
#include "lode.h"
#include "seeds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static char root[2048];
static uint64_t seed = 88172645463325252u;

uint64_t seed_next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

void seed_check(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "gen_corpus: %s: %s\n", what, strerror(errno));
    exit(1);
}

void seed_damage(uint8_t *p, size_t begin, size_t end)
{
    static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF};
    for (uint64_t k = 1 + seed_next() % 3; k > 0 && begin < end; k--) {
        const size_t at = begin + (size_t)(seed_next() % (end - begin));
        p[at] = seed_next() % 2 == 0 ? values[seed_next() % 5] : (uint8_t)(seed_next() >> 20);
    }
}

const char *seed_path(const char *dir, const char *name)
{
    static char paths[4][4096];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s/%s", root, dir, name);
    return path;
}

void seed_put(const char *dir, const char *name, const void *data, size_t n, const void *tail,
              size_t tail_size)
{
    const char *path = seed_path(dir, name);
    FILE *f = fopen(path, "wb");
    seed_check(f != NULL && fwrite(data, 1, n, f) == n, path);
    seed_check(fwrite(tail, 1, tail_size, f) == tail_size, path);
    seed_check(fclose(f) == 0, path);
}

static void put(const char *dir, const char *name, const void *data, size_t n, int tail)
{
    const uint8_t steer = (uint8_t)tail;
    seed_put(dir, name, data, n, &steer, tail >= 0);
}

/* ---- indexes -------------------------------------------------------------------------------- */

enum { IMAGE_MAX = 1 << 20 };
static uint8_t image[IMAGE_MAX];

static size_t build(const char *const *inputs, size_t n)
{
    char out[4096];
    struct lode_diag diag = {0};
    snprintf(out, sizeof out, "%s/work/seed.lode", root);
    const struct lode_build_options options = {.struct_size = sizeof options,
                                               .out = out,
                                               .threads = 1,
                                               .duplicates_first = 1,
                                               .rescan = 1};
    seed_check(lode_build(inputs, n, &options, NULL, &diag) == LODE_OK, diag.message);
    FILE *f = fopen(out, "rb");
    seed_check(f != NULL, out);
    const size_t size = fread(image, 1, sizeof image, f);
    fclose(f);
    seed_check(size > 0 && size < sizeof image, out);
    return size;
}

/* The index as it is, and with a few bytes of it changed and the sums made good. */
static void put_index(const char *name, size_t n)
{
    static uint8_t copy[IMAGE_MAX];
    char file[256];
    snprintf(file, sizeof file, "%s", name);
    put("container", file, image, n, 0);
    snprintf(file, sizeof file, "%s-verified", name);
    put("container", file, image, n, 3);
    for (int i = 0; i < (n < 50000 ? 400 : 40); i++) {
        memcpy(copy, image, n);
        seed_damage(copy, 0, n);
        snprintf(file, sizeof file, "%s-%03d", name, i);
        put("container", file, copy, n, (int)(1 | (seed_next() & 0x3E)));
    }
    for (size_t cut = 0; cut < n; cut += 1 + n / 25) {
        snprintf(file, sizeof file, "%s-cut%zu", name, cut);
        put("container", file, image, cut, (int)(cut & 1));
    }
}

static char paths[3][4096];

static void make_inputs(void)
{
    static const char *const texts[3] = {
        ">chr1 first of all\nACGTNNNNacgtRYK\nACG\n>chr2\n\n>chr1 again\nUUUU\n>e\nRYKMSWBDHV\n",
        "\n\n>a\r\nACGTACGTACGT\r\nACGT\r\n>chr1\nNNNNNNNN\n", ">  b lead\n"};
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "%c.fa", "xyz"[i]);
        snprintf(paths[i], sizeof paths[i], "%s/work/%s", root, name);
        put("work", name, texts[i], strlen(texts[i]), -1);
    }
}

/* 600 contigs of every letter, in BGZF blocks of 512 bytes. */
static const char *make_large(void)
{
    static char path[4096];
    char plain[4096];
    struct lode_diag diag = {0};
    snprintf(plain, sizeof plain, "%s/work/large", root);
    snprintf(path, sizeof path, "%s/work/large.fa.gz", root);
    FILE *f = fopen(plain, "w+b");
    seed_check(f != NULL, plain);
    for (int i = 0; i < 600; i++) {
        fprintf(f, ">contig%d of %d\n", i, 600);
        for (uint64_t k = seed_next() % 200; k > 0; k--)
            fputc("ACGTacgtNNNnRU"[seed_next() % 14], f);
        fputc('\n', f);
    }
    fflush(f);
    rewind(f);
    const struct lode_compress_options options = {
        .struct_size = sizeof options, .level = 1, .block_size = 512, .threads = 1};
    seed_check(lode_compress(fileno(f), plain, path, &options, &diag) == LODE_OK, diag.message);
    fclose(f);
    return path;
}

static void make_indexes(void)
{
    const char *all[] = {paths[0], paths[1], paths[2]};
    make_inputs();
    const char *large = make_large();
    put_index("one", build(all, 1));
    put_index("three", build(all, 3));
    put_index("empty", build(all + 2, 1));
    put_index("large", build(&large, 1));
    put("container", "nothing", "", 0, 0);
    put("container", "text", ">a\nACGT\n", 8, 1);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static uint8_t block[70000];

/* A block of n bytes of text; shape chooses the parts of its header. */
static size_t make_block(const uint8_t *text, size_t n, int level, int strategy, unsigned shape)
{
    static uint8_t extra[] = {'R', 'A', 1, 0, 7, 'B', 'C', 2, 0, 0, 0, 'Z', 'Z', 0, 0};
    static char name[] = "x.fa";
    gz_header head = {.extra = shape & 1 ? extra : extra + 5, .extra_len = shape & 1 ? 15 : 6};
    z_stream z = {0};
    head.name = shape & 2 ? (Bytef *)name : NULL;
    head.comment = shape & 4 ? (Bytef *)name : NULL;
    head.hcrc = (shape & 8) != 0;
    seed_check(deflateInit2(&z, level, Z_DEFLATED, 31, 8, strategy) == Z_OK, "deflateInit2");
    seed_check(deflateSetHeader(&z, &head) == Z_OK, "deflateSetHeader");
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)n;
    z.next_out = block + 2;
    z.avail_out = sizeof block - 2;
    seed_check(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
    const size_t size = sizeof block - 2 - z.avail_out;
    deflateEnd(&z);
    lode_put16(block + 2 + (shape & 1 ? 21 : 16), (uint16_t)(size - 1));
    return size + 2;
}

static void put_block(int number, size_t n)
{
    char name[64];
    snprintf(name, sizeof name, "block-%03d", number);
    put("bgzf_block", name, block, n, -1);
    for (int i = 0; i < 10; i++) {
        const size_t at = (size_t)(seed_next() % n);
        const uint8_t old = block[at];
        block[at] ^= (uint8_t)(1u << seed_next() % 8);
        snprintf(name, sizeof name, "block-%03d-%d", number, i);
        put("bgzf_block", name, block, i < 8 ? n : (size_t)(seed_next() % n), -1);
        block[at] = old;
    }
}

static void make_blocks(void)
{
    static uint8_t text[40000];
    int number = 0;
    static const size_t sizes[] = {0, 1, 5, 100, 4096, 40000};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 61 == 60 ? '\n' : (uint8_t) "ACGTN"[seed_next() % (i > 20000 ? 5 : 4)];
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int strategy = Z_DEFAULT_STRATEGY; strategy <= Z_FIXED; strategy++)
            for (int level = 0; level <= 9; level += 3) {
                const size_t n = make_block(text, sizes[s], level, strategy, (unsigned)number % 16);
                lode_put16(block, (uint16_t)(seed_next() % (sizes[s] + 1)));
                if (n <= 65536)
                    put_block(number, n);
                number++;
            }
    memcpy(block + 2, lode_bgzf_eof, LODE_BGZF_EOF_SIZE);
    put_block(number, LODE_BGZF_EOF_SIZE + 2);
}

void seed_dir(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", root, name);
    seed_check(mkdir(path, 0777) == 0 || errno == EEXIST, path);
}

int main(int argc, char **argv)
{
    seed_check(argc == 2, "usage: gen_corpus DIRECTORY");
    snprintf(root, sizeof root, "%s", argv[1]);
    seed_check(mkdir(root, 0777) == 0 || errno == EEXIST, root);
    seed_dir("work");
    seed_dir("container");
    seed_dir("bgzf_block");
    make_indexes();
    make_blocks();
    seeds_pairs();
    seeds_stores();
    seeds_texts();
    seeds_sets();
    seeds_flat();
    return 0;
}
