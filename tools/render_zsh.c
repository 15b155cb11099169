/* Owns the completion function of zsh. */
#include "render.h"
#include "render_completions.h"

static const char quote[] = "'\\''";

static const char *files_of(enum offer offer)
{
    switch (offer) {
    case OFFER_FILES:
        return "_files";
    case OFFER_DIRECTORIES:
        return "_files -/";
    case OFFER_FASTA:
        return "_files -g \"*.(fa|fna|fasta|fas)(|.gz|.bgz)(-.)\"";
    case OFFER_INDEX:
        return "_files -g \"*.(lode|(fa|fna|fasta|fas)(|.gz|.bgz))(-.)\"";
    default:
        return " ";
    }
}

static void print_value(const struct tool_option *option, FILE *out)
{
    fprintf(out, "%s:%s:", option->value == TOOL_MAYBE ? ":" : "", option->arg);
    if (offer_of_option(option) == OFFER_WORDS) {
        putc('(', out);
        offer_words(option, out);
        putc(')', out);
    } else {
        fputs(files_of(offer_of_option(option)), out);
    }
}

/* '(-o --output)'{-o+,--output=}'[help]:FILE:_files' */
static void print_option(const struct tool_option *option, FILE *out)
{
    const char *mark = option->arg == NULL ? "" : option->value == TOOL_MAYBE ? "=-" : "=";
    fputs("            ", out);
    if (option->letter != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", option->letter, option->name, option->letter,
                option->arg != NULL ? "+" : "", option->name, mark);
    else
        fprintf(out, "'--%s%s[", option->name, mark);
    offer_escaped(option->help, "[]\\", quote, out);
    putc(']', out);
    if (option->arg != NULL)
        print_value(option, out);
    fputs("' \\\n", out);
}

static void print_commands(FILE *out)
{
    fputs("    local -a commands=(\n", out);
    for (int i = 0; i < TOOL_COMMANDS; i++) {
        fprintf(out, "        '%s:", tool_commands[i].name);
        offer_escaped(tool_commands[i].summary, "\\", quote, out);
        fputs("'\n", out);
    }
    fputs("        'help:list the commands, or explain one'\n"
          "        'version:print the version'\n    )\n",
          out);
}

static void print_arguments(FILE *out)
{
    const struct tool_option *option;
    fputs("        case $words[1] in\n", out);
    for (enum tool_command_id id = 0; id < TOOL_COMMANDS; id++) {
        fprintf(out, "        %s) _arguments -s -S \\\n", tool_commands[id].name);
        for (size_t i = 0; (option = render_next_option(id, &i)) != NULL;)
            print_option(option, out);
        fprintf(out, "            '*:file:%s' ;;\n", files_of(offer_of_command(id)));
    }
    fputs("        help) _describe command commands ;;\n        esac ;;\n", out);
}

void render_zsh(FILE *out)
{
    fputs("#compdef lode\n# Completion of lode for zsh, made from its option table.\n\n"
          "_lode() {\n"
          "    local curcontext=$curcontext state line\n"
          "    typeset -A opt_args\n",
          out);
    print_commands(out);
    fputs("    _arguments -C '(- *)--help[list the commands]' \\\n"
          "        '(- *)--version[print the version]' \\\n"
          "        '1: :->command' '*:: :->arguments'\n"
          "    case $state in\n"
          "    command) _describe command commands ;;\n"
          "    arguments)\n",
          out);
    print_arguments(out);
    fputs("    esac\n}\n\n_lode \"$@\"\n", out);
}
