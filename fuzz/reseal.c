#include "reseal.h"

#include "bytes.h"
#include "container.h"
#include "hash.h"
#include "range.h"

static void reseal_pages(uint8_t *p, uint64_t dir_end, const uint8_t *entry)
{
    const uint64_t off = lode_get64(entry + LODE_ENTRY_OFFSET);
    const uint64_t len = lode_get64(entry + LODE_ENTRY_LENGTH);
    for (uint64_t i = 0; i < len / 8 && i < lode_page_count(dir_end, off); i++) {
        uint64_t begin, end;
        lode_page_span(dir_end, off, i, &begin, &end);
        lode_put64(p + off + 8 * i, lode_hash64(p + begin, (size_t)(end - begin), 0));
    }
}

/* Header and directory as far as they lie in p[0, n): the directory's end, or 0. */
static uint64_t directory(const uint8_t *p, size_t n, uint64_t *header, uint64_t *entry,
                          uint64_t *count)
{
    if (n < LODE_HEADER_SIZE)
        return 0;
    *header = lode_get32(p + LODE_HEADER_HEADER_SIZE);
    *entry = lode_get32(p + LODE_HEADER_ENTRY_SIZE);
    *count = lode_get32(p + LODE_HEADER_ENTRY_COUNT);
    if (*header < LODE_HEADER_SIZE || *entry < LODE_ENTRY_SIZE || *count == 0 || *header > n ||
        *entry > n || *count > n || *header + *entry * *count > n)
        return 0;
    return *header + *entry * *count;
}

void fuzz_reseal(uint8_t *p, size_t n)
{
    uint64_t header, entry, count;
    const uint64_t dir_end = directory(p, n, &header, &entry, &count);
    if (dir_end == 0)
        return;
    uint8_t *last = p + dir_end - entry;
    const uint64_t off = lode_get64(last + LODE_ENTRY_OFFSET);
    const uint64_t len = lode_get64(last + LODE_ENTRY_LENGTH);
    if (off >= dir_end && lode_range_ok(off, len, n)) {
        reseal_pages(p, dir_end, last);
        lode_put64(last + LODE_ENTRY_CHECKSUM, lode_hash64(p + off, (size_t)len, 0));
        lode_put64(p + LODE_HEADER_CONTENT_ID, lode_get64(last + LODE_ENTRY_CHECKSUM));
    }
    lode_put64(p + LODE_HEADER_FILE_SIZE, n);
    lode_put64(p + LODE_HEADER_CHECKSUM, 0);
    lode_put64(p + LODE_HEADER_CHECKSUM, lode_hash64(p, (size_t)dir_end, 0));
}

uint8_t *fuzz_rows(uint8_t *p, size_t n, uint32_t id, size_t min)
{
    uint64_t header, entry, count;
    if (directory(p, n, &header, &entry, &count) == 0)
        return NULL;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *e = p + header + i * entry;
        const uint64_t off = lode_get64(e + LODE_ENTRY_OFFSET);
        const uint64_t len = lode_get64(e + LODE_ENTRY_LENGTH);
        if (lode_get32(e + LODE_ENTRY_ID) == id && len >= min && lode_range_ok(off, len, n))
            return p + off;
    }
    return NULL;
}
