#include "storeset_support.h"

#include <dirent.h>

struct item live[LIVE_MAX];
int live_count, live_kind;
static int versions;

static const char *const types[] = {NULL, "a", "b", "{\"dtype\":\"<f4\"}"};

size_t key_of(int k, char key[32])
{
    if (live_kind == LODE_STORE_NO_KEYS)
        return 0;
    if (live_kind == LODE_STORE_INTEGERS) {
        const int64_t v = (int64_t)k * 1000003 - 400000000;
        memcpy(key, &v, 8);
        return 8;
    }
    return (size_t)snprintf(key, 32, "key %d", k);
}

/* The value is a function of key and version. */
size_t value_of(const struct item *item, uint8_t value[VALUE_MAX])
{
    struct rng rng = {(uint64_t)item->key * 7919 + (uint64_t)item->version + 1};
    const size_t n = rng_below(&rng, VALUE_MAX);
    for (size_t i = 0; i < n; i++)
        value[i] = (uint8_t)("abc "[rng_below(&rng, 4)]);
    return n;
}

void forget(int i)
{
    memmove(&live[i], &live[i + 1], (size_t)(live_count - i - 1) * sizeof *live);
    live_count--;
}

static int where_is(int key)
{
    for (int i = 0; i < live_count; i++)
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
    if (live_kind == LODE_STORE_NO_KEYS)
        return;
    const size_t key_len = key_of(item->key, key);
    assert_int_equal(lode_store_find(store, key, key_len, &diag), i);
    assert_int_equal(lode_store_lookup(store, key, key_len, &found, &diag), LODE_OK);
    assert_true(found.number == at.number && found.size == at.size && found.data == at.data &&
                found.stored == at.stored && found.type == at.type); /* not what pads them */
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

void check_all(const lode_store *store, const struct item *items, int n)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    lode_store_reader *reader = NULL;
    struct lode_stored none;
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, n);
    assert_int_equal(info.keys, live_kind);
    assert_string_equal(info.name, "words");
    assert_int_equal(lode_store_reader_new(store, &reader), LODE_OK);
    for (int i = 0; i < n; i++)
        check_record(store, reader, i, &items[i]);
    assert_int_equal(lode_store_at(store, n, &none, NULL), LODE_E_RANGE);
    assert_int_equal(lode_store_at(store, -1, &none, NULL), LODE_E_RANGE);
    for (int threads = 1; threads < 4; threads += 2)
        check_batch(reader, items, n, threads);
    if (live_kind != LODE_STORE_NO_KEYS)
        check_keys(store, items, n);
    lode_store_reader_free(reader);
    assert_int_equal(lode_store_verify(store, no_finding, NULL, NULL), LODE_OK);
}

/* ---- sessions -------------------------------------------------------------------------------- */

lode_store *open_store(const char *path)
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
    if (live_kind == LODE_STORE_NO_KEYS)
        item.key = versions;
    const int old = live_kind == LODE_STORE_NO_KEYS ? -1 : where_is(item.key);
    if (old >= 0)
        forget(old);
    live[live_count++] = item;
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
    for (int i = live_count - 1; i >= 0; i--)
        if (rng_below(rng, 9) == 0) {
            assert_int_equal(lode_store_remove_at(w, i, NULL), LODE_OK);
            forget(i);
        }
    assert_int_equal(lode_store_remove_at(w, LIVE_MAX + 1, NULL), LODE_E_RANGE);
}

void session(lode_store_writer *w, struct rng *rng)
{
    if (rng_below(rng, 3) == 0)
        remove_some_numbers(w, rng);
    for (int i = (int)rng_below(rng, 120); i > 0; i--)
        put_one(w, rng);
    for (int i = live_kind != LODE_STORE_NO_KEYS ? (int)rng_below(rng, 120) : 0; i > 0; i--)
        remove_one(w, rng);
    for (int i = (int)rng_below(rng, 40); i > 0; i--)
        put_one(w, rng);
}

struct lode_store_options options_of(int codec)
{
    struct lode_store_options o = LODE_STORE_OPTIONS_INIT;
    o.keys = live_kind;
    o.codec = codec;
    o.block_size = 2000;
    o.name = "words";
    return o;
}

int count_files(void)
{
    int n = 0;
    DIR *dir = opendir(tmp_root);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

void make_set(const char *path, int codec)
{
    struct rng rng = {77};
    const struct lode_store_options options = options_of(codec);
    lode_store_writer *w = NULL;
    live_count = 0;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    session(w, &rng);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
        session(w, &rng);
        assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    }
}
