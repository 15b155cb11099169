#include "fetch.h"

#include "bases.h"
#include "diag.h"
#include "filln.h"
#include "locate.h"
#include "packedread.h"
#include "packedsoon.h"
#include "packedunits.h"
#include "reader.h"

#include <stdio.h>

struct lode_span lode_span_of(int64_t length, int64_t begin, int64_t end, int bounds)
{
    struct lode_span span = {.begin = begin, .end = end, .status = LODE_OK};
    if (begin > end) {
        span.status = LODE_E_RANGE;
        return span;
    }
    if (begin >= 0 && end <= length)
        return span;
    if (bounds == LODE_BOUNDS_ERROR) {
        span.status = LODE_E_RANGE;
        return span;
    }
    /* Distances are taken between numbers of one sign or clamped first, so none can overflow. */
    const int64_t left_end = end < 0 ? end : 0, right_begin = begin > length ? begin : length;
    if (begin < 0 && __builtin_sub_overflow(left_end, begin, &span.left))
        span.left = INT64_MAX;
    if (end > length)
        span.right = end - right_begin;
    span.begin = begin < 0 ? 0 : begin > length ? length : begin;
    span.end = end < 0 ? 0 : end > length ? length : end;
    span.status = bounds == LODE_BOUNDS_PAD ? LODE_PADDED : LODE_CLIPPED;
    return span;
}

int64_t lode_span_width(const struct lode_span *span, int bounds)
{
    int64_t width = span->end - span->begin;
    if (bounds == LODE_BOUNDS_PAD && (__builtin_add_overflow(width, span->left, &width) ||
                                      __builtin_add_overflow(width, span->right, &width)))
        return INT64_MAX;
    return width;
}

/* Text that holds bases [begin, end) of a contig, whose first byte is base begin. */
struct stretch {
    const uint8_t *text;
    uint64_t begin, end, line, width;
};

/* Bases [from, to) of the stretch to dst, in the sink's direction. */
static void take(const struct stretch *s, const struct lode_sink *sink, uint64_t from, uint64_t to,
                 uint8_t *dst)
{
    const uint64_t first = lode_text_of_base(0, s->line, s->width, s->begin);
    const uint64_t off = lode_text_of_base(0, s->line, s->width, from) - first;
    lode_bases_strip(dst, s->text + off, to - from, from < s->line ? from : from % s->line, s->line,
                     s->width);
    if (lode_sink_reverses(sink))
        lode_bases_reverse_complement(dst, (size_t)(to - from));
}

static void put_direct(const struct stretch *s, const struct lode_sink *sink, int64_t at)
{
    uint8_t *dst = (uint8_t *)sink->dst + at;
    const size_t n = (size_t)(s->end - s->begin);
    take(s, sink, s->begin, s->end, dst);
    if ((sink->flags & LODE_UPPER) != 0)
        lode_bases_upper(dst, n);
    if (!lode_encoder_is_bytes(sink->encoder))
        lode_encode(sink->encoder, dst, n, sink->dst, at);
}

static void put_tiles(const struct stretch *s, const struct lode_sink *sink, int64_t at)
{
    uint8_t tile[LODE_SINK_TILE];
    for (uint64_t from = s->begin, to; from < s->end; from = to) {
        to = s->end - from < LODE_SINK_TILE ? s->end : from + LODE_SINK_TILE;
        take(s, sink, from, to, tile);
        const uint64_t off = lode_sink_reverses(sink) ? s->end - to : from - s->begin;
        lode_sink_put(sink, at + (int64_t)off, tile, (size_t)(to - from));
    }
}

/* Bases [begin, end), begin < end, of the contig from the text of its source. */
static int fetch_from_text(struct lode_reader *r, const struct lode_contig *contig, uint64_t begin,
                           uint64_t end, const struct lode_sink *sink, int64_t at,
                           struct lode_diag *diag)
{
    const uint8_t *table;
    struct stretch s = {.begin = begin, .end = end, .line = (uint64_t)contig->line_bases};
    s.width = lode_line_width(s.line, contig->flags);
    const uint64_t text_off = (uint64_t)contig->text_off;
    const uint64_t from = lode_text_of_base(text_off, s.line, s.width, begin);
    const uint64_t to = lode_text_of_base(text_off, s.line, s.width, end - 1) + 1;
    const int status = lode_reader_text(r, contig->source, from, to, &s.text, diag);
    if (status != LODE_OK)
        return status;
    if (lode_sink_direct(sink, &table))
        put_direct(&s, sink, at);
    else
        put_tiles(&s, sink, at);
    return LODE_OK;
}

int lode_fetch_span(lode_reader *reader, const struct lode_contig *contig,
                    const struct lode_span *span, int bounds, const struct lode_sink *sink,
                    struct lode_diag *diag)
{
    const bool padded = bounds == LODE_BOUNDS_PAD, reversed = lode_sink_reverses(sink);
    const int64_t before = !padded ? 0 : reversed ? span->right : span->left;
    const int64_t behind = !padded ? 0 : reversed ? span->left : span->right;
    const int64_t bases = span->end - span->begin;
    if (bases > 0) {
        const int status = (reader->index->seq.packed ? lode_packed_fetch : fetch_from_text)(
            reader, contig, (uint64_t)span->begin, (uint64_t)span->end, sink, before, diag);
        if (status != LODE_OK)
            return status;
    }
    if (bases > 0 && sink->n_seed != NULL) {
        const int status = lode_filln(reader, contig, span->begin, span->end, sink, before, diag);
        if (status != LODE_OK)
            return status;
    }
    if (before > 0)
        lode_sink_pad(sink, 0, before);
    if (behind > 0)
        lode_sink_pad(sink, before + bases, behind);
    return LODE_OK;
}

/* The row a contig was made from, for lode_index_guarded. */
struct row_load {
    const struct lode_seqindex *seq;
    uint64_t id;
    struct lode_contig_row row;
};

static int run_row_load(void *arg)
{
    struct row_load *load = arg;
    struct lode_source source;
    return lode_contig_get(load->seq, load->id, &load->row, &source, NULL);
}

/* A contig passed by value came from the caller's memory: a stale or altered one must not address
 * other text, so it has to equal its row. */
static int check_contig(const struct lode_index *index, const struct lode_contig *contig,
                        struct lode_diag *diag)
{
    struct row_load load = {.seq = &index->seq, .id = (uint64_t)contig->id};
    if (contig->content_id != index->seq.box.content_id)
        return lode_diag_set(diag, LODE_E_ARG,
                             "%s: the contig was found in another index or another version of it",
                             index->path);
    if (contig->id < 0 || load.id >= index->seq.contig_count ||
        lode_index_guarded(index, run_row_load, &load, NULL) != LODE_OK ||
        load.row.source != (uint64_t)contig->source ||
        load.row.length != (uint64_t)contig->length ||
        load.row.text_off != (uint64_t)contig->text_off ||
        load.row.line_bases != (uint64_t)contig->line_bases || load.row.flags != contig->flags ||
        load.row.base_off != (uint64_t)contig->base_off || load.row.encoding != contig->encoding)
        return lode_diag_set(diag, LODE_E_ARG, "%s: not a contig of this index", index->path);
    return LODE_OK;
}

/* A short read waits for memory more than for anything else: what it will touch is asked for before
 * the contig is checked. */
static void ask_packed(const struct lode_index *index, const struct lode_contig *contig,
                       int64_t begin, int64_t end, uint32_t flags)
{
    if (!index->seq.packed || begin < 0 || begin >= end || end > contig->length)
        return;
    const struct lode_want want = lode_packed_want(contig, begin, end, 0);
    lode_packed_soon(index, (uint64_t)want.store, want.begin, want.end, (flags & LODE_UPPER) == 0);
}

int lode_range_refused(const lode_index *index, const struct lode_contig *contig, int64_t begin,
                       int64_t end, struct lode_diag *diag)
{
    char name[120];
    size_t len = 0;
    if (lode_contig_name(index, contig->id, name, sizeof name, &len) != LODE_OK)
        len = (size_t)snprintf(name, sizeof name, "number %lld", (long long)contig->id);
    return lode_diag_set(
        diag, LODE_E_RANGE, "%s: range %lld..%lld is not inside contig %.*s of %lld bases",
        index->path, (long long)begin, (long long)end, (int)len, name, (long long)contig->length);
}

int64_t lode_fetch_here(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                        int64_t end, void *dst, int64_t dst_size, int bounds, uint32_t flags,
                        struct lode_diag *diag)
{
    if (reader == NULL || contig == NULL || dst_size < 0 || (dst == NULL && dst_size > 0) ||
        bounds < LODE_BOUNDS_ERROR || bounds > LODE_BOUNDS_PAD ||
        (flags & ~(LODE_REVERSE_COMPLEMENT | LODE_UPPER)) != 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_fetch_at: an argument is not allowed");
    ask_packed(reader->index, contig, begin, end, flags);
    int status = check_contig(reader->index, contig, diag);
    if (status != LODE_OK)
        return status;
    if (contig->encoding == LODE_ENCODING_VALUES && (flags != 0 || bounds == LODE_BOUNDS_PAD))
        return lode_diag_set(diag, LODE_E_ARG, "%s: " LODE_TRACK_REFUSES, reader->index->path);
    const struct lode_span span = lode_span_of(contig->length, begin, end, bounds);
    if (span.status < 0)
        return lode_range_refused(reader->index, contig, begin, end, diag);
    const int64_t width = lode_span_width(&span, bounds);
    if (width > dst_size)
        return lode_diag_set(diag, LODE_E_SPACE, "%s: %lld bytes do not fit into %lld",
                             reader->index->path, (long long)width, (long long)dst_size);
    const struct lode_sink sink = {
        .encoder = &lode_encoder_plain, .dst = dst, .flags = flags, .pad = 'N'};
    status = lode_fetch_span(reader, contig, &span, bounds, &sink, diag);
    return status == LODE_OK ? width : status;
}

int64_t lode_fetch_at(lode_reader *reader, const struct lode_contig *contig, int64_t begin,
                      int64_t end, void *dst, int64_t dst_size, int bounds, uint32_t flags,
                      struct lode_diag *diag)
{
    struct lode_contig own;
    if (reader != NULL && contig != NULL && reader->whole->set != NULL) {
        const struct lode_route to = lode_reader_to_contig(reader, contig->id);
        own = lode_route_down(&to, contig);
        contig = &own;
    }
    return lode_fetch_here(reader, contig, begin, end, dst, dst_size, bounds, flags, diag);
}
