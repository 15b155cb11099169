/* Seeds of fuzz_set: own files of sets, of indexes and of stores, and damaged forms of them. */
#include "bytes.h"
#include "container.h"
#include "seeds.h"
#include "set_members.h"

#include <stdio.h>
#include <string.h>

enum { IMAGE_MAX = 1 << 16, DAMAGED = 300 };
enum { RESEAL = 1, VERIFY = 2, STORE = 4, ADD = 8 }; /* of fuzz_set */

static uint8_t image[IMAGE_MAX], copy[IMAGE_MAX];

static size_t read_image(const char *leaf)
{
    const char *path = seed_path("work", leaf);
    FILE *f = fopen(path, "rb");
    seed_check(f != NULL, path);
    const size_t n = fread(image, 1, sizeof image, f);
    seed_check(fclose(f) == 0 && n > 0 && n < sizeof image, path);
    return n;
}

/* Where the rows of a section begin in the image. */
static size_t rows_of(size_t n, uint32_t id)
{
    struct lode_container box;
    struct lode_section s = {0};
    seed_check(lode_container_parse(image, n, &box, NULL) == LODE_FMT_OK &&
                   lode_container_find(&box, id, 0, &s),
               "a section of a set");
    return (size_t)s.off;
}

static void put(const char *kind, const char *name, const uint8_t *p, size_t n, int steer)
{
    char file[64];
    const uint8_t tail = (uint8_t)steer;
    snprintf(file, sizeof file, "%s-%s", kind, name);
    seed_put("set", file, p, n, &tail, 1);
}

static void put_seeds(const char *kind, const char *leaf, int store)
{
    const size_t n = read_image(leaf), rows = rows_of(n, LODE_ID_MSET),
                 strings = rows_of(n, LODE_ID_MSTR);
    char name[32];
    put(kind, "sound", image, n, store | VERIFY | ADD);
    put(kind, "other", image, n, (store ^ STORE) | VERIFY | ADD); /* than it is opened as */
    /* the first member in the place of the second, which has as many contigs or not */
    memcpy(copy, image, n);
    memcpy(copy + rows + LODE_STRIDE_MSET, copy + rows, LODE_MSET_FIRST);
    put(kind, "twice", copy, n, store | RESEAL | VERIFY | ADD);
    /* one that names itself */
    memcpy(copy, image, n);
    memcpy(copy + strings, "t.lode", 7);
    lode_put32(copy + rows + LODE_MSET_PATH_LEN, 6);
    lode_put64(copy + rows + LODE_MSET_FILE_SIZE, n);
    put(kind, "itself", copy, n, store | RESEAL | VERIFY);
    for (int i = 0; i < DAMAGED; i++) {
        memcpy(copy, image, n);
        /* the directory now and then, mostly what the sections hold */
        seed_damage(copy, i % 8 == 0 ? 0 : rows, n);
        snprintf(name, sizeof name, "%03d", i);
        put(kind, name, copy, n, store | RESEAL | (int)(seed_next() & (VERIFY | ADD)));
    }
}

void seeds_sets(void)
{
    char dir[4096];
    seed_dir("set");
    snprintf(dir, sizeof dir, "%s", seed_path("work", "."));
    seed_check(set_members_make(dir), "sets");
    put_seeds("i", "i.lode", 0);
    put_seeds("r", "r.lode", STORE);
}
