#include "seqindex.h"

#include "hash.h"
#include "locate.h"
#include "range.h"

/* Finds a table and checks its stride. Absent optional tables are empty. */
static int find_table(struct lode_seqindex *ix, uint32_t id, uint32_t stride, bool required,
                      struct lode_rows *out, uint32_t *param, struct lode_fault *fault)
{
    struct lode_section s;
    if (!lode_container_find(&ix->box, id, 0, &s)) {
        out->rows = ix->box.data;
        out->count = 0;
        return required ? lode_fail(fault, LODE_FMT_LAYOUT, "S-1", id, 0) : LODE_FMT_OK;
    }
    if (s.stride != stride || !lode_range_ok(s.off, s.len, ix->box.size) ||
        s.count != s.len / stride)
        return lode_fail(fault, LODE_FMT_LAYOUT, "S-2", id, s.off);
    out->rows = ix->box.data + s.off;
    out->count = s.count;
    if (param != NULL)
        *param = s.param;
    return LODE_FMT_OK;
}

static int find_tables(struct lode_seqindex *ix, struct lode_fault *fault)
{
    uint32_t sum_log2 = LODE_SUM_LOG2;
    const struct {
        uint32_t id, stride;
        bool required;
        struct lode_rows *out;
        uint32_t *param;
    } tables[] = {
        {LODE_ID_SRCE, LODE_STRIDE_SRCE, true, &ix->srce, NULL},
        {LODE_ID_SNAM, LODE_STRIDE_SNAM, true, &ix->snam, &ix->snam_param},
        {LODE_ID_SSTR, LODE_STRIDE_SSTR, true, &ix->sstr, NULL},
        {LODE_ID_OPTS, LODE_STRIDE_OPTS, true, &ix->opts, NULL},
        {LODE_ID_CTIG, LODE_STRIDE_CTIG, false, &ix->ctig, NULL},
        {LODE_ID_TNAM, LODE_STRIDE_TNAM, false, &ix->tnam, &ix->tnam_param},
        {LODE_ID_GNAM, LODE_STRIDE_GNAM, false, &ix->gnam, &ix->gnam_param},
        {LODE_ID_NAME, LODE_STRIDE_NAME, false, &ix->name, NULL},
        {LODE_ID_BLOK, LODE_STRIDE_BLOK, false, &ix->blok, NULL},
        {LODE_ID_SUMS, LODE_STRIDE_SUMS, false, &ix->sums, &sum_log2},
        {LODE_ID_BINS, LODE_STRIDE_BINS, false, &ix->bins, NULL},
        {LODE_ID_CASE, LODE_STRIDE_CASE, false, &ix->kase, NULL},
        {LODE_ID_EXCP, LODE_STRIDE_EXCP, false, &ix->excp, NULL},
        {LODE_ID_GAPS, LODE_STRIDE_GAPS, false, &ix->gaps, NULL},
        {LODE_ID_DIGS, LODE_STRIDE_DIGS, false, &ix->digs, NULL},
        {LODE_ID_DESC, LODE_STRIDE_DESC, false, &ix->desc, NULL},
        {LODE_ID_BASE, LODE_STRIDE_BASE, false, &ix->base, NULL},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const int status = find_table(ix, tables[i].id, tables[i].stride, tables[i].required,
                                      tables[i].out, tables[i].param, fault);
        if (status != LODE_FMT_OK)
            return status;
    }
    if (sum_log2 != LODE_SUM_LOG2)
        return lode_fail(fault, LODE_FMT_FEATURE, "S-3", LODE_ID_SUMS, 0);
    /* Bounds what a lookup may cost, whoever wrote the file. */
    if (ix->tnam_param >> 8 > LODE_NAME_PROBE_MAX || ix->gnam_param >> 8 > LODE_NAME_PROBE_MAX ||
        ix->snam_param >> 8 > LODE_NAME_PROBE_MAX)
        return lode_fail(fault, LODE_FMT_LAYOUT, "N-4", LODE_ID_TNAM, 0);
    return LODE_FMT_OK;
}

/* Offset of a row in the file, for faults. */
static uint64_t at(const struct lode_seqindex *ix, const uint8_t *p)
{
    return (uint64_t)(p - ix->box.data);
}

int lode_seqindex_parse(const uint8_t *data, uint64_t size, struct lode_seqindex *out,
                        struct lode_fault *fault)
{
    struct lode_seqindex ix = {.source_count = 0};
    struct lode_section section;
    int status = lode_container_parse(data, size, &ix.box, fault);
    if (status == LODE_FMT_OK)
        status = find_tables(&ix, fault);
    if (status != LODE_FMT_OK)
        return status;
    if (ix.srce.count < 2 || ix.srce.count - 1 > LODE_SOURCE_MAX)
        return lode_fail(fault, LODE_FMT_LAYOUT, "S-4", LODE_ID_SRCE, at(&ix, ix.srce.rows));
    ix.source_count = ix.srce.count - 1;
    ix.contig_count = ix.ctig.count;
    if (ix.contig_count > LODE_CONTIG_MAX)
        return lode_fail(fault, LODE_FMT_LAYOUT, "S-5", LODE_ID_CTIG, at(&ix, ix.ctig.rows));
    if (lode_container_find(&ix.box, LODE_ID_BASE, 0, &section)) {
        if (ix.base.count < LODE_BASE_TAIL)
            return lode_fail(fault, LODE_FMT_LAYOUT, "S-24", LODE_ID_BASE, section.off);
        ix.base.count -= LODE_BASE_TAIL;
        ix.packed = true;
    }
    if (ix.digs.count != 0 && ix.digs.count != ix.contig_count)
        return lode_fail(fault, LODE_FMT_LAYOUT, "S-22", LODE_ID_DIGS, 0);
    if (ix.source_count > 1) {
        if (ix.gnam.count < 2)
            return lode_fail(fault, LODE_FMT_LAYOUT, "S-6", LODE_ID_GNAM, 0);
        ix.gnam_names = lode_get64(ix.gnam.rows + (ix.gnam.count - 1) * LODE_STRIDE_GNAM);
        if (ix.gnam_names > ix.contig_count)
            return lode_fail(fault, LODE_FMT_CORRUPT, "N-6", LODE_ID_GNAM, at(&ix, ix.gnam.rows));
    }
    ix.has_only = ix.source_count == 1 && lode_source_get(&ix, 0, &ix.only, NULL) == LODE_FMT_OK;
    *out = ix;
    return LODE_FMT_OK;
}

static bool begins_ok(const struct lode_begins *begin, const struct lode_begins *end,
                      const struct lode_seqindex *ix)
{
#define WITHIN(field, limit) (begin->field <= end->field && end->field <= (limit))
    return WITHIN(contig, ix->ctig.count) && WITHIN(block, ix->blok.count) &&
           WITHIN(sum, ix->sums.count) && WITHIN(slot, ix->tnam.count) &&
           WITHIN(name, ix->name.count) && WITHIN(desc, ix->desc.count) &&
           WITHIN(base, ix->packed ? ix->base.count : UINT64_MAX) && WITHIN(bin, ix->bins.count) &&
           WITHIN(toggle, ix->kase.count) && WITHIN(run, ix->excp.count);
#undef WITHIN
}

int lode_source_get(const struct lode_seqindex *ix, uint64_t i, struct lode_source *out,
                    struct lode_fault *fault)
{
    const uint8_t *p = ix->srce.rows + i * LODE_STRIDE_SRCE;
    struct lode_source_row next;
    lode_source_decode(p, &out->row);
    lode_source_decode(p + LODE_STRIDE_SRCE, &next);
    out->end = next.begin;
    const struct lode_source_row *row = &out->row;
    if (!begins_ok(&row->begin, &out->end, ix))
        return lode_fail(fault, LODE_FMT_CORRUPT, "S-7", LODE_ID_SRCE, at(ix, p));
    if (row->kind > LODE_KIND_PACKED || (row->flags & ~LODE_SOURCE_FLAGS_KNOWN) != 0 ||
        lode_source_dtype(row) > LODE_SOURCE_DTYPES)
        return lode_fail(fault, LODE_FMT_FEATURE, "S-8", LODE_ID_SRCE, at(ix, p));
    if ((row->flags & LODE_SOURCE_RESTART) != 0 && row->kind != LODE_KIND_BGZF)
        return lode_fail(fault, LODE_FMT_CORRUPT, "S-23", LODE_ID_SRCE, at(ix, p));
    if ((row->flags & LODE_SOURCE_FINE) != 0 &&
        (row->kind != LODE_KIND_BGZF || (row->flags & LODE_SOURCE_RESTART) != 0))
        return lode_fail(fault, LODE_FMT_CORRUPT, "S-25", LODE_ID_SRCE, at(ix, p));
    if (row->text_len > LODE_TEXT_MAX || row->file_size > LODE_TEXT_MAX)
        return lode_fail(fault, LODE_FMT_CORRUPT, "S-9", LODE_ID_SRCE, at(ix, p));
    const uint64_t blocks = out->end.block - row->begin.block;
    if (row->kind == LODE_KIND_BGZF ? blocks < 2 : blocks != 0)
        return lode_fail(fault, LODE_FMT_CORRUPT, "B-1", LODE_ID_SRCE, at(ix, p));
    if (row->kind == LODE_KIND_PLAIN && row->text_len != row->file_size)
        return lode_fail(fault, LODE_FMT_CORRUPT, "S-10", LODE_ID_SRCE, at(ix, p));
    return LODE_FMT_OK;
}

/* A string of len bytes at off of a byte table, with its NUL. */
static bool string_at(const struct lode_rows *table, uint64_t off, uint32_t len,
                      struct lode_bytes *out)
{
    if (!lode_range_ok(off, (uint64_t)len + 1, table->count))
        return false;
    out->data = table->rows + off;
    out->len = len;
    return out->data[len] == 0;
}

int lode_source_strings(const struct lode_seqindex *ix, const struct lode_source *source,
                        struct lode_bytes *path, struct lode_bytes *name, struct lode_fault *fault)
{
    const struct lode_source_row *row = &source->row;
    if (!string_at(&ix->sstr, row->path_off, row->path_len, path) ||
        !string_at(&ix->sstr, row->path_off + row->path_len + 1, row->name_len, name))
        return lode_fail(fault, LODE_FMT_CORRUPT, "S-11", LODE_ID_SSTR, row->path_off);
    return LODE_FMT_OK;
}

bool lode_contig_check(const struct lode_contig_row *row, uint64_t text_len)
{
    const unsigned eol = lode_contig_eol(row->flags, LODE_CTIG_EOL_LINES_SHIFT);
    if (row->text_off > text_len || eol > LODE_EOL_CRLF)
        return false;
    if (row->length == 0)
        return row->line_bases == 0;
    if (eol == LODE_EOL_NONE && row->line_bases < row->length)
        return false; /* several lines need line ends */
    /* line_bases <= length <= text_len < 2^48 keeps the products of lode_contig_text_end small:
     * lines * width <= length / line_bases * (line_bases + 2) <= 3 * length. */
    return row->length <= text_len && row->line_bases >= 1 && row->line_bases <= row->length &&
           lode_contig_text_end(row) <= text_len;
}

/* The source, where its row was checked at open without loading it again. */
int lode_source_ref(const struct lode_seqindex *ix, uint64_t i, struct lode_source *buf,
                    const struct lode_source **out, struct lode_fault *fault)
{
    *out = ix->has_only && i == 0 ? &ix->only : buf;
    return *out == buf ? lode_source_get(ix, i, buf, fault) : LODE_FMT_OK;
}

/* Values where the source is a track and nowhere else, a whole number of them, in one piece. */
static bool values_ok(const struct lode_contig_row *row, const struct lode_source_row *source)
{
    const unsigned width = lode_dtype_width(lode_source_dtype(source));
    if (row->encoding != LODE_ENCODING_VALUES || width == 0)
        return row->encoding != LODE_ENCODING_VALUES && width == 0;
    return row->lead == lode_source_dtype(source) && row->length % width == 0 &&
           row->line_bases == row->length;
}

/* Checks of a decoded contig row against its source. */
static int check_row(const struct lode_seqindex *ix, uint64_t i, const struct lode_contig_row *row,
                     const struct lode_source *source, struct lode_fault *fault)
{
    const uint64_t off = at(ix, ix->ctig.rows + i * LODE_STRIDE_CTIG);
    if (i < source->row.begin.contig || i >= source->end.contig)
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-2", LODE_ID_CTIG, off);
    if ((row->flags & ~LODE_CTIG_FLAGS_KNOWN) != 0 || row->encoding > LODE_ENCODING_VALUES)
        return lode_fail(fault, LODE_FMT_FEATURE, "C-3", LODE_ID_CTIG, off);
    if (!lode_contig_check(row, source->row.text_len))
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-4", LODE_ID_CTIG, off);
    if (!values_ok(row, &source->row) || (ix->packed && row->encoding == LODE_ENCODING_VALUES))
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-15", LODE_ID_CTIG, off);
    if (row->name_len == 0) /* also what a row of zeros from a truncated map looks like */
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-12", LODE_ID_CTIG, off);
    return LODE_FMT_OK;
}

/* Row i and its source: in *buf, or where it is already. */
int lode_contig_ref(const struct lode_seqindex *ix, uint64_t i, struct lode_contig_row *row,
                    struct lode_source *buf, const struct lode_source **source,
                    struct lode_fault *fault)
{
    const uint8_t *p = ix->ctig.rows + i * LODE_STRIDE_CTIG;
    lode_contig_decode(p, row);
    if (row->source >= ix->source_count)
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-1", LODE_ID_CTIG, at(ix, p));
    const int status = lode_source_ref(ix, row->source, buf, source, fault);
    return status == LODE_FMT_OK ? check_row(ix, i, row, *source, fault) : status;
}

int lode_contig_get(const struct lode_seqindex *ix, uint64_t i, struct lode_contig_row *row,
                    struct lode_source *source, struct lode_fault *fault)
{
    const struct lode_source *used;
    const int status = lode_contig_ref(ix, i, row, source, &used, fault);
    if (status == LODE_FMT_OK && used != source)
        *source = *used;
    return status;
}

int lode_contig_name_bytes(const struct lode_seqindex *ix, const struct lode_contig_row *row,
                           const struct lode_source *source, struct lode_bytes *name,
                           struct lode_fault *fault)
{
    const uint64_t room = source->end.name - source->row.begin.name;
    if (!lode_range_ok(row->name_off, (uint64_t)row->name_len + 1, room) ||
        !string_at(&ix->name, source->row.begin.name + row->name_off, row->name_len, name))
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-5", LODE_ID_NAME, row->name_off);
    return LODE_FMT_OK;
}

int lode_contig_desc_bytes(const struct lode_seqindex *ix, const struct lode_contig_row *row,
                           const struct lode_source *source, const uint8_t **desc, uint32_t *len,
                           struct lode_fault *fault)
{
    const uint64_t room = source->end.desc - source->row.begin.desc;
    if (row->encoding == LODE_ENCODING_VALUES) { /* no header line */
        *desc = NULL;
        *len = 0;
        return row->defline_len == 0 && row->desc_off == 0
                   ? LODE_FMT_OK
                   : lode_fail(fault, LODE_FMT_CORRUPT, "C-6", LODE_ID_CTIG, row->desc_off);
    }
    if (row->defline_len < 1 || row->defline_len - 1 < row->name_len ||
        row->defline_len - 1 - row->name_len < row->lead)
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-6", LODE_ID_CTIG, row->desc_off);
    *len = row->defline_len - 1 - row->name_len;
    if (!lode_range_ok(row->desc_off, *len, room))
        return lode_fail(fault, LODE_FMT_CORRUPT, "C-7", LODE_ID_DESC, row->desc_off);
    *desc = ix->desc.rows + source->row.begin.desc + row->desc_off;
    return LODE_FMT_OK;
}

const uint8_t *lode_source_blocks(const struct lode_seqindex *ix, const struct lode_source *source,
                                  uint64_t *n)
{
    *n = source->end.block - source->row.begin.block - 1;
    return ix->blok.rows + source->row.begin.block * LODE_STRIDE_BLOK;
}

int lode_sum_get(const struct lode_seqindex *ix, const struct lode_source *source, uint64_t slot,
                 uint32_t *sum)
{
    if (slot >= source->end.sum - source->row.begin.sum)
        return LODE_FMT_CORRUPT;
    *sum = lode_get32(ix->sums.rows + (source->row.begin.sum + slot) * LODE_STRIDE_SUMS);
    return LODE_FMT_OK;
}

int lode_restart_get(const struct lode_seqindex *ix, const struct lode_source *source,
                     uint64_t slot, uint32_t *sum, uint32_t *start)
{
    if (slot >= (source->end.sum - source->row.begin.sum) / 2)
        return LODE_FMT_CORRUPT;
    const uint8_t *p = ix->sums.rows + (source->row.begin.sum + 2 * slot) * LODE_STRIDE_SUMS;
    *sum = lode_get32(p);
    *start = lode_get32(p + LODE_STRIDE_SUMS);
    return LODE_FMT_OK;
}

uint64_t lode_sum_rows(const struct lode_source_row *row, uint64_t blocks)
{
    if (row->kind == LODE_KIND_BGZF)
        return lode_slot_rows(row) * ((row->text_len >> lode_piece_log2(row)) + blocks);
    return lode_ceil_div(row->text_len, 1u << LODE_SUM_LOG2);
}

uint32_t lode_text_sum(const void *piece, size_t len)
{
    return (uint32_t)lode_hash64(piece, len, 0);
}

uint64_t lode_fingerprint(uint64_t size, const void *head, size_t nhead, const void *tail,
                          size_t ntail)
{
    uint8_t le[8];
    lode_put64(le, size);
    return lode_hash64_parts(le, sizeof le, head, nhead, tail, ntail);
}

unsigned lode_dtype_width(unsigned dtype)
{
    /* u8 i8 u16 i16 u32 i32 u64 i64 f16 bf16 f32 f64 */
    static const uint8_t widths[LODE_SOURCE_DTYPES + 1] = {0, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};
    return dtype <= LODE_SOURCE_DTYPES ? widths[dtype] : 0;
}

uint64_t lode_base_bytes(uint8_t encoding, uint64_t length)
{
    if (encoding == LODE_ENCODING_VALUES)
        return 0;
    return encoding == LODE_ENCODING_BYTES ? length : lode_ceil_div(length, 4);
}
