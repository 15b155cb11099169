#include "assemble.h"

#include "bytes.h"
#include "diag.h"
#include "grow.h"
#include "hash.h"
#include "io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1 << LODE_PAGE_LOG2, PARTS_MAX = 32 };

/* Writes a file front to back, one 64 KiB page at a time, and sums each page as it leaves. */
struct page_writer {
    int fd;
    uint64_t pos;     /* next byte of the file */
    uint64_t dir_end; /* sums start here */
    uint8_t *page;    /* bytes of the page that pos lies in */
    uint8_t *sums;
    size_t sum_bytes, sum_cap;
};

static int flush_page(struct page_writer *w)
{
    const uint64_t page = (w->pos - 1) >> LODE_PAGE_LOG2 << LODE_PAGE_LOG2;
    const uint64_t begin = page > w->dir_end ? page : w->dir_end;
    if (w->pos <= w->dir_end)
        return 0;
    if (!lode_grow(&w->sums, &w->sum_cap, w->sum_bytes + 8, 1)) {
        errno = ENOMEM;
        return -1;
    }
    lode_put64(w->sums + w->sum_bytes,
               lode_hash64(w->page + (begin - page), (size_t)(w->pos - begin), 0));
    w->sum_bytes += 8;
    return lode_pwrite_full(w->fd, w->page, (size_t)(w->pos - page), page);
}

/* data NULL: zeros. */
static int put(struct page_writer *w, const uint8_t *data, uint64_t n)
{
    while (n > 0) {
        const size_t at = (size_t)(w->pos & (PAGE - 1));
        const size_t k = n < PAGE - at ? (size_t)n : PAGE - at;
        if (data != NULL) {
            memcpy(w->page + at, data, k);
            data += k;
        } else {
            memset(w->page + at, 0, k);
        }
        w->pos += k;
        n -= k;
        if ((w->pos & (PAGE - 1)) == 0 && flush_page(w) != 0)
            return -1;
    }
    return 0;
}

static int put_section(struct page_writer *w, const struct lode_part *part,
                       struct lode_section *section)
{
    const uint64_t align = lode_section_align(part->len);
    const uint64_t hole = (align - w->pos % align) % align;
    if (put(w, NULL, hole) != 0)
        return -1;
    memset(section, 0, sizeof *section);
    section->id = part->id;
    section->flags = part->flags;
    section->stride = part->stride;
    section->param = part->param;
    section->off = w->pos;
    section->len = part->len;
    section->count = part->len / part->stride;
    return part->len > 0 ? put(w, part->data, part->len) : 0;
}

/* PSUM itself is summed by the directory, so it is written past the pages. */
static int put_psum(struct page_writer *w, struct lode_section *section)
{
    const struct lode_part part = {
        .id = LODE_ID_PSUM, .flags = LODE_SECTION_CRITICAL, .stride = LODE_STRIDE_PSUM};
    const uint64_t pages = (w->pos >> LODE_PAGE_LOG2) + 1;
    const uint64_t align = lode_section_align(8 * pages);
    if (put(w, NULL, (align - w->pos % align) % align) != 0 || put_section(w, &part, section) != 0)
        return -1;
    if ((w->pos & (PAGE - 1)) != 0 && flush_page(w) != 0)
        return -1;
    section->off = w->pos;
    section->len = w->sum_bytes;
    section->count = w->sum_bytes / 8;
    section->sum = lode_hash64(w->sums, w->sum_bytes, 0);
    return lode_pwrite_full(w->fd, w->sums, w->sum_bytes, w->pos);
}

static int write_all(struct page_writer *w, const struct lode_part *const *parts, uint32_t n,
                     uint64_t *content_id)
{
    struct lode_section sections[PARTS_MAX];
    uint8_t head[LODE_HEADER_SIZE + PARTS_MAX * LODE_ENTRY_SIZE];
    w->dir_end = LODE_HEADER_SIZE + (uint64_t)(n + 1) * LODE_ENTRY_SIZE;
    if (put(w, NULL, w->dir_end) != 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (put_section(w, parts[i], &sections[i]) != 0)
            return -1;
    if (put_psum(w, &sections[n]) != 0)
        return -1;
    lode_container_encode(head, sections, n + 1, sections[n].off + sections[n].len);
    *content_id = sections[n].sum;
    return lode_pwrite_full(w->fd, head, (size_t)w->dir_end, 0);
}

int lode_assemble(int fd, const struct lode_part *parts, size_t n, const char *path,
                  uint64_t *content_id, struct lode_diag *diag)
{
    const struct lode_part *kept[PARTS_MAX];
    struct page_writer w = {.fd = fd, .page = calloc(1, PAGE)};
    uint32_t count = 0;
    for (size_t i = 0; i < n && count < PARTS_MAX - 1; i++)
        if (parts[i].len > 0 || parts[i].always)
            kept[count++] = &parts[i];
    int status = LODE_OK;
    if (w.page == NULL || write_all(&w, kept, count, content_id) != 0)
        status = lode_diag_errno(diag, "%s: cannot write", path);
    free(w.page);
    free(w.sums);
    return status;
}
