/* Owns the entry of the lode command: finds the sub-command and runs it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lode.h"
#include "message.h"
#include "options.h"

static const char *command_name(size_t i)
{
    return tool_commands[i].name;
}

/* What users of other tools type first. */
static const char *known_elsewhere(const char *name)
{
    static const char *const words[][2] = {
        {"faidx", "get', and to make an index 'lode index"},
        {"getfasta", "get -b"},
        {"view", "get"},
        {"fetch", "get"},
        {"dict", "export --dict"},
        {"bgzip", "compress"},
        {"check", "verify"},
        {"info", "stat"},
        {"list", "ls"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *elsewhere = known_elsewhere(name);
    if (elsewhere != NULL)
        return tool_usage(NULL, "unknown command '%s': here it is 'lode %s'", name, elsewhere);
    const char *near = tool_nearest(name, TOOL_COMMANDS, command_name);
    if (near != NULL)
        return tool_usage(NULL, "unknown command '%s' (did you mean '%s'?)", name, near);
    return tool_usage(NULL, "unknown command '%s'", name);
}

static int print_version(void)
{
    printf("lode %s\n", lode_version());
    for (const char *at = lode_features(); *at != '\0';) {
        const size_t len = strcspn(at, " ");
        printf("%.*s\n", (int)len, at);
        at += len + strspn(at + len, " ");
    }
    return TOOL_OK;
}

static int print_help(int argc, char **argv)
{
    if (argc < 2) {
        tool_help_overview(stdout);
        return TOOL_OK;
    }
    const int id = tool_command_find(argv[1]);
    if (id < 0)
        return unknown_command(argv[1]);
    tool_help_command((enum tool_command_id)id, stdout);
    return TOOL_OK;
}

static int run_command(int argc, char **argv)
{
    const int id = tool_command_find(argv[0]);
    struct tool_options options;
    if (id < 0)
        return unknown_command(argv[0]);
    const int status = tool_options_parse((enum tool_command_id)id, argc, argv, &options);
    return status >= 0 ? status : tool_commands[id].run(&options);
}

static int dispatch(int argc, char **argv)
{
    const char *word = argv[0];
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return print_help(argc, argv);
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0)
        return print_version();
    if (word[0] == '-')
        return tool_usage(NULL, "unknown option '%s'", word);
    return run_command(argc, argv);
}

int main(int argc, char **argv)
{
    /* a file size limit is an error to report, not a reason to die and leave litter */
    signal(SIGXFSZ, SIG_IGN);
    /* A reader that has seen enough closes the pipe: end quietly, whatever the parent ignored. */
    signal(SIGPIPE, SIG_DFL);
    if (argc < 2) {
        tool_help_overview(stderr);
        return TOOL_USAGE;
    }
    int status = dispatch(argc - 1, argv + 1);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        status = tool_worse(status, tool_write_failed("stdout", errno != 0 ? errno : EIO));
    return status;
}
