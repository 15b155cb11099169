/* Any bytes as an index with packed bases, without its sources: reads of every kind end well, and
 * agree with each other where verify finds nothing. */
#include "pair.h"

#include <stdbool.h>
#include <string.h>

enum { WHOLE = 20000, TEXT = 60000 };

static bool strict; /* the index contradicts itself nowhere */
static uint8_t whole[WHOLE], part[WHOLE], codes[WHOLE], mask[WHOLE];

static struct lode_request ask(const struct lode_contig *contig, int64_t n, void *dst,
                               uint32_t flags)
{
    return (struct lode_request){
        .contig = contig->id, .end = n, .dst = dst, .dst_size = WHOLE, .flags = flags};
}

static void read_one(lode_reader *reader, struct lode_request *request,
                     const struct lode_encoding *encoding, int64_t want)
{
    struct lode_batch batch = LODE_BATCH_INIT;
    batch.encoding = encoding;
    (void)lode_fetch_many(reader, request, 1, &batch, NULL);
    fuzz_check(!strict || (request->status == LODE_OK && request->written == want));
}

/* A contig that can be read whole can be read in parts, as codes, and backwards. */
static void check_contig(lode_reader *reader, const struct lode_contig *contig,
                         struct fuzz_rng *rng)
{
    uint8_t table[256];
    const int64_t n = contig->length < WHOLE ? contig->length : WHOLE;
    if (lode_fetch_at(reader, contig, 0, n, whole, n, LODE_BOUNDS_ERROR, 0, NULL) != n) {
        fuzz_check(!strict);
        return;
    }
    for (int i = 0; i < 10; i++) {
        const int64_t begin = (int64_t)fuzz_below(rng, (uint64_t)n + 1);
        const int64_t end = begin + (int64_t)fuzz_below(rng, (uint64_t)(n - begin) + 1);
        const int64_t got =
            lode_fetch_at(reader, contig, begin, end, part, WHOLE, LODE_BOUNDS_ERROR, 0, NULL);
        fuzz_check(!strict ||
                   (got == end - begin && memcmp(part, whole + begin, (size_t)got) == 0));
    }
    for (int c = 0; c < 256; c++)
        table[c] = (uint8_t)(c * 7 + 3);
    const struct lode_encoding encoding = {
        .struct_size = sizeof encoding, .kind = LODE_ENCODE_TABLE, .table = table};
    struct lode_request request = ask(contig, n, codes, 0);
    request.mask = mask;
    read_one(reader, &request, &encoding, n);
    for (int64_t i = 0; i < n && strict; i++)
        fuzz_check(codes[i] == table[whole[i]] && mask[i] == (whole[i] >= 'a' && whole[i] <= 'z'));
    request = ask(contig, n, part, LODE_REVERSE_COMPLEMENT);
    read_one(reader, &request, NULL, n);
    request = ask(contig, n, codes, LODE_REVERSE_COMPLEMENT | LODE_UPPER);
    read_one(reader, &request, NULL, n);
    for (int64_t i = 0; i < n && strict; i++) {
        const uint8_t back = part[i], letter = whole[n - 1 - i];
        fuzz_check(codes[i] == (back >= 'a' && back <= 'z' ? back - 32 : back));
        fuzz_check(letter != 'A' || back == 'T' || back == 'U');
        fuzz_check(letter != 'g' || back == 'c');
        fuzz_check(letter != 'N' || back == 'N');
    }
}

/* The text that the bases give back, whole and in parts. */
static void check_text(const lode_index *index, lode_reader *reader, struct fuzz_rng *rng)
{
    static uint8_t text[TEXT], again[TEXT];
    struct lode_source_info info = {.struct_size = sizeof info};
    if (lode_source_info(index, 0, &info, NULL) != LODE_OK)
        return;
    const int64_t n = info.text_size < TEXT ? info.text_size : TEXT;
    if (lode_fetch_text(reader, 0, 0, n, text, NULL) != n) {
        fuzz_check(!strict);
        return;
    }
    for (int i = 0; i < 5; i++) {
        const int64_t begin = (int64_t)fuzz_below(rng, (uint64_t)n + 1);
        const int64_t end = begin + (int64_t)fuzz_below(rng, (uint64_t)(n - begin) + 1);
        const int64_t got = lode_fetch_text(reader, 0, begin, end, again, NULL);
        fuzz_check(!strict ||
                   (got == end - begin && memcmp(again, text + begin, (size_t)got) == 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair pair;
    struct lode_info info = {.struct_size = sizeof info};
    pair_open(&pair, data, size);
    if (pair.index != NULL && lode_index_info(pair.index, &info) == LODE_OK) {
        struct fuzz_rng rng = fuzz_rng_of(data, size < 2048 ? size : 2048);
        struct lode_verify_options options = LODE_VERIFY_OPTIONS_INIT;
        struct lode_diag diag;
        lode_reader *reader = NULL;
        options.threads = 1;
        strict = info.packed_size > 0 && lode_verify(pair.index, &options, &diag) == LODE_OK;
        fuzz_check(lode_reader_new(pair.index, NULL, &reader) == LODE_OK);
        for (int64_t i = 0; i < info.contigs && i < 30; i++) {
            struct lode_contig contig;
            if (lode_contig_at(pair.index, i, &contig, NULL) == LODE_OK && contig.track == 0)
                check_contig(reader, &contig, &rng);
        }
        check_text(pair.index, reader, &rng);
        lode_reader_free(reader);
    }
    pair_close(&pair);
    return 0;
}
