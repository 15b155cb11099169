/* Memory that is not there: each allocation of each call fails once, and from then on. The call
 * says NOMEM or does its work all the same; nothing leaks, nothing is half done, and the same
 * handles answer when there is memory again. */
#include "nomem_support.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- what is called -------------------------------------------------------------------------- */

static struct fasta fasta;
static lode_index *plain, *blocked, *restarted, *packed;

static int open_one(const void *arg)
{
    lode_index *index = NULL;
    struct lode_diag diag = {0};
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    options.map_mode = *(const int *)arg;
    const int status = lode_open(tmp_path("p.fa.lode"), &options, &index, &diag);
    assert_true((status == LODE_OK) == (index != NULL));
    lode_close(index);
    return nomem_told(status, &diag);
}

static int find_one(const void *arg)
{
    const lode_index *index = *(lode_index *const *)arg;
    struct lode_contig contig;
    struct lode_diag diag = {0};
    int64_t begin, end;
    int status =
        lode_find(index, -1, fasta.records[3].name, strlen(fasta.records[3].name), &contig, &diag);
    if (status == LODE_OK)
        status = lode_region(index, "{c0}:1-3", 8, &contig, &begin, &end, &diag);
    return status == LODE_E_NOT_FOUND ? LODE_OK : status;
}

static int read_some(const void *arg)
{
    const lode_index *index = *(lode_index *const *)arg;
    lode_reader *reader = NULL;
    struct rng rng = {9};
    const int status = lode_reader_new(index, NULL, &reader);
    if (status != LODE_OK)
        return status;
    const int verdict = read_randomly(index, reader, &fasta, &rng, 30, 3000);
    lode_reader_free(reader);
    return verdict;
}

enum { REQUESTS = 64, LENGTH = 2000 };

static int read_many(const void *arg)
{
    const lode_index *index = *(lode_index *const *)arg;
    static char dst[REQUESTS][LENGTH];
    struct lode_request requests[REQUESTS] = {0};
    struct lode_batch batch = LODE_BATCH_INIT;
    struct lode_diag diag = {0};
    lode_reader *reader = NULL;
    int status = lode_reader_new(index, NULL, &reader);
    if (status != LODE_OK)
        return status;
    batch.threads = 2;
    batch.bounds = LODE_BOUNDS_CLIP;
    for (int i = 0; i < REQUESTS; i++)
        requests[i] = (struct lode_request){.contig = i % (int)fasta.count,
                                            .begin = 37 * i,
                                            .end = 37 * i + LENGTH,
                                            .dst = dst[i],
                                            .dst_size = LENGTH};
    (void)lode_fetch_many(reader, requests, REQUESTS, &batch, &diag);
    for (int i = 0; i < REQUESTS; i++) {
        const struct record *record = &fasta.records[requests[i].contig];
        if (requests[i].status < 0) {
            assert_int_equal(requests[i].status, LODE_E_NOMEM);
            status = LODE_E_NOMEM;
        } else if (requests[i].written > 0) {
            assert_memory_equal(dst[i], record->bases + requests[i].begin,
                                (size_t)requests[i].written);
        }
    }
    lode_reader_free(reader);
    return status;
}

static int ask_bins(const void *arg)
{
    const lode_index *index = *(lode_index *const *)arg;
    struct lode_draw draw = LODE_DRAW_INIT;
    struct lode_diag diag = {0};
    int64_t contigs[20], begins[20];
    draw.length = 500;
    draw.max_n = 100;
    const int status = lode_random_windows(index, &draw, 0, 20, contigs, begins, &diag);
    for (int i = 0; i < 20 && status == LODE_OK; i++)
        assert_true(begins[i] >= 0 && begins[i] + 500 <= fasta.records[contigs[i]].length);
    return nomem_told(status, &diag);
}

static int verify_one(const void *arg)
{
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag = {0};
    options.level = LODE_VERIFY_FULL;
    options.threads = 2;
    return nomem_told(lode_verify(*(lode_index *const *)arg, &options, &diag), &diag);
}

/* ---- records --------------------------------------------------------------------------------- */

enum { RECORDS = 60 };

static size_t record_of(int i, char *key, char *value)
{
    snprintf(key, 16, "key%d", i * 7);
    for (int k = 0; k < i * 13 % 400; k++)
        value[k] = (char)('a' + (i + k / 9) % 26);
    return (size_t)(i * 13 % 400);
}

/* A store with every kind of table; where it fails, the older one stays. */
static int write_store(const void *arg)
{
    const int codec = *(const int *)arg;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    struct lode_diag diag = {0};
    lode_store_writer *writer = NULL;
    char key[16], value[400];
    options.codec = codec;
    options.keys = LODE_STORE_TEXT;
    options.block_size = 1000;
    options.shuffle = codec == LODE_STORE_ZSTD ? 2 : 0;
    options.name = "nomem";
    int status = lode_store_create(tmp_path("s%d.lode", codec), &options, &writer, &diag);
    for (int i = 0; i < RECORDS && status == LODE_OK; i++) {
        const size_t n = record_of(i, key, value);
        status = lode_store_put(writer, key, strlen(key), value, n, i % 2 ? "odd" : NULL, &diag);
    }
    if (status == LODE_OK)
        return nomem_told(lode_store_publish(writer, NULL, &diag), &diag);
    lode_store_discard(writer);
    return nomem_told(status, &diag);
}

static int append_store(const void *arg)
{
    struct lode_diag diag = {0};
    lode_store_writer *writer = NULL;
    int status = lode_store_append(tmp_path("s%d.lode", *(const int *)arg), &writer, &diag);
    if (status == LODE_OK)
        status = lode_store_put(writer, "key7", 4, "", 0, "new", &diag);
    if (status == LODE_OK)
        status = lode_store_remove(writer, "key14", 5, &diag);
    if (status != LODE_OK)
        lode_store_discard(writer);
    else
        status = lode_store_publish(writer, NULL, &diag);
    return nomem_told(status, &diag);
}

/* What was written is copied into a file for several stores. */
static int join_stores(const void *arg)
{
    struct lode_diag diag = {0};
    lode_store_writer *writer = NULL;
    lode_store *store = NULL;
    int status = lode_store_open(tmp_path("s%d.lode", *(const int *)arg), NULL, &store, &diag);
    if (status == LODE_OK)
        status = lode_store_copy(store, "copy", &writer, &diag);
    lode_store_close(store);
    if (status == LODE_OK)
        status = lode_store_publish_all(&writer, 1, tmp_path("joined.lode"), &diag);
    return nomem_told(status, &diag);
}

static int read_store(const void *arg)
{
    static char room[RECORDS][400];
    const int codec = *(const int *)arg;
    struct lode_store_request requests[RECORDS];
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    char key[16], value[400];
    int status =
        nomem_told(lode_store_open(tmp_path("s%d.lode", codec), NULL, &store, &diag), &diag);
    if (status == LODE_OK)
        status = lode_store_reader_new(store, &reader);
    for (int i = 0; i < RECORDS; i++)
        requests[i] = (struct lode_store_request){
            .number = RECORDS - 1 - i, .dst = room[i], .dst_size = sizeof room[i]};
    if (status == LODE_OK) {
        const int64_t failed = lode_store_get_many(reader, requests, RECORDS, 2, &diag);
        status = failed != 0 ? nomem_told(diag.status, &diag) : LODE_OK;
    }
    for (int i = 0; i < RECORDS && status == LODE_OK; i++) {
        const size_t n = record_of(RECORDS - 1 - i, key, value);
        assert_int_equal(requests[i].written, n);
        assert_memory_equal(room[i], value, n);
    }
    if (status == LODE_OK)
        status = nomem_told(lode_store_verify(store, NULL, NULL, &diag), &diag);
    lode_store_reader_free(reader);
    lode_store_close(store);
    return status;
}

/* What stands at the index's name afterwards: the old bytes, or the right ones. */
static int build_one(const void *arg)
{
    const int pack = *(const int *)arg;
    const char *inputs[] = {tmp_path("p.fa"), tmp_path("b.fa.gz")};
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag = {0};
    static struct bytes right[2];
    options.out = tmp_path(pack ? "two-packed.lode" : "two.lode");
    options.threads = pack ? 2 : 1;
    options.digest = 1;
    options.pack = pack;
    options.rescan = pack;
    options.names_file = tmp_path("names");
    const int status = lode_build(inputs, 2, &options, NULL, &diag);
    allocs_stop(); /* what follows is the test's */
    struct bytes got = file_read(options.out);
    if (right[pack].n == 0)
        right[pack] = got; /* the first run, where all goes well */
    assert_int_equal(got.n, right[pack].n);
    assert_memory_equal(got.p, right[pack].p, got.n);
    if (got.p != right[pack].p)
        bytes_free(&got);
    return nomem_told(status, &diag);
}

static int compress_one(const void *arg)
{
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    struct lode_diag diag = {0};
    FILE *in = allocs_fopen(tmp_path("p.fa"), "rb");
    assert_non_null(in);
    options.layout = *(const int *)arg;
    options.threads = 2;
    options.index = 1;
    const int status = lode_compress(fileno(in), "p.fa", tmp_path("c.fa.gz"), &options, &diag);
    fclose(in);
    return nomem_told(status, &diag);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const int maps[] = {LODE_MAP_SHARED, LODE_MAP_COPY, LODE_MAP_GUARDED};
static const int packs[] = {0, 1};
static const int codecs[] = {LODE_STORE_RAW, LODE_STORE_ZSTD, LODE_STORE_BLOCKS};
static const int layouts[] = {LODE_LAYOUT_ORDINARY, LODE_LAYOUT_RESTART};

static const struct nomem_call reads[] = {
    {"open", open_one, &maps[0]},
    {"open a copy", open_one, &maps[1]},
    {"open guarded", open_one, &maps[2]},
    {"find", find_one, &plain},
    {"read plain", read_some, &plain},
    {"read blocks", read_some, &blocked},
    {"read restart", read_some, &restarted},
    {"read packed", read_some, &packed},
    {"batch plain", read_many, &plain},
    {"batch blocks", read_many, &blocked},
    {"batch packed", read_many, &packed},
    {"windows", ask_bins, &packed},
    {"verify plain", verify_one, &plain},
    {"verify blocks", verify_one, &blocked},
    {"verify packed", verify_one, &packed},
};
static const struct nomem_call writes[] = {
    {"build", build_one, &packs[0]},
    {"build packed", build_one, &packs[1]},
    {"compress", compress_one, &layouts[0]},
    {"compress restart", compress_one, &layouts[1]},
};
static const struct nomem_call stores[] = {
    {"write raw records", write_store, &codecs[0]},
    {"write packed records", write_store, &codecs[1]},
    {"write blocks of records", write_store, &codecs[2]},
    {"read raw records", read_store, &codecs[0]},
    {"read packed records", read_store, &codecs[1]},
    {"read blocks of records", read_store, &codecs[2]},
    {"append", append_store, &codecs[1]},
    {"join", join_stores, &codecs[1]},
};

static void test_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(reads); i++)
        nomem_check(&reads[i]);
}

static void test_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(writes); i++)
        nomem_check(&writes[i]);
}

static void test_stores(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stores); i++)
        nomem_check(&stores[i]);
}

static int make(void **state)
{
    struct rng rng = {77};
    const struct style style = {.records = 12,
                                .max_length = 9000,
                                .max_width = 60,
                                .letters = style_letters[1],
                                .blank_lines = true};
    if (tmp_make(state) != 0)
        return -1;
    fasta = fasta_random(&rng, &style);
    plain = index_of(&fasta, "p.fa", 0);
    blocked = index_of(&fasta, "b.fa.gz", 4096);
    const int layout = LODE_LAYOUT_RESTART;
    if (compress_one(&layout) != LODE_OK)
        return -1;
    restarted = open_ok(tmp_path("c.fa.gz.lode"));
    const char *input = tmp_path("p.fa");
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    options.out = tmp_path("packed.lode");
    options.pack = 1;
    if (lode_build(&input, 1, &options, NULL, NULL) != LODE_OK)
        return -1;
    packed = open_ok(options.out);
    file_write(tmp_path("names"), "p.fa\tone\n", 9);
    return 0;
}

static int drop(void **state)
{
    lode_close(plain);
    lode_close(blocked);
    lode_close(restarted);
    lode_close(packed);
    fasta_free(&fasta);
    return tmp_drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_writes),
        cmocka_unit_test(test_stores),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
