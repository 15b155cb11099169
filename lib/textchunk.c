#include "textchunk.h"

#include "bgzf.h"
#include "diag.h"
#include "foreign.h"
#include "grow.h"
#include "io.h"
#include "seqindex.h"
#include "sourcefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the source ----------------------------------------------------------------------------- */

static int foreign(struct lode_diag *diag, const char *path, const char *what, const char *how)
{
    if (how == NULL)
        return lode_diag_set(diag, LODE_E_FOREIGN, "%s: %s is not supported: lode indexes FASTA",
                             path, what);
    return lode_diag_set(diag, LODE_E_FOREIGN,
                         "%s: %s is not supported; make a BGZF copy: %s %s | lode compress - -o "
                         "OUT.fa.gz",
                         path, what, how, path);
}

static int not_bgzf(struct lode_diag *diag, const char *path)
{
    return lode_diag_set(diag, LODE_E_NOT_BGZF,
                         "%s: gzip, but not BGZF, so it cannot be read at random; make a BGZF copy "
                         "with 'lode compress %s -o OUT.gz'",
                         path, path);
}

/* Kind of the source from its first bytes. */
static int detect(struct lode_scan_source *source, struct lode_diag *diag)
{
    uint8_t head[LODE_BGZF_BLOCK_MAX];
    struct lode_bgzf_block block;
    const ssize_t n = lode_pread_full(source->fd, head, sizeof head, 0);
    if (n < 0)
        return lode_diag_errno(diag, "%s: cannot read", source->path);
    source->kind = LODE_KIND_PLAIN;
    const char *how, *what = lode_foreign(head, (size_t)n, &how);
    if (what != NULL)
        return foreign(diag, source->path, what, how);
    if (!lode_is_gzip(head, (size_t)n))
        return LODE_OK;
    switch (lode_bgzf_header(head, (size_t)n, &block)) {
    case LODE_BGZF_OK:
        source->kind = LODE_KIND_BGZF;
        return LODE_OK;
    case LODE_BGZF_PLAIN_GZIP:
        return not_bgzf(diag, source->path);
    default:
        return lode_diag_set(diag, LODE_E_FORMAT, "%s: starts with a damaged gzip header",
                             source->path);
    }
}

/* A window on the file's bytes, for headers and trailers of blocks that follow each other. */
struct window {
    uint8_t bytes[LODE_BGZF_BLOCK_MAX];
    uint64_t off; /* of bytes */
    size_t at, n; /* the next block, and what is there */
};

/* The next block, all of it at bytes + at - block->size; 0 where none is, 1, or -1 with errno. */
static int next_block(struct window *w, int fd, struct lode_bgzf_block *block)
{
    for (int turn = 0; turn < 2; turn++) {
        if (lode_bgzf_header(w->bytes + w->at, w->n - w->at, block) == LODE_BGZF_OK &&
            block->size <= w->n - w->at) {
            w->at += block->size;
            return 1;
        }
        w->off += w->at;
        w->at = w->n = 0;
        const ssize_t got = turn == 0 ? lode_pread_full(fd, w->bytes, sizeof w->bytes, w->off) : 0;
        if (got < 0)
            return -1;
        w->n = (size_t)got;
    }
    return 0;
}

int lode_scan_layout(struct lode_scan_source *source, bool *whole, struct lode_diag *diag)
{
    struct window w = {.off = 0};
    struct lode_bgzf_block block;
    int seen = 0, have = 1;
    bool small = true;
    source->restart = source->fine = false;
    *whole = true;
    while (source->kind == LODE_KIND_BGZF && seen < LODE_FIRST_BLOCKS && !source->restart) {
        uint32_t crc, isize;
        have = next_block(&w, source->fd, &block);
        if (have <= 0)
            break;
        const uint8_t *p = w.bytes + w.at - block.size;
        lode_bgzf_trailer(p, &block, &crc, &isize);
        if (isize == 0)
            continue;
        seen++;
        small = small && isize <= LODE_FINE_BLOCK;
        source->restart = lode_litcode_parse(
            p + block.header, block.size - block.header - LODE_BGZF_TRAILER, &source->code);
    }
    if (have < 0)
        return lode_diag_errno(diag, "%s: cannot read", source->path);
    *whole = have > 0 || w.off == source->size;
    source->fine = !source->restart && seen > 0 && small;
    return LODE_OK;
}

int lode_scan_open(struct lode_scan_source *source, const char *path, struct lode_diag *diag)
{
    struct stat st;
    source->path = path;
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (source->fd < 0 && errno == ENOENT)
        return lode_diag_set(diag, LODE_E_MISSING, "%s: no such file", path);
    if (source->fd < 0)
        return lode_diag_errno(diag, "%s: cannot open", path);
    int status = LODE_OK;
    if (fstat(source->fd, &st) != 0)
        status = lode_diag_errno(diag, "%s: cannot stat", path);
    else if (!S_ISREG(st.st_mode))
        status = lode_diag_set(diag, LODE_E_REFUSED, "%s: not a regular file", path);
    else
        status = detect(source, diag);
    bool whole; /* where it is not, the scan will tell */
    if (status == LODE_OK)
        status = lode_scan_layout(source, &whole, diag);
    if (status == LODE_OK) {
        source->size = (uint64_t)st.st_size;
        if (source->size > LODE_TEXT_MAX)
            status = lode_diag_set(diag, LODE_E_FORMAT, "%s: larger than 2^48 bytes", path);
        else if (lode_sourcefile_fingerprint(source->fd, source->size, &source->fingerprint) != 0)
            status = lode_diag_errno(diag, "%s: cannot read", path);
    }
    if (status == LODE_OK)
        return LODE_OK;
    close(source->fd);
    source->fd = -1;
    return status;
}

int lode_scan_close(struct lode_scan_source *source, bool check, struct lode_diag *diag)
{
    struct stat st;
    uint64_t fingerprint = 0;
    int status = LODE_OK;
    if (source->fd < 0)
        return LODE_OK;
    if (check && (fstat(source->fd, &st) != 0 || (uint64_t)st.st_size != source->size ||
                  lode_sourcefile_fingerprint(source->fd, source->size, &fingerprint) != 0 ||
                  fingerprint != source->fingerprint))
        status = lode_diag_set(diag, LODE_E_STALE, "%s: changed while it was being indexed",
                               source->path);
    close(source->fd);
    source->fd = -1;
    return status;
}

/* ---- chunks --------------------------------------------------------------------------------- */

void lode_textchunk_free(struct lode_textchunk *chunk)
{
    free(chunk->file);
    free(chunk->text);
    free(chunk->blocks);
    free(chunk->sums);
    memset(chunk, 0, sizeof *chunk);
}

static int no_memory(struct lode_diag *diag, const struct lode_scan_source *source)
{
    return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", source->path);
}

static int bad_block(struct lode_diag *diag, const struct lode_scan_source *source, uint64_t off,
                     const char *what)
{
    const int status = lode_diag_set(diag, LODE_E_FORMAT, "%s: BGZF block at offset %llu: %s",
                                     source->path, (unsigned long long)off, what);
    if (diag != NULL)
        diag->offset = off;
    return status;
}

/* The block at file position pos of the chunk; false in *whole when it continues past the bytes
 * read. */
static int add_block(struct lode_textchunk *chunk, const struct lode_scan_source *source,
                     size_t pos, size_t have, bool *whole, struct lode_diag *diag)
{
    struct lode_bgzf_block head;
    struct lode_chunk_block block = {.file_pos = (uint32_t)pos};
    const uint64_t off = chunk->file_off + pos;
    const uint64_t left = source->size - off;
    const int kind = lode_bgzf_header(chunk->file + pos, have - pos, &head);
    *whole = true;
    if (kind == LODE_BGZF_PLAIN_GZIP && off == 0)
        return not_bgzf(diag, source->path);
    if (kind == LODE_BGZF_PLAIN_GZIP)
        return bad_block(diag, source, off,
                         "gzip, but not BGZF, in a file that begins with BGZF; make "
                         "all of it BGZF with 'lode compress'");
    if (kind == LODE_BGZF_NOT_GZIP || kind == LODE_BGZF_BAD)
        return bad_block(diag, source, off, "not a BGZF block: the file is damaged");
    if (kind == LODE_BGZF_NEED_MORE ? have - pos == left : head.size > left)
        return bad_block(diag, source, off, "cut short: the file is truncated");
    if (kind == LODE_BGZF_NEED_MORE || head.size > have - pos) {
        *whole = false;
        return LODE_OK;
    }
    lode_bgzf_trailer(chunk->file + pos, &head, &block.crc, &block.text_len);
    if (block.text_len > LODE_BGZF_BLOCK_MAX)
        return bad_block(diag, source, off, "claims more than 65,536 bytes of text");
    block.file_len = head.size;
    block.header = head.header;
    block.text_pos = (uint32_t)chunk->text_len;
    if (!LODE_GROW(chunk->blocks, chunk->block_count, chunk->block_cap))
        return no_memory(diag, source);
    chunk->blocks[chunk->block_count++] = block;
    chunk->text_len += block.text_len;
    return LODE_OK;
}

static int find_blocks(struct lode_textchunk *chunk, const struct lode_scan_source *source,
                       size_t have, struct lode_diag *diag)
{
    size_t pos = 0;
    bool whole = true;
    chunk->text_len = 0;
    while (pos < have && chunk->text_len < LODE_CHUNK_TEXT) {
        const int status = add_block(chunk, source, pos, have, &whole, diag);
        if (status != LODE_OK)
            return status;
        if (!whole)
            break;
        pos += chunk->blocks[chunk->block_count - 1].file_len;
    }
    chunk->file_len = pos;
    chunk->eof_marker = pos >= LODE_BGZF_EOF_SIZE && memcmp(chunk->file + pos - LODE_BGZF_EOF_SIZE,
                                                            lode_bgzf_eof, LODE_BGZF_EOF_SIZE) == 0;
    return LODE_OK;
}

int lode_textchunk_read(struct lode_textchunk *chunk, const struct lode_scan_source *source,
                        uint64_t off, struct lode_diag *diag)
{
    const bool plain = source->kind == LODE_KIND_PLAIN;
    const uint64_t left = source->size - off;
    const size_t cap = plain ? LODE_CHUNK_TEXT : LODE_CHUNK_FILE;
    const size_t want = left < cap ? (size_t)left : cap;
    uint8_t **buf = plain ? &chunk->text : &chunk->file;
    size_t file_cap = chunk->file != NULL ? LODE_CHUNK_FILE : 0;
    chunk->block_count = chunk->sum_count = 0;
    chunk->file_off = off;
    chunk->first = off == 0;
    if (!lode_grow(buf, plain ? &chunk->text_cap : &file_cap, cap, 1))
        return no_memory(diag, source);
    const ssize_t got = lode_pread_full(source->fd, *buf, want, off);
    if (got < 0)
        return lode_diag_errno(diag, "%s: cannot read", source->path);
    if ((size_t)got < want)
        return lode_diag_set(diag, LODE_E_STALE, "%s: changed while it was being indexed",
                             source->path);
    chunk->file_len = chunk->text_len = want;
    int status = LODE_OK;
    if (!plain)
        status = find_blocks(chunk, source, want, diag);
    chunk->last = off + chunk->file_len == source->size;
    return status;
}

bool lode_textchunk_sum(struct lode_textchunk *chunk, unsigned log2, const uint8_t *text, size_t n)
{
    const size_t piece = (size_t)1 << log2;
    for (size_t at = 0; at < n; at += piece) {
        if (!LODE_GROW(chunk->sums, chunk->sum_count, chunk->sum_cap))
            return false;
        chunk->sums[chunk->sum_count++] = lode_text_sum(text + at, n - at < piece ? n - at : piece);
    }
    return true;
}

/* The block was inflated or is made by us, so its header alone tells whether it is a restart block
 * too. */
bool lode_textchunk_starts(struct lode_textchunk *chunk, const struct lode_chunk_block *b,
                           const struct lode_litcode *code)
{
    const uint8_t *file = chunk->file + b->file_pos, *text = chunk->text + b->text_pos;
    const size_t piece = 1u << LODE_RESTART_LOG2;
    const bool same =
        lode_litcode_same(code, file + b->header, b->file_len - b->header - LODE_BGZF_TRAILER);
    uint64_t bit = (uint64_t)b->header * 8 + code->header_bits;
    for (size_t at = 0; at < b->text_len; at += piece) {
        const size_t n = b->text_len - at < piece ? b->text_len - at : piece;
        if (!lode_grow(&chunk->sums, &chunk->sum_cap, chunk->sum_count + 2, sizeof *chunk->sums))
            return false;
        chunk->sums[chunk->sum_count++] = lode_text_sum(text + at, n);
        const size_t first = n > LODE_RESTART_HALF ? LODE_RESTART_HALF : 0;
        const uint64_t half = same ? lode_litcode_bits(code, text + at, first) : 0;
        const uint64_t rest = same ? lode_litcode_bits(code, text + at + first, n - first) : 0;
        chunk->sums[chunk->sum_count++] =
            same ? (uint32_t)(bit | half << LODE_START_BIT_BITS) : LODE_NO_START;
        bit += half + rest;
    }
    return true;
}

static int decode_block(struct lode_textchunk *chunk, const struct lode_chunk_block *b,
                        const struct lode_scan_source *source, struct lode_inflate *inflate,
                        struct lode_diag *diag)
{
    uint8_t *text = chunk->text + b->text_pos;
    const uint8_t *file = chunk->file + b->file_pos;
    const uint64_t off = chunk->file_off + b->file_pos;
    if (lode_inflate_whole(inflate, file + b->header, b->file_len - b->header - LODE_BGZF_TRAILER,
                           text, b->text_len) != 0)
        return bad_block(diag, source, off, "does not decompress: the file is damaged");
    if (lode_crc32(0, text, b->text_len) != b->crc)
        return bad_block(diag, source, off, "fails its CRC: the file is damaged");
    if (!(source->restart ? lode_textchunk_starts(chunk, b, &source->code)
                          : lode_textchunk_sum(chunk, source->fine ? LODE_FINE_LOG2 : LODE_SUM_LOG2,
                                               text, b->text_len)))
        return no_memory(diag, source);
    chunk->crc = lode_crc32_join(chunk->crc, b->crc, b->text_len);
    return LODE_OK;
}

int lode_textchunk_decode(struct lode_textchunk *chunk, const struct lode_scan_source *source,
                          struct lode_inflate *inflate, struct lode_diag *diag)
{
    chunk->crc = 0;
    if (source->kind == LODE_KIND_PLAIN) {
        chunk->crc = lode_crc32(0, chunk->text, chunk->text_len);
        return lode_textchunk_sum(chunk, LODE_SUM_LOG2, chunk->text, chunk->text_len)
                   ? LODE_OK
                   : no_memory(diag, source);
    }
    if (!lode_grow(&chunk->text, &chunk->text_cap, chunk->text_len + LODE_INFLATE_SLACK, 1))
        return no_memory(diag, source);
    for (size_t i = 0; i < chunk->block_count; i++) {
        const int status = decode_block(chunk, &chunk->blocks[i], source, inflate, diag);
        if (status != LODE_OK)
            return status;
    }
    return LODE_OK;
}
