/* Owns the check of one source: is it the file that was indexed, do its text and its rows agree. */
#include "verify.h"

#include "diag.h"
#include "grow.h"
#include "locate.h"
#include "sourcefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one source ----------------------------------------------------------------------------- */

static void found(struct scan *s, const struct lode_diag *diag)
{
    struct findings *out = s->out;
    out->total++;
    if (out->count == LODE_FINDINGS_NAMED)
        lode_verify_count(s->v, diag->status, 1);
    else if (LODE_GROW(out->diags, out->count, out->cap))
        out->diags[out->count++] = *diag;
    else
        out->lost = true;
}

static void found_fault(struct scan *s, const struct lode_fault *fault)
{
    struct lode_diag diag;
    lode_diag_fault(&diag, s->v->index->path, fault);
    found(s, &diag);
}

/* Runs a check of rows, which leaves what it finds in s->faults or s->misses. False when it was cut
 * short: the index was truncated under us. */
static bool run_check(struct scan *s, int (*check)(void *arg))
{
    struct lode_fault cut = {0};
    memset(&s->faults.more, 0, sizeof s->faults.more);
    s->faults.count = 0;
    s->miss_count = 0;
    const int status = lode_index_guarded(s->v->index, check, s, &cut);
    for (size_t i = 0; i < s->faults.count; i++)
        found_fault(s, &s->faults.list[i]);
    lode_verify_count_faults(s->v, &s->faults);
    if (status != LODE_OK)
        found_fault(s, &cut);
    return status == LODE_OK;
}

/* A finding in the text of a file that is the indexed one by its size and ends. */
static void found_miss(struct scan *s, const struct miss *miss)
{
    struct lode_diag diag;
    lode_diag_set(&diag, miss->status, "%s: %s at offset %llu (rule %s): %s", s->path, miss->what,
                  (unsigned long long)miss->offset, miss->rule,
                  miss->status == LODE_E_STALE
                      ? "not the file that was indexed; run 'lode index' again"
                      : "the file was edited or is damaged; restore it, or index it again with "
                        "--rescan");
    snprintf(diag.rule, sizeof diag.rule, "%s", miss->rule);
    diag.offset = miss->offset;
    found(s, &diag);
}

/* Proofs failed (SPEC 6.4, V-7). Where size or fingerprint differ by now it is another file, and
 * nothing more is said about it. */
static void unproven(struct scan *s, const struct miss *misses, uint64_t count)
{
    struct lode_diag diag;
    if (s->quiet || s->hopeless)
        return;
    if (lode_sourcefile_check(s->file.fd, &s->source.row, s->path, &diag) != LODE_OK) {
        s->hopeless = true;
        found(s, &diag);
        return;
    }
    for (uint64_t i = 0; i < count && i < LODE_FINDINGS_NAMED; i++)
        found_miss(s, &misses[i]);
    if (count > LODE_FINDINGS_NAMED)
        lode_verify_count(s->v, misses[0].status, count - LODE_FINDINGS_NAMED);
}

static void unproven_at(struct scan *s, int status, const char *rule, uint64_t offset,
                        const char *what)
{
    const struct miss miss = {status, rule, what, offset};
    unproven(s, &miss, 1);
}

static void missed(struct scan *s, int status, const char *rule, uint64_t offset, const char *what)
{
    const struct miss miss = {status, rule, what, offset};
    if (s->miss_count < LODE_FINDINGS_NAMED)
        s->misses[s->miss_count] = miss;
    s->miss_count++;
}

/* Blocks of the chunk against BLOK. */
static int prove_blocks(void *arg)
{
    struct scan *s = arg;
    uint64_t n;
    const uint8_t *rows = lode_source_blocks(&s->v->index->seq, &s->source, &n);
    for (size_t i = 0; i < s->chunk.block_count; i++, s->block++) {
        const struct lode_chunk_block *b = &s->chunk.blocks[i];
        struct lode_block_row row, next;
        const uint64_t off = s->chunk.file_off + b->file_pos;
        if (s->block >= n || lode_block_get(rows, s->block, &row, &next) != LODE_FMT_OK ||
            row.file_off != off || next.file_off != off + b->file_len ||
            row.text_off != s->text + b->text_pos || row.crc != b->crc ||
            next.text_off - row.text_off != b->text_len) {
            missed(s, LODE_E_STALE, "B-5", off, "another BGZF block than the indexed one");
            break;
        }
    }
    return LODE_OK;
}

/* Sums of the pieces of a block or, for plain text, of the chunk, from *sum on. */
static void prove_sums(struct scan *s, uint64_t block, uint64_t text_off, uint64_t len,
                       const uint32_t **sum)
{
    for (uint64_t k = 0; k << LODE_SUM_LOG2 < len; k++) {
        uint32_t want = 0;
        const int status =
            lode_sum_get(&s->v->index->seq, &s->source, lode_sum_slot(text_off, block, k), &want);
        if (status != LODE_FMT_OK || want != *(*sum)++)
            missed(s, LODE_E_DAMAGED, "T-3", text_off + (k << LODE_SUM_LOG2),
                   "the text fails its checksum");
    }
}

static int prove_text(void *arg)
{
    struct scan *s = arg;
    const uint32_t *sum = s->chunk.sums;
    const uint64_t first = s->block - s->chunk.block_count;
    if (s->file.kind == LODE_KIND_PLAIN)
        prove_sums(s, 0, s->text, s->chunk.text_len, &sum);
    for (size_t i = 0; i < s->chunk.block_count; i++)
        prove_sums(s, first + i, s->text + s->chunk.blocks[i].text_pos, s->chunk.blocks[i].text_len,
                   &sum);
    return LODE_OK;
}

static bool prove(struct scan *s, int (*check)(void *arg))
{
    if (!run_check(s, check)) {
        s->hopeless = true;
        return false;
    }
    if (s->miss_count > 0)
        unproven(s, s->misses, s->miss_count);
    return s->miss_count == 0;
}

/* Reads the chunk of file, which is s->file or ends sooner, at offset off and proves its text. */
static bool prove_chunk(struct scan *s, const struct lode_scan_source *file, uint64_t off)
{
    struct lode_diag diag;
    int status = lode_textchunk_read(&s->chunk, file, off, &diag);
    if (status == LODE_E_FORMAT || status == LODE_E_NOT_BGZF || status == LODE_E_STALE) {
        unproven_at(s, LODE_E_STALE, "B-5", off, "its BGZF blocks do not follow each other");
        return false;
    }
    if (status == LODE_OK && !prove(s, prove_blocks))
        return false;
    if (status == LODE_OK)
        status = lode_textchunk_decode(&s->chunk, file, s->inflate, &diag);
    if (status == LODE_E_FORMAT) {
        unproven_at(s, LODE_E_DAMAGED, "Z-5", diag.offset, "a BGZF block does not decompress");
        return false;
    }
    if (status != LODE_OK) {
        s->hopeless = true;
        found(s, &diag);
    }
    return status == LODE_OK && prove(s, prove_text);
}

/* Row s->block of BLOK and its end, into s->row and s->next. */
static int load_block(void *arg)
{
    struct scan *s = arg;
    uint64_t n;
    const uint8_t *rows = lode_source_blocks(&s->v->index->seq, &s->source, &n);
    return s->block < n ? lode_block_get(rows, s->block, &s->row, &s->next) : LODE_FMT_CORRUPT;
}

/* A chunk of BGZF from off on is not proven: its blocks one by one, at the places that the index
 * knows, so that a damaged one does not hide those behind it. Where the next chunk begins. */
static uint64_t prove_blocks_alone(struct scan *s, uint64_t block, uint64_t off)
{
    const uint64_t stop = off + LODE_CHUNK_FILE;
    s->quiet = false;
    while (off < stop && off < s->file.size && !s->hopeless) {
        struct lode_scan_source file = s->file;
        s->block = block;
        if (lode_index_guarded(s->v->index, load_block, s, NULL) != LODE_OK ||
            s->row.file_off != off || s->next.file_off > s->file.size) {
            /* the index is damaged here, which is reported with its rows */
            unproven_at(s, LODE_E_STALE, "B-5", off, "its BGZF blocks do not follow each other");
            s->hopeless = true;
            break;
        }
        file.size = s->next.file_off;
        s->text = s->row.text_off;
        (void)prove_chunk(s, &file, off);
        s->text = s->next.text_off;
        off = s->next.file_off;
        block++;
    }
    s->block = block;
    return off;
}

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
    if (status == LODE_OK)
        status = lode_tables_add(&s->tables, &s->chunk, &s->stretch, &s->composed, &diag);
    if (status != LODE_OK)
        found(s, &diag);
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
    int status = lode_tables_end(t, s->path, true, &diag);
    const struct lode_rebuilt made = {
        .ctig = rows_of(&t->ctig, LODE_STRIDE_CTIG),
        .name = rows_of(&t->name, LODE_STRIDE_NAME),
        .desc = rows_of(&t->desc, LODE_STRIDE_DESC),
        .bins = rows_of(&t->bins, LODE_STRIDE_BINS),
        .kase = rows_of(&t->kase, LODE_STRIDE_CASE),
        .excp = rows_of(&t->excp, LODE_STRIDE_EXCP),
        .gaps = rows_of(&t->gaps, LODE_STRIDE_GAPS),
        .digs = rows_of(&t->digs, LODE_STRIDE_DIGS),
        .flags = t->row.flags,
    };
    s->made = made;
    if (status == LODE_OK &&
        !(made.ctig.rows && made.name.rows && made.desc.rows && made.bins.rows && made.kase.rows &&
          made.excp.rows && made.gaps.rows && made.digs.rows))
        status = lode_diag_errno(&diag, "%s: cannot read the rebuilt rows back", s->path);
    if (status != LODE_OK)
        found(s, &diag);
    else
        (void)run_check(s, compare_rows);
}

/* The chunk at off. Where the next one begins. */
static uint64_t scan_chunk(struct scan *s, uint64_t off, bool *proven, bool *rebuilt)
{
    const uint64_t block = s->block, findings = s->out->total;
    const bool bgzf = s->file.kind == LODE_KIND_BGZF;
    s->quiet = bgzf;
    const bool whole = prove_chunk(s, &s->file, off);
    s->quiet = false;
    *proven = *proven && whole;
    if (!whole && bgzf) {
        const uint64_t next = s->hopeless ? off : prove_blocks_alone(s, block, off);
        /* each is as the index says: then they are not where a chain of blocks leads */
        if (s->out->total == findings && !s->hopeless)
            unproven_at(s, LODE_E_STALE, "B-5", off, "its BGZF blocks do not follow each other");
        return next;
    }
    *rebuilt = *proven && *rebuilt && rebuild_chunk(s);
    s->crc = lode_crc32_join(s->crc, s->chunk.crc, s->chunk.text_len);
    s->text += s->chunk.text_len;
    return off + s->chunk.file_len;
}

/* Every byte of the open source. */
static void scan_text(struct scan *s)
{
    bool proven = true, rebuilt = true;
    uint64_t off = 0;
    lode_records_start(&s->records, s->path);
    lode_tables_begin(&s->tables, &s->file);
    do {
        const uint64_t next = scan_chunk(s, off, &proven, &rebuilt);
        const uint64_t taken = next - off;
        if (taken == 0 && off < s->file.size)
            return;
        off = next;
        s->seen += taken;
        lode_verify_progress(s->v, taken);
    } while (off < s->file.size && !s->hopeless && !lode_verify_stopped(s->v));
    if (!proven || off < s->file.size)
        return;
    if (s->crc != s->source.row.text_crc || s->text != s->source.row.text_len)
        unproven_at(s, LODE_E_DAMAGED, "S-19", s->text, "the whole text fails its CRC-32");
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
        lode_tables_init(&s->tables, s->v->scratch_dir, s->v->index->seq.digs.count > 0)) {
        scan_text(s);
    } else {
        lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", s->path);
        found(s, &diag);
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
    if (!run_check(s, load_source) || !s->sound)
        return;
    s->counted = s->source.row.file_size;
    lode_sourcefile_name(index, &s->source, s->path, sizeof s->path);
    s->file.fd = lode_sourcefile_open(index, &s->source, &diag);
    if (s->file.fd < 0) {
        found(s, &diag);
        return;
    }
    if (s->v->options.level == LODE_VERIFY_FULL)
        scan_source(s);
    close(s->file.fd);
}
