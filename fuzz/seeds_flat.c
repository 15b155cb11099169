/* Seeds of fuzz_flat: schemas with payloads, payloads alone, and damaged forms of them. */
#include "base64.h"
#include "bytes.h"
#include "flat_zoo.h"
#include "seeds.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 1 << 15, DAMAGED = 150 };

static uint8_t input[ROOM], copy[ROOM];

static size_t decoded(const char *text, size_t at)
{
    size_t n;
    seed_check(at + strlen(text) <= sizeof input, "room");
    seed_check(lode_base64_decode(text, strlen(text), input + at, &n), "base64");
    return at + n;
}

/* n bytes, the last of them a payload of that size; steer: see fuzz_flat. */
static void put_seeds(const char *name, size_t n, size_t payload, uint8_t steer)
{
    uint8_t tail[5];
    char file[64];
    lode_put32(tail, (uint32_t)payload);
    tail[4] = steer;
    snprintf(file, sizeof file, "%s-sound", name);
    seed_put("flat", file, input, n, tail, sizeof tail);
    for (int i = 0; i < DAMAGED; i++) {
        memcpy(copy, input, n);
        seed_damage(copy, 0, n);
        snprintf(file, sizeof file, "%s-%03d", name, i);
        seed_put("flat", file, copy, n, tail, sizeof tail);
    }
}

void seeds_flat(void)
{
    seed_dir("flat");
    size_t n = decoded(flat_herd_bin, 0);
    put_seeds("payload", n, n, 2);
    const size_t schema = decoded(flat_herd_bfbs, 0);
    n = decoded(flat_herd_bin, schema);
    put_seeds("herd", n, n - schema, 0);
    n = decoded(flat_tree_bfbs, 0);
    put_seeds("tree", n, 0, 0);
}
