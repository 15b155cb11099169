#include "genome.h"

#include "dna.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { CHUNK = 64 * 1024, MASK_MEAN = 300, N_MEAN = 1000 };

uint64_t genome_random(struct genome_rng *rng)
{
    uint64_t z = rng->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint64_t genome_below(struct genome_rng *rng, uint64_t n)
{
    return n == 0 ? 0 : genome_random(rng) % n;
}

/* A property that holds over runs of random length: lower case, N. */
struct runs {
    struct genome_rng rng;
    uint64_t left, mean_on, mean_off; /* left: bases until it changes; mean_on 0: never on */
    bool on;
};

/* Uniform in [1, 2 mean]: mean run lengths are what matters here, not their law. */
static uint64_t run_length(struct runs *runs)
{
    return 1 + genome_below(&runs->rng, 2 * (runs->on ? runs->mean_on : runs->mean_off));
}

static void runs_start(struct runs *runs, uint64_t seed, uint64_t mean_on, uint64_t mean_off)
{
    *runs = (struct runs){{seed}, 0, mean_on, mean_off, false};
    runs->left = run_length(runs);
}

static void runs_apply(struct runs *runs, char *bases, size_t n, void (*apply)(char *, size_t))
{
    if (runs->mean_on == 0)
        return;
    for (size_t at = 0; at < n;) {
        const size_t step = runs->left < n - at ? (size_t)runs->left : n - at;
        if (runs->on)
            apply(bases + at, step);
        at += step;
        runs->left -= step;
        if (runs->left == 0) {
            runs->on = !runs->on;
            runs->left = run_length(runs);
        }
    }
}

static void to_lower(char *bases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bases[i] = (char)(bases[i] | 0x20);
}

static void to_n(char *bases, size_t n)
{
    memset(bases, 'N', n);
}

static void fill(struct genome_rng *rng, char *bases, size_t n)
{
    static const char letters[4] = {'A', 'C', 'G', 'T'};
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % 32 == 0)
            bits = genome_random(rng);
        bases[i] = letters[bits & 3];
        bits >>= 2;
    }
}

struct writer {
    FILE *out;
    struct genome_rng bases;
    struct dna dna;
    struct runs mask, gaps;
    char buf[CHUNK];
};

static void write_lines(struct writer *writer, size_t n, uint64_t width, uint64_t *column)
{
    for (size_t at = 0; at < n;) {
        const uint64_t room = width == 0 ? n - at : width - *column;
        const size_t step = room < n - at ? (size_t)room : n - at;
        fwrite(writer->buf + at, 1, step, writer->out);
        at += step;
        *column += step;
        if (width != 0 && *column == width) {
            putc('\n', writer->out);
            *column = 0;
        }
    }
}

static void to_upper(char *bases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bases[i] = (char)toupper((unsigned char)bases[i]);
}

static void fill_chunk(struct writer *writer, const struct genome_options *options, size_t n)
{
    if (options->dna) {
        dna_fill(&writer->dna, writer->buf, n);
        if (!options->soft_mask)
            to_upper(writer->buf, n);
    } else {
        fill(&writer->bases, writer->buf, n);
        runs_apply(&writer->mask, writer->buf, n, to_lower);
    }
    runs_apply(&writer->gaps, writer->buf, n, to_n);
}

static void write_contig(struct writer *writer, const struct genome_options *options,
                         uint64_t number, uint64_t length)
{
    uint64_t column = 0;
    fprintf(writer->out, ">%s%llu\n", options->prefix, (unsigned long long)number);
    while (length > 0) {
        const size_t n = length < CHUNK ? (size_t)length : CHUNK;
        fill_chunk(writer, options, n);
        write_lines(writer, n, options->line_width, &column);
        length -= n;
    }
    if (column > 0)
        putc('\n', writer->out);
}

/* Where contig number i (from 0) begins: equal parts, shifted by up to a quarter of one. */
static uint64_t cut(const struct genome_options *options, uint64_t i)
{
    const uint64_t mean = options->bases / options->contigs;
    if (i == 0 || i >= options->contigs)
        return i == 0 ? 0 : options->bases;
    struct genome_rng rng = {options->seed ^ i * 0xD1B54A32D192ED03u};
    const uint64_t even = mean * i + options->bases % options->contigs * i / options->contigs;
    return even + genome_below(&rng, mean / 2) - mean / 4;
}

int genome_write(FILE *out, const struct genome_options *options)
{
    static struct writer writer;
    if (options->contigs == 0 || options->bases > UINT64_MAX / 4) {
        errno = EINVAL;
        return -1;
    }
    writer.out = out;
    writer.bases.state = options->seed;
    dna_start(&writer.dna, options->seed);
    runs_start(&writer.mask, ~options->seed, options->soft_mask ? MASK_MEAN : 0, MASK_MEAN);
    const uint64_t share = options->n_runs == 0 ? 0 : options->bases / options->n_runs;
    runs_start(&writer.gaps, options->seed * 3 + 1, share < 4 * N_MEAN ? share / 4 : N_MEAN, share);
    for (uint64_t i = 0; i < options->contigs; i++)
        write_contig(&writer, options, i + 1, cut(options, i + 1) - cut(options, i));
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

/* The place of a copy inside its input. */
struct copy {
    FILE *out;
    struct runs mask;
    const struct genome_copies *how;
    struct genome_rng changes;
    uint64_t round, bases, to_change; /* bases until the next one that mutates */
    bool line_start, header;
};

static size_t line_piece(const char *text, size_t n)
{
    const char *end = memchr(text, '\n', n);
    return end == NULL ? n : (size_t)(end - text);
}

static void change(char *base)
{
    static const char cycle[] = "ACGTA";
    const char *from = strchr(cycle, toupper((unsigned char)*base));
    if (*base != '\0' && from != NULL)
        *base = (char)(from[1] | (*base & 0x20));
}

static void mutate(struct copy *copy, char *bases, size_t n)
{
    if (copy->how->mutate == 0 || copy->round == 1)
        return;
    size_t at = 0;
    for (; copy->to_change < n - at; at++) {
        at += copy->to_change;
        change(bases + at);
        copy->to_change = genome_below(&copy->changes, 2 * copy->how->mutate);
    }
    copy->to_change -= n - at;
}

static void copy_piece(struct copy *copy, char *text, size_t n)
{
    if (copy->line_start && n > 0 && text[0] == '>') {
        copy->header = true;
        fprintf(copy->out, ">r%llu_", (unsigned long long)copy->round);
        text++, n--;
    } else if (copy->line_start) {
        copy->header = false;
    }
    if (!copy->header) {
        mutate(copy, text, n);
        if (copy->how->letters != GENOME_KEEP)
            to_upper(text, n);
        if (copy->how->letters == GENOME_MASK)
            runs_apply(&copy->mask, text, n, to_lower);
        copy->bases += n;
    }
    fwrite(text, 1, n, copy->out);
}

static void copy_text(struct copy *copy, char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        const size_t piece = line_piece(text + at, n - at);
        copy_piece(copy, text + at, piece);
        at += piece;
        copy->line_start = at < n;
        if (at < n) {
            putc('\n', copy->out);
            at++;
        }
    }
}

int genome_repeat(FILE *out, FILE *in, const struct genome_copies *copies)
{
    static char buf[CHUNK];
    struct copy copy = {.out = out, .how = copies, .changes = {copies->seed * 5 + 3}};
    runs_start(&copy.mask, copies->seed, MASK_MEAN, MASK_MEAN);
    do {
        const uint64_t before = copy.bases;
        copy.round++;
        copy.line_start = true;
        rewind(in);
        for (size_t n; (n = fread(buf, 1, sizeof buf, in)) > 0;)
            copy_text(&copy, buf, n);
        if (!copy.line_start)
            putc('\n', out);
        if (ferror(in) || ferror(out) || copy.bases == before) {
            errno = copy.bases == before ? EINVAL : errno;
            return -1;
        }
    } while (copy.bases < copies->bases);
    return fflush(out) == 0 ? 0 : -1;
}
