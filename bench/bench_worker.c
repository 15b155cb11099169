/* Row worker_private_kb: what one worker process more costs, at a million contigs. */
#include "peer.h"
#include "reads.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 8, READS = 10, LENGTH = 60 };

/* A worker opens for itself: nothing of its parent's is used. */
static void work_ours(void *arg)
{
    struct reads *reads = arg;
    reads->index = bench_open_index(reads->fasta, BENCH_PLAIN);
    bench_must(lode_reader_new(reads->index, NULL, &reads->reader), NULL, "lode_reader_new");
    for (size_t i = 0; i < reads->n; i++)
        reads_ours(reads, &reads->places[i]);
}

static void work_peer(void *arg)
{
    struct reads *reads = arg;
    reads->fai = fai_load(reads->fasta);
    if (reads->fai == NULL)
        bench_die("%s: fai_load failed", reads->fasta);
    for (size_t i = 0; i < reads->n; i++)
        free(reads_peer(reads, &reads->places[i]));
}

static void check_equal(struct reads *reads)
{
    work_ours(reads);
    work_peer(reads);
    for (size_t i = 0; i < reads->n; i++) {
        char *theirs = reads_peer(reads, &reads->places[i]);
        reads_ours(reads, &reads->places[i]);
        reads_same(reads, &reads->places[i], reads->dst, theirs);
        free(theirs);
    }
    lode_reader_free(reads->reader);
    lode_close(reads->index);
    fai_destroy(reads->fai);
    reads->reader = NULL;
    reads->index = NULL;
    reads->fai = NULL;
}

void bench_worker(const struct bench *bench)
{
    struct reads reads = {.n = READS, .peer_n = READS, .length = LENGTH};
    bench_path(bench, "many.fa.gz", reads.fasta);
    bench_prepare(reads.fasta, BENCH_PLAIN);
    bench_prepare(reads.fasta, BENCH_FAI);
    lode_index *index = bench_open_index(reads.fasta, BENCH_PLAIN);
    reads.places = places_random(index, READS, LENGTH);
    lode_close(index);
    reads.dst = malloc(LENGTH);
    if (reads.dst == NULL)
        bench_die("out of memory");
    check_equal(&reads);
    const double ours = measure_worker_kib(work_ours, &reads, WORKERS);
    const double peer = measure_worker_kib(work_peer, &reads, WORKERS);
    report_values("worker_private_kb", ours, peer, "KiB", "htslib fai_load", report_htslib());
    report_note("worker_private_kb: PSS + page tables that worker %d adds while the others live; "
                "each opens for itself and reads the same %d places.",
                WORKERS, READS);
    reads_close(&reads);
}
