/* lode-gen: writes a generated genome, or a genome repeated under other names, as FASTA text. */
#include "genome.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: lode-gen [options] > OUT.fa\n"
                            "\n"
                            "Writes random FASTA, the same bytes for the same options.\n"
                            "\n"
                            "  --bases N        bases in all (default 1000000)\n"
                            "  --contigs N      contigs (default 1)\n"
                            "  --line-width N   bases a line (default 60; 0: one line a contig)\n"
                            "  --seed N         (default 1)\n"
                            "  --soft-mask      half of the bases lower case, in runs of mean 300\n"
                            "  --dna            compresses as mammalian DNA does; --soft-mask "
                            "then marks repeats\n"
                            "  --n-runs N       about N stretches of N, mean 1000 bases\n"
                            "  --prefix NAME    contig names are NAME1, NAME2... (default chr)\n"
                            "  --repeat FILE    instead: FILE, plain FASTA, repeated under other "
                            "names until --bases are out;\n"
                            "                   upper case, or --soft-mask, or --keep-case\n"
                            "  --mutate N       with --repeat: one base in N of each further "
                            "copy is another\n"
                            "  -o FILE          output (default: stdout)\n";

struct arguments {
    struct genome_options genome;
    const char *repeat, *out;
    uint64_t mutate;
    bool keep_case;
};

static uint64_t number(const char *option, const char *text)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
        fprintf(stderr, "lode-gen: --%s: not a number: %s\n", option, text);
        exit(2);
    }
    return value;
}

static uint64_t *number_of(struct arguments *args, int key)
{
    struct genome_options *genome = &args->genome;
    return key == 'b'   ? &genome->bases
           : key == 'c' ? &genome->contigs
           : key == 'w' ? &genome->line_width
           : key == 's' ? &genome->seed
           : key == 'n' ? &genome->n_runs
           : key == 'x' ? &args->mutate
                        : NULL;
}

static void set(struct arguments *args, const char *option, int key, const char *text)
{
    uint64_t *value = number_of(args, key);
    if (value != NULL) {
        *value = number(option, text);
    } else if (key == 'p') {
        args->genome.prefix = text;
    } else if (key == 'r') {
        args->repeat = text;
    } else if (key == 'o') {
        args->out = text;
    } else if (key == 'm') {
        args->genome.soft_mask = true;
    } else if (key == 'd') {
        args->genome.dna = true;
    } else if (key == 'k') {
        args->keep_case = true;
    } else {
        fputs(usage, key == 'h' ? stdout : stderr);
        exit(key == 'h' ? 0 : 2);
    }
}

static void parse(struct arguments *args, int argc, char **argv)
{
    static const struct option options[] = {
        {"bases", required_argument, NULL, 'b'},
        {"contigs", required_argument, NULL, 'c'},
        {"line-width", required_argument, NULL, 'w'},
        {"seed", required_argument, NULL, 's'},
        {"n-runs", required_argument, NULL, 'n'},
        {"soft-mask", no_argument, NULL, 'm'},
        {"prefix", required_argument, NULL, 'p'},
        {"repeat", required_argument, NULL, 'r'},
        {"dna", no_argument, NULL, 'd'},
        {"mutate", required_argument, NULL, 'x'},
        {"keep-case", no_argument, NULL, 'k'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int key, which = 0;
    while ((key = getopt_long(argc, argv, "o:h", options, &which)) != -1)
        set(args, options[which].name, key, optarg);
    if (optind != argc || args->genome.contigs == 0)
        set(args, "", '?', NULL);
}

static int repeat(const struct arguments *args, FILE *out)
{
    FILE *in = fopen(args->repeat, "rb");
    if (in == NULL)
        return -1;
    const struct genome_copies copies = {.bases = args->genome.bases,
                                         .letters = args->keep_case          ? GENOME_KEEP
                                                    : args->genome.soft_mask ? GENOME_MASK
                                                                             : GENOME_UPPER,
                                         .seed = args->genome.seed,
                                         .mutate = args->mutate};
    const int status = genome_repeat(out, in, &copies);
    fclose(in);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments args = {
        .genome = {.bases = 1000000, .contigs = 1, .line_width = 60, .seed = 1, .prefix = "chr"}};
    parse(&args, argc, argv);
    FILE *out = args.out == NULL ? stdout : fopen(args.out, "wb");
    int status = out == NULL           ? -1
                 : args.repeat != NULL ? repeat(&args, out)
                                       : genome_write(out, &args.genome);
    if (out != NULL && fclose(out) != 0)
        status = -1;
    if (status != 0)
        fprintf(stderr, "lode-gen: %s: %s\n", args.repeat != NULL ? args.repeat : "output",
                strerror(errno));
    return status == 0 ? 0 : 1;
}
