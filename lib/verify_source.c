/* Owns the check of one source: is it the file that was indexed, do its text and its rows agree. */
#include "verify.h"

#include "diag.h"
#include "locate.h"
#include "sourcefile.h"

#include <unistd.h>

/* ---- one source ----------------------------------------------------------------------------- */

/* The text, which is proven, through the builder's own modules. */
static bool rebuild_chunk(struct scan *s)
{
    struct lode_diag diag;
    int status = LODE_OK;
    if (!lode_lines_scan(&s->lines, s->chunk.text, s->chunk.text_len))
        status = lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", s->path);
    if (status == LODE_OK)
        status = lode_records_walk(&s->records, s->chunk.text, s->chunk.text_len, &s->lines,
                                   s->chunk.last, &s->stretch, &diag);
    if (status == LODE_OK)
        status = lode_compose(&s->composed, &s->stretch, s->chunk.text, s->path, &diag);
    if (status == LODE_OK && s->tables.packs &&
        !lode_pack_lines(&s->composed, &s->stretch, s->chunk.text))
        status = lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", s->path);
    if (status == LODE_OK)
        status = lode_tables_add(&s->tables, &s->chunk, &s->stretch, &s->composed, &diag);
    if (status != LODE_OK)
        lode_verify_found(s, &diag);
    return status == LODE_OK;
}

static struct lode_rows rows_of(struct lode_spool *spool, uint64_t stride)
{
    const struct lode_rows rows = {lode_spool_view(spool), lode_spool_size(spool) / stride};
    return rows;
}

static int compare_rows(void *arg)
{
    struct scan *s = arg;
    struct lode_verifier verifier = {
        .ix = &s->v->index->seq, .found = lode_verify_keep_fault, .ctx = &s->faults};
    (void)lode_seqindex_verify_rebuilt(&verifier, s->number, &s->made);
    return LODE_OK;
}

/* Rows made from the text against those of the index. */
static void compare(struct scan *s)
{
    struct lode_tables *t = &s->tables;
    struct lode_diag diag;
    int status = lode_tables_end(t, &s->file, true, &diag);
    const struct lode_rebuilt made = {
        .ctig = rows_of(&t->ctig, LODE_STRIDE_CTIG),
        .name = rows_of(&t->name, LODE_STRIDE_NAME),
        .desc = rows_of(&t->desc, LODE_STRIDE_DESC),
        .bins = rows_of(&t->bins, LODE_STRIDE_BINS),
        .kase = rows_of(&t->kase, LODE_STRIDE_CASE),
        .excp = rows_of(&t->excp, LODE_STRIDE_EXCP),
        .gaps = rows_of(&t->gaps, LODE_STRIDE_GAPS),
        .digs = rows_of(&t->digs, LODE_STRIDE_DIGS),
        .base = rows_of(&t->base, LODE_STRIDE_BASE),
        .packed = t->packs && s->v->index->base_mapped,
        .flags = t->row.flags,
    };
    s->made = made;
    if (status == LODE_OK &&
        !(made.ctig.rows && made.name.rows && made.desc.rows && made.bins.rows && made.kase.rows &&
          made.excp.rows && made.gaps.rows && made.digs.rows && made.base.rows))
        status = lode_diag_errno(&diag, "%s: cannot read the rebuilt rows back", s->path);
    if (status != LODE_OK)
        lode_verify_found(s, &diag);
    else
        (void)lode_verify_run(s, compare_rows);
}

/* Is the file laid out as its row says? Else sums and text cannot be compared. */
static bool same_layout(struct scan *s)
{
    struct lode_diag diag;
    bool whole;
    const bool restart = (s->source.row.flags & LODE_SOURCE_RESTART) != 0;
    const int status = lode_scan_layout(&s->file, &whole, &diag);
    /* The rows of blocks tell of this flag, and blocks are compared with their rows. */
    s->file.fine = (s->source.row.flags & LODE_SOURCE_FINE) != 0;
    if (!restart && !lode_layouts_told(&s->v->index->seq))
        s->file.restart = false;
    if (status != LODE_OK)
        lode_verify_found(s, &diag);
    else if (restart && !s->file.restart && !whole)
        lode_verify_unproven(s, LODE_E_STALE, "B-5", 0, "its BGZF blocks do not follow each other");
    else if (s->file.restart != restart)
        lode_verify_unproven(s, LODE_E_CORRUPT, "S-23", 0,
                             s->file.restart ? "a restart layout that the index does not know of"
                                             : "not the restart layout that the index tells of");
    else
        return true;
    return false;
}

/* Every byte of the open source. */
static void scan_text(struct scan *s)
{
    const bool is_track = lode_source_dtype(&s->source.row) != 0; /* its contigs no text tells */
    bool proven = true, rebuilt = true;
    uint64_t off = 0;
    lode_records_start(&s->records, s->path);
    lode_tables_begin(&s->tables, &s->file);
    do {
        bool whole;
        const uint64_t next = lode_verify_chunk(s, off, &whole), taken = next - off;
        proven = proven && whole;
        rebuilt = proven && rebuilt && !is_track && rebuild_chunk(s);
        s->crc = lode_crc32_join(s->crc, s->chunk.crc, s->chunk.text_len);
        if (taken == 0 && off < s->file.size)
            return;
        off = next;
        s->seen += taken;
        lode_verify_progress(s->v, taken);
    } while (off < s->file.size && !s->hopeless && !lode_verify_stopped(s->v));
    if (!proven || off < s->file.size)
        return;
    if (s->crc != s->source.row.text_crc || s->text != s->source.row.text_len)
        lode_verify_unproven(s, LODE_E_DAMAGED, "S-19", s->text, "the whole text fails its CRC-32");
    else if (rebuilt)
        compare(s);
}

/* CRCs of the blocks, joined, against the one of the whole text: the index alone shows this. */
static void join_crcs(struct scan *s)
{
    uint64_t n;
    const struct lode_seqindex *ix = &s->v->index->seq;
    const uint8_t *rows = lode_source_blocks(ix, &s->source, &n);
    uint32_t crc = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct lode_block_row row, next;
        if (lode_block_get(rows, i, &row, &next) != LODE_FMT_OK)
            return; /* B-2, reported with the rows */
        crc = lode_crc32_join(crc, row.crc, next.text_off - row.text_off);
    }
    const uint8_t *p = ix->srce.rows + s->number * LODE_STRIDE_SRCE;
    const struct lode_fault fault = {LODE_FMT_CORRUPT, LODE_ID_SRCE, "B-6",
                                     (uint64_t)(p - ix->box.data)};
    if (crc != s->source.row.text_crc)
        lode_verify_keep_fault(&s->faults, &fault, true);
}

/* The source's row, and what it tells at this level. */
static int load_source(void *arg)
{
    struct scan *s = arg;
    struct lode_fault fault = {0};
    const int level = s->v->options.level;
    s->sound = lode_source_get(&s->v->index->seq, s->number, &s->source, &fault) == LODE_FMT_OK;
    if (!s->sound && level == LODE_VERIFY_QUICK) /* else it was reported with the rows */
        lode_verify_keep_fault(&s->faults, &fault, true);
    if (s->sound && level >= LODE_VERIFY_INDEX && s->source.row.kind == LODE_KIND_BGZF)
        join_crcs(s);
    return LODE_OK;
}

static void scan_source(struct scan *s)
{
    struct lode_diag diag;
    s->file.path = s->path;
    s->file.size = s->source.row.file_size;
    s->file.fingerprint = s->source.row.fingerprint;
    s->file.kind = s->source.row.kind;
    s->inflate = lode_inflate_new();
    if (s->inflate != NULL &&
        lode_tables_init(&s->tables, s->v->scratch_dir, s->v->index->seq.digs.count > 0,
                         s->v->index->seq.packed)) {
        if (same_layout(s))
            scan_text(s);
    } else {
        lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", s->path);
        lode_verify_found(s, &diag);
    }
    lode_tables_free(&s->tables);
    lode_inflate_free(s->inflate);
    lode_textchunk_free(&s->chunk);
    lode_lines_free(&s->lines);
    lode_records_free(&s->records);
    lode_stretch_free(&s->stretch);
    lode_composed_free(&s->composed);
}

void lode_verify_source(struct scan *s)
{
    const struct lode_index *index = s->v->index;
    struct lode_diag diag;
    if (!lode_verify_run(s, load_source) || !s->sound)
        return;
    s->counted = s->source.row.file_size;
    if (s->v->options.level >= LODE_VERIFY_INDEX && index->seq.packed)
        lode_verify_packed(s);
    lode_sourcefile_name(index, &s->source, s->path, sizeof s->path);
    s->file.fd = lode_sourcefile_open(index, &s->source, &diag);
    if (s->file.fd < 0) {
        /* packed bases do not need it */
        if (s->file.fd != LODE_E_MISSING || !index->seq.packed ||
            s->v->options.level == LODE_VERIFY_FULL)
            lode_verify_found(s, &diag);
        return;
    }
    if (s->v->options.level == LODE_VERIFY_FULL)
        scan_source(s);
    close(s->file.fd);
}
