/* Records by key, against LMDB: the same keys in the same random order, each value read whole. */
#include "bench.h"
#include "genome.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if LODE_HAVE_LMDB
#include <lmdb.h>

enum { KEY = 24, READS = 200000, SAMPLES = 4000, DICTIONARY = 110 << 10 };

/* One kind of record: how many, and how record i is made (size, at most most). */
struct kind {
    const char *name;
    size_t records, most;
    size_t (*make)(uint64_t i, char *out);
};

/* Both sides of one row. */
struct side {
    const struct kind *kind;
    lode_store *store;
    lode_store_reader *reader;
    MDB_txn *txn;
    MDB_dbi dbi;
    char (*keys)[KEY]; /* of the records to read, in that order */
    size_t *lens;
    size_t n;
    char *buf;
    uint64_t ours, peer; /* sums of what was read */
};

/* ---- the records ------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static size_t make_key(uint64_t i, char *out)
{
    return (size_t)snprintf(out, KEY, "rec%012llx", (unsigned long long)(mix(i) >> 16));
}

/* About 800 bytes, as a table of samples is written as JSON. */
static size_t make_text(uint64_t i, char *out)
{
    static const char *const words[] = {"liver",  "kidney",   "blood",    "cortex",  "paired",
                                        "single", "Illumina", "Nanopore", "control", "treated",
                                        "batch",  "donor",    "library",  "strand",  "reverse",
                                        "poly-A", "total",    "nuclear"};
    uint64_t s = mix(i + 1);
    size_t n = (size_t)sprintf(out, "{\"id\": \"S%08llu\", \"sample\": {", (unsigned long long)i);
    for (int k = 0; k < 14; k++) {
        s = mix(s + (uint64_t)k);
        n += (size_t)sprintf(out + n, "\"%s_%d\": \"%s %s\", \"value_%d\": %llu.%03llu, ",
                             words[s % 18], k, words[s / 18 % 18], words[s / 324 % 18], k,
                             (unsigned long long)(s >> 20) % 1000,
                             (unsigned long long)(s >> 40) % 1000);
    }
    return n + (size_t)sprintf(out + n, "\"checked\": true}}\n");
}

/* 64 to 512 random bytes. */
static size_t make_small(uint64_t i, char *out)
{
    const size_t n = 64 + mix(i) % 449;
    for (size_t k = 0; k < n; k += 8) {
        const uint64_t word = mix(i * 64 + k);
        memcpy(out + k, &word, 8);
    }
    return n;
}

/* 10,000 floats of a slow walk. */
static size_t make_floats(uint64_t i, char *out)
{
    float value = (float)(mix(i) % 1000);
    for (size_t k = 0; k < 10000; k++) {
        value += (float)(mix(i * 10000 + k) % 2001) / 1000.0f - 1.0f;
        memcpy(out + 4 * k, &value, 4);
    }
    return 40000;
}

/* ---- making both files ------------------------------------------------------------------------
 */

static void must(int status, const char *what)
{
    if (status != 0)
        bench_die("LMDB: %s: %s", what, mdb_strerror(status));
}

static MDB_env *open_lmdb(const char *dir, size_t size)
{
    MDB_env *env;
    must(mdb_env_create(&env), "create");
    must(mdb_env_set_mapsize(env, size), "mapsize");
    must(mdb_env_open(env, dir, MDB_NOSYNC | MDB_NOTLS, 0666), dir);
    return env;
}

static MDB_env *fill_lmdb(const struct kind *kind, const char *dir, char *buf)
{
    char key[KEY], path[4096 + 16];
    MDB_txn *txn;
    MDB_dbi dbi;
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    (void)unlink(path);
    (void)mkdir(dir, 0777);
    MDB_env *env = open_lmdb(dir, (size_t)8 << 30);
    must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    must(mdb_dbi_open(txn, NULL, MDB_CREATE, &dbi), "open");
    for (uint64_t i = 0; i < kind->records; i++) {
        MDB_val k = {make_key(i, key), key}, v = {kind->make(i, buf), buf};
        must(mdb_put(txn, dbi, &k, &v, 0), "put");
    }
    must(mdb_txn_commit(txn), "commit");
    must(mdb_env_sync(env, 1), "sync");
    return env;
}

static size_t train(const struct kind *kind, char *dictionary, char *buf)
{
    static size_t sizes[SAMPLES];
    struct lode_diag diag;
    char *all = malloc(SAMPLES * kind->most);
    size_t n = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        sizes[i] = kind->make(i * (kind->records / SAMPLES), buf);
        memcpy(all + n, buf, sizes[i]);
        n += sizes[i];
    }
    const int64_t got = lode_store_train(all, sizes, SAMPLES, dictionary, DICTIONARY, &diag);
    bench_must(got, &diag, "train");
    free(all);
    return (size_t)got;
}

static lode_store *fill_store(const struct kind *kind, const char *path, int codec, char *buf)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    lode_store *store = NULL;
    struct lode_diag diag;
    char key[KEY], *dictionary = malloc(DICTIONARY);
    options.keys = LODE_STORE_TEXT;
    options.codec = codec;
    if (codec == LODE_STORE_ZSTD) {
        options.level = 19; /* stores are written once: smaller, and faster to read, too */
        options.dictionary = dictionary;
        options.dictionary_size = train(kind, dictionary, buf);
    }
    bench_must(lode_store_create(path, &options, &writer, &diag), &diag, path);
    for (uint64_t i = 0; i < kind->records; i++) {
        const size_t len = make_key(i, key), n = kind->make(i, buf);
        bench_must(lode_store_put(writer, key, len, buf, n, NULL, &diag), &diag, path);
    }
    bench_must(lode_store_publish(writer, &store, &diag), &diag, path);
    lode_store_close(store);
    free(dictionary);
    store = NULL;
    bench_must(lode_store_open(path, NULL, &store, &diag), &diag, path);
    return store;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

/* All of a value, so that none is only pointed at. */
static uint64_t sum(const void *data, size_t n)
{
    uint64_t total = n;
    size_t k = 0;
    for (; k + 8 <= n; k += 8) {
        uint64_t word;
        memcpy(&word, (const char *)data + k, 8);
        total += word;
    }
    for (; k < n; k++)
        total += ((const unsigned char *)data)[k];
    return total;
}

static double read_ours(void *ctx)
{
    struct side *s = ctx;
    s->ours = 0;
    const double begin = measure_now();
    for (size_t i = 0; i < s->n; i++) {
        struct lode_stored stored;
        if (lode_store_lookup(s->store, s->keys[i], s->lens[i], &stored, NULL) != LODE_OK)
            bench_die("a record is not there");
        s->ours += sum(stored.data, (size_t)stored.size);
    }
    return (measure_now() - begin) / (double)s->n;
}

static double read_packed(void *ctx)
{
    struct side *s = ctx;
    s->ours = 0;
    const double begin = measure_now();
    for (size_t i = 0; i < s->n; i++) {
        const int64_t number = lode_store_find(s->store, s->keys[i], s->lens[i], NULL);
        const int64_t n = lode_store_get(s->reader, number, s->buf, (int64_t)s->kind->most, NULL);
        if (n < 0)
            bench_die("a record is not there");
        s->ours += sum(s->buf, (size_t)n);
    }
    return (measure_now() - begin) / (double)s->n;
}

static double read_lmdb(void *ctx)
{
    struct side *s = ctx;
    s->peer = 0;
    const double begin = measure_now();
    for (size_t i = 0; i < s->n; i++) {
        MDB_val k = {s->lens[i], s->keys[i]}, v;
        must(mdb_get(s->txn, s->dbi, &k, &v), "get");
        s->peer += sum(v.mv_data, v.mv_size);
    }
    return (measure_now() - begin) / (double)s->n;
}

static void row(const struct bench *bench, const char *name, struct side *s, double (*ours)(void *))
{
    struct measure_pair pair;
    (void)ours(s); /* both are warm, and have every page of the map */
    (void)read_lmdb(s);
    if (s->ours != s->peer)
        bench_die("%s: the sides read different bytes", name);
    measure_single(&pair, bench->scale.rounds, ours, read_lmdb, s);
    report_pair(name, &pair, 1e6, "us", "LMDB", LODE_LMDB_VERSION);
}

static int64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Which records are read: each once at most, 200,000 at most, in random order. */
static void choose(struct side *s)
{
    const size_t records = s->kind->records;
    struct genome_rng rng = {7};
    uint64_t *order = malloc(records * sizeof *order);
    for (size_t i = 0; i < records; i++)
        order[i] = i;
    for (size_t i = records - 1; i > 0; i--) {
        const size_t k = (size_t)genome_below(&rng, i + 1);
        const uint64_t swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    s->n = records < READS ? records : READS;
    s->keys = malloc(s->n * sizeof *s->keys);
    s->lens = malloc(s->n * sizeof *s->lens);
    for (size_t i = 0; i < s->n; i++)
        s->lens[i] = make_key(order[i], s->keys[i]);
    free(order);
}

static void measure(const struct bench *bench, const struct kind *kind, bool dictionary)
{
    char path[4096], dir[4096], name[64];
    struct lode_store_info info = {.struct_size = sizeof info};
    struct side s = {.kind = kind};
    s.buf = malloc(kind->most);
    choose(&s);
    bench_path(bench, "records.mdb", dir);
    bench_path(bench, "records.lode", path);
    MDB_env *env = fill_lmdb(kind, dir, s.buf);
    must(mdb_txn_begin(env, NULL, MDB_RDONLY, &s.txn), "begin");
    must(mdb_dbi_open(s.txn, NULL, 0, &s.dbi), "open");
    for (int codec = LODE_STORE_RAW; codec <= (dictionary ? LODE_STORE_ZSTD : LODE_STORE_RAW);
         codec++) {
        struct lode_diag diag;
        const bool packed = codec == LODE_STORE_ZSTD;
        s.store = fill_store(kind, path, codec, s.buf);
        bench_must(lode_store_reader_new(s.store, &s.reader), NULL, "reader");
        bench_must(lode_store_verify(s.store, NULL, NULL, &diag), &diag, path);
        snprintf(name, sizeof name, "rec_%s%s", kind->name, packed ? "_dict" : "");
        row(bench, name, &s, packed ? read_packed : read_ours);
        bench_must(lode_store_info(s.store, &info), NULL, "info");
        snprintf(name, sizeof name, "rec_%s%s_size", kind->name, packed ? "_dict" : "");
        report_values(name, (double)file_size(path) / (double)info.bytes, 1, "of raw",
                      "the records themselves", "-");
        lode_store_reader_free(s.reader);
        lode_store_close(s.store);
    }
    mdb_txn_abort(s.txn);
    mdb_env_close(env);
    free(s.keys);
    free(s.lens);
    free(s.buf);
}

void bench_records(const struct bench *bench)
{
    const bool tiny = strcmp(bench->scale.name, "tiny") == 0;
    const struct kind text = {"text", tiny ? 5000 : 100000, 4096, make_text};
    const struct kind small = {"small", tiny ? 5000 : 2000000, 1024, make_small};
    const struct kind floats = {"floats", tiny ? 100 : 5000, 40000, make_floats};
    measure(bench, &text, true);
    measure(bench, &small, false);
    measure(bench, &floats, false);
}

#else

void bench_records(const struct bench *bench)
{
    (void)bench;
    report_skip("rec_text", "no LMDB (Debian: liblmdb-dev)");
}

#endif
