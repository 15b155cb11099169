/* Owns the proof of a source's text: block rows, CRCs and sums, chunk by chunk, and block by block
 * where a chunk is damaged. */
#include "diag.h"
#include "locate.h"
#include "sourcefile.h"
#include "verify.h"

#include <stdio.h>

/* A finding in the text of a file that is the indexed one by its size and ends. */
static void found_miss(struct scan *s, const struct miss *miss)
{
    struct lode_diag diag;
    lode_diag_set(&diag, miss->status, "%s: %s at offset %llu (rule %s): %s", s->path, miss->what,
                  (unsigned long long)miss->offset, miss->rule,
                  miss->status == LODE_E_STALE
                      ? "the file was edited or is damaged; restore it, or run 'lode index' again"
                      : "the file was edited or is damaged; restore it, or index it again with "
                        "--rescan");
    snprintf(diag.rule, sizeof diag.rule, "%s", miss->rule);
    diag.offset = miss->offset;
    lode_verify_found(s, &diag);
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
        lode_verify_found(s, &diag);
        return;
    }
    for (uint64_t i = 0; i < count && i < LODE_FINDINGS_NAMED; i++)
        found_miss(s, &misses[i]);
    if (count > LODE_FINDINGS_NAMED)
        lode_verify_count(s->v, misses[0].status, count - LODE_FINDINGS_NAMED);
}

void lode_verify_unproven(struct scan *s, int status, const char *rule, uint64_t offset,
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
    const unsigned log2 = lode_piece_log2(&s->source.row);
    for (uint64_t k = 0; k << log2 < len; k++) {
        uint32_t want = 0;
        const int status = lode_sum_get(&s->v->index->seq, &s->source,
                                        lode_piece_slot(log2, text_off, block, k), &want);
        if (status != LODE_FMT_OK || want != *(*sum)++)
            missed(s, LODE_E_DAMAGED, "T-3", text_off + (k << log2), "the text fails its checksum");
    }
}

/* Sums and starts of the pieces of a block of a source with restart blocks. */
static void prove_starts(struct scan *s, uint64_t block, uint64_t text_off, uint64_t len,
                         const uint32_t **sum)
{
    for (uint64_t k = 0; k << LODE_RESTART_LOG2 < len; k++, *sum += 2) {
        uint32_t want = 0, start = 0;
        const int status =
            lode_restart_get(&s->v->index->seq, &s->source,
                             lode_piece_slot(LODE_RESTART_LOG2, text_off, block, k), &want, &start);
        const uint64_t at = text_off + (k << LODE_RESTART_LOG2);
        if (status != LODE_FMT_OK || want != (*sum)[0])
            missed(s, LODE_E_DAMAGED, "T-3", at, "the text fails its checksum");
        else if (start != (*sum)[1])
            missed(s, LODE_E_CORRUPT, "T-6", at, "the index starts a read at the wrong bit");
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
        (s->file.restart ? prove_starts : prove_sums)(
            s, first + i, s->text + s->chunk.blocks[i].text_pos, s->chunk.blocks[i].text_len, &sum);
    return LODE_OK;
}

static bool prove(struct scan *s, int (*check)(void *arg))
{
    if (!lode_verify_run(s, check)) {
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
        lode_verify_unproven(s, LODE_E_STALE, "B-5", off,
                             "its BGZF blocks do not follow each other");
        return false;
    }
    if (status == LODE_OK && !prove(s, prove_blocks))
        return false;
    if (status == LODE_OK)
        status = lode_textchunk_decode(&s->chunk, file, s->inflate, &diag);
    if (status == LODE_E_FORMAT) {
        lode_verify_unproven(s, LODE_E_DAMAGED, "Z-5", diag.offset,
                             "a BGZF block does not decompress");
        return false;
    }
    if (status != LODE_OK) {
        s->hopeless = true;
        lode_verify_found(s, &diag);
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
            lode_verify_unproven(s, LODE_E_STALE, "B-5", off,
                                 "its BGZF blocks do not follow each other");
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

uint64_t lode_verify_chunk(struct scan *s, uint64_t off, bool *proven)
{
    const uint64_t block = s->block, findings = s->out->total;
    const bool bgzf = s->file.kind == LODE_KIND_BGZF;
    s->quiet = bgzf;
    *proven = prove_chunk(s, &s->file, off);
    s->quiet = false;
    if (*proven || !bgzf || s->hopeless) {
        s->text += s->chunk.text_len;
        return off + s->chunk.file_len;
    }
    const uint64_t next = prove_blocks_alone(s, block, off);
    /* each is as the index says: then they are not where a chain of blocks leads */
    if (s->out->total == findings && !s->hopeless)
        lode_verify_unproven(s, LODE_E_STALE, "B-5", off,
                             "its BGZF blocks do not follow each other");
    return next;
}
