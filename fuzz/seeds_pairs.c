#include "bytes.h"
#include "lode.h"
#include "pair.h"
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGE_MAX = 1 << 20, DAMAGED = 60 };

static uint8_t image[2 * IMAGE_MAX];

static size_t load(const char *path, uint8_t *p)
{
    FILE *f = fopen(path, "rb");
    seed_check(f != NULL, path);
    const size_t n = fread(p, 1, IMAGE_MAX, f);
    seed_check(fclose(f) == 0 && n < IMAGE_MAX, path);
    return n;
}

/* Text of each kind of row: case, N, other letters, lines of both ends, an empty contig. */
static void write_text(const char *path)
{
    FILE *f = fopen(path, "wb");
    seed_check(f != NULL, path);
    fputs(">  lead soft-masked\nACGTacgtNNACGT\nACGT\n\n>crlf\r\nACGTACGT\r\nAC\r\n>empty\n>rna\n"
          "ACGUacguNN\n>protein some\nMKLVWYACDEFGHIKLMNPQ\nRST\n",
          f);
    for (int i = 0; i < 12; i++) {
        const uint64_t lines = seed_next() % 20;
        fprintf(f, ">chr%d of twelve\n", i);
        for (uint64_t k = 0; k <= lines; k++) {
            for (int j = 0; j < 60; j++)
                fputc((i % 4 == 0 ? "ACGTacgtNNNR" : "ACGTACGTACGT")[seed_next() % 12], f);
            fputc('\n', f);
        }
    }
    seed_check(fclose(f) == 0, path);
}

static void write_track(const char *path)
{
    char idx[4200];
    FILE *f = fopen(path, "wb");
    seed_check(f != NULL, path);
    for (int i = 0; i < 4000; i++)
        fputc((int)(seed_next() % 16), f);
    seed_check(fclose(f) == 0, path);
    snprintf(idx, sizeof idx, "%s", seed_path("work", "s.idx"));
    f = fopen(idx, "w");
    seed_check(f != NULL, idx);
    fputs("chr1\t0\nchr2\t1000\nempty\t3000\nchr3\t3000\n\t4000\n", f);
    seed_check(fclose(f) == 0, idx);
}

/* Puts the file at `path` in place of s as BGZF; layout < 0 leaves it plain. */
static void make_source(const char *path, int layout, int block_size)
{
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    struct lode_diag diag = {0};
    if (layout < 0) {
        seed_check(rename(path, seed_path("work", "s")) == 0, path);
        return;
    }
    FILE *in = fopen(path, "rb");
    seed_check(in != NULL, path);
    options.layout = layout;
    options.block_size = block_size;
    options.threads = 1;
    seed_check(lode_compress(fileno(in), path, seed_path("work", "s"), &options, &diag) == LODE_OK,
               diag.message);
    fclose(in);
}

static void build(int pack, int track)
{
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag = {0};
    const char *path = seed_path("work", "s");
    options.out = seed_path("work", "pair.lode");
    (void)unlink(options.out); /* one with other options would be kept */
    options.threads = 1;
    options.rescan = 1;
    options.pack = pack;
    options.track = track;
    options.digest = !track;
    seed_check(lode_build(&path, 1, &options, NULL, &diag) == LODE_OK, diag.message);
}

static void put(const char *dir, const char *name, const uint8_t *p, size_t n, size_t source,
                unsigned steer)
{
    uint8_t tail[5];
    lode_put32(tail, (uint32_t)source);
    tail[4] = (uint8_t)steer;
    seed_put(dir, name, p, n, tail, sizeof tail);
}

static void put_pair(const char *dir, const char *name)
{
    static uint8_t copy[2 * IMAGE_MAX];
    char file[256];
    const size_t index = load(seed_path("work", "pair.lode"), image);
    const size_t source = load(seed_path("work", "s"), image + index);
    snprintf(file, sizeof file, "%s", name);
    put(dir, file, image, index + source, source, 0);
    for (int i = 0; i < DAMAGED; i++) {
        memcpy(copy, image, index + source);
        snprintf(file, sizeof file, "%s-index-%02d", name, i);
        seed_damage(copy, 0, index);
        put(dir, file, copy, index + source, source, PAIR_RESEAL | (unsigned)(seed_next() & 12));
        memcpy(copy, image, index + source);
        snprintf(file, sizeof file, "%s-source-%02d", name, i);
        seed_damage(copy, index, index + source);
        put(dir, file, copy, index + source, source,
            (seed_next() & 1 ? PAIR_ADOPT : 0) | (unsigned)(seed_next() & 12));
    }
}

static void make_pair(const char *name, int layout, int block_size, int track)
{
    const char *text = seed_path("work", "text");
    (void)unlink(seed_path("work", "s"));
    if (track)
        write_track(text);
    else
        write_text(text);
    make_source(text, layout, block_size);
    build(0, track);
    put_pair("reads", name);
    put_pair("verify", name);
    put_pair("live", name);
    put_pair("nomem", name);
    if (track)
        return;
    build(1, 0);
    put_pair("packed", name);
    put_pair("live", "packed");
    put_pair("nomem", "packed");
    put_pair("verify", strcmp(name, "plain") == 0 ? "packed" : name);
}

void seeds_pairs(void)
{
    seed_dir("reads");
    seed_dir("verify");
    seed_dir("packed");
    seed_dir("live");
    seed_dir("nomem");
    make_pair("plain", -1, 0, 0);
    make_pair("blocks", LODE_LAYOUT_ORDINARY, 512, 0);
    make_pair("block", LODE_LAYOUT_ORDINARY, 0, 0);
    make_pair("fine", LODE_LAYOUT_SMALL, 0, 0);
    make_pair("restart", LODE_LAYOUT_RESTART, 0, 0);
    make_pair("track", LODE_LAYOUT_ORDINARY, 512, LODE_TRACK_F32);
}
