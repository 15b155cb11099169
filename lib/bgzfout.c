#include "bgzfout.h"

#include "bgzf.h"
#include "bytes.h"
#include "diag.h"
#include "grow.h"
#include "io.h"
#include "layout.h"
#include "sourcefile.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(const struct lode_bgzfout *out, struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", out->in.name);
}

/* The code of all restart blocks, from the text ahead. Blocks that will not use it do not count. */
static void choose_code(struct lode_bgzfout *out)
{
    uint64_t counts[LODE_LITERALS] = {0};
    for (size_t at = 0, n; at < out->in.ahead_len; at += n) {
        uint64_t own[LODE_LITERALS] = {0};
        n = out->in.ahead_len - at < out->block ? out->in.ahead_len - at : out->block;
        lode_litcode_count(out->in.ahead + at, n, own);
        for (size_t b = 0; b < LODE_LITERALS && !lode_litcode_monotone(own, n); b++)
            counts[b] += own[b];
    }
    lode_litcode_make(counts, &out->code);
}

static size_t make_block(const struct lode_bgzfout *out, struct lode_deflate *deflate, bool first,
                         const uint8_t *text, size_t n, uint8_t *to)
{
    return out->restart ? lode_deflate_restart(deflate, &out->code, first, text, n, to)
                        : lode_deflate_block(deflate, text, n, to);
}

/* Can the block of text[0, n) turn out to be a restart block? One that the compressor makes is one
 * only where it needs a code for each byte. */
static bool may_restart(const struct lode_bgzfout *out, const uint8_t *text, size_t n)
{
    uint64_t counts[LODE_LITERALS] = {0};
    size_t used = 0;
    lode_litcode_count(text, n, counts);
    for (size_t b = 0; b < LODE_LITERALS; b++)
        used += counts[b] > 0;
    return out->restart || used == LODE_LITERALS;
}

/* An index wants to know beforehand how the file will be laid out (SPEC 5.1): the first blocks that
 * tell are made twice. */
static bool try_blocks(struct lode_bgzfout *out, struct lode_deflate *deflate, uint8_t *block)
{
    const uint8_t *text = out->in.ahead;
    const size_t header = LODE_BGZF_MIN_HEADER, most = LODE_FIRST_BLOCKS * out->block;
    const size_t end = out->in.ahead_len < most ? out->in.ahead_len : most;
    for (size_t at = 0; at < end; at += out->block) {
        const size_t n = end - at < out->block ? end - at : out->block;
        if (!may_restart(out, text + at, n))
            continue;
        const size_t size = make_block(out, deflate, at == 0, text + at, n, block);
        if (lode_litcode_parse(block + header, size - header - LODE_BGZF_TRAILER, &out->first_code))
            return true;
    }
    return false;
}

static int try_layout(struct lode_bgzfout *out, struct lode_diag *diag)
{
    const size_t first = out->in.ahead_len < out->block ? out->in.ahead_len : out->block;
    struct lode_deflate *deflate = lode_deflate_new(out->level);
    uint8_t *block = malloc(out->block + LODE_DEFLATE_OVERHEAD);
    const bool ok = deflate != NULL && block != NULL;
    if (ok)
        out->starts = try_blocks(out, deflate, block);
    /* No block has more text than the first. */
    out->fine = !out->starts && first > 0 && first <= LODE_FINE_BLOCK;
    lode_deflate_free(deflate);
    free(block);
    return ok ? LODE_OK : no_memory(out, diag);
}

int lode_bgzfout_open(struct lode_bgzfout *out, int in_fd, const char *in_name, int fd,
                      const char *name, const struct lode_compress_options *options,
                      struct lode_diag *diag)
{
    memset(out, 0, sizeof *out);
    out->fd = fd;
    out->name = name;
    out->level = options->level;
    out->block = (size_t)options->block_size;
    out->restart = options->layout == LODE_LAYOUT_RESTART;
    out->sums = options->index != 0;
    out->chunk = LODE_BGZFOUT_TEXT / out->block * out->block;
    int status = lode_textin_open(&out->in, in_fd, in_name, options->cancel, diag);
    if (status == LODE_OK && (out->restart || out->sums))
        status = lode_textin_look(
            &out->in, out->restart ? LODE_LITCODE_COUNTED : LODE_FIRST_BLOCKS * out->block, diag);
    if (status == LODE_OK && out->restart)
        choose_code(out);
    return status == LODE_OK && out->sums ? try_layout(out, diag) : status;
}

void lode_bgzfout_close(struct lode_bgzfout *out)
{
    lode_textin_close(&out->in);
}

int lode_bgzfout_read(struct lode_bgzfout *out, struct lode_textchunk *chunk,
                      struct lode_diag *diag)
{
    chunk->file_len = chunk->text_len = chunk->block_count = chunk->sum_count = 0;
    if (!lode_grow(&chunk->text, &chunk->text_cap, out->chunk, 1))
        return no_memory(out, diag);
    chunk->first = out->chunks++ == 0;
    const int status = lode_textin_read(&out->in, chunk->text, out->chunk, &chunk->text_len, diag);
    chunk->last = chunk->eof_marker = chunk->text_len < out->chunk;
    return status;
}

/* Of a chunk, at worst. */
static size_t file_bytes(const struct lode_bgzfout *out)
{
    return out->chunk / out->block * (out->block + LODE_DEFLATE_OVERHEAD) + LODE_BGZF_EOF_SIZE;
}

/* The block that ends at the chunk's file bytes so far. */
static bool add_row(struct lode_textchunk *chunk, size_t size, size_t text_pos, size_t text_len)
{
    const uint8_t *end = chunk->file + chunk->file_len + size;
    const struct lode_chunk_block row = {
        .file_pos = (uint32_t)chunk->file_len,
        .file_len = (uint32_t)size,
        .header = LODE_BGZF_MIN_HEADER,
        .text_pos = (uint32_t)text_pos,
        .text_len = (uint32_t)text_len,
        .crc = lode_get32(end - LODE_BGZF_TRAILER),
    };
    if (!LODE_GROW(chunk->blocks, chunk->block_count, chunk->block_cap))
        return false;
    chunk->blocks[chunk->block_count++] = row;
    chunk->file_len += size;
    return true;
}

/* The block of text [at, at + n) of the chunk. */
static bool pack_block(const struct lode_bgzfout *out, struct lode_deflate *deflate,
                       struct lode_textchunk *chunk, size_t at, size_t n)
{
    const uint8_t *text = chunk->text + at;
    const size_t size =
        make_block(out, deflate, chunk->first && at == 0, text, n, chunk->file + chunk->file_len);
    if (!add_row(chunk, size, at, n))
        return false;
    if (!out->sums)
        return true;
    const struct lode_chunk_block *block = &chunk->blocks[chunk->block_count - 1];
    chunk->crc = lode_crc32_join(chunk->crc, block->crc, (uint64_t)n);
    return out->starts
               ? lode_textchunk_starts(chunk, block, &out->first_code)
               : lode_textchunk_sum(chunk, out->fine ? LODE_FINE_LOG2 : LODE_SUM_LOG2, text, n);
}

static bool pack_eof(struct lode_textchunk *chunk)
{
    memcpy(chunk->file + chunk->file_len, lode_bgzf_eof, LODE_BGZF_EOF_SIZE);
    return add_row(chunk, LODE_BGZF_EOF_SIZE, chunk->text_len, 0);
}

int lode_bgzfout_pack(const struct lode_bgzfout *out, struct lode_deflate *deflate,
                      struct lode_textchunk *chunk, struct lode_diag *diag)
{
    size_t file_cap = chunk->file != NULL ? file_bytes(out) : 0;
    bool ok = lode_grow(&chunk->file, &file_cap, file_bytes(out), 1);
    chunk->crc = 0;
    for (size_t at = 0; ok && at < chunk->text_len; at += out->block) {
        const size_t left = chunk->text_len - at;
        ok = pack_block(out, deflate, chunk, at, left < out->block ? left : out->block);
    }
    if (ok && chunk->last)
        ok = pack_eof(chunk);
    return ok ? LODE_OK : no_memory(out, diag);
}

int lode_bgzfout_write(struct lode_bgzfout *out, struct lode_textchunk *chunk,
                       struct lode_diag *diag)
{
    chunk->file_off = out->size;
    if (lode_write_full(out->fd, chunk->file, chunk->file_len) != 0)
        return lode_diag_errno(diag, "%s: cannot write", out->name);
    out->size += chunk->file_len;
    return LODE_OK;
}

int lode_bgzfout_end(const struct lode_bgzfout *out, struct lode_scan_source *source,
                     struct lode_diag *diag)
{
    source->size = out->size;
    if (lode_sourcefile_fingerprint(out->fd, source->size, &source->fingerprint) != 0)
        return lode_diag_errno(diag, "%s: cannot read it back", out->name);
    return LODE_OK;
}
