/* Seeds of fuzz_store: stores of every codec and kind of keys, and damaged forms of them. */
#include "lode.h"
#include "seeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGE_MAX = 1 << 18, DAMAGED = 120, RECORDS = 40 };

static uint8_t image[IMAGE_MAX], copy[IMAGE_MAX];

static size_t read_image(const char *path)
{
    FILE *f = fopen(path, "rb");
    seed_check(f != NULL, path);
    const size_t n = fread(image, 1, sizeof image, f);
    seed_check(fclose(f) == 0 && n > 0 && n < sizeof image, path);
    return n;
}

static size_t make(int codec, int keys, const char *path)
{
    struct lode_store_options options = LODE_STORE_OPTIONS_INIT;
    lode_store_writer *writer = NULL;
    struct lode_diag diag = {0};
    options.codec = codec;
    options.keys = keys;
    options.block_size = 500;
    options.shuffle = codec == LODE_STORE_ZSTD && keys == LODE_STORE_TEXT ? 4 : 0;
    options.name = "seed";
    seed_check(lode_store_create(path, &options, &writer, &diag) == LODE_OK, diag.message);
    for (int i = 0; i < RECORDS; i++) {
        char key[8] = {0}, value[300];
        const size_t n = (size_t)(seed_next() % sizeof value);
        for (size_t k = 0; k < n; k++)
            value[k] = "ACGT\n"[seed_next() % 5];
        snprintf(key, sizeof key, "k%d", i);
        const size_t len = keys == LODE_STORE_NO_KEYS    ? 0
                           : keys == LODE_STORE_INTEGERS ? 8
                                                         : strlen(key);
        seed_check(lode_store_put(writer, key, len, value, n, i % 3 ? "{}" : NULL, &diag) ==
                       LODE_OK,
                   diag.message);
    }
    seed_check(lode_store_publish(writer, NULL, &diag) == LODE_OK, diag.message);
    return read_image(path);
}

/* The store that make left, twice in one file. */
static size_t twice(const char *path)
{
    lode_store_writer *writers[2];
    lode_store *store = NULL;
    struct lode_diag diag = {0};
    seed_check(lode_store_open(path, NULL, &store, &diag) == LODE_OK, diag.message);
    for (int i = 0; i < 2; i++)
        seed_check(lode_store_copy(store, i ? "b" : "a", &writers[i], &diag) == LODE_OK,
                   diag.message);
    lode_store_close(store);
    seed_check(lode_store_publish_all(writers, 2, path, &diag) == LODE_OK, diag.message);
    return read_image(path);
}

/* The image, and damaged copies of it. */
static void put_seeds(int codec, int keys, size_t n)
{
    const uint8_t verified = 2;
    char name[64];
    snprintf(name, sizeof name, "%d-%d", codec, keys);
    seed_put("store", name, image, n, &verified, 1);
    for (int i = 0; i < DAMAGED; i++) {
        const uint8_t steer = (uint8_t)(1 | (seed_next() & 2));
        memcpy(copy, image, n);
        seed_damage(copy, 0, n);
        snprintf(name, sizeof name, "%d-%d-%03d", codec, keys, i);
        seed_put("store", name, copy, n, &steer, 1);
    }
}

void seeds_stores(void)
{
    seed_dir("store");
    for (int codec = 0; codec < 3; codec++)
        for (int keys = 0; keys < 4; keys++)
            put_seeds(codec, keys, make(codec, keys, seed_path("work", "seed-store.lode")));
    put_seeds(2, 4, twice(seed_path("work", "seed-store.lode"))); /* several in one file */
}
