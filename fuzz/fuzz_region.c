/* Any bytes as a region, asked of an index with names that make regions ambiguous: what is found is
 * what the region spells, and spelled out in full it is found again. */
#include "guard.h"
#include "support.h"

#include "lode.h"

#include <stdio.h>
#include <string.h>

static const char one[] =
    ">chr1\nACGTACGTAC\n>chr1:2-5\nACGT\n>a::b\nAC\n>{c}\nA\n>1\nAC\n>x:y\nA\n"
    ">chr1:10\nAA\n>e-5\nACGT\n>:\nA\n>::\nA\n>HLA*01:01:01\nACGT\n";
static const char two[] = ">chr1\nAAAA\n>b\nA\n>chr2\nAC\n>a\nA\n";

static lode_index *make(void)
{
    lode_index *index = NULL;
    struct lode_diag diag;
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    fuzz_write("one.fa", one, sizeof one - 1);
    fuzz_write("a.fa", two, sizeof two - 1);
    const char *inputs[] = {fuzz_path("one.fa"), fuzz_path("a.fa")};
    options.out = fuzz_path("i.lode");
    options.threads = 1;
    fuzz_check(lode_build(inputs, 2, &options, NULL, &diag) == LODE_OK);
    fuzz_check(lode_open(options.out, NULL, &index, &diag) == LODE_OK);
    return index;
}

static int holds(const char *text, size_t n, const char *name, size_t len)
{
    return memmem(text, n, name, len) != NULL;
}

/* The same place in braces and numbers. */
static void ask_again(const lode_index *index, const struct lode_contig *contig, int64_t begin,
                      int64_t end)
{
    char name[64], source[64], region[256];
    struct lode_contig again;
    int64_t b, e;
    size_t name_len, source_len;
    fuzz_check(lode_contig_name(index, contig->id, name, sizeof name, &name_len) == LODE_OK);
    fuzz_check(lode_source_name(index, contig->source, source, sizeof source, &source_len) ==
               LODE_OK);
    if (begin < 0 || begin >= INT64_MAX - 2)
        return; /* no number spells it */
    const int n = end == INT64_MAX ? snprintf(region, sizeof region, "{%s}::{%s}:%lld-", source,
                                              name, (long long)begin + 1)
                                   : snprintf(region, sizeof region, "{%s}::{%s}:%lld-%lld", source,
                                              name, (long long)begin + 1, (long long)end);
    fuzz_check(lode_region(index, region, (size_t)n, &again, &b, &e, NULL) == LODE_OK);
    fuzz_check(again.id == contig->id && b == begin && e == end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lode_index *index;
    struct lode_contig contig;
    struct lode_diag diag = {0};
    struct guard guard;
    int64_t begin = 0, end = 0;
    if (index == NULL)
        index = make();
    fuzz_check(guard_new(&guard, size + 1));
    const char *region = (const char *)guard_copy(&guard, data, size);
    const int status = lode_region(index, region, size, &contig, &begin, &end, &diag);
    fuzz_check(status == lode_region(index, region, size, &contig, &begin, &end, NULL));
    if (status == LODE_OK) {
        char name[64];
        size_t len;
        fuzz_check(lode_contig_name(index, contig.id, name, sizeof name, &len) == LODE_OK);
        fuzz_check(holds(region, size, name, len) && begin >= -1 && end > begin);
        ask_again(index, &contig, begin, end);
    } else {
        fuzz_check(status == LODE_E_GRAMMAR || status == LODE_E_NOT_FOUND ||
                   status == LODE_E_AMBIGUOUS || status == LODE_E_RANGE);
        fuzz_check(diag.status == status && diag.message[0] != 0);
    }
    guard_free(&guard);
    return 0;
}
