/* Owns lode_fetch_text: the bytes of a source's text, from the source or made of packed bases. */
#include "diag.h"
#include "packedtext.h"
#include "reader.h"

#include <string.h>

int64_t lode_fetch_text(lode_reader *r, int64_t source, int64_t begin, int64_t end, void *dst,
                        struct lode_diag *diag)
{
    const uint8_t *text;
    int status = LODE_OK;
    if (r == NULL || (dst == NULL && end > begin))
        return lode_diag_set(diag, LODE_E_ARG, "lode_fetch_text: an argument is not allowed");
    if (source < 0 || source >= (int64_t)r->whole->seq.source_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no source number %lld", r->whole->path,
                             (long long)source);
    source -= lode_reader_to_source(r, source).source;
    uint64_t text_len;
    status = lode_reader_text_len(r, source, &text_len, diag);
    if (status != LODE_OK)
        return status;
    if (begin < 0 || begin > end || (uint64_t)end > text_len)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: source %lld has %llu bytes of text",
                             r->index->path, (long long)source, (unsigned long long)text_len);
    if (begin == end)
        return 0;
    if (r->index->seq.packed) {
        status = lode_packed_text(r, source, (uint64_t)begin, (uint64_t)end, dst, diag);
        return status == LODE_OK ? end - begin : status;
    }
    status = lode_reader_text(r, source, (uint64_t)begin, (uint64_t)end, &text, diag);
    if (status != LODE_OK)
        return status;
    memcpy(dst, text, (size_t)(end - begin));
    return end - begin;
}
