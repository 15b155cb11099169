/* Any bytes as the .idx file of a track: it is indexed exactly when its lines say where each value
 * of the track belongs, and then gives the values back. From the end of the input: the type, the
 * length of the track. */
#include "support.h"

#include "lode.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRACK_MAX = 3000, LINES = 2000 };

static const uint8_t widths[] = {0, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8};

struct line {
    const uint8_t *name;
    size_t len;
    uint64_t offset;
};

static bool parse_line(const uint8_t *p, size_t n, struct line *line)
{
    const uint8_t *tab = memchr(p, '\t', n);
    if (tab == NULL || tab + 1 == p + n || p + n - tab - 1 > 15)
        return false;
    *line = (struct line){p, (size_t)(tab - p), 0};
    for (const uint8_t *d = tab + 1; d < p + n; d++) {
        if (*d < '0' || *d > '9')
            return false;
        line->offset = 10 * line->offset + *d - '0';
    }
    for (size_t i = 0; i < line->len; i++)
        if (p[i] < 0x21)
            return false;
    return true;
}

/* The lines that hold something; false where one is none, or they do not tell of `total` bytes. */
static bool parse(const uint8_t *p, size_t n, unsigned width, uint64_t total, struct line *lines,
                  size_t *count)
{
    bool ended = false;
    uint64_t last = 0;
    *count = 0;
    while (n > 0) {
        const uint8_t *lf = memchr(p, '\n', n);
        const size_t all = lf != NULL ? (size_t)(lf - p) + 1 : n;
        size_t len = all;
        while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == '\r'))
            len--;
        if (len > 0) {
            struct line *line = &lines[*count];
            if (ended || *count == LINES - 1 || !parse_line(p, len, line) || line->offset < last ||
                (line->offset - last) % width != 0 || (*count == 0 && line->offset != 0))
                return false;
            last = line->offset;
            ended = line->len == 0;
            ++*count;
        }
        p += all;
        n -= all;
    }
    return ended && last == total;
}

static void check_contigs(const lode_index *index, const struct line *lines, size_t count,
                          const uint8_t *values)
{
    static uint8_t dst[TRACK_MAX];
    lode_reader *reader = NULL;
    struct lode_info info = {.struct_size = sizeof info};
    fuzz_check(lode_reader_new(index, NULL, &reader) == LODE_OK);
    fuzz_check(lode_index_info(index, &info) == LODE_OK);
    fuzz_check(info.contigs == (int64_t)count - 1);
    for (size_t i = 0; i + 1 < count; i++) {
        struct lode_contig contig;
        char name[70000];
        size_t len;
        const int64_t n = (int64_t)(lines[i + 1].offset - lines[i].offset);
        fuzz_check(lode_contig_at(index, (int64_t)i, &contig, NULL) == LODE_OK);
        fuzz_check(lode_contig_name(index, (int64_t)i, name, sizeof name, &len) == LODE_OK);
        fuzz_check(len == lines[i].len && memcmp(name, lines[i].name, len) == 0);
        fuzz_check(contig.length == n);
        fuzz_check(lode_fetch_at(reader, &contig, 0, n, dst, n, LODE_BOUNDS_ERROR, 0, NULL) == n);
        fuzz_check(memcmp(dst, values + lines[i].offset, (size_t)n) == 0);
    }
    lode_reader_free(reader);
}

static int build(int track, struct lode_diag *diag)
{
    const char *path = fuzz_path("t.track.gz");
    struct lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    options.out = fuzz_path("t.lode");
    options.threads = 1;
    options.rescan = 1;
    options.duplicates_first = 1;
    options.track = track;
    return lode_build(&path, 1, &options, NULL, diag);
}

/* The track as BGZF; the same bytes for the same length. */
static void write_track(uint8_t *values, size_t n)
{
    struct lode_compress_options options = LODE_COMPRESS_OPTIONS_INIT;
    struct lode_diag diag;
    for (size_t i = 0; i < n; i++)
        values[i] = (uint8_t)(i * i >> 3);
    fuzz_write("t", values, n);
    FILE *in = fopen(fuzz_path("t"), "rb");
    fuzz_check(in != NULL);
    options.level = 1;
    options.threads = 1;
    options.block_size = 512;
    fuzz_check(lode_compress(fileno(in), "t", fuzz_path("t.track.gz"), &options, &diag) == LODE_OK);
    (void)fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line lines[LINES];
    static uint8_t values[TRACK_MAX];
    struct fuzz_tail tail = {data, size};
    struct lode_diag diag = {0};
    const int track = 1 + (int)(fuzz_take(&tail, 1) % 12);
    const size_t total = (size_t)(fuzz_take(&tail, 2) % TRACK_MAX);
    size_t count;
    write_track(values, total);
    fuzz_write("t.track.gz.idx", data, tail.n);
    const bool good = parse(data, tail.n, widths[track], total, lines, &count);
    const int status = build(track, &diag);
    fuzz_check(good ? status == LODE_OK : status == LODE_E_FORMAT && diag.message[0] != 0);
    if (good) {
        lode_index *index = NULL;
        fuzz_check(lode_open(fuzz_path("t.lode"), NULL, &index, &diag) == LODE_OK);
        check_contigs(index, lines, count, values);
        lode_close(index);
        (void)remove(fuzz_path("t.lode"));
    }
    return 0;
}
