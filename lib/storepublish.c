/* Owns lode_store_publish: what was put becomes a file. */
#include "assemble.h"
#include "bytes.h"
#include "cpus.h"
#include "diag.h"
#include "setstorewrite.h"
#include "setwrite.h"
#include "store.h"
#include "storekeys.h"
#include "storewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where keys begin, by record, and where the last ends; to be freed. */
static uint64_t *key_begins(const uint8_t *rows, uint64_t records)
{
    struct lode_record_row row = {0};
    uint64_t *begins = malloc((size_t)(records + 1) * sizeof *begins);
    if (begins == NULL)
        return NULL;
    for (uint64_t i = 0; i < records; i++) {
        lode_record_decode(rows + i * LODE_STRIDE_ROFF, &row);
        begins[i] = row.key;
    }
    begins[records] = row.key + row.key_len;
    return begins;
}

static int cannot_keep(const lode_store_writer *w, struct lode_diag *diag)
{
    return lode_diag_errno(diag, "%s: cannot keep what was put", w->pub.path);
}

static int set_of(lode_store_writer *w, struct lode_store_keyset *set, uint64_t **begins,
                  struct lode_diag *diag)
{
    const uint8_t *rows = lode_spool_view(&w->rows), *keys = lode_spool_view(&w->keys);
    if (rows == NULL || keys == NULL)
        return cannot_keep(w, diag);
    *begins = key_begins(rows, w->records);
    errno = ENOMEM;
    if (*begins == NULL)
        return cannot_keep(w, diag);
    *set = (struct lode_store_keyset){keys, *begins, w->records};
    return LODE_OK;
}

/* ---- records that were replaced -------------------------------------------------------------- */

/* Rows and keys of the records that are not dead, in new spools. -1 with errno. */
static int keep_living(lode_store_writer *w, const struct lode_store_keyset *set,
                       const uint8_t *dead, struct lode_spool *rows, struct lode_spool *keys)
{
    const uint8_t *old = lode_spool_view(&w->rows);
    uint64_t kept = 0, bytes = 0;
    for (uint64_t i = 0; i < set->count; i++) {
        uint8_t encoded[LODE_STRIDE_ROFF];
        struct lode_record_row row;
        if ((dead[i >> 3] >> (i & 7) & 1) != 0)
            continue;
        lode_record_decode(old + i * LODE_STRIDE_ROFF, &row);
        row.key = lode_spool_size(keys);
        lode_record_encode(encoded, &row);
        if (lode_spool_append(rows, encoded, sizeof encoded) != 0 ||
            lode_spool_append(keys, set->keys + set->begins[i], row.key_len) != 0)
            return -1;
        bytes += lode_record_length(&row);
        kept++;
    }
    w->records = kept;
    w->bytes = bytes;
    w->key_bytes = lode_spool_size(keys);
    return 0;
}

/* Rows that were removed, and those that say so of a key. */
static void mark_removed(lode_store_writer *w, uint8_t *dead)
{
    const uint8_t *rows = lode_spool_view(&w->rows);
    for (uint64_t i = 0; i < w->records; i++) {
        struct lode_record_row row;
        lode_record_decode(rows + i * LODE_STRIDE_ROFF, &row);
        if ((row.flags & LODE_STORE_DEAD) != 0)
            dead[i >> 3] |= (uint8_t)(1u << (i & 7));
    }
}

/* Takes out records whose key was put again later: rows and keys; their bytes stay in the heap. */
static int drop_replaced(lode_store_writer *w, struct lode_diag *diag)
{
    struct lode_store_keyset set;
    struct lode_spool rows, keys;
    uint64_t *begins = NULL;
    bool any = false;
    uint8_t *dead = calloc((size_t)(w->records / 8 + 1), 1);
    errno = ENOMEM;
    if (dead == NULL)
        return cannot_keep(w, diag);
    int status = set_of(w, &set, &begins, diag);
    if (status == LODE_OK && w->o.keys != LODE_STORE_NO_KEYS)
        status = lode_store_replaced(&set, w->o.unique != 0, dead, &any, diag);
    if (status == LODE_E_DUPLICATE && diag != NULL) {
        const struct lode_diag why = *diag;
        (void)lode_diag_set(diag, status, "%s: %s", w->pub.path, why.message);
    }
    if (status == LODE_OK && w->any_dead) {
        mark_removed(w, dead);
        any = true;
    }
    if (status == LODE_OK && any) {
        lode_spool_init(&rows, w->dir_fd);
        lode_spool_init(&keys, w->dir_fd);
        if (keep_living(w, &set, dead, &rows, &keys) != 0) {
            status = cannot_keep(w, diag);
            lode_spool_free(&rows);
            lode_spool_free(&keys);
        } else {
            lode_spool_free(&w->rows);
            lode_spool_free(&w->keys);
            w->rows = rows;
            w->keys = keys;
        }
    }
    free(begins);
    free(dead);
    return status;
}

static int make_slots(lode_store_writer *w, uint32_t *param, struct lode_diag *diag)
{
    struct lode_store_keyset set;
    uint64_t *begins = NULL;
    int status = set_of(w, &set, &begins, diag);
    if (status == LODE_OK)
        status = lode_store_slots(&set, &w->slots, param, diag);
    free(begins);
    return status;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* The row behind the last. -1 with errno. */
static int put_end(lode_store_writer *w)
{
    uint8_t bytes[LODE_STRIDE_ROFF];
    const struct lode_record_row end = {.begin = lode_spool_size(&w->heap), .key = w->key_bytes};
    lode_record_encode(bytes, &end);
    return lode_spool_append(&w->rows, bytes, sizeof bytes);
}

static void encode_info(const lode_store_writer *w, uint8_t *bytes)
{
    const struct lode_recstore_head head = {.records = w->records,
                                            .bytes = w->bytes,
                                            .name_len = (uint32_t)w->name_len,
                                            .keys = (uint8_t)w->o.keys,
                                            .codec = (uint8_t)w->o.codec,
                                            .align = (uint8_t)w->o.align_log2,
                                            .shuffle = (uint8_t)w->o.shuffle,
                                            .level = (uint32_t)w->o.level,
                                            .block_size = (uint32_t)w->o.block_size};
    lode_recstore_head_encode(bytes, &head);
}

static int fill_tables(lode_store_writer *w, uint32_t slots_param, uint32_t group,
                       struct lode_store_tables *out, struct lode_diag *diag)
{
    struct {
        uint32_t id, flags, stride;
        struct lode_spool *spool;
    } const tables[LODE_STORE_TABLES] = {
#define TABLE(name, spool) {LODE_ID_##name, LODE_FLAGS_##name, LODE_STRIDE_##name, spool}
        TABLE(RINF, NULL),      TABLE(RTYP, &w->types),  TABLE(RSTR, &w->strings),
        TABLE(RDIC, NULL),      TABLE(RBLK, &w->blocks), TABLE(ROFF, &w->rows),
        TABLE(RSLT, &w->slots), TABLE(RKEY, &w->keys),   TABLE(RHEP, &w->heap),
#undef TABLE
    };
    encode_info(w, out->info);
    for (int i = 0; i < LODE_STORE_TABLES; i++) {
        struct lode_piece *piece = &out->pieces[i];
        *piece = (struct lode_piece){out->info, sizeof out->info, 0};
        if (tables[i].id == LODE_ID_RDIC) {
            piece->data = w->dictionary;
            piece->len = w->dictionary_size;
        } else if (tables[i].spool != NULL) {
            piece->data = lode_spool_view(tables[i].spool);
            piece->len = lode_spool_size(tables[i].spool);
            if (piece->data == NULL)
                return cannot_keep(w, diag);
        }
        out->parts[i] = (struct lode_part){.id = tables[i].id,
                                           .flags = tables[i].flags,
                                           .stride = tables[i].stride,
                                           .param = tables[i].id == LODE_ID_RSLT ? slots_param : 0,
                                           .group = group,
                                           .pieces = piece,
                                           .piece_count = 1};
    }
    return LODE_OK;
}

int lode_store_finish(lode_store_writer *w, uint32_t group, struct lode_store_tables *out,
                      struct lode_diag *diag)
{
    uint32_t param = 0;
    if (lode_store_close_block(w) != 0)
        return cannot_keep(w, diag);
    int status = LODE_OK;
    if (w->o.keys != LODE_STORE_NO_KEYS || w->any_dead)
        status = drop_replaced(w, diag);
    if (status == LODE_OK && w->o.keys != LODE_STORE_NO_KEYS)
        status = make_slots(w, &param, diag);
    if (status != LODE_OK)
        return status;
    return put_end(w) == 0 ? fill_tables(w, param, group, out, diag) : cannot_keep(w, diag);
}

int lode_store_make_file(lode_store_writer *w, int fd, uint64_t *content_id, struct lode_diag *diag)
{
    struct lode_store_tables tables;
    const int status = lode_store_finish(w, 0, &tables, diag);
    return status == LODE_OK ? lode_assemble(fd, tables.parts, LODE_STORE_TABLES,
                                             lode_thread_count(0), w->pub.path, content_id, diag)
                             : status;
}

static int publish_memory(lode_store_writer *w, lode_store **opened, struct lode_diag *diag)
{
    const int fd = memfd_create("lode", MFD_CLOEXEC);
    if (fd < 0)
        return lode_diag_errno(diag, "%s: cannot create", w->pub.path);
    uint64_t content_id;
    const int status = lode_store_make_file(w, fd, &content_id, diag);
    if (status == LODE_OK)
        return lode_store_open_fd(fd, w->pub.path, NULL, opened, diag);
    close(fd);
    return status;
}

static int publish_file(lode_store_writer *w, lode_store **opened, struct lode_diag *diag)
{
    uint64_t content_id;
    int status = lode_store_make_file(w, w->pub.fd, &content_id, diag);
    int fd = -1;
    /* opened anew: a duplicate would keep the lock that marks the file as being written */
    if (status == LODE_OK && opened != NULL &&
        (fd = openat(w->pub.dir_fd, w->pub.temp, O_RDONLY | O_CLOEXEC)) < 0)
        status = lode_diag_errno(diag, "%s: cannot open", w->pub.path);
    const char *path = lode_store_where(w);
    if (status == LODE_OK && w->lock >= 0)
        w->replaces_set = w->replaces_set || lode_set_stands(path);
    else if (status == LODE_OK)
        status = lode_set_replaced(path, &w->lock, &w->replaces_set, diag);
    if (status == LODE_OK)
        status = w->replaces_set ? lode_set_commit(&w->pub, path, NULL, 0, diag)
                                 : lode_publish_commit(&w->pub, diag);
    if (status == LODE_OK && opened != NULL)
        return lode_store_open_fd(fd, w->pub.path, NULL, opened, diag);
    if (fd >= 0)
        close(fd);
    return status;
}

int lode_store_put_out(lode_store_writer *w, lode_store **opened, struct lode_diag *diag)
{
    const int status = lode_store_usable(w, diag);
    if (status != LODE_OK)
        return status;
    if (w->in_memory)
        return opened != NULL ? publish_memory(w, opened, diag)
                              : lode_diag_set(diag, LODE_E_ARG,
                                              "lode_store_publish: a store in memory needs opened");
    if (w->between)
        return opened != NULL ? lode_store_open(lode_store_where(w), NULL, opened, diag) : LODE_OK;
    return w->extension != NULL ? lode_extension_publish(w, opened, diag)
                                : publish_file(w, opened, diag);
}

int lode_store_publish(lode_store_writer *w, lode_store **opened, struct lode_diag *diag)
{
    const int status = lode_store_put_out(w, opened, diag);
    lode_store_discard(w);
    return status;
}
