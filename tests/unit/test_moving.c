/* Files that change under eight threads that read: the process lives, and what comes with LODE_OK
 * is what was indexed. LODE_MOVES: how many changes, at random moments (default 150). */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, READS = 200 };

static struct fasta fasta;
static struct bytes source, image, garbage; /* as they were; and neither */
static const char *source_path, *index_path;
static uint64_t content_id;
static bool stop;          /* the readers */
static bool judged = true; /* bases count */
static long wrong, right, refused;

/* ---- readers --------------------------------------------------------------------------------- */

static void read_once(struct rng *rng, int map_mode)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    lode_index *index = NULL;
    lode_reader *reader = NULL;
    options.map_mode = map_mode;
    options.content_id = content_id;
    if (lode_open(index_path, &options, &index, NULL) != LODE_OK) {
        __atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
        return;
    }
    if (lode_reader_new(index, NULL, &reader) == LODE_OK)
        for (int i = 0; i < READS; i++) {
            struct lode_contig contig;
            const int64_t id = (int64_t)rng_below(rng, fasta.count);
            if (lode_contig_at(index, id, &contig, NULL) != LODE_OK)
                continue;
            const struct record *record = &fasta.records[id];
            const int64_t begin = (int64_t)rng_below(rng, (uint64_t)record->length + 1);
            const int64_t room = record->length - begin;
            const int verdict =
                read_judged(reader, &contig, record, begin, begin + (room < 300 ? room : 300));
            const bool bad = verdict == WRONG_BASES || verdict == DST_TOUCHED;
            __atomic_add_fetch(bad                  ? &wrong
                               : verdict == LODE_OK ? &right
                                                    : &refused,
                               1, __ATOMIC_RELAXED);
        }
    lode_reader_free(reader);
    lode_close(index);
}

static void *read_on(void *arg)
{
    struct rng rng = {(uint64_t)(uintptr_t)arg + 50};
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        read_once(&rng, LODE_MAP_GUARDED);
    return NULL;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void replace(const char *path, const struct bytes *with)
{
    file_write(tmp_path("new"), with->p, with->n);
    assert_int_equal(rename(tmp_path("new"), path), 0);
}

static void edit(const char *path, uint64_t at, const void *p, size_t n)
{
    const int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, p, n, (off_t)at), n);
    close(fd);
}

static void move_source(struct rng *rng)
{
    switch (rng_below(rng, 5)) {
    case 0:
        assert_int_equal(truncate(source_path, (off_t)rng_below(rng, source.n)), 0);
        break;
    case 1:
        edit(source_path, source.n, ">new\nACGT\n", 10);
        break;
    case 2:
        edit(source_path, rng_below(rng, source.n), "TTTTTTTT", 8);
        break;
    case 3:
        replace(source_path, &garbage);
        break;
    default:
        replace(source_path, &source);
    }
}

/* To any length, and to whole pages, where the last one has no bytes to fault. */
static void move_index(struct rng *rng)
{
    const uint64_t n = rng_below(rng, image.n);
    if (rng_below(rng, 2) == 0)
        assert_int_equal(truncate(index_path, (off_t)(rng_below(rng, 2) == 0 ? n : n & ~4095u)), 0);
    else
        replace(index_path, &image);
}

/* Written over in place: nobody can be promised its bases, only to live. */
static void overwrite_index(struct rng *rng)
{
    const uint64_t at = rng_below(rng, image.n);
    const uint64_t n = rng_range(rng, 1, image.n - at);
    if (rng_below(rng, 3) == 0)
        replace(index_path, &image);
    else
        edit(index_path, at, garbage.p, n);
}

static bool seen_both(void)
{
    return __atomic_load_n(&right, __ATOMIC_RELAXED) > 0 &&
           __atomic_load_n(&refused, __ATOMIC_RELAXED) > 0;
}

static void run(void (*move)(struct rng *rng), uint64_t seed)
{
    const char *text = getenv("LODE_MOVES");
    const long moves = text != NULL && atol(text) > 0 ? atol(text) : 150;
    struct rng rng = {seed};
    pthread_t threads[THREADS];
    stop = false;
    right = wrong = refused = 0;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, (void *)i), 0);
    /* on a busy machine readers may miss all of them: then some more */
    for (long i = 0; i < moves || (i < 40 * moves && !seen_both()); i++) {
        const struct timespec pause = {0, (long)rng_below(&rng, 4000000)};
        move(&rng);
        (void)nanosleep(&pause, NULL);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    replace(source_path, &source);
    replace(index_path, &image);
    print_message("%ld reads right, %ld refused, %ld wrong\n", right, refused, wrong);
    assert_true(right > 0 && refused > 0);
    if (judged)
        assert_int_equal(wrong, 0);
}

static void test_source_moves(void **state)
{
    (void)state;
    run(move_source, 1);
}

static void test_index_moves(void **state)
{
    (void)state;
    run(move_index, 2);
}

static void test_index_written_over(void **state)
{
    (void)state;
    judged = false;
    run(overwrite_index, 3);
    judged = true;
}

/* ---- two kinds of sources -------------------------------------------------------------------- */

static int make(void **state, int block_size)
{
    struct rng rng = {17};
    const struct style style = {.records = 300, .max_length = 6000, .max_width = 60};
    static char paths[2][600];
    struct lode_info info = {.struct_size = sizeof info};
    if (tmp_make(state) != 0)
        return -1;
    fasta = fasta_random(&rng, &style);
    lode_index *index = index_of(&fasta, block_size ? "m.fa.gz" : "m.fa", block_size);
    assert_int_equal(lode_index_info(index, &info), LODE_OK);
    content_id = info.content_id;
    lode_close(index);
    snprintf(paths[0], sizeof paths[0], "%s", tmp_path(block_size ? "m.fa.gz" : "m.fa"));
    snprintf(paths[1], sizeof paths[1], "%s", tmp_path(block_size ? "m.fa.gz.lode" : "m.fa.lode"));
    source_path = paths[0];
    index_path = paths[1];
    source = file_read(source_path);
    image = file_read(index_path);
    garbage = (struct bytes){0};
    for (size_t i = 0; i < source.n || i < image.n; i++) {
        const uint8_t byte = (uint8_t)rng_next(&rng);
        bytes_add(&garbage, &byte, 1);
    }
    return 0;
}

static int make_plain(void **state)
{
    return make(state, 0);
}

static int make_blocks(void **state)
{
    return make(state, 4096);
}

static int drop(void **state)
{
    bytes_free(&source);
    bytes_free(&image);
    bytes_free(&garbage);
    fasta_free(&fasta);
    return tmp_drop(state);
}

int main(void)
{
#define CASE(test, make) cmocka_unit_test_setup_teardown(test, make, drop)
    const struct CMUnitTest tests[] = {
        CASE(test_source_moves, make_plain),       CASE(test_source_moves, make_blocks),
        CASE(test_index_moves, make_plain),        CASE(test_index_moves, make_blocks),
        CASE(test_index_written_over, make_plain), CASE(test_index_written_over, make_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
