/* Runs a harness on files and on the files of directories: replays a corpus under any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long run_file(const char *path, off_t size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc((size_t)size + 1);
    if (f == NULL || data == NULL || fread(data, 1, (size_t)size, f) != (size_t)size) {
        perror(path);
        exit(2);
    }
    fclose(f);
    /* The message that stands when the harness stops. */
    fprintf(stderr, "%s\r", path);
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    return 1;
}

static long run(const char *path)
{
    struct stat st;
    long done = 0;
    if (stat(path, &st) != 0) {
        perror(path);
        exit(2);
    }
    if (!S_ISDIR(st.st_mode))
        return run_file(path, st.st_size);
    DIR *dir = opendir(path);
    for (const struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        char entry[4096];
        snprintf(entry, sizeof entry, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.')
            done += run(entry);
    }
    if (dir != NULL)
        closedir(dir);
    return done;
}

int main(int argc, char **argv)
{
    long done = 0;
    for (int i = 1; i < argc; i++)
        done += run(argv[i]);
    printf("\n%ld inputs\n", done);
    return done > 0 ? 0 : 1; /* an empty corpus proves nothing */
}
