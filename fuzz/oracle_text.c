#include "oracle.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { BLOCK_TEXT = 65536 };

static void put(struct oracle_text *o, size_t at, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n && at + i < o->n; i++) {
        o->known[at + i] = o->known[at + i] == ORACLE_UNKNOWN ? ORACLE_KNOWN : ORACLE_DISPUTED;
        o->text[at + i] = p[i];
    }
}

/* A gzip member, as far as zlib reads it. whole: or nothing. */
static size_t inflate_member(const uint8_t *p, size_t n, bool whole, uint8_t out[BLOCK_TEXT])
{
    z_stream z = {0};
    fuzz_check(inflateInit2(&z, 31) == Z_OK);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = BLOCK_TEXT;
    const int status = inflate(&z, Z_SYNC_FLUSH);
    const size_t got = BLOCK_TEXT - z.avail_out;
    inflateEnd(&z);
    return whole && status != Z_STREAM_END ? 0 : got;
}

/* Behind a wrong bit a decoder that comes from the block's start is lost, and one that starts later
 * may not be: of restart blocks only whole ones count. */
static void put_blocks(struct oracle_text *o, const lode_index *index,
                       const struct lode_source_info *info, const uint8_t *file, size_t n)
{
    static uint8_t out[BLOCK_TEXT];
    int64_t text, off, next_text, next_off;
    for (int64_t i = 0; i < info->blocks && i < 4096; i++) {
        if (lode_block_at(index, 0, i, &text, &off) != LODE_OK ||
            lode_block_at(index, 0, i + 1, &next_text, &next_off) != LODE_OK)
            continue;
        if (off < 0 || next_off <= off || (uint64_t)next_off > n || text < 0 || next_text < text)
            continue;
        const size_t got = inflate_member(file + off, (size_t)(next_off - off), info->restart, out);
        const size_t want = (size_t)(next_text - text);
        put(o, (size_t)text, out, got < want ? got : want);
    }
}

bool oracle_text_of(struct oracle_text *o, const lode_index *index, const uint8_t *file, size_t n)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    *o = (struct oracle_text){0};
    if (lode_source_info(index, 0, &info, NULL) != LODE_OK || info.text_size > ORACLE_TEXT_MAX)
        return false;
    o->n = (size_t)info.text_size;
    o->text = calloc(o->n + 1, 1);
    o->known = calloc(o->n + 1, 1);
    fuzz_check(o->text != NULL && o->known != NULL);
    if (info.kind == 0)
        put(o, 0, file, n);
    else if (info.kind == 1)
        put_blocks(o, index, &info, file, n);
    return true;
}

void oracle_text_free(struct oracle_text *o)
{
    free(o->text);
    free(o->known);
    *o = (struct oracle_text){0};
}

bool oracle_bases(const struct oracle_text *o, const lode_index *index,
                  const struct lode_contig *contig, int64_t begin, int64_t end,
                  const uint8_t *bases)
{
    struct lode_record record = {.struct_size = sizeof record};
    const bool track = contig->track != LODE_TRACK_NONE;
    if (!track && lode_record_at(index, contig->id, &record, NULL) != LODE_OK)
        return true;
    for (int64_t i = begin; i < end; i++) {
        const int64_t at = track ? contig->text_off + i
                                 : record.text_bases + i / record.line_bases * record.line_width +
                                       i % record.line_bases;
        if (at < 0 || (uint64_t)at >= o->n)
            return false;
        if (o->known[at] == ORACLE_KNOWN && o->text[at] != bases[i - begin])
            return false;
    }
    return true;
}
