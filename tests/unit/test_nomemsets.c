/* Memory that is not there, in sets: nothing leaks, and what stands at the path is the old set or
 * the new one, whole, with its members and no others. */
#include "nomem_support.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILES = 3, RECORDS = 30 };

static struct fasta fastas[FILES];
static lode_index *set;

static int open_one(const void *arg)
{
    lode_index *index = NULL;
    struct lode_diag diag = {0};
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    options.map_mode = *(const int *)arg;
    const int status = lode_open(tmp_path("set.lode"), &options, &index, &diag);
    assert_true((status == LODE_OK) == (index != NULL));
    lode_close(index);
    return nomem_told(status, &diag);
}

static int find_some(const void *arg)
{
    const lode_index *index = *(lode_index *const *)arg;
    const char *names[FILES] = {"x0_1", "x1_1", "x2_1"};
    const size_t lens[FILES] = {4, 4, 4};
    struct lode_contig contig, found[FILES];
    struct lode_diag diag = {0};
    int64_t begin, end;
    int statuses[FILES], status = lode_find(index, -1, "x2_3", 4, &contig, &diag);
    if (status == LODE_OK)
        status = lode_region(index, "x1_2:1-3", 8, &contig, &begin, &end, &diag);
    (void)lode_find_many(index, NULL, names, lens, FILES, found, statuses);
    for (int i = 0; i < FILES && status == LODE_OK; i++) {
        status = statuses[i];
        assert_true(status != LODE_OK || found[i].source == i);
    }
    return status;
}

enum { REQUESTS = 48, LENGTH = 500 };

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
    const int each = (int)fastas[0].count;
    for (int i = 0; i < REQUESTS; i++)
        requests[i] = (struct lode_request){.contig = i % (FILES * each),
                                            .begin = 7 * i,
                                            .end = 7 * i + LENGTH,
                                            .dst = dst[i],
                                            .dst_size = LENGTH};
    const int64_t failed = lode_fetch_many(reader, requests, REQUESTS, &batch, &diag);
    int64_t counted = 0;
    for (int i = 0; i < REQUESTS; i++) {
        const struct record *r =
            &fastas[requests[i].contig / each].records[requests[i].contig % each];
        if (requests[i].status < 0) {
            assert_int_equal(requests[i].status, LODE_E_NOMEM);
            status = LODE_E_NOMEM;
            counted++;
        } else if (requests[i].written > 0) {
            assert_memory_equal(dst[i], r->bases + requests[i].begin, (size_t)requests[i].written);
        }
    }
    assert_true(failed == counted || (failed < 0 && counted == REQUESTS));
    lode_reader_free(reader);
    return status;
}

static int verify_one(const void *arg)
{
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag = {0};
    options.level = LODE_VERIFY_FULL;
    options.threads = 2;
    return nomem_told(lode_verify(*(lode_index *const *)arg, &options, &diag), &diag);
}

static int draw_some(const void *arg)
{
    const lode_index *index = *(lode_index *const *)arg;
    struct lode_draw draw = LODE_DRAW_INIT;
    struct lode_diag diag = {0};
    int64_t contigs[20], begins[20];
    draw.length = 50;
    return nomem_told(lode_random_windows(index, &draw, 0, 20, contigs, begins, &diag), &diag);
}

static int count_of(const char *prefix)
{
    int n = 0;
    DIR *dir = opendir(tmp_root);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(dir);
    return n;
}

static int build(int i, const char *out, int add, struct lode_diag *diag)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("f%d.fa", i);
    how.out = out;
    how.add = add;
    how.threads = 1;
    return lode_build(&input, 1, &how, NULL, diag);
}

/* An index becomes a set, a set gets a member more: the old one or the new. */
static int add_one(const void *arg)
{
    const int members = *(const int *)arg;
    char out[600];
    struct lode_diag diag = {0};
    struct lode_info info = {.struct_size = sizeof info};
    snprintf(out, sizeof out, "%s", tmp_path("add.lode"));
    lode_index *index = NULL;
    allocs_pause(true);
    assert_int_equal(build(0, out, 0, NULL), LODE_OK);
    if (members == 2)
        assert_int_equal(build(1, out, 1, NULL), LODE_OK);
    allocs_pause(false);
    const int status = build(2, out, 1, &diag);
    allocs_pause(true);
    index = open_ok(out);
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    const int old = members == 2 ? 2 : 0;
    assert_true(info.members == (status == LODE_OK ? members + 1 : old));
    assert_int_equal(info.contigs, (members + (status == LODE_OK)) * (int64_t)fastas[0].count);
    (void)verify_one(&index);
    lode_close(index);
    /* memory for looking about may be what is missing: then files are removed by the next writer */
    assert_true(count_of("add.lode.m") >= info.members);
    assert_int_equal(count_of(".add.lode"), 0);
    allocs_pause(false);
    return nomem_told(status, &diag);
}

static void fill(lode_store_writer *w, int first, int last, const char *value)
{
    char key[16];
    for (int i = first; i < last; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(
            lode_store_put(w, key, strlen(key), value, strlen(value), i % 2 ? "t" : NULL, NULL),
            LODE_OK);
    }
}

/* Records 0 to 19 of "one", 10 to 29 of "two", 5 taken out. */
static void make_store(const char *path)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    options.keys = LODE_STORE_TEXT;
    options.codec = LODE_STORE_ZSTD;
    options.name = "words";
    unlink(path);
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    fill(w, 0, 20, "one");
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    fill(w, 10, RECORDS, "two");
    assert_int_equal(lode_store_remove(w, "key5", 4, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
}

static void check_store(const char *path, int64_t members, int64_t records)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store *store = NULL;
    assert_int_equal(lode_store_open(path, NULL, &store, NULL), LODE_OK);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.members, members);
    assert_int_equal(info.records, records);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_close(store);
}

static int read_store(const void *arg)
{
    static char room[RECORDS][16];
    static struct lode_store_request requests[RECORDS];
    static const char *const keys[] = {"key0", "key5", "key12", "key29"};
    static const size_t lens[] = {4, 4, 5, 5};
    static const int64_t numbers[] = {0, LODE_E_NOT_FOUND, 11, 28};
    struct lode_store_open_options how = LODE_STORE_OPEN_OPTIONS_INIT;
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    lode_store_reader *reader = NULL;
    int64_t found[4];
    how.map_mode = *(const int *)arg;
    int status = nomem_told(lode_store_open(tmp_path("words.lode"), &how, &store, &diag), &diag);
    if (status == LODE_OK)
        status = lode_store_reader_new(store, &reader);
    for (int i = 0; i < RECORDS - 1; i++)
        requests[i] = (struct lode_store_request){
            .number = RECORDS - 2 - i, .dst = room[i], .dst_size = sizeof room[i]};
    if (status == LODE_OK && lode_store_get_many(reader, requests, RECORDS - 1, 2, &diag) != 0)
        status = nomem_told(diag.status, &diag);
    for (int i = 0; i < RECORDS - 1 && status == LODE_OK; i++)
        assert_memory_equal(room[i], RECORDS - 2 - i < 9 ? "one" : "two", 3);
    if (status == LODE_OK) {
        (void)lode_store_find_many(store, (const void *const *)keys, lens, 4, found);
        for (int i = 0; i < 4; i++) {
            status = found[i] == LODE_E_NOMEM ? LODE_E_NOMEM : status;
            assert_true(found[i] == numbers[i] || found[i] == LODE_E_NOMEM);
        }
    }
    if (status == LODE_OK)
        status = nomem_told(lode_store_verify(store, NULL, NULL, &diag), &diag);
    lode_store_reader_free(reader);
    lode_store_close(store);
    return status;
}

static int extend_store(const void *arg)
{
    const int twice = *(const int *)arg; /* a set, or a store by itself */
    char path[600];
    struct lode_diag diag = {0};
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("ext.lode"));
    allocs_pause(true);
    make_store(path);
    if (!twice)
        assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_OK);
    allocs_pause(false);
    int status = lode_store_extend(path, &w, &diag);
    if (status == LODE_OK &&
        (status = lode_store_put(w, "key7", 4, "", 0, "new", &diag)) == LODE_OK &&
        (status = lode_store_put(w, "more", 4, "", 0, NULL, &diag)) == LODE_OK)
        status = lode_store_remove(w, "key14", 5, &diag);
    if (status != LODE_OK)
        lode_store_discard(w);
    else
        status = lode_store_publish(w, NULL, &diag);
    allocs_pause(true);
    check_store(path, (twice ? 2 : 0) + (status == LODE_OK ? (twice ? 1 : 2) : 0), RECORDS - 1);
    assert_int_equal(count_of(".ext.lode"), 0);
    allocs_pause(false);
    return nomem_told(status, &diag);
}

/* What was flushed is there, whatever becomes of what is put behind it. */
static int flush_store(const void *arg)
{
    char path[600];
    struct lode_diag diag = {0};
    lode_store_writer *w = NULL;
    int members = 2;
    (void)arg;
    snprintf(path, sizeof path, "%s", tmp_path("ext.lode"));
    allocs_pause(true);
    make_store(path);
    allocs_pause(false);
    int status = lode_store_extend(path, &w, &diag);
    for (int i = 0; i < 2 && status == LODE_OK; i++) {
        status = lode_store_put(w, "key7", 4, "", 0, NULL, &diag);
        if (status == LODE_OK)
            status = lode_store_flush(w, &diag);
        members += status == LODE_OK;
    }
    lode_store_discard(w);
    allocs_pause(true);
    check_store(path, members, RECORDS - 1);
    allocs_pause(false);
    return nomem_told(status, &diag);
}

static int compact_store(const void *arg)
{
    char path[600];
    struct lode_diag diag = {0};
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    options.codec = *(const int *)arg;
    snprintf(path, sizeof path, "%s", tmp_path("ext.lode"));
    allocs_pause(true);
    make_store(path);
    allocs_pause(false);
    const int status = lode_store_compact(path, &options, NULL, &diag);
    allocs_pause(true);
    check_store(path, status == LODE_OK ? 0 : 2, RECORDS - 1);
    assert_int_equal(count_of(".ext.lode"), 0);
    allocs_pause(false);
    return nomem_told(status, &diag);
}

/* An index in the place of a set of records is refused, whatever cannot be had. */
static int replace_store(const void *arg)
{
    char path[600];
    struct lode_diag diag = {0};
    (void)arg;
    snprintf(path, sizeof path, "%s", tmp_path("words.lode"));
    const int status = build(0, path, 0, &diag);
    allocs_pause(true);
    check_store(path, 2, RECORDS - 1);
    allocs_pause(false);
    return nomem_told(status, &diag) == LODE_E_ARG ? LODE_OK : status;
}

static const int maps[] = {LODE_MAP_SHARED, LODE_MAP_COPY, LODE_MAP_GUARDED};
static const int counts[] = {1, 2}, twice[] = {0, 1};
static const int codecs[] = {LODE_STORE_RAW, LODE_STORE_ZSTD, LODE_STORE_BLOCKS};

static const struct nomem_call indexes[] = {
    {"open", open_one, &maps[0]},
    {"open a copy", open_one, &maps[1]},
    {"open guarded", open_one, &maps[2]},
    {"find", find_some, &set},
    {"batch", read_many, &set},
    {"verify", verify_one, &set},
    {"windows", draw_some, &set},
    {"add to an index", add_one, &counts[0]},
    {"add to a set", add_one, &counts[1]},
};
static const struct nomem_call stores[] = {
    {"read", read_store, &maps[0]},
    {"read a copy", read_store, &maps[1]},
    {"extend a store", extend_store, &twice[0]},
    {"extend a set", extend_store, &twice[1]},
    {"flush", flush_store, NULL},
    {"compact to raw records", compact_store, &codecs[0]},
    {"compact to packed records", compact_store, &codecs[1]},
    {"compact to blocks", compact_store, &codecs[2]},
    {"replace a store", replace_store, NULL},
};

static void test_indexes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(indexes); i++)
        nomem_check(&indexes[i]);
}

static void test_stores(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stores); i++)
        nomem_check(&stores[i]);
}

static int make(void **state)
{
    struct rng rng = {78};
    if (tmp_make(state) != 0)
        return -1;
    for (int i = 0; i < FILES; i++) {
        char prefix[8], leaf[16];
        snprintf(prefix, sizeof prefix, "x%d_", i);
        snprintf(leaf, sizeof leaf, "f%d.fa", i);
        const struct style style = {.records = 5,
                                    .max_length = 900,
                                    .max_width = 60,
                                    .letters = style_letters[1],
                                    .prefix = prefix};
        fastas[i] = fasta_random(&rng, &style);
        (void)fasta_file(&fastas[i], leaf, 0);
        if (build(i, tmp_path("set.lode"), 1, NULL) != LODE_OK)
            return -1;
    }
    set = open_ok(tmp_path("set.lode"));
    make_store(tmp_path("words.lode"));
    return 0;
}

static int drop(void **state)
{
    lode_close(set);
    for (int i = 0; i < FILES; i++)
        fasta_free(&fastas[i]);
    return tmp_drop(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indexes),
        cmocka_unit_test(test_stores),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
