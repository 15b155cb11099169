#include "foreign.h"

#include <string.h>

static const struct format {
    const char *magic;
    size_t len;
    const char *name, *decompress;
} formats[] = {
    {"CRAM", 4, "CRAM", NULL},
    {"\x28\xB5\x2F\xFD", 4, "zstd", "zstd -dc"},
    {"BZh", 3, "bzip2", "bzip2 -dc"},
    {"\xFD"
     "7zXZ",
     5, "xz", "xz -dc"},
    {"PK\x03\x04", 4, "zip", "unzip -p"},
};

const char *lode_foreign(const uint8_t *p, size_t n, const char **decompress)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (n >= formats[i].len && memcmp(p, formats[i].magic, formats[i].len) == 0) {
            *decompress = formats[i].decompress;
            return formats[i].name;
        }
    }
    return NULL;
}
