#include "storeread.h"

#include "diag.h"
#include "grow.h"
#include "recpack.h"
#include "setstore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int lode_store_reader_new(const lode_store *store, lode_store_reader **out)
{
    if (store == NULL || out == NULL)
        return LODE_E_ARG;
    lode_store_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return LODE_E_NOMEM;
    reader->whole = reader->store = store;
    reader->block_number = -1;
    *out = reader;
    return LODE_OK;
}

void lode_store_reader_free(lode_store_reader *reader)
{
    const int saved = errno;
    if (reader == NULL)
        return;
    for (int i = 0; i < reader->helper_count; i++)
        lode_store_reader_free(reader->helpers[i]);
    free(reader->helpers);
    lode_plan_release(&reader->plan, 0);
    ZSTD_freeDCtx(reader->context);
    free(reader->frame);
    free(reader->planes);
    free(reader->block);
    free(reader);
    errno = saved;
}

void lode_store_reader_use(lode_store_reader *reader, const lode_store *store)
{
    if (reader->store == store)
        return;
    reader->store = store;
    reader->block_number = -1; /* blocks are known by number in their store */
}

/* ---- what is loaded inside the guard --------------------------------------------------------- */

struct load {
    const lode_store *store;
    uint64_t number;
    struct lode_record_row row;
    struct lode_record_block block;
    const uint8_t *from;
    uint8_t *to;
    uint64_t n;
    uint32_t sum;
    struct lode_fault fault;
};

static int run_row(void *arg)
{
    struct load *load = arg;
    const struct lode_recstore *view = &load->store->view;
    int status = lode_store_row(load->store, load->number, &load->row, &load->fault);
    if (status != LODE_FMT_OK || (load->row.flags & LODE_RECORD_IN_BLOCK) == 0)
        return status;
    status =
        lode_proof_of(&load->store->proof, view->blocks.rows + load->row.begin * LODE_STRIDE_RBLK,
                      LODE_STRIDE_RBLK, &load->fault);
    return status == LODE_FMT_OK ? lode_recstore_block(view, &load->row, &load->block, &load->fault)
                                 : status;
}

/* n stored bytes, proven, to memory of our own. */
static int run_copy(void *arg)
{
    struct load *load = arg;
    const int status = lode_store_prove(load->store, load->from, load->n, load->sum, &load->fault);
    if (status == LODE_FMT_OK && load->n > 0)
        memcpy(load->to, load->from, (size_t)load->n);
    return status;
}

/* ---- decoding -------------------------------------------------------------------------------- */

static int no_memory(const lode_store *store, struct lode_diag *diag)
{
    return lode_diag_set(diag, LODE_E_NOMEM, "%s: no memory for a record", store->path);
}

static int broken(const struct load *load, const char *rule, struct lode_diag *diag)
{
    const struct lode_fault fault = {
        LODE_E_CORRUPT, LODE_ID_RHEP, rule,
        (uint64_t)(load->store->view.heap.rows - load->store->view.box.data) +
            ((load->row.flags & LODE_RECORD_IN_BLOCK) != 0 ? load->block.begin : load->row.begin)};
    return lode_store_fault(load->store, &fault, diag);
}

static bool has_context(lode_store_reader *r)
{
    if (r->context == NULL)
        r->context = ZSTD_createDCtx();
    return r->context != NULL;
}

/* A frame of the heap to r->frame. */
static int load_frame(lode_store_reader *r, struct load *load, uint64_t begin, uint64_t stored,
                      uint32_t sum, struct lode_diag *diag)
{
    if (stored > SIZE_MAX || !lode_grow(&r->frame, &r->frame_cap, (size_t)stored, 1) ||
        !has_context(r))
        return no_memory(r->store, diag);
    load->from = r->store->view.heap.rows + begin;
    load->to = r->frame;
    load->n = stored;
    load->sum = sum;
    return lode_store_guarded(r->store, run_copy, load, &load->fault) == LODE_OK
               ? LODE_OK
               : lode_store_fault(r->store, &load->fault, diag);
}

/* Room for what a frame says it holds, which is never more than zstd can make of its bytes: a claim
 * does not drive an allocation. */
static bool is_plausible(uint64_t length, uint64_t stored)
{
    return length / 65536 <= stored;
}

static int unpack(lode_store_reader *r, struct load *load, uint8_t *dst, struct lode_diag *diag)
{
    const struct lode_record_row *row = &load->row;
    const bool shuffled = (row->flags & LODE_RECORD_SHUFFLED) != 0;
    const ZSTD_DDict *ddict = (row->flags & LODE_RECORD_DICTIONARY) != 0 ? r->store->ddict : NULL;
    uint8_t *to = dst;
    int status = load_frame(r, load, row->begin, row->stored, row->sum, diag);
    if (status != LODE_OK)
        return status;
    if (shuffled) {
        if (!is_plausible(row->length, row->stored))
            return broken(load, "E-18", diag);
        if (!lode_grow(&r->planes, &r->planes_cap, row->length, 1))
            return no_memory(r->store, diag);
        to = r->planes;
    }
    if (!lode_frame_decode(r->context, ddict, to, row->length, r->frame, (size_t)row->stored))
        return broken(load, "E-18", diag);
    if (shuffled)
        lode_unshuffle(dst, to, row->length, r->store->view.head.shuffle);
    return LODE_OK;
}

static int decode_block(lode_store_reader *r, struct load *load, struct lode_diag *diag)
{
    const struct lode_record_block *block = &load->block;
    const ZSTD_DDict *ddict = (block->flags & LODE_RECORD_DICTIONARY) != 0 ? r->store->ddict : NULL;
    if (r->block_number == (int64_t)load->row.begin)
        return LODE_OK;
    r->block_number = -1;
    const int status = load_frame(r, load, block->begin, block->stored, block->sum, diag);
    if (status != LODE_OK)
        return status;
    if (!is_plausible(block->length, block->stored))
        return broken(load, "E-18", diag);
    if (!lode_grow(&r->block, &r->block_cap, block->length, 1))
        return no_memory(r->store, diag);
    if (!lode_frame_decode(r->context, ddict, r->block, block->length, r->frame, block->stored))
        return broken(load, "E-18", diag);
    r->block_number = (int64_t)load->row.begin;
    return LODE_OK;
}

static int read_block(lode_store_reader *r, struct load *load, uint8_t *dst, struct lode_diag *diag)
{
    const struct lode_record_row *row = &load->row;
    const int status = decode_block(r, load, diag);
    if (status != LODE_OK)
        return status;
    const uint8_t *from = r->block + row->stored;
    if (lode_record_sum(from, row->length) != row->sum)
        return broken(load, "E-17", diag);
    if (row->length > 0)
        memcpy(dst, from, row->length);
    return LODE_OK;
}

static int read_raw(lode_store_reader *r, struct load *load, uint8_t *dst, struct lode_diag *diag)
{
    load->from = r->store->view.heap.rows + load->row.begin;
    load->to = dst;
    load->n = load->row.stored;
    load->sum = load->row.sum;
    return lode_store_guarded(r->store, run_copy, load, &load->fault) == LODE_OK
               ? LODE_OK
               : lode_store_fault(r->store, &load->fault, diag);
}

int64_t lode_store_get(lode_store_reader *reader, int64_t number, void *dst, int64_t cap,
                       struct lode_diag *diag)
{
    if (reader == NULL || cap < 0 || (dst == NULL && cap > 0))
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_get: an argument is not allowed");
    return reader->whole->set == NULL ? lode_store_read(reader, number, dst, cap, diag)
                                      : lode_storeset_get(reader, number, dst, cap, diag);
}

int64_t lode_store_read(lode_store_reader *reader, int64_t number, void *dst, int64_t cap,
                        struct lode_diag *diag)
{
    const lode_store *store = reader->store;
    struct load load = {.store = store, .number = (uint64_t)number};
    int status = lode_store_guarded(store, run_row, &load, &load.fault);
    if (status == LODE_E_RANGE)
        return lode_diag_set(diag, status, "%s: no record %lld: there are %llu", store->path,
                             (long long)number, (unsigned long long)store->view.head.records);
    if (status != LODE_OK)
        return lode_store_fault(store, &load.fault, diag);
    const uint64_t length = lode_record_length(&load.row);
    if (length > (uint64_t)cap)
        return lode_diag_set(diag, LODE_E_SPACE,
                             "%s: record %lld has %llu bytes, there is room for "
                             "%lld",
                             store->path, (long long)number, (unsigned long long)length,
                             (long long)cap);
    if ((load.row.flags & LODE_RECORD_IN_BLOCK) != 0)
        status = read_block(reader, &load, dst, diag);
    else if ((load.row.flags & LODE_RECORD_PACKED) != 0)
        status = unpack(reader, &load, dst, diag);
    else
        status = read_raw(reader, &load, dst, diag);
    return status == LODE_OK ? (int64_t)length : status;
}
