/* What differs between the htslib versions the benchmarks may meet. */
#ifndef LODE_BENCH_PEER_H
#define LODE_BENCH_PEER_H

#include <htslib/faidx.h>
#include <htslib/hts.h>

#include <stdint.h>

/* Length of the sequence name, or negative. */
static inline int64_t peer_length(const faidx_t *fai, const char *name)
{
#if HTS_VERSION >= 101700
    return faidx_seq_len64(fai, name);
#else
    return faidx_seq_len(fai, name);
#endif
}

#endif
