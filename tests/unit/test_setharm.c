/* Sets that are damaged, hostile, changed by others, or in the making: every rule of SPEC 16 has
 * its status, no bit of a set's own file may change unseen, and whoever has a set open goes on. */
#include "reseal.h"
#include "set_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bytes clean; /* many.lode */

static int make(void **state)
{
    struct rng rng = {11};
    if (tmp_make(state) != 0)
        return -1;
    set_make(&rng, "c", 0, 0);
    clean = file_read(tmp_path("many.lode"));
    return 0;
}

static int drop(void **state)
{
    set_drop();
    bytes_free(&clean);
    clean = (struct bytes){0};
    return tmp_drop(state);
}
#define SET_TEST(test) cmocka_unit_test_setup_teardown(test, make, drop)

static struct bytes copy_of_clean(void)
{
    struct bytes copy = {0};
    bytes_add(&copy, clean.p, clean.n);
    return copy;
}

static int open_status(const char *path, struct lode_diag *diag)
{
    lode_index *index = NULL;
    const int status = lode_open(path, NULL, &index, diag);
    if (status == LODE_OK)
        lode_close(index);
    return status;
}

/* ---- rules ----------------------------------------------------------------------------------- */

struct rule {
    const char *rule;
    int row, off, size; /* in MSET */
    uint64_t value;
    int status; /* of opening; LODE_OK: verifying says CORRUPT */
};
static const struct rule rules[] = {
    {"M-4", 0, LODE_MSET_KIND, 4, 3, LODE_E_FEATURE},
    {"M-4", 1, LODE_MSET_KIND, 4, 2, LODE_E_FEATURE},
    {"M-5", 0, LODE_MSET_PATH_OFF, 8, 1u << 20, LODE_E_CORRUPT},
    {"M-5", 1, LODE_MSET_PATH_LEN, 4, 0xFFFFFFFF, LODE_E_CORRUPT},
    {"M-5", 0, LODE_MSET_PATH_LEN, 4, 3, LODE_E_CORRUPT},
    {"M-6", 0, LODE_MSET_FIRST, 8, 1, LODE_E_CORRUPT},
    {"M-6", 0, LODE_MSET_SOURCE, 8, 1, LODE_E_CORRUPT},
    {"M-6", 1, LODE_MSET_FIRST, 8, 1ULL << 40, LODE_E_CORRUPT},
    {"M-6", 2, LODE_MSET_SOURCE, 8, 1, LODE_E_CORRUPT},
    {"M-6", 4, LODE_MSET_SOURCE, 8, 1ULL << 33, LODE_E_CORRUPT},
    {"", 1, LODE_MSET_CONTENT_ID, 8, 5, LODE_E_STALE},
    {"", 1, LODE_MSET_FILE_SIZE, 8, 5, LODE_E_STALE},
    {"", 4, LODE_MSET_FIRST, 8, 100, LODE_E_CORRUPT},
    {"", 4, LODE_MSET_SOURCE, 8, 7, LODE_E_CORRUPT},
    {"M-10", 0, LODE_MSET_RESERVED, 8, 1, LODE_OK},
    {"M-10", 4, LODE_MSET_RESERVED + 8, 8, 1, LODE_OK},
    {"M-10", 4, LODE_MSET_KIND, 4, 1, LODE_OK},
    {"M-10", 4, LODE_MSET_PATH_LEN, 4, 1, LODE_OK},
    {"M-10", 4, LODE_MSET_CONTENT_ID, 8, 1, LODE_OK},
    {"M-10", 4, LODE_MSET_FILE_SIZE, 8, 1, LODE_OK},
    {"M-10", 4, LODE_MSET_PATH_OFF, 8, 1, LODE_OK},
};

static int keep_finding(void *ctx, const struct lode_diag *finding)
{
    *(struct lode_diag *)ctx = *finding;
    return 1;
}

static int verify_status(const char *path, struct lode_diag *found)
{
    struct lode_verify_options how = LODE_VERIFY_OPTIONS_INIT;
    lode_index *index = open_ok(path);
    how.finding = keep_finding;
    how.ctx = found;
    const int status = lode_verify(index, &how, NULL);
    lode_close(index);
    return status;
}

static void test_rules(void **state)
{
    (void)state;
    const char *path = tmp_path("bad.lode");
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct rule *r = &rules[i];
        struct lode_diag diag = {0};
        struct bytes image = copy_of_clean();
        uint8_t *field = reseal_row(image.p, LODE_ID_MSET, (uint64_t)r->row) + r->off;
        for (int k = 0; k < r->size; k++)
            field[k] = (uint8_t)(r->value >> 8 * k);
        reseal(image.p, image.n);
        file_write(path, image.p, image.n);
        const int status = open_status(path, &diag);
        if (status != r->status)
            fail_msg("%s row %d off %d: %d %s", r->rule, r->row, r->off, status, diag.message);
        if (status == LODE_OK)
            assert_int_equal(verify_status(path, &diag), LODE_E_CORRUPT);
        assert_string_equal(diag.rule, r->rule);
        assert_true(strstr(diag.message, "bad.lode") != NULL);
        bytes_free(&image);
        unlink(path);
    }
}

/* Names that lead elsewhere, or to no file. */
static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name; /* put over the begin of the first one; a NUL cuts it */
        int status;
    } cases[] = {{"/", LODE_E_REFUSED}, {"a/b", LODE_E_REFUSED}, {"x", LODE_E_MISSING}};
    const char *path = tmp_path("bad.lode");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes image = copy_of_clean();
        uint8_t *strings = reseal_row(image.p, LODE_ID_MSTR, 0);
        memcpy(strings, cases[i].name, strlen(cases[i].name));
        reseal(image.p, image.n);
        file_write(path, image.p, image.n);
        assert_int_equal(open_status(path, NULL), cases[i].status);
        bytes_free(&image);
    }
    static const struct {
        const char *name;
        int status;
    } shorts[] = {{".", LODE_E_REFUSED}, {"..", LODE_E_REFUSED}, {".x", LODE_E_MISSING}};
    for (size_t i = 0; i < COUNT_OF(shorts); i++) {
        struct bytes image = copy_of_clean();
        uint8_t *row = reseal_row(image.p, LODE_ID_MSET, 0);
        const size_t n = strlen(shorts[i].name);
        memcpy(reseal_row(image.p, LODE_ID_MSTR, 0), shorts[i].name, n + 1);
        memset(row + LODE_MSET_PATH_LEN, 0, 4);
        row[LODE_MSET_PATH_LEN] = (uint8_t)n;
        reseal(image.p, image.n);
        file_write(path, image.p, image.n);
        assert_int_equal(open_status(path, NULL), shorts[i].status);
        bytes_free(&image);
    }
}

/* A set of a set, and of a file that is none of lode's. */
static void test_members_are_indexes(void **state)
{
    (void)state;
    const char *member = tmp_path("%s", (char *)reseal_row(clean.p, LODE_ID_MSTR, 0));
    struct bytes other = file_read(member);
    struct lode_diag diag = {0};
    unlink(member);
    assert_int_equal(open_status(tmp_path("many.lode"), &diag), LODE_E_MISSING);
    assert_non_null(strstr(diag.message, "many.lode.m"));
    memset(other.p, 0, other.n);
    file_write(member, other.p, other.n);
    assert_int_equal(open_status(tmp_path("many.lode"), &diag), LODE_E_NOT_LODE);
    bytes_free(&other);
    struct bytes image = copy_of_clean();
    uint8_t *row = reseal_row(image.p, LODE_ID_MSET, 0);
    for (int k = 0; k < 8; k++)
        row[LODE_MSET_FILE_SIZE + k] = (uint8_t)((uint64_t)clean.n >> 8 * k);
    reseal(image.p, image.n);
    file_write(tmp_path("bad.lode"), image.p, image.n);
    file_write(member, clean.p, clean.n);
    assert_true(open_status(tmp_path("bad.lode"), &diag) < 0);
    bytes_free(&image);
}

/* Layouts of sections, by the entries of the directory. */
static void test_sections(void **state)
{
    (void)state;
    static const struct {
        uint32_t id, to, stride;
    } cases[] = {{LODE_ID_MSTR, LODE_ID('m', 's', 't', 'r'), 1},
                 {LODE_ID_MSET, LODE_ID_MSET, 32},
                 {LODE_ID_MSTR, LODE_ID_MSTR, 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes image = copy_of_clean();
        uint8_t *entry = reseal_entry(image.p, cases[i].id);
        const struct lode_section s = reseal_section(image.p, cases[i].id);
        memcpy(entry, &cases[i].to, 4);
        entry[LODE_ENTRY_FLAGS] = 0;
        entry[LODE_ENTRY_STRIDE] = (uint8_t)cases[i].stride;
        const uint64_t count = s.len / cases[i].stride;
        memcpy(entry + LODE_ENTRY_COUNT, &count, 8);
        reseal(image.p, image.n);
        file_write(tmp_path("bad.lode"), image.p, image.n);
        struct lode_diag diag = {0};
        const int status = open_status(tmp_path("bad.lode"), &diag);
        if (status != LODE_E_LAYOUT)
            fail_msg("case %zu: %d %s", i, status, diag.message);
        bytes_free(&image);
    }
}

static void test_every_bit(void **state)
{
    (void)state;
    const char *path = tmp_path("bad.lode");
    struct lode_diag found;
    for (size_t bit = 0; bit < 8 * clean.n; bit++) {
        struct bytes image = copy_of_clean();
        image.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        file_write(path, image.p, image.n);
        if (open_status(path, NULL) == LODE_OK && verify_status(path, &found) == LODE_OK)
            fail_msg("bit %zu", bit);
        bytes_free(&image);
    }
}

static void test_every_length(void **state)
{
    (void)state;
    const char *path = tmp_path("bad.lode");
    for (size_t n = 0; n < clean.n + 70; n++) {
        struct bytes image = copy_of_clean();
        static const uint8_t zeros[70];
        bytes_add(&image, zeros, sizeof zeros);
        unlink(path);
        file_write(path, image.p, n);
        assert_true((open_status(path, NULL) < 0) == (n != clean.n));
        bytes_free(&image);
    }
}

/* ---- ways to open ---------------------------------------------------------------------------- */

static void check_opened(lode_index *index)
{
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_contig contig;
    char a[100], b[100];
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    assert_int_equal(info.members, 4);
    lode_reader *reader = reader_ok(index);
    for (int64_t i = 0; i < info.contigs; i++) {
        const struct record *r = &set_fasta[i / 12].records[i % 12];
        const int64_t n = r->length < 100 ? r->length : 100;
        assert_int_equal(lode_contig_at(index, i, &contig, NULL), LODE_OK);
        assert_int_equal(lode_fetch_at(reader, &contig, 0, n, a, 100, 0, 0, NULL), n);
        memcpy(b, r->bases, (size_t)n);
        assert_memory_equal(a, b, (size_t)n);
    }
    lode_reader_free(reader);
    lode_close(index);
}

static void test_ways_to_open(void **state)
{
    (void)state;
    struct lode_open_options how = LODE_OPEN_OPTIONS_INIT;
    struct lode_info info = {.struct_size = sizeof info};
    lode_index *index = NULL;
    for (how.map_mode = 0; how.map_mode < 3; how.map_mode++) {
        assert_int_equal(lode_open(tmp_path("many.lode"), &how, &index, NULL), LODE_OK);
        check_opened(index);
    }
    how.map_mode = 0;
    assert_int_equal(lode_open_buffer(clean.p, clean.n, &how, &index, NULL), LODE_E_UNSUPPORTED);
    how.source_root = tmp_root;
    assert_int_equal(lode_open_buffer(clean.p, clean.n, &how, &index, NULL), LODE_OK);
    check_opened(index);
    const int fd = open(tmp_path("many.lode"), O_RDONLY);
    assert_int_equal(lode_open_fd(fd, &how, &index, NULL), LODE_OK);
    close(fd);
    check_opened(index);
    how.source_root = "/nowhere";
    assert_int_equal(lode_open_buffer(clean.p, clean.n, &how, &index, NULL), LODE_E_IO);
    how.source_root = NULL;
    /* through a link elsewhere; by the id that it has, and by another */
    assert_int_equal(mkdir(tmp_path("d"), 0777), 0);
    assert_int_equal(symlink("../many.lode", tmp_path("d/link.lode")), 0);
    assert_int_equal(lode_index_info(set_many, &info), LODE_OK);
    how.content_id = info.content_id;
    assert_int_equal(lode_open(tmp_path("d/link.lode"), &how, &index, NULL), LODE_OK);
    check_opened(index);
    how.content_id++;
    assert_int_equal(lode_open(tmp_path("many.lode"), &how, &index, NULL), LODE_E_STALE);
    unlink(tmp_path("d/link.lode"));
    rmdir(tmp_path("d"));
}

/* ---- adding ---------------------------------------------------------------------------------- */

static int count_members(void)
{
    int n = 0;
    DIR *dir = opendir(tmp_root);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strncmp(e->d_name, "many.lode.m", 11) == 0;
    closedir(dir);
    return n;
}

static void check_same_file(void)
{
    struct bytes now = file_read(tmp_path("many.lode"));
    assert_int_equal(now.n, clean.n);
    assert_memory_equal(now.p, clean.p, clean.n);
    bytes_free(&now);
}

static void test_what_is_there_is_not_added(void **state)
{
    (void)state;
    struct lode_diag diag = {0};
    assert_int_equal(set_add(0, SET_FILES, tmp_path("many.lode"), 0, 0, &diag), LODE_OK);
    check_same_file();
    assert_int_equal(count_members(), 4);
    /* the same name, another text */
    struct bytes fasta = file_read(set_file(2));
    fasta.p[fasta.n - 5] ^= 1;
    file_write(set_file(2), fasta.p, fasta.n);
    assert_int_equal(set_add(0, SET_FILES, tmp_path("many.lode"), 0, 0, &diag), LODE_E_DUPLICATE);
    assert_non_null(strstr(diag.message, "f2"));
    bytes_free(&fasta);
    check_same_file();
    assert_int_equal(count_members(), 4);
}

static void test_one_writer(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = set_file(0);
    const int fd = open(tmp_path("many.lode"), O_RDONLY);
    file_write(tmp_path("new.fa"), ">n\nACGT\n", 8);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(set_add(0, 1, tmp_path("many.lode"), 0, 0, NULL), LODE_E_BUSY);
    how.out = tmp_path("many.lode");
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_E_BUSY);
    check_same_file();
    close(fd);
}

/* A build over the set removes its files, adding those that nobody names. Who has the set open goes
 * on. */
static void test_members_go(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("new.fa");
    file_write(input, ">n\nACGT\n", 8);
    file_write(tmp_path("many.lode.m0123456789abcdef"), "litter", 6);
    file_write(tmp_path("many.lode.mine"), "no litter", 9);
    assert_int_equal(count_members(), 6);
    how.out = tmp_path("many.lode");
    how.add = 1;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    assert_int_equal(count_members(), 6); /* one more, one less */
    assert_int_equal(access(tmp_path("many.lode.m0123456789abcdef"), F_OK), -1);
    how.add = 0;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    assert_int_equal(count_members(), 1);
    assert_int_equal(access(tmp_path("many.lode.mine"), F_OK), 0);
    check_opened(set_many);
    set_many = open_ok(tmp_path("many.lode"));
}

/* Packed bases of a member may be all there is of a FASTA. */
static void test_packed_bases_are_kept(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = tmp_path("new.fa");
    struct lode_diag diag = {0};
    file_write(input, ">n\nACGT\n", 8);
    how.out = tmp_path("many.lode");
    how.pack = how.add = 1;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
    how.pack = how.add = 0;
    assert_int_equal(lode_build(&input, 1, &how, NULL, &diag), LODE_E_ARG);
    assert_non_null(strstr(diag.message, "packed"));
    how.add = 1;
    how.out = NULL;
    assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_E_ARG);
}

static void test_there_is_an_end(void **state)
{
    (void)state;
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag = {0};
    char out[600];
    snprintf(out, sizeof out, "%s", tmp_path("long.lode"));
    how.out = out;
    how.add = 1;
    for (int i = 0; i <= LODE_MEMBERS_MAX; i++) {
        char leaf[32], text[32];
        snprintf(leaf, sizeof leaf, "l%03d.fa", i);
        snprintf(text, sizeof text, ">n%d\nACGT\n", i);
        const char *input = tmp_path("%s", leaf);
        file_write(input, text, strlen(text));
        assert_int_equal(lode_build(&input, 1, &how, NULL, &diag),
                         i < LODE_MEMBERS_MAX ? LODE_OK : LODE_E_UNSUPPORTED);
    }
    assert_non_null(strstr(diag.message, "256"));
    lode_index *index = open_ok(out);
    struct lode_contig contig;
    assert_int_equal(lode_find(index, -1, "n255", 4, &contig, NULL), LODE_OK);
    assert_int_equal(contig.id, 255);
    lode_close(index);
}

/* Others open while the set becomes one index and a set again, all the time: always whole. */
static void open_all_the_time(const char *path, int64_t least)
{
    for (int i = 0; i < 400; i++) {
        struct lode_info info = {.struct_size = sizeof info};
        lode_index *index = NULL;
        if (lode_open(path, NULL, &index, NULL) != LODE_OK ||
            lode_index_info(index, &info) != LODE_OK || info.contigs < least)
            _exit(1);
        lode_close(index);
    }
    _exit(0);
}

static void test_opened_while_it_changes(void **state)
{
    (void)state;
    enum { READERS = 3 };
    struct lode_build_options how = LODE_BUILD_OPTIONS_INIT;
    const char *input = set_file(0), *path = tmp_path("many.lode");
    pid_t children[READERS];
    int left = READERS;
    how.out = path;
    for (int i = 0; i < READERS; i++)
        if ((children[i] = fork()) == 0)
            open_all_the_time(path, 12);
    while (left > 0) {
        int status;
        assert_int_equal(lode_build(&input, 1, &how, NULL, NULL), LODE_OK);
        for (int k = 1; k < 4; k++)
            assert_int_equal(set_add(k, k + 1, path, 0, 0, NULL), LODE_OK);
        while (left > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
            left--;
        }
    }
    (void)children;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SET_TEST(test_rules),
        SET_TEST(test_names),
        SET_TEST(test_members_are_indexes),
        SET_TEST(test_sections),
        SET_TEST(test_every_bit),
        SET_TEST(test_every_length),
        SET_TEST(test_ways_to_open),
        SET_TEST(test_what_is_there_is_not_added),
        SET_TEST(test_one_writer),
        SET_TEST(test_members_go),
        SET_TEST(test_packed_bases_are_kept),
        SET_TEST(test_there_is_an_end),
        SET_TEST(test_opened_while_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
