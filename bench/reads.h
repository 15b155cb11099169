/* Owns single reads by both sides: an index and a reader, htslib's handle, the places. */
#ifndef LODE_BENCH_READS_H
#define LODE_BENCH_READS_H

#include "bench.h"
#include "measure.h"
#include "places.h"

#include <htslib/faidx.h>

struct reads {
    char fasta[4096]; /* of lode's side, for messages */
    lode_index *index;
    lode_reader *reader;
    faidx_t *fai;     /* NULL: the peer is another */
    int64_t length;   /* bases a read */
    size_t n, peer_n; /* places of a round; the slower peer reads the first peer_n of the same */
    struct place *places;
    char *dst; /* of one read */
};

/* Which files: FASTA of either side in the data directory. */
struct reads_files {
    const char *ours;
    bool packed;      /* lode: the index made with pack */
    const char *peer; /* NULL: none */
    bool fast;        /* lode inflates no ordinary block for a read: more places */
    bool peer_fast;
};

/* Builds what is missing, opens both sides, picks n random places (scale's number for 0). */
void reads_open(struct reads *reads, const struct bench *bench, const struct reads_files *files,
                int64_t length, size_t n);
void reads_close(struct reads *reads);

/* One read into reads->dst, the contig looked up by name. */
void reads_ours(struct reads *reads, const struct place *place);

/* The same by htslib; to be freed. */
char *reads_peer(struct reads *reads, const struct place *place);

/* Dies unless both sides read the same at every place; other is the peer's bases. */
void reads_same(const struct reads *reads, const struct place *place, const char *ours,
                const char *other);

/* For measure_single: seconds per read, all places. ctx begins with a struct reads. */
double reads_time_ours(void *ctx);
double reads_time_peer(void *ctx);

#endif
