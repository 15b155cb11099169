#include "places.h"

#include "bench.h"
#include "genome.h"

#include <stdlib.h>

enum { BLOCK_MAX = 65536 };

static int64_t contig_count(const lode_index *index)
{
    struct lode_info info = {.struct_size = sizeof info};
    bench_must(lode_index_info(index, &info), NULL, "lode_index_info");
    return info.contigs;
}

static int64_t contig_length(const lode_index *index, int64_t id)
{
    struct lode_contig contig;
    bench_must(lode_contig_at(index, id, &contig, NULL), NULL, "lode_contig_at");
    return contig.length;
}

static struct place *allocate(size_t n)
{
    struct place *places = calloc(n + 1, sizeof *places);
    if (places == NULL)
        bench_die("out of memory");
    return places;
}

static void set(const lode_index *index, struct place *place, int64_t contig, int64_t begin)
{
    place->contig = contig;
    place->begin = begin;
    bench_must(lode_contig_name(index, contig, place->name, sizeof place->name, &place->len), NULL,
               "lode_contig_name");
}

/* A contig by its share of the bases, and a place in it where the read fits. */
static void pick(const lode_index *index, struct genome_rng *rng, int64_t contigs, int64_t bases,
                 int64_t length, struct place *place)
{
    int64_t id, room;
    do {
        int64_t at = (int64_t)genome_below(rng, (uint64_t)bases);
        for (id = 0; at >= contig_length(index, id) && id + 1 < contigs; id++)
            at -= contig_length(index, id);
        room = contig_length(index, id) - length + 1;
    } while (room <= 0);
    set(index, place, id, (int64_t)genome_below(rng, (uint64_t)room));
}

struct place *places_random(const lode_index *index, size_t n, int64_t length)
{
    const int64_t contigs = contig_count(index);
    struct genome_rng rng = {(uint64_t)length};
    struct place *places = allocate(n);
    int64_t bases = 0, longest = 0;
    for (int64_t id = 0; id < contigs; id++) {
        bases += contig_length(index, id);
        longest = contig_length(index, id) > longest ? contig_length(index, id) : longest;
    }
    if (longest < length)
        bench_die("no contig has %lld bases", (long long)length);
    for (size_t i = 0; i < n; i++)
        pick(index, &rng, contigs, bases, length, &places[i]);
    return places;
}

/* Every step bases one piece; those shorter than least are left out. */
static struct place *cut(const lode_index *index, size_t *n, int64_t step, int64_t least)
{
    const int64_t contigs = contig_count(index);
    size_t count = 0;
    for (int64_t id = 0; id < contigs; id++)
        count += (size_t)(contig_length(index, id) / step) + 1;
    struct place *places = allocate(count);
    *n = 0;
    for (int64_t id = 0; id < contigs; id++)
        for (int64_t at = 0; contig_length(index, id) - at >= least; at += step)
            set(index, &places[(*n)++], id, at);
    return places;
}

struct place *places_apart(const lode_index *index, size_t *n, int64_t length)
{
    struct genome_rng rng = {(uint64_t)length};
    size_t count;
    /* line ends only make text longer than its bases, so so many bases are a block at least */
    struct place *places = cut(index, &count, length + BLOCK_MAX, length);
    if (count == 0)
        bench_die("no contig has %lld bases", (long long)length);
    for (size_t i = 0; i + 1 < count; i++) {
        const size_t k = i + (size_t)genome_below(&rng, count - i);
        const struct place place = places[i];
        places[i] = places[k];
        places[k] = place;
    }
    *n = *n < count ? *n : count;
    return places;
}

struct place *places_all(const lode_index *index, size_t *n, int64_t length)
{
    return cut(index, n, length, 1);
}
