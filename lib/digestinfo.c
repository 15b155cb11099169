/* Owns questions about digests: of a contig, by digest, of a source as a sequence collection. */
#include "diag.h"
#include "digest.h"
#include "grow.h"
#include "index.h"
#include "prove.h"
#include "setindex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_TEXT = 32 };

/* Digest rows [begin, end), for lode_index_guarded: one copied out, or the first that matches. */
struct row_search {
    const lode_index *index;
    const struct lode_rows *rows;
    uint64_t begin, end;
    size_t off, len; /* field compared */
    const uint8_t *want;
    uint8_t row[LODE_STRIDE_DIGS];
    struct lode_fault fault;
};

static int run_copy(void *arg)
{
    struct row_search *s = arg;
    memcpy(s->row, s->rows->rows + s->begin * LODE_STRIDE_DIGS, sizeof s->row);
    return lode_prove_rows(s->index, s->rows, s->begin, 1, LODE_STRIDE_DIGS, &s->fault);
}

static int run_search(void *arg)
{
    struct row_search *s = arg;
    const int status = lode_prove_rows(s->index, s->rows, s->begin, s->end - s->begin,
                                       LODE_STRIDE_DIGS, &s->fault);
    if (status != LODE_OK)
        return status;
    for (; s->begin < s->end; s->begin++)
        if (memcmp(s->rows->rows + s->begin * LODE_STRIDE_DIGS + s->off, s->want, s->len) == 0)
            return LODE_OK;
    return LODE_E_NOT_FOUND;
}

static int none_stored(const lode_index *index, struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_NOT_FOUND, "%s: stores no digests; index again with --digest",
                         index->path);
}

static void to_hex(const uint8_t *in, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", in[i]);
}

int lode_contig_digest(const lode_index *index, int64_t contig, struct lode_digest *out,
                       struct lode_diag *diag)
{
    if (index == NULL || out == NULL)
        return LODE_E_ARG;
    if (contig < 0 || contig >= (int64_t)index->seq.contig_count)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no contig number %lld", index->path,
                             (long long)contig);
    const struct lode_route to = lode_route_contig(index, contig);
    const struct lode_rows *rows = &to.index->seq.digs;
    if (rows->count == 0)
        return none_stored(to.index, diag);
    struct row_search s = {
        .index = to.index, .rows = rows, .begin = (uint64_t)(contig - to.contig)};
    if (lode_index_guarded(to.index, run_copy, &s, &s.fault) != LODE_OK)
        return lode_diag_fault(diag, to.index->path, &s.fault);
    to_hex(s.row + LODE_DIGS_MD5, LODE_MD5_SIZE, out->md5);
    lode_sha512t24u_encode(s.row + LODE_DIGS_SHA512T24, out->sha512t24u);
    return LODE_OK;
}

static bool from_hex(const char *text, uint8_t out[LODE_MD5_SIZE])
{
    for (size_t i = 0; i < 2 * LODE_MD5_SIZE; i++) {
        const char c = text[i];
        const int v = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
        if (v < 0)
            return false;
        out[i / 2] = (uint8_t)(i % 2 == 0 ? v << 4 : out[i / 2] | v);
    }
    return true;
}

/* A text of 32 characters may be both: hexadecimal first, then base64url. */
static int search(const lode_index *index, struct row_search *s, bool decoded)
{
    s->begin = 0;
    return decoded ? lode_index_guarded(index, run_search, s, &s->fault) : LODE_E_NOT_FOUND;
}

int lode_find_digest(const lode_index *index, const char *digest, size_t len,
                     struct lode_contig *out, struct lode_diag *diag)
{
    uint8_t md5[LODE_MD5_SIZE], sha[LODE_SHA512T24_SIZE];
    if (index == NULL || digest == NULL || out == NULL)
        return LODE_E_ARG;
    const bool sq = len == DIGEST_TEXT + 3 && memcmp(digest, "SQ.", 3) == 0;
    const char *text = sq ? digest + 3 : digest;
    const bool is_md5 = len == DIGEST_TEXT && from_hex(text, md5);
    const bool is_sha = (sq || len == DIGEST_TEXT) && lode_sha512t24u_decode(text, sha);
    if (!is_md5 && !is_sha)
        return lode_diag_set(diag, LODE_E_GRAMMAR,
                             "not a digest: 32 hexadecimal digits, or SQ. and 32 characters");
    if (index->set != NULL)
        return lode_indexset_find_digest(index, digest, len, out, diag);
    if (index->seq.digs.count == 0)
        return none_stored(index, diag);
    struct row_search s = {.index = index, .rows = &index->seq.digs, .end = index->seq.digs.count};
    s.off = LODE_DIGS_MD5;
    s.len = LODE_MD5_SIZE;
    s.want = md5;
    int status = search(index, &s, is_md5);
    if (status == LODE_E_NOT_FOUND) {
        s.off = LODE_DIGS_SHA512T24;
        s.len = LODE_SHA512T24_SIZE;
        s.want = sha;
        status = search(index, &s, is_sha);
    }
    if (status == LODE_E_NOT_FOUND)
        return lode_diag_set(diag, status, "%s: no contig of this digest", index->path);
    return status == LODE_OK ? lode_contig_at(index, (int64_t)s.begin, out, diag)
                             : lode_diag_fault(diag, index->path, &s.fault);
}
