#include "filln.h"

#include "index.h"
#include "intervalwalk.h"
#include "random.h"
#include "reader.h"

/* Two bits of a stream each: the same for whoever reads the base. */
static void draw_letters(uint64_t seed, int64_t contig, int64_t begin, uint8_t *dst, size_t n)
{
    const uint64_t key = lode_random_key(seed, (uint64_t)contig);
    uint64_t position = (uint64_t)begin, word = lode_random_at(key, position / 32);
    for (size_t i = 0; i < n; i++, position++) {
        if (position % 32 == 0)
            word = lode_random_at(key, position / 32);
        dst[i] = (uint8_t) "ACGT"[word >> position % 32 * 2 & 3];
    }
}

/* The soft mask of a read, met once from its begin to its end, however many runs of N it has. */
struct mask {
    struct lode_interval_walk walk;
    struct lode_interval next; /* not yet behind; begin = end: there are no more */
};

static int mask_start(struct mask *mask, const lode_index *index, const struct lode_contig *contig,
                      int64_t begin, int64_t end, struct lode_diag *diag)
{
    const int status = lode_interval_walk_start(&mask->walk, index, NULL, contig,
                                                LODE_FEATURE_LOWER, begin, end, diag);
    return status == LODE_OK ? lode_interval_walk_next(&mask->walk, &mask->next, diag) : status;
}

/* Letters of [begin, end), which ascend from call to call, take the case of the bases they stand
 * for. */
static int fold(struct mask *mask, int64_t begin, int64_t end, uint8_t *letters,
                struct lode_diag *diag)
{
    struct lode_interval *lower = &mask->next;
    while (lower->begin < lower->end && lower->begin < end) {
        const int64_t from = lower->begin > begin ? lower->begin : begin;
        const int64_t to = lower->end < end ? lower->end : end;
        if (from < to)
            lode_bases_fold_down(letters + (from - begin), (size_t)(to - from));
        if (lower->end > end) /* it goes on in what comes next */
            return LODE_OK;
        const int status = lode_interval_walk_next(&mask->walk, lower, diag);
        if (status != LODE_OK)
            return status;
    }
    return LODE_OK;
}

/* A run of N, [run.begin, run.end), of a read that ends at end. */
static int fill_run(struct mask *mask, int64_t number, struct lode_interval run, int64_t begin,
                    int64_t end, const struct lode_sink *sink, int64_t at, struct lode_diag *diag)
{
    uint8_t tile[LODE_SINK_TILE];
    for (int64_t from = run.begin, to; from < run.end; from = to) {
        to = run.end - from < LODE_SINK_TILE ? run.end : from + LODE_SINK_TILE;
        draw_letters(*sink->n_seed, number, from, tile, (size_t)(to - from));
        const int status = fold(mask, from, to, tile, diag);
        if (status != LODE_OK)
            return status;
        if (lode_sink_reverses(sink))
            lode_bases_reverse_complement(tile, (size_t)(to - from));
        lode_sink_put(sink, at + (lode_sink_reverses(sink) ? end - to : from - begin), tile,
                      (size_t)(to - from));
    }
    return LODE_OK;
}

int lode_filln(lode_reader *reader, const struct lode_contig *contig, int64_t begin, int64_t end,
               const struct lode_sink *sink, int64_t at, struct lode_diag *diag)
{
    const lode_index *index = reader->index;
    struct lode_interval_walk walk;
    struct lode_interval run = {begin, begin};
    struct mask mask;
    bool masked = false;
    int status =
        lode_interval_walk_start(&walk, index, reader, contig, LODE_FEATURE_N, begin, end, diag);
    while (status == LODE_OK && run.begin < end) {
        status = lode_interval_walk_next(&walk, &run, diag);
        if (status != LODE_OK || run.begin >= end)
            break;
        if (!masked)
            status = mask_start(&mask, index, contig, run.begin, end, diag);
        masked = true;
        if (status == LODE_OK)
            status = fill_run(&mask, index->contigs_before + contig->id, run, begin, end, sink, at,
                              diag);
    }
    return status;
}
