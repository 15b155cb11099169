/* Owns the completion script of bash. It needs nothing of the bash-completion package. */
#include "render.h"
#include "render_completions.h"

static const char opening[] = "# The ending of FASTA files, and of what may stand for an index.\n"
                              "_lode_fasta='\\.(fa|fna|fasta|fas)(\\.(gz|bgz))?$'\n"
                              "_lode_index='\\.(lode|(fa|fna|fasta|fas)(\\.(gz|bgz))?)$'\n"
                              "\n"
                              "# Offers files whose names match, and directories.\n"
                              "_lode_files()\n"
                              "{\n"
                              "    local name\n"
                              "    compopt -o filenames 2>/dev/null\n"
                              "    while IFS= read -r name; do\n"
                              "        if [[ $name =~ $1 || -d ${name/#\\~\\//$HOME/} ]]; then\n"
                              "            COMPREPLY+=(\"$name\")\n"
                              "        fi\n"
                              "    done < <(compgen -f -- \"$cur\")\n"
                              "}\n"
                              "\n"
                              "_lode_words()\n"
                              "{\n"
                              "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
                              "}\n";

static const char beginning[] =
    "\n"
    "_lode()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} prev=\n"
    "    COMPREPLY=()\n"
    "    if ((COMP_CWORD > 1)); then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    fi\n"
    "    # readline cuts --option=value at the '='\n"
    "    local joined=\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur= joined='='\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]} joined='='\n"
    "    fi\n";

/* What stands at the head of a case: 'get -o' | 'get --output'. */
static void print_case(const char *command, const struct tool_option *option, FILE *out)
{
    fputs("    ", out);
    if (option->letter != 0)
        fprintf(out, "'%s -%c' | ", command, option->letter);
    if (option->value == TOOL_MAYBE) /* a word of its own after it is not its value */
        fprintf(out, "'%s --%s=') ", command, option->name);
    else
        fprintf(out, "'%s --%s' | '%s --%s=') ", command, option->name, command, option->name);
}

static void print_value(const struct tool_option *option, FILE *out)
{
    switch (offer_of_option(option)) {
    case OFFER_WORDS:
        fputs("_lode_words '", out);
        offer_words(option, out);
        fputs("'; ", out);
        break;
    case OFFER_FILES:
        fputs("_lode_files ''; ", out);
        break;
    case OFFER_DIRECTORIES:
        fputs("_lode_files '/$'; ", out);
        break;
    default:
        break;
    }
    fputs("return ;;\n", out);
}

static void print_values(FILE *out)
{
    const struct tool_option *option;
    fputs("    case \"$command $prev$joined\" in\n", out);
    for (enum tool_command_id id = 0; id < TOOL_COMMANDS; id++) {
        for (size_t i = 0; (option = render_next_option(id, &i)) != NULL;) {
            if (option->arg == NULL)
                continue;
            print_case(tool_commands[id].name, option, out);
            print_value(option, out);
        }
    }
    fputs("    esac\n", out);
}

static void print_options(FILE *out)
{
    const struct tool_option *option;
    fputs("    case \"$command $cur\" in\n", out);
    for (enum tool_command_id id = 0; id < TOOL_COMMANDS; id++) {
        fprintf(out, "    '%s -'*) _lode_words '", tool_commands[id].name);
        for (size_t i = 0; (option = render_next_option(id, &i)) != NULL;) {
            if (option->letter != 0)
                fprintf(out, "-%c ", option->letter);
            fprintf(out, "--%s%s", option->name, i > tool_option_count ? "" : " ");
        }
        fputs("' ;;\n", out);
    }
}

static void print_arguments(FILE *out)
{
    static const char *const files[] = {[OFFER_FILES] = "''",
                                        [OFFER_FASTA] = "\"$_lode_fasta\"",
                                        [OFFER_INDEX] = "\"$_lode_index\""};
    for (enum tool_command_id id = 0; id < TOOL_COMMANDS; id++)
        fprintf(out, "    '%s '*) _lode_files %s ;;\n", tool_commands[id].name,
                files[offer_of_command(id)]);
    fputs("    'help '*) _lode_words \"$commands\" ;;\n    esac\n", out);
}

void render_bash(FILE *out)
{
    fputs("# Completion of lode for bash, made from its option table.\n\n", out);
    fputs(opening, out);
    fputs(beginning, out);
    fputs("    local commands='", out);
    for (int i = 0; i < TOOL_COMMANDS; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", tool_commands[i].name);
    fputs("'\n    if ((COMP_CWORD <= 1)); then\n"
          "        _lode_words \"$commands help version --help --version\"\n"
          "        return\n    fi\n",
          out);
    print_values(out);
    print_options(out);
    print_arguments(out);
    fputs("}\n\ncomplete -F _lode lode\n", out);
}
