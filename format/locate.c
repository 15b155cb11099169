#include "locate.h"

#include "status.h"

uint64_t lode_line_width(uint64_t line_bases, uint16_t flags)
{
    return line_bases + lode_contig_eol(flags, LODE_CTIG_EOL_LINES_SHIFT);
}

uint64_t lode_contig_text_end(const struct lode_contig_row *row)
{
    if (row->length == 0)
        return row->text_off;
    return 1 + lode_text_of_base(row->text_off, row->line_bases,
                                 lode_line_width(row->line_bases, row->flags), row->length - 1);
}

static uint64_t text_at(const uint8_t *rows, uint64_t i)
{
    return lode_get64(rows + i * LODE_STRIDE_BLOK) & LODE_U48_MASK;
}

int lode_block_get(const uint8_t *rows, uint64_t i, struct lode_block_row *block,
                   struct lode_block_row *next)
{
    lode_block_decode(rows + i * LODE_STRIDE_BLOK, block);
    lode_block_decode(rows + (i + 1) * LODE_STRIDE_BLOK, next);
    if (next->text_off < block->text_off ||
        next->text_off - block->text_off > LODE_BGZF_BLOCK_MAX ||
        next->file_off <= block->file_off || next->file_off - block->file_off > LODE_BGZF_BLOCK_MAX)
        return LODE_FMT_CORRUPT;
    return LODE_FMT_OK;
}

/* Narrows [*lo, *hi) around t by doubling steps from a guess made with the mean block size, which
 * is off by at most one row on tables of evenly filled blocks. Keeps text[lo] <= t < text[hi] if
 * the table is sorted; on any table it ends after O(log n) steps. */
static void gallop(const uint8_t *rows, uint64_t n, uint64_t t, uint64_t *lo, uint64_t *hi)
{
    const uint64_t total = text_at(rows, n);
    /* double is exact enough for a guess and cannot overflow as t * n could */
    uint64_t guess = n - 1;
    if (t < total)
        guess = (uint64_t)((double)t / (double)total * (double)n);
    if (guess >= n)
        guess = n - 1;
    *lo = 0;
    *hi = n;
    if (text_at(rows, guess) <= t) {
        *lo = guess;
        for (uint64_t step = 1; step < n - guess; step *= 2) {
            if (text_at(rows, guess + step) > t) {
                *hi = guess + step;
                break;
            }
            *lo = guess + step;
        }
    } else {
        *hi = guess;
        for (uint64_t step = 1; step <= guess; step *= 2) {
            if (text_at(rows, guess - step) <= t) {
                *lo = guess - step;
                break;
            }
            *hi = guess - step;
        }
    }
}

int lode_block_find(const uint8_t *rows, uint64_t n, uint64_t t, uint64_t *i,
                    struct lode_block_row *block, struct lode_block_row *next)
{
    uint64_t lo, hi;
    if (n == 0)
        return LODE_FMT_CORRUPT;
    gallop(rows, n, t, &lo, &hi);
    while (hi - lo > 1) {
        const uint64_t mid = lo + (hi - lo) / 2;
        if (text_at(rows, mid) <= t)
            lo = mid;
        else
            hi = mid;
    }
    *i = lo;
    const int status = lode_block_get(rows, lo, block, next);
    if (status != LODE_FMT_OK)
        return status;
    return block->text_off <= t && t < next->text_off ? LODE_FMT_OK : LODE_FMT_CORRUPT;
}
