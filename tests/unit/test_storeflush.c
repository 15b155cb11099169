/* One writer and many flushes: what was flushed is there, for whoever opens then, whatever becomes
 * of the writer. */
#include "storeset_support.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* One writer and many flushes: each shows what was put so far, to those who open then. */
static void run_flushes(struct rng *rng, int codec, bool appended)
{
    const struct lode_store_options options = options_of(codec);
    struct lode_store_info info = {.struct_size = sizeof info};
    static struct item old[LIVE_MAX];
    char path[600];
    lode_store_writer *w = NULL;
    lode_store *before = NULL, *now = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("f.lode"));
    live_count = 0;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    if (appended) {
        session(w, rng);
        assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
        assert_int_equal(lode_store_append(path, &w, NULL), LODE_OK);
    }
    for (int i = 0; i < 6; i++) {
        const int old_count = live_count;
        memcpy(old, live, sizeof old);
        session(w, rng);
        if (before != NULL)
            check_all(before, old, old_count);
        assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
        assert_int_equal(lode_store_flush(w, NULL), LODE_OK); /* nothing was put since */
        now = open_store(path);
        check_all(now, live, live_count);
        if (before != NULL)
            check_all(before, old, old_count);
        lode_store_close(before);
        before = now;
    }
    lode_store_close(before);
    assert_int_equal(lode_store_publish(w, &now, NULL), LODE_OK);
    check_all(now, live, live_count);
    assert_int_equal(lode_store_info(now, &info), LODE_OK);
    assert_true(info.members > 2 && info.members <= 6);
    lode_store_close(now);
    assert_int_equal(lode_store_compact(path, NULL, NULL, NULL), LODE_OK);
    assert_int_equal(count_files(), 1);
    now = open_store(path);
    assert_int_equal(lode_store_info(now, &info), LODE_OK);
    assert_true(info.codec == codec && info.records == live_count && info.members == 0);
    lode_store_close(now);
    unlink(path);
}

static void test_flushes(void **state)
{
    (void)state;
    struct rng rng = {47};
    for (live_kind = LODE_STORE_NO_KEYS; live_kind <= LODE_STORE_INTEGERS; live_kind++)
        for (int codec = LODE_STORE_RAW; codec <= LODE_STORE_BLOCKS; codec++)
            run_flushes(&rng, codec, codec == LODE_STORE_ZSTD);
}

static lode_store_writer *text_writer(const char *path, int unique)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    options.keys = LODE_STORE_TEXT;
    options.unique = unique;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    return w;
}

static void put_key(lode_store_writer *w, const char *key)
{
    assert_int_equal(lode_store_put(w, key, strlen(key), key, strlen(key), NULL, NULL), LODE_OK);
}

/* Whoever dies behind a flush loses what came after it, and no more. */
static void test_killed_behind_a_flush(void **state)
{
    (void)state;
    char path[600];
    int status;
    snprintf(path, sizeof path, "%s", tmp_path("k.lode"));
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        lode_store_writer *w = text_writer(path, 0);
        put_key(w, "one");
        if (lode_store_flush(w, NULL) != LODE_OK)
            _exit(1);
        put_key(w, "two");
        if (lode_store_flush(w, NULL) != LODE_OK)
            _exit(2);
        put_key(w, "three");
        _exit(3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 3);
    lode_store *store = open_store(path);
    assert_int_equal(lode_store_find(store, "one", 3, NULL), 0);
    assert_int_equal(lode_store_find(store, "two", 3, NULL), 1);
    assert_int_equal(lode_store_find(store, "three", 5, NULL), LODE_E_NOT_FOUND);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_close(store);
}

/* Between a flush and the next put others may write; while they do, that put waits for nobody. */
static void test_turns_between_flushes(void **state)
{
    (void)state;
    char path[600];
    struct lode_diag diag;
    lode_store_writer *other = NULL;
    lode_store *store = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("t.lode"));
    lode_store_writer *w = text_writer(path, 1);
    put_key(w, "a");
    assert_int_equal(lode_store_flush(w, &diag), LODE_OK);
    assert_int_equal(lode_store_extend(path, &other, &diag), LODE_OK);
    assert_int_equal(lode_store_put(w, "b", 1, "b", 1, NULL, &diag), LODE_E_BUSY);
    assert_int_equal(lode_store_remove(w, "a", 1, &diag), LODE_E_BUSY);
    assert_int_equal(lode_store_remove_at(w, 0, &diag), LODE_E_BUSY);
    assert_int_equal(lode_store_flush(w, &diag), LODE_OK); /* has nothing to do */
    put_key(other, "c");
    assert_int_equal(lode_store_publish(other, NULL, &diag), LODE_OK);
    put_key(w, "b");
    assert_int_equal(lode_store_extend(path, &other, &diag), LODE_E_BUSY);
    assert_int_equal(lode_store_flush(w, &diag), LODE_OK);
    put_key(w, "c"); /* unique still holds: the other one put it */
    assert_int_equal(lode_store_flush(w, &diag), LODE_E_DUPLICATE);
    assert_int_equal(lode_store_put(w, "d", 1, "d", 1, NULL, &diag), LODE_E_ARG);
    assert_int_equal(lode_store_flush(w, &diag), LODE_E_ARG);
    assert_int_equal(lode_store_publish(w, &store, &diag), LODE_E_ARG);
    store = open_store(path);
    assert_int_equal(lode_store_find(store, "a", 1, NULL), 0);
    assert_int_equal(lode_store_find(store, "c", 1, NULL), 1);
    assert_int_equal(lode_store_find(store, "b", 1, NULL), 2);
    lode_store_close(store);
    w = text_writer(NULL, 0);
    assert_int_equal(lode_store_flush(w, &diag), LODE_E_ARG);
    put_key(w, "a"); /* no harm done */
    assert_int_equal(lode_store_publish(w, &store, &diag), LODE_OK);
    lode_store_close(store);
    assert_int_equal(lode_store_flush(NULL, &diag), LODE_E_ARG);
}

/* Wherever the process has gone since, a relative path leads where it led. */
static void test_flushed_from_elsewhere(void **state)
{
    (void)state;
    char here[600];
    lode_store *store = NULL;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(tmp_root), 0);
    assert_int_equal(mkdir("b", 0777), 0);
    lode_store_writer *other = text_writer("b/x.lode", 0);
    assert_int_equal(lode_store_publish(other, NULL, NULL), LODE_OK);
    lode_store_writer *w = text_writer("x.lode", 0);
    put_key(w, "one");
    assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
    assert_int_equal(chdir("b"), 0);
    put_key(w, "two");
    assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
    assert_int_equal(chdir(".."), 0);
    put_key(w, "three");
    assert_int_equal(chdir("b"), 0);
    assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, &store, NULL), LODE_OK);
    assert_int_equal(lode_store_find(store, "three", 5, NULL), 2);
    lode_store_close(store);
    store = open_store("x.lode");
    assert_int_equal(lode_store_find(store, "two", 3, NULL), LODE_E_NOT_FOUND);
    lode_store_close(store);
    store = open_store("../x.lode");
    assert_int_equal(lode_store_find(store, "two", 3, NULL), 1);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_close(store);
    assert_int_equal(chdir(here), 0);
}

/* As many flushes as one likes: a set that can have no more files is made one again. */
static void test_many_flushes(void **state)
{
    (void)state;
    enum { N = 600 };
    char path[600], key[16];
    struct lode_store_info info = {.struct_size = sizeof info};
    snprintf(path, sizeof path, "%s", tmp_path("m.lode"));
    lode_store_writer *w = text_writer(path, 0);
    for (int i = 0; i < N; i++) {
        snprintf(key, sizeof key, "key%d", i % 500);
        put_key(w, key);
        assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
    }
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
    lode_store *store = open_store(path);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, 500);
    assert_true(info.members > 1 && info.members <= 256);
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_true(lode_store_find(store, key, strlen(key), NULL) >= 0);
    }
    lode_store_close(store);
}

/* A child that a writer's process forks takes nothing from it: neither its lock nor its files. */
static void test_forked_while_writing(void **state)
{
    (void)state;
    char path[600];
    int status;
    struct lode_diag diag;
    snprintf(path, sizeof path, "%s", tmp_path("p.lode"));
    lode_store_writer *w = text_writer(path, 0), *other = NULL;
    put_key(w, "one");
    assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
    put_key(w, "two");
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (lode_store_flush(w, &diag) != LODE_E_ARG || strstr(diag.message, "process") == NULL)
            _exit(1);
        _exit(lode_store_publish(w, NULL, &diag) == LODE_E_ARG ? 0 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(lode_store_extend(path, &other, NULL), LODE_E_BUSY); /* it is locked still */
    put_key(w, "three");
    assert_int_equal(lode_store_publish(w, NULL, &diag), LODE_OK);
    lode_store *store = open_store(path);
    assert_int_equal(lode_store_find(store, "three", 5, NULL), 2);
    lode_store_close(store);
}

/* Whoever is put something else into by then is told, before anything of it changes. */
static void test_another_kind_of_keys(void **state)
{
    (void)state;
    char path[600];
    struct lode_diag diag;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *other = NULL;
    snprintf(path, sizeof path, "%s", tmp_path("i.lode"));
    lode_store_writer *w = text_writer(path, 0);
    put_key(w, "one");
    assert_int_equal(lode_store_flush(w, NULL), LODE_OK);
    options.keys = LODE_STORE_INTEGERS;
    assert_int_equal(lode_store_create(path, &options, &other, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(other, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, "abcdefgh", 8, "", 0, NULL, &diag), LODE_E_STALE);
    assert_int_equal(lode_store_extend(path, &other, NULL), LODE_OK); /* and nothing is locked */
    lode_store_discard(other);
    lode_store_discard(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(test_flushes),
        TMP_TEST(test_killed_behind_a_flush),
        TMP_TEST(test_turns_between_flushes),
        TMP_TEST(test_flushed_from_elsewhere),
        TMP_TEST(test_many_flushes),
        TMP_TEST(test_forked_while_writing),
        TMP_TEST(test_another_kind_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
