#include "packedload.h"

#include "diag.h"
#include "io.h"
#include "prove.h"

#include <stdlib.h>
#include <string.h>

static bool as_bytes(const struct lode_packed_load *l)
{
    return l->contig->encoding == LODE_ENCODING_BYTES;
}

uint64_t lode_packed_byte(const struct lode_packed_load *l, uint64_t p)
{
    return l->first + (as_bytes(l) ? p : p / 4);
}

uint64_t lode_packed_byte_behind(const struct lode_packed_load *l, uint64_t p)
{
    return l->first + (as_bytes(l) ? p : (p + 3) / 4);
}

uint64_t lode_packed_stretch_end(const struct lode_packed_load *l, uint64_t p)
{
    return l->end - p < LODE_PACKED_MAX ? l->end : p + LODE_PACKED_MAX;
}

static int failed(const struct lode_packed_load *l, const struct lode_fault *fault,
                  struct lode_diag *diag)
{
    return lode_diag_fault(diag, l->reader->index->path, fault);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static int load_source(struct lode_packed_load *l)
{
    const lode_index *index = l->reader->index;
    const struct lode_contig *c = l->contig;
    const uint64_t number = (uint64_t)c->source;
    const struct lode_contig_row row = {
        .base_off = (uint64_t)c->base_off, .length = (uint64_t)c->length, .encoding = c->encoding};
    int status = lode_source_ref(&index->seq, number, &l->buf, &l->source, &l->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(index, &index->seq.srce, number, 2, LODE_STRIDE_SRCE, &l->fault);
    if (status == LODE_FMT_OK)
        status = lode_packed_contig(&index->seq, &row, l->source, &l->first, &l->fault);
    return status;
}

/* Changes of case in a stretch, to out. */
static int load_changes(struct lode_packed_load *l, const struct lode_packed_stretch *s,
                        uint32_t *out, uint32_t *count, bool *lower)
{
    const lode_index *index = l->reader->index;
    const int status =
        lode_prove_rows(index, &index->seq.kase, s->change[0], s->change[s->bins] - s->change[0],
                        LODE_STRIDE_CASE, &l->fault);
    return status != LODE_FMT_OK
               ? status
               : lode_packed_changes(&index->seq, s, out, count, lower, &l->fault);
}

/* Ranges of rows that the bins give for a stretch; each proven before it is used. */
static int load_ranges(struct lode_packed_load *l, struct lode_packed_stretch *s)
{
    const lode_index *index = l->reader->index;
    const struct lode_seqindex *seq = &index->seq;
    int status = lode_packed_bins(l->source, s, &l->fault);
    if (status == LODE_FMT_OK)
        status =
            lode_prove_rows(index, &seq->bins, s->bin, s->bins + 1, LODE_STRIDE_BINS, &l->fault);
    if (status == LODE_FMT_OK)
        status = lode_packed_ranges(seq, l->source, s, &l->fault);
    if (status == LODE_FMT_OK)
        status = lode_prove_rows(index, &seq->excp, s->run, s->runs, LODE_STRIDE_EXCP, &l->fault);
    return status;
}

/* Places that were counted from a stretch's begin, from the begin of the rows. */
static void move_on(struct lode_packed_scratch *scratch, uint32_t changes, uint32_t runs,
                    uint64_t by)
{
    for (uint32_t i = 0; i < changes && by > 0; i++)
        scratch->changes[scratch->change_count + i] += (uint32_t)by;
    for (uint32_t i = 0; i < runs && by > 0; i++) {
        scratch->runs[scratch->run_count + i].begin += (uint32_t)by;
        scratch->runs[scratch->run_count + i].end += (uint32_t)by;
    }
    scratch->change_count += changes;
    scratch->run_count += runs;
}

/* The rows of the stretch that begins at base `begin`, behind those that are loaded, or alone. */
static int load_rows(struct lode_packed_load *l, uint64_t begin, bool alone)
{
    struct lode_packed_scratch *scratch = l->scratch;
    struct lode_packed_stretch s = {.begin = 4 * (uint64_t)l->contig->base_off + begin};
    uint32_t changes = 0, runs = 0;
    bool lower = false;
    if (alone) {
        scratch->change_count = scratch->run_count = 0;
        scratch->rows_begin = begin;
    }
    s.end = s.begin + (lode_packed_stretch_end(l, begin) - begin);
    int status = load_ranges(l, &s);
    if (status == LODE_FMT_OK)
        status = lode_packed_runs(&l->reader->index->seq, &s, scratch->runs + scratch->run_count,
                                  &runs, &l->fault);
    if (status == LODE_FMT_OK && l->by_case)
        status = load_changes(l, &s, scratch->changes + scratch->change_count, &changes, &lower);
    if (alone)
        scratch->lower = lower;
    scratch->rows_end = lode_packed_stretch_end(l, begin);
    move_on(scratch, changes, runs, begin - scratch->rows_begin);
    return status;
}

/* Can the rows of one stretch more be put behind those at hand, and be counted from their begin? */
static bool rows_fit(const struct lode_packed_scratch *s)
{
    return s->change_count <= LODE_PACKED_MAX && s->run_count <= LODE_PACKED_MAX &&
           s->rows_end - s->rows_begin < UINT32_MAX - LODE_PACKED_MAX;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* Bytes [begin, end) of BASE from the map. Under the guard nothing but a copy may meet a page that
 * is gone: then there are at most LODE_PACKED_BYTES. Else they are used in place; a kernel may read
 * as far behind the last base as BASE has zeros there. */
static int map_bytes(struct lode_packed_load *l, uint64_t begin, uint64_t end)
{
    struct lode_packed_scratch *scratch = l->scratch;
    const lode_index *index = l->reader->index;
    const uint8_t *from = index->seq.base.rows + begin;
    const int status = lode_prove(index, from, end - begin, &l->fault);
    if (status != LODE_FMT_OK)
        return status;
    if (index->map.guarded)
        memcpy(scratch->room, from, (size_t)(end - begin));
    scratch->bytes = index->map.guarded ? scratch->room : from;
    scratch->begin = begin;
    scratch->end = end;
    return LODE_FMT_OK;
}

/* Bytes [off, end) of the file: were they proven, else the whole pages they lie on; then the proof
 * of a copy of those. For lode_index_guarded. */
struct page_proof {
    const lode_index *index;
    uint64_t off, end;
    const uint8_t *bytes;
    bool proven;
    struct lode_fault fault;
};

static int run_widen(void *arg)
{
    struct page_proof *p = arg;
    p->proven = lode_proof_known(&p->index->proof, p->off, p->end - p->off);
    if (!p->proven)
        lode_proof_span(&p->index->proof, &p->off, &p->end);
    return LODE_OK;
}

static int run_page_proof(void *arg)
{
    struct page_proof *p = arg;
    return lode_proof_copy(&p->index->proof, p->off, p->end - p->off, p->bytes, &p->fault);
}

static int read_failed(const struct lode_packed_load *l, ssize_t got, struct lode_diag *diag)
{
    const struct lode_fault cut = {LODE_E_TRUNCATED, LODE_ID_BASE, "H-11", 0};
    return got < 0 ? lode_diag_errno(diag, "%s: cannot read", l->reader->index->path)
                   : failed(l, &cut, diag);
}

/* The same by pread. Pages that nobody proved yet are read whole. */
static int read_bytes(struct lode_packed_load *l, uint64_t begin, uint64_t end,
                      struct lode_diag *diag)
{
    const lode_index *index = l->reader->index;
    struct lode_packed_scratch *scratch = l->scratch;
    const uint64_t base = (uint64_t)(index->seq.base.rows - index->seq.box.data);
    struct page_proof proof = {
        .index = index, .off = base + begin, .end = base + end, .bytes = scratch->room};
    scratch->begin = scratch->end = 0;
    if (lode_index_guarded(index, run_widen, &proof, &proof.fault) != LODE_OK)
        return failed(l, &proof.fault, diag);
    const size_t n = (size_t)(proof.end - proof.off);
    const ssize_t got = lode_pread_full(index->fd, scratch->room, n, proof.off);
    if (got < 0 || (size_t)got < n)
        return read_failed(l, got, diag);
    if (!proof.proven && lode_index_guarded(index, run_page_proof, &proof, &proof.fault) != LODE_OK)
        return failed(l, &proof.fault, diag);
    scratch->bytes = scratch->room + (base + begin - proof.off);
    scratch->begin = begin;
    scratch->end = end;
    return LODE_OK;
}

struct map_call {
    struct lode_packed_load *load;
    uint64_t begin, end;
};

static int run_map(void *arg)
{
    const struct map_call *call = arg;
    return map_bytes(call->load, call->begin, call->end);
}

/* Bytes of BASE from `begin` on, up to the read's end or as many as fit. */
static int get_bytes(struct lode_packed_load *l, uint64_t begin, struct lode_diag *diag)
{
    const uint64_t all = lode_packed_byte_behind(l, l->end);
    const uint64_t end = all - begin < LODE_PACKED_BYTES ? all : begin + LODE_PACKED_BYTES;
    struct map_call call = {l, begin, end};
    if (!l->reader->index->base_mapped)
        return read_bytes(l, begin, end, diag);
    return lode_index_guarded(l->reader->index, run_map, &call, &l->fault) == LODE_OK
               ? LODE_OK
               : failed(l, &l->fault, diag);
}

/* ---- the read ------------------------------------------------------------------------------- */

/* Are the read's bytes taken from the map at once? */
static bool at_once(const struct lode_packed_load *l, uint64_t begin, uint64_t end)
{
    const lode_index *index = l->reader->index;
    return index->base_mapped && (!index->map.guarded || end - begin <= LODE_PACKED_BYTES);
}

/* Source, bytes, rows of all stretches one after another. */
static int run_load(void *arg)
{
    struct lode_packed_load *l = arg;
    struct lode_packed_scratch *scratch = l->scratch;
    int status = load_source(l);
    if (status != LODE_FMT_OK)
        return status;
    const uint64_t begin = lode_packed_byte(l, l->begin), end = lode_packed_byte_behind(l, l->end);
    const bool mapped = at_once(l, begin, end);
    for (uint64_t p = l->begin; status == LODE_FMT_OK && p < l->end && !as_bytes(l);
         p = lode_packed_stretch_end(l, p))
        status = load_rows(l, p, p == l->begin || !rows_fit(scratch));
    return status == LODE_FMT_OK && mapped ? map_bytes(l, begin, end) : status;
}

static struct lode_packed_scratch *scratch_of(struct lode_reader *reader)
{
    if (reader->packed == NULL)
        reader->packed = malloc(sizeof *reader->packed); /* untouched pages cost nothing */
    return reader->packed;
}

int lode_packed_load_begin(struct lode_packed_load *l, struct lode_diag *diag)
{
    int status = LODE_OK;
    l->fault.status = LODE_OK;
    l->scratch = scratch_of(l->reader);
    if (l->scratch == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory to read packed bases",
                             l->reader->index->path);
    l->scratch->begin = l->scratch->end = 0;
    if (lode_index_guarded(l->reader->index, run_load, l, &l->fault) != LODE_OK)
        return failed(l, &l->fault, diag);
    const uint64_t begin = lode_packed_byte(l, l->begin), end = lode_packed_byte_behind(l, l->end);
    for (uint64_t at = begin; !at_once(l, begin, end) && status == LODE_OK && at < end;
         at += LODE_PACKED_BYTES)
        status = get_bytes(l, at, diag);
    return status;
}

struct stretch_call {
    struct lode_packed_load *load;
    uint64_t begin;
};

static int run_stretch(void *arg)
{
    const struct stretch_call *call = arg;
    return load_rows(call->load, call->begin, true);
}

int lode_packed_load_stretch(struct lode_packed_load *l, uint64_t p, struct lode_diag *diag)
{
    const struct lode_packed_scratch *s = l->scratch;
    const uint64_t begin = lode_packed_byte(l, p), stop = lode_packed_stretch_end(l, p);
    if (begin < s->begin || lode_packed_byte_behind(l, stop) > s->end) {
        const int status = get_bytes(l, begin, diag);
        if (status != LODE_OK)
            return status;
    }
    if (as_bytes(l) || (p >= s->rows_begin && stop <= s->rows_end))
        return LODE_OK;
    struct stretch_call call = {l, p};
    return lode_index_guarded(l->reader->index, run_stretch, &call, &l->fault) == LODE_OK
               ? LODE_OK
               : failed(l, &l->fault, diag);
}
