/* Owns which values and files complete what, and the quoting that the shells' scripts share. */
#include "render_completions.h"

#include <stdbool.h>
#include <string.h>

enum offer offer_of_option(const struct tool_option *option)
{
    if (option->arg == NULL)
        return OFFER_NOTHING;
    if (option->value == TOOL_STRAND || strchr(option->arg, '|') != NULL)
        return OFFER_WORDS;
    if (strcmp(option->arg, "FILE") == 0)
        return OFFER_FILES;
    return strcmp(option->arg, "DIR") == 0 ? OFFER_DIRECTORIES : OFFER_NOTHING;
}

/* The synopsis names the first argument. */
enum offer offer_of_command(enum tool_command_id id)
{
    const char *synopsis = tool_commands[id].synopsis;
    const char *word = synopsis + strspn(synopsis, "[");
    if (strncmp(word, "INDEX", 5) == 0)
        return OFFER_INDEX;
    return strncmp(word, "INPUT", 5) == 0 ? OFFER_FASTA : OFFER_FILES;
}

void offer_words(const struct tool_option *option, FILE *out)
{
    const char *words = option->value == TOOL_STRAND ? "rc|no|sign|custom," : option->arg;
    for (; *words != '\0'; words++)
        putc(*words == '|' ? ' ' : *words, out);
}

void offer_escaped(const char *text, const char *escaped, const char *quote, FILE *out)
{
    for (; *text != '\0'; text++) {
        const bool is_special = strchr(escaped, *text) != NULL;
        if (*text == '\'')
            fputs(quote, out);
        else
            fprintf(out, is_special ? "\\%c" : "%c", *text);
    }
}
