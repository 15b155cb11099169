/* Owns what the parts of lode_verify share: the run, its findings, its threads. verify.c owns the
 * order in which findings leave, verify_index.c the bytes and rows of the index, verify_source.c
 * one source, verify_text.c its text. */
#ifndef LODE_LIB_VERIFY_H
#define LODE_LIB_VERIFY_H

#include "index.h"
#include "lines.h"
#include "packlines.h"
#include "seqverify.h"
#include "tables.h"

#include <limits.h>
#include <pthread.h>

enum {
    LODE_FINDINGS_NAMED = 16, /* of one source, of pages; later ones only count */
    LODE_STATUSES = 64,
    LODE_FAULTS_MAX = LODE_VERIFY_FINDINGS * (LODE_VERIFY_SECTIONS + 1),
};

/* What was found about one source, kept until all sources before it have been reported. */
struct findings {
    struct lode_diag *diags;
    size_t count, cap;
    uint64_t total;  /* those that are only counted, too */
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
    uint64_t more[LODE_STATUSES]; /* findings that were not named, by -status */
};

/* Faults of a structural check; it runs in a guard scope, where nothing may be allocated or called
 * back. */
struct faults {
    struct lode_fault list[LODE_FAULTS_MAX];
    size_t count;
    uint64_t more[LODE_STATUSES];
};

/* A proof that failed. */
struct miss {
    int status;
    const char *rule, *what;
    uint64_t offset;
};

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
    uint64_t text, block;            /* of the source, before the chunk */
    struct lode_block_row row, next; /* of load_block */
    uint64_t seen, counted;          /* file bytes: reported as progress, part of its total */
    uint32_t crc;
    bool quiet;                              /* a failed proof is not reported yet */
    bool hopeless;                           /* nothing more can be said about the text */
    struct miss misses[LODE_FINDINGS_NAMED]; /* of the check that ran last */
    uint64_t miss_count;
    struct faults faults;
    struct lode_rebuilt made;
    char path[PATH_MAX];
};

/* Hands a finding to the caller. Called in the order of the file, never by two threads at once. */
void lode_verify_report(struct verify *v, const struct lode_diag *diag);
void lode_verify_report_fault(struct verify *v, const struct lode_fault *fault);

/* Callback of the structural checks: ctx is a struct faults. */
void lode_verify_keep_fault(void *ctx, const struct lode_fault *fault, bool named);

/* count findings that are not handed out one by one. Any thread. */
void lode_verify_count(struct verify *v, int status, uint64_t count);
void lode_verify_count_faults(struct verify *v, const struct faults *faults);

/* Did the caller ask to stop? Any thread. */
bool lode_verify_stopped(struct verify *v);

/* bytes more are done. Any thread. */
void lode_verify_progress(struct verify *v, uint64_t bytes);

/* Runs work(v) on as many threads as options and items allow, the caller's among them. */
void lode_verify_run_threads(struct verify *v, void *(*work)(void *arg), uint64_t items);

/* Every byte and row of the index. LODE_OK or NOMEM; what is found is reported. */
int lode_verify_index_bytes(struct verify *v);

/* Keeps a finding about the source. Runs a check of rows under the guard: what it leaves in
 * scan->faults is kept; false when it was cut short, the index being truncated under us. */
void lode_verify_found(struct scan *s, const struct lode_diag *diag);
bool lode_verify_run(struct scan *s, int (*check)(void *arg));

/* A proof of the text failed (SPEC 6.4, V-7). */
void lode_verify_unproven(struct scan *s, int status, const char *rule, uint64_t offset,
                          const char *what);

/* Proves the chunk of text at file offset off, which starts with block scan->block at text offset
 * scan->text, and moves both on. What is damaged is named block by block, piece by piece. Returns
 * where the next chunk begins; scan->hopeless: nothing more can be said. */
uint64_t lode_verify_chunk(struct scan *s, uint64_t off, bool *proven);

/* Its packed bases, where the index holds them. */
void lode_verify_packed(struct scan *s);

/* One source, at the level of the options; findings are kept in scan->findings. */
void lode_verify_source(struct scan *s);

#endif
