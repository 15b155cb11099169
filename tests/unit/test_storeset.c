/* A set of record stores against a plain list: sessions of puts, replacements and removals, each a
 * member of its own; who opened before sees what was there before. */
#include "storeset_support.h"

#include <sys/wait.h>
#include <unistd.h>

static void run_sessions(struct rng *rng, int codec, int sessions)
{
    const struct lode_store_options options = options_of(codec);
    struct lode_store_info info = {.struct_size = sizeof info};
    char path[600];
    lode_store_writer *w = NULL;
    lode_store *before = NULL, *now = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    live_count = 0;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    session(w, rng);
    assert_int_equal(lode_store_publish(w, &now, NULL), LODE_OK);
    for (int i = 0; i < sessions; i++) {
        static struct item old[LIVE_MAX];
        const int old_count = live_count;
        memcpy(old, live, sizeof old);
        before = now;
        check_all(before, old, old_count);
        assert_int_equal((i % 2 ? lode_store_append : lode_store_extend)(path, &w, NULL), LODE_OK);
        session(w, rng);
        assert_int_equal(lode_store_publish(w, &now, NULL), LODE_OK);
        check_all(now, live, live_count);
        check_all(before, old, old_count); /* undisturbed */
        lode_store_close(before);
    }
    assert_int_equal(lode_store_info(now, &info), LODE_OK);
    assert_true(info.members > 3 && info.members <= sessions + 1);
    assert_int_equal(count_files(), info.members + 1);
    lode_store_close(now);
    assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_OK);
    now = open_store(path);
    check_all(now, live, live_count);
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
    for (live_kind = LODE_STORE_NO_KEYS; live_kind <= LODE_STORE_INTEGERS; live_kind++)
        for (int codec = LODE_STORE_RAW; codec <= LODE_STORE_BLOCKS; codec++)
            run_sessions(&rng, codec, 8);
}

/* ---- copies, joins --------------------------------------------------------------------------- */

static void test_copies_are_one_file(void **state)
{
    (void)state;
    char path[600];
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_ZSTD);
    lode_store *set = open_store(path), *copy = NULL;
    lode_store_writer *w = NULL;
    assert_int_equal(lode_store_copy(set, NULL, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, &copy, NULL), LODE_OK);
    check_all(copy, live, live_count);
    lode_store_close(copy);
    /* over the set itself, whose files go then */
    assert_int_equal(lode_store_copy(set, NULL, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish_all(&w, 1, path, NULL), LODE_OK);
    assert_int_equal(count_files(), 1);
    copy = open_store(path);
    check_all(copy, live, live_count);
    check_all(set, live, live_count);
    lode_store_close(copy);
    lode_store_close(set);
}

static void test_created_over_a_set(void **state)
{
    (void)state;
    char path[600];
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_RAW);
    const struct lode_store_options options = options_of(LODE_STORE_RAW);
    lode_store_writer *w = NULL, *other = NULL;
    assert_int_equal(lode_store_extend(path, &other, NULL), LODE_OK);
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_E_BUSY);
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_E_BUSY);
    assert_int_equal(lode_store_compact(path, &options, NULL, NULL), LODE_E_BUSY);
    lode_store_discard(other);
    assert_int_equal(count_files(), 5);
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_extend(path, &other, NULL), LODE_E_BUSY);
    assert_int_equal(lode_store_create(path, &options, &other, NULL), LODE_E_BUSY);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    assert_int_equal(count_files(), 1);
}

/* Nothing put and nothing taken out: nothing changes; only removals make no member. */
static void test_nothing_and_little(void **state)
{
    (void)state;
    char path[600];
    struct lode_store_info info = {.struct_size = sizeof info};
    live_kind = LODE_STORE_TEXT;
    snprintf(path, sizeof path, "%s", tmp_path("s.lode"));
    make_set(path, LODE_STORE_BLOCKS);
    struct bytes before = file_read(path);
    lode_store_writer *w = NULL;
    lode_store *store = NULL;
    assert_int_equal(lode_store_extend(path, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_remove(w, "no such key", 11, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, &store, NULL), LODE_OK);
    check_all(store, live, live_count);
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
    check_all(store, live, live_count);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.members, 4);
    lode_store_close(store);
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
    live_kind = LODE_STORE_TEXT;
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
        TMP_TEST(test_read_while_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
