/* Owns lode_fetch_many: many requests, each with its own outcome. Requests are served in the order
 * of their place in the text, so that neighbours share a decoded block; the array is not reordered.
 */
#include "diag.h"
#include "fetch.h"
#include "reader.h"

#include <stdlib.h>

/* Where a request's first byte lies: key for the order of service. */
struct place {
    int64_t source, text_off, request;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->text_off != y->text_off)
        return x->text_off < y->text_off ? -1 : 1;
    return x->request < y->request ? -1 : 1;
}

static bool options_ok(const struct lode_batch *o)
{
    return o->threads >= 0 && o->bounds >= LODE_BOUNDS_ERROR && o->bounds <= LODE_BOUNDS_PAD;
}

static void clear(struct lode_request *q, int status)
{
    q->status = status;
    q->written = q->left_pad = q->right_pad = 0;
}

static int check_request(const lode_reader *reader, const struct lode_request *q,
                         struct lode_contig *contig, struct lode_diag *diag)
{
    if ((q->flags & ~(LODE_REVERSE_COMPLEMENT | LODE_UPPER)) != 0 || q->dst_size < 0 ||
        (q->dst == NULL && q->dst_size > 0) || q->reserved[0] != 0 || q->reserved[1] != 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_fetch_many: a request field is not allowed");
    return lode_contig_at(reader->index, q->contig, contig, diag);
}

static void serve(lode_reader *reader, struct lode_request *q, const struct lode_batch *o,
                  const struct lode_encoder *encoder, struct lode_diag *diag)
{
    struct lode_contig contig;
    clear(q, check_request(reader, q, &contig, diag));
    if (q->status < 0)
        return;
    const struct lode_span span = lode_span_of(contig.length, q->begin, q->end, o->bounds);
    const int64_t width = span.status < 0 ? 0 : lode_span_width(&span, o->bounds);
    const int64_t bytes = lode_encoder_bytes(encoder, width);
    const struct lode_sink sink = {encoder, q->dst, q->mask, q->flags, o->pad ? o->pad : 'N'};
    if (span.status < 0)
        q->status = lode_diag_set(
            diag, span.status, "range %lld..%lld is not inside contig %lld of %lld bases",
            (long long)q->begin, (long long)q->end, (long long)q->contig, (long long)contig.length);
    else if (bytes > q->dst_size)
        q->status = lode_diag_set(diag, LODE_E_SPACE, "%lld bytes do not fit into %lld",
                                  (long long)bytes, (long long)q->dst_size);
    else
        q->status = lode_fetch_span(reader, &contig, &span, o->bounds, &sink, diag);
    if (q->status < 0)
        return;
    q->status = span.status;
    q->written = width;
    q->left_pad = span.left;
    q->right_pad = span.right;
}

static struct place *order_of(const lode_reader *reader, const struct lode_request *requests,
                              int64_t n)
{
    struct place *places = malloc((size_t)n * sizeof *places);
    for (int64_t i = 0; places != NULL && i < n; i++) {
        struct lode_contig contig = {.source = 0};
        (void)lode_contig_at(reader->index, requests[i].contig, &contig, NULL);
        /* Text offset up to line ends, which grow with the position and so keep the order. */
        const int64_t begin = requests[i].begin < 0 ? 0 : requests[i].begin;
        places[i].source = contig.source;
        places[i].text_off =
            begin > INT64_MAX - contig.text_off ? INT64_MAX : contig.text_off + begin;
        places[i].request = i;
    }
    if (places != NULL)
        qsort(places, (size_t)n, sizeof *places, compare_places);
    return places;
}

static bool cancelled(const struct lode_batch *o)
{
    return o->cancel != NULL && __atomic_load_n(o->cancel, __ATOMIC_RELAXED) != 0;
}

/* The first failure in array order, whatever order the requests were served in. */
struct first_failure {
    int64_t request;
    struct lode_diag diag;
};

static int64_t serve_all(lode_reader *reader, struct lode_request *requests, int64_t n,
                         const struct place *places, const struct lode_batch *o,
                         const struct lode_encoder *encoder, struct first_failure *first)
{
    int64_t failed = 0;
    struct lode_diag diag;
    for (int64_t k = 0; k < n; k++) {
        const int64_t i = places[k].request;
        if (cancelled(o))
            clear(&requests[i], lode_diag_set(&diag, LODE_E_CANCELLED, "cancelled"));
        else
            serve(reader, &requests[i], o, encoder, &diag);
        if (requests[i].status >= 0)
            continue;
        failed++;
        if (first->request < 0 || i < first->request) {
            first->request = i;
            first->diag = diag;
        }
    }
    return failed;
}

int64_t lode_fetch_many(lode_reader *reader, struct lode_request *requests, int64_t n,
                        const struct lode_batch *options, struct lode_diag *diag)
{
    struct lode_batch own = LODE_BATCH_INIT;
    struct first_failure first = {.request = -1};
    if (reader == NULL || n < 0 || (requests == NULL && n > 0) ||
        !lode_struct_in(&own, sizeof own, options) || !options_ok(&own))
        return lode_diag_set(diag, LODE_E_ARG, "lode_fetch_many: an argument is not allowed");
    struct lode_encoder encoder;
    const int encoding = lode_encoder_init(&encoder, own.encoding);
    if (encoding != LODE_OK)
        return lode_diag_set(diag, encoding, "lode_fetch_many: this encoding is not allowed");
    if (n == 0)
        return 0;
    struct place *places = order_of(reader, requests, n);
    if (places == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "lode_fetch_many: out of memory");
    const int64_t failed = serve_all(reader, requests, n, places, &own, &encoder, &first);
    if (failed > 0 && diag != NULL)
        *diag = first.diag;
    free(places);
    return failed;
}
