/* Owns lode_store_verify. */
#include "store.h"

#include "diag.h"
#include "setstore.h"
#include "storeschema.h"

#include <stdlib.h>
#include <string.h>

struct verify {
    const lode_store *store;
    lode_finding_fn finding;
    void *ctx;
    struct lode_diag *diag;
    int status;
    bool stop;
    uint64_t page, number; /* to be checked */
    uint8_t *room;         /* for a record */
    int64_t cap;
    struct lode_store_schemas schemas;
    struct lode_fault fault;
};

static void report(struct verify *v, const struct lode_diag *diag)
{
    if (v->stop)
        return;
    if (v->status == LODE_OK) {
        v->status = diag->status;
        if (v->diag != NULL)
            *v->diag = *diag;
    }
    v->stop = v->finding != NULL && v->finding(v->ctx, diag) != 0;
}

static int on_fault(void *ctx, const struct lode_fault *fault)
{
    struct verify *v = ctx;
    struct lode_diag diag;
    (void)lode_store_fault(v->store, fault, &diag);
    report(v, &diag);
    return v->stop;
}

static int run_psum(void *arg)
{
    struct verify *v = arg;
    int status = lode_container_check_psum(&v->store->view.box, &v->fault);
    if (status == LODE_FMT_OK)
        status = lode_container_check_padding(&v->store->view.box, &v->fault);
    return status;
}

static int run_page(void *arg)
{
    struct verify *v = arg;
    return lode_container_check_page(&v->store->view.box, v->page, &v->fault);
}

static int run_rows(void *arg)
{
    struct verify *v = arg;
    (void)lode_recstore_verify(&v->store->view, on_fault, v);
    return LODE_FMT_OK;
}

/* One check inside the guard; what it finds is reported. */
static bool check(struct verify *v, int (*run)(void *))
{
    v->fault = (struct lode_fault){0};
    if (lode_store_guarded(v->store, run, v, &v->fault) == LODE_OK)
        return true;
    (void)on_fault(v, &v->fault);
    return false;
}

static void check_pages(struct verify *v)
{
    const struct lode_container *box = &v->store->view.box;
    struct lode_section psum;
    lode_container_entry(box, box->entry_count - 1, &psum);
    for (v->page = 0; v->page < psum.count && !v->stop; v->page++)
        (void)check(v, run_page);
}

/* Stored bytes of the heap against their sum. */
static int sum_of(struct verify *v, uint64_t begin, uint64_t stored, uint32_t sum)
{
    const struct lode_recstore *view = &v->store->view;
    const uint8_t *p = view->heap.rows + begin;
    return lode_record_sum(p, (size_t)stored) == sum
               ? LODE_FMT_OK
               : lode_fail(&v->fault, LODE_FMT_CORRUPT, "E-17", LODE_ID_RHEP,
                           (uint64_t)(p - view->box.data));
}

static int run_record_sum(void *arg)
{
    struct verify *v = arg;
    struct lode_record_row row;
    const int status = lode_recstore_record(&v->store->view, v->number, &row, &v->fault);
    if (status != LODE_FMT_OK || (row.flags & LODE_RECORD_IN_BLOCK) != 0)
        return status;
    return sum_of(v, row.begin, row.stored, row.sum);
}

static int run_block_sum(void *arg)
{
    struct verify *v = arg;
    struct lode_record_block block;
    const int status = lode_recstore_block_at(&v->store->view, v->number, &block, &v->fault);
    return status == LODE_FMT_OK ? sum_of(v, block.begin, block.stored, block.sum) : status;
}

static void out_of_memory(struct verify *v)
{
    struct lode_diag diag;
    (void)lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", v->store->path);
    report(v, &diag);
    v->stop = true;
}

/* Room for a record, unless its row claims more than zstd can make of what is stored. */
static bool has_room(struct verify *v, const struct lode_stored *stored)
{
    if (stored->data == NULL && stored->size / 65536 > stored->stored) {
        (void)lode_fail(&v->fault, LODE_E_CORRUPT, "E-18", LODE_ID_ROFF, 0);
        (void)on_fault(v, &v->fault);
        return false;
    }
    if (stored->size <= v->cap)
        return true;
    free(v->room);
    v->room = malloc((size_t)stored->size);
    v->cap = v->room != NULL ? stored->size : 0;
    if (v->room == NULL)
        out_of_memory(v);
    return v->room != NULL;
}

/* ---- payloads -------------------------------------------------------------------------------- */

/* Where a record is told to lie: its bytes, or its row where they are packed. */
static void set_place(const struct verify *v, const struct lode_stored *stored,
                      struct lode_diag *found, uint64_t in_record)
{
    const struct lode_recstore *view = &v->store->view;
    const uint8_t *at =
        stored->data != NULL ? stored->data : view->records.rows + v->number * LODE_STRIDE_ROFF;
    memcpy(found->section, stored->data != NULL ? "RHEP" : "ROFF", sizeof found->section);
    found->offset = (uint64_t)(at - view->box.data) + (stored->data != NULL ? in_record : 0);
}

/* E-20: what its type says is a FlatBuffer is one. */
static void check_payload(struct verify *v, const struct lode_stored *stored)
{
    enum { KEY_SHOWN = 256 };
    const lode_store *store = v->store;
    const lode_schema *schema;
    struct lode_diag found, why;
    char name[KEY_SHOWN + 8];
    uint8_t key[LODE_KEY_MAX];
    size_t len = 0;
    int status = lode_store_schemas_get(&v->schemas, store, stored->type, &schema, &found);
    if (status == LODE_OK && schema == NULL)
        return;
    if (status == LODE_OK)
        status = lode_schema_check(schema, v->room, (size_t)stored->size, &why);
    else
        memcpy(found.section, "RTYP", sizeof found.section);
    if (status == LODE_OK)
        return;
    if (schema != NULL) {
        if (store->view.head.keys != LODE_KEYS_NONE &&
            lode_store_key(store, stored->number, key, sizeof key, &len) != LODE_OK)
            len = 0;
        lode_record_name(store->view.head.keys, key, len, stored->number, name, sizeof name);
        (void)lode_diag_set(&found, status, "%s: record %s breaks rule E-20: %s", store->path, name,
                            why.message);
        memcpy(found.rule, why.rule, sizeof found.rule);
        set_place(v, stored, &found, why.offset);
    }
    report(v, &found);
    v->stop = v->stop || status == LODE_E_NOMEM;
}

/* ---- records --------------------------------------------------------------------------------- */

/* Decoded, and what is stored of it with its sum. */
static void check_record(struct verify *v, lode_store_reader *reader)
{
    struct lode_stored stored;
    struct lode_diag diag;
    if (lode_store_at(v->store, (int64_t)v->number, &stored, &diag) != LODE_OK) {
        report(v, &diag);
        return;
    }
    if (!has_room(v, &stored))
        return;
    if (lode_store_get(reader, (int64_t)v->number, v->room, v->cap, &diag) < 0)
        report(v, &diag);
    else if (check(v, run_record_sum))
        check_payload(v, &stored);
}

static void check_records(struct verify *v)
{
    lode_store_reader *reader = NULL;
    if (lode_store_reader_new(v->store, &reader) != LODE_OK) {
        out_of_memory(v);
        return;
    }
    for (v->number = 0; v->number < v->store->view.blocks.count && !v->stop; v->number++)
        (void)check(v, run_block_sum);
    for (v->number = 0; v->number < v->store->view.head.records && !v->stop; v->number++)
        check_record(v, reader);
    free(v->room);
    lode_store_schemas_free(&v->schemas, v->store);
    lode_store_reader_free(reader);
}

int lode_store_verify(const lode_store *store, lode_finding_fn finding, void *ctx,
                      struct lode_diag *diag)
{
    struct verify v = {.store = store, .finding = finding, .ctx = ctx, .diag = diag};
    if (store == NULL)
        return lode_diag_set(diag, LODE_E_ARG, "lode_store_verify: an argument is not allowed");
    if (store->set != NULL)
        return lode_storeset_verify(store, finding, ctx, diag);
    if (check(&v, run_psum))
        check_pages(&v);
    if (!v.stop)
        (void)check(&v, run_rows);
    if (!v.stop)
        check_records(&v);
    return v.status;
}
