/* Owns questions that the index answers without its sources: names, numbers, rows. */
#include "diag.h"
#include "index.h"
#include "locate.h"

static int fault_diag(const lode_index *index, struct lode_diag *diag,
                      const struct lode_fault *fault)
{
    return lode_diag_fault(diag, index->path, fault);
}

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

/* lode_find without the diagnosis. */
static int find(const lode_index *index, int64_t source, const char *name, size_t len,
                struct lode_contig *out, struct lode_fault *fault)
{
    uint64_t id = 0;
    int status;
    if (source < -1 || source >= (int64_t)index->seq.source_count)
        return LODE_E_NOT_FOUND;
    if (source == -1)
        status = lode_seqindex_find(&index->seq, name, len, &id, fault);
    else
        status = lode_seqindex_find_in(&index->seq, (uint64_t)source, name, len, &id, fault);
    if (status != LODE_OK && status != LODE_E_AMBIGUOUS)
        return status;
    const int loaded = load_contig(index, id, out, fault);
    return loaded == LODE_OK ? status : loaded;
}

int lode_find(const lode_index *index, int64_t source, const char *name, size_t len,
              struct lode_contig *out, struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    if (index == NULL || name == NULL || out == NULL)
        return LODE_E_ARG;
    const int status = find(index, source, name, len, out, &fault);
    return fault.status != 0 ? fault_diag(index, diag, &fault) : status;
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

int64_t lode_find_many(const lode_index *index, const int64_t *sources, const char *const *names,
                       const size_t *lens, int64_t n, struct lode_contig *out, int *status)
{
    int64_t failed = 0;
    if (index == NULL || n < 0 || (n > 0 && (!names || !lens || !out || !status)))
        return LODE_E_ARG;
    for (int64_t at = 0; at < n; at += GROUP) {
        const int64_t end = n - at < GROUP ? n : at + GROUP;
        for (int64_t i = at; i < end; i++)
            prefetch_slot(index, sources ? sources[i] : -1, names[i], lens[i]);
        for (int64_t i = at; i < end; i++)
            prefetch_row(index, sources ? sources[i] : -1, names[i], lens[i]);
        for (int64_t i = at; i < end; i++) {
            status[i] = find(index, sources ? sources[i] : -1, names[i], lens[i], &out[i], NULL);
            failed += status[i] != LODE_OK;
        }
    }
    return failed;
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
    if (load_contig(index, (uint64_t)id, out, &fault) != LODE_OK)
        return fault_diag(index, diag, &fault);
    return LODE_OK;
}

static int copy_out(const uint8_t *data, size_t n, char *buf, size_t cap, size_t *len)
{
    if (len != NULL)
        *len = n;
    if (n > cap)
        return LODE_E_SPACE;
    if (n > 0)
        memcpy(buf, data, n);
    if (n < cap)
        buf[n] = 0;
    return LODE_OK;
}

int lode_contig_name(const lode_index *index, int64_t id, char *buf, size_t cap, size_t *len)
{
    struct lode_contig_row row;
    struct lode_source source;
    struct lode_bytes name;
    if (index == NULL || (buf == NULL && cap > 0))
        return LODE_E_ARG;
    if (id < 0 || id >= (int64_t)index->seq.contig_count)
        return LODE_E_RANGE;
    int status = lode_contig_get(&index->seq, (uint64_t)id, &row, &source, NULL);
    if (status == LODE_OK)
        status = lode_contig_name_bytes(&index->seq, &row, &source, &name, NULL);
    return status == LODE_OK ? copy_out(name.data, name.len, buf, cap, len) : status;
}

int lode_contig_description(const lode_index *index, int64_t id, char *buf, size_t cap, size_t *len)
{
    struct lode_contig_row row;
    struct lode_source source;
    const uint8_t *desc;
    uint32_t n;
    if (index == NULL || (buf == NULL && cap > 0))
        return LODE_E_ARG;
    if (id < 0 || id >= (int64_t)index->seq.contig_count)
        return LODE_E_RANGE;
    int status = lode_contig_get(&index->seq, (uint64_t)id, &row, &source, NULL);
    if (status == LODE_OK)
        status = lode_contig_desc_bytes(&index->seq, &row, &source, &desc, &n, NULL);
    if (status != LODE_OK)
        return status;
    uint32_t skip = row.lead; /* blanks before the name, then the blank that ended it */
    if (skip < n)
        skip++;
    return copy_out(desc + skip, n - skip, buf, cap, len);
}

static int source_string(const lode_index *index, int64_t i, bool want_name, char *buf, size_t cap,
                         size_t *len)
{
    struct lode_source source;
    struct lode_bytes path, name;
    if (index == NULL || (buf == NULL && cap > 0))
        return LODE_E_ARG;
    if (i < 0 || i >= (int64_t)index->seq.source_count)
        return LODE_E_RANGE;
    int status = lode_source_get(&index->seq, (uint64_t)i, &source, NULL);
    if (status == LODE_OK)
        status = lode_source_strings(&index->seq, &source, &path, &name, NULL);
    if (status != LODE_OK)
        return status;
    const struct lode_bytes *s = want_name ? &name : &path;
    return copy_out(s->data, s->len, buf, cap, len);
}

int lode_source_name(const lode_index *index, int64_t source, char *buf, size_t cap, size_t *len)
{
    return source_string(index, source, true, buf, cap, len);
}

int lode_source_path(const lode_index *index, int64_t source, char *buf, size_t cap, size_t *len)
{
    return source_string(index, source, false, buf, cap, len);
}

int lode_find_source(const lode_index *index, const char *name, size_t len, int64_t *source)
{
    uint64_t i = 0;
    if (index == NULL || name == NULL || source == NULL)
        return LODE_E_ARG;
    const int status = lode_seqindex_find_source(&index->seq, name, len, &i, NULL);
    if (status == LODE_OK)
        *source = (int64_t)i;
    return status;
}

int lode_source_info(const lode_index *index, int64_t i, struct lode_source_info *out,
                     struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    struct lode_source source;
    struct lode_composition bases;
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    if (i < 0 || i >= (int64_t)index->seq.source_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no source number %lld", index->path,
                             (long long)i);
    if (lode_source_get(&index->seq, (uint64_t)i, &source, &fault) != LODE_OK)
        return fault_diag(index, diag, &fault);
    const int status = lode_source_composition(index, i, &bases, diag);
    if (status != LODE_OK)
        return status;
    const struct lode_source_row *row = &source.row;
    const uint64_t blocks = source.end.block - row->begin.block;
    const struct lode_source_info info = {
        .struct_size = sizeof info,
        .first_contig = (int64_t)row->begin.contig,
        .contigs = (int64_t)(source.end.contig - row->begin.contig),
        .blocks = blocks > 0 ? (int64_t)blocks - 1 : 0,
        .bases = bases.bases,
        .file_size = (int64_t)row->file_size,
        .text_size = (int64_t)row->text_len,
        .text_crc = row->text_crc,
        .kind = row->kind,
        .no_eof_marker = (row->flags & LODE_SOURCE_NO_EOF) != 0,
        .fingerprint = row->fingerprint,
    };
    return lode_struct_out(out, &info, sizeof info) ? LODE_OK : LODE_E_ARG;
}

int lode_source_composition(const lode_index *index, int64_t i, struct lode_composition *out,
                            struct lode_diag *diag)
{
    struct lode_fault fault = {0};
    struct lode_source source;
    struct lode_composition sum = {0};
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    if (i < 0 || i >= (int64_t)index->seq.source_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no source number %lld", index->path,
                             (long long)i);
    if (lode_source_get(&index->seq, (uint64_t)i, &source, &fault) != LODE_OK)
        return fault_diag(index, diag, &fault);
    for (uint64_t b = source.row.begin.bin; b < source.end.bin; b++) {
        struct lode_bin_row bin;
        lode_bin_decode(index->seq.bins.rows + b * LODE_STRIDE_BINS, &bin);
        sum.n += bin.n;
        sum.gc += bin.gc;
        sum.lower += bin.lower_count;
        sum.other += bin.other;
    }
    for (uint64_t c = source.row.begin.contig; c < source.end.contig; c++) {
        struct lode_contig_row row;
        lode_contig_decode(index->seq.ctig.rows + c * LODE_STRIDE_CTIG, &row);
        sum.bases += (int64_t)(row.length & LODE_U48_MASK);
    }
    *out = sum;
    return LODE_OK;
}
