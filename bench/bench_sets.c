/* Rows sets_*: an index and a store that are sets of files, beside the same in one file. The peer
 * is lode itself: what a set saves when it is written, and what it costs when it is read. */
#include "bench.h"
#include "genome.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 64, CONTIGS = 200, BASES = 200000, READ = 60, OPENS = 20, SIZE = 280 };

struct sets {
    char dir[4096], one[4096 + 16], many[4096 + 16], store[4096 + 16], anew[4096 + 16];
    char fastas[FILES][4096 + 32];
    lode_index *index; /* that is asked */
    struct genome_rng rng;
    size_t lookups;
    uint64_t records, sum;
};

/* ---- indexes --------------------------------------------------------------------------------- */

static void write_fasta(const char *path, int number)
{
    char prefix[32];
    struct genome_options genome = {.bases = BASES,
                                    .contigs = CONTIGS,
                                    .line_width = 80,
                                    .seed = 77 + (uint64_t)number,
                                    .prefix = prefix};
    snprintf(prefix, sizeof prefix, "g%d_", number);
    FILE *out = fopen(path, "w");
    if (out == NULL || genome_write(out, &genome) != 0 || fclose(out) != 0)
        bench_die("%s: %s", path, strerror(errno));
}

static void build(const char *const *inputs, size_t n, const char *out, int add)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    how.out = out;
    how.add = add;
    how.pack = 1;
    bench_must(lode_build(inputs, n, &how, NULL, &diag), &diag, out);
}

static void make_indexes(struct sets *s)
{
    const char *inputs[FILES];
    mkdir(s->dir, 0777);
    for (int i = 0; i < FILES; i++) {
        snprintf(s->fastas[i], sizeof s->fastas[i], "%s/f%02d.fa", s->dir, i);
        inputs[i] = s->fastas[i];
        write_fasta(s->fastas[i], i);
    }
    unlink(s->one);
    build(inputs, FILES, s->one, 0);
    unlink(s->many);
    for (int i = 0; i < FILES; i++)
        build(&inputs[i], 1, s->many, 1);
}

static double time_opens(const char *path)
{
    const double begin = measure_now();
    for (int i = 0; i < OPENS; i++) {
        lode_index *index;
        bench_must(lode_open(path, NULL, &index, NULL), NULL, path);
        lode_close(index);
    }
    return (measure_now() - begin) / OPENS;
}

static double open_many(void *arg)
{
    return time_opens(((struct sets *)arg)->many);
}

static double open_one(void *arg)
{
    return time_opens(((struct sets *)arg)->one);
}

/* Names at random; the sum of what was found is kept, so that both sides can be compared. */
static double time_finds(struct sets *s, const char *path, bool read)
{
    lode_reader *reader = NULL;
    char bases[READ];
    bench_must(lode_open(path, NULL, &s->index, NULL), NULL, path);
    bench_must(lode_reader_new(s->index, NULL, &reader), NULL, "reader");
    s->rng.state = 9;
    s->sum = 0;
    const double begin = measure_now();
    for (size_t i = 0; i < s->lookups; i++) {
        char name[48];
        struct lode_contig contig;
        const int len = snprintf(name, sizeof name, "g%d_%d", (int)genome_below(&s->rng, FILES),
                                 1 + (int)genome_below(&s->rng, CONTIGS));
        bench_must(lode_find(s->index, -1, name, (size_t)len, &contig, NULL), NULL, name);
        s->sum += (uint64_t)contig.id;
        if (!read)
            continue;
        bench_must(lode_fetch_at(reader, &contig, 5, 5 + READ, bases, READ, 0, 0, NULL), NULL,
                   name);
        s->sum += (unsigned char)bases[i % READ];
    }
    const double time = (measure_now() - begin) / (double)s->lookups;
    lode_reader_free(reader);
    lode_close(s->index);
    return time;
}

static double find_many(void *arg)
{
    struct sets *s = arg;
    return time_finds(s, s->many, false);
}

static double find_one(void *arg)
{
    struct sets *s = arg;
    return time_finds(s, s->one, false);
}

static double get_many(void *arg)
{
    struct sets *s = arg;
    return time_finds(s, s->many, true);
}

static double get_one(void *arg)
{
    struct sets *s = arg;
    return time_finds(s, s->one, true);
}

static void check_equal(struct sets *s)
{
    (void)get_many(s);
    const uint64_t sum = s->sum;
    (void)get_one(s);
    if (s->sum != sum)
        bench_die("sets_get60: the set and the index answer differently");
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* The last file is added to an index of the others. */
static double time_add(struct sets *s, bool as_member)
{
    const char *inputs[FILES];
    for (int i = 0; i < FILES; i++)
        inputs[i] = s->fastas[i];
    build(inputs, FILES - 1, s->anew, 0); /* files of the set before it go */
    sync();
    const double begin = measure_now();
    if (as_member)
        build(&inputs[FILES - 1], 1, s->anew, 1);
    else
        build(inputs, FILES, s->anew, 0);
    return measure_now() - begin;
}

static double add_member(void *arg)
{
    return time_add(arg, true);
}

static double add_anew(void *arg)
{
    return time_add(arg, false);
}

/* ---- records --------------------------------------------------------------------------------- */

static void fill_store(struct sets *s)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    uint8_t value[SIZE] = {0};
    options.keys = LODE_STORE_INTEGERS; /* publishing removes the files of the set before it */
    bench_must(lode_store_create(s->store, &options, &writer, NULL), NULL, s->store);
    for (uint64_t i = 0; i < s->records; i++) {
        memcpy(value, &i, sizeof i);
        bench_must(lode_store_put(writer, &i, sizeof i, value, SIZE, NULL, NULL), NULL, "put");
    }
    bench_must(lode_store_publish(writer, NULL, NULL), NULL, s->store);
}

static double time_put(struct sets *s, bool as_member)
{
    const uint64_t key = 5;
    const uint8_t value[SIZE] = {1};
    lode_store_writer *writer = NULL;
    fill_store(s);
    sync(); /* what the last round left to be freed is not this one's work */
    const double begin = measure_now();
    bench_must((as_member ? lode_store_extend : lode_store_append)(s->store, &writer, NULL), NULL,
               s->store);
    bench_must(lode_store_put(writer, &key, sizeof key, value, SIZE, NULL, NULL), NULL, "put");
    bench_must(lode_store_publish(writer, NULL, NULL), NULL, s->store);
    return measure_now() - begin;
}

static double put_member(void *arg)
{
    return time_put(arg, true);
}

static double put_anew(void *arg)
{
    return time_put(arg, false);
}

static void check_put(struct sets *s)
{
    const uint64_t key = 5;
    for (int as_member = 0; as_member < 2; as_member++) {
        lode_store *store = NULL;
        struct lode_stored found;
        (void)time_put(s, as_member);
        bench_must(lode_store_open(s->store, NULL, &store, NULL), NULL, s->store);
        bench_must(lode_store_lookup(store, &key, sizeof key, &found, NULL), NULL, "lookup");
        if (found.size != SIZE || *(const uint8_t *)found.data != 1)
            bench_die("sets_put: the record is not the one that was put");
        lode_store_close(store);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void pair_row(struct sets *s, const char *row, size_t rounds, double (*ours)(void *),
                     double (*peer)(void *), double scale, const char *unit, const char *name)
{
    struct measure_pair pair;
    measure_single(&pair, rounds, ours, peer, s);
    report_pair(row, &pair, scale, unit, name, lode_version());
}

void bench_sets(const struct bench *bench)
{
    static struct sets s;
    bench_path(bench, "sets", s.dir);
    snprintf(s.one, sizeof s.one, "%s/one.lode", s.dir);
    snprintf(s.many, sizeof s.many, "%s/many.lode", s.dir);
    snprintf(s.anew, sizeof s.anew, "%s/anew.lode", s.dir);
    snprintf(s.store, sizeof s.store, "%s/store.lode", s.dir);
    s.lookups = bench->scale.lookups / 4 + 1;
    s.records = 100 * (uint64_t)bench->scale.genomes;
    make_indexes(&s);
    check_equal(&s);
    check_put(&s);
    const size_t rounds = bench->scale.rounds;
    pair_row(&s, "sets_open64", rounds, open_many, open_one, 1e6, "us", "lode, one file");
    pair_row(&s, "sets_find64", rounds, find_many, find_one, 1e6, "us", "lode, one file");
    pair_row(&s, "sets_get60_64", rounds, get_many, get_one, 1e6, "us", "lode, one file");
    pair_row(&s, "sets_add", rounds, add_member, add_anew, 1e3, "ms", "lode, index anew");
    pair_row(&s, "sets_put", bench->scale.slow_rounds, put_member, put_anew, 1e3, "ms",
             "lode, store anew");
    report_note("sets: %d packed files of %d contigs, %d bases; a store of %llu records of %d b.",
                FILES, CONTIGS, BASES, (unsigned long long)s.records, SIZE);
}
