#include "reseal.h"

#include "bytes.h"
#include "hash.h"

#include <stddef.h>
#include <unistd.h>

uint8_t *reseal_entry(uint8_t *image, uint32_t id)
{
    const uint32_t n = lode_get32(image + LODE_HEADER_ENTRY_COUNT);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *p = image + LODE_HEADER_SIZE + (size_t)i * LODE_ENTRY_SIZE;
        if (lode_get32(p + LODE_ENTRY_ID) == id)
            return p;
    }
    fail_msg("no section %.4s", (const char *)&id);
    return image;
}

struct lode_section reseal_section(const uint8_t *image, uint32_t id)
{
    const uint8_t *p = reseal_entry((uint8_t *)(uintptr_t)image, id);
    const struct lode_section s = {
        .id = id,
        .off = lode_get64(p + LODE_ENTRY_OFFSET),
        .len = lode_get64(p + LODE_ENTRY_LENGTH),
        .count = lode_get64(p + LODE_ENTRY_COUNT),
        .stride = lode_get32(p + LODE_ENTRY_STRIDE),
        .param = lode_get32(p + LODE_ENTRY_PARAM),
    };
    return s;
}

uint8_t *reseal_row(uint8_t *image, uint32_t id, uint64_t i)
{
    const struct lode_section s = reseal_section(image, id);
    assert_true(i < s.count);
    return image + s.off + i * s.stride;
}

void reseal_header(uint8_t *image, size_t size)
{
    const uint64_t dir_end =
        LODE_HEADER_SIZE + (uint64_t)LODE_ENTRY_SIZE * lode_get32(image + LODE_HEADER_ENTRY_COUNT);
    if (dir_end > size)
        return;
    lode_put64(image + LODE_HEADER_CHECKSUM, 0);
    lode_put64(image + LODE_HEADER_CHECKSUM, lode_hash64(image, (size_t)dir_end, 0));
}

void reseal(uint8_t *image, size_t size)
{
    const uint64_t dir_end =
        LODE_HEADER_SIZE + (uint64_t)LODE_ENTRY_SIZE * lode_get32(image + LODE_HEADER_ENTRY_COUNT);
    const struct lode_section psum = reseal_section(image, LODE_ID_PSUM);
    assert_int_equal(psum.off + psum.len, size);
    for (uint64_t i = 0; i < psum.count; i++) {
        uint64_t begin, end;
        lode_page_span(dir_end, psum.off, i, &begin, &end);
        lode_put64(image + psum.off + 8 * i, lode_hash64(image + begin, end - begin, 0));
    }
    const uint64_t content_id = lode_hash64(image + psum.off, psum.len, 0);
    lode_put64(image + LODE_HEADER_CONTENT_ID, content_id);
    lode_put64(reseal_entry(image, LODE_ID_PSUM) + LODE_ENTRY_CHECKSUM, content_id);
    reseal_header(image, size);
}

/* ---- indexes -------------------------------------------------------------------------------- */

/* Two sources: each kind of row, and a name in both. */
static const char plain_text[] = "\n\r\n"
                                 ">  chr1 soft-masked, with N\n"
                                 "ACGTacgtNN\nnnACGTACGT\nACG\n"
                                 ">iupac\r\nACGTACGTACGTACGTACGTACGTACGTACGTACGTACGTR\r\n"
                                 "ACGTACGTACGTACGTACGTACGTACGTACGTACGTACGTA\r\nAC\r\n"
                                 "\n\n"
                                 ">empty\n"
                                 ">rna of some kind\nACGUacguNN\nACG\n"
                                 ">protein\nMKLVWYACDEFGHIKLMNPQ\nRSTV";

enum { BLOCKED_CONTIGS = 4, BLOCKED_BASES = 400, LARGE_BASES = 200000, LARGE_CONTIGS = 2000 };

struct bytes reseal_clean;

static void add_text(struct bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text));
}

static void add_bases(struct bytes *b, size_t n, size_t width, const char *letters, uint64_t seed)
{
    struct rng rng = {seed};
    for (size_t i = 0; i < n; i++) {
        bytes_add(b, &letters[rng_below(&rng, strlen(letters))], 1);
        if (i % width == width - 1 || i == n - 1)
            add_text(b, "\n");
    }
}

void reseal_write_blocked(int block_size)
{
    struct bytes text = {0};
    for (int i = 0; i < BLOCKED_CONTIGS; i++) {
        char header[32];
        snprintf(header, sizeof header, ">chr%d\n", i);
        add_text(&text, header);
        add_bases(&text, BLOCKED_BASES, 60, "ACGT", (uint64_t)i + 1);
    }
    file_write(tmp_path("text"), text.p, text.n);
    compress_ok(tmp_path("text"), tmp_path("b.fa.gz"), block_size);
    unlink(tmp_path("text"));
    bytes_free(&text);
}

/* Contigs over several bins, one of them with a bit map of case changes, many small ones. */
static void write_large(void)
{
    struct bytes text = {0};
    add_text(&text, ">masked\n");
    add_bases(&text, LARGE_BASES, 70, "ACGTacgt", 5);
    add_text(&text, ">sparse\n");
    for (int i = 0; i < 5; i++) {
        add_bases(&text, LARGE_BASES / 100 * 70, 70, i % 2 ? "acgt" : "ACGT", 6);
        add_bases(&text, 700, 70, "N", 7);
    }
    for (int i = 0; i < LARGE_CONTIGS; i++) {
        char header[32];
        snprintf(header, sizeof header, ">small%d\n", i);
        add_text(&text, header);
        add_bases(&text, 20, 70, "ACGT", (uint64_t)i + 1);
    }
    file_write(tmp_path("large.fa"), text.p, text.n);
    bytes_free(&text);
}

int reseal_small(void **state)
{
    if (tmp_make(state) != 0)
        return -1;
    file_write(tmp_path("a.fa"), plain_text, sizeof plain_text - 1);
    reseal_write_blocked(512);
    const char *input = tmp_root;
    build_ok(&input, 1, tmp_path("x.lode"));
    reseal_clean = file_read(tmp_path("x.lode"));
    return 0;
}

int reseal_large(void **state)
{
    if (tmp_make(state) != 0)
        return -1;
    write_large();
    const char *input = tmp_root;
    build_ok(&input, 1, tmp_path("x.lode"));
    reseal_clean = file_read(tmp_path("x.lode"));
    return 0;
}

int reseal_duplicates(void **state)
{
    static const char text[] = ">a\nAC\n>b\nACG\n>a\nACGT\n>c\nA\n";
    if (tmp_make(state) != 0)
        return -1;
    file_write(tmp_path("a.fa"), text, sizeof text - 1);
    const char *input = tmp_path("a.fa"), *out = tmp_path("x.lode");
    const struct lode_build_options options = {
        .struct_size = sizeof options, .out = out, .threads = 1, .duplicates_first = 1};
    assert_int_equal(lode_build(&input, 1, &options, NULL, NULL), LODE_OK);
    reseal_clean = file_read(out);
    return 0;
}

int reseal_drop(void **state)
{
    bytes_free(&reseal_clean);
    return tmp_drop(state);
}

/* ---- running -------------------------------------------------------------------------------- */

struct seen seen;

static int on_finding(void *ctx, const struct lode_diag *finding)
{
    struct seen *s = ctx;
    assert_true(finding->status < 0 && finding->message[0] != 0);
    if (s->count < SEEN_MAX)
        s->diags[s->count] = *finding;
    return ++s->count == s->stop_at;
}

static void on_progress(void *ctx, int64_t done, int64_t total)
{
    struct seen *s = ctx;
    s->went_back |= done < s->done || done > total;
    s->done = done;
    s->total = total;
}

int reseal_verify(const struct bytes *image, int level, int threads)
{
    struct lode_open_options options = LODE_OPEN_OPTIONS_INIT;
    const struct lode_verify_options how = {.struct_size = sizeof how,
                                            .level = level,
                                            .threads = threads,
                                            .finding = on_finding,
                                            .ctx = &seen,
                                            .progress = on_progress};
    lode_index *index = NULL;
    const size_t stop_at = seen.stop_at;
    memset(&seen, 0, offsetof(struct seen, diag));
    seen.count = 0;
    seen.stop_at = stop_at;
    options.source_root = tmp_root;
    seen.status = lode_open_buffer(image->p, image->n, &options, &index, &seen.diag);
    if (seen.status == LODE_OK)
        seen.status = lode_verify(index, &how, &seen.diag);
    else
        on_finding(&seen, &seen.diag);
    lode_close(index);
    assert_false(seen.went_back);
    seen.stop_at = 0;
    return seen.status;
}

bool reseal_saw(const char *rule)
{
    for (size_t i = 0; i < seen.count && i < SEEN_MAX; i++)
        if (strcmp(seen.diags[i].rule, rule) == 0)
            return true;
    return false;
}

struct bytes reseal_copy(void)
{
    struct bytes copy = {0};
    bytes_add(&copy, reseal_clean.p, reseal_clean.n);
    return copy;
}

/* ---- damage --------------------------------------------------------------------------------- */

static void change(uint8_t *p, int size, int64_t v)
{
    switch (size) {
    case 1:
        *p = (uint8_t)(*p + v);
        break;
    case 2:
        lode_put16(p, (uint16_t)(lode_get16(p) + v));
        break;
    case 4:
        lode_put32(p, (uint32_t)(lode_get32(p) + (uint64_t)v));
        break;
    default:
        lode_put64(p, lode_get64(p) + (uint64_t)v);
    }
}

void reseal_check(const struct damage *d, size_t n, int level)
{
    for (size_t i = 0; i < n; i++) {
        struct bytes image = reseal_copy();
        const uint64_t count = reseal_section(image.p, d[i].id).count;
        const uint64_t row = d[i].row < 0 ? count + (uint64_t)d[i].row : (uint64_t)d[i].row;
        change(reseal_row(image.p, d[i].id, row) + d[i].off, d[i].size, d[i].v);
        reseal(image.p, image.n);
        const int status = reseal_verify(&image, level, 2);
        if (!reseal_saw(d[i].expect))
            fail_msg("damage %zu of %.4s: expected %s, got %zu findings, first: %s", i,
                     (const char *)&d[i].id, d[i].expect, seen.count,
                     seen.count > 0 ? seen.diags[0].message : "none");
        assert_int_equal(status, seen.diags[0].status);
        if (level == LODE_VERIFY_FULL)
            assert_int_equal(reseal_verify(&image, LODE_VERIFY_INDEX, 2), LODE_OK);
        bytes_free(&image);
    }
}

void reseal_expect(struct bytes *image, int level, const char *rule)
{
    reseal(image->p, image->n);
    const int status = reseal_verify(image, level, 2);
    if (!reseal_saw(rule))
        fail_msg("expected %s, got %zu findings, first: %s", rule, seen.count,
                 seen.count > 0 ? seen.diags[0].message : "none");
    assert_true(status < 0);
    bytes_free(image);
    *image = reseal_copy();
}
