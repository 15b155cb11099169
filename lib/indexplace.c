#include "indexplace.h"

#include "diag.h"
#include "layout.h"
#include "paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lode_place_choose(struct lode_collection *c, const char *const *inputs, size_t n,
                      const struct lode_build_options *options, struct lode_diag *diag)
{
    struct stat st;
    int printed = 0;
    if (options->out != NULL)
        printed = (c->out = strdup(options->out)) != NULL ? 0 : -1;
    else if (n != 1)
        return lode_diag_set(
            diag, LODE_E_ARG,
            "several inputs: say where their one index goes with -o OUT.lode, or index "
            "them one by one");
    else if (stat(inputs[0], &st) == 0 && S_ISDIR(st.st_mode))
        printed = (c->out = lode_path_join(inputs[0], options->track != LODE_TRACK_NONE
                                                          ? "tracks.lode"
                                                          : "index.lode")) != NULL
                      ? 0
                      : -1;
    else
        printed = asprintf(&c->out, "%s.lode", inputs[0]);
    if (printed < 0) {
        c->out = NULL;
        return lode_diag_set(diag, LODE_E_NOMEM, "out of memory");
    }
    /* The index really lies where a link of that name leads. */
    char *resolved = realpath(c->out, NULL);
    char *real = resolved != NULL ? resolved : lode_path_real(c->out);
    if (real == NULL && options->out == NULL && stat(inputs[0], &st) != 0)
        return lode_diag_set(diag, LODE_E_MISSING, "%s: no such file or directory", inputs[0]);
    if (real == NULL)
        return lode_diag_errno(diag, "%s: no such directory for the index", c->out);
    char *slash = strrchr(real, '/');
    slash[slash == real ? 1 : 0] = 0;
    c->out_dir = real;
    return LODE_OK;
}

/* An index never replaces anything that is not one. */
int lode_place_check(const struct lode_collection *c, struct lode_diag *diag)
{
    static const uint8_t magic[LODE_MAGIC_SIZE] = LODE_MAGIC_BYTES;
    uint8_t head[LODE_MAGIC_SIZE];
    struct stat st;
    const char *out = c->out;
    if (stat(out, &st) != 0)
        return LODE_OK;
    if (S_ISDIR(st.st_mode))
        return lode_diag_set(diag, LODE_E_ARG, "%s: is a directory; name the index file", out);
    const int fd = open(out, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return lode_diag_errno(diag, "%s: cannot open", out);
    const ssize_t got = read(fd, head, sizeof head);
    close(fd);
    /* an empty file is what 'mktemp' or '>' leaves */
    if (got == 0 || (got == sizeof head && memcmp(head, magic, sizeof head) == 0))
        return LODE_OK;
    return lode_diag_set(diag, LODE_E_ARG,
                         "%s: exists and is not a lode index: it is not overwritten; choose "
                         "another -o or remove it",
                         out);
}
