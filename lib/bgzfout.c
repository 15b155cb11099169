#include "bgzfout.h"

#include "bgzf.h"
#include "bytes.h"
#include "diag.h"
#include "grow.h"
#include "io.h"
#include "sourcefile.h"

#include <string.h>

int lode_bgzfout_open(struct lode_bgzfout *out, int in_fd, const char *in_name, int fd,
                      const char *name, const struct lode_compress_options *options,
                      struct lode_diag *diag)
{
    *out = (struct lode_bgzfout){
        .fd = fd,
        .name = name,
        .level = options->level,
        .block = (size_t)options->block_size,
        .sums = options->index != 0,
    };
    out->chunk = LODE_BGZFOUT_TEXT / out->block * out->block;
    return lode_textin_open(&out->in, in_fd, in_name, options->cancel, diag);
}

void lode_bgzfout_close(struct lode_bgzfout *out)
{
    lode_textin_close(&out->in);
}

static int no_memory(const struct lode_bgzfout *out, struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", out->in.name);
}

int lode_bgzfout_read(struct lode_bgzfout *out, struct lode_textchunk *chunk,
                      struct lode_diag *diag)
{
    chunk->file_len = chunk->text_len = chunk->block_count = chunk->sum_count = 0;
    if (!lode_grow(&chunk->text, &chunk->text_cap, out->chunk, 1))
        return no_memory(out, diag);
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
    const size_t size = lode_deflate_block(deflate, text, n, chunk->file + chunk->file_len);
    if (!add_row(chunk, size, at, n) || (out->sums && !lode_textchunk_sum(chunk, text, n)))
        return false;
    if (out->sums)
        chunk->crc =
            lode_crc32_join(chunk->crc, chunk->blocks[chunk->block_count - 1].crc, (uint64_t)n);
    return true;
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
