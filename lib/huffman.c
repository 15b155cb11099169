#include "huffman.h"

#include <string.h>

enum { ITEMS_MAX = 2 * LODE_HUFFMAN_SYMBOLS_MAX };

struct leaf {
    uint64_t weight;
    uint16_t symbol;
};

/* By weight, then symbol, so that the code is a function of the weights. */
static bool before(const struct leaf *a, const struct leaf *b)
{
    return a->weight != b->weight ? a->weight < b->weight : a->symbol < b->symbol;
}

static size_t sorted_leaves(const uint64_t *weights, size_t n, struct leaf *leaves)
{
    size_t count = 0;
    for (size_t s = 0; s < n; s++) {
        const struct leaf leaf = {weights[s], (uint16_t)s};
        size_t at = count;
        if (weights[s] == 0)
            continue;
        for (; at > 0 && before(&leaf, &leaves[at - 1]); at--)
            leaves[at] = leaves[at - 1];
        leaves[at] = leaf;
        count++;
    }
    return count;
}

/* Merges the leaves with pairs of the items of the level below; is_leaf tells which is which. */
static size_t merge_level(const struct leaf *leaves, size_t count, uint64_t *items, size_t n,
                          bool *is_leaf)
{
    uint64_t merged[ITEMS_MAX];
    size_t leaf = 0, pair = 0, out = 0;
    while (leaf < count || pair < n / 2) {
        const uint64_t sum = pair < n / 2 ? items[2 * pair] + items[2 * pair + 1] : 0;
        is_leaf[out] = leaf < count && (pair == n / 2 || leaves[leaf].weight <= sum);
        merged[out] = is_leaf[out] ? leaves[leaf].weight : sum;
        leaf += is_leaf[out];
        pair += !is_leaf[out];
        out++;
    }
    memcpy(items, merged, out * sizeof *items);
    return out;
}

/* Package-merge: the cheapest 2 * count - 2 items of the top level, each a symbol or a pair of
 * items one level down. A symbol is as long as the number of levels in which it was taken. */
void lode_huffman_lengths(const uint64_t *weights, size_t n, unsigned limit, uint8_t *lengths)
{
    struct leaf leaves[LODE_HUFFMAN_SYMBOLS_MAX];
    uint64_t items[ITEMS_MAX];
    bool is_leaf[LODE_HUFFMAN_LENGTH_MAX][ITEMS_MAX];
    const size_t count = sorted_leaves(weights, n, leaves);
    size_t have = 0;
    for (unsigned level = 0; level < limit; level++)
        have = merge_level(leaves, count, items, have, is_leaf[level]);
    memset(lengths, 0, n);
    size_t take = 2 * count - 2;
    for (unsigned level = limit; level-- > 0;) {
        size_t taken = 0;
        for (size_t i = 0; i < take; i++)
            taken += is_leaf[level][i];
        for (size_t i = 0; i < taken; i++)
            lengths[leaves[i].symbol]++;
        take = 2 * (take - taken);
    }
}

static void count_lengths(const uint8_t *lengths, size_t n,
                          uint16_t counts[LODE_HUFFMAN_LENGTH_MAX + 1])
{
    memset(counts, 0, (LODE_HUFFMAN_LENGTH_MAX + 1) * sizeof *counts);
    for (size_t s = 0; s < n; s++)
        counts[lengths[s]]++;
    counts[0] = 0;
}

bool lode_huffman_complete(const uint8_t *lengths, size_t n)
{
    uint16_t counts[LODE_HUFFMAN_LENGTH_MAX + 1];
    uint32_t used = 0;
    for (size_t s = 0; s < n; s++)
        if (lengths[s] > LODE_HUFFMAN_LENGTH_MAX)
            return false;
    count_lengths(lengths, n, counts);
    for (unsigned l = 1; l <= LODE_HUFFMAN_LENGTH_MAX; l++)
        used += (uint32_t)counts[l] << (LODE_HUFFMAN_LENGTH_MAX - l);
    return used == 1u << LODE_HUFFMAN_LENGTH_MAX;
}

static uint16_t reversed(unsigned code, unsigned length)
{
    unsigned out = 0;
    for (unsigned i = 0; i < length; i++)
        out |= (code >> i & 1) << (length - 1 - i);
    return (uint16_t)out;
}

void lode_huffman_codes(const uint8_t *lengths, size_t n, uint16_t *codes)
{
    uint16_t counts[LODE_HUFFMAN_LENGTH_MAX + 1];
    unsigned next[LODE_HUFFMAN_LENGTH_MAX + 2] = {0};
    count_lengths(lengths, n, counts);
    for (unsigned l = 1; l <= LODE_HUFFMAN_LENGTH_MAX; l++)
        next[l + 1] = (next[l] + counts[l]) << 1;
    for (size_t s = 0; s < n; s++)
        codes[s] = reversed(lengths[s] != 0 ? next[lengths[s]]++ : 0, lengths[s]);
}
