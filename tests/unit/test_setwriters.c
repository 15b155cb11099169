/* Writers of sets beside others, at the worst moment: what one of them was told is done stays, what
 * stands at the path is whole with all its files, and who fails leaves nothing behind. */
#include "members.h"
#include "publish.h"
#include "set_support.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

int __real_lode_publish_commit_held(struct lode_publish *pub, struct lode_diag *diag);
int __wrap_lode_publish_commit_held(struct lode_publish *pub, struct lode_diag *diag);
int __wrap_linkat(int from, const char *old, int to, const char *fresh, int flags);
int __real_lode_members_open(const struct lode_members *members, int i, int dir_fd,
                             const char *path, struct lode_diag *diag);
int __wrap_lode_members_open(const struct lode_members *members, int i, int dir_fd,
                             const char *path, struct lode_diag *diag);
int __real_linkat(int from, const char *old, int to, const char *fresh, int flags);
ssize_t __wrap_copy_file_range(int in, off_t *in_off, int out, off_t *out_off, size_t n,
                               unsigned flags);
ssize_t __real_copy_file_range(int in, off_t *in_off, int out, off_t *out_off, size_t n,
                               unsigned flags);

static void (*behind)(void); /* runs once, when all.lode itself was published */
static bool failing;         /* or that fails */
static bool no_links, no_copies;
static void (*before)(void); /* runs before a member is opened, but those that it opens itself */
static int before_runs;      /* that many times */

int __wrap_lode_members_open(const struct lode_members *members, int i, int dir_fd,
                             const char *path, struct lode_diag *diag)
{
    void (*const run)(void) = before;
    if (run != NULL && before_runs > 0 && i == 0) {
        before = NULL;
        before_runs--;
        run();
        before = run;
    }
    return __real_lode_members_open(members, i, dir_fd, path, diag);
}

int __wrap_lode_publish_commit_held(struct lode_publish *pub, struct lode_diag *diag)
{
    const bool own = strcmp(pub->base, "all.lode") == 0;
    if (own && failing) {
        lode_publish_abort(pub);
        if (diag != NULL)
            diag->status = LODE_E_IO;
        return LODE_E_IO;
    }
    const int status = __real_lode_publish_commit_held(pub, diag);
    void (*const run)(void) = behind;
    if (own && run != NULL) {
        behind = NULL;
        run();
    }
    return status;
}

int __wrap_linkat(int from, const char *old, int to, const char *fresh, int flags)
{
    errno = EPERM;
    return no_links ? -1 : __real_linkat(from, old, to, fresh, flags);
}

ssize_t __wrap_copy_file_range(int in, off_t *in_off, int out, off_t *out_off, size_t n,
                               unsigned flags)
{
    errno = EXDEV;
    return no_copies ? -1 : __real_copy_file_range(in, in_off, out, out_off, n, flags);
}

/* ---- what stands there ----------------------------------------------------------------------- */

static int count_of(const char *path, const char *prefix)
{
    int n = 0;
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    closedir(dir);
    return n;
}

static int count_members(void)
{
    return count_of(tmp_root, "all.lode.m");
}

static int descriptors;
static char all[600];

static int make(void **state)
{
    const int status = tmp_make(state);
    descriptors = count_of("/proc/self/fd", "");
    snprintf(all, sizeof all, "%s", tmp_path("all.lode"));
    file_write(tmp_path("a.fa"), ">a\nACGT\n", 8);
    file_write(tmp_path("b.fa"), ">b\nGGTT\n", 8);
    file_write(tmp_path("c.fa"), ">c\nTTAA\n", 8);
    return status;
}

static int drop(void **state)
{
    behind = before = NULL;
    failing = no_links = no_copies = false;
    assert_int_equal(count_of("/proc/self/fd", ""), descriptors);
    assert_int_equal(count_of(tmp_root, ".all.lode"), 0); /* no temporary file */
    return tmp_drop(state);
}
#define WRITERS_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

static int build(const char *leaf, int add, void (*progress)(void *, int64_t, int64_t),
                 struct lode_diag *diag)
{
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("%s", leaf);
    how.out = all;
    how.add = add;
    how.threads = 1;
    how.progress = progress;
    return lode_build(&input, 1, &how, NULL, diag);
}

/* The index there has exactly the contigs of these letters, all to be had. */
static void check_index(const char *names, int members)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_verify_options how = LODE_VERIFY_OPTIONS_INIT;
    struct lode_contig contig;
    how.level = LODE_VERIFY_FULL;
    lode_index *index = open_ok(all);
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    assert_int_equal(info.contigs, strlen(names));
    assert_int_equal(info.members, members);
    for (size_t i = 0; i < strlen(names); i++) {
        assert_int_equal(lode_find(index, -1, names + i, 1, &contig, NULL), LODE_OK);
        assert_int_equal(contig.id, i);
    }
    assert_int_equal(lode_verify(index, &how, NULL), LODE_OK);
    lode_close(index);
    assert_int_equal(count_members(), members);
}

static void write_store_at(const char *path, const char *key)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    options.keys = LODE_STORE_TEXT;
    assert_int_equal(lode_store_create(path, &options, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, key, 1, "v", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_publish(w, NULL, NULL), LODE_OK);
}

static void write_store(const char *key)
{
    write_store_at(all, key);
}

static int extend_store(const char *key, struct lode_diag *diag)
{
    lode_store_writer *w = NULL;
    const int status = lode_store_extend(all, &w, diag);
    if (status != LODE_OK)
        return status;
    assert_int_equal(lode_store_put(w, key, 1, "v", 1, NULL, NULL), LODE_OK);
    return lode_store_publish(w, NULL, diag);
}

static void check_store(const char *keys, int members)
{
    struct lode_store_info info = {.struct_size = sizeof info};
    struct lode_diag diag = {0};
    lode_store *store = NULL;
    if (lode_store_open(all, NULL, &store, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
    assert_int_equal(lode_store_info(store, &info), LODE_OK);
    assert_int_equal(info.records, strlen(keys));
    assert_int_equal(info.members, members);
    for (size_t i = 0; i < strlen(keys); i++)
        assert_int_equal(lode_store_find(store, keys + i, 1, NULL), i);
    assert_int_equal(lode_store_verify(store, NULL, NULL, NULL), LODE_OK);
    lode_store_close(store);
    assert_int_equal(count_members(), members);
}

/* ---- one who asks for no lock ---------------------------------------------------------------- */

static int beside = -1, beside_status; /* add of the other build; -1: there is none */

/* Once, from the inside of a build. */
static void run_beside(void *ctx, int64_t done, int64_t total)
{
    const int add = beside;
    (void)ctx, (void)done, (void)total;
    beside = -1;
    if (add >= 0)
        beside_status = build("c.fa", add, NULL, NULL);
}

/* An index by itself is built anew while it is made a set: the file that would become the first
 * member is another one by then. */
static void test_built_anew_while_added_to(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
    beside = 0;
    assert_int_equal(build("b.fa", 1, run_beside, &diag), LODE_E_BUSY);
    assert_int_equal(beside_status, LODE_OK);
    assert_non_null(strstr(diag.message, "meanwhile"));
    check_index("c", 0);
    assert_int_equal(build("b.fa", 1, NULL, NULL), LODE_OK);
    check_index("cb", 2);
}

/* The other way: what was an index by itself has become a set, whose files nobody needs now. */
static void test_added_to_while_built_anew(void **state)
{
    (void)state;
    assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
    beside = 1;
    assert_int_equal(build("b.fa", 0, run_beside, NULL), LODE_OK);
    assert_int_equal(beside_status, LODE_OK);
    check_index("b", 0);
}

static void test_created_while_extended(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    lode_store_writer *w = NULL, *other = NULL;
    write_store("a");
    assert_int_equal(lode_store_extend(all, &w, NULL), LODE_OK);
    assert_int_equal(lode_store_put(w, "b", 1, "v", 1, NULL, NULL), LODE_OK);
    assert_int_equal(lode_store_create(all, NULL, &other, &diag), LODE_E_BUSY);
    write_store_at(tmp_path("else.lode"), "c");
    assert_int_equal(rename(tmp_path("else.lode"), all), 0);
    assert_int_equal(lode_store_publish(w, NULL, &diag), LODE_E_BUSY);
    assert_non_null(strstr(diag.message, "meanwhile"));
    check_store("c", 0);
    assert_int_equal(extend_store("d", NULL), LODE_OK);
    check_store("cd", 2);
}

/* ---- the next writer ------------------------------------------------------------------------- */

static int next_status;

static void next_add(void)
{
    next_status = build("c.fa", 1, NULL, NULL);
}

static void next_extend(void)
{
    next_status = extend_store("c", NULL);
}

/* The one before has published and still removes files: the next one's must not be among them. */
static void test_next_writer_of_an_index(void **state)
{
    (void)state;
    assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
    behind = next_add;
    assert_int_equal(build("b.fa", 1, NULL, NULL), LODE_OK);
    check_index(next_status == LODE_OK ? "abc" : "ab", next_status == LODE_OK ? 3 : 2);
    behind = next_add; /* behind a build over the set */
    assert_int_equal(build("b.fa", 0, NULL, NULL), LODE_OK);
    check_index(next_status == LODE_OK ? "bc" : "b", next_status == LODE_OK ? 2 : 0);
}

static void test_next_writer_of_a_store(void **state)
{
    (void)state;
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *w = NULL;
    lode_store *set = NULL;
    write_store("a");
    behind = next_extend;
    assert_int_equal(extend_store("b", NULL), LODE_OK);
    check_store(next_status == LODE_OK ? "abc" : "ab", next_status == LODE_OK ? 3 : 2);
    behind = next_extend;
    assert_int_equal(lode_store_compact(all, &options, NULL, NULL), LODE_OK);
    check_store(next_status == LODE_OK ? "abc" : "ab", next_status == LODE_OK ? 2 : 0);
    assert_int_equal(extend_store("d", NULL), LODE_OK);
    check_store("abd", 2);
    assert_int_equal(lode_store_open(all, NULL, &set, NULL), LODE_OK);
    assert_int_equal(lode_store_copy(set, NULL, &w, NULL), LODE_OK);
    lode_store_close(set);
    behind = next_extend;
    assert_int_equal(lode_store_publish_all(&w, 1, all, NULL), LODE_OK);
    check_store(next_status == LODE_OK ? "abdc" : "abd", next_status == LODE_OK ? 2 : 0);
}

/* ---- readers --------------------------------------------------------------------------------- */

/* Another set, none of whose files is one of the set before. */
static void replace_index(void)
{
    char text[64];
    snprintf(text, sizeof text, ">a run %d\nACGT\n", before_runs);
    file_write(tmp_path("a.fa"), text, strlen(text));
    assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
    snprintf(text, sizeof text, ">b run %d\nACGT\n", before_runs);
    file_write(tmp_path("b.fa"), text, strlen(text));
    assert_int_equal(build("b.fa", 1, NULL, NULL), LODE_OK);
}

static void replace_store(void)
{
    const char key[2] = {(char)('a' + before_runs), 0};
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    assert_int_equal(lode_store_compact(all, &options, NULL, NULL), LODE_OK);
    assert_int_equal(extend_store(key, NULL), LODE_OK);
}

/* As often as it is replaced while it is opened, it is opened anew. */
static void test_replaced_while_opened(void **state)
{
    (void)state;
    enum { TIMES = 20 };
    lode_store *store = NULL;
    before_runs = TIMES;
    replace_index();
    before = replace_index;
    check_index("ab", 2);
    assert_int_equal(before_runs, 0);
    before = NULL;
    unlink(all);
    write_store("z");
    assert_int_equal(extend_store("y", NULL), LODE_OK);
    before_runs = TIMES;
    before = replace_store;
    assert_int_equal(lode_store_open(all, NULL, &store, NULL), LODE_OK);
    assert_int_equal(before_runs, 0);
    assert_int_equal(lode_store_find(store, "z", 1, NULL), 0);
    assert_int_equal(lode_store_find(store, "a", 1, NULL), TIMES + 1);
    lode_store_close(store);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_failure_leaves_no_members(void **state)
{
    (void)state;
    assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
    failing = true;
    assert_int_equal(build("b.fa", 1, NULL, NULL), LODE_E_IO);
    check_index("a", 0);
    failing = false;
    assert_int_equal(build("b.fa", 1, NULL, NULL), LODE_OK);
    failing = true;
    assert_int_equal(build("c.fa", 1, NULL, NULL), LODE_E_IO);
    check_index("ab", 2);
    unlink(all);
    failing = false;
    write_store("a");
    failing = true;
    assert_int_equal(extend_store("b", NULL), LODE_E_IO);
    check_store("a", 0);
    failing = false;
    assert_int_equal(extend_store("b", NULL), LODE_OK);
    failing = true;
    assert_int_equal(extend_store("c", NULL), LODE_E_IO);
    check_store("ab", 2);
}

/* A file system without second names, and one that does not copy either. */
static void test_no_links(void **state)
{
    (void)state;
    no_links = true;
    for (int i = 0; i < 2; i++) {
        no_copies = i > 0;
        unlink(all);
        assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
        assert_int_equal(build("b.fa", 1, NULL, NULL), LODE_OK);
        check_index("ab", 2);
        assert_int_equal(build("a.fa", 0, NULL, NULL), LODE_OK);
        unlink(all);
        write_store("a");
        assert_int_equal(extend_store("b", NULL), LODE_OK);
        check_store("ab", 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITERS_TEST(test_built_anew_while_added_to), WRITERS_TEST(test_added_to_while_built_anew),
        WRITERS_TEST(test_created_while_extended),    WRITERS_TEST(test_next_writer_of_an_index),
        WRITERS_TEST(test_next_writer_of_a_store),    WRITERS_TEST(test_replaced_while_opened),
        WRITERS_TEST(test_failure_leaves_no_members), WRITERS_TEST(test_no_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
