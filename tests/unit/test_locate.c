/* Position -> text offset against a text laid out base by base, text offset -> block against a
 * search that looks at every row. */
#include "guard.h"
#include "locate.h"
#include "status.h"
#include "support.h"

/* ---- positions ------------------------------------------------------------------------------ */

/* Lays out length bases in lines from text offset 37 and asks for each of them where it went. */
static void check_lines(uint64_t length, uint64_t line_bases, uint16_t eol)
{
    const struct lode_contig_row row = {
        .text_off = 37,
        .length = length,
        .line_bases = length < line_bases ? length : line_bases,
        .flags = (uint16_t)(eol << LODE_CTIG_EOL_LINES_SHIFT | eol << LODE_CTIG_EOL_LAST_SHIFT),
    };
    const uint64_t width = lode_line_width(row.line_bases, row.flags);
    uint64_t at = 37;
    for (uint64_t pos = 0; pos < length; pos++) {
        if (pos > 0 && pos % line_bases == 0)
            at += eol;
        assert_true(lode_text_of_base(37, row.line_bases, width, pos) == at);
        at++;
    }
    assert_true(lode_contig_text_end(&row) == at);
}

static void test_every_position(void **state)
{
    (void)state;
    struct rng rng = {21};
    for (uint64_t width = 1; width <= 200; width++)
        for (uint16_t eol = LODE_EOL_LF; eol <= LODE_EOL_CRLF; eol++) {
            static const uint64_t lines[] = {0, 1, 2, 7};
            for (size_t i = 0; i < COUNT_OF(lines); i++) {
                check_lines(width * lines[i], width, eol);
                check_lines(width * lines[i] + rng_range(&rng, 1, width), width, eol);
            }
        }
}

/* The examples of SPEC 6.3. */
static void test_worked_numbers(void **state)
{
    (void)state;
    static const uint64_t pos[] = {0, 5, 6, 12, 14}, lf[] = {6, 11, 13, 20, 22};
    for (size_t i = 0; i < COUNT_OF(pos); i++)
        assert_true(lode_text_of_base(6, 6, 7, pos[i]) == lf[i]);
    assert_int_equal(lode_line_width(6, 0x2A), 8);
    assert_int_equal(lode_text_of_base(7, 6, 8, 5), 12);
    assert_int_equal(lode_text_of_base(7, 6, 8, 6), 15);
    assert_int_equal(lode_text_of_base(7, 6, 8, 14), 25);
    assert_int_equal(lode_text_of_base(3, 4, 5, 3), 6);
}

/* A single line, and many, of nearly 2^48 bases. */
static void test_huge_contigs(void **state)
{
    (void)state;
    const uint64_t n = LODE_TEXT_MAX - 100;
    assert_true(lode_text_of_base(50, n, n + 1, n - 1) == 50 + n - 1);
    assert_true(lode_text_of_base(50, 1, 3, n) == 50 + 3 * n);
}

/* ---- blocks --------------------------------------------------------------------------------- */

enum { ROWS_MAX = 2000 };

struct blocks {
    uint64_t text[ROWS_MAX + 1];
    uint64_t n;
    uint8_t *rows; /* before a forbidden page */
};

static struct guard guard;

static int make_guard(void **state)
{
    (void)state;
    return guard_new(&guard, 16 * (ROWS_MAX + 1)) ? 0 : -1;
}

static int drop_guard(void **state)
{
    (void)state;
    guard_free(&guard);
    return 0;
}

enum shape { EVEN, RANDOM, SOME_EMPTY, RUNS_OF_EMPTY, ALL_EMPTY, FULL, ONE_LARGE, SHAPES };

static uint64_t block_size(struct rng *rng, enum shape shape, uint64_t i)
{
    switch (shape) {
    case EVEN:
        return 65280;
    case FULL:
        return 65536;
    case RANDOM:
        return rng_range(rng, 1, 65536);
    case SOME_EMPTY:
        return rng_below(rng, 2) * rng_range(rng, 1, 1000);
    case RUNS_OF_EMPTY:
        return i / 20 % 2 == 0 ? 0 : rng_range(rng, 0, 3);
    case ONE_LARGE:
        return i == 7 ? 65536 : 1;
    default:
        return 0;
    }
}

static struct blocks make_blocks(struct rng *rng, enum shape shape, uint64_t n)
{
    struct blocks b = {.n = n, .rows = guard_place(&guard, 16 * (n + 1))};
    uint64_t file = 0;
    for (uint64_t i = 0; i <= n; i++) {
        const struct lode_block_row row = {b.text[i], file, (uint32_t)rng_next(rng)};
        lode_block_encode(b.rows + 16 * i, &row);
        file += rng_range(rng, 1, 65536);
        if (i < n)
            b.text[i + 1] = b.text[i] + block_size(rng, shape, i);
    }
    return b;
}

/* The rightmost i < n with text[i] <= t < text[i + 1], by looking at all of them; n: none. */
static uint64_t scan(const struct blocks *b, uint64_t t)
{
    uint64_t found = b->n;
    for (uint64_t i = 0; i < b->n; i++)
        if (b->text[i] <= t && t < b->text[i + 1])
            found = i;
    return found;
}

static void check_find(const struct blocks *b, uint64_t t)
{
    struct lode_block_row block, next;
    uint64_t i = UINT64_MAX;
    const uint64_t want = scan(b, t);
    const int status = lode_block_find(b->rows, b->n, t, &i, &block, &next);
    assert_int_equal(status, want < b->n ? LODE_FMT_OK : LODE_FMT_CORRUPT);
    if (want == b->n)
        return;
    assert_true(i == want);
    assert_true(block.text_off == b->text[i] && next.text_off == b->text[i + 1]);
    assert_true(next.file_off > block.file_off);
}

static void test_find_against_scan(void **state)
{
    (void)state;
    struct rng rng = {22};
    static const uint64_t counts[] = {1, 2, 3, 8, 50, 333};
    for (int shape = 0; shape < SHAPES; shape++)
        for (size_t k = 0; k < COUNT_OF(counts); k++) {
            const struct blocks b = make_blocks(&rng, (enum shape)shape, counts[k]);
            for (uint64_t i = 0; i <= b.n; i++) {
                check_find(&b, b.text[i]);
                check_find(&b, b.text[i] + 1);
                if (b.text[i] > 0)
                    check_find(&b, b.text[i] - 1);
            }
            for (int i = 0; i < 100; i++)
                check_find(&b, rng_below(&rng, b.text[b.n] + 10));
            check_find(&b, UINT64_MAX);
            check_find(&b, LODE_TEXT_MAX);
        }
}

static void test_no_blocks(void **state)
{
    (void)state;
    struct lode_block_row block, next;
    uint64_t i;
    assert_int_equal(lode_block_find(guard_place(&guard, 16), 0, 0, &i, &block, &next),
                     LODE_FMT_CORRUPT);
}

/* Rows in no order: an end, and CORRUPT or a row that holds t after all. */
static void test_unsorted_tables(void **state)
{
    (void)state;
    struct rng rng = {23};
    int found = 0;
    for (int round = 0; round < 3000; round++) {
        const uint64_t n = rng_range(&rng, 1, round % 10 == 0 ? ROWS_MAX : 40);
        uint8_t *rows = guard_place(&guard, 16 * (n + 1));
        const uint64_t span = 1ULL << rng_range(&rng, 4, 47);
        for (size_t i = 0; i < 2 * (n + 1); i++)
            lode_put64(rows + 8 * i, rng_below(&rng, span) | rng_next(&rng) << 48);
        for (int k = 0; k < 20; k++) {
            struct lode_block_row block, next;
            uint64_t i = UINT64_MAX;
            const uint64_t t = rng_below(&rng, span);
            if (lode_block_find(rows, n, t, &i, &block, &next) != LODE_FMT_OK)
                continue;
            found++;
            assert_true(i < n);
            assert_true(block.text_off <= t && t < next.text_off);
            assert_true(next.text_off - block.text_off <= 65536);
            assert_true(next.file_off > block.file_off && next.file_off - block.file_off <= 65536);
        }
    }
    assert_true(found > 0);
}

/* B-2, on both words of a row. */
static void test_impossible_blocks(void **state)
{
    (void)state;
    static const struct {
        uint64_t text, file;
        int status;
    } second[] = {
        {1000, 2001, LODE_FMT_OK},       {66536, 67536, LODE_FMT_OK},
        {66537, 2001, LODE_FMT_CORRUPT}, {999, 2001, LODE_FMT_CORRUPT},
        {1000, 2000, LODE_FMT_CORRUPT},  {1000, 1999, LODE_FMT_CORRUPT},
        {1000, 67537, LODE_FMT_CORRUPT},
    };
    for (size_t i = 0; i < COUNT_OF(second); i++) {
        uint8_t *rows = guard_place(&guard, 32);
        struct lode_block_row a = {1000, 2000, 1}, b = {second[i].text, second[i].file, 2};
        lode_block_encode(rows, &a);
        lode_block_encode(rows + 16, &b);
        assert_int_equal(lode_block_get(rows, 0, &a, &b), second[i].status);
    }
}

/* The example of SPEC 6.3: five blocks, and the slots of their sums. */
static void test_slots(void **state)
{
    (void)state;
    static const struct {
        uint64_t t, row, slot;
    } want[] = {{99, 0, 0}, {100, 3, 3}, {4195, 3, 3}, {4196, 3, 4}, {65635, 3, 18}};
    static const uint64_t text[] = {0, 100, 100, 100, 65636, 65636};
    uint8_t *rows = guard_place(&guard, 96);
    for (uint64_t i = 0; i < 6; i++) {
        const struct lode_block_row row = {text[i], 50 * i, 0};
        lode_block_encode(rows + 16 * i, &row);
    }
    for (size_t k = 0; k < COUNT_OF(want); k++) {
        struct lode_block_row block, next;
        uint64_t i;
        assert_int_equal(lode_block_find(rows, 5, want[k].t, &i, &block, &next), LODE_FMT_OK);
        assert_true(i == want[k].row);
        assert_true(lode_piece_slot(12, block.text_off, i, (want[k].t - block.text_off) >> 12) ==
                    want[k].slot);
    }
}

/* No two pieces of any table have one slot, and all stay below (text >> log2) + blocks. */
static void check_unique(const struct blocks *b, unsigned log2)
{
    uint64_t next_free = 0;
    for (uint64_t i = 0; i < b->n; i++)
        for (uint64_t k = 0; k << log2 < b->text[i + 1] - b->text[i]; k++) {
            const uint64_t slot = lode_piece_slot(log2, b->text[i], i, k);
            assert_true(slot >= next_free);
            next_free = slot + 1;
        }
    assert_true(next_free <= (b->text[b->n] >> log2) + b->n);
}

static void test_slots_are_unique(void **state)
{
    (void)state;
    struct rng rng = {24};
    for (int shape = 0; shape < SHAPES; shape++) {
        const struct blocks b = make_blocks(&rng, (enum shape)shape, 300);
        check_unique(&b, 12);
        check_unique(&b, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_position),    cmocka_unit_test(test_worked_numbers),
        cmocka_unit_test(test_huge_contigs),      cmocka_unit_test(test_find_against_scan),
        cmocka_unit_test(test_no_blocks),         cmocka_unit_test(test_unsorted_tables),
        cmocka_unit_test(test_impossible_blocks), cmocka_unit_test(test_slots),
        cmocka_unit_test(test_slots_are_unique),
    };
    return cmocka_run_group_tests(tests, make_guard, drop_guard);
}
