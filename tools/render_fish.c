/* Owns the completion script of fish. */
#include "render.h"
#include "render_completions.h"

static const char quote[] = "\\'";

static const char opening[] =
    "# Completion of lode for fish, made from its option table.\n\n"
    "# Is the command line's command this one? Without an argument: is there none yet?\n"
    "function __lode_command\n"
    "    set -l words (commandline -opc)\n"
    "    if test (count $argv) -eq 0\n"
    "        test (count $words) -eq 1\n"
    "    else\n"
    "        test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
    "    end\n"
    "end\n\n"
    "complete -c lode -f\n"
    "complete -c lode -n __lode_command -l help -d 'list the commands'\n"
    "complete -c lode -n __lode_command -l version -d 'print the version'\n"
    "complete -c lode -n __lode_command -a help -d 'list the commands, or explain one'\n"
    "complete -c lode -n __lode_command -a version -d 'print the version'\n";

static void print_value(const struct tool_option *option, FILE *out)
{
    switch (offer_of_option(option)) {
    case OFFER_FILES:
        fputs(" -r -F", out);
        break;
    case OFFER_DIRECTORIES:
        fputs(" -x -a '(__fish_complete_directories)'", out);
        break;
    case OFFER_WORDS:
        fprintf(out, "%s -a '", option->value == TOOL_MAYBE ? "" : " -x");
        offer_words(option, out);
        putc('\'', out);
        break;
    default:
        fputs(" -x", out);
    }
}

static void print_option(const char *command, const struct tool_option *option, FILE *out)
{
    fprintf(out, "complete -c lode -n '__lode_command %s'", command);
    if (option->letter != 0)
        fprintf(out, " -s %c", option->letter);
    fprintf(out, " -l %s", option->name);
    if (option->arg != NULL)
        print_value(option, out);
    fputs(" -d '", out);
    offer_escaped(option->help, "\\", quote, out);
    fputs("'\n", out);
}

/* fish puts files with the endings first, and offers the others after them. */
static void print_arguments(enum tool_command_id id, FILE *out)
{
    static const char fasta[] = ".fa .fna .fasta .fas .fa.gz .fna.gz .fasta.gz .fas.gz";
    const char *command = tool_commands[id].name;
    const enum offer offer = offer_of_command(id);
    if (offer == OFFER_FILES)
        fprintf(out, "complete -c lode -n '__lode_command %s' -F\n", command);
    else
        fprintf(out,
                "complete -c lode -n '__lode_command %s' -k -a '(__fish_complete_suffix %s%s)'\n",
                command, offer == OFFER_INDEX ? ".lode " : "", fasta);
}

static void print_command(enum tool_command_id id, FILE *out)
{
    const struct tool_option *option;
    const char *name = tool_commands[id].name;
    fprintf(out, "\ncomplete -c lode -n __lode_command -a %s -d '", name);
    offer_escaped(tool_commands[id].summary, "\\", quote, out);
    fprintf(out, "'\ncomplete -c lode -n '__lode_command help' -a %s\n", name);
    for (size_t i = 0; (option = render_next_option(id, &i)) != NULL;)
        print_option(name, option, out);
    print_arguments(id, out);
}

void render_fish(FILE *out)
{
    fputs(opening, out);
    for (enum tool_command_id id = 0; id < TOOL_COMMANDS; id++)
        print_command(id, out);
}
