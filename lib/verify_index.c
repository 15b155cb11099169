/* Owns the check of an index file: page sums, padding, rows. */
#include "verify.h"

#include "diag.h"
#include "guard.h"
#include "io.h"
#include "range.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGES_AT_ONCE = 64 };

/* ---- the index ------------------------------------------------------------------------------ */

/* One page; bytes: a copy of it, or NULL for where it is. */
struct page_call {
    const struct lode_container *box;
    uint64_t page, begin, end;
    const uint8_t *bytes;
};

static int find_page(void *arg)
{
    struct page_call *call = arg;
    return lode_container_page(call->box, call->page, &call->begin, &call->end, NULL);
}

static int check_page(void *arg)
{
    const struct page_call *call = arg;
    return call->bytes != NULL
               ? lode_container_check_page_copy(call->box, call->page, call->bytes, NULL)
               : lode_container_check_page(call->box, call->page, NULL);
}

/* A page of packed bases that the index's copy in memory leaves out is read. */
static bool page_ok(const lode_index *index, uint64_t page)
{
    struct page_call call = {.box = &index->seq.box, .page = page};
    uint8_t copy[1 << LODE_PAGE_LOG2];
    if (lode_guard_run(&index->map, find_page, &call) != LODE_FMT_OK)
        return false;
    if (call.begin >= index->map.hole && call.end <= index->map.hole_end) {
        const size_t n = (size_t)(call.end - call.begin);
        if (lode_pread_full(index->fd, copy, n, call.begin) != (ssize_t)n)
            return false;
        call.bytes = copy;
    }
    return lode_guard_run(&index->map, check_page, &call) == LODE_FMT_OK;
}

/* End of a page in the file. */
static uint64_t span_end(const struct verify *v, uint64_t page)
{
    uint64_t begin, end;
    lode_page_span(v->index->seq.box.dir_end, v->psum_off, page, &begin, &end);
    return end;
}

static void *check_pages(void *arg)
{
    struct verify *v = arg;
    for (;;) {
        pthread_mutex_lock(&v->lock);
        const uint64_t from = v->next_page;
        const uint64_t to = v->pages - from < PAGES_AT_ONCE ? v->pages : from + PAGES_AT_ONCE;
        v->next_page = to;
        pthread_mutex_unlock(&v->lock);
        if (from == to)
            return NULL;
        for (uint64_t i = from; i < to; i++)
            v->bad_pages[i] = !page_ok(v->index, i);
        lode_verify_progress(v, span_end(v, to - 1) - (from > 0 ? span_end(v, from - 1) : 0));
    }
}

/* "TNAM, CTIG (contigs 3 to 1026)": what lies in [begin, end). */
struct sections_call {
    const struct lode_container *box;
    uint64_t begin, end;
    char text[512];
};

static int name_sections(void *arg)
{
    struct sections_call *call = arg;
    const size_t cap = sizeof call->text;
    size_t used = 0;
    for (uint32_t i = 0; i < call->box->entry_count && used < cap; i++) {
        struct lode_section s;
        lode_container_entry(call->box, i, &s);
        if (s.len == 0 || s.off >= call->end || s.off + s.len <= call->begin)
            continue;
        const char id[5] = {(char)s.id, (char)(s.id >> 8), (char)(s.id >> 16), (char)(s.id >> 24),
                            0};
        used += (size_t)snprintf(call->text + used, cap - used, "%s%s", used > 0 ? ", " : "", id);
        if (s.id != LODE_ID_CTIG || s.group != 0 || used >= cap)
            continue;
        const uint64_t from = call->begin > s.off ? call->begin - s.off : 0;
        const uint64_t to = (call->end < s.off + s.len ? call->end : s.off + s.len) - s.off;
        used += (size_t)snprintf(call->text + used, cap - used, " (contigs %llu to %llu)",
                                 (unsigned long long)(from / LODE_STRIDE_CTIG),
                                 (unsigned long long)((to - 1) / LODE_STRIDE_CTIG));
    }
    return LODE_OK;
}

static void report_page(struct verify *v, uint64_t i)
{
    struct sections_call call = {.box = &v->index->seq.box};
    lode_page_span(call.box->dir_end, v->psum_off, i, &call.begin, &call.end);
    const struct lode_fault fault = {LODE_FMT_PAGE_SUM, 0, "P-2", call.begin};
    struct lode_diag diag;
    lode_diag_fault(&diag, v->index->path, &fault);
    (void)lode_index_guarded(v->index, name_sections, &call, NULL);
    snprintf(diag.message, sizeof diag.message,
             "%s: index is damaged: bytes %llu to %llu fail their checksum (rule P-2); they hold "
             "%s; rebuild it with 'lode index --rescan'",
             v->index->path, (unsigned long long)call.begin, (unsigned long long)(call.end - 1),
             call.text[0] != 0 ? call.text : "padding");
    snprintf(diag.section, sizeof diag.section, "%.4s", call.text);
    lode_verify_report(v, &diag);
}

/* What needs no other thread: PSUM, padding, rows. */
struct structure_call {
    const struct lode_seqindex *seq;
    uint8_t *shared;
    struct faults *faults;
    size_t before_pages; /* faults that come before those of pages */
};

static int check_structure(void *arg)
{
    struct structure_call *call = arg;
    struct lode_verifier verifier = {
        .ix = call->seq, .found = lode_verify_keep_fault, .ctx = call->faults};
    struct lode_fault fault = {0};
    if (lode_container_check_psum(&call->seq->box, &fault) != LODE_OK)
        lode_verify_keep_fault(call->faults, &fault, true);
    call->before_pages = call->faults->count;
    if (lode_container_check_padding(&call->seq->box, &fault) != LODE_OK)
        lode_verify_keep_fault(call->faults, &fault, true);
    (void)lode_seqindex_verify(&verifier, call->shared);
    return LODE_OK;
}

static void report_index(struct verify *v, const struct structure_call *call)
{
    const struct faults *faults = call->faults;
    for (size_t i = 0; i < call->before_pages; i++)
        lode_verify_report_fault(v, &faults->list[i]);
    uint64_t bad = 0;
    for (uint64_t i = 0; i < v->pages; i++)
        if (v->bad_pages[i] && ++bad <= LODE_FINDINGS_NAMED)
            report_page(v, i);
    if (bad > LODE_FINDINGS_NAMED)
        lode_verify_count(v, LODE_E_PAGE_SUM, bad - LODE_FINDINGS_NAMED);
    for (size_t i = call->before_pages; i < faults->count; i++)
        lode_verify_report_fault(v, &faults->list[i]);
    lode_verify_count_faults(v, faults);
}

int lode_verify_index_bytes(struct verify *v)
{
    struct structure_call call = {.seq = &v->index->seq};
    const struct lode_container *box = &call.seq->box;
    v->pages = lode_page_count(box->dir_end, v->psum_off);
    v->bad_pages = calloc((size_t)v->pages + 1, 1);
    call.shared = calloc((size_t)lode_verify_scratch(call.seq), 1);
    call.faults = calloc(1, sizeof *call.faults);
    int status = LODE_E_NOMEM;
    if (v->bad_pages != NULL && call.shared != NULL && call.faults != NULL) {
        lode_verify_run_threads(v, check_pages, lode_ceil_div(v->pages, PAGES_AT_ONCE));
        struct lode_fault cut = {0};
        status = lode_index_guarded(v->index, check_structure, &call, &cut);
        if (status != LODE_OK)
            lode_verify_report_fault(v, &cut);
        report_index(v, &call);
        lode_verify_progress(v, box->size - (v->pages > 0 ? v->psum_off : 0));
    }
    free(v->bad_pages);
    free(call.shared);
    free(call.faults);
    return status == LODE_E_NOMEM ? lode_diag_set(v->diag, status, "out of memory") : status;
}
