/* Restart blocks are decoded from any piece on to what zlib makes of the whole block; damaged bits
 * give other bytes or a refusal and touch nothing else; files of restart blocks, and of such among
 * others, give the text. */
#include "bgzf.h"
#include "bytes.h"
#include "deflate.h"
#include "guard.h"
#include "layout.h"
#include "restart.h"
#include "support.h"

#include <zlib.h>

enum { PIECE = 1 << LODE_RESTART_LOG2, BLOCK = LODE_DEFLATE_TEXT_MAX, PIECES = BLOCK / PIECE + 1 };

/* ---- one block ------------------------------------------------------------------------------ */

struct packed {
    struct lode_litcode code;
    struct lode_restart restart;
    uint8_t text[BLOCK], stream[2 * BLOCK + 1000];
    size_t n, size, pieces;
    uint64_t bits[PIECES + 1]; /* where pieces begin, by the length of each literal */
};
static struct packed p;

static const char *const alphabets[] = {"ACGT", "ACGTacgt\n", "ACGTNacgtn\n>chr1 ", "N", NULL};

/* Text whose code is counted from it, or from a part of it so that some codes are long. */
static void pack(struct rng *rng, const char *alphabet, size_t n)
{
    uint64_t counts[LODE_LITERALS] = {0};
    for (size_t i = 0; i < n; i++)
        p.text[i] = alphabet == NULL ? (uint8_t)rng_next(rng)
                    : rng_below(rng, 500) == 0
                        ? (uint8_t)rng_next(rng)
                        : (uint8_t)alphabet[rng_below(rng, strlen(alphabet))];
    lode_litcode_count(p.text, n / 2, counts);
    lode_litcode_make(counts, &p.code);
    lode_restart_init(&p.restart, &p.code);
    p.n = n;
    p.size = lode_litcode_write(&p.code, p.text, n, p.stream);
    p.pieces = 0;
    uint64_t bit = p.code.header_bits;
    for (size_t i = 0; i < n; i++) {
        if (i % PIECE == 0)
            p.bits[p.pieces++] = bit;
        bit += p.code.lengths[p.text[i]];
    }
    p.bits[p.pieces] = bit;
}

static size_t size_of_piece(size_t k)
{
    return (k + 1) * PIECE <= p.n ? PIECE : p.n - k * PIECE;
}

/* What zlib makes of it is what was packed. */
static void check_stream(void)
{
    static uint8_t out[BLOCK + 1];
    z_stream z = {.next_in = p.stream, .next_out = out};
    z.avail_in = (uInt)p.size;
    z.avail_out = sizeof out;
    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, p.n);
    assert_memory_equal(out, p.text, p.n);
    inflateEnd(&z);
}

/* Pieces [first, end) from the bytes that hold them, up to `behind` more. */
static void check_pieces(struct guard *in, struct guard *out, size_t first, size_t end,
                         size_t behind)
{
    struct lode_restart_piece pieces[PIECES];
    const size_t from = (size_t)(p.bits[first] / 8);
    size_t to = (size_t)((p.bits[end] + 7) / 8) + behind, n = 0;
    to = to < p.size ? to : p.size;
    for (size_t k = first; k < end; k++)
        n += size_of_piece(k);
    uint8_t *src = guard_copy(in, p.stream + from, to - from), *dst = guard_place(out, n);
    for (size_t k = first; k < end; k++)
        pieces[k - first] = (struct lode_restart_piece){
            p.bits[k] - 8 * from, dst + (k - first) * PIECE, size_of_piece(k)};
    assert_true(lode_restart_decode(&p.restart, src, to - from, pieces, end - first));
    assert_memory_equal(dst, p.text + first * PIECE, n);
    if (to - from > 1) { /* a byte less does not hold them, when nothing is behind */
        src = guard_copy(in, p.stream + from, (size_t)((p.bits[end] - 1) / 8) - from);
        assert_false(lode_restart_decode(&p.restart, src, (size_t)((p.bits[end] - 1) / 8) - from,
                                         pieces, end - first));
    }
}

static void test_every_piece_of_every_block(void **state)
{
    struct rng rng = {21};
    struct guard in, out;
    (void)state;
    assert_true(guard_new(&in, sizeof p.stream) && guard_new(&out, BLOCK));
    for (unsigned round = 0; round < 40; round++) {
        const size_t n = round < 6 ? (size_t[]){1, 7, 1023, 1024, 1025, BLOCK}[round]
                                   : (size_t)rng_range(&rng, 1, BLOCK);
        pack(&rng, alphabets[round % COUNT_OF(alphabets)], n);
        check_stream();
        for (size_t k = 0; k < p.pieces; k++)
            check_pieces(&in, &out, k, k + 1, (size_t)rng_below(&rng, 12));
        check_pieces(&in, &out, 0, p.pieces, 12);
        for (int i = 0; i < 20; i++) {
            const size_t first = (size_t)rng_below(&rng, p.pieces);
            check_pieces(&in, &out, first, (size_t)rng_range(&rng, first + 1, p.pieces),
                         (size_t)rng_below(&rng, 12));
        }
    }
    guard_free(&in);
    guard_free(&out);
}

/* Bits of any kind, from any place: no crash, no byte outside. Odd pieces lie before the page that
 * is forbidden, with a byte kept between them and what is in front. */
static void test_damaged_bits(void **state)
{
    struct rng rng = {22};
    struct guard in, out;
    size_t refused = 0, other = 0;
    (void)state;
    assert_true(guard_new(&in, 4096) && guard_new(&out, 4096));
    for (unsigned round = 0; round < 20000; round++) {
        if (round % 500 == 0)
            pack(&rng, alphabets[round / 500 % COUNT_OF(alphabets)], 8 * PIECE);
        const size_t size = (size_t)rng_range(&rng, 1, 600), n = (size_t)rng_below(&rng, 1500);
        uint8_t *src = guard_copy(&in, p.stream + p.bits[1] / 8, size);
        for (uint64_t i = rng_below(&rng, 20); i > 0; i--)
            src[rng_below(&rng, size)] ^= (uint8_t)(1u << rng_below(&rng, 8));
        uint8_t *dst = guard_place(&out, n + 1);
        const uint64_t bit = rng_below(&rng, 10) == 0 ? rng_next(&rng) : p.bits[1] % 8;
        const struct lode_restart_piece pieces[] = {
            {bit, dst + 1, n / 2}, {rng_below(&rng, 4000), dst + 1 + n / 2, n - n / 2}};
        const bool ok = lode_restart_decode(&p.restart, src, size, pieces, 2);
        assert_int_equal(dst[0], 0xEE);
        refused += !ok;
        other += ok;
    }
    assert_true(refused > 1000 && other > 1000);
    guard_free(&in);
    guard_free(&out);
}

/* The block ends where literals were to come. */
static void test_end_of_block_inside_a_piece(void **state)
{
    struct rng rng = {23};
    uint8_t out[PIECE + 1];
    (void)state;
    pack(&rng, "ACGT", 700);
    memset(p.stream + p.size, 0, 200);
    const struct lode_restart_piece piece = {p.bits[0], out, 701};
    assert_false(lode_restart_decode(&p.restart, p.stream, p.size + 200, &piece, 1));
}

/* ---- files ---------------------------------------------------------------------------------- */

/* What the first eight blocks with text tell of a file. */
struct told {
    int blocks;
    bool restart, large;
};

static void look(struct told *told, const uint8_t *block, size_t size, size_t n)
{
    struct lode_litcode code;
    if (told->blocks++ == 8)
        told->blocks = 8;
    else if (lode_litcode_parse(block + LODE_BGZF_MIN_HEADER,
                                size - LODE_BGZF_MIN_HEADER - LODE_BGZF_TRAILER, &code))
        told->restart = true;
    else if (n > 16384)
        told->large = true;
}

/* Blocks of the text: of the one code, of another, ordinary ones, stored ones, empty ones. When
 * they are mixed, up to nine others come before the first of the code. */
static struct bytes mixed_file(struct rng *rng, const struct fasta *fasta, bool mixed,
                               struct told *told)
{
    static uint8_t block[BLOCK + LODE_DEFLATE_OVERHEAD];
    struct bytes out = {0};
    struct lode_litcode code, other;
    uint64_t counts[LODE_LITERALS] = {0};
    lode_litcode_count(fasta->text.p, fasta->text.n, counts);
    lode_litcode_make(counts, &code);
    counts['A'] *= 8;
    lode_litcode_make(counts, &other);
    struct lode_deflate *packer[] = {lode_deflate_new(0), lode_deflate_new(6)};
    uint64_t before = mixed ? rng_below(rng, 10) : 0;
    *told = (struct told){0};
    for (size_t at = 0, n; at < fasta->text.n; at += n) {
        const uint64_t kind = before > 0 ? 4 + rng_below(rng, 2) : mixed ? rng_below(rng, 6) : 0;
        const size_t most = rng_below(rng, 3) == 0 ? 1100 : BLOCK;
        n = (size_t)rng_range(rng, 1, most < fasta->text.n - at ? most : fasta->text.n - at);
        const uint8_t *text = fasta->text.p + at;
        const size_t size = kind < 3 ? lode_deflate_restart(packer[1], &code, true, text, n, block)
                            : kind < 4
                                ? lode_deflate_restart(packer[1], &other, true, text, n, block)
                                : lode_deflate_block(packer[kind - 4], text, n, block);
        if (mixed && rng_below(rng, 4) == 0)
            bytes_add(&out, lode_bgzf_eof, sizeof lode_bgzf_eof);
        bytes_add(&out, block, size);
        look(told, block, size, n);
        before -= before > 0;
    }
    bytes_add(&out, lode_bgzf_eof, sizeof lode_bgzf_eof);
    lode_deflate_free(packer[0]);
    lode_deflate_free(packer[1]);
    return out;
}

static void check_file(struct rng *rng, const struct fasta *fasta, const struct bytes *file,
                       const struct told *told)
{
    const char *path = tmp_path("g.fa.gz");
    struct lode_source_info info = {.struct_size = sizeof info};
    struct lode_diag diag;
    file_write(path, file->p, file->n);
    build_ok(&path, 1, tmp_path("g.lode"));
    lode_index *index = open_ok(tmp_path("g.lode"));
    lode_reader *reader = reader_ok(index);
    assert_int_equal(lode_source_info(index, 0, &info, NULL), LODE_OK);
    assert_int_equal(info.restart, told->restart);
    assert_int_equal(info.small, !told->restart && !told->large);
    const struct lode_verify_options full = {.struct_size = sizeof full, .level = LODE_VERIFY_FULL};
    assert_int_equal(lode_verify(index, &full, &diag), LODE_OK);
    assert_int_equal(read_randomly(index, reader, fasta, rng, 400, 300), LODE_OK);
    assert_int_equal(read_randomly(index, reader, fasta, rng, 40, 400000), LODE_OK);
    uint8_t *text = malloc(fasta->text.n);
    assert_int_equal(lode_fetch_text(reader, 0, 0, (int64_t)fasta->text.n, text, &diag),
                     fasta->text.n);
    assert_memory_equal(text, fasta->text.p, fasta->text.n);
    free(text);
    lode_reader_free(reader);
    lode_close(index);
}

static void test_files_of_restart_blocks_and_of_others_among_them(void **state)
{
    struct rng rng = {24};
    int restart = 0, others = 0;
    (void)state;
    for (int round = 0; round < 40; round++) {
        struct told told;
        const struct style style = {.records = 1 + rng_below(&rng, 6),
                                    .max_length = round % 3 == 0 ? 3000 : 300000,
                                    .max_width = 200,
                                    .eol = STYLE_EITHER,
                                    .letters = style_letters[round % 4],
                                    .blank_lines = true,
                                    .open_end = true};
        struct fasta fasta = fasta_random(&rng, &style);
        struct bytes file = mixed_file(&rng, &fasta, round % 4 > 0, &told);
        check_file(&rng, &fasta, &file, &told);
        restart += told.restart;
        others += !told.restart;
        bytes_free(&file);
        fasta_free(&fasta);
    }
    assert_true(restart > 20 && others > 2);
}

/* Windows of 1,000 bases that are refused after an edit of the file; the others are right. */
static size_t refused_windows(const struct fasta *fasta)
{
    size_t refused = 0;
    lode_index *index = open_ok(tmp_path("g.lode"));
    lode_reader *reader = reader_ok(index);
    for (int64_t id = 0; id < (int64_t)fasta->count; id++) {
        struct lode_contig contig;
        assert_int_equal(lode_contig_at(index, id, &contig, NULL), LODE_OK);
        for (int64_t begin = 0; begin < contig.length; begin += 1000) {
            const int64_t end = begin + 1000 < contig.length ? begin + 1000 : contig.length;
            const int got = read_judged(reader, &contig, &fasta->records[id], begin, end);
            assert_true(got == LODE_OK || got == LODE_E_DAMAGED || got == LODE_E_STALE);
            refused += got != LODE_OK;
        }
    }
    const struct lode_verify_options full = {.struct_size = sizeof full, .level = LODE_VERIFY_FULL};
    assert_int_not_equal(lode_verify(index, &full, NULL), LODE_OK);
    lode_reader_free(reader);
    lode_close(index);
    return refused;
}

/* One bit flipped, behind the first block's header and not where the fingerprint sees it: it costs
 * the piece that it is in and no other. */
static void test_edited_files(void **state)
{
    struct rng rng = {25};
    const struct style style = {
        .records = 2, .max_length = 150000, .max_width = 80, .same_length = true};
    struct fasta fasta = fasta_random(&rng, &style);
    struct told told;
    struct bytes file = mixed_file(&rng, &fasta, false, &told);
    char path[600];
    const char *inputs[] = {path};
    size_t refused = 0;
    (void)state;
    snprintf(path, sizeof path, "%s", tmp_path("g.fa.gz"));
    file_write(path, file.p, file.n);
    build_ok(inputs, 1, tmp_path("g.lode"));
    for (int round = 0; round < 60; round++) {
        const size_t at = (size_t)rng_range(&rng, 5000, file.n - 5000);
        const uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));
        file.p[at] ^= bit;
        file_write(path, file.p, file.n);
        file.p[at] ^= bit;
        const size_t found = refused_windows(&fasta);
        assert_true(found <= 4);
        refused += found > 0;
    }
    assert_true(refused > 40); /* the others are in headers and trailers */
    bytes_free(&file);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_piece_of_every_block),
        cmocka_unit_test(test_damaged_bits),
        cmocka_unit_test(test_end_of_block_inside_a_piece),
        TMP_TEST(test_files_of_restart_blocks_and_of_others_among_them),
        TMP_TEST(test_edited_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
