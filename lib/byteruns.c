#include "byteruns.h"

#include "fetch.h"
#include "reader.h"

#include <string.h>

enum {
    FIRST = 256, /* bases read at first, twice as many each time: a caller who has room for few runs
                    may need no more */
    TILE = 16384,
    TOLD_BY =
        4096 /* bases that tell protein: hardly a tenth of it could go without such a letter */
};

/* As lode_fetch_at, of a reader that may be in the middle of a batch: what later requests of that
 * will read is no matter of this read. */
static int read_bases(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                      int64_t end, uint8_t *bases, struct lode_diag *diag)
{
    reader->reach = 0;
    const int64_t n = lode_fetch_here(reader, contig, begin, end, bases, end - begin,
                                      LODE_BOUNDS_ERROR, LODE_UPPER, diag);
    return n < 0 ? (int)n : LODE_OK;
}

int lode_byte_n_is_any(lode_reader *reader, const struct lode_contig *contig, bool *any,
                       struct lode_diag *diag)
{
    uint8_t bases[TOLD_BY];
    const int64_t n = contig->length < TOLD_BY ? contig->length : TOLD_BY;
    const int status = read_bases(reader, contig, 0, n, bases, diag);
    *any = true;
    for (int64_t i = 0; i < n && status == LODE_OK && *any; i++)
        *any = memchr("EFIJLOPQZ", bases[i], 9) == NULL;
    return status;
}

struct runs {
    struct lode_interval *out;
    int64_t n, count;
    bool inside; /* the last run may go on */
};

/* Bases at position `at` and on. False: there is no room for the next run. */
static bool take(struct runs *r, const uint8_t *bases, int64_t at, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const bool is_n = bases[i] == 'N';
        if (is_n && !r->inside && r->count == r->n)
            return false;
        if (is_n && !r->inside)
            r->out[r->count++].begin = at + i;
        if (is_n)
            r->out[r->count - 1].end = at + i + 1;
        r->inside = is_n;
    }
    return true;
}

int64_t lode_byte_runs(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                       int64_t end, struct lode_interval *out, int64_t n, struct lode_diag *diag)
{
    uint8_t bases[TILE];
    struct runs r = {.out = out, .n = n};
    int64_t tile = FIRST;
    bool more = true;
    for (int64_t at = begin, to; more && at < end; at = to) {
        to = end - at < tile ? end : at + tile;
        tile = tile < TILE ? 2 * tile : tile;
        const int status = read_bases(reader, contig, at, to, bases, diag);
        if (status != LODE_OK)
            return status;
        more = take(&r, bases, at, to - at);
    }
    return r.count;
}
