/* Owns questions about names, numbers and rows of contigs and sources, answered without the
 * sources. */
#include "diag.h"
#include "index.h"
#include "locate.h"
#include "prove.h"
#include "setindex.h"

static void fill_contig(const lode_index *index, uint64_t id, const struct lode_contig_row *row,
                        struct lode_contig *out)
{
    const struct lode_contig contig = {
        .id = (int64_t)id,
        .length = (int64_t)row->length,
        .source = row->source,
        .text_off = (int64_t)row->text_off,
        .line_bases = (int64_t)row->line_bases,
        .base_off = (int64_t)row->base_off,
        .content_id = index->seq.box.content_id,
        .flags = row->flags,
        .encoding = row->encoding,
        .track = row->encoding == LODE_ENCODING_VALUES ? row->lead : LODE_TRACK_NONE,
    };
    *out = contig;
}

static int load_contig(const lode_index *index, uint64_t id, struct lode_contig *out,
                       struct lode_fault *fault)
{
    struct lode_contig_row row;
    struct lode_source source;
    const struct lode_source *used;
    const int proof = lode_prove_rows(index, &index->seq.ctig, id, 1, LODE_STRIDE_CTIG, fault);
    if (proof != LODE_FMT_OK)
        return proof;
    const int status = lode_contig_ref(&index->seq, id, &row, &source, &used, fault);
    if (status != LODE_OK)
        return status;
    fill_contig(index, id, &row, out);
    return lode_prove_contig(index, id, &row, fault);
}

/* One lookup, for lode_index_guarded. */
struct lookup_call {
    const lode_index *index;
    struct lode_lookup lookup;
    struct lode_contig_row row;
    struct lode_fault *fault; /* or NULL */
};

static int run_lookup(void *arg)
{
    struct lookup_call *call = arg;
    lode_lookup_start(&call->lookup);
    const int status = lode_lookup_finish(&call->lookup, &call->row, call->fault);
    return lode_prove_lookup(call->index, status, &call->lookup, &call->row, call->fault);
}

/* NOT_FOUND, too, for a source that there is not. */
static int answer(const lode_index *index, int status, const struct lode_lookup *lookup,
                  const struct lode_contig_row *row, struct lode_contig *out)
{
    if (status == LODE_OK || status == LODE_E_AMBIGUOUS)
        fill_contig(index, lookup->contig, row, out);
    return status;
}

int lode_find_explain(const lode_index *index, int status, const char *name, size_t len,
                      struct lode_diag *diag)
{
    enum { SHOWN_MAX = 200 }; /* bytes of a name in a message */
    const int shown = len < SHOWN_MAX ? (int)len : SHOWN_MAX;
    if (status == LODE_E_NOT_FOUND)
        return lode_diag_set(diag, status, "%s: no contig '%.*s'", index->path, shown, name);
    if (status == LODE_E_AMBIGUOUS)
        return lode_diag_set(diag, status,
                             "%s: contig '%.*s' stands in several sources: say in which",
                             index->path, shown, name);
    return status;
}

int lode_find(const lode_index *index, int64_t source, const char *name, size_t len,
              struct lode_contig *out, struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    if (index == NULL || name == NULL || out == NULL)
        return LODE_E_ARG;
    if (source < -1)
        return LODE_E_NOT_FOUND;
    if (index->set != NULL)
        return lode_indexset_find(index, source, name, len, out, diag);
    struct lookup_call call;
    call.index = index;
    call.lookup.ix = &index->seq;
    call.lookup.source = source;
    call.lookup.name = name;
    call.lookup.len = len;
    call.fault = &fault;
    const int status = lode_index_guarded(index, run_lookup, &call, &fault);
    if (fault.status != 0)
        return lode_diag_fault(diag, index->path, &fault);
    const int result = answer(index, status, &call.lookup, &call.row, out);
    return diag != NULL ? lode_find_explain(index, result, name, len, diag) : result;
}

/* Lookups are bound by memory latency: a group of them takes each step together, so that the
 * accesses of one step overlap. */
enum { GROUP = 32 };

struct group {
    const lode_index *index;
    int64_t n;
    struct lode_lookup lookups[GROUP];
    struct lode_contig_row rows[GROUP];
    int status[GROUP];
};

static int run_group(void *arg)
{
    struct group *g = arg;
    for (int64_t i = 0; i < g->n; i++)
        lode_lookup_start(&g->lookups[i]);
    for (int64_t i = 0; i < g->n; i++)
        lode_lookup_row(&g->lookups[i]);
    for (int64_t i = 0; i < g->n; i++)
        lode_lookup_name(&g->lookups[i]);
    for (int64_t i = 0; i < g->n; i++)
        g->status[i] = lode_lookup_finish(&g->lookups[i], &g->rows[i], NULL);
    for (int64_t i = 0; i < g->n; i++)
        g->status[i] = lode_prove_lookup(g->index, g->status[i], &g->lookups[i], &g->rows[i], NULL);
    return LODE_OK;
}

int64_t lode_find_many(const lode_index *index, const int64_t *sources, const char *const *names,
                       const size_t *lens, int64_t n, struct lode_contig *out, int *status)
{
    int64_t failed = 0;
    struct group g;
    if (index == NULL || n < 0 || (n > 0 && (!names || !lens || !out || !status)))
        return LODE_E_ARG;
    if (index->set != NULL)
        return lode_indexset_find_many(index, sources, names, lens, n, out, status);
    g.index = index;
    for (int64_t at = 0; at < n; at += GROUP) {
        g.n = n - at < GROUP ? n - at : GROUP;
        for (int64_t i = 0; i < g.n; i++) {
            g.lookups[i].ix = &index->seq;
            g.lookups[i].source = sources != NULL ? sources[at + i] : -1;
            if (g.lookups[i].source < -1) /* one that there is not */
                g.lookups[i].source = (int64_t)index->seq.source_count;
            g.lookups[i].name = names[at + i];
            g.lookups[i].len = lens[at + i];
        }
        const int group = lode_index_guarded(index, run_group, &g, NULL);
        for (int64_t i = 0; i < g.n; i++) {
            status[at + i] = group == LODE_OK ? answer(index, g.status[i], &g.lookups[i],
                                                       &g.rows[i], &out[at + i])
                                              : group;
            failed += status[at + i] != LODE_OK;
        }
    }
    return failed;
}

/* The contig or source with a number: arguments for lode_index_guarded. */
struct numbered {
    const lode_index *index;
    uint64_t id;
    struct lode_contig *contig;
    char *buf; /* string copied out: cap bytes */
    size_t cap;
    size_t *len;
    struct lode_fault *fault;
};

static int run_contig_at(void *arg)
{
    const struct numbered *q = arg;
    return load_contig(q->index, q->id, q->contig, q->fault);
}

int lode_contig_at(const lode_index *index, int64_t id, struct lode_contig *out,
                   struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    if (id < 0 || id >= (int64_t)index->seq.contig_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no contig number %lld: there are %llu",
                             index->path, (long long)id,
                             (unsigned long long)index->seq.contig_count);
    const struct lode_route to = lode_route_contig(index, id);
    struct numbered q = {
        .index = to.index, .id = (uint64_t)(id - to.contig), .contig = out, .fault = &fault};
    const int status = lode_index_guarded(to.index, run_contig_at, &q, &fault);
    if (status != LODE_OK)
        return lode_diag_fault(diag, to.index->path, &fault);
    lode_route_up(&to, out);
    return LODE_OK;
}

static int copy_out(const struct numbered *q, const uint8_t *data, size_t n)
{
    if (q->len != NULL)
        *q->len = n;
    if (n > q->cap)
        return LODE_E_SPACE;
    if (n > 0)
        memcpy(q->buf, data, n);
    if (n < q->cap)
        q->buf[n] = 0;
    return LODE_OK;
}

static int run_contig_name(void *arg)
{
    const struct numbered *q = arg;
    struct lode_contig_row row;
    struct lode_source source;
    struct lode_bytes name;
    int status = lode_contig_get(&q->index->seq, q->id, &row, &source, NULL);
    if (status == LODE_OK)
        status = lode_contig_name_bytes(&q->index->seq, &row, &source, &name, NULL);
    if (status == LODE_OK)
        status = lode_prove_contig(q->index, q->id, &row, NULL);
    return status == LODE_OK ? copy_out(q, name.data, name.len) : status;
}

static int run_description(void *arg)
{
    const struct numbered *q = arg;
    struct lode_contig_row row;
    struct lode_source source;
    const uint8_t *desc;
    uint32_t n;
    int status = lode_contig_get(&q->index->seq, q->id, &row, &source, NULL);
    if (status == LODE_OK)
        status = lode_contig_desc_bytes(&q->index->seq, &row, &source, &desc, &n, NULL);
    if (status == LODE_OK)
        status = lode_prove_contig(q->index, q->id, &row, NULL);
    if (status == LODE_OK)
        status = lode_prove(q->index, desc, n, NULL);
    if (status != LODE_OK)
        return status;
    const uint32_t skip =
        row.lead + (row.lead < n ? 1u : 0u); /* blanks before the name, the one after it */
    return copy_out(q, desc + skip, n - skip);
}

static int source_strings(const struct numbered *q, struct lode_bytes *path,
                          struct lode_bytes *name)
{
    struct lode_source source;
    const struct lode_seqindex *seq = &q->index->seq;
    int status = lode_source_get(seq, q->id, &source, NULL);
    if (status == LODE_OK)
        status = lode_prove_rows(q->index, &seq->srce, q->id, 2, LODE_STRIDE_SRCE, NULL);
    if (status == LODE_OK)
        status = lode_source_strings(seq, &source, path, name, NULL);
    return status == LODE_OK
               ? lode_prove(q->index, path->data, (uint64_t)path->len + name->len + 2, NULL)
               : status;
}

static int run_source_name(void *arg)
{
    struct lode_bytes path, name;
    const int status = source_strings(arg, &path, &name);
    return status == LODE_OK ? copy_out(arg, name.data, name.len) : status;
}

static int run_source_path(void *arg)
{
    struct lode_bytes path, name;
    const int status = source_strings(arg, &path, &name);
    return status == LODE_OK ? copy_out(arg, path.data, path.len) : status;
}

/* Runs one of the above for the number of a contig or a source. */
static int string_of(const lode_index *index, int64_t id, bool by_source, int (*run)(void *),
                     char *buf, size_t cap, size_t *len)
{
    if (index == NULL || (buf == NULL && cap > 0))
        return LODE_E_ARG;
    if (id < 0 || (uint64_t)id >= (by_source ? index->seq.source_count : index->seq.contig_count))
        return LODE_E_RANGE;
    const struct lode_route to =
        by_source ? lode_route_source(index, id) : lode_route_contig(index, id);
    struct numbered q = {.index = to.index,
                         .id = (uint64_t)(id - (by_source ? to.source : to.contig)),
                         .buf = buf,
                         .cap = cap,
                         .len = len};
    return lode_index_guarded(to.index, run, &q, NULL);
}

int lode_contig_name(const lode_index *index, int64_t id, char *buf, size_t cap, size_t *len)
{
    return string_of(index, id, false, run_contig_name, buf, cap, len);
}

int lode_contig_description(const lode_index *index, int64_t id, char *buf, size_t cap, size_t *len)
{
    return string_of(index, id, false, run_description, buf, cap, len);
}

int lode_source_name(const lode_index *index, int64_t source, char *buf, size_t cap, size_t *len)
{
    return string_of(index, source, true, run_source_name, buf, cap, len);
}

int lode_source_path(const lode_index *index, int64_t source, char *buf, size_t cap, size_t *len)
{
    return string_of(index, source, true, run_source_path, buf, cap, len);
}

/* A source by NAME, for lode_index_guarded. */
struct source_search {
    const lode_index *index;
    const char *name;
    size_t len;
    uint64_t source;
};

/* Slots of SNAM where a NAME stands or would stand, and the sources that they name. */
static int prove_sources(const lode_index *index, const char *name, size_t len)
{
    const struct lode_seqindex *seq = &index->seq;
    const struct lode_nametable table = {
        .slots = seq->snam.rows,
        .slot_count = seq->snam.count,
        .name_count = seq->source_count,
        .ordinal_bits = LODE_TNAM_ORDINAL_BITS,
        .longest = seq->snam_param >> 8,
        .seed = (uint8_t)seq->snam_param,
    };
    const uint64_t hash = lode_name_hash(name, len, table.seed);
    struct lode_probe probe;
    uint64_t word;
    int status = lode_prove_rows(index, &seq->snam, lode_name_home(hash, table.name_count),
                                 (uint64_t)table.longest + 1, LODE_STRIDE_SNAM, NULL);
    lode_probe_start(&table, hash, &probe);
    while (status == LODE_FMT_OK && lode_probe_next(&table, &probe, &word)) {
        struct lode_bytes path, bytes;
        const struct numbered q = {.index = index,
                                   .id = lode_slot_ordinal(word, LODE_TNAM_ORDINAL_BITS)};
        if (q.id >= seq->source_count)
            continue;
        const int strings = source_strings(&q, &path, &bytes);
        status = strings == LODE_FMT_PAGE_SUM ? strings : LODE_FMT_OK;
        if (strings != LODE_FMT_OK && status == LODE_FMT_OK) /* then its row may be damaged */
            status = lode_prove_rows(index, &seq->srce, q.id, 2, LODE_STRIDE_SRCE, NULL);
    }
    return status;
}

static int run_find_source(void *arg)
{
    struct source_search *q = arg;
    const int status = lode_seqindex_find_source(&q->index->seq, q->name, q->len, &q->source, NULL);
    const int proof = prove_sources(q->index, q->name, q->len);
    return proof == LODE_FMT_OK ? status : proof;
}

int lode_find_source(const lode_index *index, const char *name, size_t len, int64_t *source)
{
    if (index == NULL || name == NULL || source == NULL)
        return LODE_E_ARG;
    if (index->set != NULL)
        return lode_indexset_find_source(index, name, len, source);
    struct source_search q = {.index = index, .name = name, .len = len};
    const int status = lode_index_guarded(index, run_find_source, &q, NULL);
    if (status == LODE_OK)
        *source = (int64_t)q.source;
    return status;
}
