/* Owns the command line: which sub-commands there are, what each takes, and how it is explained.
 * One table drives parsing and help. */
#ifndef LODE_TOOL_OPTIONS_H
#define LODE_TOOL_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What a command line said. Fields that the command does not offer keep their defaults. */
struct tool_options {
    const char *command; /* its name, for messages */
    char **args;         /* what is no option */
    int arg_count;

    const char *out, *names, *regions, *bed, *root;
    const char *mark_plus, *mark_minus; /* appended to the names of records */
    int quiet, duplicates_first, lenient, rescan, add, digest, pack, index;
    int reverse, stranded, split, strict, upper, tab, allow_outside, ignored;
    int json, verify_level;
    int track;    /* enum lode_track */
    int layout;   /* enum lode_compress_layout */
    int export;   /* enum tool_export */
    int bedtools; /* enum tool_naming */
    int pad;      /* byte, or -1 */
    int64_t threads, line_length, min_length, level, block_size, seconds;
    /* of records */
    const char *dictionary, *key_field, *flatbuffers;
    int codec; /* enum lode_store_codec and 1; 0: not given */
    int no_keys, no_replace, number, lines;
    const char *store; /* of a file of several */
    int64_t zstd_level, dictionary_size, record_block, shuffle;
};

/* What `lode export` writes. */
enum tool_export {
    TOOL_EXPORT_NONE,
    TOOL_EXPORT_FAI,
    TOOL_EXPORT_GZI,
    TOOL_EXPORT_DICT,
    TOOL_EXPORT_SIZES,
    TOOL_EXPORT_FASTA,
    TOOL_EXPORT_GAPS,
    TOOL_EXPORT_MASK,
};

/* How `lode get` names records of intervals, and treats what lies outside: --bedtools. */
enum tool_naming {
    TOOL_NAMING_REGION,    /* CHROM:BEG-END, counted from 1: a region that get understands */
    TOOL_NAMING_COORDS,    /* bedtools: chrom:start-end, counted from 0 */
    TOOL_NAMING_NAME,      /* -name: name::chrom:start-end */
    TOOL_NAMING_NAME_PLUS, /* -name+: the same */
    TOOL_NAMING_NAME_ONLY,
};

/* How the value of an option is read. */
enum tool_value {
    TOOL_FLAG,   /* none; stores `lo` in an int, where `hi` is what it holds when not given */
    TOOL_STRING, /* a const char * */
    TOOL_NUMBER, /* an int64_t from lo to hi; commas allowed */
    TOOL_BYTE,   /* one printable character, into an int */
    TOOL_CHOICE, /* an int: `lo` and the place of the value in `arg`, "a|b|c" */
    TOOL_MAYBE,  /* the same for --option=VALUE; --option alone is the first choice */
    TOOL_STRAND, /* rc, no, sign, custom,PLUS,MINUS */
};

struct tool_option {
    unsigned commands; /* bits 1 << enum tool_command_id */
    char letter;       /* or 0 */
    const char *name, *arg, *help;
    enum tool_value value;
    size_t field; /* offset in struct tool_options */
    int64_t lo, hi;
};

enum tool_command_id {
    TOOL_INDEX,
    TOOL_GET,
    TOOL_LS,
    TOOL_STAT,
    TOOL_VERIFY,
    TOOL_COMPRESS,
    TOOL_EXPORT,
    TOOL_BENCH,
    TOOL_REC,
    TOOL_COMMANDS,
};

struct tool_command {
    const char *name, *synopsis, *summary;
    const char *about;      /* a paragraph, its lines already broken */
    const char *examples;   /* lines */
    int min_args, max_args; /* max -1 = any */
    int threads;            /* default */
    int (*run)(const struct tool_options *options);
};

extern const struct tool_command tool_commands[TOOL_COMMANDS];
extern const struct tool_option tool_option_table[];
extern const size_t tool_option_count;

/* The command of that name, or -1. */
int tool_command_find(const char *name);

/* Parses argv[1..] of a command; argv[0] is its name. Returns -1 to run it, else the exit status: 0
 * after --help, 2 after an error, which is reported. */
int tool_options_parse(enum tool_command_id id, int argc, char **argv,
                       struct tool_options *options);

/* The overview of all commands; the page of one. */
void tool_help_overview(FILE *out);
void tool_help_command(enum tool_command_id id, FILE *out);

/* The candidate of n nearest to word, or NULL when none is near. get(i) names the i-th. */
const char *tool_nearest(const char *word, size_t n, const char *(*get)(size_t i));

#endif
