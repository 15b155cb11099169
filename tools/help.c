/* Owns how the option table is rendered for people, and which name a wrong one is near to. */
#include <stdbool.h>
#include <string.h>

#include "lode.h"
#include "options.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 88, WORD_MAX = 32 };

/* Text broken at blanks; lines after the first start in HELP_COLUMN. */
static void print_wrapped(const char *text, FILE *out)
{
    size_t column = HELP_COLUMN;
    while (*text != '\0') {
        const size_t len = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + len > HELP_WIDTH) {
            fprintf(out, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            putc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)len, text);
        column += len;
        text += len + (text[len] == ' ');
    }
    putc('\n', out);
}

static void print_option(const struct tool_option *option, FILE *out)
{
    char left[64], letter[8] = "    ";
    if (option->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    const char *before = option->arg == NULL ? "" : option->value == TOOL_MAYBE ? "[=" : " ";
    const int len =
        snprintf(left, sizeof left, "  %s--%s%s%s%s", letter, option->name, before,
                 option->arg ? option->arg : "", option->value == TOOL_MAYBE ? "]" : "");
    fputs(left, out);
    if (len >= HELP_COLUMN - 1)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    else
        fprintf(out, "%*s", HELP_COLUMN - len, "");
    print_wrapped(option->help, out);
}

static void print_indented(const char *lines, FILE *out)
{
    while (*lines != '\0') {
        const size_t len = strcspn(lines, "\n");
        fprintf(out, "  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
}

void tool_help_command(enum tool_command_id id, FILE *out)
{
    static const struct tool_option help = {.letter = 'h', .name = "help", .help = "this text"};
    const struct tool_command *command = &tool_commands[id];
    fprintf(out, "Usage: lode %s %s [options]\n\nlode %s: %s.\n\n%s\nOptions:\n", command->name,
            command->synopsis, command->name, command->summary, command->about);
    for (size_t i = 0; i < tool_option_count; i++) {
        if (tool_option_table[i].commands & 1u << id)
            print_option(&tool_option_table[i], out);
    }
    print_option(&help, out);
    fputs("\nExamples:\n", out);
    print_indented(command->examples, out);
}

void tool_help_overview(FILE *out)
{
    fputs("Usage: lode COMMAND [arguments]\n\n"
          "lode: a memory-mapped, checksummed index of compressed FASTA.\n\nCommands:\n",
          out);
    for (int i = 0; i < TOOL_COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", tool_commands[i].name, tool_commands[i].summary);
    fputs("\n'lode COMMAND --help' explains one command; 'lode --version' shows versions.\n\n"
          "Exit status, the worst one wins: 0 ok, 1 I/O or data, 2 usage or grammar,\n"
          "3 not found, 4 corrupt index, 5 stale index or newer format.\n\nExamples:\n",
          out);
    print_indented("lode index hg38.fa.gz\nlode get hg38.fa.gz chr1:10,001-10,060\n", out);
}

/* Insertions, deletions and replacements between two words of at most WORD_MAX bytes. */
static size_t edit_distance(const char *a, const char *b)
{
    const size_t n = strlen(b);
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const size_t replace = diagonal + (a[i - 1] != b[j - 1]);
            const size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replace < shift ? replace : shift;
        }
    }
    return row[n];
}

const char *tool_nearest(const char *word, size_t n, const char *(*get)(size_t i))
{
    const char *nearest = NULL;
    size_t best = 3; /* more edits than two: another word */
    const size_t len = strlen(word);
    if (len == 0 || len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *name = get(i);
        const bool begins = len > 1 && strncmp(name, word, len) == 0;
        const size_t distance = begins ? 1 : edit_distance(word, name);
        if (name[0] != '\0' && distance < best && distance < len) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}
