/* Owns the putting of records: they go to spools as they come, and to the file when the store is
 * published. */
#include "storewrite.h"

#include "bytes.h"
#include "diag.h"
#include "grow.h"
#include "range.h"
#include "recpack.h"
#include "setstorewrite.h"
#include "store.h"
#include "storeschema.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PLAIN_MAX = 0x7FFFFFFF, /* longer records, and empty ones, are stored as they are */
};

/* ---- types ----------------------------------------------------------------------------------- */

/* 0: it has no number yet. */
static int find_type(lode_store_writer *w, const char *text)
{
    if (w->last_type > 0 && strcmp(w->type_names[w->last_type - 1].text, text) == 0)
        return w->last_type;
    for (size_t i = 0; i < w->type_count; i++)
        if (strcmp(w->type_names[i].text, text) == 0)
            return w->last_type = (int)i + 1;
    return 0;
}

int lode_store_type_number(lode_store_writer *w, const char *text, struct lode_diag *diag)
{
    uint8_t row[LODE_STRIDE_RTYP];
    const int known = text != NULL ? find_type(w, text) : 0;
    if (text == NULL || known > 0)
        return known;
    const size_t len = strlen(text);
    if (w->type_count == LODE_RECORD_TYPES || len > INT_MAX) {
        (void)lode_diag_set(diag, LODE_E_ARG, "%s: more than %d types of records", w->pub.path,
                            LODE_RECORD_TYPES);
        return -1;
    }
    char *copy = strdup(text);
    if (copy == NULL || !LODE_GROW(w->type_names, w->type_count, w->type_cap)) {
        free(copy);
        (void)lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", w->pub.path);
        return -1;
    }
    lode_put32(row + LODE_RTYP_OFF, (uint32_t)lode_spool_size(&w->strings));
    lode_put32(row + LODE_RTYP_LEN, (uint32_t)len);
    if (lode_spool_append(&w->strings, text, len) != 0 ||
        lode_spool_append(&w->types, row, sizeof row) != 0) {
        free(copy);
        w->broken = true;
        (void)lode_diag_errno(diag, "%s: cannot keep a type", w->pub.path);
        return -1;
    }
    struct lode_store_type_name *name = &w->type_names[w->type_count++];
    name->text = copy;
    name->schema = NULL;
    return w->last_type = (int)w->type_count;
}

/* ---- records --------------------------------------------------------------------------------- */

/* n bytes as a frame in w->frame: its size, or 0 when there is no memory. */
static size_t pack(lode_store_writer *w, const uint8_t *data, size_t n)
{
    const size_t bound = ZSTD_compressBound(n);
    if (!lode_grow(&w->frame, &w->frame_cap, bound, 1))
        return 0;
    const size_t got = ZSTD_compress2(w->context, w->frame, bound, data, n);
    return ZSTD_isError(got) ? 0 : got;
}

static uint16_t dictionary_flag(const lode_store_writer *w)
{
    return w->cdict != NULL ? LODE_RECORD_DICTIONARY : 0;
}

int lode_store_close_block(lode_store_writer *w)
{
    uint8_t bytes[LODE_STRIDE_RBLK];
    if (w->block_len == 0)
        return 0;
    const size_t stored = pack(w, w->block, w->block_len);
    errno = ENOMEM;
    if (stored == 0)
        return -1;
    const struct lode_record_block block = {.begin = lode_spool_size(&w->heap),
                                            .stored = (uint32_t)stored,
                                            .length = (uint32_t)w->block_len,
                                            .sum = lode_record_sum(w->frame, stored),
                                            .flags = dictionary_flag(w)};
    lode_record_block_encode(bytes, &block);
    w->block_len = 0;
    return lode_spool_append(&w->heap, w->frame, stored) == 0
               ? lode_spool_append(&w->blocks, bytes, sizeof bytes)
               : -1;
}

static int put_in_block(lode_store_writer *w, const uint8_t *data, size_t n,
                        struct lode_record_row *row)
{
    if (w->block_len > 0 && w->block_len + n > w->o.block_size && lode_store_close_block(w) != 0)
        return -1;
    errno = ENOMEM;
    if (!lode_grow(&w->block, &w->block_cap, w->block_len + n + 1, 1))
        return -1;
    row->flags = LODE_RECORD_IN_BLOCK;
    row->begin = lode_spool_size(&w->blocks) / LODE_STRIDE_RBLK;
    row->stored = w->block_len;
    row->length = (uint32_t)n;
    row->sum = lode_record_sum(data, n);
    if (n > 0)
        memcpy(w->block + w->block_len, data, n);
    w->block_len += n;
    /* what is larger than a block has one of its own */
    return w->block_len >= w->o.block_size ? lode_store_close_block(w) : 0;
}

static int put_in_heap(lode_store_writer *w, const uint8_t *data, size_t n,
                       struct lode_record_row *row)
{
    const uint64_t at = lode_spool_size(&w->heap);
    const uint64_t begin = lode_align_up(at, 1ull << w->o.align_log2);
    row->begin = begin;
    row->stored = n;
    row->sum = lode_record_sum(data, n);
    return lode_spool_zeros(&w->heap, begin - at) == 0 ? lode_spool_append(&w->heap, data, n) : -1;
}

/* Packed, unless that is no smaller. */
static int put_packed(lode_store_writer *w, const uint8_t *data, size_t n,
                      struct lode_record_row *row)
{
    const uint8_t *from = data;
    if (w->o.shuffle > 1) {
        errno = ENOMEM;
        if (!lode_grow(&w->planes, &w->planes_cap, n + 1, 1))
            return -1;
        lode_shuffle(w->planes, data, n, w->o.shuffle);
        from = w->planes;
    }
    const size_t stored = pack(w, from, n);
    errno = ENOMEM;
    if (stored == 0)
        return -1;
    if (stored >= n)
        return put_in_heap(w, data, n, row);
    row->begin = lode_spool_size(&w->heap);
    row->begin = lode_align_up(row->begin, 1ull << w->o.align_log2);
    row->flags = (uint16_t)(LODE_RECORD_PACKED | dictionary_flag(w) |
                            (w->o.shuffle > 1 ? LODE_RECORD_SHUFFLED : 0));
    row->length = (uint32_t)n;
    row->stored = stored;
    row->sum = lode_record_sum(w->frame, stored);
    return lode_spool_zeros(&w->heap, row->begin - lode_spool_size(&w->heap)) == 0
               ? lode_spool_append(&w->heap, w->frame, stored)
               : -1;
}

int lode_store_key_allowed(const lode_store_writer *w, const void *key, size_t len,
                           struct lode_diag *diag)
{
    if (w->o.keys == LODE_STORE_NO_KEYS && len > 0)
        return lode_diag_set(diag, LODE_E_ARG, "%s: this store has no keys", w->pub.path);
    if (w->o.keys == LODE_STORE_INTEGERS && len != 8)
        return lode_diag_set(diag, LODE_E_ARG, "%s: a key of this store is an integer of 8 bytes",
                             w->pub.path);
    if (len > LODE_KEY_MAX)
        return lode_diag_set(diag, LODE_E_ARG, "%s: a key of %zu bytes: at most %d are possible",
                             w->pub.path, len, LODE_KEY_MAX);
    return key == NULL && len > 0
               ? lode_diag_set(diag, LODE_E_ARG, "lode_store_put: an argument is not allowed")
               : LODE_OK;
}

static int allowed(lode_store_writer *w, const void *key, size_t key_len, const void *data,
                   size_t size, struct lode_diag *diag)
{
    int status = w == NULL || w->broken ? lode_store_usable(w, diag) : LODE_OK;
    if (status != LODE_OK)
        return status;
    if ((data == NULL && size > 0) || size > LODE_U48_MASK)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_put: an argument is not allowed");
    status = lode_store_key_allowed(w, key, key_len, diag);
    return status == LODE_OK ? lode_store_wake(w, diag) : status;
}

/* Type t stands already; key and sizes are allowed. */
static int put_record(lode_store_writer *w, const void *key, size_t key_len, const void *data,
                      size_t size, int t, struct lode_diag *diag)
{
    uint8_t bytes[LODE_STRIDE_ROFF];
    struct lode_record_row row = {
        .key = w->key_bytes, .key_len = (uint16_t)key_len, .type = (uint16_t)t};
    const bool plain = w->o.codec == LODE_STORE_RAW || size == 0 || size > PLAIN_MAX;
    const uint8_t *from = size > 0 ? data : (const uint8_t *)"";
    int error = plain                             ? put_in_heap(w, from, size, &row)
                : w->o.codec == LODE_STORE_BLOCKS ? put_in_block(w, from, size, &row)
                                                  : put_packed(w, from, size, &row);
    lode_record_encode(bytes, &row);
    if (error == 0)
        error = lode_spool_append(&w->keys, key, key_len);
    if (error == 0)
        error = lode_spool_append(&w->rows, bytes, sizeof bytes);
    if (error != 0) {
        w->broken = true;
        return lode_diag_errno(diag, "%s: cannot keep a record", w->pub.path);
    }
    w->records++;
    w->bytes += size;
    w->key_bytes += key_len;
    if (w->extension == NULL || w->o.keys == LODE_STORE_NO_KEYS)
        return LODE_OK;
    const int status = lode_extension_hide(w->extension, key, key_len, w->o.unique != 0, diag);
    w->broken = status != LODE_OK;
    return status;
}

/* For a type that could not be given a number. */
static int no_type(const struct lode_diag *diag)
{
    return diag != NULL ? diag->status : LODE_E_NOMEM;
}

int lode_store_carry(lode_store_writer *w, const void *key, size_t key_len, const void *data,
                     size_t size, const char *type, struct lode_diag *diag)
{
    const int status = allowed(w, key, key_len, data, size, diag);
    if (status != LODE_OK)
        return status;
    const int t = lode_store_type_number(w, type, diag);
    return t < 0 ? no_type(diag) : put_record(w, key, key_len, data, size, t, diag);
}

int lode_store_put(lode_store_writer *w, const void *key, size_t key_len, const void *data,
                   size_t size, const char *type, struct lode_diag *diag)
{
    lode_schema *fresh = NULL;
    int status = allowed(w, key, key_len, data, size, diag);
    if (status != LODE_OK)
        return status;
    int t = type != NULL ? find_type(w, type) : 0;
    if (type != NULL && lode_schema_is_type(type, strlen(type)))
        status = lode_store_put_allowed(w, key, key_len, data, size, type, t, &fresh, diag);
    if (status != LODE_OK)
        return status;
    if (t == 0)
        t = lode_store_type_number(w, type, diag);
    if (t > 0 && fresh != NULL)
        w->type_names[t - 1].schema = fresh;
    else
        lode_schema_free(fresh);
    return t < 0 ? no_type(diag) : put_record(w, key, key_len, data, size, t, diag);
}
