/* The spool behaves like one array of bytes, in memory and beyond. */
#include "spool.h"
#include "support.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int dir_fd;

static int make_dir(void **state)
{
    if (tmp_make(state) != 0)
        return -1;
    dir_fd = open(tmp_root, O_RDONLY | O_DIRECTORY);
    return dir_fd >= 0 ? 0 : -1;
}

/* rmdir: nothing may be left behind. */
static int drop_dir(void **state)
{
    (void)state;
    close(dir_fd);
    return rmdir(tmp_root);
}

static void same(struct lode_spool *spool, const struct bytes *model)
{
    assert_true(lode_spool_size(spool) == model->n);
    const uint8_t *view = lode_spool_view(spool);
    assert_non_null(view);
    assert_memory_equal(view, model->p, model->n);
}

static void append(struct lode_spool *spool, struct bytes *model, struct rng *rng, size_t n)
{
    static uint8_t chunk[1 << 20];
    for (size_t i = 0; i < n; i++)
        chunk[i] = (uint8_t)(rng_next(rng) >> 20);
    assert_int_equal(lode_spool_append(spool, chunk, n), 0);
    bytes_add(model, chunk, n);
}

static void read_and_patch(struct lode_spool *spool, struct bytes *model, struct rng *rng)
{
    uint8_t data[5000];
    const size_t n = rng_below(rng, model->n < 5000 ? model->n + 1 : 5000);
    const size_t off = rng_below(rng, model->n - n + 1);
    assert_int_equal(lode_spool_read(spool, off, data, n), 0);
    assert_memory_equal(data, model->p + off, n);
    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)(data[i] + 1 + i);
    assert_int_equal(lode_spool_patch(spool, off, data, n), 0);
    memcpy(model->p + off, data, n);
}

/* Random steps whose sizes carry the spool over its limit and, by truncation, back below it. */
static void random_steps(uint64_t seed, size_t max_append, int steps)
{
    struct rng rng = {seed};
    struct lode_spool spool;
    struct bytes model = {0};
    lode_spool_init(&spool, dir_fd);
    bytes_add(&model, "", 0);
    for (int i = 0; i < steps; i++) {
        const uint64_t what = rng_below(&rng, 20);
        if (what < 12) {
            append(&spool, &model, &rng, rng_below(&rng, max_append));
        } else if (what < 16) {
            read_and_patch(&spool, &model, &rng);
        } else if (what == 16) {
            model.n = rng_below(&rng, model.n + 1);
            assert_int_equal(lode_spool_truncate(&spool, model.n), 0);
        } else if (what == 17) {
            const size_t n = rng_below(&rng, 10000), before = model.n;
            assert_int_equal(lode_spool_zeros(&spool, n), 0);
            append(&spool, &model, &rng, 0);
            for (size_t k = 0; k < n; k++)
                bytes_add(&model, "", 1);
            assert_true(model.n == before + n);
        } else if (what == 18) {
            same(&spool, &model);
        }
    }
    same(&spool, &model);
    lode_spool_free(&spool);
    bytes_free(&model);
}

static void test_in_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        random_steps(seed, 2000, 200);
}

static void test_over_the_limit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        random_steps(seed, 1 << 20, 60);
}

/* One byte around each limit. */
static void test_at_the_limit(void **state)
{
    (void)state;
    struct rng rng = {41};
    static const size_t sizes[] = {LODE_SPOOL_MEMORY - 1, LODE_SPOOL_MEMORY, LODE_SPOOL_MEMORY + 1,
                                   LODE_SPOOL_MEMORY + LODE_SPOOL_BUFFER,
                                   LODE_SPOOL_MEMORY + LODE_SPOOL_BUFFER + 1};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct lode_spool spool;
        struct bytes model = {0};
        lode_spool_init(&spool, dir_fd);
        while (model.n < sizes[i])
            append(&spool, &model, &rng,
                   sizes[i] - model.n < 1 << 20 ? sizes[i] - model.n : 1 << 20);
        same(&spool, &model);
        append(&spool, &model, &rng, 1);
        read_and_patch(&spool, &model, &rng);
        same(&spool, &model);
        lode_spool_free(&spool);
        bytes_free(&model);
    }
}

/* Short stretches on both sides of the border between file and memory. */
static void test_across_the_border(void **state)
{
    (void)state;
    struct rng rng = {43};
    struct lode_spool spool;
    struct bytes model = {0};
    lode_spool_init(&spool, dir_fd);
    while (model.n < 5 << 20)
        append(&spool, &model, &rng, 100000);
    assert_true(spool.flushed > 8 && spool.len > 8);
    for (uint64_t off = spool.flushed - 4; off < spool.flushed + 4; off++)
        for (size_t n = 0; n < 8; n++) {
            uint8_t data[8] = {0};
            assert_int_equal(lode_spool_read(&spool, off, data, n), 0);
            assert_memory_equal(data, model.p + off, n);
            data[0] = (uint8_t)(data[0] + 1);
            assert_int_equal(lode_spool_patch(&spool, off, data, n), 0);
            memcpy(model.p + off, data, n);
        }
    same(&spool, &model);
    lode_spool_free(&spool);
    bytes_free(&model);
}

/* Beyond the limit the bytes are in a file, not in memory. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    struct rng rng = {42};
    struct lode_spool spool;
    struct bytes model = {0};
    struct stat st;
    lode_spool_init(&spool, dir_fd);
    while (model.n < 12 << 20)
        append(&spool, &model, &rng, 1 << 20);
    assert_true(spool.cap <= 2 * (size_t)LODE_SPOOL_MEMORY + LODE_SPOOL_BUFFER);
    assert_int_equal(fstat(spool.fd, &st), 0);
    assert_int_equal(st.st_nlink, 0); /* without a name: nothing to clean up after a kill */
    lode_spool_free(&spool);
    bytes_free(&model);
}

static void test_empty(void **state)
{
    (void)state;
    struct lode_spool spool = {0}; /* as good as initialised */
    assert_int_equal(lode_spool_size(&spool), 0);
    assert_non_null(lode_spool_view(&spool));
    lode_spool_free(&spool);
    assert_int_equal(fcntl(0, F_GETFD) >= 0, 1); /* descriptor 0 is not the spool's to close */
}

static void test_no_room(void **state)
{
    (void)state;
    struct lode_spool spool;
    static uint8_t chunk[1 << 20];
    int status = 0;
    lode_spool_init(&spool, -1); /* no directory to make a file in */
    for (int i = 0; i < 8 && status == 0; i++)
        status = lode_spool_append(&spool, chunk, sizeof chunk);
    assert_int_equal(status, -1);
    lode_spool_free(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_memory),         cmocka_unit_test(test_over_the_limit),
        cmocka_unit_test(test_at_the_limit),      cmocka_unit_test(test_across_the_border),
        cmocka_unit_test(test_memory_is_bounded), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
