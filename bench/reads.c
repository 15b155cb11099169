#include "reads.h"

#include <stdlib.h>
#include <string.h>

void reads_open(struct reads *reads, const struct bench *bench, const struct reads_files *files,
                int64_t length, size_t n)
{
    char peer[4096];
    *reads = (struct reads){.length = length};
    bench_path(bench, files->ours, reads->fasta);
    bench_prepare(reads->fasta, files->packed ? BENCH_PACKED : BENCH_PLAIN);
    reads->index = bench_open_index(reads->fasta, files->packed ? BENCH_PACKED : BENCH_PLAIN);
    if (files->peer != NULL) {
        bench_path(bench, files->peer, peer);
        bench_prepare(peer, BENCH_FAI);
        reads->fai = fai_load(peer);
        if (reads->fai == NULL)
            bench_die("%s: fai_load failed", peer);
    }
    bench_must(lode_reader_new(reads->index, NULL, &reads->reader), NULL, "lode_reader_new");
    if (n == 0)
        n = length > 10000 ? bench->scale.long_reads : bench->scale.reads;
    /* Rounds of some 50 ms: a shorter one would time how the caches are filled again. */
    reads->n = n * (files->fast ? bench->scale.fast * (length <= 1000 ? 10 : 1) : 1);
    reads->peer_n = files->fast && files->peer_fast ? reads->n : n;
    reads->places = places_random(reads->index, reads->n, length);
    reads->dst = malloc((size_t)length);
    if (reads->dst == NULL)
        bench_die("out of memory");
}

void reads_close(struct reads *reads)
{
    lode_reader_free(reads->reader);
    lode_close(reads->index);
    if (reads->fai != NULL)
        fai_destroy(reads->fai);
    free(reads->places);
    free(reads->dst);
}

void reads_ours(struct reads *reads, const struct place *place)
{
    struct lode_diag diag;
    struct lode_contig contig;
    bench_must(lode_find(reads->index, -1, place->name, place->len, &contig, &diag), &diag,
               place->name);
    const int64_t n =
        lode_fetch_at(reads->reader, &contig, place->begin, place->begin + reads->length,
                      reads->dst, reads->length, LODE_BOUNDS_ERROR, 0, &diag);
    bench_must(n, &diag, place->name);
}

char *reads_peer(struct reads *reads, const struct place *place)
{
    hts_pos_t got = 0;
    char *bases = faidx_fetch_seq64(reads->fai, place->name, place->begin,
                                    place->begin + reads->length - 1, &got);
    if (bases == NULL || got != reads->length)
        bench_die("%s: faidx_fetch_seq64 failed", reads->fasta);
    return bases;
}

void reads_same(const struct reads *reads, const struct place *place, const char *ours,
                const char *other)
{
    if (memcmp(ours, other, (size_t)reads->length) != 0)
        bench_die("%s: %s from %lld: lode and the peer differ", reads->fasta, place->name,
                  (long long)place->begin);
}

double reads_time_ours(void *ctx)
{
    struct reads *reads = ctx;
    const double start = measure_now();
    for (size_t i = 0; i < reads->n; i++)
        reads_ours(reads, &reads->places[i]);
    return (measure_now() - start) / (double)reads->n;
}

double reads_time_peer(void *ctx)
{
    struct reads *reads = ctx;
    const double start = measure_now();
    for (size_t i = 0; i < reads->peer_n; i++)
        free(reads_peer(reads, &reads->places[i]));
    return (measure_now() - start) / (double)reads->peer_n;
}
