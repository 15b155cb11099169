#include "tables.h"

#include "bgzf.h"
#include "diag.h"
#include "grow.h"
#include "locate.h"
#include "range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The spools in one list, for what is done to all. */
#define SPOOL_COUNT 11
static struct lode_spool *spool_at(struct lode_tables *t, int i)
{
    struct lode_spool *const spools[SPOOL_COUNT] = {&t->ctig, &t->name, &t->blok, &t->sums,
                                                    &t->bins, &t->kase, &t->excp, &t->gaps,
                                                    &t->desc, &t->digs, &t->base};
    return spools[i];
}

bool lode_tables_init(struct lode_tables *t, int dir_fd, bool digests, bool packs)
{
    memset(t, 0, sizeof *t);
    t->packs = packs;
    for (int i = 0; i < SPOOL_COUNT; i++)
        lode_spool_init(spool_at(t, i), dir_fd);
    t->bin_toggles = malloc(((size_t)1 << LODE_BIN_LOG2) * sizeof *t->bin_toggles);
    t->digester = digests ? lode_digester_new() : NULL;
    return t->bin_toggles != NULL && (t->digester != NULL || !digests);
}

void lode_tables_free(struct lode_tables *t)
{
    for (int i = 0; i < SPOOL_COUNT; i++)
        lode_spool_free(spool_at(t, i));
    free(t->sources);
    free(t->names);
    free(t->name_offs);
    free(t->lines);
    free(t->bin_rows);
    free(t->bin_toggles);
    lode_digester_free(t->digester);
    memset(t, 0, sizeof *t);
}

static int failed(struct lode_diag *diag)
{
    return lode_diag_errno(diag, "cannot keep the tables of the index being built");
}

struct lode_begins lode_tables_now(const struct lode_tables *t)
{
    const struct lode_begins begins = {
        .contig = lode_spool_size(&t->ctig) / LODE_STRIDE_CTIG,
        .block = lode_spool_size(&t->blok) / LODE_STRIDE_BLOK,
        .sum = lode_spool_size(&t->sums) / LODE_STRIDE_SUMS,
        .slot = 0, /* assigned with the name tables */
        .name = lode_spool_size(&t->name),
        .desc = lode_spool_size(&t->desc),
        .base = t->base_end,
        .bin = lode_spool_size(&t->bins) / LODE_STRIDE_BINS,
        .toggle = lode_spool_size(&t->kase) / LODE_STRIDE_CASE,
        .run = lode_spool_size(&t->excp) / LODE_STRIDE_EXCP,
    };
    return begins;
}

void lode_tables_begin(struct lode_tables *t, const struct lode_scan_source *scan)
{
    memset(&t->row, 0, sizeof t->row);
    t->row.begin = lode_tables_now(t);
    t->row.kind = scan->kind;
    t->row.flags = scan->restart ? LODE_SOURCE_RESTART : scan->fine ? LODE_SOURCE_FINE : 0;
    t->row.flags |= (uint16_t)(scan->track << LODE_SOURCE_DTYPE_SHIFT);
    t->first_name = t->name_count;
    t->first_bases = t->bases;
    t->blocks = t->sum_rows = t->contig_end_base = t->toggles = t->contig_packed = 0;
    t->contig_first_run = t->row.begin.run;
    t->crc = 0;
    t->contig_t = t->contig_u = t->lower = false;
    t->line_count = t->bin_count = t->bin_toggle_count = 0;
}

/* ---- blocks and sums ------------------------------------------------------------------------ */

static int add_block(struct lode_tables *t, const struct lode_textchunk *chunk,
                     const struct lode_chunk_block *block, const uint32_t **sum)
{
    const uint64_t text_off = t->row.text_len + block->text_pos;
    const unsigned log2 = lode_piece_log2(&t->row);
    const uint64_t per = lode_slot_rows(&t->row);
    const uint64_t rows = per * lode_ceil_div(block->text_len, 1u << log2);
    const struct lode_block_row row = {text_off, chunk->file_off + block->file_pos, block->crc};
    uint8_t bytes[LODE_STRIDE_BLOK];
    lode_block_encode(bytes, &row);
    if (lode_spool_append(&t->blok, bytes, sizeof bytes) != 0)
        return -1;
    /* The slots of a block start at a place computed from its offset; some stay unused. */
    const uint64_t first = per * lode_piece_slot(log2, text_off, t->blocks, 0);
    if (lode_spool_zeros(&t->sums, (first - t->sum_rows) * LODE_STRIDE_SUMS) != 0)
        return -1;
    for (uint64_t k = 0; k < rows; k++) {
        uint8_t le[LODE_STRIDE_SUMS];
        lode_put32(le, *(*sum)++);
        if (lode_spool_append(&t->sums, le, sizeof le) != 0)
            return -1;
    }
    t->sum_rows = first + rows;
    t->blocks++;
    return 0;
}

static int add_text(struct lode_tables *t, const struct lode_textchunk *chunk)
{
    const uint32_t *sum = chunk->sums;
    for (size_t i = 0; i < chunk->block_count; i++)
        if (add_block(t, chunk, &chunk->blocks[i], &sum) != 0)
            return -1;
    for (size_t i = 0; chunk->block_count == 0 && i < chunk->sum_count; i++, t->sum_rows++) {
        uint8_t le[LODE_STRIDE_SUMS]; /* plain text */
        lode_put32(le, chunk->sums[i]);
        if (lode_spool_append(&t->sums, le, sizeof le) != 0)
            return -1;
    }
    t->crc = lode_crc32_join(t->crc, chunk->crc, chunk->text_len);
    t->row.text_len += chunk->text_len;
    return 0;
}

/* ---- contigs -------------------------------------------------------------------------------- */

static int put_contig(struct lode_tables *t, struct lode_contig_row *row, uint64_t line,
                      uint64_t hash)
{
    uint8_t bytes[LODE_STRIDE_CTIG];
    const struct lode_name_key key = {hash, t->contig_count};
    row->source = (uint32_t)t->source_count;
    t->contig_end_base = row->base_off + lode_base_bytes(row->encoding, row->length);
    lode_contig_encode(bytes, row);
    if (!LODE_GROW(t->names, t->name_count, t->name_cap) ||
        !LODE_GROW(t->lines, t->line_count, t->line_cap) ||
        !LODE_GROW(t->name_offs, t->contig_count, t->contig_cap)) {
        errno = ENOMEM;
        return -1;
    }
    t->names[t->name_count++] = key;
    t->lines[t->line_count++] = line;
    t->bases += row->length;
    t->name_offs[t->contig_count++] = t->row.begin.name + row->name_off;
    return lode_spool_append(&t->ctig, bytes, sizeof bytes);
}

/* Runs and contig rows in the order in which contigs end. */
static int add_contigs(struct lode_tables *t, const struct lode_stretch *s,
                       const struct lode_composed *c)
{
    size_t run = 0, contig = 0;
    for (size_t i = 0; i < c->part_count; i++) {
        const struct lode_contig_part *part = &c->parts[i];
        if (lode_tables_add_runs(t, c->runs, run, part->runs_end, c->run_continues) != 0)
            return -1;
        run = part->runs_end;
        t->contig_t |= part->t;
        t->contig_u |= part->u;
        if (lode_tables_add_packed(t, c, i, part->ends ? &s->contigs[contig].row : NULL) != 0)
            return -1;
        if (!part->ends)
            continue;
        struct lode_contig_row row = s->contigs[contig].row;
        if (lode_tables_end_runs(t, &row) != 0 ||
            put_contig(t, &row, s->contigs[contig].line, s->contigs[contig].hash) != 0)
            return -1;
        contig++;
    }
    for (; contig < s->contig_count; contig++) { /* a track's: nothing was looked at */
        struct lode_contig_row row = s->contigs[contig].row;
        if (put_contig(t, &row, s->contigs[contig].line, s->contigs[contig].hash) != 0)
            return -1;
    }
    return 0;
}

static int put_digest(struct lode_tables *t)
{
    uint8_t row[LODE_STRIDE_DIGS] = {0};
    if (!lode_digester_end(t->digester, row + LODE_DIGS_MD5, row + LODE_DIGS_SHA512T24)) {
        errno = ENOMEM;
        return -1;
    }
    return lode_spool_append(&t->digs, row, sizeof row);
}

/* Bases line by line, contig by contig. */
static int add_digests(struct lode_tables *t, const struct lode_stretch *s, const uint8_t *text)
{
    for (size_t i = 0; i < s->item_count && t->digester != NULL; i++) {
        const struct lode_seq_item *item = &s->items[i];
        if (item->lines == 0 && put_digest(t) != 0)
            return -1;
        for (uint64_t k = 0; k < item->lines; k++)
            if (!lode_digester_add(t->digester, text + item->begin + k * item->width,
                                   item->content)) {
                errno = ENOMEM;
                return -1;
            }
    }
    return 0;
}

static int add_gaps(struct lode_tables *t, const struct lode_stretch *s)
{
    for (size_t i = 0; i < s->gap_count; i++) {
        uint8_t bytes[LODE_STRIDE_GAPS];
        struct lode_gap_row row = s->gaps[i];
        row.source = (uint32_t)t->source_count;
        lode_gap_encode(bytes, &row);
        if (lode_spool_append(&t->gaps, bytes, sizeof bytes) != 0)
            return -1;
    }
    return 0;
}

int lode_tables_add(struct lode_tables *t, const struct lode_textchunk *chunk,
                    const struct lode_stretch *stretch, const struct lode_composed *composed,
                    struct lode_diag *diag)
{
    if (add_text(t, chunk) != 0 ||
        lode_spool_append(&t->name, stretch->names, stretch->names_len) != 0 ||
        lode_spool_append(&t->desc, stretch->descs, stretch->descs_len) != 0 ||
        lode_tables_add_case(t, composed) != 0 || add_contigs(t, stretch, composed) != 0 ||
        add_gaps(t, stretch) != 0 || add_digests(t, stretch, chunk->text) != 0)
        return failed(diag);
    if (chunk->last && t->row.kind == LODE_KIND_BGZF && !chunk->eof_marker)
        t->row.flags |= LODE_SOURCE_NO_EOF;
    return LODE_OK;
}

/* ---- duplicates ----------------------------------------------------------------------------- */

static int mark_duplicate(struct lode_tables *t, uint64_t contig)
{
    uint8_t flags[2];
    const uint64_t off = contig * LODE_STRIDE_CTIG + LODE_CTIG_FLAGS;
    if (lode_spool_read(&t->ctig, off, flags, sizeof flags) != 0)
        return -1;
    lode_put16(flags, (uint16_t)(lode_get16(flags) | LODE_CTIG_DUPLICATE));
    return lode_spool_patch(&t->ctig, off, flags, sizeof flags);
}

/* Takes contigs whose name an earlier one of the source has out of t->names and marks them, or
 * stops at the first pair. */
static int find_duplicates(struct lode_tables *t, const char *path, bool allowed,
                           struct lode_diag *diag)
{
    const size_t n = t->name_count - t->first_name;
    if (n == 0)
        return LODE_OK; /* t->names may be none at all */
    struct lode_name_key *keys = t->names + t->first_name;
    if (!lode_sort_keys(keys, n)) {
        errno = ENOMEM;
        return failed(diag);
    }
    size_t kept = 0, first = 0; /* keys[first..kept) share a hash */
    const char *names = NULL;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || keys[i].hash != keys[kept - 1].hash)
            first = kept;
        size_t same = first;
        while (same < kept) {
            if (names == NULL && (names = (const char *)lode_spool_view(&t->name)) == NULL)
                return failed(diag);
            if (strcmp(names + t->name_offs[keys[same].contig],
                       names + t->name_offs[keys[i].contig]) == 0)
                break;
            same++;
        }
        if (same == kept) {
            keys[kept++] = keys[i];
            if (kept - first > LODE_NAME_PROBE_MAX + 1)
                return lode_diag_set(diag, LODE_E_FORMAT,
                                     "%s: more than %d names collide in the hash: made to slow "
                                     "readers down?",
                                     path, LODE_NAME_PROBE_MAX);
            continue;
        }
        const uint64_t source_first = t->contig_count - t->line_count;
        if (!allowed)
            return lode_diag_set(
                diag, LODE_E_DUPLICATE,
                "%s: lines %llu and %llu: two records named '%.200s'; rename one, or index with "
                "--duplicates first",
                path, (unsigned long long)t->lines[keys[same].contig - source_first],
                (unsigned long long)t->lines[keys[i].contig - source_first],
                names + t->name_offs[keys[i].contig]);
        if (mark_duplicate(t, keys[i].contig) != 0)
            return failed(diag);
    }
    t->name_count = t->first_name + kept;
    return LODE_OK;
}

/* ---- sources -------------------------------------------------------------------------------- */

/* BLOK's sentinel, and the unused slots at the end of SUMS. */
static int end_blocks(struct lode_tables *t)
{
    const struct lode_block_row end = {t->row.text_len, t->row.file_size, t->crc};
    uint8_t bytes[LODE_STRIDE_BLOK];
    const uint64_t rows = lode_sum_rows(&t->row, t->blocks);
    if (lode_spool_zeros(&t->sums, (rows - t->sum_rows) * LODE_STRIDE_SUMS) != 0)
        return -1;
    if (t->row.kind != LODE_KIND_BGZF)
        return 0;
    lode_block_encode(bytes, &end);
    return lode_spool_append(&t->blok, bytes, sizeof bytes);
}

static int keep_source(struct lode_tables *t)
{
    if (!LODE_GROW(t->sources, t->source_count, t->source_cap)) {
        errno = ENOMEM;
        return -1;
    }
    t->base_end += t->contig_end_base;
    t->sources[t->source_count++] = t->row;
    return 0;
}

int lode_tables_end(struct lode_tables *t, const struct lode_scan_source *scan,
                    bool duplicates_first, struct lode_diag *diag)
{
    if (t->row.text_len > LODE_TEXT_MAX)
        return lode_diag_set(diag, LODE_E_FORMAT, "%s: more than 2^48 bytes of text", scan->path);
    const int status = find_duplicates(t, scan->path, duplicates_first, diag);
    if (status != LODE_OK)
        return status;
    t->row.file_size = scan->size;
    t->row.fingerprint = scan->fingerprint;
    t->row.text_crc = t->crc;
    return end_blocks(t) == 0 && lode_tables_end_bins(t) == 0 && keep_source(t) == 0 ? LODE_OK
                                                                                     : failed(diag);
}

/* Those of the source being added, and the one begun. */
static int drop_digests(struct lode_tables *t)
{
    uint8_t row[LODE_STRIDE_DIGS];
    if (t->digester == NULL)
        return 0;
    if (!lode_digester_end(t->digester, row + LODE_DIGS_MD5, row + LODE_DIGS_SHA512T24)) {
        errno = ENOMEM;
        return -1;
    }
    return lode_spool_truncate(&t->digs, t->row.begin.contig * LODE_STRIDE_DIGS);
}

int lode_tables_abandon(struct lode_tables *t, struct lode_diag *diag)
{
    const struct lode_begins *b = &t->row.begin;
    uint64_t gaps = lode_spool_size(&t->gaps);
    uint8_t source[4];
    /* Gap rows carry their source: the abandoned one's are the last. */
    for (; gaps > 0; gaps -= LODE_STRIDE_GAPS) {
        if (lode_spool_read(&t->gaps, gaps - LODE_STRIDE_GAPS, source, sizeof source) != 0)
            return failed(diag);
        if (lode_get32(source) != t->source_count)
            break;
    }
    t->contig_count = (size_t)b->contig;
    t->name_count = t->first_name;
    t->bases = t->first_bases;
    if (lode_spool_truncate(&t->ctig, b->contig * LODE_STRIDE_CTIG) != 0 ||
        lode_spool_truncate(&t->name, b->name) != 0 ||
        lode_spool_truncate(&t->blok, b->block * LODE_STRIDE_BLOK) != 0 ||
        lode_spool_truncate(&t->sums, b->sum * LODE_STRIDE_SUMS) != 0 ||
        lode_spool_truncate(&t->bins, b->bin * LODE_STRIDE_BINS) != 0 ||
        lode_spool_truncate(&t->kase, b->toggle * LODE_STRIDE_CASE) != 0 ||
        lode_spool_truncate(&t->excp, b->run * LODE_STRIDE_EXCP) != 0 ||
        (t->packs && lode_spool_truncate(&t->base, b->base) != 0) ||
        lode_spool_truncate(&t->gaps, gaps) != 0 || drop_digests(t) != 0 ||
        lode_spool_truncate(&t->desc, b->desc) != 0)
        return failed(diag);
    return LODE_OK;
}
