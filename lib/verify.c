/* Owns lode_verify: the levels, the threads, and the order in which findings leave. */
#include "cpus.h"
#include "diag.h"
#include "grow.h"
#include "guard.h"
#include "locate.h"
#include "range.h"
#include "seqverify.h"
#include "sourcefile.h"
#include "tables.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)LODE_FMT_REFUSED == (int)LODE_E_REFUSED, "one set of statuses");

enum {
    PAGES_AT_ONCE = 64,
    FINDINGS_OF_SOURCE = 64,
    FAULTS_MAX = LODE_VERIFY_FINDINGS * (LODE_VERIFY_SECTIONS + 1),
};

/* What was found about one source, kept until all sources before it have been reported. */
struct findings {
    struct lode_diag *diags;
    size_t count, cap;
    bool done, lost; /* lost: no memory to keep all */
};

struct verify {
    const lode_index *index;
    struct lode_verify_options options;
    int scratch_dir; /* for large rebuilt tables, or -1 */
    pthread_mutex_t lock;
    /* under the lock */
    struct lode_diag *diag;
    int status;
    bool stop;
    uint64_t done, total;
    uint64_t next_page, pages, psum_off;
    uint8_t *bad_pages;
    uint64_t next_source, reported;
    struct findings *sources;
};

/* Faults of a structural check; it runs in a guard scope, where nothing may be allocated or called
 * back. */
struct faults {
    struct lode_fault list[FAULTS_MAX];
    size_t count;
};

/* ---- what is found -------------------------------------------------------------------------- */

/* In the order of the file, one at a time. */
static void report(struct verify *v, const struct lode_diag *diag)
{
    if (v->stop)
        return;
    if (v->status == LODE_OK) {
        v->status = diag->status;
        if (v->diag != NULL)
            *v->diag = *diag;
    }
    v->stop = v->options.finding != NULL && v->options.finding(v->options.ctx, diag) != 0;
}

static void report_fault(struct verify *v, const struct lode_fault *fault)
{
    struct lode_diag diag;
    lode_diag_fault(&diag, v->index->path, fault);
    report(v, &diag);
}

static void keep_fault(void *ctx, const struct lode_fault *fault)
{
    struct faults *faults = ctx;
    if (faults->count < FAULTS_MAX)
        faults->list[faults->count++] = *fault;
}

static bool stopped(struct verify *v)
{
    pthread_mutex_lock(&v->lock);
    const bool stop = v->stop;
    pthread_mutex_unlock(&v->lock);
    return stop;
}

static void progress(struct verify *v, uint64_t bytes)
{
    pthread_mutex_lock(&v->lock);
    v->done = bytes < v->total - v->done ? v->done + bytes : v->total;
    if (v->options.progress != NULL && !v->stop)
        v->options.progress(v->options.ctx, (int64_t)v->done, (int64_t)v->total);
    pthread_mutex_unlock(&v->lock);
}

static void run_threads(struct verify *v, void *(*work)(void *arg), uint64_t items)
{
    uint64_t threads = (uint64_t)lode_thread_count(v->options.threads);
    if (threads > items)
        threads = items;
    pthread_t *ids = threads > 1 ? calloc((size_t)threads, sizeof *ids) : NULL;
    uint64_t started = 0;
    for (; ids != NULL && started < threads - 1; started++)
        if (pthread_create(&ids[started], NULL, work, v) != 0)
            break; /* fewer threads do the same work */
    work(v);
    for (uint64_t i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    free(ids);
}

/* ---- the index ------------------------------------------------------------------------------ */

struct page_call {
    const struct lode_container *box;
    uint64_t page;
};

static int check_page(void *arg)
{
    const struct page_call *call = arg;
    return lode_container_check_page(call->box, call->page, NULL);
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
        for (uint64_t i = from; i < to; i++) {
            struct page_call call = {&v->index->seq.box, i};
            v->bad_pages[i] = lode_guard_run(&v->index->map, check_page, &call) != LODE_OK;
        }
        progress(v, span_end(v, to - 1) - (from > 0 ? span_end(v, from - 1) : 0));
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
             "%s; rebuild it with 'lode index'",
             v->index->path, (unsigned long long)call.begin, (unsigned long long)(call.end - 1),
             call.text[0] != 0 ? call.text : "padding");
    snprintf(diag.section, sizeof diag.section, "%.4s", call.text);
    report(v, &diag);
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
    struct lode_verifier verifier = {.ix = call->seq, .found = keep_fault, .ctx = call->faults};
    struct lode_fault fault;
    if (lode_container_check_psum(&call->seq->box, &fault) != LODE_OK)
        keep_fault(call->faults, &fault);
    call->before_pages = call->faults->count;
    if (lode_container_check_padding(&call->seq->box, &fault) != LODE_OK)
        keep_fault(call->faults, &fault);
    (void)lode_seqindex_verify(&verifier, call->shared);
    return LODE_OK;
}

static void report_index(struct verify *v, const struct structure_call *call)
{
    const struct faults *faults = call->faults;
    for (size_t i = 0; i < call->before_pages; i++)
        report_fault(v, &faults->list[i]);
    for (uint64_t i = 0; i < v->pages; i++)
        if (v->bad_pages[i])
            report_page(v, i);
    for (size_t i = call->before_pages; i < faults->count; i++)
        report_fault(v, &faults->list[i]);
}

static int verify_index(struct verify *v)
{
    struct structure_call call = {.seq = &v->index->seq};
    const struct lode_container *box = &call.seq->box;
    v->pages = lode_page_count(box->dir_end, v->psum_off);
    v->bad_pages = calloc((size_t)v->pages + 1, 1);
    call.shared = calloc((size_t)lode_verify_scratch(call.seq), 1);
    call.faults = calloc(1, sizeof *call.faults);
    int status = LODE_E_NOMEM;
    if (v->bad_pages != NULL && call.shared != NULL && call.faults != NULL) {
        run_threads(v, check_pages, lode_ceil_div(v->pages, PAGES_AT_ONCE));
        struct lode_fault cut;
        status = lode_index_guarded(v->index, check_structure, &call, &cut);
        if (status != LODE_OK)
            report_fault(v, &cut);
        report_index(v, &call);
        progress(v, box->size - (v->pages > 0 ? v->psum_off : 0));
    }
    free(v->bad_pages);
    free(call.shared);
    free(call.faults);
    return status == LODE_E_NOMEM ? lode_diag_set(v->diag, status, "out of memory") : status;
}

/* ---- one source ----------------------------------------------------------------------------- */

/* A source on its way, with what a scan of its text needs. */
struct scan {
    struct verify *v;
    uint64_t number;
    struct findings *out;
    struct lode_source source;
    bool sound; /* source is */
    struct lode_scan_source file;
    struct lode_textchunk chunk;
    struct lode_lines lines;
    struct lode_records records;
    struct lode_stretch stretch;
    struct lode_composed composed;
    struct lode_tables tables;
    struct lode_inflate *inflate;
    uint64_t text, block;   /* of the source, before the chunk */
    uint64_t seen, counted; /* file bytes: reported as progress, part of its total */
    uint32_t crc;
    struct miss {
        int status;
        const char *rule, *what;
        uint64_t offset;
    } miss; /* the first proof that failed; rule NULL: none */
    struct faults faults;
    struct lode_rebuilt made;
    char path[PATH_MAX];
};

static void found(struct scan *s, const struct lode_diag *diag)
{
    struct findings *out = s->out;
    if (out->count == FINDINGS_OF_SOURCE)
        return;
    if (LODE_GROW(out->diags, out->count, out->cap))
        out->diags[out->count++] = *diag;
    else
        out->lost = true;
}

static void found_fault(struct scan *s, const struct lode_fault *fault)
{
    struct lode_diag diag;
    lode_diag_fault(&diag, s->v->index->path, fault);
    found(s, &diag);
}

/* Runs a check of rows, which leaves what it finds in s->faults or s->miss. False when it was cut
 * short: the index was truncated under us. */
static bool run_check(struct scan *s, int (*check)(void *arg))
{
    struct lode_fault cut;
    s->faults.count = 0;
    s->miss.rule = NULL;
    const int status = lode_index_guarded(s->v->index, check, s, &cut);
    for (size_t i = 0; i < s->faults.count; i++)
        found_fault(s, &s->faults.list[i]);
    if (status != LODE_OK)
        found_fault(s, &cut);
    return status == LODE_OK;
}

/* A proof failed (SPEC 6.4, V-7). status is the verdict when size and fingerprint still agree. */
static void unproven(struct scan *s, int status, const char *rule, uint64_t offset,
                     const char *what)
{
    struct lode_diag diag;
    if (lode_sourcefile_check(s->file.fd, &s->source.row, s->path, &diag) == LODE_OK) {
        lode_diag_set(&diag, status, "%s: %s at offset %llu (rule %s): %s", s->path, what,
                      (unsigned long long)offset, rule,
                      status == LODE_E_STALE
                          ? "not the file that was indexed; run 'lode index' again"
                          : "the file was edited or is damaged; restore it, or index it again with "
                            "--rescan");
        snprintf(diag.rule, sizeof diag.rule, "%s", rule);
        diag.offset = offset;
    }
    found(s, &diag);
}

static void missed(struct scan *s, int status, const char *rule, uint64_t offset, const char *what)
{
    const struct miss miss = {status, rule, what, offset};
    s->miss = miss;
}

/* Blocks of the chunk against BLOK. */
static int prove_blocks(void *arg)
{
    struct scan *s = arg;
    uint64_t n;
    const uint8_t *rows = lode_source_blocks(&s->v->index->seq, &s->source, &n);
    for (size_t i = 0; i < s->chunk.block_count; i++, s->block++) {
        const struct lode_chunk_block *b = &s->chunk.blocks[i];
        struct lode_block_row row, next;
        const uint64_t off = s->chunk.file_off + b->file_pos;
        if (s->block >= n || lode_block_get(rows, s->block, &row, &next) != LODE_FMT_OK ||
            row.file_off != off || next.file_off != off + b->file_len ||
            row.text_off != s->text + b->text_pos || row.crc != b->crc ||
            next.text_off - row.text_off != b->text_len) {
            missed(s, LODE_E_STALE, "B-5", off, "another BGZF block than the indexed one");
            break;
        }
    }
    return LODE_OK;
}

/* Sums of the pieces of a block or, for plain text, of the chunk, from *sum on. */
static bool prove_sums(struct scan *s, uint64_t block, uint64_t text_off, uint64_t len,
                       const uint32_t **sum)
{
    for (uint64_t k = 0; k << LODE_SUM_LOG2 < len; k++) {
        uint32_t want = 0;
        const int status =
            lode_sum_get(&s->v->index->seq, &s->source, lode_sum_slot(text_off, block, k), &want);
        if (status == LODE_FMT_OK && want == *(*sum)++)
            continue;
        missed(s, LODE_E_DAMAGED, "T-3", text_off + (k << LODE_SUM_LOG2),
               "the text fails its checksum");
        return false;
    }
    return true;
}

static int prove_text(void *arg)
{
    struct scan *s = arg;
    const uint32_t *sum = s->chunk.sums;
    const uint64_t first = s->block - s->chunk.block_count;
    bool ok = true;
    if (s->file.kind == LODE_KIND_PLAIN)
        ok = prove_sums(s, 0, s->text, s->chunk.text_len, &sum);
    for (size_t i = 0; i < s->chunk.block_count && ok; i++)
        ok = prove_sums(s, first + i, s->text + s->chunk.blocks[i].text_pos,
                        s->chunk.blocks[i].text_len, &sum);
    return LODE_OK;
}

static bool prove(struct scan *s, int (*check)(void *arg))
{
    if (!run_check(s, check))
        return false;
    if (s->miss.rule == NULL)
        return true;
    unproven(s, s->miss.status, s->miss.rule, s->miss.offset, s->miss.what);
    return false;
}

/* Reads the chunk at file offset off and proves its text. */
static bool prove_chunk(struct scan *s, uint64_t off)
{
    struct lode_diag diag;
    int status = lode_textchunk_read(&s->chunk, &s->file, off, &diag);
    if (status == LODE_E_FORMAT || status == LODE_E_NOT_BGZF || status == LODE_E_STALE) {
        unproven(s, LODE_E_STALE, "B-5", off, "its BGZF blocks do not follow each other");
        return false;
    }
    if (status == LODE_OK && !prove(s, prove_blocks))
        return false;
    if (status == LODE_OK)
        status = lode_textchunk_decode(&s->chunk, &s->file, s->inflate, &diag);
    if (status == LODE_E_FORMAT) {
        unproven(s, LODE_E_DAMAGED, "Z-5", diag.offset, "a BGZF block does not decompress");
        return false;
    }
    if (status != LODE_OK)
        found(s, &diag);
    return status == LODE_OK && prove(s, prove_text);
}

/* The text, which is proven, through the builder's own modules. */
static bool rebuild_chunk(struct scan *s)
{
    struct lode_diag diag;
    int status = LODE_OK;
    if (!lode_lines_scan(&s->lines, s->chunk.text, s->chunk.text_len))
        status = lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", s->path);
    if (status == LODE_OK)
        status = lode_records_walk(&s->records, s->chunk.text, s->chunk.text_len, &s->lines,
                                   s->chunk.last, &s->stretch, &diag);
    if (status == LODE_OK)
        status = lode_compose(&s->composed, &s->stretch, s->chunk.text, s->path, &diag);
    if (status == LODE_OK)
        status = lode_tables_add(&s->tables, &s->chunk, &s->stretch, &s->composed, &diag);
    if (status != LODE_OK)
        found(s, &diag);
    return status == LODE_OK;
}

static struct lode_rows rows_of(struct lode_spool *spool, uint64_t stride)
{
    const struct lode_rows rows = {lode_spool_view(spool), lode_spool_size(spool) / stride};
    return rows;
}

static int compare_rows(void *arg)
{
    struct scan *s = arg;
    struct lode_verifier verifier = {
        .ix = &s->v->index->seq, .found = keep_fault, .ctx = &s->faults};
    (void)lode_seqindex_verify_rebuilt(&verifier, s->number, &s->made);
    return LODE_OK;
}

/* Rows made from the text against those of the index. */
static void compare(struct scan *s)
{
    struct lode_tables *t = &s->tables;
    struct lode_diag diag;
    int status = lode_tables_end(t, "", "", s->path, true, &diag);
    const struct lode_rebuilt made = {
        .ctig = rows_of(&t->ctig, LODE_STRIDE_CTIG),
        .name = rows_of(&t->name, LODE_STRIDE_NAME),
        .desc = rows_of(&t->desc, LODE_STRIDE_DESC),
        .bins = rows_of(&t->bins, LODE_STRIDE_BINS),
        .kase = rows_of(&t->kase, LODE_STRIDE_CASE),
        .excp = rows_of(&t->excp, LODE_STRIDE_EXCP),
        .gaps = rows_of(&t->gaps, LODE_STRIDE_GAPS),
        .flags = t->row.flags,
    };
    s->made = made;
    if (status == LODE_OK &&
        !(made.ctig.rows && made.name.rows && made.desc.rows && made.bins.rows && made.kase.rows &&
          made.excp.rows && made.gaps.rows))
        status = lode_diag_errno(&diag, "%s: cannot read the rebuilt rows back", s->path);
    if (status != LODE_OK)
        found(s, &diag);
    else
        (void)run_check(s, compare_rows);
}

/* Every byte of the open source. */
static void scan_text(struct scan *s)
{
    bool proven = true, rebuilt = true;
    uint64_t off = 0;
    lode_records_start(&s->records, s->path);
    lode_tables_begin(&s->tables, &s->file);
    do {
        proven = prove_chunk(s, off) && proven;
        if (s->chunk.file_len == 0 && off < s->file.size)
            return;
        rebuilt = proven && rebuilt && rebuild_chunk(s);
        s->crc = lode_crc32_join(s->crc, s->chunk.crc, s->chunk.text_len);
        s->text += s->chunk.text_len;
        /* after a failed read the chunk may still tell of the one before */
        const uint64_t left = s->file.size - off;
        const uint64_t taken = s->chunk.file_len < left ? s->chunk.file_len : left;
        off += taken;
        s->seen += taken;
        progress(s->v, taken);
        /* A broken chain of blocks tells nothing about what follows; a wrong sum does. */
    } while (off < s->file.size && (proven || s->file.kind == LODE_KIND_PLAIN) && !stopped(s->v));
    if (!proven || off < s->file.size)
        return;
    if (s->crc != s->source.row.text_crc || s->text != s->source.row.text_len)
        unproven(s, LODE_E_DAMAGED, "S-19", s->text, "the whole text fails its CRC-32");
    else if (rebuilt)
        compare(s);
}

/* CRCs of the blocks, joined, against the one of the whole text: the index alone shows this. */
static void join_crcs(struct scan *s)
{
    uint64_t n;
    const struct lode_seqindex *ix = &s->v->index->seq;
    const uint8_t *rows = lode_source_blocks(ix, &s->source, &n);
    uint32_t crc = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct lode_block_row row, next;
        if (lode_block_get(rows, i, &row, &next) != LODE_FMT_OK)
            return; /* B-2, reported with the rows */
        crc = lode_crc32_join(crc, row.crc, next.text_off - row.text_off);
    }
    const uint8_t *p = ix->srce.rows + s->number * LODE_STRIDE_SRCE;
    const struct lode_fault fault = {LODE_FMT_CORRUPT, LODE_ID_SRCE, "B-6",
                                     (uint64_t)(p - ix->box.data)};
    if (crc != s->source.row.text_crc)
        keep_fault(&s->faults, &fault);
}

/* The source's row, and what it tells at this level. */
static int load_source(void *arg)
{
    struct scan *s = arg;
    struct lode_fault fault;
    const int level = s->v->options.level;
    s->sound = lode_source_get(&s->v->index->seq, s->number, &s->source, &fault) == LODE_FMT_OK;
    if (!s->sound && level == LODE_VERIFY_QUICK) /* else it was reported with the rows */
        keep_fault(&s->faults, &fault);
    if (s->sound && level >= LODE_VERIFY_INDEX && s->source.row.kind == LODE_KIND_BGZF)
        join_crcs(s);
    return LODE_OK;
}

static void scan_source(struct scan *s)
{
    struct lode_diag diag;
    s->file.path = s->path;
    s->file.size = s->source.row.file_size;
    s->file.fingerprint = s->source.row.fingerprint;
    s->file.kind = s->source.row.kind;
    s->inflate = lode_inflate_new();
    if (s->inflate != NULL && lode_tables_init(&s->tables, s->v->scratch_dir)) {
        scan_text(s);
    } else {
        lode_diag_set(&diag, LODE_E_NOMEM, "%s: out of memory", s->path);
        found(s, &diag);
    }
    lode_tables_free(&s->tables);
    lode_inflate_free(s->inflate);
    lode_textchunk_free(&s->chunk);
    lode_lines_free(&s->lines);
    lode_records_free(&s->records);
    lode_stretch_free(&s->stretch);
    lode_composed_free(&s->composed);
}

static void check_source(struct scan *s)
{
    const struct lode_index *index = s->v->index;
    struct lode_diag diag;
    if (!run_check(s, load_source) || !s->sound)
        return;
    s->counted = s->source.row.file_size;
    lode_sourcefile_name(index, &s->source, s->path, sizeof s->path);
    s->file.fd = lode_sourcefile_open(index, &s->source, &diag);
    if (s->file.fd < 0) {
        found(s, &diag);
        return;
    }
    if (s->v->options.level == LODE_VERIFY_FULL)
        scan_source(s);
    close(s->file.fd);
}

/* ---- all sources ---------------------------------------------------------------------------- */

/* Reports what is ready, in the order of sources. */
static void report_sources(struct verify *v, uint64_t number)
{
    pthread_mutex_lock(&v->lock);
    v->sources[number].done = true;
    for (; v->reported < v->index->seq.source_count && v->sources[v->reported].done;
         v->reported++) {
        struct findings *f = &v->sources[v->reported];
        for (size_t i = 0; i < f->count; i++)
            report(v, &f->diags[i]);
        struct lode_diag diag;
        if (f->lost && lode_diag_set(&diag, LODE_E_NOMEM, "out of memory"))
            report(v, &diag);
        free(f->diags);
        f->diags = NULL;
    }
    pthread_mutex_unlock(&v->lock);
}

static bool take_source(struct verify *v, uint64_t *number)
{
    pthread_mutex_lock(&v->lock);
    const bool more = v->next_source < v->index->seq.source_count && !v->stop;
    *number = v->next_source;
    v->next_source += more;
    pthread_mutex_unlock(&v->lock);
    return more;
}

static void *check_sources(void *arg)
{
    struct verify *v = arg;
    uint64_t number;
    while (take_source(v, &number)) {
        struct scan *s = calloc(1, sizeof *s);
        v->sources[number].lost = s == NULL;
        if (s != NULL) {
            s->v = v;
            s->number = number;
            s->out = &v->sources[number];
            check_source(s);
            if (v->options.level == LODE_VERIFY_FULL)
                progress(v, s->counted - s->seen);
        }
        free(s);
        report_sources(v, number);
    }
    return NULL;
}

static int verify_sources(struct verify *v)
{
    const uint64_t n = v->index->seq.source_count;
    v->sources = calloc((size_t)n, sizeof *v->sources);
    if (v->sources == NULL)
        return lode_diag_set(v->diag, LODE_E_NOMEM, "out of memory");
    run_threads(v, check_sources, n);
    for (uint64_t i = v->reported; i < n; i++)
        free(v->sources[i].diags);
    free(v->sources);
    return LODE_OK;
}

/* Where rebuilt tables that outgrow memory go: files without a name. The index's own directory
 * comes last, it may be one that only its owner writes to. */
static int open_scratch(const struct lode_index *index)
{
    int fd = open(P_tmpdir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 2 && (fd < 0 || faccessat(fd, ".", W_OK, 0) != 0); i++) {
        if (fd >= 0)
            close(fd);
        fd = index->root[i] >= 0 ? fcntl(index->root[i], F_DUPFD_CLOEXEC, 0) : -1;
    }
    return fd;
}

/* Bytes to look at, for progress, and the place of PSUM. */
static int survey(void *arg)
{
    struct verify *v = arg;
    const struct lode_seqindex *seq = &v->index->seq;
    struct lode_section psum;
    lode_container_entry(&seq->box, seq->box.entry_count - 1, &psum);
    v->psum_off = lode_range_ok(psum.off, psum.len, seq->box.size) ? psum.off : seq->box.size;
    v->total = v->options.level >= LODE_VERIFY_INDEX ? seq->box.size : 0;
    if (v->options.level < LODE_VERIFY_FULL)
        return LODE_OK;
    for (uint64_t i = 0; i < seq->source_count && v->total < INT64_MAX / 2; i++) {
        struct lode_source source;
        if (lode_source_get(seq, i, &source, NULL) == LODE_FMT_OK)
            v->total += source.row.file_size;
    }
    return LODE_OK;
}

int lode_verify(const lode_index *index, const struct lode_verify_options *options,
                struct lode_diag *diag)
{
    struct verify v = {.index = index, .diag = diag, .scratch_dir = -1};
    if (index == NULL || !lode_struct_in(&v.options, sizeof v.options, options) ||
        v.options.level < LODE_VERIFY_QUICK || v.options.level > LODE_VERIFY_FULL ||
        v.options.threads < 0)
        return lode_diag_set(diag, LODE_E_ARG, "lode_verify: an argument is not allowed");
    if (pthread_mutex_init(&v.lock, NULL) != 0)
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    struct lode_fault cut;
    int status = lode_index_guarded(index, survey, &v, &cut);
    if (status != LODE_OK)
        report_fault(&v, &cut);
    if (status == LODE_OK && v.options.level >= LODE_VERIFY_INDEX)
        status = verify_index(&v);
    if (v.options.level == LODE_VERIFY_FULL)
        v.scratch_dir = open_scratch(index);
    if (status == LODE_OK && !v.stop)
        status = verify_sources(&v);
    if (v.scratch_dir >= 0)
        close(v.scratch_dir);
    pthread_mutex_destroy(&v.lock);
    return v.status != LODE_OK ? v.status : status;
}
