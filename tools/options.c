/* Owns how a command line is read against the option table. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lode.h"
#include "message.h"

/* getopt codes of options without a letter: HELP, then one per row of the table. */
enum { CODE_HELP = 256, CODE_ROW = 257, OPTIONS_MAX = 64 };

/* The table as getopt_long wants it, for one command. */
struct parser {
    struct option longs[OPTIONS_MAX + 2];
    int rows[OPTIONS_MAX + 2]; /* of longs[i] in the table, -1 = help */
    char shorts[4 * OPTIONS_MAX];
    size_t count;
};

int tool_command_find(const char *name)
{
    for (int i = 0; i < TOOL_COMMANDS; i++) {
        if (strcmp(tool_commands[i].name, name) == 0)
            return i;
    }
    return -1;
}

static void add_row(struct parser *parser, const char *name, int has_arg, int code, int row)
{
    parser->longs[parser->count] = (struct option){name, has_arg, NULL, code};
    parser->rows[parser->count] = row;
    parser->count++;
}

static void add_letter(struct parser *parser, char letter, bool has_arg)
{
    const size_t len = strlen(parser->shorts);
    parser->shorts[len] = letter;
    parser->shorts[len + 1] = has_arg ? ':' : '\0';
    parser->shorts[len + 2] = '\0';
}

static int has_arg(const struct tool_option *option)
{
    if (option->arg == NULL)
        return no_argument;
    return option->value == TOOL_MAYBE ? optional_argument : required_argument;
}

static void build_parser(struct parser *parser, enum tool_command_id id)
{
    *parser = (struct parser){.shorts = ":h"};
    add_row(parser, "help", no_argument, CODE_HELP, -1);
    for (size_t i = 0; i < tool_option_count && parser->count < OPTIONS_MAX; i++) {
        const struct tool_option *option = &tool_option_table[i];
        if (!(option->commands & 1u << id))
            continue;
        add_row(parser, option->name, has_arg(option), CODE_ROW + (int)i, (int)i);
        if (option->letter != 0)
            add_letter(parser, option->letter, option->arg != NULL);
    }
}

/* The row behind what getopt_long returned. */
static const struct tool_option *row_of(enum tool_command_id id, int code)
{
    if (code >= CODE_ROW)
        return &tool_option_table[code - CODE_ROW];
    for (size_t i = 0; i < tool_option_count; i++) {
        if (tool_option_table[i].letter == code && (tool_option_table[i].commands & 1u << id))
            return &tool_option_table[i];
    }
    return NULL;
}

/* ---------------------------------------------------------------------------------- values -- */

/* What messages call the option: "--threads". */
static int bad_value(const struct tool_options *options, const struct tool_option *option,
                     const char *text, const char *want)
{
    return tool_usage(options->command, "--%s: '%s' is not %s", option->name, text, want);
}

static int set_number(struct tool_options *options, const struct tool_option *option,
                      const char *text)
{
    int64_t value = 0;
    bool good = text[0] >= '0' && text[0] <= '9';
    for (const char *p = text; *p != '\0' && good; p++) {
        if (*p == ',')
            continue;
        good = *p >= '0' && *p <= '9' && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, *p - '0', &value);
    }
    if (!good || value < option->lo || value > option->hi) {
        char want[80];
        if (option->hi == INT64_MAX)
            snprintf(want, sizeof want, "a whole number from %lld", (long long)option->lo);
        else
            snprintf(want, sizeof want, "a whole number from %lld to %lld", (long long)option->lo,
                     (long long)option->hi);
        return bad_value(options, option, text, want);
    }
    memcpy((char *)options + option->field, &value, sizeof value);
    return TOOL_OK;
}

static void set_int(struct tool_options *options, const struct tool_option *option, int value)
{
    memcpy((char *)options + option->field, &value, sizeof value);
}

/* Flags that share a field exclude each other. */
static int set_flag(struct tool_options *options, const struct tool_option *option)
{
    int before;
    memcpy(&before, (char *)options + option->field, sizeof before);
    if (before != option->hi && before != option->lo)
        return tool_usage(options->command, "--%s excludes another option given", option->name);
    set_int(options, option, (int)option->lo);
    return TOOL_OK;
}

static int set_byte(struct tool_options *options, const struct tool_option *option,
                    const char *text)
{
    if (text[0] <= ' ' || text[0] > '~' || text[1] != '\0')
        return bad_value(options, option, text, "one printable character");
    set_int(options, option, (unsigned char)text[0]);
    return TOOL_OK;
}

static int set_choice(struct tool_options *options, const struct tool_option *option,
                      const char *text)
{
    const char *at = option->arg;
    const size_t len = text != NULL ? strlen(text) : strcspn(at, "|");
    if (text == NULL)
        text = at;
    for (int i = 0;; i++) {
        const size_t n = strcspn(at, "|");
        if (n == len && memcmp(at, text, n) == 0) {
            set_int(options, option, (int)option->lo + i);
            return TOOL_OK;
        }
        if (at[n] == '\0')
            return bad_value(options, option, text, option->arg);
        at += n + 1;
    }
}

/* custom,PLUS,MINUS: MINUS is the rest of the text, commas and all. */
static int set_custom_strand(struct tool_options *options, char *text)
{
    char *comma = strchr(text, ',');
    options->mark_plus = text;
    options->mark_minus = comma != NULL ? comma + 1 : "";
    if (comma != NULL)
        *comma = '\0';
    return TOOL_OK;
}

static int set_strand(struct tool_options *options, const struct tool_option *option, char *text)
{
    static const char *const types[][3] = {
        {"rc", "", "/rc"}, {"no", "", ""}, {"sign", "(+)", "(-)"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(text, types[i][0]) == 0) {
            options->mark_plus = types[i][1];
            options->mark_minus = types[i][2];
            return TOOL_OK;
        }
    }
    if (strncmp(text, "custom,", 7) == 0)
        return set_custom_strand(options, text + 7);
    return bad_value(options, option, text, "rc, no, sign or custom,PLUS,MINUS");
}

static int set_value(struct tool_options *options, const struct tool_option *option, char *text)
{
    switch (option->value) {
    case TOOL_FLAG:
        return set_flag(options, option);
    case TOOL_STRING:
        memcpy((char *)options + option->field, &text, sizeof text);
        return text[0] != '\0' ? TOOL_OK : bad_value(options, option, text, "a path");
    case TOOL_NUMBER:
        return set_number(options, option, text);
    case TOOL_BYTE:
        return set_byte(options, option, text);
    case TOOL_CHOICE:
    case TOOL_MAYBE:
        return set_choice(options, option, text);
    case TOOL_STRAND:
        return set_strand(options, option, text);
    }
    return TOOL_USAGE;
}

/* --------------------------------------------------------------------------------- parsing -- */

static enum tool_command_id near_command;

static const char *near_option(size_t i)
{
    return tool_option_table[i].commands & 1u << near_command ? tool_option_table[i].name : "";
}

static int unknown_option(enum tool_command_id id, const char *command, const char *text)
{
    near_command = id;
    const char *near =
        strncmp(text, "--", 2) == 0 ? tool_nearest(text + 2, tool_option_count, near_option) : NULL;
    if (near != NULL)
        return tool_usage(command, "unknown option '%s' (did you mean '--%s'?)", text, near);
    return tool_usage(command, "unknown option '%s'", text);
}

static int parse_failed(enum tool_command_id id, int code, char **argv)
{
    const char *command = tool_commands[id].name, *text = argv[optind - 1];
    char letter[3] = {'-', (char)optopt, '\0'};
    const bool is_letter = optopt > 0 && optopt < CODE_HELP;
    if (code == ':') {
        const struct tool_option *option = row_of(id, optopt);
        return tool_usage(command, "option '%s' needs a value: %s", is_letter ? letter : text,
                          option ? option->arg : "");
    }
    if (optopt >= CODE_HELP)
        return tool_usage(command, "option '%s' takes no value", text);
    return unknown_option(id, command, is_letter ? letter : text);
}

/* The word that the long option just returned was read from. */
static const char *option_word(char **argv)
{
    const bool value_apart = optarg != NULL && optarg == argv[optind - 1];
    return argv[optind - 1 - value_apart];
}

/* getopt_long takes unique beginnings of long names; here they would bind scripts to the set of
 * options of one version. */
static bool is_abbreviated(const struct option *option, char **argv)
{
    const size_t len = strlen(option->name);
    const char *text = option_word(argv);
    return strncmp(text + 2, option->name, len) != 0 ||
           (text[2 + len] != '\0' && text[2 + len] != '=');
}

static void set_defaults(struct tool_options *options, enum tool_command_id id)
{
    *options = (struct tool_options){
        .command = tool_commands[id].name,
        .mark_plus = "",
        .mark_minus = "/rc",
        .verify_level = LODE_VERIFY_INDEX,
        .pad = -1,
        .threads = tool_commands[id].threads,
        .line_length = 60,
        .dictionary_size = 112640,
        .level = -1,
    };
}

static int check_args(enum tool_command_id id, const struct tool_options *options)
{
    const struct tool_command *command = &tool_commands[id];
    if (options->arg_count < command->min_args)
        return tool_usage(command->name, "arguments are missing: lode %s %s", command->name,
                          command->synopsis);
    if (command->max_args >= 0 && options->arg_count > command->max_args)
        return tool_usage(command->name, "too many arguments, from '%s' on",
                          options->args[command->max_args]);
    return -1;
}

int tool_options_parse(enum tool_command_id id, int argc, char **argv, struct tool_options *options)
{
    struct parser parser;
    int code, place = -1;
    build_parser(&parser, id);
    set_defaults(options, id);
    opterr = 0;
    while ((code = getopt_long(argc, argv, parser.shorts, parser.longs, &place)) != -1) {
        if (code == '?' || code == ':')
            return parse_failed(id, code, argv);
        if (code >= CODE_HELP && is_abbreviated(&parser.longs[place], argv))
            return unknown_option(id, options->command, option_word(argv));
        if (code == CODE_HELP || code == 'h') {
            tool_help_command(id, stdout);
            return TOOL_OK;
        }
        const int status = set_value(options, row_of(id, code), optarg);
        if (status != TOOL_OK)
            return status;
    }
    options->args = argv + optind;
    options->arg_count = argc - optind;
    return check_args(id, options);
}
