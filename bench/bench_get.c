/* Rows get60, get10k, get196k against htslib: single reads at random places, one thread. */
#include "reads.h"
#include "report.h"

#include <stdlib.h>

/* What a row needs besides a lode of this version. */
enum needs { ALWAYS, PACK, LAYOUTS };

struct get_row {
    const char *name;
    struct reads_files files;
    int64_t length;
    enum needs needs;
};

static const struct get_row rows[] = {
    {"get60_bgzf_up", {"up.fa.gz", false, "up.fa.gz", false, false}, 60, ALWAYS},
    {"get60_bgzf_sm", {"sm.fa.gz", false, "sm.fa.gz", false, false}, 60, ALWAYS},
    {"get10k_bgzf_up", {"up.fa.gz", false, "up.fa.gz", false, false}, 10000, ALWAYS},
    {"get10k_bgzf_sm", {"sm.fa.gz", false, "sm.fa.gz", false, false}, 10000, ALWAYS},
    {"get196k_bgzf_up", {"up.fa.gz", false, "up.fa.gz", false, false}, 196608, ALWAYS},
    {"get196k_bgzf_sm", {"sm.fa.gz", false, "sm.fa.gz", false, false}, 196608, ALWAYS},
    {"get60_plain", {"up.fa", false, "up.fa", true, true}, 60, ALWAYS},
    {"get60_packed_sm", {"big.fa.gz", true, "big.fa.gz", true, false}, 60, PACK},
    {"get10k_packed_sm", {"big.fa.gz", true, "big.fa.gz", true, false}, 10000, PACK},
    {"get196k_packed_sm", {"big.fa.gz", true, "big.fa.gz", true, false}, 196608, PACK},
    {"get60_packed_up", {"up.fa.gz", true, "up.fa.gz", true, false}, 60, PACK},
    {"get60_packed_up_plain", {"up.fa.gz", true, "up.fa", true, true}, 60, PACK},
    {"get196k_packed_up_plain", {"up.fa.gz", true, "up.fa", true, true}, 196608, PACK},
    {"get60_small", {"small.fa.gz", false, "small.fa.gz", true, true}, 60, LAYOUTS},
    {"get60_small_vs_ordinary", {"small.fa.gz", false, "sm.fa.gz", true, false}, 60, LAYOUTS},
    {"get60_restart", {"restart.fa.gz", false, "restart.fa.gz", true, false}, 60, LAYOUTS},
    {"get10k_restart", {"restart.fa.gz", false, "restart.fa.gz", true, false}, 10000, LAYOUTS},
};

/* Also warms both sides. */
static void check_equal(struct reads *reads)
{
    reads_time_ours(reads);
    for (size_t i = 0; i < reads->peer_n; i++) {
        char *theirs = reads_peer(reads, &reads->places[i]);
        reads_ours(reads, &reads->places[i]);
        reads_same(reads, &reads->places[i], reads->dst, theirs);
        free(theirs);
    }
}

/* Why the row cannot be measured, or NULL. */
static const char *missing(const struct bench *bench, const struct get_row *row)
{
    if (row->needs == PACK && !LODE_HAVE_PACK)
        return "this lode has no pack";
    if (row->needs == LAYOUTS && !bench_has(bench, row->files.ours))
        return "this lode's compress has no --layout";
    return NULL;
}

static void one_row(const struct bench *bench, const struct get_row *row)
{
    struct reads reads;
    struct measure_pair pair;
    const char *why = missing(bench, row);
    if (why != NULL) {
        report_skip(row->name, why);
        return;
    }
    reads_open(&reads, bench, &row->files, row->length, 0);
    check_equal(&reads);
    measure_single(&pair, bench->scale.rounds, reads_time_ours, reads_time_peer, &reads);
    report_pair(row->name, &pair, 1e6, "us", "htslib faidx_fetch_seq64", report_htslib());
    reads_close(&reads);
}

void bench_get(const struct bench *bench)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        one_row(bench, &rows[i]);
    report_note("get: %zu random places (196k: %zu), %zu times as many for a side that inflates no "
                "ordinary block; name lookup included on both sides, bytes compared first; lode "
                "proves what it returns, htslib checks each block's CRC. packed: lode reads its "
                "index alone, htslib the BGZF file.",
                bench->scale.reads, bench->scale.long_reads, bench->scale.fast);
}
