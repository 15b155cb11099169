/* lode-twobit: writes plain FASTA as .2bit, version 0 of the format at
 * genome.ucsc.edu/FAQ/FAQformat.html#format7, as faToTwoBit does. What is not A, C, G or T in
 * either case becomes N. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAGIC = 0x1A412743, NAME_MAX_BYTES = 255 };

/* Runs of one property: begins and sizes, as the format stores them. */
struct runs {
    uint32_t *begins, *sizes;
    size_t n, cap;
    bool on;
};

/* One sequence while it is read. */
struct sequence {
    const char *name, *text; /* text: behind its header line */
    size_t name_len, text_len;
    uint32_t bases;
    struct runs n, mask;
    uint8_t *packed;
    size_t packed_cap;
};

static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("lode-twobit: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void *grown(void *p, size_t n, size_t size)
{
    p = realloc(p, n * size);
    if (p == NULL)
        die("out of memory");
    return p;
}

/* Position at has the property or not; called for each position in turn. */
static void runs_step(struct runs *runs, bool on, uint32_t at)
{
    if (on && !runs->on) {
        if (runs->n == runs->cap) {
            runs->cap = runs->cap * 2 + 64;
            runs->begins = grown(runs->begins, runs->cap, sizeof *runs->begins);
            runs->sizes = grown(runs->sizes, runs->cap, sizeof *runs->sizes);
        }
        runs->begins[runs->n] = at;
        runs->sizes[runs->n++] = 0;
    }
    if (on)
        runs->sizes[runs->n - 1]++;
    runs->on = on;
}

static void runs_clear(struct runs *runs)
{
    runs->n = 0;
    runs->on = false;
}

/* T 0, C 1, A 2, G 3; N is stored as T. */
static unsigned code(char upper, bool *is_n)
{
    *is_n = false;
    switch (upper) {
    case 'T':
        return 0;
    case 'C':
        return 1;
    case 'A':
        return 2;
    case 'G':
        return 3;
    default:
        *is_n = true;
        return 0;
    }
}

static void sequence_pack(struct sequence *seq)
{
    runs_clear(&seq->n);
    runs_clear(&seq->mask);
    seq->bases = 0;
    if (seq->packed_cap < seq->text_len / 4 + 1) {
        seq->packed_cap = seq->text_len / 4 + 1;
        seq->packed = grown(seq->packed, seq->packed_cap, 1);
    }
    memset(seq->packed, 0, seq->text_len / 4 + 1);
    for (size_t i = 0; i < seq->text_len; i++) {
        const char c = seq->text[i];
        bool is_n;
        if (c == '\n' || c == '\r')
            continue;
        const bool lower = c >= 'a' && c <= 'z';
        const unsigned bits = code((char)(lower ? c - 0x20 : c), &is_n);
        runs_step(&seq->n, is_n, seq->bases);
        runs_step(&seq->mask, lower, seq->bases);
        seq->packed[seq->bases / 4] |= (uint8_t)(bits << (6 - seq->bases % 4 * 2));
        seq->bases++;
    }
}

static void put32(FILE *out, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    fwrite(bytes, 1, 4, out);
}

static void put_runs(FILE *out, const struct runs *runs)
{
    put32(out, (uint32_t)runs->n);
    for (size_t i = 0; i < runs->n; i++)
        put32(out, runs->begins[i]);
    for (size_t i = 0; i < runs->n; i++)
        put32(out, runs->sizes[i]);
}

static void sequence_write(FILE *out, const struct sequence *seq)
{
    put32(out, seq->bases);
    put_runs(out, &seq->n);
    put_runs(out, &seq->mask);
    put32(out, 0);
    fwrite(seq->packed, 1, (seq->bases + 3u) / 4, out);
}

/* The next sequence of the text from *at on; false at its end. Its bases are not looked at. */
static bool next_sequence(const char *text, size_t n, size_t *at, struct sequence *seq)
{
    if (*at >= n)
        return false;
    if (text[*at] != '>')
        die("byte %zu: no header line", *at);
    const char *begin = text + *at, *eol = memchr(begin, '\n', n - *at);
    if (eol == NULL)
        eol = text + n;
    seq->name = begin + 1;
    seq->name_len = 0;
    while (seq->name + seq->name_len < eol && !strchr(" \t\r", seq->name[seq->name_len]))
        seq->name_len++;
    seq->text = eol < text + n ? eol + 1 : eol;
    const char *next = seq->text;
    while (next < text + n && *next != '>') {
        next = memchr(next, '\n', (size_t)(text + n - next));
        next = next == NULL ? text + n : next + 1;
    }
    seq->text_len = (size_t)(next - seq->text);
    *at = (size_t)(next - text);
    if (seq->name_len == 0 || seq->name_len > NAME_MAX_BYTES || seq->text_len > UINT32_MAX)
        die("%.*s: no name, or too long for .2bit", (int)seq->name_len, seq->name);
    return true;
}

/* The table of names; offsets[i] of sequence i, or zeros while they are not known. */
static void write_names(FILE *out, const char *text, size_t n, const uint32_t *offsets,
                        uint32_t count)
{
    struct sequence seq = {0};
    size_t at = 0;
    rewind(out);
    put32(out, MAGIC);
    put32(out, 0);
    put32(out, count);
    put32(out, 0);
    for (uint32_t i = 0; next_sequence(text, n, &at, &seq); i++) {
        putc((int)seq.name_len, out);
        fwrite(seq.name, 1, seq.name_len, out);
        put32(out, offsets[i]);
    }
}

static void write_all(FILE *out, const char *text, size_t n)
{
    struct sequence seq = {0};
    uint32_t count = 0;
    for (size_t at = 0; next_sequence(text, n, &at, &seq);)
        count++;
    uint32_t *offsets = calloc(count + 1u, sizeof *offsets);
    if (offsets == NULL)
        die("out of memory");
    write_names(out, text, n, offsets, count);
    size_t at = 0;
    for (uint32_t i = 0; next_sequence(text, n, &at, &seq); i++) {
        const off_t place = ftello(out);
        if (place < 0 || place > (off_t)UINT32_MAX)
            die("more than 4 GiB: too large for version 0 of .2bit");
        offsets[i] = (uint32_t)place;
        sequence_pack(&seq);
        sequence_write(out, &seq);
    }
    write_names(out, text, n, offsets, count);
    free(offsets);
    free(seq.packed);
    free(seq.n.begins), free(seq.n.sizes);
    free(seq.mask.begins), free(seq.mask.sizes);
}

int main(int argc, char **argv)
{
    struct stat st;
    if (argc != 3)
        die("usage: lode-twobit IN.fa OUT.2bit");
    const int fd = open(argv[1], O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
        die("%s: cannot read it, or empty: %s", argv[1], strerror(errno));
    const char *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    FILE *out = fopen(argv[2], "w+b");
    if (text == MAP_FAILED || out == NULL)
        die("%s: %s", text == MAP_FAILED ? argv[1] : argv[2], strerror(errno));
    write_all(out, text, (size_t)st.st_size);
    if (ferror(out) || fclose(out) != 0)
        die("%s: %s", argv[2], strerror(errno));
    return 0;
}
