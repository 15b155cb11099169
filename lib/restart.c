#include "restart.h"

#include "huffman.h"

#include <string.h>

enum {
    TABLE_SIZE = 1 << LODE_RESTART_TABLE_BITS,
    LITERALS_MAX = 6, /* of one entry */
    STEPS = 5,        /* lookups between two refills: 5 * 11 of 56 bits */
    ROOM = (STEPS - 1) * LITERALS_MAX + 8,
};

/* ---- the table ------------------------------------------------------------------------------ */

static uint64_t entry_of(unsigned bits, unsigned count, uint64_t literals)
{
    return bits | (uint64_t)count << 8 | literals << 16;
}

/* The first symbol alone: one literal; of the end of the block and of long codes, none. */
static void fill_single(const struct lode_litcode *code, uint64_t *table)
{
    memset(table, 0, TABLE_SIZE * sizeof *table);
    for (size_t s = 0; s < LODE_LITERALS; s++) {
        const unsigned length = code->lengths[s];
        for (size_t i = code->codes[s]; length <= LODE_RESTART_TABLE_BITS && i < TABLE_SIZE;
             i += (size_t)1 << length)
            table[i] = entry_of(length, 1, s);
    }
}

/* Adds to an entry those literals that the rest of its bits hold whole. single[rest] has zeros
 * where there are no bits, which does not matter to codes that end before. */
static uint64_t extended(const uint64_t *single, size_t index)
{
    uint64_t entry = single[index];
    unsigned bits = (uint8_t)entry, count = (uint8_t)(entry >> 8);
    uint64_t literals = entry >> 16;
    while (count > 0 && count < LITERALS_MAX) {
        const uint64_t next = single[index >> bits];
        if ((uint8_t)(next >> 8) == 0 || bits + (uint8_t)next > LODE_RESTART_TABLE_BITS)
            break;
        literals |= (next >> 16) << 8 * count++;
        bits += (uint8_t)next;
    }
    return entry_of(bits, count, literals);
}

/* What the search by length needs (RFC 1951 3.2.2). */
static void sort_symbols(struct lode_restart *r)
{
    uint16_t n = 0, code = 0;
    for (unsigned l = 1; l <= LODE_HUFFMAN_LENGTH_MAX; l++) {
        r->first[l] = code;
        r->before[l] = n;
        for (uint16_t s = 0; s <= LODE_LITERALS; s++)
            if (r->lengths[s] == l)
                r->sorted[n++] = s;
        code = (uint16_t)((code + n - r->before[l]) << 1);
    }
    r->before[LODE_HUFFMAN_LENGTH_MAX + 1] = n;
}

void lode_restart_init(struct lode_restart *r, const struct lode_litcode *code)
{
    uint64_t single[TABLE_SIZE];
    fill_single(code, single);
    for (size_t i = 0; i < TABLE_SIZE; i++)
        r->table[i] = extended(single, i);
    memcpy(r->lengths, code->lengths, sizeof r->lengths);
    r->header_bits = code->header_bits;
    sort_symbols(r);
}

/* ---- decoding ------------------------------------------------------------------------------- */

/* A piece on its way: the next `have` bits of the stream; bits above them are of the stream too, or
 * zero. In the quick loops only the low byte of have counts. */
struct lane {
    uint64_t bits, have;
    const uint8_t *in;
    uint8_t *out, *end;
};

/* Eight bytes, first one lowest, in one instruction each; byte by byte the compiler sees no store.
 */
static inline uint64_t load(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

static inline void store(uint8_t *p, uint64_t v)
{
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

static inline bool roomy(const struct lane *lane, const uint8_t *in_end)
{
    return lane->end - lane->out >= ROOM && in_end - lane->in >= 8;
}

static inline void refill(struct lane *lane)
{
    lane->bits |= load(lane->in) << (lane->have & 63);
    lane->in += (63 - (lane->have & 63)) >> 3;
    lane->have |= 56;
}

/* One lookup. An entry without literals moves nothing, so that it is met again. */
static inline uint64_t step(const uint64_t *table, struct lane *lane)
{
    const uint64_t entry = table[lane->bits & (TABLE_SIZE - 1)];
    store(lane->out, entry >> 16);
    lane->out += (uint8_t)(entry >> 8);
    lane->bits >>= entry & 63;
    lane->have -= entry;
    return entry;
}

/* As far as there is room on both sides and no entry without literals. */
static void run_one(const uint64_t *table, struct lane *lane, const uint8_t *in_end)
{
    struct lane own = *lane;
    while (roomy(&own, in_end)) {
        uint64_t entry = 0;
        refill(&own);
#pragma GCC unroll 5
        for (int i = 0; i < STEPS; i++)
            entry = step(table, &own);
        if ((uint8_t)(entry >> 8) == 0)
            break;
    }
    own.have &= 63;
    *lane = own;
}

/* The same for two at a time: a lookup waits for the one before, and meanwhile another is made. */
static void run_two(const uint64_t *table, struct lane *one, struct lane *two,
                    const uint8_t *in_end)
{
    struct lane a = *one, b = *two;
    while (roomy(&a, in_end) && roomy(&b, in_end)) {
        uint64_t of_a = 0, of_b = 0;
        refill(&a);
        refill(&b);
#pragma GCC unroll 5
        for (int i = 0; i < STEPS; i++) {
            of_a = step(table, &a);
            of_b = step(table, &b);
        }
        if ((uint8_t)(of_a >> 8) == 0 || (uint8_t)(of_b >> 8) == 0)
            break;
    }
    a.have &= 63;
    b.have &= 63;
    *one = a;
    *two = b;
}

/* To the end of the source. */
static inline void refill_within(struct lane *lane, const uint8_t *in_end)
{
    if (in_end - lane->in >= 8)
        refill(lane);
    while (lane->have < 56 && lane->in < in_end) {
        lane->bits |= (uint64_t)*lane->in++ << lane->have;
        lane->have += 8;
    }
}

/* The length of the code that the next bits begin with, and its symbol; the code is complete. */
static unsigned search(const struct lode_restart *r, uint64_t bits, unsigned *symbol)
{
    unsigned code = 0;
    for (unsigned l = 1; l <= LODE_HUFFMAN_LENGTH_MAX; l++) {
        code = code << 1 | (unsigned)(bits >> (l - 1) & 1);
        const unsigned n = (unsigned)(r->before[l + 1] - r->before[l]);
        if (code - r->first[l] < n && code >= r->first[l]) {
            *symbol = r->sorted[r->before[l] + code - r->first[l]];
            return l;
        }
    }
    *symbol = LODE_LITERALS;
    return LODE_HUFFMAN_LENGTH_MAX;
}

/* Literals of an entry whose bits are there, near the end of the piece. */
static void put_last(struct lane *lane, uint64_t entry)
{
    const uint8_t count = (uint8_t)(entry >> 8);
    for (uint8_t i = 0; i < count && lane->out < lane->end; i++)
        *lane->out++ = (uint8_t)(entry >> (16 + 8 * i));
    lane->bits >>= entry & 63; /* past the end of the piece nobody asks for more */
    lane->have -= entry & 63;
}

/* One literal, with all that can be wrong. */
static bool step_slowly(const struct lode_restart *r, struct lane *lane)
{
    unsigned symbol;
    const unsigned length = search(r, lane->bits, &symbol);
    if (symbol == LODE_LITERALS || length > lane->have)
        return false;
    *lane->out++ = (uint8_t)symbol;
    lane->bits >>= length;
    lane->have -= length;
    return true;
}

static bool finish(const struct lode_restart *r, struct lane *lane, const uint8_t *in_end)
{
    while (lane->out < lane->end) {
        refill_within(lane, in_end);
        const uint64_t entry = r->table[lane->bits & (TABLE_SIZE - 1)];
        const bool whole = (uint8_t)(entry >> 8) != 0 && (uint8_t)entry <= lane->have;
        if (whole)
            put_last(lane, entry);
        else if (!step_slowly(r, lane))
            return false;
        if (roomy(lane, in_end))
            run_one(r->table, lane, in_end);
    }
    return true;
}

static bool start(struct lane *lane, const struct lode_restart_piece *piece, const uint8_t *src,
                  size_t size)
{
    if (piece->bit >> 3 >= size)
        return false;
    lane->in = src + (piece->bit >> 3);
    lane->bits = 0;
    lane->have = 0;
    lane->out = piece->dst;
    lane->end = piece->dst + piece->n;
    refill_within(lane, src + size);
    lane->bits >>= piece->bit & 7;
    lane->have -= piece->bit & 7;
    return true;
}

bool lode_restart_decode(const struct lode_restart *r, const uint8_t *src, size_t size,
                         const struct lode_restart_piece *pieces, size_t count)
{
    struct lane lanes[LODE_RESTART_LANES];
    for (size_t at = 0; at < count; at += LODE_RESTART_LANES) {
        const size_t n = count - at < LODE_RESTART_LANES ? count - at : LODE_RESTART_LANES;
        for (size_t i = 0; i < n; i++)
            if (!start(&lanes[i], &pieces[at + i], src, size))
                return false;
        if (n == LODE_RESTART_LANES)
            run_two(r->table, &lanes[0], &lanes[1], src + size);
        for (size_t i = 0; i < n; i++) {
            run_one(r->table, &lanes[i], src + size);
            if (!finish(r, &lanes[i], src + size))
                return false;
        }
    }
    return true;
}
