#include "litcode.h"
#include "lode.h"
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void put_text(const char *dir, size_t number, const char *text, size_t n, unsigned steer,
                     size_t steers)
{
    char name[64];
    const uint8_t tail[4] = {(uint8_t)steer, (uint8_t)(steer >> 8), (uint8_t)(steer >> 16)};
    snprintf(name, sizeof name, "%04zu-%u", number, steer);
    seed_put(dir, name, text, n, tail, steers);
}

/* ---- FASTA ---------------------------------------------------------------------------------- */

static const char *const texts[] = {
    "",
    "\n",
    ">",
    ">a",
    ">a\n",
    ">a\nACGT",
    ">a\nACGT\n",
    ">a\r\nACGT\r\nAC\r\n",
    ">a\nACGT\nACGT\nA\n>b x y\nNNNN\n",
    ">a\n\nACGT\n",
    ">a\nACGT\n\n>b\nA\n",
    ">a\nAC\nACGT\n",
    ">a\nACGT\nAC\nACGT\n",
    ">a\nACGT\r\nACGT\nAC\n",
    ">a\nACGT\nACGT\r\nAC\r\n",
    ">a b\tc\n>a\nA\n>a\nC\n",
    ">  \tlead x\nacgtACGT\nRYKM\n",
    ">p\nMKLVWYACDEFGHIKLMNPQ\n",
    ">u\nACGUacgu\nNNnn\n",
    ">ut\nACGTU\n",
    ">a\nAC GT\n",
    ">a\nACGT \n",
    ">a\n \nACGT\n",
    "ACGT\n",
    ";c\n>a\nACGT\n",
    ">a\nAC>GT\n",
    ">a\nAC\rGT\n",
    ">a\rACGT\r",
    ">a\nACGT\n\r\n\r\n>b\n\n",
    ">a\nNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNN\nNNNNNNNNNN\n",
    ">a\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
    "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC\n"
    "GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGG\nTT\n",
};

static void make_fasta(void)
{
    static char big[30000];
    size_t n = 0;
    seed_dir("fasta");
    seed_dir("lines");
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        put_text("lines", i, texts[i], strlen(texts[i]), 0, 0);
        for (unsigned steer = 0; steer < 32; steer += 1 + (unsigned)(seed_next() % 5))
            put_text("fasta", i, texts[i], strlen(texts[i]), steer, 1);
    }
    for (int i = 0; i < 40; i++) {
        n += (size_t)snprintf(big + n, sizeof big - n, ">contig%d of some\n", i);
        for (uint64_t k = seed_next() % 10 * 61; k > 0; k--)
            big[n++] = k % 61 == 0 ? '\n' : "ACGTacgtNNRU"[seed_next() % (i % 3 ? 8 : 12)];
        big[n++] = '\n';
    }
    put_text("lines", 1000, big, n, 0, 0);
    for (unsigned steer = 0; steer < 32; steer++)
        put_text("fasta", 1000, big, n, steer, 1);
}

/* ---- regions, BED --------------------------------------------------------------------------- */

static const char *const regions[] = {
    "chr1",
    "chr1:1-10",
    "chr1:2-5",
    "a::b",
    "{a}::b",
    "a::{b}",
    "one::chr1:1",
    "{one}::{chr1}:5",
    "{c}",
    "{{c}}",
    "1",
    "1:1-",
    "x:y:1-1",
    "chr1:10",
    "e-5",
    "e-5:1-2",
    ":",
    "::",
    ":::1",
    "one::::1",
    "chr1:-5",
    "chr1:5-",
    "chr1:0",
    "chr1:0-4",
    "chr1:1,0-1,000",
    "chr1:1k-2m",
    "chr1:1e1-",
    "chr1:0.5k",
    "HLA*01:01:01",
    "HLA*01:01:01:2-3",
    "chr1: 1 - 3",
    "chr1:+1-3",
    "chr1:9-2",
    "a::chr1",
    "chr2:1.5",
    "nothing",
    "chr1:99999999999999999999-",
    "",
};

static const char *const beds[] = {
    "c\t1\t5\n",
    "c\t1\t5\tname\t0\t-\n",
    "c 1 5 n 0 +\n",
    "#c\ntrack name=x\nbrowser y\n\nc\t0\t0\n",
    "c\t10\t100\tn\t0\t+\t10\t100\t0\t2\t10,20\t0,70\n",
    "c\t10\t100\tn\t0\t+\t10\t100\t0\t2\t10,20,\t0,70,\r\n",
    "c\t10\t100\tn\t0\t+\t10\t100\t0\t3\t10,20\t0,70\n",
    "c\t-5\t5\n",
    "c\t5\t1\n",
    "c\t9223372036854775807\t9223372036854775807\n",
    "c\t-9223372036854775808\t9223372036854775807\tn\t0\t-\t1\t1\t1\t1\t1\t1\n",
    "\t1\t2\n",
    "c\t1\n",
    "c\tx\ty",
};

static void make_places(void)
{
    seed_dir("region");
    seed_dir("bed");
    for (size_t i = 0; i < COUNT_OF(regions); i++)
        put_text("region", i, regions[i], strlen(regions[i]), 0, 0);
    for (size_t i = 0; i < COUNT_OF(beds); i++)
        put_text("bed", i, beds[i], strlen(beds[i]), 0, 0);
}

/* ---- tracks --------------------------------------------------------------------------------- */

static void make_tracks(void)
{
    static const char *const idx[] = {
        "chr1\t0\nchr2\t8\n\t16\n",
        "chr1\t0\r\nchr2\t8\r\n\t16\r\n",
        "\t16\n",
        "\t0\n",
        "",
        "chr1\t0\nchr2\t20\n\t16\n",
        "chr1\t4\n\t16\n",
        "chr1\t0\n\t16\nx\t16\n",
        "chr1 0\n\t16\n",
        "chr1\t0x\n\t16\n",
        "a\t0\na\t8\n\t16\n",
        "a\t0\nb\t0\nc\t16\n\t16",
        "a\t0\n\t99999999999999999999\n",
        "a b\t0\n\t16\n",
        "\n\na\t0\n\n\t16\n\n",
    };
    seed_dir("track");
    for (size_t i = 0; i < COUNT_OF(idx); i++)
        for (unsigned type = 0; type < 12; type += 3)
            put_text("track", i, idx[i], strlen(idx[i]), (idx[i][0] == 0 ? 0u : 16u) | type << 16,
                     3);
}

/* ---- restart blocks ------------------------------------------------------------------------- */

static void make_restarts(void)
{
    static uint8_t text[20000], out[30000];
    static const char *const letters[] = {"ACGT", "ACGTacgtN", "AAAAAAAAAAAAAAAAAAAC"};
    seed_dir("restart");
    for (size_t kind = 0; kind < COUNT_OF(letters); kind++) {
        uint64_t counts[LODE_LITERALS] = {0};
        struct lode_litcode code;
        for (size_t i = 0; i < sizeof text; i++)
            text[i] =
                i % 61 == 60 ? '\n' : (uint8_t)letters[kind][seed_next() % strlen(letters[kind])];
        lode_litcode_count(text, sizeof text, counts);
        lode_litcode_make(counts, &code);
        const size_t n = lode_litcode_write(&code, text, sizeof text, out);
        for (int i = 0; i < 30; i++) {
            uint8_t tail[10];
            char name[64];
            const uint64_t skip[2] = {seed_next() % 5000, seed_next() % 19000};
            for (int k = 0; k < 2; k++) { /* taken from the end: the second piece first in memory */
                const uint64_t bit = code.header_bits + lode_litcode_bits(&code, text, skip[k]);
                const uint64_t want = seed_next() % 1000;
                uint8_t *t = tail + 5 * (1 - k);
                t[0] = (uint8_t)want;
                t[1] = (uint8_t)(want >> 8);
                t[2] = (uint8_t)bit;
                t[3] = (uint8_t)(bit >> 8);
                t[4] = (uint8_t)(bit >> 16);
            }
            snprintf(name, sizeof name, "%zu-%02d", kind, i);
            if (i % 3 == 2)
                out[seed_next() % n] ^= (uint8_t)(1u << seed_next() % 8);
            seed_put("restart", name, out, n, tail, sizeof tail);
        }
    }
}

void seeds_texts(void)
{
    make_fasta();
    make_places();
    make_tracks();
    make_restarts();
}
