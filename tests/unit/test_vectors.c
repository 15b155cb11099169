/* Makes the files of tests/vectors/table.tsv and checks each against its status and rule.
 *   test_vectors [DIRECTORY]    leaves the files, with their sources, in DIRECTORY */
#include "bytes.h"
#include "hostile.h"
#include "layout.h"
#include "reseal.h"

#include <errno.h>
#include <sys/stat.h>

enum { COLUMNS = 10 };

struct vector {
    const char *name, *base, *section, *row, *offset, *bytes, *value, *sealed, *status, *rule;
};

static const char *out_dir; /* or NULL */

static bool parse(char *line, struct vector *v)
{
    const char **columns[COLUMNS] = {&v->name,  &v->base,  &v->section, &v->row,    &v->offset,
                                     &v->bytes, &v->value, &v->sealed,  &v->status, &v->rule};
    int n = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *save = NULL, *word = strtok_r(line, "\t", &save); word != NULL && n < COLUMNS;
         word = strtok_r(NULL, "\t", &save))
        *columns[n++] = word;
    return n == COLUMNS && line[0] != '#';
}

static const struct hostile *base_of(const struct vector *v)
{
    for (int i = 0; i < HOSTILE_KINDS; i++)
        if (strcmp(hostiles[i].name, v->base) == 0)
            return &hostiles[i];
    fail_msg("%s: no index '%s'", v->name, v->base);
    return NULL;
}

static uint32_t id_of(const char *name)
{
    return LODE_ID(name[0], name[1], name[2], name[3]);
}

/* Where the field begins. */
static uint8_t *place(const struct vector *v, uint8_t *image)
{
    const uint64_t row = strtoull(v->row, NULL, 0), off = strtoull(v->offset, NULL, 0);
    if (strcmp(v->section, "HEADER") == 0)
        return image + off;
    if (strncmp(v->section, "ENTRY:", 6) == 0)
        return reseal_entry(image, id_of(v->section + 6)) + off;
    return reseal_row(image, id_of(v->section), row) + off;
}

static struct bytes make(const struct vector *v, const struct hostile *h)
{
    struct bytes image = {0};
    uint8_t value[8];
    const size_t n = strtoull(v->bytes, NULL, 0);
    bytes_add(&image, h->image.p, h->image.n);
    lode_put64(value, strtoull(v->value, NULL, 0));
    if (n > 0) {
        uint8_t *at = place(v, image.p);
        if (memcmp(at, value, n) == 0)
            fail_msg("%s: the field has that value anyway", v->name);
        memcpy(at, value, n);
    }
    if (strcmp(v->sealed, "header") == 0)
        reseal_header(image.p, image.n);
    else if (strcmp(v->sealed, "all") == 0)
        reseal(image.p, image.n);
    else if (strcmp(v->sealed, "cut") == 0)
        image.n--;
    else if (strcmp(v->sealed, "longer") == 0)
        bytes_add(&image, "", 1);
    return image;
}

/* The first finding. */
static void keep_first(void *ctx, const struct lode_diag *finding)
{
    struct lode_diag *first = ctx;
    if (first->status == LODE_OK)
        *first = *finding;
}

static void check(const struct vector *v)
{
    const struct hostile *h = base_of(v);
    struct lode_diag diag = {0}, first = {0};
    struct bytes image = make(v, h);
    const int status =
        hostile_verify(image.p, image.n, LODE_VERIFY_FULL, keep_first, &first, &diag);
    if (strcmp(lode_status_name(status), v->status) != 0 ||
        (status != LODE_OK && strcmp(first.rule[0] != 0 ? first.rule : "-", v->rule) != 0))
        fail_msg("%s: %s %s, not %s %s", v->name, lode_status_name(status), first.rule, v->status,
                 v->rule);
    if (h->fasta.count > 0)
        hostile_ask(h, image.p, image.n);
    if (out_dir != NULL) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.lode", out_dir, v->name);
        file_write(path, image.p, image.n);
    }
    bytes_free(&image);
}

static void leave(const char *leaf)
{
    char path[1024];
    struct bytes file = file_read(tmp_path("%s", leaf));
    snprintf(path, sizeof path, "%s/%s", out_dir, leaf);
    file_write(path, file.p, file.n);
    bytes_free(&file);
}

/* Sources, and the members of the set. */
static void leave_sources(void)
{
    static const char *const leaves[] = {"minimal.fa", "blocks.fa.gz", "restart.fa.gz", "packed.fa",
                                         "t.track.gz", "set-0.fa",     "set-1.fa"};
    const struct bytes *set = &hostiles[HOSTILE_SET].image;
    if (out_dir == NULL)
        return;
    for (size_t i = 0; i < COUNT_OF(leaves); i++)
        leave(leaves[i]);
    const char *name = (const char *)reseal_row(set->p, LODE_ID_MSTR, 0);
    for (int i = 0; i < 2; i++, name += strlen(name) + 1)
        leave(name);
}

static void test_vectors(void **state)
{
    (void)state;
    char line[1024];
    int n = 0;
    FILE *f = fopen(LODE_SOURCE_DIR "/tests/vectors/table.tsv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        struct vector v;
        if (parse(line, &v)) {
            check(&v);
            n++;
        }
    }
    fclose(f);
    leave_sources();
    print_message("%d vectors\n", n);
    assert_true(n > 50);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    out_dir = argc > 1 ? argv[1] : NULL;
    if (out_dir != NULL && mkdir(out_dir, 0777) != 0 && errno != EEXIST) {
        perror(out_dir);
        return 1;
    }
    return cmocka_run_group_tests(tests, hostile_make, hostile_drop);
}
