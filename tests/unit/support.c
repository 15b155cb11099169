#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t rng_next(struct rng *rng)
{
    rng->s ^= rng->s >> 12;
    rng->s ^= rng->s << 25;
    rng->s ^= rng->s >> 27;
    return rng->s * 0x2545F4914F6CDD1DULL;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
    return (rng_next(rng) >> 11) % n;
}

uint64_t rng_range(struct rng *rng, uint64_t lo, uint64_t hi)
{
    return lo + rng_below(rng, hi - lo + 1);
}

/* ---- files ---------------------------------------------------------------------------------- */

char tmp_root[512];

int tmp_make(void **state)
{
    (void)state;
    char real[PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    if (realpath(tmp != NULL ? tmp : "/tmp", real) == NULL || strlen(real) > sizeof tmp_root - 32)
        return -1;
    strcpy(tmp_root, real);
    strcat(tmp_root, "/lode-test-XXXXXX");
    return mkdtemp(tmp_root) != NULL ? 0 : -1;
}

static int drop_entry(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

int tmp_drop(void **state)
{
    (void)state;
    return nftw(tmp_root, drop_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *tmp_path(const char *format, ...)
{
    static char ring[16][1024];
    static unsigned next;
    char *out = ring[next++ % COUNT_OF(ring)];
    va_list args;
    va_start(args, format);
    const int n = snprintf(out, sizeof ring[0], "%s/", tmp_root);
    vsnprintf(out + n, sizeof ring[0] - (size_t)n, format, args);
    va_end(args);
    return out;
}

void bytes_add(struct bytes *b, const void *p, size_t n)
{
    if (b->p == NULL || b->n + n > b->cap) {
        b->cap = 2 * (b->n + n) + 1;
        b->p = realloc(b->p, b->cap);
        assert_non_null(b->p);
    }
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

void bytes_free(struct bytes *b)
{
    free(b->p);
    memset(b, 0, sizeof *b);
}

void file_write(const char *path, const void *data, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    for (size_t at = 0; at < n;) {
        const ssize_t k = write(fd, (const uint8_t *)data + at, n - at);
        assert_true(k > 0);
        at += (size_t)k;
    }
    assert_int_equal(close(fd), 0);
}

struct bytes file_read(const char *path)
{
    struct bytes b = {0};
    uint8_t chunk[65536];
    ssize_t n;
    const int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    bytes_add(&b, "", 0);
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        bytes_add(&b, chunk, (size_t)n);
    assert_int_equal(n, 0);
    close(fd);
    return b;
}

/* ---- FASTA ---------------------------------------------------------------------------------- */

const char *const style_letters[4] = {"ACGT", "ACGTacgtN", "ACGTNacgtnRYKMSWBDHVrykmswbdhv-*.Uu",
                                      "ACGUacguN"};

/* Stretches of one letter or of any, 1 to 80 bases long: runs and mixtures both occur. */
static void fill_bases(struct rng *rng, char *bases, size_t n, const char *letters)
{
    const size_t count = strlen(letters);
    for (size_t at = 0; at < n;) {
        size_t k = rng_range(rng, 1, 80);
        const size_t any = rng_below(rng, 3), one = rng_below(rng, count);
        for (; k > 0 && at < n; k--)
            bases[at++] = letters[any != 0 ? rng_below(rng, count) : one];
    }
}

static uint8_t add_eol(struct fasta *f, struct rng *rng, const struct style *style)
{
    const bool crlf =
        style->eol == STYLE_CRLF || (style->eol == STYLE_EITHER && rng_below(rng, 2) == 0);
    bytes_add(&f->text, crlf ? "\r\n" : "\n", crlf ? 2 : 1);
    return crlf ? 2 : 1;
}

static void add_header(struct fasta *f, struct record *r, size_t number, struct rng *rng,
                       const struct style *style)
{
    snprintf(r->name, sizeof r->name, "%s%zu", style->prefix != NULL ? style->prefix : "c", number);
    if (rng_below(rng, 2) == 0)
        snprintf(r->description, sizeof r->description, "what %zu is, %zu", number,
                 (size_t)rng_below(rng, 100000));
    r->header_off = f->text.n;
    bytes_add(&f->text, ">", 1);
    bytes_add(&f->text, r->name, strlen(r->name));
    if (r->description[0] != 0) {
        bytes_add(&f->text, " ", 1);
        bytes_add(&f->text, r->description, strlen(r->description));
    }
    r->header_eol = add_eol(f, rng, style);
    r->text_off = f->text.n;
}

/* The sequence lines; returns how many. All ends but the last are alike, as SPEC F-4 asks. */
static size_t add_lines(struct fasta *f, struct record *r, size_t width, struct rng *rng,
                        const struct style *style)
{
    const size_t n = (size_t)r->length;
    size_t lines = 0;
    uint8_t eol = 0;
    for (size_t at = 0; at < n; at += width, lines++) {
        const bool last = n - at <= width;
        bytes_add(&f->text, r->bases + at, last ? n - at : width);
        if (eol == 0 || last)
            eol = add_eol(f, rng, style);
        else
            bytes_add(&f->text, eol == 2 ? "\r\n" : "\n", eol);
        if (last)
            r->last_eol = eol;
        else
            r->lines_eol = eol;
    }
    if (lines == 1)
        r->lines_eol = r->last_eol;
    r->line_bases = lines <= 1 ? n : width;
    return lines;
}

static size_t add_blank_lines(struct fasta *f, struct rng *rng, const struct style *style)
{
    const size_t lines = style->blank_lines && rng_below(rng, 3) == 0 ? rng_range(rng, 1, 4) : 0;
    for (size_t i = 0; i < lines; i++)
        add_eol(f, rng, style);
    return lines;
}

struct fasta fasta_random(struct rng *rng, const struct style *style)
{
    struct fasta f = {.count = style->records};
    f.records = calloc(style->records + 1, sizeof *f.records);
    assert_non_null(f.records);
    bytes_add(&f.text, "", 0);
    uint64_t line = 1 + add_blank_lines(&f, rng, style);
    for (size_t i = 0; i < style->records; i++) {
        struct record *r = &f.records[i];
        const size_t n =
            style->same_length ? style->max_length : (size_t)rng_range(rng, 0, style->max_length);
        r->bases = malloc(n + 1);
        assert_non_null(r->bases);
        r->length = (int64_t)n;
        fill_bases(rng, r->bases, n, style->letters != NULL ? style->letters : style_letters[1]);
        add_header(&f, r, i, rng, style);
        r->line = line++;
        line += add_lines(&f, r,
                          style->same_length ? style->max_width
                                             : (size_t)rng_range(rng, 1, style->max_width),
                          rng, style);
        line += add_blank_lines(&f, rng, style);
    }
    struct record *last = style->records > 0 ? &f.records[style->records - 1] : NULL;
    if (style->open_end && last != NULL && last->length > 0 && !style->blank_lines &&
        rng_below(rng, 2) == 0) {
        f.text.n -= last->last_eol;
        if ((size_t)last->length <= last->line_bases)
            last->lines_eol = 0;
        last->last_eol = 0;
    }
    return f;
}

void fasta_free(struct fasta *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->records[i].bases);
    free(f->records);
    bytes_free(&f->text);
    memset(f, 0, sizeof *f);
}

/* ---- indexes -------------------------------------------------------------------------------- */

static void ok(int status, const struct lode_diag *diag)
{
    if (status != LODE_OK)
        fail_msg("%s: %s", lode_status_name(status), diag->message);
}

void compress_ok(const char *in, const char *out, int block_size)
{
    const struct lode_compress_options options = {
        .struct_size = sizeof options, .level = 1, .block_size = block_size, .threads = 1};
    struct lode_diag diag = {0};
    const int fd = open(in, O_RDONLY);
    assert_true(fd >= 0);
    ok(lode_compress(fd, in, out, &options, &diag), &diag);
    close(fd);
}

void build_ok(const char *const *inputs, size_t n, const char *out)
{
    const struct lode_build_options options = {
        .struct_size = sizeof options, .out = out, .threads = 1, .rescan = 1};
    struct lode_diag diag = {0};
    ok(lode_build(inputs, n, &options, NULL, &diag), &diag);
}

lode_index *open_ok(const char *path)
{
    struct lode_diag diag = {0};
    lode_index *index = NULL;
    ok(lode_open(path, NULL, &index, &diag), &diag);
    assert_non_null(index);
    return index;
}

lode_reader *reader_ok(const lode_index *index)
{
    lode_reader *reader = NULL;
    assert_int_equal(lode_reader_new(index, NULL, &reader), LODE_OK);
    assert_non_null(reader);
    return reader;
}

const char *fasta_file(const struct fasta *fasta, const char *leaf, int block_size)
{
    const char *path = tmp_path("%s", leaf), *plain = tmp_path("%s.plain", leaf);
    file_write(block_size > 0 ? plain : path, fasta->text.p, fasta->text.n);
    if (block_size > 0)
        compress_ok(plain, path, block_size);
    return path;
}

lode_index *index_of(const struct fasta *fasta, const char *leaf, int block_size)
{
    const char *path = fasta_file(fasta, leaf, block_size), *out = tmp_path("%s.lode", leaf);
    build_ok(&path, 1, out);
    return open_ok(out);
}

int read_judged(lode_reader *reader, const struct lode_contig *contig, const struct record *record,
                int64_t begin, int64_t end)
{
    const size_t n = (size_t)(end - begin);
    uint8_t *dst = malloc(n + 1);
    int verdict = LODE_OK;
    if (dst == NULL)
        return LODE_E_NOMEM;
    memset(dst, 0xEE, n + 1);
    const int64_t got =
        lode_fetch_at(reader, contig, begin, end, dst, end - begin, LODE_BOUNDS_ERROR, 0, NULL);
    if (got < 0) {
        verdict = (int)got;
        for (size_t i = 0; i < n; i++)
            if (dst[i] != 0xEE)
                verdict = DST_TOUCHED;
    } else if (got != end - begin || memcmp(dst, record->bases + begin, n) != 0) {
        verdict = WRONG_BASES;
    }
    if (dst[n] != 0xEE)
        verdict = DST_TOUCHED;
    free(dst);
    return verdict;
}

int read_randomly(const lode_index *index, lode_reader *reader, const struct fasta *fasta,
                  struct rng *rng, int count, int64_t max_length)
{
    int verdict = LODE_OK;
    for (int i = 0; i < count && verdict == LODE_OK; i++) {
        const size_t k = rng_below(rng, fasta->count);
        const struct record *record = &fasta->records[k];
        struct lode_contig contig;
        verdict = lode_contig_at(index, (int64_t)k, &contig, NULL);
        const int64_t begin = (int64_t)rng_below(rng, (uint64_t)record->length + 1);
        int64_t end = begin + (int64_t)rng_below(rng, (uint64_t)max_length + 1);
        if (end > record->length)
            end = record->length;
        if (verdict == LODE_OK)
            verdict = read_judged(reader, &contig, record, begin, end);
    }
    return verdict;
}
