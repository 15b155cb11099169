#include "assemble.h"

#include "bytes.h"
#include "diag.h"
#include "grow.h"
#include "hash.h"
#include "io.h"

#include <errno.h>
#include <fcntl.h>
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
    uint64_t started; /* writeback was asked for up to here */
};

/* Writeback is started this often, so that the disk works while the rest is made; fsync decides. */
enum { WRITEBACK = 2 << 20 };

static void start_writeback(struct page_writer *w, uint64_t end)
{
#ifdef SYNC_FILE_RANGE_WRITE
    if (end - w->started < WRITEBACK)
        return;
    (void)sync_file_range(w->fd, (off_t)w->started, (off_t)(end - w->started),
                          SYNC_FILE_RANGE_WRITE);
#endif
    w->started = end;
}

/* Sums and writes the page that ends at w->pos: its bytes. */
static int write_page(struct page_writer *w, const uint8_t *bytes)
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
               lode_hash64(bytes + (begin - page), (size_t)(w->pos - begin), 0));
    w->sum_bytes += 8;
    if (lode_pwrite_full(w->fd, bytes, (size_t)(w->pos - page), page) != 0)
        return -1;
    start_writeback(w, w->pos);
    return 0;
}

/* data NULL: zeros. Whole pages are written from where they are. */
static int put(struct page_writer *w, const uint8_t *data, uint64_t n)
{
    while (n > 0) {
        const size_t at = (size_t)(w->pos & (PAGE - 1));
        const size_t k = n < PAGE - at ? (size_t)n : PAGE - at;
        const uint8_t *bytes = w->page;
        if (data == NULL)
            memset(w->page + at, 0, k);
        else if (k == PAGE && w->pos >= w->dir_end)
            bytes = data;
        else
            memcpy(w->page + at, data, k);
        w->pos += k;
        n -= k;
        if ((w->pos & (PAGE - 1)) == 0 && write_page(w, bytes) != 0)
            return -1;
        data = data != NULL ? data + k : NULL;
    }
    return 0;
}

enum { ROWS_AT_ONCE = 64, STRIDE_MAX = 64 };
_Static_assert((int)LODE_STRIDE_CTIG <= STRIDE_MAX && (int)LODE_STRIDE_GAPS <= STRIDE_MAX,
               "rows that are renumbered fit the buffer");

/* Rows with piece->shift added to the number each holds at number_at. */
static int put_shifted(struct page_writer *w, const struct lode_piece *piece, size_t stride,
                       size_t number_at)
{
    uint8_t rows[ROWS_AT_ONCE * STRIDE_MAX];
    for (uint64_t done = 0; done < piece->len;) {
        const uint64_t left = piece->len - done, room = ROWS_AT_ONCE * stride;
        const size_t n = (size_t)(left < room ? left : room);
        memcpy(rows, piece->data + done, n);
        for (size_t at = number_at; at < n; at += stride)
            lode_put32(rows + at, lode_get32(rows + at) + piece->shift);
        if (put(w, rows, n) != 0)
            return -1;
        done += n;
    }
    return 0;
}

static int put_pieces(struct page_writer *w, const struct lode_part *part)
{
    for (size_t i = 0; i < part->piece_count; i++) {
        const struct lode_piece *piece = &part->pieces[i];
        const int error = piece->shift != 0 ? put_shifted(w, piece, part->stride, part->number_at)
                                            : put(w, piece->data, piece->len);
        if (error != 0)
            return -1;
    }
    return 0;
}

static uint64_t part_len(const struct lode_part *part)
{
    uint64_t len = 0;
    for (size_t i = 0; i < part->piece_count; i++)
        len += part->pieces[i].len;
    return len;
}

static int put_section(struct page_writer *w, const struct lode_part *part,
                       struct lode_section *section)
{
    const uint64_t len = part_len(part), align = lode_section_align(len);
    const uint64_t hole = (align - w->pos % align) % align;
    if (put(w, NULL, hole) != 0)
        return -1;
    memset(section, 0, sizeof *section);
    section->id = part->id;
    section->flags = part->flags;
    section->stride = part->stride;
    section->param = part->param;
    section->off = w->pos;
    section->len = len;
    section->count = len / part->stride;
    return put_pieces(w, part);
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
    if ((w->pos & (PAGE - 1)) != 0 && write_page(w, w->page) != 0)
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
        if (part_len(&parts[i]) > 0 || parts[i].always)
            kept[count++] = &parts[i];
    int status = LODE_OK;
    if (w.page == NULL || write_all(&w, kept, count, content_id) != 0)
        status = lode_diag_errno(diag, "%s: cannot write", path);
    free(w.page);
    free(w.sums);
    return status;
}
