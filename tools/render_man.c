/* Owns the manual pages of section 1: one for each sub-command, and one that lists them. */
#include <ctype.h>
#include <string.h>

#include "render.h"
#include "render_roff.h"

enum { NAME_MAX_LEN = 64 };

const struct tool_option *render_next_option(enum tool_command_id id, size_t *i)
{
    static const struct tool_option help = {
        .letter = 'h', .name = "help", .help = "print a summary of this command"};
    while (*i < tool_option_count) {
        const struct tool_option *option = &tool_option_table[(*i)++];
        if (option->commands & 1u << id)
            return option;
    }
    return (*i)++ == tool_option_count ? &help : NULL;
}

static void section(const char *heading, FILE *out)
{
    fprintf(out, ".SH %s\n", heading);
}

/* Words in capitals are what the user puts in: italic. Options are bold, the rest is plain. */
static void print_synopsis(const char *text, FILE *out)
{
    while (*text != '\0') {
        size_t len = 0;
        while (isupper((unsigned char)text[len]))
            len++;
        if (len > 0) {
            roff_font('I', text, len, out);
        } else if (text[0] == '-') {
            len = strcspn(text, " |]");
            roff_font('B', text, len, out);
        } else {
            len = 1;
            roff_inline(text, len, out);
        }
        text += len;
    }
    fputs(" [\\fIoptions\\fR]\n", out);
}

static void print_option(const struct tool_option *option, FILE *out)
{
    char name[NAME_MAX_LEN];
    fputs(".TP\n", out);
    if (option->letter != 0) {
        snprintf(name, sizeof name, "-%c", option->letter);
        roff_font('B', name, strlen(name), out);
        fputs(", ", out);
    }
    snprintf(name, sizeof name, "--%s", option->name);
    roff_font('B', name, strlen(name), out);
    if (option->arg != NULL) {
        fputs(option->value == TOOL_MAYBE ? "[=" : " ", out);
        roff_font('I', option->arg, strlen(option->arg), out);
        fputs(option->value == TOOL_MAYBE ? "]" : "", out);
    }
    putc('\n', out);
    roff_lines(option->help, out);
}

static void print_see_also(enum tool_command_id self, FILE *out)
{
    section("SEE ALSO", out);
    if (self != TOOL_COMMANDS)
        fputs("\\fBlode\\fR(1),\n", out);
    for (int i = 0; i < TOOL_COMMANDS; i++) {
        if (i != (int)self)
            fprintf(out, "\\fBlode\\-%s\\fR(1),\n", tool_commands[i].name);
    }
    fputs("\\fBlode\\fR(5),\n\\fBlode\\fR(7)\n", out);
}

static void print_examples(const char *lines, FILE *out)
{
    section("EXAMPLES", out);
    fputs(".nf\n", out);
    roff_lines(lines, out);
    fputs(".fi\n", out);
}

void render_man_command(enum tool_command_id id, FILE *out)
{
    const struct tool_command *command = &tool_commands[id];
    const struct tool_option *option;
    char name[NAME_MAX_LEN];
    snprintf(name, sizeof name, "lode-%s", command->name);
    roff_title(name, 1, out);
    section("NAME", out);
    fprintf(out, "lode\\-%s \\- ", command->name);
    roff_lines(command->summary, out);
    section("SYNOPSIS", out);
    fprintf(out, "\\fBlode %s\\fR ", command->name);
    print_synopsis(command->synopsis, out);
    section("DESCRIPTION", out);
    roff_lines(command->about, out);
    section("OPTIONS", out);
    for (size_t i = 0; (option = render_next_option(id, &i)) != NULL;)
        print_option(option, out);
    print_examples(command->examples, out);
    section("EXIT STATUS", out);
    fputs("See \\fBlode\\fR(7).\n", out);
    print_see_also(id, out);
}

static void print_commands(FILE *out)
{
    section("COMMANDS", out);
    for (int i = 0; i < TOOL_COMMANDS; i++) {
        fprintf(out, ".TP\n\\fBlode\\-%s\\fR(1)\n", tool_commands[i].name);
        roff_lines(tool_commands[i].summary, out);
    }
}

void render_man_overview(FILE *out)
{
    static const struct roff_item options[] = {
        {ROFF_TERM, "-h, --help, help", "list the commands"},
        {ROFF_TERM, "help COMMAND", "explain one command, as lode COMMAND --help does"},
        {ROFF_TERM, "--version, version",
         "print the version on the first line, then what this lode was built with"},
    };
    roff_title("lode", 1, out);
    section("NAME", out);
    fputs("lode \\- a memory\\-mapped, checksummed index of compressed FASTA\n", out);
    section("SYNOPSIS", out);
    fputs("\\fBlode\\fR \\fICOMMAND\\fR [\\fIarguments\\fR]\n", out);
    section("DESCRIPTION", out);
    fputs(
        "lode makes one file beside FASTA files, plain or BGZF. Any process maps it and reads any\n"
        "stretch of any contig. Every base that comes back was checked against the index: a\n"
        "FASTA that changed gives an error, never other bases.\n",
        out);
    print_commands(out);
    section("OPTIONS", out);
    roff_items(options, sizeof options / sizeof *options, out);
    print_examples("lode index hg38.fa.gz\nlode get hg38.fa.gz chr1:10,001-10,060\n", out);
    section("EXIT STATUS", out);
    fputs("See \\fBlode\\fR(7).\n", out);
    print_see_also(TOOL_COMMANDS, out);
}
