/* A set of record stores against a plain list: sessions of puts, replacements and removals, each a
 * member of its own; who opened before sees what was there before. */
#include "layout.h"
#include "reseal.h"
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVE_MAX = 4000, VALUE_MAX = 300, KEYS = 900 };

/* What the store should hold, in the order of numbers. */
struct item {
    int key; /* of KEYS; without keys what it is told apart by */
    int version, type;
};
static struct item live[LIVE_MAX];
static int count, versions;
static int kind;

static const char *const types[] = {NULL, "a", "b", "{\"dtype\":\"<f4\"}"};

static size_t key_of(int k, char key[32])
{
    if (kind == LODE_STORE_NO_KEYS)
        return 0;
    if (kind == LODE_STORE_INTEGERS) {
        const int64_t v = (int64_t)k * 1000003 - 400000000;
        memcpy(key, &v, 8);
        return 8;
    }
    return (size_t)snprintf(key, 32, "key %d", k);
}

/* The value is a function of key and version. */
static size_t value_of(const struct item *item, uint8_t value[VALUE_MAX])
{
    struct rng rng = {(uint64_t)item->key * 7919 + (uint64_t)item->version + 1};
    const size_t n = rng_below(&rng, VALUE_MAX);
    for (size_t i = 0; i < n; i++)
        value[i] = (uint8_t)("abc "[rng_below(&rng, 4)]);
    return n;
}

static void forget(int i)
{
    memmove(&live[i], &live[i + 1], (size_t)(count - i - 1) * sizeof *live);
    count--;
}

static int where_is(int key)
{
    for (int i = 0; i < count; i++)
        if (live[i].key == key)
            return i;
    return -1;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void check_record(const lode_store *store, lode_store_reader *reader, int i,
                         const struct item *item)
{
    uint8_t want[VALUE_MAX], got[VALUE_MAX];
    char key[32], text[64] = "";
    struct lode_stored at, found;
    struct lode_diag diag = {0};
    const size_t n = value_of(item, want);
    size_t len = 0;
    if (lode_store_at(store, i, &at, &diag) != LODE_OK)
        fail_msg("record %d: %s", i, diag.message);
    assert_int_equal(at.number, i);
    assert_int_equal(at.size, n);
    if (at.data != NULL)
        assert_memory_equal(at.data, want, n);
    assert_int_equal(lode_store_get(reader, i, got, sizeof got, &diag), n);
    assert_memory_equal(got, want, n);
    if (types[item->type] == NULL) {
        assert_int_equal(at.type, 0);
    } else {
        assert_int_equal(lode_store_type(store, at.type, text, sizeof text, &len), LODE_OK);
        assert_string_equal(text, types[item->type]);
    }
    if (kind == LODE_STORE_NO_KEYS)
        return;
    const size_t key_len = key_of(item->key, key);
    assert_int_equal(lode_store_find(store, key, key_len, &diag), i);
    assert_int_equal(lode_store_lookup(store, key, key_len, &found, &diag), LODE_OK);
    assert_memory_equal(&found, &at, sizeof at);
    char own[32];
    assert_int_equal(lode_store_key(store, i, own, sizeof own, &len), LODE_OK);
    assert_int_equal(len, key_len);
    assert_memory_equal(own, key, len);
}

static void check_batch(lode_store_reader *reader, const struct item *items, int n, int threads)
{
    static uint8_t room[LIVE_MAX][VALUE_MAX];
    static struct lode_store_request requests[LIVE_MAX];
    struct lode_diag diag = {0};
    for (int i = 0; i < n; i++)
        requests[i] = (struct lode_store_request){
            .number = (i * 7) % (n + 1), .dst = room[i], .dst_size = VALUE_MAX};
    int64_t missing = 0;
    for (int i = 0; i < n; i++)
        missing += requests[i].number == n;
    assert_int_equal(lode_store_get_many(reader, requests, n, threads, &diag), missing);
    assert_int_equal(diag.status == LODE_E_RANGE, missing > 0);
    for (int i = 0; i < n; i++) {
        uint8_t want[VALUE_MAX];
        if (requests[i].number == n) {
            assert_int_equal(requests[i].status, LODE_E_RANGE);
            continue;
        }
        const size_t size = value_of(&items[requests[i].number], want);
        assert_int_equal(requests[i].status, LODE_OK);
        assert_int_equal(requests[i].written, size);
        assert_memory_equal(room[i], want, size);
    }
}

/* Every key that there may be, at once, and their sizes. */
static void check_keys(const lode_store *store, const struct item *items, int n)
{
    static char keys[KEYS][32];
    static const void *list[KEYS];
    static size_t lens[KEYS];
    static int64_t numbers[KEYS], sizes[KEYS];
    int64_t missing = KEYS;
    for (int k = 0; k < KEYS; k++) {
        lens[k] = key_of(k, keys[k]);
        list[k] = keys[k];
    }
    for (int i = 0; i < n; i++)
        missing--;
    assert_int_equal(lode_store_find_many(store, list, lens, KEYS, numbers), missing);
    assert_int_equal(lode_store_sizes(store, numbers, KEYS, sizes), missing);
    for (int i = 0; i < n; i++) {
        uint8_t want[VALUE_MAX];
        assert_int_equal(numbers[items[i].key], i);
        assert_int_equal(sizes[items[i].key], value_of(&items[i], want));
    }
    for (int k = 0; k < KEYS; k++) {
        struct lode_diag diag = {0};
        if (numbers[k] < 0) {
            assert_int_equal(numbers[k], LODE_E_NOT_FOUND);
            assert_int_equal(lode_store_find(store, list[k], lens[k], &diag), LODE_E_NOT_FOUND);
            assert_true(diag.message[0] != '\0');
        }
    }
}

static int no_finding(void *ctx, const struct lode_diag *finding)
{
    (void)ctx;
    fail_msg("%s", finding->message);
    return 0;
}

static void check_all(const lode_store *store, const struct item *items, int n)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_reader *reader = NULL;
    struct lode_stored none;
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, n);
    assert_int_equal(info.keys, kind);
    assert_string_equal(info.name, "words");
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    for (int i = 0; i < n; i++)
        check_record(store, reader, i, &items[i]);
    assert_int_equal(lode_store_at(store, n, &none, NULL), LODE_E_RANGE);
    assert_int_equal(lode_store_at(store, -1, &none, NULL), LODE_E_RANGE);
    for (int threads = 1; threads < 4; threads += 2)
        check_batch(reader, items, n, threads);
    if (kind != LODE_STORE_NO_KEYS)
        check_keys(store, items, n);
    lode_store_reader_free(reader);
    assert_int_equal(lode_store_verify(store, no_finding, NULL, NULL), LODE_OK);
}

/* ---- sessions -------------------------------------------------------------------------------- */

static lode_store *open_store(const char *path)
{
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    if (lode_store_open(path, NULL, &store, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    return store;
}

static void put_one(lode_store_writer *w, struct rng *rng)
{
    uint8_t value[VALUE_MAX];
    char key[32];
    struct lode_diag diag = {0};
    struct item item = {.key = (int)rng_below(rng, KEYS),
                        .version = ++versions,
                        .type = (int)rng_below(rng, COUNT_OF(types))};
    if (kind == LODE_STORE_NO_KEYS)
        item.key = versions;
    const int old = kind == LODE_STORE_NO_KEYS ? -1 : where_is(item.key);
    if (old >= 0)
        forget(old);
    live[count++] = item;
    const size_t n = value_of(&item, value);
    if (lode_store_put(w, key, key_of(item.key, key), value, n, types[item.type], &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

static void remove_one(lode_store_writer *w, struct rng *rng)
{
    char key[32];
    const int k = (int)rng_below(rng, KEYS), i = where_is(k);
    if (i >= 0)
        forget(i);
    assert_int_equal(lode_store_remove(w, key, key_of(k, key), NULL), LODE_OK);
}

/* By numbers of the store as it was opened: from the last one down, so that they stay. */
static void remove_some_numbers(lode_store_writer *w, struct rng *rng)
{
    for (int i = count - 1; i >= 0; i--)
        if (rng_below(rng, 9) == 0) {
            assert_int_equal(lode_store_remove_at(w, i, NULL), LODE_OK);
            forget(i);
        }
    assert_int_equal(lode_store_remove_at(w, LIVE_MAX + 1, NULL), LODE_E_RANGE);
}

static void session(lode_store_writer *w, struct rng *rng)
{
    if (rng_below(rng, 3) == 0)
        remove_some_numbers(w, rng);
    for (int i = (int)rng_below(rng, 120); i > 0; i--)
        put_one(w, rng);
    for (int i = kind != LODE_STORE_NO_KEYS ? (int)rng_below(rng, 120) : 0; i > 0; i--)
        remove_one(w, rng);
    for (int i = (int)rng_below(rng, 40); i > 0; i--)
        put_one(w, rng);
}

static struct lode_store_options options_of(int codec)
{
    struct lode_store_options o = LODE_STORE_OPTIONS_INIT;
    o.keys = kind;
    o.codec = codec;
    o.block_size = 2000;
    o.name = "words";
    return o;
}

static int count_files(void)
{
    int n = 0;
    DIR *dir = opendir(tmp_root);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void run_sessions(struct rng *rng, int codec, int sessions)
{
    const struct lode_store_options options = options_of(codec);
    struct lode_store_info info = {.struct_size = sizeof info};
    char path[600];
    lode_store_writer *w = NULL;
    lode_store *before = NULL, *now = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    count = 0;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    session(w, rng);
    assert_int_equal(lode_store_publish(w, &now, NULL), LODE_OK);
    for (int i = 0; i < sessions; i++) {
        static struct item old[LIVE_MAX];
        const int old_count = count;
        memcpy(old, live, sizeof old);
        before = now;
        check_all(before, old, old_count);
        assert_int_equal((i % 2 ? lode_store_append : lode_store_extend)(path, &w, NULL), LODE_OK);
        session(w, rng);
        assert_int_equal(lode_store_publish(w, &now, NULL), LODE_OK);
        check_all(now, live, count);
        check_all(before, old, old_count); /* undisturbed */
        lode_store_close(before);
    }
    assert_int_equal(lode_store_info(now, &info), LODE_OK);
    assert_true(info.members > 3 && info.members <= sessions + 1);
    assert_int_equal(count_files(), info.members + 1);
    lode_store_close(now);
    assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_OK);
    now = open_store(path);
    check_all(now, live, count);
    assert_int_equal(lode_store_info(now, &info), LODE_OK);
    assert_true(info.members == 0 && info.dead == 0);
    assert_int_equal(count_files(), 1);
    lode_store_close(now);
    unlink(path);
}

static void test_sessions(void **state)
{
    (void)state;
    struct rng rng = {31};
    for (kind = LODE_STORE_NO_KEYS; kind <= LODE_STORE_INTEGERS; kind++)
        for (int codec = LODE_STORE_RAW; codec <= LODE_STORE_BLOCKS; codec++)
            run_sessions(&rng, codec, 8);
}

/* ---- copies, joins --------------------------------------------------------------------------- */

static void make_set(const char *path, int codec)
{
    struct rng rng = {77};
    const struct lode_store_options options = options_of(codec);
    lode_store_writer *w = NULL;
    count = 0;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    session(w, &rng);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
        session(w, &rng);
        assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    }
}

static void test_copies_are_one_file(void **state)
{
    (void)state;
    char path[600];
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_ZSTD);
    lode_store *set = open_store(path), *copy = NULL;
    lode_store_writer *w = NULL;
    assert_int_equal(lode_store_copy(set, NULL, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, &copy, NULL), LODE_OK);
    check_all(copy, live, count);
    lode_store_close(copy);
    /* over the set itself, whose files go then */
    assert_int_equal(lode_store_copy(set, NULL, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish_all(&w, 1, path, NULL), LODE_OK);
    assert_int_equal(count_files(), 1);
    copy = open_store(path);
    check_all(copy, live, count);
    check_all(set, live, count);
    lode_store_close(copy);
    lode_store_close(set);
}

static void test_created_over_a_set(void **state)
{
    (void)state;
    char path[600];
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    const struct lode_store_options options = options_of(LODE_STORE_RAW);
    lode_store_writer *w = NULL, *other = NULL;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_extend(path, &other, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_E_BUSY);
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_E_BUSY);
    assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_E_BUSY);
    lode_store_discard(other);
    assert_int_equal(count_files(), 5);
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    assert_int_equal(count_files(), 1);
}

/* Nothing put and nothing taken out: nothing changes; only removals make no member. */
static void test_nothing_and_little(void **state)
{
    (void)state;
    char path[600];
    struct lode_store_info info = {.struct_size = sizeof info};
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_BLOCKS);
    struct bytes before = file_read(path);
    lode_store_writer *w = NULL;
    lode_store *store = NULL;
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_remove(w, "no such key", 11, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, &store, NULL), LODE_OK);
    check_all(store, live, count);
    lode_store_close(store);
    struct bytes after = file_read(path);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    bytes_free(&before);
    bytes_free(&after);
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_remove_at(w, 0, NULL), LODE_OK);
    assert_int_equal(lode_store_remove_at(w, 0, NULL), LODE_OK); /* twice is once */
    forget(0);
    assert_int_equal(lode_store_publish(w, &store, NULL), LODE_OK);
    check_all(store, live, count);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.members, 4);
    lode_store_close(store);
}

/* ---- harm ------------------------------------------------------------------------------------ */

static int found_status(const char *path)
{
    lode_store *store = NULL;
    int status = lode_store_open(path, NULL, &store, NULL);
    if (status == LODE_OK) {
        status = lode_store_verify(store, NULL, NULL, NULL);
        lode_store_close(store);
    }
    return status;
}

static void test_every_bit(void **state)
{
    (void)state;
    char path[600];
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    struct bytes image = file_read(path);
    for (size_t bit = 0; bit < 8 * image.n; bit += bit < 8 * 700 ? 1 : 61) {
        image.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        file_write(tmp_path("bad.lode"), image.p, image.n);
        if (found_status(tmp_path("bad.lode")) == LODE_OK)
            fail_msg("bit %zu", bit);
        image.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    bytes_free(&image);
}

/* Numbers out of use that lie, sealed: told by verifying, and no read of them leaves the members.
 */
static void test_numbers_that_lie(void **state)
{
    (void)state;
    char path[600];
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    const struct bytes image = file_read(path);
    static const uint64_t lies[] = {0, 1, 5, 1u << 20, UINT64_MAX, UINT64_MAX / 2};
    for (int row = 0; row < 6; row++)
        for (size_t k = 0; k < COUNT_OF(lies); k++) {
            struct bytes copy = {0};
            lode_store *store = NULL;
            lode_store_reader *reader = NULL;
            bytes_add(&copy, image.p, image.n);
            uint8_t *p = reseal_row(copy.p, LODE_ID_MDED, (uint64_t)row);
            uint64_t old = 0;
            for (int b = 0; b < 8; b++) {
                old |= (uint64_t)p[b] << 8 * b;
                p[b] = (uint8_t)(lies[k] >> 8 * b);
            }
            reseal(copy.p, copy.n);
            file_write(tmp_path("bad.lode"), copy.p, copy.n);
            assert_true((found_status(tmp_path("bad.lode")) == LODE_OK) == (old == lies[k]));
            assert_int_equal(lode_store_open(tmp_path("bad.lode"), NULL, &store, NULL), LODE_OK);
            assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
            for (int i = 0; i < count; i++) {
                uint8_t room[VALUE_MAX];
                (void)lode_store_get(reader, i, room, sizeof room, NULL);
            }
            lode_store_reader_free(reader);
            lode_store_close(store);
            bytes_free(&copy);
        }
    struct bytes gone = image;
    bytes_free(&gone);
}

static void test_members_that_are_gone(void **state)
{
    (void)state;
    char path[600];
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    lode_index *index = NULL;
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    assert_int_equal(lode_open(path, NULL, &index, &diag), LODE_E_LAYOUT);
    assert_non_null(strstr(diag.message, "record stores"));
    const struct bytes image = file_read(path);
    assert_int_equal(lode_store_open_buffer(image.p, image.n, NULL, &store, NULL),
                     LODE_E_UNSUPPORTED);
    const char *member = tmp_path("%s", (const char *)reseal_row(image.p, LODE_ID_MSTR, 0));
    struct bytes first = file_read(member);
    first.p[first.n - 1] ^= 1;
    file_write(member, first.p, first.n);
    assert_true(found_status(path) < 0);
    file_write(member, first.p, first.n);
    unlink(member);
    assert_int_equal(lode_store_open(path, NULL, &store, &diag), LODE_E_MISSING);
    assert_non_null(strstr(diag.message, ".m"));
    bytes_free(&first);
    struct bytes gone = image;
    bytes_free(&gone);
}

/* ---- others ---------------------------------------------------------------------------------- */

/* Opens and reads all the time: every key that was ever put and never removed must be there. */
static void read_all_the_time(const char *path)
{
    for (int i = 0; i < 300; i++) {
        lode_store *store = NULL;
        char key[32];
        if (lode_store_open(path, NULL, &store, NULL) != LODE_OK)
            _exit(1);
        if (lode_store_find(store, key, key_of(0, key), NULL) < 0)
            _exit(2);
        lode_store_close(store);
    }
    _exit(0);
}

static void test_read_while_it_is_written(void **state)
{
    (void)state;
    enum { READERS = 3 };
    char path[600], key[32];
    struct rng rng = {5};
    kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    const struct lode_store_options options = options_of(LODE_STORE_RAW);
    lode_store_writer *w = NULL;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, key, key_of(0, key), "x", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    for (int i = 0; i < READERS; i++)
        if (fork() == 0)
            read_all_the_time(path);
    for (int left = READERS, i = 0; left > 0; i++) {
        int status;
        assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
        const int k = 1 + (int)rng_below(&rng, KEYS - 1);
        assert_int_equal(lode_store_put(w, key, key_of(k, key), "y", 1, NULL, NULL), LODE_OK);
        assert_int_equal(lode_store_put(w, key, key_of(0, key), "z", 1, NULL, NULL), LODE_OK);
        assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
        if (i % 5 == 4)
            assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_OK);
        while (left > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
            left--;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_sessions),
        TMP_TEST(test_copies_are_one_file),
        TMP_TEST(test_created_over_a_set),
        TMP_TEST(test_nothing_and_little),
        TMP_TEST(test_every_bit),
        TMP_TEST(test_numbers_that_lie),
        TMP_TEST(test_members_that_are_gone),
        TMP_TEST(test_read_while_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
