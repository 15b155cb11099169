/* From bytes of an index to the contigs they tell about: each row of each table, and stretches of
 * any bytes, against a walk over all contigs. */
#include "support.h"

#include "locate.h"
#include "seqplace.h"

static struct bytes image;
static struct lode_seqindex ix;

static struct lode_contig_row contig_row(uint64_t i)
{
    struct lode_contig_row row;
    lode_contig_decode(ix.ctig.rows + i * LODE_STRIDE_CTIG, &row);
    return row;
}

static struct lode_source source_row(uint64_t i)
{
    struct lode_source source;
    assert_int_equal(lode_source_get(&ix, i, &source, NULL), LODE_FMT_OK);
    return source;
}

/* Where contig i stands, as a section counts. */
static uint64_t stands_at(uint32_t id, uint64_t i)
{
    const struct lode_contig_row row = contig_row(i);
    switch (id) {
    case LODE_ID_NAME:
        return row.name_off;
    case LODE_ID_DESC:
        return row.desc_off;
    case LODE_ID_BASE:
        return row.base_off;
    case LODE_ID_BINS:
    case LODE_ID_CASE:
    case LODE_ID_EXCP:
        return 4 * row.base_off;
    default:
        return row.text_off > row.defline_len ? row.text_off - row.defline_len : 0;
    }
}

/* Text at which the piece of row rel begins: of all blocks, the last one that can have it. */
static uint64_t sum_text(const struct lode_source *s, uint64_t rel)
{
    const unsigned log2 = lode_piece_log2(&s->row);
    uint64_t blocks, text = 0;
    if (s->row.kind != LODE_KIND_BGZF)
        return rel << log2;
    const uint8_t *rows = lode_source_blocks(&ix, s, &blocks);
    rel /= lode_slot_rows(&s->row);
    for (uint64_t k = 0; k < blocks; k++) {
        struct lode_block_row block;
        lode_block_decode(rows + k * LODE_STRIDE_BLOK, &block);
        const uint64_t slot = lode_piece_slot(log2, block.text_off, k, 0);
        if (k == 0 || slot <= rel)
            text = block.text_off + ((rel - slot) << log2);
    }
    return text;
}

/* Where row `row` of a section stands, counted the same way, and of which source it is. */
static uint64_t row_at(uint32_t id, uint64_t row, uint64_t number, bool *of_source)
{
    const struct lode_source s = source_row(number);
    const struct lode_begins *b = &s.row.begin, *e = &s.end;
    struct lode_block_row block;
    struct lode_run_row run;
    struct lode_gap_row gap;
    uint64_t place = 0;
#define WITHIN(field) (*of_source = row >= b->field && row < e->field)
    switch (id) {
    case LODE_ID_NAME:
        WITHIN(name);
        return row - b->name;
    case LODE_ID_DESC:
        WITHIN(desc);
        return row - b->desc;
    case LODE_ID_BASE:
        WITHIN(base);
        return row - b->base;
    case LODE_ID_BLOK:
        WITHIN(block);
        lode_block_decode(ix.blok.rows + row * LODE_STRIDE_BLOK, &block);
        return block.text_off;
    case LODE_ID_SUMS:
        WITHIN(sum);
        return *of_source ? sum_text(&s, row - b->sum) : 0;
    case LODE_ID_BINS:
        WITHIN(bin);
        return (row - b->bin) << LODE_BIN_LOG2;
    case LODE_ID_CASE:
        WITHIN(toggle);
        for (uint64_t k = b->bin; k < e->bin; k++) {
            struct lode_bin_row bin;
            lode_bin_decode(ix.bins.rows + k * LODE_STRIDE_BINS, &bin);
            if (bin.toggle <= row - b->toggle)
                place = (k - b->bin) << LODE_BIN_LOG2;
        }
        return place;
    case LODE_ID_EXCP:
        WITHIN(run);
        lode_run_decode(ix.excp.rows + row * LODE_STRIDE_EXCP, &run);
        return run.start;
    case LODE_ID_GAPS:
        lode_gap_decode(ix.gaps.rows + row * LODE_STRIDE_GAPS, &gap);
        *of_source = gap.source == number;
        return gap.text_off;
    default:
        *of_source = false;
        return 0;
    }
#undef WITHIN
}

/* The contig of a row: of its source's, the last that stands at or before it. -1: none. */
static int64_t walk(uint32_t id, uint64_t row)
{
    if (id == LODE_ID_CTIG || id == LODE_ID_DIGS)
        return row < ix.contig_count ? (int64_t)row : -1;
    for (uint64_t number = 0; number < ix.source_count; number++) {
        const struct lode_source s = source_row(number);
        int64_t found = -1;
        bool here;
        const uint64_t place = row_at(id, row, number, &here);
        for (uint64_t i = s.row.begin.contig; here && i < s.end.contig; i++)
            if (found < 0 || stands_at(id, i) <= place)
                found = (int64_t)i;
        if (here)
            return found;
    }
    return -1;
}

static void check_row(const struct lode_section *s, uint64_t row)
{
    const uint64_t at = s->off + row * s->stride;
    uint64_t first = 77, last = 77;
    const int64_t expected = walk(s->id, row);
    const int status = lode_seqindex_contigs_at(&ix, at, at + s->stride, &first, &last);
    if (expected < 0) {
        assert_int_equal(status, LODE_FMT_NOT_FOUND);
        return;
    }
    assert_int_equal(status, LODE_FMT_OK);
    if (first != (uint64_t)expected || last != first)
        fail_msg("%.4s row %llu: contigs %llu to %llu, not %lld", (const char *)&s->id,
                 (unsigned long long)row, (unsigned long long)first, (unsigned long long)last,
                 (long long)expected);
}

/* Every row of small tables, some of large ones. */
static void check_rows(void)
{
    for (uint32_t i = 0; i < ix.box.entry_count; i++) {
        struct lode_section s;
        lode_container_entry(&ix.box, i, &s);
        if (s.id == LODE_ID_BASE)
            s.count = ix.base.count; /* zeros behind them are nobody's */
        const uint64_t step = 1 + s.count / 3000;
        for (uint64_t row = 0; row < s.count; row += step)
            check_row(&s, row);
        if (s.count > 0)
            check_row(&s, s.count - 1);
    }
}

/* A stretch tells of the contigs of the first and last row it touches of each table. */
static void check_stretch(uint64_t begin, uint64_t end)
{
    int64_t least = INT64_MAX, most = -1;
    uint64_t first, last;
    for (uint32_t i = 0; i < ix.box.entry_count; i++) {
        struct lode_section s;
        lode_container_entry(&ix.box, i, &s);
        const uint64_t from = begin > s.off ? begin : s.off;
        const uint64_t to = end < s.off + s.len ? end : s.off + s.len;
        if (from >= to)
            continue;
        const int64_t a = walk(s.id, (from - s.off) / s.stride);
        const int64_t b = walk(s.id, (to - 1 - s.off) / s.stride);
        if (a < 0 || b < 0)
            continue;
        least = a < least ? a : least;
        least = b < least ? b : least;
        most = a > most ? a : most;
        most = b > most ? b : most;
    }
    const int status = lode_seqindex_contigs_at(&ix, begin, end, &first, &last);
    assert_int_equal(status, most < 0 ? LODE_FMT_NOT_FOUND : LODE_FMT_OK);
    if (most >= 0) {
        assert_int_equal(first, least);
        assert_int_equal(last, most);
    }
}

static void check_stretches(struct rng *rng)
{
    check_stretch(0, image.n);
    for (int i = 0; i < 2000; i++) {
        const uint64_t begin = rng_below(rng, image.n);
        check_stretch(begin, begin + 1 + rng_below(rng, i % 2 == 0 ? 200 : image.n - begin));
    }
}

/* Whatever the rows say: a place inside the file, and contigs that there are. */
static void check_damaged(struct rng *rng)
{
    static const uint32_t ids[] = {LODE_ID_SRCE, LODE_ID_CTIG, LODE_ID_BLOK, LODE_ID_BINS,
                                   LODE_ID_GAPS};
    for (size_t i = 0; i < 2000; i++) {
        struct lode_section s;
        uint64_t first, last;
        if (!lode_container_find(&ix.box, ids[i % COUNT_OF(ids)], 0, &s))
            continue;
        image.p[s.off + rng_below(rng, s.len)] ^= (uint8_t)(1u << rng_below(rng, 8));
        const uint64_t begin = rng_below(rng, image.n);
        if (lode_seqindex_contigs_at(&ix, begin, begin + 1 + rng_below(rng, 100000), &first,
                                     &last) == LODE_FMT_OK)
            assert_true(first <= last);
    }
}

static void check_index(const char *const *inputs, size_t n, int pack)
{
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    struct rng rng = {5};
    options.out = tmp_path("places.lode");
    options.digest = 1;
    options.pack = pack;
    options.rescan = 1;
    if (lode_build(inputs, n, &options, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    image = file_read(options.out);
    assert_int_equal(lode_seqindex_parse(image.p, image.n, &ix, NULL), LODE_FMT_OK);
    check_rows();
    check_stretches(&rng);
    check_damaged(&rng);
    bytes_free(&image);
    remove(options.out);
}

/* Sources of every layout, one without records, contigs longer than a bin. */
static void test_contigs_of_bytes(void **state)
{
    (void)state;
    const char *inputs[6];
    struct rng rng = {31};
    for (int i = 0; i < 4; i++) {
        const struct style style = {.records = i == 2 ? 3 : 30,
                                    .max_length = i == 2 ? 400000 : 3000,
                                    .max_width = 80,
                                    .letters = style_letters[i],
                                    .blank_lines = true};
        struct fasta fasta = fasta_random(&rng, &style);
        inputs[i] = fasta_file(&fasta, &"a.fa\0b.fa\0c.fa\0d.fa"[5 * i], 0);
        fasta_free(&fasta);
    }
    compress_ok(inputs[1], tmp_path("e.fa.gz"), 2000);
    inputs[1] = tmp_path("e.fa.gz");
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    options.layout = LODE_LAYOUT_RESTART;
    FILE *in = fopen(inputs[0], "rb");
    assert_non_null(in);
    assert_int_equal(lode_compress(fileno(in), "a", tmp_path("r.fa.gz"), &options, NULL), LODE_OK);
    fclose(in);
    inputs[0] = tmp_path("r.fa.gz");
    inputs[4] = tmp_path("empty.fa");
    file_write(inputs[4], "\n\n\n", 3);
    inputs[5] = tmp_path("header.fa");
    file_write(inputs[5], ">a", 2);
    check_index(inputs, 6, 0);
    check_index(inputs, 6, 1);
    check_index(inputs, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TMP_TEST(test_contigs_of_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
