#include "container.h"

#include "bytes.h"
#include "hash.h"
#include "range.h"

static const uint8_t magic[LODE_MAGIC_SIZE] = LODE_MAGIC_BYTES;

static bool id_known(uint32_t id)
{
    switch (id) {
#define KNOWN(name, a, b, c, d, stride, flags) case LODE_ID_##name:
        LODE_SECTIONS(KNOWN)
        LODE_STORE_SECTIONS(KNOWN)
        LODE_SET_SECTIONS(KNOWN)
#undef KNOWN
        return true;
    default:
        return false;
    }
}

/* Header fields up to the checksum, in the order that gives each failure one name (SPEC 8.1). */
static int parse_header(const uint8_t *data, uint64_t size, struct lode_container *box,
                        struct lode_fault *fault)
{
    if (size < LODE_MAGIC_SIZE || memcmp(data, magic, LODE_MAGIC_SIZE) != 0)
        return lode_fail(fault, LODE_FMT_NOT_LODE, "H-1", 0, 0);
    if (size < LODE_HEADER_SIZE)
        return lode_fail(fault, LODE_FMT_TRUNCATED, "H-2", 0, size);
    box->header_size = lode_get32(data + LODE_HEADER_HEADER_SIZE);
    box->entry_size = lode_get32(data + LODE_HEADER_ENTRY_SIZE);
    box->entry_count = lode_get32(data + LODE_HEADER_ENTRY_COUNT);
    if (box->header_size < LODE_HEADER_SIZE || box->header_size > LODE_GROWN_SIZE_MAX ||
        box->header_size % 8 != 0)
        return lode_fail(fault, LODE_FMT_LAYOUT, "H-3", 0, LODE_HEADER_HEADER_SIZE);
    if (box->entry_size < LODE_ENTRY_SIZE || box->entry_size > LODE_GROWN_SIZE_MAX ||
        box->entry_size % 8 != 0)
        return lode_fail(fault, LODE_FMT_LAYOUT, "H-4", 0, LODE_HEADER_ENTRY_SIZE);
    if (box->entry_count == 0 || box->entry_count > LODE_ENTRY_COUNT_MAX)
        return lode_fail(fault, LODE_FMT_LAYOUT, "H-5", 0, LODE_HEADER_ENTRY_COUNT);
    box->dir_end = box->header_size + (uint64_t)box->entry_count * box->entry_size;
    if (box->dir_end > size)
        return lode_fail(fault, LODE_FMT_TRUNCATED, "H-6", 0, size);
    box->checksum = lode_get64(data + LODE_HEADER_CHECKSUM);
    static const uint8_t zero[8];
    const uint64_t sum = lode_hash64_parts(data, LODE_HEADER_CHECKSUM, zero, sizeof zero,
                                           data + LODE_HEADER_CHECKSUM + 8,
                                           (size_t)(box->dir_end - LODE_HEADER_CHECKSUM - 8));
    if (sum != box->checksum)
        return lode_fail(fault, LODE_FMT_HEADER_SUM, "H-7", 0, LODE_HEADER_CHECKSUM);
    return LODE_FMT_OK;
}

static int check_versions(const uint8_t *data, uint64_t size, struct lode_container *box,
                          struct lode_fault *fault)
{
    box->major = lode_get16(data + LODE_HEADER_MAJOR);
    box->minor = lode_get16(data + LODE_HEADER_MINOR);
    box->compat = lode_get32(data + LODE_HEADER_COMPAT);
    if (box->major > LODE_FORMAT_MAJOR)
        return lode_fail(fault, LODE_FMT_VERSION, "H-8", 0, LODE_HEADER_MAJOR);
    if (lode_get32(data + LODE_HEADER_INCOMPAT) != 0)
        return lode_fail(fault, LODE_FMT_FEATURE, "H-9", 0, LODE_HEADER_INCOMPAT);
    if (lode_get64(data + LODE_HEADER_RESERVED) != 0)
        return lode_fail(fault, LODE_FMT_LAYOUT, "H-10", 0, LODE_HEADER_RESERVED);
    const uint64_t file_size = lode_get64(data + LODE_HEADER_FILE_SIZE);
    if (file_size > size)
        return lode_fail(fault, LODE_FMT_TRUNCATED, "H-11", 0, size);
    if (file_size < size)
        return lode_fail(fault, LODE_FMT_LAYOUT, "H-12", 0, file_size);
    box->content_id = lode_get64(data + LODE_HEADER_CONTENT_ID);
    return LODE_FMT_OK;
}

void lode_container_entry(const struct lode_container *box, uint32_t i, struct lode_section *out)
{
    const uint8_t *p = box->data + box->header_size + (uint64_t)i * box->entry_size;
    out->id = lode_get32(p + LODE_ENTRY_ID);
    out->flags = lode_get32(p + LODE_ENTRY_FLAGS);
    out->group = lode_get32(p + LODE_ENTRY_GROUP);
    out->off = lode_get64(p + LODE_ENTRY_OFFSET);
    out->len = lode_get64(p + LODE_ENTRY_LENGTH);
    out->count = lode_get64(p + LODE_ENTRY_COUNT);
    out->stride = lode_get32(p + LODE_ENTRY_STRIDE);
    out->param = lode_get32(p + LODE_ENTRY_PARAM);
    out->sum = lode_get64(p + LODE_ENTRY_CHECKSUM);
}

bool lode_container_find(const struct lode_container *box, uint32_t id, uint32_t group,
                         struct lode_section *out)
{
    for (uint32_t i = 0; i < box->entry_count; i++) {
        lode_container_entry(box, i, out);
        if (out->id == id && out->group == group)
            return true;
    }
    return false;
}

bool lode_container_mentions(const uint8_t *data, uint64_t size, uint32_t id)
{
    if (size < LODE_HEADER_SIZE || memcmp(data, magic, LODE_MAGIC_SIZE) != 0)
        return false;
    const uint32_t n = lode_get32(data + LODE_HEADER_ENTRY_COUNT);
    const uint64_t stride = lode_get32(data + LODE_HEADER_ENTRY_SIZE);
    uint64_t at = lode_get32(data + LODE_HEADER_HEADER_SIZE);
    for (uint32_t i = 0;
         i < n && i < LODE_ENTRY_COUNT_MAX && lode_range_ok(at, LODE_ENTRY_SIZE, size);
         i++, at += stride)
        if (lode_get32(data + at + LODE_ENTRY_ID) == id)
            return true;
    return false;
}

static bool seen_before(const struct lode_container *box, uint32_t i, const struct lode_section *s)
{
    struct lode_section other;
    for (uint32_t k = 0; k < i; k++) {
        lode_container_entry(box, k, &other);
        if (other.id == s->id && other.group == s->group)
            return true;
    }
    return false;
}

/* Entry i, whose section must start at or after free_from. */
static int check_entry(const struct lode_container *box, uint32_t i, uint64_t free_from,
                       struct lode_section *s, struct lode_fault *fault)
{
    lode_container_entry(box, i, s);
    const uint64_t at = box->header_size + (uint64_t)i * box->entry_size;
    const uint8_t *p = box->data + at;
    const bool last = i + 1 == box->entry_count;

    if (lode_get32(p + LODE_ENTRY_RESERVED0) != 0 || lode_get64(p + LODE_ENTRY_RESERVED1) != 0)
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-1", s->id, at);
    if ((s->flags & LODE_SECTION_CRITICAL) != 0 && !id_known(s->id))
        return lode_fail(fault, LODE_FMT_FEATURE, "D-2", s->id, at + LODE_ENTRY_ID);
    if (s->off % LODE_ALIGN != 0 || s->off < free_from)
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-3", s->id, at + LODE_ENTRY_OFFSET);
    if (!lode_range_ok(s->off, s->len, box->size))
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-4", s->id, at + LODE_ENTRY_LENGTH);
    if (!lode_array_ok(s->count, s->stride, s->len))
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-5", s->id, at + LODE_ENTRY_COUNT);
    if (seen_before(box, i, s))
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-6", s->id, at);
    if (last != (s->id == LODE_ID_PSUM && s->group == 0))
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-7", s->id, at);
    if (!last && s->sum != 0)
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-8", s->id, at + LODE_ENTRY_CHECKSUM);
    return LODE_FMT_OK;
}

int lode_container_parse(const uint8_t *data, uint64_t size, struct lode_container *out,
                         struct lode_fault *fault)
{
    struct lode_container box = {.data = data, .size = size};
    int status = parse_header(data, size, &box, fault);
    if (status == LODE_FMT_OK)
        status = check_versions(data, size, &box, fault);
    if (status != LODE_FMT_OK)
        return status;

    struct lode_section s = {0};
    uint64_t free_from = box.dir_end;
    for (uint32_t i = 0; i < box.entry_count; i++) {
        status = check_entry(&box, i, free_from, &s, fault);
        if (status != LODE_FMT_OK)
            return status;
        free_from = s.off + s.len;
    }
    /* s is PSUM now: it ends the file and has one row for each page before it. */
    if (free_from != size)
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-9", s.id, free_from);
    if (s.stride != LODE_STRIDE_PSUM || s.count != lode_page_count(box.dir_end, s.off))
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-10", s.id, s.off);
    if (s.sum != box.content_id)
        return lode_fail(fault, LODE_FMT_LAYOUT, "D-11", s.id, LODE_HEADER_CONTENT_ID);
    *out = box;
    return LODE_FMT_OK;
}

uint64_t lode_page_count(uint64_t dir_end, uint64_t psum_off)
{
    if (psum_off <= dir_end)
        return 0;
    return lode_ceil_div(psum_off, 1u << LODE_PAGE_LOG2) - (dir_end >> LODE_PAGE_LOG2);
}

void lode_page_span(uint64_t dir_end, uint64_t psum_off, uint64_t i, uint64_t *begin, uint64_t *end)
{
    const uint64_t page = (dir_end >> LODE_PAGE_LOG2) + i;
    const uint64_t from = page << LODE_PAGE_LOG2;
    const uint64_t to = (page + 1) << LODE_PAGE_LOG2;
    *begin = from > dir_end ? from : dir_end;
    *end = to < psum_off ? to : psum_off;
}

int lode_container_check_psum(const struct lode_container *box, struct lode_fault *fault)
{
    struct lode_section s;
    lode_container_entry(box, box->entry_count - 1, &s);
    if (!lode_range_ok(s.off, s.len, box->size) ||
        lode_hash64(box->data + s.off, (size_t)s.len, 0) != box->content_id)
        return lode_fail(fault, LODE_FMT_PAGE_SUM, "P-1", LODE_ID_PSUM, s.off);
    return LODE_FMT_OK;
}

int lode_container_page(const struct lode_container *box, uint64_t i, uint64_t *begin,
                        uint64_t *end, struct lode_fault *fault)
{
    struct lode_section s;
    lode_container_entry(box, box->entry_count - 1, &s);
    if (!lode_range_ok(s.off, s.len, box->size) || i >= s.len / LODE_STRIDE_PSUM)
        return lode_fail(fault, LODE_FMT_CORRUPT, "P-2", LODE_ID_PSUM, s.off);
    lode_page_span(box->dir_end, s.off, i, begin, end);
    return LODE_FMT_OK;
}

/* bytes: those of the page, or NULL for where they are. */
static int check_page(const struct lode_container *box, uint64_t i, const uint8_t *bytes,
                      struct lode_fault *fault)
{
    struct lode_section s;
    uint64_t begin, end;
    const int status = lode_container_page(box, i, &begin, &end, fault);
    if (status != LODE_FMT_OK)
        return status;
    lode_container_entry(box, box->entry_count - 1, &s);
    const uint64_t at = s.off + i * LODE_STRIDE_PSUM;
    if (!lode_range_ok(at, LODE_STRIDE_PSUM, box->size))
        return lode_fail(fault, LODE_FMT_CORRUPT, "P-2", LODE_ID_PSUM, s.off);
    if (lode_hash64(bytes != NULL ? bytes : box->data + begin, (size_t)(end - begin), 0) !=
        lode_get64(box->data + at))
        return lode_fail(fault, LODE_FMT_PAGE_SUM, "P-2", 0, begin);
    return LODE_FMT_OK;
}

int lode_container_check_page(const struct lode_container *box, uint64_t i,
                              struct lode_fault *fault)
{
    return check_page(box, i, NULL, fault);
}

int lode_container_check_page_copy(const struct lode_container *box, uint64_t i,
                                   const uint8_t *bytes, struct lode_fault *fault)
{
    return check_page(box, i, bytes, fault);
}

int lode_container_check_padding(const struct lode_container *box, struct lode_fault *fault)
{
    uint64_t at = box->dir_end;
    for (uint32_t i = 0; i < box->entry_count; i++) {
        struct lode_section s;
        lode_container_entry(box, i, &s);
        if (!lode_range_ok(s.off, s.len, box->size))
            return lode_fail(fault, LODE_FMT_CORRUPT, "D-4", s.id, s.off);
        /* Alignment is at most 4096, so a longer hole is hidden room, not padding. */
        if (s.off - at >= LODE_ALIGN_BIG)
            return lode_fail(fault, LODE_FMT_LAYOUT, "D-12", s.id, at);
        for (; at < s.off; at++)
            if (box->data[at] != 0)
                return lode_fail(fault, LODE_FMT_LAYOUT, "D-13", s.id, at);
        at = s.off + s.len;
    }
    return LODE_FMT_OK;
}

uint64_t lode_section_align(uint64_t len)
{
    return len >= LODE_BIG_SECTION ? LODE_ALIGN_BIG : LODE_ALIGN;
}

static void encode_entry(uint8_t *p, const struct lode_section *s)
{
    memset(p, 0, LODE_ENTRY_SIZE);
    lode_put32(p + LODE_ENTRY_ID, s->id);
    lode_put32(p + LODE_ENTRY_FLAGS, s->flags);
    lode_put32(p + LODE_ENTRY_GROUP, s->group);
    lode_put64(p + LODE_ENTRY_OFFSET, s->off);
    lode_put64(p + LODE_ENTRY_LENGTH, s->len);
    lode_put64(p + LODE_ENTRY_COUNT, s->count);
    lode_put32(p + LODE_ENTRY_STRIDE, s->stride);
    lode_put32(p + LODE_ENTRY_PARAM, s->param);
    lode_put64(p + LODE_ENTRY_CHECKSUM, s->sum);
}

void lode_container_encode(uint8_t *dst, const struct lode_section *sections, uint32_t n,
                           uint64_t file_size)
{
    memset(dst, 0, LODE_HEADER_SIZE);
    memcpy(dst + LODE_HEADER_MAGIC, magic, LODE_MAGIC_SIZE);
    lode_put16(dst + LODE_HEADER_MAJOR, LODE_FORMAT_MAJOR);
    lode_put16(dst + LODE_HEADER_MINOR, LODE_FORMAT_MINOR);
    lode_put32(dst + LODE_HEADER_HEADER_SIZE, LODE_HEADER_SIZE);
    lode_put32(dst + LODE_HEADER_ENTRY_COUNT, n);
    lode_put32(dst + LODE_HEADER_ENTRY_SIZE, LODE_ENTRY_SIZE);
    lode_put64(dst + LODE_HEADER_FILE_SIZE, file_size);
    lode_put64(dst + LODE_HEADER_CONTENT_ID, sections[n - 1].sum);
    for (uint32_t i = 0; i < n; i++)
        encode_entry(dst + LODE_HEADER_SIZE + (size_t)i * LODE_ENTRY_SIZE, &sections[i]);
    const size_t size = LODE_HEADER_SIZE + (size_t)n * LODE_ENTRY_SIZE;
    lode_put64(dst + LODE_HEADER_CHECKSUM, lode_hash64(dst, size, 0));
}
