/* Many processes that open the index and read, each base held against the text, while it is built
 * anew: none sees anything but the right bases. LODE_CROWD=full: 64 processes, a million reads
 * each, a thousand builds; by default a hundredth of it. */
#include "support.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 64, READS_OF_AN_OPEN = 500 };

static struct fasta fasta;

static int read_all(int number, long reads)
{
    struct rng rng = {(uint64_t)number + 1000};
    for (long done = 0; done < reads; done += READS_OF_AN_OPEN) {
        lode_index *index = NULL;
        lode_reader *reader = NULL;
        struct lode_diag diag;
        if (lode_open(tmp_path("g.fa.lode"), NULL, &index, &diag) != LODE_OK) {
            fprintf(stderr, "open: %s\n", diag.message);
            return 1;
        }
        if (lode_reader_new(index, NULL, &reader) != LODE_OK)
            return 2;
        const int verdict = read_randomly(index, reader, &fasta, &rng, READS_OF_AN_OPEN, 100);
        if (verdict != LODE_OK) {
            fprintf(stderr, "read: %d\n", verdict);
            return 3;
        }
        lode_reader_free(reader);
        lode_close(index);
    }
    return 0;
}

static void build_again(void)
{
    const char *input = tmp_path("g.fa");
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    struct lode_diag diag;
    options.rescan = 1;
    if (lode_build(&input, 1, &options, NULL, &diag) != LODE_OK)
        fail_msg("%s", diag.message);
}

static void test_crowd(void **state)
{
    (void)state;
    const char *scale = getenv("LODE_CROWD");
    const bool full = scale != NULL && strcmp(scale, "full") == 0;
    const long reads = full ? 1000000 : 10000, builds = full ? 1000 : 10;
    pid_t children[PROCESSES];
    struct rng rng = {8};
    const struct style style = {.records = 50, .max_length = 4000, .max_width = 60};
    fasta = fasta_random(&rng, &style);
    lode_close(index_of(&fasta, "g.fa", 0));
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(read_all(i, reads));
    }
    for (long i = 0; i < builds; i++)
        build_again();
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("process %d: status %x", i, (unsigned)status);
    }
    print_message("%d processes, %ld reads each, %ld builds\n", PROCESSES, reads, builds);
    fasta_free(&fasta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TMP_TEST(test_crowd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
