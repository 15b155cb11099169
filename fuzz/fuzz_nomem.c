/* Any bytes as an index and its source, with allocations that fail: every call says NOMEM or what
 * it says when none fails. And what an index claims drives no allocation: opening one takes little
 * memory, verifying it no piece larger than the input asks for. pair.h tells how the input is
 * cut; which allocation fails, and whether all after it do, follows from all of it. */
#include "allocs.h"
#include "pair.h"

#include <string.h>

enum {
    OPEN_BYTES = 64 << 10, /* all that opening may ask for */
    SPARE_BYTES = 4 << 20, /* at once, beside the size of the input: scratch of fixed sizes */
    READS = 12,
    READ_BYTES = 300
};

struct run {
    const struct pair *pair;
    long at;
    bool after;
    size_t input;
};

/* What a call that did not lack memory says, and what it said when it may have. */
static int checked(int without, int with)
{
    fuzz_check(with == without || with == LODE_E_NOMEM);
    fuzz_check(allocs_failed() || with == without);
    return with;
}

static void check_open(const struct run *run)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    struct lode_diag diag = {0};
    int status[2];
    options.source_root = fuzz_root();
    for (int failing = 0; failing < 2; failing++) {
        lode_index *index = NULL;
        allocs_fail(failing ? run->at : 0, run->after);
        status[failing] =
            lode_open_buffer(run->pair->image, run->pair->size, &options, &index, &diag);
        allocs_stop();
        fuzz_check(allocs_together() <= OPEN_BYTES);
        fuzz_check((index != NULL) == (status[failing] == LODE_OK));
        lode_close(index);
    }
    checked(status[0], status[1]);
}

static int verify(const struct run *run, long at)
{
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag;
    options.level = LODE_VERIFY_FULL;
    options.threads = 1;
    allocs_fail(at, run->after);
    const int status = lode_verify(run->pair->index, &options, &diag);
    allocs_stop();
    fuzz_check(allocs_largest() <= run->input + SPARE_BYTES);
    return status;
}

/* The first finding may be another one; never is there none where there was one. */
static void check_verify(const struct run *run)
{
    const int without = verify(run, 0), with = verify(run, run->at);
    if (without == LODE_OK)
        checked(without, with);
    else
        fuzz_check(with != LODE_OK);
}

/* The same read from a new reader, which must make its memory. */
static int read(const struct run *run, long at, const struct lode_contig *contig, int64_t begin,
                uint8_t *dst)
{
    lode_reader *reader = NULL;
    memset(dst, 0xEE, READ_BYTES);
    allocs_fail(at, run->after);
    int64_t got = lode_reader_new(run->pair->index, NULL, &reader);
    if (got == LODE_OK)
        got = lode_fetch_at(reader, contig, begin, begin + READ_BYTES, dst, READ_BYTES,
                            LODE_BOUNDS_CLIP, 0, NULL);
    allocs_stop();
    fuzz_check(allocs_largest() <= run->input + SPARE_BYTES);
    lode_reader_free(reader);
    return got < 0 ? (int)got : LODE_OK;
}

static void check_reads(const struct run *run)
{
    struct fuzz_rng rng = fuzz_rng_of(run->pair->image, run->pair->size);
    struct lode_info info = {.struct_size = sizeof info};
    struct lode_contig contig;
    uint8_t right[READ_BYTES], got[READ_BYTES];
    fuzz_check(lode_index_info(run->pair->index, &info) == LODE_OK);
    for (int i = 0; i < READS; i++) {
        const int64_t id = (int64_t)fuzz_below(&rng, (uint64_t)info.contigs);
        if (lode_contig_at(run->pair->index, id, &contig, NULL) != LODE_OK)
            continue;
        const int64_t begin = (int64_t)fuzz_below(&rng, (uint64_t)contig.length);
        const int status = read(run, 0, &contig, begin, right);
        if (checked(status, read(run, run->at + i, &contig, begin, got)) == LODE_OK)
            fuzz_check(memcmp(got, right, sizeof got) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair pair;
    struct fuzz_rng rng = fuzz_rng_of(data, size);
    const struct run run = {&pair, 1 + (long)fuzz_below(&rng, 64), fuzz_below(&rng, 2) == 1, size};
    pair_open(&pair, data, size);
    check_open(&run);
    if (pair.index != NULL) {
        check_reads(&run);
        check_verify(&run);
    }
    pair_close(&pair);
    return 0;
}
