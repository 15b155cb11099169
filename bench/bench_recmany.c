/* Rows rec_open_10m, rec_worker_kb, rec_cold1000: ten million records, opened and read by many
 * processes, beside LMDB. */
#include "bench.h"
#include "genome.h"
#include "report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if LODE_HAVE_LMDB
#include <lmdb.h>

enum { SIZE = 64, WORKERS = 8, READS = 10, MORE_READS = 1000, OPENS = 20 };

struct many {
    char path[4096], dir[4096];
    uint64_t records;
    uint64_t keys[MORE_READS];
    size_t n;
    uint64_t sum; /* of what was read last */
};

static void make(uint64_t i, uint8_t value[SIZE])
{
    struct genome_rng rng = {i};
    for (int k = 0; k < SIZE; k += 8) {
        const uint64_t word = genome_below(&rng, UINT64_MAX);
        memcpy(value + k, &word, 8);
    }
}

static void take(struct many *many, const void *value, size_t n)
{
    for (size_t k = 0; k + 8 <= n; k += 8) {
        uint64_t word;
        memcpy(&word, (const char *)value + k, 8);
        many->sum += word;
    }
}

static void must(int status, const char *what)
{
    if (status != 0)
        bench_die("LMDB: %s: %s", what, mdb_strerror(status));
}

/* Keys ascend: LMDB's fastest way to load, and its densest file. */
static MDB_env *open_lmdb(const struct many *many, unsigned flags, MDB_txn **txn, MDB_dbi *dbi)
{
    MDB_env *env;
    must(mdb_env_create(&env), "create");
    must(mdb_env_set_mapsize(env, (size_t)8 << 30), "mapsize");
    must(mdb_env_open(env, many->dir, MDB_NOSYNC | MDB_NOTLS | flags, 0666), many->dir);
    must(mdb_txn_begin(env, NULL, flags, txn), "begin");
    must(mdb_dbi_open(*txn, NULL, flags != 0 ? 0 : MDB_CREATE | MDB_INTEGERKEY, dbi), "open");
    return env;
}

static void fill(const struct many *many)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    struct lode_diag diag;
    uint8_t value[SIZE];
    char old[4096 + 16];
    MDB_txn *txn;
    MDB_dbi dbi;
    snprintf(old, sizeof old, "%s/data.mdb", many->dir);
    (void)unlink(old);
    (void)mkdir(many->dir, 0777);
    MDB_env *env = open_lmdb(many, 0, &txn, &dbi);
    options.keys = LODE_STORE_INTEGERS;
    bench_must(lode_store_create(many->path, &options, &writer, &diag), &diag, many->path);
    for (uint64_t i = 0; i < many->records; i++) {
        MDB_val k = {sizeof i, &i}, v = {SIZE, value};
        make(i, value);
        must(mdb_put(txn, dbi, &k, &v, MDB_APPEND), "put");
        bench_must(lode_store_put(writer, &i, sizeof i, value, SIZE, NULL, &diag), &diag,
                   many->path);
    }
    must(mdb_txn_commit(txn), "commit");
    mdb_env_close(env);
    bench_must(lode_store_publish(writer, NULL, &diag), &diag, many->path);
}

/* Opens, and reads n; what was opened stays so. */
static void work_ours(void *arg)
{
    struct many *many = arg;
    lode_store *store = NULL;
    struct lode_diag diag;
    bench_must(lode_store_open(many->path, NULL, &store, &diag), &diag, many->path);
    for (size_t i = 0; i < many->n; i++) {
        struct lode_stored stored;
        bench_must(lode_store_lookup(store, &many->keys[i], 8, &stored, &diag), &diag, "lookup");
        take(many, stored.data, (size_t)stored.size);
    }
}

static void work_peer(void *arg)
{
    struct many *many = arg;
    MDB_txn *txn;
    MDB_dbi dbi;
    (void)open_lmdb(many, MDB_RDONLY, &txn, &dbi);
    for (size_t i = 0; i < many->n; i++) {
        MDB_val k = {8, &many->keys[i]}, v;
        must(mdb_get(txn, dbi, &k, &v), "get");
        take(many, v.mv_data, v.mv_size);
    }
}

/* One open and one read, then closed; seconds. */
static double open_ours(void *arg)
{
    struct many *many = arg;
    const double begin = measure_now();
    for (size_t i = 0; i < OPENS; i++) {
        lode_store *store = NULL;
        struct lode_stored stored;
        bench_must(lode_store_open(many->path, NULL, &store, NULL), NULL, many->path);
        bench_must(lode_store_lookup(store, &many->keys[i], 8, &stored, NULL), NULL, "lookup");
        take(many, stored.data, (size_t)stored.size);
        lode_store_close(store);
    }
    return (measure_now() - begin) / OPENS;
}

static double open_peer(void *arg)
{
    struct many *many = arg;
    const double begin = measure_now();
    for (size_t i = 0; i < OPENS; i++) {
        MDB_txn *txn;
        MDB_dbi dbi;
        MDB_env *env = open_lmdb(many, MDB_RDONLY, &txn, &dbi);
        MDB_val k = {8, &many->keys[i]}, v;
        must(mdb_get(txn, dbi, &k, &v), "get");
        take(many, v.mv_data, v.mv_size);
        mdb_txn_abort(txn);
        mdb_env_close(env);
    }
    return (measure_now() - begin) / OPENS;
}

static void check_equal(void *arg)
{
    struct many *many = arg;
    many->sum = 0;
    work_ours(many);
    const uint64_t ours = many->sum;
    many->sum = 0;
    work_peer(many);
    if (ours != many->sum)
        bench_die("rec_worker_kb: the sides read different bytes");
}

static void worker_row(struct many *many, const char *row, size_t n)
{
    many->n = n;
    report_values(row, measure_worker_kib(work_ours, many, WORKERS),
                  measure_worker_kib(work_peer, many, WORKERS), "KiB", "LMDB", LODE_LMDB_VERSION);
}

/* ---- cold -------------------------------------------------------------------------------------
 */

/* What the page cache holds of the file is dropped; nobody has it mapped. */
static void make_cold(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fdatasync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
        bench_die("%s: cannot be dropped from the page cache", path);
    close(fd);
}

static double cold_ours(void *arg)
{
    struct many *many = arg;
    static int64_t numbers[MORE_READS];
    static const void *keys[MORE_READS];
    static size_t lens[MORE_READS];
    static struct lode_store_request requests[MORE_READS];
    static uint8_t values[MORE_READS][SIZE];
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    for (size_t i = 0; i < MORE_READS; i++) {
        keys[i] = &many->keys[i];
        lens[i] = 8;
    }
    make_cold(many->path);
    const double begin = measure_now();
    bench_must(lode_store_open(many->path, NULL, &store, NULL), NULL, many->path);
    bench_must(lode_store_reader_new(store, &reader), NULL, "reader");
    if (lode_store_find_many(store, keys, lens, MORE_READS, numbers) != 0)
        bench_die("a record is not there");
    for (size_t i = 0; i < MORE_READS; i++)
        requests[i] =
            (struct lode_store_request){.number = numbers[i], .dst = values[i], .dst_size = SIZE};
    if (lode_store_get_many(reader, requests, MORE_READS, 1, NULL) != 0)
        bench_die("a record cannot be read");
    const double seconds = measure_now() - begin;
    many->sum = 0;
    for (size_t i = 0; i < MORE_READS; i++)
        take(many, values[i], SIZE);
    lode_store_reader_free(reader);
    lode_store_close(store);
    return seconds;
}

/* One by one: each page waits for the disk by itself. */
static double cold_faults(void *arg)
{
    struct many *many = arg;
    lode_store *store = NULL;
    make_cold(many->path);
    many->sum = 0;
    const double begin = measure_now();
    bench_must(lode_store_open(many->path, NULL, &store, NULL), NULL, many->path);
    for (size_t i = 0; i < MORE_READS; i++) {
        struct lode_stored stored;
        bench_must(lode_store_lookup(store, &many->keys[i], 8, &stored, NULL), NULL, "lookup");
        take(many, stored.data, (size_t)stored.size);
    }
    const double seconds = measure_now() - begin;
    lode_store_close(store);
    return seconds;
}

static void cold_row(const struct bench *bench, struct many *many)
{
    struct measure_pair pair;
    (void)cold_ours(many);
    const uint64_t ours = many->sum;
    (void)cold_faults(many);
    if (ours != many->sum)
        bench_die("rec_cold1000: the sides read different bytes");
    measure_pair(&pair, bench->scale.rounds, cold_ours, cold_faults, many);
    report_pair("rec_cold1000", &pair, 1e3, "ms", "lode, one by one", "-");
    report_note("rec_cold1000: opened, %d records found and read, with nothing of the file in "
                "the page cache (posix_fadvise).",
                MORE_READS);
}

void bench_recmany(const struct bench *bench)
{
    struct many many = {.n = MORE_READS};
    struct genome_rng rng = {11};
    struct measure_pair pair;
    many.records = strcmp(bench->scale.name, "tiny") == 0    ? 20000
                   : strcmp(bench->scale.name, "quick") == 0 ? 1000000
                                                             : 10000000;
    bench_path(bench, "recmany.lode", many.path);
    bench_path(bench, "recmany.mdb", many.dir);
    fill(&many);
    for (size_t i = 0; i < MORE_READS; i++)
        many.keys[i] = genome_below(&rng, many.records);
    /* a child of its own: what it opens, the workers must not inherit */
    (void)measure_growth_kib(check_equal, &many);
    measure_single(&pair, bench->scale.rounds, open_ours, open_peer, &many);
    report_pair("rec_open_10m", &pair, 1e6, "us", "LMDB", LODE_LMDB_VERSION);
    worker_row(&many, "rec_worker_kb", READS);
    worker_row(&many, "rec_worker1000_kb", MORE_READS);
    report_note("rec_worker_kb: PSS + page tables that worker %d adds while the others live, %llu "
                "records of %d bytes; each opens for itself and reads the same %d (or %d) of them.",
                WORKERS, (unsigned long long)many.records, SIZE, READS, MORE_READS);
    cold_row(bench, &many);
    (void)unlink(many.path);
}

#else

void bench_recmany(const struct bench *bench)
{
    (void)bench;
    report_skip("rec_worker_kb", "no LMDB (Debian: liblmdb-dev)");
}

#endif
