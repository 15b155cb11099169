#include "litcode.h"

#include "bytes.h"
#include "huffman.h"

#include <string.h>

enum { /* RFC 1951 3.2.7 */
       FINAL_DYNAMIC = 1 | 2 << 1,
       HEADER_FIXED = 3 + 5 + 5 + 4,
       SYMBOLS = LODE_LITERALS + 1,
       DISTANCES_MAX = 32,
       CODE_LENGTHS = 19,
       CODE_LENGTH_MAX = 7,
       REPEAT = 16, /* the length before, 3 to 6 times */
       ZEROS = 17,  /* 3 to 10 */
       ZEROS_LONG = 18,
       LETTER_SHARE = 7, /* a letter counts as at least 1 / 2^7 of the text */
};

static const uint8_t code_length_order[CODE_LENGTHS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};

/* ---- writing -------------------------------------------------------------------------------- */

/* Bits into bytes, first bit lowest. */
struct writer {
    uint8_t *out;
    uint64_t bits;
    unsigned have; /* below 32 between calls */
};

static inline void put(struct writer *w, uint64_t bits, unsigned n)
{
    w->bits |= bits << w->have;
    w->have += n;
    if (w->have >= 32) {
        lode_put32(w->out, (uint32_t)w->bits);
        w->out += 4;
        w->bits >>= 32;
        w->have -= 32;
    }
}

static uint8_t *flush(struct writer *w)
{
    for (; w->have > 0; w->have = w->have > 8 ? w->have - 8 : 0) {
        *w->out++ = (uint8_t)w->bits;
        w->bits >>= 8;
    }
    return w->out;
}

/* The lengths of a header as symbols of the code of code lengths. */
struct packed {
    uint8_t symbol[SYMBOLS + 2], extra[SYMBOLS + 2];
    size_t n;
};

static void pack_lengths(const uint8_t *lengths, size_t n, struct packed *out)
{
    out->n = 0;
    for (size_t i = 0; i < n;) {
        size_t run = 1;
        while (i + run < n && lengths[i + run] == lengths[i])
            run++;
        out->symbol[out->n++] = lengths[i++];
        for (run--; run >= 3; out->n++) {
            const size_t part = run < 6 ? run : 6;
            out->symbol[out->n] = REPEAT;
            out->extra[out->n] = (uint8_t)(part - 3);
            run -= part;
            i += part;
        }
    }
}

static size_t code_lengths_used(const uint8_t *lengths)
{
    size_t n = CODE_LENGTHS;
    while (n > 4 && lengths[code_length_order[n - 1]] == 0)
        n--;
    return n;
}

/* Two distances of one bit each, never used: what zlib writes for literals alone, which every
 * decoder knows. */
static void write_header(struct lode_litcode *code)
{
    uint8_t all[SYMBOLS + 2], lengths[CODE_LENGTHS];
    uint16_t codes[CODE_LENGTHS];
    uint64_t weights[CODE_LENGTHS] = {0};
    struct packed packed;
    memcpy(all, code->lengths, SYMBOLS);
    all[SYMBOLS] = all[SYMBOLS + 1] = 1;
    pack_lengths(all, sizeof all, &packed);
    for (size_t i = 0; i < packed.n; i++)
        weights[packed.symbol[i]]++;
    lode_huffman_lengths(weights, CODE_LENGTHS, CODE_LENGTH_MAX, lengths);
    lode_huffman_codes(lengths, CODE_LENGTHS, codes);
    const size_t used = code_lengths_used(lengths);
    memset(code->header, 0, sizeof code->header);
    struct writer w = {.out = code->header};
    put(&w, FINAL_DYNAMIC, 3);
    put(&w, 0, 5);
    put(&w, 1, 5);
    put(&w, used - 4, 4);
    for (size_t i = 0; i < used; i++)
        put(&w, lengths[code_length_order[i]], 3);
    for (size_t i = 0; i < packed.n; i++) {
        put(&w, codes[packed.symbol[i]], lengths[packed.symbol[i]]);
        if (packed.symbol[i] == REPEAT)
            put(&w, packed.extra[i], 2);
    }
    code->header_bits = (uint16_t)((size_t)(w.out - code->header) * 8 + w.have);
    (void)flush(&w);
}

void lode_litcode_make(const uint64_t counts[LODE_LITERALS], struct lode_litcode *code)
{
    uint64_t weights[SYMBOLS], total = 0;
    for (size_t b = 0; b < LODE_LITERALS; b++) {
        weights[b] = counts[b] > 0 ? counts[b] : 1;
        total += counts[b];
    }
    weights[LODE_LITERALS] = 1;
    for (const char *p = "ACGTNacgtn\n"; *p != 0; p++)
        if (weights[(uint8_t)*p] < total >> LETTER_SHARE)
            weights[(uint8_t)*p] = total >> LETTER_SHARE;
    lode_huffman_lengths(weights, SYMBOLS, LODE_HUFFMAN_LENGTH_MAX, code->lengths);
    lode_huffman_codes(code->lengths, SYMBOLS, code->codes);
    write_header(code);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct bits {
    const uint8_t *p;
    uint64_t at, end; /* bits */
};

/* The next n bits; zeros past the end, which the caller looks for. */
static unsigned take(struct bits *b, unsigned n)
{
    unsigned v = 0;
    for (unsigned i = 0; i < n; i++, b->at++)
        if (b->at < b->end)
            v |= (unsigned)(b->p[b->at >> 3] >> (b->at & 7) & 1) << i;
    return v;
}

/* The next symbol of a complete code of at most CODE_LENGTHS symbols. */
static unsigned take_symbol(struct bits *b, const uint8_t *lengths, const uint16_t *codes)
{
    unsigned code = 0;
    for (unsigned l = 1; l <= CODE_LENGTH_MAX; l++) {
        code |= take(b, 1) << (l - 1);
        for (unsigned s = 0; s < CODE_LENGTHS; s++)
            if (lengths[s] == l && codes[s] == code)
                return s;
    }
    return CODE_LENGTHS;
}

/* n lengths, as RFC 1951 packs them. */
static bool take_lengths(struct bits *b, size_t n, uint8_t *out)
{
    uint8_t lengths[CODE_LENGTHS] = {0};
    uint16_t codes[CODE_LENGTHS];
    const unsigned used = take(b, 4) + 4;
    for (unsigned i = 0; i < used; i++)
        lengths[code_length_order[i]] = (uint8_t)take(b, 3);
    if (!lode_huffman_complete(lengths, CODE_LENGTHS))
        return false;
    lode_huffman_codes(lengths, CODE_LENGTHS, codes);
    for (size_t i = 0; i < n;) {
        const unsigned symbol = take_symbol(b, lengths, codes);
        size_t run = 1;
        uint8_t value = (uint8_t)symbol;
        if (symbol >= CODE_LENGTHS || (symbol == REPEAT && i == 0))
            return false;
        if (symbol >= REPEAT) {
            value = symbol == REPEAT ? out[i - 1] : 0;
            run = symbol == REPEAT  ? 3 + take(b, 2)
                  : symbol == ZEROS ? 3 + take(b, 3)
                                    : 11 + take(b, 7);
        }
        if (run > n - i)
            return false;
        memset(out + i, value, run);
        i += run;
    }
    return b->at <= b->end;
}

bool lode_litcode_parse(const uint8_t *p, size_t n, struct lode_litcode *code)
{
    uint8_t all[SYMBOLS + DISTANCES_MAX];
    struct bits b = {p, 0, (uint64_t)n * 8};
    if (take(&b, 3) != FINAL_DYNAMIC || take(&b, 5) != 0)
        return false;
    if (!take_lengths(&b, SYMBOLS + take(&b, 5) + 1, all) || memchr(all, 0, SYMBOLS) != NULL ||
        !lode_huffman_complete(all, SYMBOLS))
        return false;
    memcpy(code->lengths, all, SYMBOLS);
    lode_huffman_codes(code->lengths, SYMBOLS, code->codes);
    code->header_bits = (uint16_t)b.at;
    const size_t whole = (size_t)b.at >> 3, rest = (size_t)b.at & 7;
    memset(code->header, 0, sizeof code->header);
    memcpy(code->header, p, whole);
    if (rest > 0)
        code->header[whole] = (uint8_t)(p[whole] & ((1u << rest) - 1));
    return true;
}

bool lode_litcode_same(const struct lode_litcode *code, const uint8_t *p, size_t n)
{
    const size_t whole = code->header_bits >> 3, rest = code->header_bits & 7;
    return n >= whole + (rest > 0) && memcmp(code->header, p, whole) == 0 &&
           (rest == 0 || code->header[whole] == (p[whole] & ((1u << rest) - 1)));
}

/* ---- literals ------------------------------------------------------------------------------- */

void lode_litcode_count(const uint8_t *text, size_t n, uint64_t counts[LODE_LITERALS])
{
    uint32_t even[LODE_LITERALS] = {0}, odd[LODE_LITERALS] = {0}; /* runs do not wait for a sum */
    for (size_t i = 0; i + 1 < n; i += 2) {
        even[text[i]]++;
        odd[text[i + 1]]++;
    }
    if (n % 2 != 0)
        even[text[n - 1]]++;
    for (size_t b = 0; b < LODE_LITERALS; b++)
        counts[b] += (uint64_t)even[b] + odd[b];
}

bool lode_litcode_monotone(const uint64_t counts[LODE_LITERALS], size_t n)
{
    uint64_t most = 0;
    for (size_t b = 0; b < LODE_LITERALS; b++)
        most = counts[b] > most ? counts[b] : most;
    return most > n - n / 8;
}

uint64_t lode_litcode_size(const struct lode_litcode *code, const uint64_t counts[LODE_LITERALS])
{
    uint64_t bits = (uint64_t)code->header_bits + code->lengths[LODE_LITERALS];
    for (size_t b = 0; b < LODE_LITERALS; b++)
        bits += counts[b] * code->lengths[b];
    return (bits + 7) / 8;
}

uint64_t lode_litcode_bits(const struct lode_litcode *code, const uint8_t *text, size_t n)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits += code->lengths[text[i]];
    return bits;
}

size_t lode_litcode_write(const struct lode_litcode *code, const uint8_t *text, size_t n,
                          uint8_t *out)
{
    struct writer w = {.out = out};
    for (unsigned i = 0; i < code->header_bits; i += 8)
        put(&w, code->header[i / 8], code->header_bits - i < 8 ? code->header_bits - i : 8);
    for (size_t i = 0; i < n; i++)
        put(&w, code->codes[text[i]], code->lengths[text[i]]);
    put(&w, code->codes[LODE_LITERALS], code->lengths[LODE_LITERALS]);
    return (size_t)(flush(&w) - out);
}
