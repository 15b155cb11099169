#include "packedread.h"

#include "bases.h"
#include "packedload.h"

#include <string.h>

enum { DIRECT_TILE = 16384 };

/* What bases become as bytes. */
struct letters {
    struct lode_sink rules; /* of complement and case */
    const uint8_t *table;   /* applied last, or NULL */
    uint8_t upper[4], lower[4];
    bool foldable; /* lower is upper with bit 5 set */
};

static void set_letters(struct letters *l, uint8_t encoding)
{
    const char *bases = encoding == LODE_ENCODING_ACGU ? "ACGUacgu" : "ACGTacgt";
    l->foldable = true;
    for (int i = 0; i < 4; i++) {
        l->upper[i] = lode_sink_byte(&l->rules, l->table, (uint8_t)bases[i]);
        l->lower[i] = lode_sink_byte(&l->rules, l->table, (uint8_t)bases[i + 4]);
        l->foldable = l->foldable && l->lower[i] == (l->upper[i] | 0x20);
    }
}

/* Bases [from, to) of the contig, whose rows and bytes are loaded, as bytes to dst. */
struct target {
    const struct lode_packed_load *load;
    const struct letters *letters;
    uint64_t from, to;
    uint8_t *dst;
    bool reverse; /* last base first */
};

static uint8_t *place_of(const struct target *t, uint64_t begin, uint64_t end)
{
    return t->dst + (t->reverse ? t->to - end : begin - t->from);
}

/* ---- case ----------------------------------------------------------------------------------- */

/* Stores bases [begin, end), which are of one case; byte: the run they are of. */
typedef void part_fn(const struct target *t, uint64_t begin, uint64_t end, bool lower,
                     uint8_t byte);

/* Number of changes of case at or before base p. */
static uint32_t changes_until(const struct target *t, uint64_t p)
{
    const struct lode_packed_scratch *s = t->load->scratch;
    uint32_t lo = 0, hi = s->change_count;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (s->changes[mid] + s->rows_begin <= p)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void each_case(const struct target *t, uint64_t begin, uint64_t end, part_fn *fn,
                      uint8_t byte)
{
    const struct lode_packed_scratch *s = t->load->scratch;
    uint32_t i = changes_until(t, begin);
    bool lower = s->lower != ((i & 1) != 0);
    for (uint64_t stop; begin < end; begin = stop, i++, lower = !lower) {
        const uint64_t next = i < s->change_count ? s->changes[i] + s->rows_begin : end;
        stop = next < end ? next : end;
        fn(t, begin, stop, lower, byte);
    }
}

/* ---- bases ---------------------------------------------------------------------------------- */

static void put_packed(const struct target *t, uint64_t begin, uint64_t end, bool lower,
                       uint8_t byte)
{
    const struct lode_unpack *kernel = t->load->reader->unpack;
    const struct lode_packed_scratch *s = t->load->scratch;
    const uint8_t *src = s->bytes + (lode_packed_byte(t->load, begin) - s->begin);
    (void)byte;
    (t->reverse ? kernel->reverse : kernel->forward)(place_of(t, begin, end), src,
                                                     (size_t)(begin & 3), (size_t)(end - begin),
                                                     lower ? t->letters->lower : t->letters->upper);
}

static void fold(const struct target *t, uint64_t begin, uint64_t end, bool lower, uint8_t byte)
{
    (void)byte;
    if (lower)
        lode_bases_fold_down(place_of(t, begin, end), (size_t)(end - begin));
}

static void put_run(const struct target *t, uint64_t begin, uint64_t end, bool lower, uint8_t byte)
{
    if (lower && (uint8_t)(byte - 'A') < 26)
        byte = (uint8_t)(byte + 32);
    memset(place_of(t, begin, end), lode_sink_byte(&t->letters->rules, t->letters->table, byte),
           (size_t)(end - begin));
}

/* The first run that ends behind base p. */
static uint32_t first_run(const struct target *t, uint64_t p)
{
    const struct lode_packed_scratch *s = t->load->scratch;
    uint32_t lo = 0, hi = s->run_count;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (s->runs[mid].end + s->rows_begin <= p)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void put_runs(const struct target *t)
{
    const struct lode_packed_scratch *s = t->load->scratch;
    for (uint32_t i = first_run(t, t->from); i < s->run_count; i++) {
        uint64_t begin = s->runs[i].begin + s->rows_begin, end = s->runs[i].end + s->rows_begin;
        if (begin >= t->to)
            break;
        begin = begin > t->from ? begin : t->from;
        end = end < t->to ? end : t->to;
        each_case(t, begin, end, put_run, s->runs[i].byte);
    }
}

/* Encoding 2: the bases as they are. */
static void put_bytes(const struct target *t)
{
    const struct lode_packed_scratch *s = t->load->scratch;
    const uint8_t *src = s->bytes + (lode_packed_byte(t->load, t->from) - s->begin);
    const size_t n = (size_t)(t->to - t->from);
    for (size_t i = 0; i < n; i++)
        t->dst[t->reverse ? n - 1 - i : i] =
            lode_sink_byte(&t->letters->rules, t->letters->table, src[i]);
}

static void decode(const struct target *t)
{
    if (t->load->contig->encoding == LODE_ENCODING_BYTES) {
        put_bytes(t);
        return;
    }
    if (t->letters->foldable) {
        put_packed(t, t->from, t->to, false, 0);
        each_case(t, t->from, t->to, fold, 0);
    } else {
        each_case(t, t->from, t->to, put_packed, 0);
    }
    put_runs(t);
}

/* ---- the read ------------------------------------------------------------------------------- */

/* One read: what is loaded, and where it goes. */
struct packed_read {
    struct lode_packed_load load;
    struct letters letters;
    const struct lode_sink *sink;
    bool direct, reverse;
    int64_t at; /* position of the output where it begins */
};

/* Position of the output where bases [begin, end) begin. */
static int64_t position_of(const struct packed_read *r, uint64_t begin, uint64_t end)
{
    return r->at + (int64_t)(r->reverse ? r->load.end - end : begin - r->load.begin);
}

/* Bases [begin, end), which are loaded, in pieces that stay in the L1 cache. */
static void put_stretch(const struct packed_read *r, uint64_t begin, uint64_t end)
{
    uint8_t tile[LODE_SINK_TILE];
    struct target t = {&r->load, &r->letters, begin, begin, tile, r->reverse};
    const uint64_t piece = r->direct ? DIRECT_TILE : LODE_SINK_TILE;
    for (; t.from < end; t.from = t.to) {
        t.to = end - t.from < piece ? end : t.from + piece;
        const int64_t at = position_of(r, t.from, t.to);
        if (r->direct)
            t.dst = (uint8_t *)r->sink->dst + at;
        decode(&t);
        if (!r->direct)
            lode_sink_put(r->sink, at, tile, (size_t)(t.to - t.from));
    }
}

/* Does it make a difference to the output whether a letter is upper or lower case? */
static bool case_matters(const struct packed_read *r)
{
    const uint8_t *table = r->letters.table;
    if ((r->sink->flags & LODE_UPPER) != 0)
        return r->sink->mask != NULL;
    for (int c = 'A'; table != NULL && c <= 'Z'; c++)
        if (table[c] != table[c + 32])
            return true;
    return table == NULL;
}

int lode_packed_fetch(lode_reader *reader, const struct lode_contig *contig, uint64_t begin,
                      uint64_t end, const struct lode_sink *sink, int64_t at,
                      struct lode_diag *diag)
{
    struct packed_read r;
    r.sink = sink;
    r.at = at;
    r.reverse = lode_sink_reverses(sink);
    r.direct = lode_sink_direct(sink, &r.letters.table);
    r.letters.rules = *sink;
    if (!r.direct)
        r.letters.rules.flags &= ~LODE_UPPER; /* the sink folds, after it saw the case */
    r.load.reader = reader;
    r.load.contig = contig;
    r.load.begin = begin;
    r.load.end = end;
    r.load.by_case = case_matters(&r);
    int status = lode_packed_load_begin(&r.load, diag);
    set_letters(&r.letters, contig->encoding);
    for (uint64_t p = begin; status == LODE_OK && p < end;
         p = lode_packed_stretch_end(&r.load, p)) {
        status = lode_packed_load_stretch(&r.load, p, diag);
        if (status == LODE_OK)
            put_stretch(&r, p, lode_packed_stretch_end(&r.load, p));
    }
    return status;
}
