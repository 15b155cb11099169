#include "packed_support.h"

#include "layout.h"

#include <unistd.h>

/* ---- the text itself ------------------------------------------------------------------------ */

/* A record with the bases that are given; lines of width. */
static void add_record(struct fasta *f, const char *bases, size_t n, size_t width)
{
    struct record *r;
    f->records = realloc(f->records, (f->count + 1) * sizeof *f->records);
    assert_non_null(f->records);
    r = &f->records[f->count];
    memset(r, 0, sizeof *r);
    snprintf(r->name, sizeof r->name, "r%zu", f->count++);
    r->length = (int64_t)n;
    r->bases = malloc(n + 1);
    assert_non_null(r->bases);
    memcpy(r->bases, bases, n);
    bytes_add(&f->text, ">", 1);
    bytes_add(&f->text, r->name, strlen(r->name));
    bytes_add(&f->text, "\n", 1);
    for (size_t at = 0; at < n; at += width) {
        bytes_add(&f->text, bases + at, n - at < width ? n - at : width);
        bytes_add(&f->text, "\n", 1);
    }
}

/* The complement as a table of pairs says. */
static char complement(char c)
{
    static const char pairs[] = "ATTAUACGGCBVVBDHHDKMMKRYYRattauacggcbvvbdhhdkmmkryyr";
    for (size_t i = 0; i + 1 < sizeof pairs; i += 2)
        if (pairs[i] == c)
            return pairs[i + 1];
    return c;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Base i of the output of a read of [begin, end), before folding; pads are N. */
char packed_base(const struct record *r, int64_t begin, int64_t end, uint32_t flags, int64_t i)
{
    const bool reverse = (flags & LODE_REVERSE_COMPLEMENT) != 0;
    const int64_t at = reverse ? end - 1 - i : begin + i;
    const char c = at < 0 || at >= r->length ? 'N' : r->bases[at];
    return reverse ? complement(c) : c;
}

char packed_folded(char c, uint32_t flags)
{
    return (flags & LODE_UPPER) != 0 && is_lower(c) ? (char)(c - 32) : c;
}

/* ---- indexes -------------------------------------------------------------------------------- */

void packed_build(const char *path, const char *out, int threads)
{
    struct lode_diag diag = {0};
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    how.out = out;
    how.pack = 1;
    how.threads = threads;
    if (lode_build(&path, 1, &how, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

/* The packed index of a FASTA that is gone by the time it is read. */
lode_index *packed_of(const struct fasta *fasta, const char *leaf, int block_size)
{
    const char *path = fasta_file(fasta, leaf, block_size), *out = tmp_path("%s.lode", leaf);
    packed_build(path, out, 3);
    assert_int_equal(unlink(path), 0);
    return open_ok(out);
}

/* ---- reads ---------------------------------------------------------------------------------- */

void packed_check_read(lode_reader *reader, const lode_index *index, const struct record *r,
                       int64_t id, int64_t begin, int64_t end, uint32_t flags)
{
    struct lode_contig contig;
    struct lode_diag diag = {0};
    const int64_t n = end - begin;
    char *got = malloc((size_t)n + 2);
    assert_non_null(got);
    memset(got, '?', (size_t)n + 2);
    assert_int_equal(lode_contig_at(index, id, &contig, NULL), LODE_OK);
    if (lode_fetch_at(reader, &contig, begin, end, got + 1, n, LODE_BOUNDS_PAD, flags, &diag) != n)
        fail_msg("%s", diag.message);
    assert_true(got[0] == '?' && got[n + 1] == '?');
    for (int64_t i = 0; i < n; i++)
        if (got[1 + i] != packed_folded(packed_base(r, begin, end, flags, i), flags))
            fail_msg("contig %lld [%lld, %lld) flags %u: base %lld is %c", (long long)id,
                     (long long)begin, (long long)end, flags, (long long)i, got[1 + i]);
    free(got);
}

/* Around the contig's ends, bin borders, and anywhere. */
void packed_check_reads(const lode_index *index, const struct fasta *fasta, struct rng *rng,
                        int count, int64_t max)
{
    lode_reader *reader = reader_ok(index);
    for (int i = 0; i < count; i++) {
        const int64_t id = (int64_t)rng_below(rng, fasta->count);
        const struct record *r = &fasta->records[id];
        int64_t begin = (int64_t)rng_below(rng, (uint64_t)r->length + 4) - 2;
        if (rng_below(rng, 4) == 0 && r->length > 65536)
            begin = (int64_t)(rng_below(rng, (uint64_t)r->length >> 16) << 16) +
                    (int64_t)rng_below(rng, 9) - 4;
        const int64_t n = (int64_t)rng_below(rng, rng_below(rng, 4) == 0 ? (uint64_t)max : 90);
        packed_check_read(reader, index, r, id, begin, begin + n, (uint32_t)rng_below(rng, 4));
    }
    lode_reader_free(reader);
}

/* Longer than a stretch of a build, a bin, what is loaded at a time; case and runs at their worst.
 */
struct fasta packed_hard_text(struct rng *rng)
{
    enum { LONG = 5500000, BINS = 300000 };
    struct fasta f = {0};
    char *bases = malloc(LONG);
    assert_non_null(bases);
    for (size_t i = 0; i < LONG; i++)
        bases[i] = "ACGTacgtN"[rng_below(rng, 9)];
    add_record(&f, bases, LONG, 60); /* bit maps of case, 6 of 9 bins with 65,536 runs */
    for (size_t i = 0; i < BINS; i++)
        bases[i] = i % 2 ? 'n' : 'A';
    add_record(&f, bases, BINS, BINS);
    memset(bases, 'N', BINS);
    add_record(&f, bases, BINS, 70);
    add_record(&f, bases, 0, 70);
    memset(bases, 'g', BINS);
    memset(bases + 65530, 'R', 20);
    add_record(&f, bases, BINS, 1);
    /* bases first, protein behind: that it is stored as bytes shows when most of it is packed */
    for (size_t i = 0; i < LONG; i++)
        bases[i] = i < LONG / 5 * 4 ? "ACGTacgtNnUu"[rng_below(rng, 12)]
                                    : "MKVLAEQwyn*-"[rng_below(rng, 12)];
    add_record(&f, bases, LONG, 61);
    /* RNA, and one that holds both T and U */
    for (size_t i = 0; i < BINS; i++)
        bases[i] = "ACGUacgu"[rng_below(rng, 8)];
    add_record(&f, bases, BINS, 50);
    bases[BINS - 1] = 'T';
    add_record(&f, bases, BINS, 50);
    /* the odd letters of encoding 0, some of which case must not touch */
    for (size_t i = 0; i < BINS; i++)
        bases[i] = rng_below(rng, 40) == 0 ? "@[\\]^_`{|}~*-.RYkm"[rng_below(rng, 18)]
                                           : "ACGTacgt"[rng_below(rng, 2) * 4 + i / 50 % 4];
    add_record(&f, bases, BINS, 50);
    free(bases);
    return f;
}

void packed_check_text(const lode_index *index, const struct fasta *fasta, struct rng *rng)
{
    lode_reader *reader = reader_ok(index);
    uint8_t *dst = malloc(fasta->text.n + 1);
    assert_non_null(dst);
    for (int i = 0; i < 40; i++) {
        const size_t begin = i == 0 ? 0 : (size_t)rng_below(rng, fasta->text.n + 1);
        const size_t room = fasta->text.n - begin;
        const size_t n = i == 0 ? room : (size_t)rng_below(rng, (room < 300 ? room : 300) + 1);
        dst[n] = 0xEE;
        assert_int_equal(
            lode_fetch_text(reader, 0, (int64_t)begin, (int64_t)(begin + n), dst, NULL), n);
        assert_memory_equal(dst, fasta->text.p + begin, n);
        assert_int_equal(dst[n], 0xEE);
    }
    assert_int_equal(lode_fetch_text(reader, 0, 0, (int64_t)fasta->text.n + 1, dst, NULL),
                     LODE_E_RANGE);
    free(dst);
    lode_reader_free(reader);
}
