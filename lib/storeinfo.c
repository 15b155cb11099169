/* Owns what a store says about itself and its records: keys, types, sizes. */
#include "store.h"

#include "setstore.h"
#include "structs.h"

#include <stdio.h>
#include <string.h>

/* ---- strings --------------------------------------------------------------------------------- */

struct text_call {
    const lode_store *store;
    uint64_t number;
    void *buf;
    size_t cap, len;
};

static int copy_out(struct text_call *call, const uint8_t *data, size_t n)
{
    call->len = n;
    if (n > 0 && n <= call->cap)
        memcpy(call->buf, data, n);
    if (n < call->cap)
        ((uint8_t *)call->buf)[n] = 0;
    return n <= call->cap ? LODE_OK : LODE_E_SPACE;
}

static int run_key(void *arg)
{
    struct text_call *call = arg;
    struct lode_record_row row;
    int status = lode_store_row(call->store, call->number, &row, NULL);
    if (status != LODE_FMT_OK)
        return status;
    const uint8_t *key = call->store->view.keys.rows + row.key;
    status = lode_proof_of(&call->store->proof, key, row.key_len, NULL);
    return status == LODE_FMT_OK ? copy_out(call, key, row.key_len) : status;
}

static int run_type(void *arg)
{
    struct text_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    const uint8_t *text;
    uint32_t len;
    if (call->number == 0 || call->number > view->types.count)
        return LODE_E_RANGE;
    int status =
        lode_proof_of(&call->store->proof, view->types.rows + (call->number - 1) * LODE_STRIDE_RTYP,
                      LODE_STRIDE_RTYP, NULL);
    if (status == LODE_FMT_OK)
        status = lode_recstore_type(view, (uint32_t)call->number, &text, &len, NULL);
    if (status == LODE_FMT_OK)
        status = lode_proof_of(&call->store->proof, text, len, NULL);
    return status == LODE_FMT_OK ? copy_out(call, text, len) : status;
}

static int run_dictionary(void *arg)
{
    struct text_call *call = arg;
    const struct lode_rows *dictionary = &call->store->view.dictionary;
    const int status =
        lode_proof_of(&call->store->proof, dictionary->rows, dictionary->count, NULL);
    return status == LODE_FMT_OK ? copy_out(call, dictionary->rows, (size_t)dictionary->count)
                                 : status;
}

static int text_of(const lode_store *store, uint64_t number, int (*run)(void *), void *buf,
                   size_t cap, size_t *len)
{
    struct text_call call = {.store = store, .number = number, .buf = buf, .cap = cap};
    if (store == NULL || (buf == NULL && cap > 0))
        return LODE_E_ARG;
    const int status = lode_store_guarded(store, run, &call, NULL);
    if (len != NULL && (status == LODE_OK || status == LODE_E_SPACE))
        *len = call.len;
    return status;
}

int lode_store_key(const lode_store *store, int64_t number, void *buf, size_t cap, size_t *len)
{
    if (store != NULL && store->set != NULL && (buf != NULL || cap == 0))
        return lode_storeset_key(store, number, buf, cap, len);
    return text_of(store, (uint64_t)number, run_key, buf, cap, len);
}

int lode_store_type(const lode_store *store, int type, char *buf, size_t cap, size_t *len)
{
    if (store != NULL && store->set != NULL && (buf != NULL || cap == 0))
        return lode_storeset_type(store, type, buf, cap, len);
    return text_of(store, type > 0 ? (uint64_t)type : 0, run_type, buf, cap, len);
}

int lode_store_dictionary(const lode_store *store, void *buf, size_t cap, size_t *len)
{
    const bool set = store != NULL && store->set != NULL; /* the last member's */
    return text_of(set ? store->set->members[store->set->table.count - 1] : store, 0,
                   run_dictionary, buf, cap, len);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

struct sizes_call {
    const lode_store *store;
    const int64_t *numbers;
    int64_t *sizes;
    int64_t n, failed, done;
};

static int run_sizes(void *arg)
{
    enum { AHEAD = 16 };
    struct sizes_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    for (; call->done < call->n; call->done++) {
        const int64_t i = call->done;
        struct lode_record_row row;
        if (i + AHEAD < call->n && (uint64_t)call->numbers[i + AHEAD] < view->head.records)
            __builtin_prefetch(view->records.rows +
                               (uint64_t)call->numbers[i + AHEAD] * LODE_STRIDE_ROFF);
        const int status = lode_store_row(call->store, (uint64_t)call->numbers[i], &row, NULL);
        call->sizes[i] = status == LODE_FMT_OK ? (int64_t)lode_record_length(&row) : status;
        call->failed += status != LODE_FMT_OK;
    }
    return LODE_OK;
}

int64_t lode_store_sizes(const lode_store *store, const int64_t *numbers, int64_t n, int64_t *sizes)
{
    struct sizes_call call = {.store = store, .numbers = numbers, .sizes = sizes, .n = n};
    if (store == NULL || n < 0 || (n > 0 && (numbers == NULL || sizes == NULL)))
        return LODE_E_ARG;
    if (store->set != NULL)
        return lode_storeset_sizes(store, numbers, n, sizes);
    const int status = lode_store_guarded(store, run_sizes, &call, NULL);
    for (int64_t i = call.done; status != LODE_OK && i < n; i++) {
        sizes[i] = status;
        call.failed++;
    }
    return call.failed;
}

/* ---- about ----------------------------------------------------------------------------------- */

struct info_call {
    const lode_store *store;
    struct lode_store_info info;
};

static int run_name(void *arg)
{
    struct info_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    const struct lode_recstore_head *head = &view->head;
    if (head->name_off <= view->strings.count &&
        head->name_len <= view->strings.count - head->name_off)
        snprintf(call->info.name, sizeof call->info.name, "%.*s",
                 (int)(head->name_len < sizeof call->info.name ? head->name_len
                                                               : sizeof call->info.name),
                 (const char *)view->strings.rows + head->name_off);
    return LODE_OK;
}

int lode_store_info(const lode_store *store, struct lode_store_info *out)
{
    struct info_call call = {.store = store};
    struct lode_store_info *info = &call.info;
    if (store == NULL || out == NULL)
        return LODE_E_ARG;
    const struct lode_recstore *view = &store->view;
    (void)lode_store_guarded(store->set != NULL ? store->set->members[store->set->table.count - 1]
                                                : store,
                             run_name, &call, NULL);
    info->content_id = view->box.content_id;
    info->file_size = (int64_t)view->box.size;
    info->records = (int64_t)view->head.records;
    info->bytes = (int64_t)view->head.bytes;
    info->stored = (int64_t)view->heap.count;
    info->keys = view->head.keys;
    info->codec = view->head.codec;
    info->level = (int)(int32_t)view->head.level;
    info->align = 1 << view->head.align;
    info->shuffle = view->head.shuffle;
    info->block_size = view->head.block_size;
    info->dictionary_size = (int64_t)view->dictionary.count;
    info->types = (int)view->types.count;
    info->format_major = view->box.major;
    info->format_minor = view->box.minor;
    info->stores = store->stores;
    if (store->set != NULL)
        lode_storeset_info(store, info);
    return lode_struct_out(out, info, sizeof *info) ? LODE_OK : LODE_E_ARG;
}
