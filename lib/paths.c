#include "paths.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static bool strip_suffix(const char *path, size_t *len, const char *suffix)
{
    const size_t n = strlen(suffix);
    if (*len <= n || strncasecmp(path + *len - n, suffix, n) != 0 || path[*len - n - 1] == '/')
        return false;
    *len -= n;
    return true;
}

size_t lode_path_stem(const char *path, bool *fasta)
{
    static const char *const suffixes[] = {".fna", ".fa", ".fasta", ".fas"};
    size_t len = strlen(path);
    if (!strip_suffix(path, &len, ".gz"))
        (void)strip_suffix(path, &len, ".bgz");
    *fasta = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0] && !*fasta; i++)
        *fasta = strip_suffix(path, &len, suffixes[i]);
    return len;
}

size_t lode_path_track_stem(const char *path, bool *track)
{
    size_t len = strlen(path);
    const bool packed = strip_suffix(path, &len, ".gz") || strip_suffix(path, &len, ".bgz");
    *track = strip_suffix(path, &len, ".track") && packed;
    return len;
}

char *lode_path_relative(const char *from, const char *to)
{
    const size_t n = strcmp(from, "/") == 0 ? 0 : strlen(from);
    size_t common = 0, ups = 0;
    for (size_t i = 0;; i++) { /* common: where both have a '/' or `from` ends, last time equal */
        if ((i == n || from[i] == '/') && to[i] == '/')
            common = i;
        if (i == n || from[i] != to[i])
            break;
    }
    for (size_t i = common; i < n; i++)
        ups += from[i] == '/';
    const char *rest = to + common + 1;
    char *path = malloc(3 * ups + strlen(rest) + 1);
    for (size_t k = 0; path != NULL && k < ups; k++)
        memcpy(path + 3 * k, "../", 3);
    if (path != NULL)
        strcpy(path + 3 * ups, rest);
    return path;
}
