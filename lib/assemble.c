#include "assemble.h"

#include "bytes.h"
#include "diag.h"
#include "hash.h"
#include "io.h"
#include "threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 1 << LODE_PAGE_LOG2,
    WRITEBACK = 32 * PAGE /* what the disk is asked to start on at a time */
};
_Static_assert(LODE_HEADER_SIZE + (LODE_PARTS_MAX + 1) * LODE_ENTRY_SIZE <= PAGE,
               "header and directory lie in the first page");

/* A piece at its place in the file. */
struct extent {
    uint64_t off;
    const struct lode_piece *piece;
    const struct lode_part *part;
};

/* The file on its way. Everything has its place before anything is written, so that threads can
 * write any part of it. */
struct writer {
    int fd;
    struct extent *extents; /* ascending; what lies between them is zero */
    size_t extent_count;
    uint64_t dir_end; /* sums start here */
    uint64_t end;     /* and end here, where PSUM starts */
    uint8_t *sums;    /* PSUM */
    uint64_t next;    /* page to be taken */
    int error;        /* errno of the first failure */
};

/* ---- layout --------------------------------------------------------------------------------- */

static uint64_t align_up(uint64_t pos, uint64_t len)
{
    const uint64_t align = lode_section_align(len);
    return (pos + align - 1) / align * align;
}

static uint64_t part_len(const struct lode_part *part)
{
    uint64_t len = 0;
    for (size_t i = 0; i < part->piece_count; i++)
        len += part->pieces[i].len;
    return len;
}

/* Places a part at or after pos. Returns where it ends. */
static uint64_t place(struct writer *w, const struct lode_part *part, uint64_t pos,
                      struct lode_section *section)
{
    const uint64_t len = part_len(part);
    memset(section, 0, sizeof *section);
    section->id = part->id;
    section->flags = part->flags;
    section->stride = part->stride;
    section->param = part->param;
    section->group = part->group;
    section->off = pos = align_up(pos, len);
    section->len = len;
    section->count = len / part->stride;
    for (size_t i = 0; i < part->piece_count; i++) {
        const struct extent extent = {pos, &part->pieces[i], part};
        if (part->pieces[i].len > 0)
            w->extents[w->extent_count++] = extent;
        pos += part->pieces[i].len;
    }
    return pos;
}

/* PSUM is summed by the directory, not by itself: it lies behind the pages. */
static void place_psum(struct writer *w, uint64_t pos, struct lode_section *section)
{
    static const struct lode_part psum = {
        .id = LODE_ID_PSUM, .flags = LODE_SECTION_CRITICAL, .stride = LODE_STRIDE_PSUM};
    w->end = place(w, &psum, align_up(pos, 8 * ((pos >> LODE_PAGE_LOG2) + 1)), section);
    section->count = (w->end + PAGE - 1) >> LODE_PAGE_LOG2;
    section->len = section->count * LODE_STRIDE_PSUM;
}

/* ---- bytes ---------------------------------------------------------------------------------- */

/* Writes row numbers, with the shift, over those of bytes [begin, end) of a piece, which stand at
 * to. A number may lie across either end. */
static void shift_numbers(const struct extent *e, uint64_t begin, uint64_t end, uint8_t *to)
{
    const uint64_t stride = e->part->stride;
    for (uint64_t row = begin / stride * stride; row < end; row += stride) {
        const uint64_t at = row + e->part->number_at;
        uint8_t number[4];
        lode_put32(number, lode_get32(e->piece->data + at) + e->piece->shift);
        if (at >= begin && at + sizeof number <= end)
            memcpy(to + (at - begin), number, sizeof number);
        else
            for (uint64_t k = 0; k < sizeof number; k++)
                if (at + k >= begin && at + k < end)
                    to[at + k - begin] = number[k];
    }
}

/* First extent that ends after pos. */
static size_t extent_at(const struct writer *w, uint64_t pos)
{
    size_t lo = 0, hi = w->extent_count;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (w->extents[mid].off + w->extents[mid].piece->len <= pos)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Bytes [begin, end) of the file: where they are, if they are one stretch of a piece, else in buf.
 */
static const uint8_t *compose(const struct writer *w, uint64_t begin, uint64_t end, uint8_t *buf)
{
    uint64_t pos = begin;
    for (size_t i = extent_at(w, begin); pos < end && i < w->extent_count; i++) {
        const struct extent *e = &w->extents[i];
        const uint64_t stop = e->off + e->piece->len < end ? e->off + e->piece->len : end;
        if (e->off >= end)
            break;
        if (e->off <= begin && stop == end && e->piece->shift == 0)
            return e->piece->data + (begin - e->off);
        if (e->off > pos) {
            memset(buf + (pos - begin), 0, (size_t)(e->off - pos));
            pos = e->off;
        }
        memcpy(buf + (pos - begin), e->piece->data + (pos - e->off), (size_t)(stop - pos));
        if (e->piece->shift != 0)
            shift_numbers(e, pos - e->off, stop - e->off, buf + (pos - begin));
        pos = stop;
    }
    memset(buf + (pos - begin), 0, (size_t)(end - pos));
    return buf;
}

/* Writeback runs on while the rest is made; fsync decides. */
static void start_writeback(const struct writer *w, uint64_t end)
{
#ifdef SYNC_FILE_RANGE_WRITE
    if (end % WRITEBACK == 0)
        (void)sync_file_range(w->fd, (off_t)(end - WRITEBACK), WRITEBACK, SYNC_FILE_RANGE_WRITE);
#else
    (void)w, (void)end;
#endif
}

static int write_page(const struct writer *w, uint64_t page, uint8_t *buf)
{
    const uint64_t begin = page * PAGE, end = begin + PAGE < w->end ? begin + PAGE : w->end;
    const uint64_t from = begin > w->dir_end ? begin : w->dir_end;
    const uint8_t *bytes = compose(w, begin, end, buf);
    lode_put64(w->sums + page * LODE_STRIDE_PSUM,
               lode_hash64(bytes + (from - begin), (size_t)(end - from), 0));
    if (lode_pwrite_full(w->fd, bytes, (size_t)(end - begin), begin) != 0)
        return -1;
    start_writeback(w, end);
    return 0;
}

static void *write_pages(void *arg)
{
    struct writer *w = arg;
    uint8_t *buf = malloc(PAGE);
    uint64_t page;
    while (__atomic_load_n(&w->error, __ATOMIC_RELAXED) == 0 &&
           (page = __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED)) * PAGE < w->end)
        if (buf == NULL || write_page(w, page, buf) != 0)
            __atomic_store_n(&w->error, buf == NULL ? ENOMEM : errno, __ATOMIC_RELAXED);
    free(buf);
    return NULL;
}

/* ---- file ----------------------------------------------------------------------------------- */

static int write_all(struct writer *w, const struct lode_part *const *parts, uint32_t n,
                     int threads, struct lode_section *sections, uint8_t *head)
{
    uint64_t pos = w->dir_end = LODE_HEADER_SIZE + (uint64_t)(n + 1) * LODE_ENTRY_SIZE;
    for (uint32_t i = 0; i < n; i++)
        pos = place(w, parts[i], pos, &sections[i]);
    struct lode_section *psum = &sections[n];
    place_psum(w, pos, psum);
    w->sums = malloc((size_t)psum->len);
    if (w->sums == NULL) {
        errno = ENOMEM;
        return -1;
    }
    (void)lode_run_threads(write_pages, w,
                           psum->count < (uint64_t)threads ? (int)psum->count : threads, NULL);
    errno = w->error;
    if (w->error != 0)
        return -1;
    psum->sum = lode_hash64(w->sums, (size_t)psum->len, 0);
    lode_container_encode(head, sections, n + 1, psum->off + psum->len);
    return lode_pwrite_full(w->fd, w->sums, (size_t)psum->len, psum->off) == 0
               ? lode_pwrite_full(w->fd, head, (size_t)w->dir_end, 0)
               : -1;
}

int lode_assemble(int fd, const struct lode_part *parts, size_t n, int threads, const char *path,
                  uint64_t *content_id, struct lode_diag *diag)
{
    struct writer w = {.fd = fd};
    uint32_t count = 0;
    size_t pieces = 0;
    const struct lode_part **kept = malloc((n + 1) * sizeof *kept);
    struct lode_section *sections = malloc((n + 1) * sizeof *sections);
    uint8_t *head = malloc(LODE_HEADER_SIZE + (n + 1) * LODE_ENTRY_SIZE);
    for (size_t i = 0; kept != NULL && i < n; i++)
        if (part_len(&parts[i]) > 0 || parts[i].always) {
            kept[count++] = &parts[i];
            pieces += parts[i].piece_count;
        }
    w.extents = malloc((pieces + 1) * sizeof *w.extents);
    int status = LODE_OK;
    errno = ENOMEM;
    if (kept == NULL || sections == NULL || head == NULL || w.extents == NULL ||
        write_all(&w, kept, count, threads, sections, head) != 0)
        status = lode_diag_errno(diag, "%s: cannot write", path);
    else
        *content_id = sections[count].sum;
    free((void *)(uintptr_t)kept);
    free(sections);
    free(head);
    free(w.extents);
    free(w.sums);
    return status;
}
