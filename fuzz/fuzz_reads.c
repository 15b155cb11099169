/* Any bytes as an index, any bytes as its source: what is read is what stands there, or nothing.
 * pair.h tells how the input is cut. */
#include "pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair pair;
    pair_open(&pair, data, size);
    if (pair.index != NULL)
        pair_read(&pair, 40, 0);
    pair_close(&pair);
    return 0;
}
