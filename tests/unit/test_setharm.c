/* Sets that are damaged or hostile, and each way to open them: every rule of SPEC 16 has
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        SET_TEST(test_rules),        SET_TEST(test_names),     SET_TEST(test_members_are_indexes),
        SET_TEST(test_sections),     SET_TEST(test_every_bit), SET_TEST(test_every_length),
        SET_TEST(test_ways_to_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
