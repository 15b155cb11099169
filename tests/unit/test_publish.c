/* Publishing: a file appears whole or not at all, and litter goes only when its writer is dead. */
#include "io.h"
#include "publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[512];   /* each test's own, removed afterwards */
static char name[1024]; /* what path() made last */

static const char *path(const char *leaf)
{
    snprintf(name, sizeof name, "%s/%s", dir, leaf);
    return name;
}

static int make_dir(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/lode-publish-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(dir) != NULL ? 0 : -1;
}

static bool is_dot(const char *leaf)
{
    return strcmp(leaf, ".") == 0 || strcmp(leaf, "..") == 0;
}

/* Removes the entries of a directory, which has no deeper ones than one level. */
static void empty_dir(const char *where, int depth)
{
    DIR *d = opendir(where);
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char entry[1024];
        if (is_dot(e->d_name))
            continue;
        snprintf(entry, sizeof entry, "%s/%s", where, e->d_name);
        if (remove(entry) != 0 && depth > 0) {
            empty_dir(entry, depth - 1);
            remove(entry);
        }
    }
    if (d != NULL)
        closedir(d);
}

static int drop_dir(void **state)
{
    (void)state;
    empty_dir(dir, 1);
    return rmdir(dir);
}

static int count_entries(const char *where)
{
    int n = 0;
    DIR *d = opendir(where);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        n += !is_dot(e->d_name);
    closedir(d);
    return n;
}

static void put(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    assert_int_equal(fclose(f), 0);
}

static void assert_content(const char *file, const char *text)
{
    char buf[256];
    const int fd = open(file, O_RDONLY);
    assert_true(fd >= 0);
    const ssize_t n = lode_read_full(fd, buf, sizeof buf);
    close(fd);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

/* Publishes text at file; 0 or the status. No asserts: children use it too. */
static int publish(const char *file, const char *text)
{
    struct lode_publish pub;
    int status = lode_publish_begin(&pub, file, NULL);
    if (status != LODE_OK)
        return status;
    if (lode_write_full(pub.fd, text, strlen(text)) != 0) {
        lode_publish_abort(&pub);
        return LODE_E_IO;
    }
    return lode_publish_commit(&pub, NULL);
}

static void test_appears_whole(void **state)
{
    (void)state;
    struct lode_publish pub;
    const mode_t old = umask(027);
    const int status = lode_publish_begin(&pub, path("out.lode"), NULL);
    umask(old);
    assert_int_equal(status, LODE_OK);
    assert_int_equal(lode_write_full(pub.fd, "whole", 5), 0);
    assert_int_equal(access(path("out.lode"), F_OK), -1);
    assert_int_equal(lode_publish_commit(&pub, NULL), LODE_OK);
    lode_publish_abort(&pub); /* harmless */
    assert_content(path("out.lode"), "whole");
    struct stat st;
    assert_int_equal(stat(path("out.lode"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(count_entries(dir), 1);
}

static void test_replaces_and_abort_keeps(void **state)
{
    (void)state;
    assert_int_equal(publish(path("out.lode"), "old"), LODE_OK);
    struct lode_publish pub;
    assert_int_equal(lode_publish_begin(&pub, path("out.lode"), NULL), LODE_OK);
    assert_int_equal(lode_write_full(pub.fd, "new", 3), 0);
    errno = EXDEV;
    lode_publish_abort(&pub);
    assert_int_equal(errno, EXDEV);
    lode_publish_abort(&pub);
    assert_content(path("out.lode"), "old");
    assert_int_equal(count_entries(dir), 1);
    assert_int_equal(publish(path("out.lode"), "newer"), LODE_OK);
    assert_content(path("out.lode"), "newer");
}

static void test_relative_path(void **state)
{
    (void)state;
    const int here = open(".", O_RDONLY | O_DIRECTORY);
    assert_true(here >= 0);
    assert_int_equal(chdir(dir), 0);
    const int status = publish("plain", "text");
    assert_int_equal(fchdir(here), 0);
    close(here);
    assert_int_equal(status, LODE_OK);
    assert_content(path("plain"), "text");
}

/* Forks a writer that begins file and then waits for a byte (or the end) on a pipe. With a byte it
 * commits, without it dies with its temporary. */
static pid_t start_writer(const char *file, int *tell)
{
    int ready[2], go[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char c;
        struct lode_publish pub;
        close(go[1]);
        if (lode_publish_begin(&pub, file, NULL) != LODE_OK ||
            lode_write_full(pub.fd, "child", 5) != 0 || write(ready[1], "r", 1) != 1)
            _exit(2);
        if (read(go[0], &c, 1) != 1)
            raise(SIGKILL);
        _exit(lode_publish_commit(&pub, NULL) == LODE_OK ? 0 : 1);
    }
    char c;
    close(ready[1]);
    close(go[0]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    *tell = go[1];
    return pid;
}

static void test_dead_litter_goes(void **state)
{
    (void)state;
    int tell, status;
    const pid_t pid = start_writer(path("out.lode"), &tell);
    close(tell);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(count_entries(dir), 1);
    assert_int_equal(publish(path("other.lode"), "x"), LODE_OK);
    assert_int_equal(count_entries(dir), 2); /* another name's litter is not ours */
    assert_int_equal(publish(path("out.lode"), "x"), LODE_OK);
    assert_int_equal(count_entries(dir), 2);
    assert_content(path("out.lode"), "x");
}

static void test_living_writer_stays(void **state)
{
    (void)state;
    int tell, status;
    const pid_t pid = start_writer(path("out.lode"), &tell);
    assert_int_equal(publish(path("out.lode"), "parent"), LODE_OK);
    assert_content(path("out.lode"), "parent");
    assert_int_equal(count_entries(dir), 2);
    assert_int_equal(write(tell, "g", 1), 1);
    close(tell);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_content(path("out.lode"), "child");
    assert_int_equal(count_entries(dir), 1);
}

/* Names that only look like litter, and things with litter's name that no writer makes. */
static void test_only_own_litter_goes(void **state)
{
    (void)state;
    static const char *const kept[] = {
        ".out.12.tmp",
        ".out.12.0123456789abcde.tmp",
        ".out.12.0123456789abcdef0.tmp",
        ".out.12.0123456789ABCDEF.tmp",
        ".out.12.0123456789abcdef.tmp~",
        ".out..0123456789abcdef.tmp",
        ".out.1x.0123456789abcdef.tmp",
        ".outer.12.0123456789abcdef.tmp",
        "out.12.0123456789abcdef.tmp",
    };
    enum { KEPT = sizeof kept / sizeof kept[0] };
    for (size_t i = 0; i < KEPT; i++)
        put(path(kept[i]), "");
    put(path(".out.12.0123456789abcdef.tmp"), "litter");
    assert_int_equal(mkdir(path(".out.13.0123456789abcdef.tmp"), 0777), 0);
    assert_int_equal(mkfifo(path(".out.14.0123456789abcdef.tmp"), 0666), 0);
    assert_int_equal(symlink("out", path(".out.15.0123456789abcdef.tmp")), 0);
    assert_int_equal(publish(path("out"), "x"), LODE_OK);
    assert_int_equal(count_entries(dir), KEPT + 3 + 1);
    assert_int_equal(access(path(".out.12.0123456789abcdef.tmp"), F_OK), -1);
}

enum { WRITERS = 16, ROUNDS = 4, BIG = 300000 };

/* One of many: writes BIG bytes of its own letter, in two parts. */
static int publish_letter(const char *file, int letter)
{
    static char text[BIG];
    memset(text, letter, sizeof text);
    for (int i = 0; i < ROUNDS; i++) {
        struct lode_publish pub;
        if (lode_publish_begin(&pub, file, NULL) != LODE_OK)
            return 1;
        if (lode_write_full(pub.fd, text, BIG / 2) != 0 ||
            lode_write_full(pub.fd, text, BIG - BIG / 2) != 0)
            return 2;
        if (lode_publish_commit(&pub, NULL) != LODE_OK)
            return 3;
    }
    return 0;
}

static void test_many_at_once(void **state)
{
    (void)state;
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < WRITERS; i++) {
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            char c;
            close(gate[1]);
            _exit(read(gate[0], &c, 1) == 0 ? publish_letter(path("out.lode"), 'a' + i) : 9);
        }
    }
    close(gate[0]);
    close(gate[1]); /* all start now */
    for (int i = 0, status; i < WRITERS; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    static char text[BIG + 1];
    const int fd = open(path("out.lode"), O_RDONLY);
    assert_int_equal(lode_read_full(fd, text, sizeof text), BIG);
    close(fd);
    for (size_t i = 1; i < BIG; i++)
        assert_int_equal(text[i], text[0]);
    assert_int_equal(count_entries(dir), 1);
}

static void assert_refused(const char *file, int sys_errno)
{
    struct lode_publish pub;
    struct lode_diag diag;
    assert_int_equal(lode_publish_begin(&pub, file, &diag), LODE_E_IO);
    assert_int_equal(diag.status, LODE_E_IO);
    assert_non_null(strstr(diag.message, file));
    if (sys_errno >= 0)
        assert_int_equal(diag.sys_errno, sys_errno);
    lode_publish_abort(&pub); /* harmless */
}

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path("sub"), 0777), 0);
    assert_refused(path("sub"), EISDIR);
    assert_refused(path("sub/"), EISDIR);
    assert_refused(path("sub/.."), EISDIR);
    assert_refused(path("none/out"), ENOENT);
    assert_int_equal(mkfifo(path("fifo"), 0666), 0);
    assert_refused(path("fifo"), 0);
    put(path("file"), "");
    assert_refused(path("file/out"), ENOTDIR);
    assert_int_equal(symlink("loop", path("loop")), 0);
    assert_refused(path("loop"), ELOOP);
    assert_int_equal(count_entries(dir), 4);
    assert_int_equal(count_entries(path("sub")), 0);
}

static void test_unwritable_directory(void **state)
{
    (void)state;
    if (geteuid() == 0) { /* root may write anywhere but there */
        assert_refused("/proc/self/out.lode", -1);
        return;
    }
    assert_int_equal(mkdir(path("sub"), 0555), 0);
    assert_refused(path("sub/out.lode"), EACCES);
}

static void assert_link(const char *file)
{
    struct stat st;
    assert_int_equal(lstat(file, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static void test_link_is_followed(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path("sub"), 0777), 0);
    put(path("sub/real"), "old");
    assert_int_equal(symlink("sub/hop", path("out")), 0);
    assert_int_equal(symlink("real", path("sub/hop")), 0);
    for (int i = 0; i < 2; i++) { /* second time: the link dangles */
        assert_int_equal(publish(path("out"), "new"), LODE_OK);
        assert_link(path("out"));
        assert_link(path("sub/hop"));
        assert_content(path("sub/real"), "new");
        assert_int_equal(count_entries(dir), 2);
        assert_int_equal(count_entries(path("sub")), 2);
        assert_int_equal(unlink(path("sub/real")), 0);
    }
}

static void test_long_names(void **state)
{
    (void)state;
    char leaf[257];
    memset(leaf, 'n', 255);
    leaf[255] = '\0';
    int tell, status;
    const pid_t pid = start_writer(path(leaf), &tell);
    close(tell);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(count_entries(dir), 1);
    assert_int_equal(publish(path(leaf), "x"), LODE_OK);
    assert_int_equal(count_entries(dir), 1);
    assert_content(path(leaf), "x");
    leaf[255] = 'n';
    leaf[256] = '\0';
    assert_refused(path(leaf), ENAMETOOLONG);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        CASE(test_appears_whole),        CASE(test_replaces_and_abort_keeps),
        CASE(test_relative_path),        CASE(test_dead_litter_goes),
        CASE(test_living_writer_stays),  CASE(test_only_own_litter_goes),
        CASE(test_many_at_once),         CASE(test_refusals),
        CASE(test_unwritable_directory), CASE(test_link_is_followed),
        CASE(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
