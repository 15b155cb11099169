/* Opens any bytes as an index and asks it everything: whatever they are, no crash, no read outside
 * them, no long loop. The last byte of the input steers: bit 0 makes the sums good again before the
 * index is opened, bit 1 has it verified too, bits 2-5 move it to another address. */
#include "guard.h"
#include "lode.h"
#include "reseal.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 300 }; /* of each table: enough to meet every kind of row */

static void ask_contig(const lode_index *index, lode_reader *reader, int64_t id)
{
    struct lode_contig contig, found;
    struct lode_diag diag;
    char name[300], dst[64];
    size_t len = 0;
    if (lode_contig_at(index, id, &contig, &diag) != LODE_OK)
        return;
    fuzz_check(contig.id == id && contig.length >= 0 && contig.text_off >= 0);
    (void)lode_contig_description(index, id, name, sizeof name, &len);
    if (lode_contig_name(index, id, name, sizeof name, &len) == LODE_OK) {
        fuzz_check(len <= sizeof name);
        (void)lode_find(index, contig.source, name, len, &found, &diag);
        (void)lode_find(index, -1, name, len, &found, NULL);
    }
    /* There are no sources: every read is refused, and none gets far. */
    fuzz_check(lode_fetch_at(reader, &contig, 0, 10, dst, sizeof dst, LODE_BOUNDS_ERROR, 0, &diag) <
                   0 ||
               contig.length == 0);
    (void)lode_fetch_at(reader, &contig, -5, 20, dst, sizeof dst, LODE_BOUNDS_PAD, 3, NULL);
}

static void ask_source(const lode_index *index, int64_t i)
{
    struct lode_source_info info = {.struct_size = sizeof info};
    struct lode_composition composition;
    char name[300];
    size_t len = 0;
    int64_t found = -1;
    (void)lode_source_info(index, i, &info, NULL);
    (void)lode_source_composition(index, i, &composition, NULL);
    (void)lode_source_path(index, i, name, sizeof name, &len);
    if (lode_source_name(index, i, name, sizeof name, &len) == LODE_OK)
        (void)lode_find_source(index, name, len, &found);
}

static void ask_regions(const lode_index *index, const uint8_t *p, size_t n)
{
    static const char *const regions[] = {"chr1", "a:1-10", "one::chr1:2", "{a}:5-", "::", ":", ""};
    struct lode_contig contig;
    struct lode_diag diag;
    int64_t begin, end;
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++)
        (void)lode_region(index, regions[i], strlen(regions[i]), &contig, &begin, &end, &diag);
    (void)lode_region(index, (const char *)p, n < 100 ? n : 100, &contig, &begin, &end, &diag);
}

static void ask(const lode_index *index, const uint8_t *p, size_t n, int verify)
{
    struct lode_info info = {.struct_size = sizeof info};
    lode_reader *reader = NULL;
    fuzz_check(lode_index_info(index, &info) == LODE_OK);
    fuzz_check(info.sources >= 1 && info.contigs >= 0 && (uint64_t)info.contigs < n);
    fuzz_check(lode_reader_new(index, NULL, &reader) == LODE_OK);
    for (int64_t i = 0; i < info.contigs && i < ROWS; i++)
        ask_contig(index, reader, i);
    ask_contig(index, reader, info.contigs - 1);
    for (int64_t i = 0; i < info.sources && i < ROWS; i++)
        ask_source(index, i);
    ask_regions(index, p, n);
    lode_reader_free(reader);
    if (verify) {
        const struct lode_verify_options options = {
            .struct_size = sizeof options, .level = LODE_VERIFY_INDEX, .threads = 1};
        struct lode_diag diag;
        (void)lode_verify(index, &options, &diag);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lode_index *index = NULL;
    struct lode_diag diag;
    struct guard guard;
    if (size < 1)
        return 0;
    const uint8_t steer = data[size - 1];
    const size_t n = size - 1, gap = steer >> 2 & 15;
    fuzz_check(guard_new(&guard, n + 16));
    uint8_t *p = guard_copy(&guard, data, n) - gap; /* odd addresses; at gap 0 the end is guarded */
    memmove(p, data, n);
    if (steer & 1)
        fuzz_reseal(p, n);
    if (lode_open_buffer(p, n, NULL, &index, &diag) == LODE_OK) {
        ask(index, p, n, steer & 2);
        lode_close(index);
    } else {
        fuzz_check(index == NULL && diag.status < 0 && diag.message[0] != 0);
    }
    guard_free(&guard);
    return 0;
}
