/* Owns questions about names, numbers and rows of contigs and sources, answered without the
 * sources. */
#include "diag.h"
#include "index.h"
#include "locate.h"

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
    };
    *out = contig;
}

static int load_contig(const lode_index *index, uint64_t id, struct lode_contig *out,
                       struct lode_fault *fault)
{
    struct lode_contig_row row;
    struct lode_source source;
    const int status = lode_contig_get(&index->seq, id, &row, &source, fault);
    if (status == LODE_OK)
        fill_contig(index, id, &row, out);
    return status;
}

/* One lookup: arguments and result, for lode_index_guarded. */
struct lookup {
    const lode_index *index;
    int64_t source;
    const char *name;
    size_t len;
    struct lode_contig *out;
    struct lode_fault *fault; /* or NULL */
};

static int run_lookup(void *arg)
{
    const struct lookup *q = arg;
    const struct lode_seqindex *seq = &q->index->seq;
    uint64_t id = 0;
    if (q->source < -1 || q->source >= (int64_t)seq->source_count)
        return LODE_E_NOT_FOUND;
    const int status = q->source == -1 ? lode_seqindex_find(seq, q->name, q->len, &id, q->fault)
                                       : lode_seqindex_find_in(seq, (uint64_t)q->source, q->name,
                                                               q->len, &id, q->fault);
    if (status != LODE_OK && status != LODE_E_AMBIGUOUS)
        return status;
    const int loaded = load_contig(q->index, id, q->out, q->fault);
    return loaded == LODE_OK ? status : loaded;
}

int lode_find(const lode_index *index, int64_t source, const char *name, size_t len,
              struct lode_contig *out, struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    if (index == NULL || name == NULL || out == NULL)
        return LODE_E_ARG;
    struct lookup q = {index, source, name, len, out, &fault};
    const int status = lode_index_guarded(index, run_lookup, &q, &fault);
    return fault.status != 0 ? lode_diag_fault(diag, index->path, &fault) : status;
}

/* Lookups are bound by memory latency: slots of a group of names are asked for before the first of
 * them is used, then the rows they lead to. */
enum { GROUP = 16 };

static void prefetch_slot(const lode_index *index, int64_t source, const char *name, size_t len)
{
    struct lode_nametable table;
    if (!lode_seqindex_table(&index->seq, source, &table))
        return;
    const uint64_t home = lode_name_home(lode_name_hash(name, len, table.seed), table.name_count);
    if (home < table.slot_count)
        __builtin_prefetch(table.slots + home * 8);
}

static void prefetch_row(const lode_index *index, int64_t source, const char *name, size_t len)
{
    struct lode_nametable table;
    struct lode_probe probe;
    uint64_t word;
    if (!lode_seqindex_table(&index->seq, source, &table))
        return;
    lode_probe_start(&table, lode_name_hash(name, len, table.seed), &probe);
    if (!lode_probe_next(&table, &probe, &word))
        return;
    uint64_t id = lode_slot_ordinal(word, table.ordinal_bits) + table.first;
    if (id < index->seq.contig_count)
        __builtin_prefetch(index->seq.ctig.rows + id * LODE_STRIDE_CTIG);
}

/* A group of lookups, for lode_index_guarded. */
struct group {
    const lode_index *index;
    const int64_t *sources;
    const char *const *names;
    const size_t *lens;
    int64_t begin, end, failed;
    struct lode_contig *out;
    int *status;
};

static int64_t source_of(const struct group *g, int64_t i)
{
    return g->sources != NULL ? g->sources[i] : -1;
}

static int run_group(void *arg)
{
    struct group *g = arg;
    for (int64_t i = g->begin; i < g->end; i++)
        prefetch_slot(g->index, source_of(g, i), g->names[i], g->lens[i]);
    for (int64_t i = g->begin; i < g->end; i++)
        prefetch_row(g->index, source_of(g, i), g->names[i], g->lens[i]);
    for (int64_t i = g->begin; i < g->end; i++) {
        struct lookup q = {g->index, source_of(g, i), g->names[i], g->lens[i], &g->out[i], NULL};
        g->status[i] = run_lookup(&q);
    }
    return LODE_OK;
}

int64_t lode_find_many(const lode_index *index, const int64_t *sources, const char *const *names,
                       const size_t *lens, int64_t n, struct lode_contig *out, int *status)
{
    int64_t failed = 0;
    if (index == NULL || n < 0 || (n > 0 && (!names || !lens || !out || !status)))
        return LODE_E_ARG;
    struct group g = {index, sources, names, lens, 0, 0, 0, out, status};
    for (; g.begin < n; g.begin = g.end) {
        g.end = n - g.begin < GROUP ? n : g.begin + GROUP;
        const int group = lode_index_guarded(index, run_group, &g, NULL);
        for (int64_t i = g.begin; i < g.end; i++) {
            status[i] = group == LODE_OK ? status[i] : group;
            failed += status[i] != LODE_OK;
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
    struct numbered q = {.index = index, .id = (uint64_t)id, .contig = out, .fault = &fault};
    const int status = lode_index_guarded(index, run_contig_at, &q, &fault);
    return status == LODE_OK ? LODE_OK : lode_diag_fault(diag, index->path, &fault);
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
    const int status = lode_source_get(&q->index->seq, q->id, &source, NULL);
    return status == LODE_OK ? lode_source_strings(&q->index->seq, &source, path, name, NULL)
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

/* Runs one of the above for a number below count. */
static int string_of(const lode_index *index, int64_t id, uint64_t count, int (*run)(void *),
                     char *buf, size_t cap, size_t *len)
{
    struct numbered q = {.index = index, .id = (uint64_t)id, .buf = buf, .cap = cap, .len = len};
    if (buf == NULL && cap > 0)
        return LODE_E_ARG;
    if (id < 0 || (uint64_t)id >= count)
        return LODE_E_RANGE;
    return lode_index_guarded(index, run, &q, NULL);
}

int lode_contig_name(const lode_index *index, int64_t id, char *buf, size_t cap, size_t *len)
{
    return index == NULL
               ? LODE_E_ARG
               : string_of(index, id, index->seq.contig_count, run_contig_name, buf, cap, len);
}

int lode_contig_description(const lode_index *index, int64_t id, char *buf, size_t cap, size_t *len)
{
    return index == NULL
               ? LODE_E_ARG
               : string_of(index, id, index->seq.contig_count, run_description, buf, cap, len);
}

int lode_source_name(const lode_index *index, int64_t source, char *buf, size_t cap, size_t *len)
{
    return index == NULL
               ? LODE_E_ARG
               : string_of(index, source, index->seq.source_count, run_source_name, buf, cap, len);
}

int lode_source_path(const lode_index *index, int64_t source, char *buf, size_t cap, size_t *len)
{
    return index == NULL
               ? LODE_E_ARG
               : string_of(index, source, index->seq.source_count, run_source_path, buf, cap, len);
}

static int run_find_source(void *arg)
{
    struct lookup *q = arg;
    uint64_t i = 0;
    const int status = lode_seqindex_find_source(&q->index->seq, q->name, q->len, &i, q->fault);
    q->source = (int64_t)i;
    return status;
}

int lode_find_source(const lode_index *index, const char *name, size_t len, int64_t *source)
{
    if (index == NULL || name == NULL || source == NULL)
        return LODE_E_ARG;
    struct lookup q = {.index = index, .name = name, .len = len};
    const int status = lode_index_guarded(index, run_find_source, &q, NULL);
    if (status == LODE_OK)
        *source = q.source;
    return status;
}
