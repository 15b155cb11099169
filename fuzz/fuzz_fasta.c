/* Any bytes as a FASTA file: it is indexed exactly when SPEC 11 allows, and then gives back every
 * base and every byte, from plain text, from blocks, from packed bases. The last byte of the input
 * says which. */
#include "oracle.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 200000 };
enum { STEER_BLOCKS = 1, STEER_PACK = 2, STEER_ONE_PASS = 4, STEER_RESTART = 8, STEER_SMALL = 16 };

/* gzip is for other harnesses: there it is text that counts. */
static bool is_gzip(const uint8_t *p, size_t n)
{
    return n > 1 && p[0] == 0x1F && p[1] == 0x8B;
}

static int build(const char *path, unsigned steer, struct lode_diag *diag)
{
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    options.out = fuzz_path("s.lode");
    (void)remove(options.out);
    options.threads = 1;
    options.rescan = 1;
    options.duplicates_first = 1;
    options.pack = (steer & STEER_PACK) != 0;
    return lode_build(&path, 1, &options, NULL, diag);
}

static int compress(unsigned steer, struct lode_diag *diag)
{
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    FILE *in = fopen(fuzz_path("s.fa"), "rb");
    fuzz_check(in != NULL);
    options.level = 1;
    options.threads = 1;
    options.block_size = steer & STEER_SMALL ? 512 : 0;
    options.layout = steer & STEER_RESTART ? LODE_LAYOUT_RESTART : LODE_LAYOUT_ORDINARY;
    options.index = (steer & STEER_ONE_PASS) != 0;
    options.pack = options.index && (steer & STEER_PACK);
    options.duplicates_first = options.index;
    const int status = lode_compress(fileno(in), "s.fa", fuzz_path("s.gz"), &options, diag);
    (void)fclose(in);
    return status;
}

/* The index at s.lode; or the status of whatever refused the text. */
static int make(unsigned steer, struct lode_diag *diag)
{
    if (!(steer & (STEER_BLOCKS | STEER_ONE_PASS)))
        return build(fuzz_path("s.fa"), steer, diag);
    const int status = compress(steer, diag);
    if (steer & STEER_ONE_PASS)
        return status < 0 ? status : rename(fuzz_path("s.gz.lode"), fuzz_path("s.lode"));
    return status < 0 ? status : build(fuzz_path("s.gz"), steer, diag);
}

static void check_record(const lode_index *index, lode_reader *reader, int64_t id,
                         const struct oracle_fasta *fasta, const uint8_t *text)
{
    static char name[1 << 18];
    static uint8_t bases[1 << 18];
    const struct oracle_record *r = &fasta->records[id];
    const int64_t n = (int64_t)r->length;
    struct lode_contig contig;
    struct lode_diag diag;
    size_t len;
    fuzz_check(lode_contig_at(index, id, &contig, &diag) == LODE_OK && contig.length == n);
    fuzz_check(lode_contig_name(index, id, name, sizeof name, &len) == LODE_OK);
    fuzz_check(len == r->name_len && memcmp(name, text + r->name, len) == 0);
    fuzz_check(lode_fetch_at(reader, &contig, 0, n, bases, n, LODE_BOUNDS_ERROR, 0, &diag) == n);
    fuzz_check(memcmp(bases, fasta->bases + r->bases, r->length) == 0);
    const int64_t at = n / 3, end = n - n / 5;
    fuzz_check(lode_fetch_at(reader, &contig, at, end, bases, n, LODE_BOUNDS_ERROR, 0, &diag) ==
               end - at);
    fuzz_check(memcmp(bases, fasta->bases + r->bases + at, (size_t)(end - at)) == 0);
}

static void check_index(const struct oracle_fasta *fasta, const uint8_t *text, size_t n)
{
    static uint8_t again[1 << 18];
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag;
    lode_index *index = NULL;
    lode_reader *reader = NULL;
    options.level = LODE_VERIFY_FULL;
    options.threads = 1;
    fuzz_check(lode_open(fuzz_path("s.lode"), NULL, &index, &diag) == LODE_OK);
    fuzz_check(lode_verify(index, &options, &diag) == LODE_OK);
    fuzz_check(lode_index_info(index, &info) == LODE_OK && info.contigs == (int64_t)fasta->count);
    fuzz_check(lode_reader_new(index, NULL, &reader) == LODE_OK);
    for (int64_t i = 0; i < info.contigs; i++)
        check_record(index, reader, i, fasta, text);
    fuzz_check(lode_fetch_text(reader, 0, 0, (int64_t)n, again, &diag) == (int64_t)n);
    fuzz_check(memcmp(again, text, n) == 0);
    if (info.contigs < 50)
        oracle_sound(index);
    lode_reader_free(reader);
    lode_close(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_tail tail = {data, size};
    const unsigned steer = (unsigned)fuzz_take(&tail, 1);
    struct oracle_fasta fasta;
    struct lode_diag diag = {0};
    if (is_gzip(data, tail.n) || tail.n > TEXT_MAX)
        return 0;
    fuzz_write("s.fa", data, tail.n);
    oracle_fasta_parse(&fasta, data, tail.n);
    const int status = make(steer, &diag);
    if (status == LODE_OK) {
        fuzz_check(fasta.good);
        check_index(&fasta, data, tail.n);
        (void)remove(fuzz_path("s.lode"));
    } else {
        fuzz_check(!fasta.good && diag.message[0] != 0);
        fuzz_check(status == LODE_E_FORMAT || (status == LODE_E_FOREIGN && data[0] != '>'));
        fuzz_check(fopen(fuzz_path("s.lode"), "rb") == NULL);
    }
    oracle_fasta_free(&fasta);
    return 0;
}
