#include "paths.h"

#include <stdlib.h>
#include <string.h>

char *lode_path_join(const char *dir, const char *name)
{
    const size_t n = strcmp(dir, "./") == 0 ? 0 : strlen(dir), m = strlen(name);
    const size_t slash = n > 0 && dir[n - 1] != '/';
    char *path = malloc(n + slash + m + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, dir, n);
    path[n] = '/';
    memcpy(path + n + slash, name, m + 1);
    return path;
}

char *lode_path_real(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    char *dir =
        slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path + (slash == path)));
    char *real_dir = dir != NULL ? realpath(dir, NULL) : NULL;
    char *real = real_dir != NULL ? lode_path_join(real_dir, base) : NULL;
    free(dir);
    free(real_dir);
    return real;
}
