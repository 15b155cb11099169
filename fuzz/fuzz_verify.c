/* Any bytes as an index, any bytes as its source: verify comes to an end, and where it finds
 * nothing every question has its answer and every read succeeds with what stands in the source. */
#include "oracle.h"
#include "pair.h"

enum { PAIR_TWO_THREADS = 4, PAIR_INDEX_ONLY = 8 };

static int count(void *ctx, const struct lode_diag *finding)
{
    fuzz_check(finding->status < 0 && finding->message[0] != 0);
    ++*(int *)ctx;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair pair;
    struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
    struct lode_diag diag;
    int findings = 0;
    pair_open(&pair, data, size);
    options.level = pair.steer & PAIR_INDEX_ONLY ? LODE_VERIFY_INDEX : LODE_VERIFY_FULL;
    options.threads = pair.steer & PAIR_TWO_THREADS ? 2 : 1;
    options.finding = count;
    options.ctx = &findings;
    if (pair.index != NULL) {
        const int status = lode_verify(pair.index, &options, &diag);
        fuzz_check((status == LODE_OK) == (findings == 0));
        if (status == LODE_OK)
            oracle_sound(pair.index);
        if (status == LODE_OK && options.level == LODE_VERIFY_FULL)
            pair_read(&pair, 40, 1);
    }
    pair_close(&pair);
    return 0;
}
