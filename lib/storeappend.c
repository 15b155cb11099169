/* Owns writing on from a store that is there: its records first, then what is put and removed. */
#include "bytes.h"
#include "diag.h"
#include "guard.h"
#include "lock.h"
#include "setstore.h"
#include "setstorewrite.h"
#include "store.h"
#include "storewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what was there -------------------------------------------------------------------------- */

struct copy_call {
    const lode_store *store;
    lode_store_writer *writer;
    struct lode_store_options options;
    char name[LODE_STORE_NAME_ROOM]; /* as much of it as it has room for */
    uint8_t *dictionary;             /* room for the store's */
    struct lode_fault fault;
    int error; /* errno of a spool */
};

static int copy_table(struct copy_call *call, const struct lode_rows *table, uint64_t size,
                      struct lode_spool *spool)
{
    const int status = lode_proof_of(&call->store->proof, table->rows, size, &call->fault);
    if (status == LODE_FMT_OK && lode_spool_append(spool, table->rows, (size_t)size) != 0) {
        call->error = errno;
        return LODE_FMT_CORRUPT; /* told by call->error */
    }
    return status;
}

static int run_options(void *arg)
{
    struct copy_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    const struct lode_recstore_head *head = &view->head;
    struct lode_store_options *o = &call->options;
    const uint64_t left = view->strings.count;
    int status =
        lode_proof_of(&call->store->proof, view->info.rows, LODE_STRIDE_RINF, &call->fault);
    if (status == LODE_FMT_OK)
        status = lode_proof_of(&call->store->proof, view->strings.rows, left, &call->fault);
    if (status != LODE_FMT_OK)
        return status;
    *o = (struct lode_store_options)LODE_STORE_OPTIONS_INIT;
    o->keys = head->keys;
    o->codec = head->codec;
    o->level = (int)(int32_t)head->level;
    o->align = 1 << head->align;
    o->shuffle = head->shuffle;
    o->block_size = head->block_size;
    if (head->name_off > left || head->name_len > left - head->name_off)
        return lode_fail(&call->fault, LODE_FMT_CORRUPT, "E-11", LODE_ID_RINF, 0);
    memcpy(call->name, view->strings.rows + head->name_off,
           head->name_len < sizeof call->name ? head->name_len : sizeof call->name - 1);
    o->name = call->name;
    if (view->dictionary.count == 0)
        return LODE_FMT_OK;
    status = lode_proof_of(&call->store->proof, view->dictionary.rows, view->dictionary.count,
                           &call->fault);
    if (status == LODE_FMT_OK)
        memcpy(call->dictionary, view->dictionary.rows, view->dictionary.count);
    o->dictionary = call->dictionary;
    o->dictionary_size = (size_t)view->dictionary.count;
    return status;
}

static int keep_first(void *ctx, const struct lode_fault *fault)
{
    *(struct lode_fault *)ctx = *fault;
    return 1;
}

/* A row that is carried over is not looked at again: all must be sound. */
static int run_verify(void *arg)
{
    struct copy_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    const struct {
        const struct lode_rows *rows;
        uint64_t stride;
    } tables[] = {{&view->types, LODE_STRIDE_RTYP},  {&view->strings, 1},
                  {&view->blocks, LODE_STRIDE_RBLK}, {&view->records, LODE_STRIDE_ROFF},
                  {&view->slots, LODE_STRIDE_RSLT},  {&view->keys, 1}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        const int status = lode_proof_of(&call->store->proof, tables[i].rows->rows,
                                         tables[i].rows->count * tables[i].stride, &call->fault);
        if (status != LODE_FMT_OK)
            return status; /* damage, rather than what it does to the rows */
    }
    return lode_recstore_verify(&call->store->view, keep_first, &call->fault);
}

/* Rows but for the end, blocks, keys, heap; not types and strings, which are put again. */
static int run_copy(void *arg)
{
    struct copy_call *call = arg;
    const struct lode_recstore *view = &call->store->view;
    lode_store_writer *w = call->writer;
    int status = copy_table(call, &view->records, view->head.records * LODE_STRIDE_ROFF, &w->rows);
    if (status == LODE_FMT_OK)
        status = copy_table(call, &view->blocks, view->blocks.count * LODE_STRIDE_RBLK, &w->blocks);
    if (status == LODE_FMT_OK)
        status = copy_table(call, &view->keys, view->keys.count, &w->keys);
    if (status == LODE_FMT_OK)
        status = copy_table(call, &view->heap, view->heap.count, &w->heap);
    w->records = view->head.records;
    w->bytes = view->head.bytes;
    w->key_bytes = view->keys.count;
    return status;
}

/* Type t, put again: it must get its number. */
static int copy_type(const lode_store *store, lode_store_writer *w, int t, struct lode_diag *why)
{
    size_t len = 0;
    int status = lode_store_type(store, t, NULL, 0, &len);
    if (status != LODE_OK && status != LODE_E_SPACE)
        return lode_diag_set(why, status, "%s", lode_status_text(status));
    char *text = malloc(len + 1);
    if (text == NULL)
        return lode_diag_set(why, LODE_E_NOMEM, "out of memory");
    status = lode_store_type(store, t, text, len + 1, &len);
    if (status != LODE_OK)
        (void)lode_diag_set(why, status, "%s", lode_status_text(status));
    const int number =
        status == LODE_OK && strlen(text) == len ? lode_store_type_number(w, text, why) : 0;
    free(text);
    if (status != LODE_OK || number < 0)
        return why->status;
    return number == t ? LODE_OK
                       : lode_diag_set(why, LODE_E_CORRUPT, "one is there twice, or has a NUL");
}

static int copy_types(const lode_store *store, lode_store_writer *w, struct lode_diag *diag)
{
    struct lode_diag why;
    for (uint64_t t = 1; t <= store->view.types.count; t++)
        if (copy_type(store, w, (int)t, &why) != LODE_OK)
            return lode_diag_set(diag, why.status, "%s: its types of records: %s", store->path,
                                 why.message);
    return LODE_OK;
}

static int fill(const lode_store *store, lode_store_writer *w, struct lode_diag *diag)
{
    struct copy_call call = {.store = store, .writer = w};
    if (lode_store_guarded(store, run_copy, &call, &call.fault) != LODE_OK) {
        errno = call.error;
        return call.error != 0 ? lode_diag_errno(diag, "%s: cannot keep its records", store->path)
                               : lode_store_fault(store, &call.fault, diag);
    }
    return copy_types(store, w, diag);
}

static int read_options(struct copy_call *call, struct lode_diag *diag)
{
    const lode_store *store = call->store;
    if (store->view.dictionary.count > 0 &&
        (call->dictionary = malloc((size_t)store->view.dictionary.count)) == NULL)
        return lode_diag_set(diag, LODE_E_NOMEM, "%s: out of memory", store->path);
    if (lode_store_guarded(store, run_options, call, &call->fault) != LODE_OK ||
        lode_store_guarded(store, run_verify, call, &call->fault) != LODE_OK)
        return lode_store_fault(store, &call->fault, diag);
    return LODE_OK;
}

int lode_store_name_fits(const lode_store *store, const char *name, struct lode_diag *diag)
{
    const size_t len = name != NULL ? strlen(name) : store->view.head.name_len;
    return len < LODE_STORE_NAME_ROOM
               ? LODE_OK
               : lode_diag_set(diag, LODE_E_ARG,
                               "%s: a name of %zu bytes for its store: at most %d are possible; "
                               "'lode rec join OUT NAME=FILE' gives it another one",
                               store->path, len, LODE_STORE_NAME_ROOM - 1);
}

int lode_store_resume(const lode_store *store, const char *path, const char *name,
                      lode_store_writer **out, struct lode_diag *diag)
{
    const struct lode_storeset *set = store->set; /* is stored in the way of its last member */
    struct copy_call call = {.store = set != NULL ? set->members[set->table.count - 1] : store};
    lode_store_writer *w = NULL;
    int status = read_options(&call, diag);
    if (name != NULL)
        call.options.name = name;
    if (status == LODE_OK)
        status = lode_store_name_fits(call.store, name, diag);
    if (status == LODE_OK)
        status = lode_store_begin(path, &call.options, &w, diag);
    free(call.dictionary);
    if (status == LODE_OK)
        status = set != NULL ? lode_store_put_all(w, store, NULL, diag) : fill(store, w, diag);
    if (status == LODE_OK)
        *out = w;
    else
        lode_store_discard(w);
    return status;
}

/* Locks the store at path and opens it. */
static int open_base(const char *path, lode_store **store, int *lock, struct lode_diag *diag)
{
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    int status = LODE_OK;
    *lock = lode_lock_file(path, &status, diag);
    if (*lock < 0)
        return status;
    const int fd = fcntl(*lock, F_DUPFD_CLOEXEC, 0);
    how.map_mode = lode_guard_asked() ? LODE_MAP_GUARDED : LODE_MAP_SHARED;
    status = fd >= 0 ? lode_store_open_fd(fd, path, &how, store, diag)
                     : lode_diag_errno(diag, "%s: cannot open", path);
    if (status == LODE_E_AMBIGUOUS)
        (void)lode_diag_set(diag, status,
                            "%s: holds several record stores; write on each in a file of its own, "
                            "and put them together again",
                            path);
    if (status != LODE_OK)
        lode_unlock_file(*lock);
    return status;
}

int lode_store_append(const char *path, lode_store_writer **out, struct lode_diag *diag)
{
    lode_store *store = NULL;
    lode_store_writer *w = NULL;
    int lock;
    if (path == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_append: an argument is not allowed");
    int status = open_base(path, &store, &lock, diag);
    if (status != LODE_OK)
        return status;
    if (store->set != NULL)
        return lode_extension_begin(path, store, lock, out, diag);
    status = lode_store_resume(store, path, NULL, &w, diag);
    lode_store_close(store);
    if (status != LODE_OK) {
        lode_unlock_file(lock);
        return status;
    }
    w->lock = lock;
    *out = w;
    return LODE_OK;
}

int lode_store_extend(const char *path, lode_store_writer **out, struct lode_diag *diag)
{
    lode_store *store = NULL;
    int lock;
    if (path == NULL || out == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_extend: an argument is not allowed");
    const int status = open_base(path, &store, &lock, diag);
    return status == LODE_OK ? lode_extension_begin(path, store, lock, out, diag) : status;
}

int lode_store_unique(lode_store_writer *w, struct lode_diag *diag)
{
    if (w == NULL || w->o.keys == LODE_STORE_NO_KEYS)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_unique: an argument is not allowed");
    w->o.unique = 1;
    return LODE_OK;
}

/* ---- taking out ------------------------------------------------------------------------------ */

int lode_store_remove(lode_store_writer *w, const void *key, size_t len, struct lode_diag *diag)
{
    uint8_t bytes[LODE_STRIDE_ROFF];
    int status = w == NULL || w->broken ? lode_store_usable(w, diag) : LODE_OK;
    if (status != LODE_OK)
        return status;
    if (w->o.keys == LODE_STORE_NO_KEYS)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_remove: an argument is not allowed");
    status = lode_store_key_allowed(w, key, len, diag);
    if (status == LODE_OK)
        status = lode_store_wake(w, diag);
    if (status == LODE_OK && w->extension != NULL)
        status = lode_extension_hide(w->extension, key, len, false, diag);
    if (status != LODE_OK)
        return status;
    const struct lode_record_row row = {.key = w->key_bytes,
                                        .key_len = (uint16_t)len,
                                        .flags = LODE_STORE_DEAD,
                                        .begin = lode_spool_size(&w->heap)};
    lode_record_encode(bytes, &row);
    if (lode_spool_append(&w->keys, key, len) != 0 ||
        lode_spool_append(&w->rows, bytes, sizeof bytes) != 0) {
        w->broken = true;
        return lode_diag_errno(diag, "%s: cannot keep what is removed", w->pub.path);
    }
    w->key_bytes += len;
    w->records++;
    w->any_dead = true;
    return LODE_OK;
}

int lode_store_remove_at(lode_store_writer *w, int64_t number, struct lode_diag *diag)
{
    uint8_t flags[2];
    int status = w == NULL || w->broken ? lode_store_usable(w, diag) : LODE_OK;
    if (status == LODE_OK)
        status = lode_store_wake(w, diag);
    if (status != LODE_OK)
        return status;
    const int64_t before =
        w->extension != NULL ? (int64_t)w->extension->base->view.head.records : 0;
    if (number < 0 || (uint64_t)number >= (uint64_t)before + w->records)
        return lode_diag_set(diag, LODE_E_RANGE, "%s: no record %lld: there are %llu", w->pub.path,
                             (long long)number,
                             (unsigned long long)((uint64_t)before + w->records));
    if (number < before)
        return lode_extension_hide_at(w->extension, number, diag);
    number -= before;
    const uint64_t at = (uint64_t)number * LODE_STRIDE_ROFF + LODE_ROFF_FLAGS;
    if (lode_spool_read(&w->rows, at, flags, sizeof flags) == 0) {
        lode_put16(flags, (uint16_t)(lode_get16(flags) | LODE_STORE_DEAD));
        if (lode_spool_patch(&w->rows, at, flags, sizeof flags) == 0) {
            w->any_dead = true;
            return LODE_OK;
        }
    }
    return lode_diag_errno(diag, "%s: cannot keep what is removed", w->pub.path);
}
