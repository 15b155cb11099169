/* Owns the entry of lode_docs, which writes manual pages and completion scripts while lode is being
 * built: lode_docs DIRECTORY. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "render.h"

enum { PATH_CAP = 4096 };

static const char *root;

static bool failed(const char *path)
{
    fprintf(stderr, "lode_docs: %s: %s\n", path, strerror(errno));
    return false;
}

static bool make_directory(const char *name)
{
    char path[PATH_CAP];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return mkdir(path, 0777) == 0 || errno == EEXIST || failed(path);
}

static FILE *create(const char *name, char path[PATH_CAP])
{
    snprintf(path, PATH_CAP, "%s/%s", root, name);
    return fopen(path, "w");
}

static bool finish(FILE *out, const char *path)
{
    const bool written = fflush(out) == 0 && !ferror(out);
    const bool closed = fclose(out) == 0;
    return (written && closed) || failed(path);
}

static bool write_shared(void)
{
    static const struct {
        const char *name;
        void (*render)(FILE *out);
    } files[] = {
        {"man1/lode.1", render_man_overview}, {"man5/lode.5", render_man_format},
        {"man7/lode.7", render_man_concepts}, {"completions/lode.bash", render_bash},
        {"completions/_lode", render_zsh},    {"completions/lode.fish", render_fish},
        {"layout.svg", render_layout},
    };
    bool good = true;
    for (size_t i = 0; i < sizeof files / sizeof *files && good; i++) {
        char path[PATH_CAP];
        FILE *out = create(files[i].name, path);
        if (out == NULL)
            return failed(path);
        files[i].render(out);
        good = finish(out, path);
    }
    return good;
}

static bool write_commands(void)
{
    bool good = true;
    for (enum tool_command_id id = 0; id < TOOL_COMMANDS && good; id++) {
        char name[64], path[PATH_CAP];
        snprintf(name, sizeof name, "man1/lode-%s.1", tool_commands[id].name);
        FILE *out = create(name, path);
        if (out == NULL)
            return failed(path);
        render_man_command(id, out);
        good = finish(out, path);
    }
    return good;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("Usage: lode_docs DIRECTORY\n", stderr);
        return 2;
    }
    root = argv[1];
    const bool made = make_directory("") && make_directory("man1") && make_directory("man5") &&
                      make_directory("man7") && make_directory("completions");
    return made && write_shared() && write_commands() ? 0 : 1;
}
