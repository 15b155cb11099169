#include "pair.h"

#include "bytes.h"
#include "hash.h"
#include "layout.h"
#include "oracle.h"
#include "range.h"
#include "reseal.h"

#include <stdlib.h>
#include <string.h>

enum { READ_MAX = 5000, REQUESTS = 24, PRINT_PART = 4096 };

/* ---- the index ------------------------------------------------------------------------------ */

/* SPEC S-16. */
static uint64_t fingerprint(const uint8_t *p, size_t n)
{
    uint8_t text[8 + 2 * PRINT_PART];
    const size_t part = n < PRINT_PART ? n : PRINT_PART;
    lode_put64(text, n);
    memcpy(text + 8, p, part);
    memcpy(text + 8 + part, p + n - part, part);
    return lode_hash64(text, 8 + 2 * part, 0);
}

static void adopt(struct pair *pair)
{
    uint8_t *row = fuzz_rows(pair->image, pair->size, LODE_ID_SRCE, 2 * LODE_STRIDE_SRCE);
    if (row == NULL)
        return;
    lode_put64(row + LODE_SRCE_FILE_SIZE, pair->source_size);
    lode_put64(row + LODE_SRCE_FINGERPRINT, fingerprint(pair->source, pair->source_size));
}

void pair_open(struct pair *pair, const uint8_t *data, size_t size)
{
    struct fuzz_tail tail = {data, size};
    struct lode_diag diag = {0};
    *pair = (struct pair){.steer = (uint8_t)fuzz_take(&tail, 1)};
    const uint64_t claimed = fuzz_take(&tail, 4);
    pair->source_size = claimed < tail.n ? (size_t)claimed : tail.n;
    pair->size = tail.n - pair->source_size;
    pair->source = data + pair->size;
    fuzz_check(guard_new(&pair->guard, pair->size));
    pair->image = guard_copy(&pair->guard, data, pair->size);
    if (pair->steer & PAIR_ADOPT)
        adopt(pair);
    if (pair->steer & (PAIR_RESEAL | PAIR_ADOPT))
        fuzz_reseal(pair->image, pair->size);
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    options.source_root = fuzz_root();
    if (lode_open_buffer(pair->image, pair->size, &options, &pair->index, &diag) != LODE_OK) {
        fuzz_check(pair->index == NULL && diag.status < 0 && diag.message[0] != 0);
        return;
    }
    fuzz_write("s", pair->source, pair->source_size);
}

void pair_close(struct pair *pair)
{
    lode_close(pair->index);
    guard_free(&pair->guard);
}

/* ---- reads ---------------------------------------------------------------------------------- */

struct reads {
    const struct pair *pair;
    lode_reader *reader;
    struct oracle_text oracle;
    bool has_oracle;
    struct fuzz_rng rng;
    int clean;
    bool packed; /* what a failed read leaves in dst is not told */
};

static bool is_untouched(const uint8_t *p, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (p[i] != 0xEE)
            return false;
    return true;
}

/* A range in and around the contig. */
static void choose(struct reads *r, const struct lode_contig *contig, int bounds, int64_t *begin,
                   int64_t *end)
{
    const uint64_t length = (uint64_t)contig->length;
    const int64_t around = bounds == LODE_BOUNDS_ERROR ? 0 : 40;
    *begin = (int64_t)fuzz_below(&r->rng, length + 1 + 2 * (uint64_t)around) - around;
    *end = *begin + (int64_t)fuzz_below(&r->rng, fuzz_below(&r->rng, 4) == 0 ? READ_MAX : 100);
    if (bounds == LODE_BOUNDS_ERROR && *end > contig->length)
        *end = contig->length;
}

static void check_read(struct reads *r, const struct lode_contig *contig, const uint8_t *dst,
                       int64_t begin, int64_t end, int64_t got)
{
    if (got < 0) {
        fuzz_check(!r->clean && (r->packed || is_untouched(dst, end - begin)));
        return;
    }
    fuzz_check(got == end - begin);
    if (r->has_oracle)
        fuzz_check(oracle_bases(&r->oracle, r->pair->index, contig, begin, end, dst));
}

static void read_alone(struct reads *r, const struct lode_contig *contig)
{
    uint8_t dst[READ_MAX];
    int64_t begin, end;
    struct lode_diag diag;
    choose(r, contig, LODE_BOUNDS_ERROR, &begin, &end);
    memset(dst, 0xEE, sizeof dst);
    const int64_t got =
        lode_fetch_at(r->reader, contig, begin, end, dst, end - begin, LODE_BOUNDS_ERROR, 0, &diag);
    check_read(r, contig, dst, begin, end, got);
}

/* Sums of pieces and of blocks may contradict each other, and which of them prove a read depends on
 * what else is read: one may be refused and the other not. Never do both give different bases. */
static void check_same(const struct reads *r, const struct lode_contig *contig,
                       const struct lode_request *q, int64_t got, const uint8_t *alone)
{
    const int64_t begin = q->begin + q->left_pad, end = q->end - q->right_pad;
    fuzz_check(!r->clean || (q->status < 0) == (got < 0));
    if (q->status >= 0 && got >= 0)
        fuzz_check(got == q->written && memcmp(alone, q->dst, READ_MAX) == 0);
    if (q->status < 0)
        fuzz_check(r->packed || is_untouched(q->dst, READ_MAX));
    else if (r->has_oracle && q->flags == 0 && begin < end)
        fuzz_check(
            oracle_bases(&r->oracle, r->pair->index, contig, begin, end,
                         (const uint8_t *)q->dst + (q->status == LODE_PADDED ? q->left_pad : 0)));
}

/* The same requests alone and as a batch. */
static void read_batch(struct reads *r, int64_t contigs, unsigned flags)
{
    static uint8_t together[REQUESTS][READ_MAX], alone[READ_MAX];
    struct lode_request requests[REQUESTS] = {0};
    struct lode_batch batch = LODE_BATCH_INIT;
    struct lode_diag diag;
    batch.bounds = (int)fuzz_below(&r->rng, 3);
    for (int i = 0; i < REQUESTS; i++) {
        struct lode_contig contig = {0};
        requests[i].contig = (int64_t)fuzz_below(&r->rng, (uint64_t)contigs + 1);
        (void)lode_contig_at(r->pair->index, requests[i].contig, &contig, NULL);
        choose(r, &contig, batch.bounds, &requests[i].begin, &requests[i].end);
        requests[i].dst = together[i];
        requests[i].dst_size = READ_MAX;
        requests[i].flags = contig.track ? 0 : flags;
    }
    memset(together, 0xEE, sizeof together);
    (void)lode_fetch_many(r->reader, requests, REQUESTS, &batch, &diag);
    for (int i = 0; i < REQUESTS; i++) {
        struct lode_contig contig;
        const struct lode_request *q = &requests[i];
        if (lode_contig_at(r->pair->index, q->contig, &contig, NULL) != LODE_OK) {
            fuzz_check(q->status < 0);
            continue;
        }
        memset(alone, 0xEE, sizeof alone);
        const int64_t got = lode_fetch_at(r->reader, &contig, q->begin, q->end, alone, READ_MAX,
                                          batch.bounds, q->flags, NULL);
        check_same(r, &contig, q, got, alone);
    }
}

void pair_read(const struct pair *pair, int max, int clean)
{
    struct reads r = {.pair = pair,
                      .clean = clean,
                      .rng = fuzz_rng_of(pair->image, pair->size < 4096 ? pair->size : 4096)};
    struct lode_info info = {.struct_size = sizeof info};
    fuzz_check(lode_index_info(pair->index, &info) == LODE_OK);
    fuzz_check(lode_reader_new(pair->index, NULL, &r.reader) == LODE_OK);
    r.packed = info.packed_size > 0;
    if (!r.packed && info.sources == 1)
        r.has_oracle = oracle_text_of(&r.oracle, pair->index, pair->source, pair->source_size);
    for (int i = 0; i < max && info.contigs > 0; i++) {
        struct lode_contig contig;
        const int64_t id = (int64_t)fuzz_below(&r.rng, (uint64_t)info.contigs);
        if (lode_contig_at(pair->index, id, &contig, NULL) == LODE_OK)
            read_alone(&r, &contig);
    }
    read_batch(&r, info.contigs, (unsigned)fuzz_below(&r.rng, 4));
    oracle_text_free(&r.oracle);
    lode_reader_free(r.reader);
}
